//! Elastic addresses: public IPv4 addresses that an account keeps.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::{Filters, Test};
use crate::network_interface::{Attachment, NetworkInterfaces, Pool};
use crate::resource::{self, Kind, Resource};
use crate::{error, kinds, meter, tag};

mod association;
mod attribute;

pub(crate) use association::{associate, let_go};

/// All elastic addresses, by allocation.
pub struct Addresses;

impl Table for Addresses {
    const NAME: &'static str = "ec2.elastic-addresses";
    type Record = Address;
}

/// An elastic address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// `eipalloc-…`
    pub id: String,
    /// The address.
    pub public: Ipv4Addr,
    /// What it stands for.
    pub association: Option<Association>,
    /// Host name that the address is to be looked up as.
    pub domain_name: Option<String>,
}

/// Private address that an elastic one stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// `eipassoc-…`
    pub id: String,
    /// Interface that has the private address.
    pub interface_id: String,
    /// The private address.
    pub private: Ipv4Addr,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const OUTPOST: &str = "Outposts are not modeled";
    let definition = definition
        .table::<Addresses>()
        .read::<ec2::DescribeAddresses>(describe_addresses)
        .write::<ec2::AllocateAddress>(allocate_address)
        .refuses::<ec2::AllocateAddress>(&[
            ("CustomerOwnedIpv4Pool", OUTPOST),
            ("IpamPoolId", "IP address manager pools are not modeled"),
        ])
        .write::<ec2::ReleaseAddress>(release_address);
    attribute::register(association::register(definition))
}

impl Resource for Addresses {
    const KIND: Kind = kinds::ADDRESS;
    const FILTERS: &'static [&'static str] = &[
        "allocation-id",
        "association-id",
        "domain",
        "instance-id",
        "network-border-group",
        "network-interface-id",
        "network-interface-owner-id",
        "private-ip-address",
        "public-ip",
    ];
    type View = ec2::Address;

    fn id(address: &Address) -> &str {
        &address.id
    }

    fn has(ctx: &Ctx<'_>, address: &Address, name: &str, test: Test<'_>) -> bool {
        let shown = Self::view(ctx, address);
        let value = match name {
            "allocation-id" => shown.allocation_id,
            "association-id" => shown.association_id,
            "domain" => shown.domain,
            "instance-id" => shown.instance_id.filter(|id| !id.is_empty()),
            "network-border-group" => shown.network_border_group,
            "network-interface-id" => shown.network_interface_id,
            "network-interface-owner-id" => shown.network_interface_owner_id,
            "private-ip-address" => shown.private_ip_address,
            "public-ip" => shown.public_ip,
            _ => None,
        };
        value.is_some_and(|value| test(&value))
    }

    fn view(ctx: &Ctx<'_>, address: &Address) -> ec2::Address {
        let association = address.association.as_ref();
        let interface =
            association.and_then(|it| ctx.peek::<NetworkInterfaces>(&ctx.scope().key(&it.interface_id)));
        let instance = interface.and_then(|it| it.attachment.as_ref()).and_then(Attachment::instance_id);
        ec2::Address {
            allocation_id: Some(address.id.clone()),
            association_id: association.map(|it| it.id.clone()),
            domain: Some("vpc".to_owned()),
            network_interface_id: association.map(|it| it.interface_id.clone()),
            network_interface_owner_id: association.map(|_| ctx.scope().account.to_string()),
            private_ip_address: association.map(|it| it.private.to_string()),
            tags: tag::of(ctx, &address.id),
            public_ipv4_pool: Some("amazon".to_owned()),
            network_border_group: Some(ctx.region().code().to_owned()),
            // Empty rather than absent, as on AWS.
            instance_id: Some(instance.unwrap_or_default().to_owned()),
            public_ip: Some(address.public.to_string()),
            ..Default::default()
        }
    }
}

/// The allocation of a public address.
///
/// # Errors
/// `InvalidAddress.NotFound`.
fn by_public<'t>(ctx: &'t Ctx<'_>, public: &str) -> Result<&'t Address> {
    let wanted: Option<Ipv4Addr> = public.parse().ok();
    let found = resource::all::<Addresses>(ctx).find(|address| Some(address.public) == wanted);
    found.ok_or_else(|| Error::client("InvalidAddress.NotFound", format!("Address '{public}' not found.")))
}

/// The allocation that an operation names by its id or by its address.
fn named<'t>(ctx: &'t Ctx<'_>, id: Option<&str>, public: Option<&str>) -> Result<&'t Address> {
    match (id, public) {
        (Some(_), Some(_)) => Err(error::exclusive("allocationId", "publicIp")),
        (Some(id), None) => resource::find::<Addresses>(ctx, id),
        (None, Some(public)) => by_public(ctx, public),
        (None, None) => Err(error::missing("Either public IP or allocation id must be specified")),
    }
}

fn describe_addresses(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeAddressesRequest,
) -> Result<ec2::DescribeAddressesResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), Addresses::FILTERS, true)?;
    let ids = input.allocation_ids.as_deref().unwrap_or_default();
    let publics = input.public_ips.as_deref().unwrap_or_default();
    let mut chosen: Vec<&Address> = Vec::new();
    if ids.is_empty() && publics.is_empty() {
        chosen.extend(resource::all::<Addresses>(ctx));
    }
    chosen.extend(resource::named::<Addresses>(ctx, ids)?);
    for public in publics {
        chosen.push(by_public(ctx, public)?);
    }
    let mut seen = BTreeSet::new();
    let passing = chosen.into_iter().filter(|address| {
        seen.insert(&address.id)
            && filters.pass(ctx, &address.id, |name, test| Addresses::has(ctx, address, name, test))
    });
    Ok(ec2::DescribeAddressesResult {
        addresses: Some(passing.map(|address| Addresses::view(ctx, address)).collect()),
    })
}

fn allocate_address(
    ctx: &mut Ctx<'_>,
    input: &ec2::AllocateAddressRequest,
) -> Result<ec2::AllocateAddressResult> {
    if let Some(other) = input.domain.as_deref().filter(|domain| !["", "vpc"].contains(domain)) {
        // EC2-Classic, whose addresses were `standard`, is gone.
        return Err(error::invalid_parameter_value(other, "domain"));
    }
    if let Some(other) = input.public_ipv4_pool.as_deref().filter(|pool| *pool != "amazon") {
        let message = format!("The pool ID '{other}' does not exist.");
        return Err(Error::client("InvalidPublicIpv4PoolID.NotFound", message));
    }
    let region = ctx.region().code();
    if let Some(other) = input.network_border_group.as_deref().filter(|group| *group != region) {
        return Err(error::invalid_parameter_value(other, "networkBorderGroup"));
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::ADDRESS.resource_type])?;
    let id = ctx.fresh_id("eipalloc")?;
    let public = match &input.address {
        None => Pool::take(ctx, &id)?,
        Some(text) => {
            let wanted: Ipv4Addr =
                text.parse().map_err(|_| error::invalid_parameter_value(text, "address"))?;
            if !Pool::take_given(ctx, wanted, &id)? {
                let message = format!("Address '{text}' not found.");
                return Err(Error::client("InvalidAddress.NotFound", message));
            }
            wanted
        }
    };
    let address = Address { id: id.clone(), public, association: None, domain_name: None };
    ctx.put::<Addresses>(ctx.scope().key(&id), address)?;
    tag::apply(ctx, specifications, kinds::ADDRESS.resource_type, &id)?;
    meter::idle_address(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::AllocateAddressResult {
        allocation_id: Some(id),
        public_ipv4_pool: Some("amazon".to_owned()),
        network_border_group: Some(region.to_owned()),
        domain: Some("vpc".to_owned()),
        public_ip: Some(public.to_string()),
        ..Default::default()
    })
}

fn release_address(ctx: &mut Ctx<'_>, input: &ec2::ReleaseAddressRequest) -> Result<Empty> {
    let address = named(ctx, input.allocation_id.as_deref(), input.public_ip.as_deref())?.clone();
    if let Some(other) = input.network_border_group.as_deref().filter(|group| *group != ctx.region().code()) {
        return Err(error::invalid_parameter_value(other, "networkBorderGroup"));
    }
    if address.association.is_some() {
        let message = format!("Address {} is in use.", address.public);
        return Err(Error::client("InvalidIPAddress.InUse", message));
    }
    Pool::give_back(ctx, address.public)?;
    ctx.delete::<Addresses>(&ctx.scope().key(&address.id))?;
    tag::remove_all(ctx, &address.id)?;
    meter::end(ctx, &address.id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
