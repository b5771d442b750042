//! Network interfaces: those that instances come with, those that are made for themselves, and those of NAT gateways,
//! endpoints and load balancers.

use std::net::{Ipv4Addr, Ipv6Addr};

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::address::Addresses;
use crate::resource;
use crate::{security_group, subnet, vpc};

mod addresses;
mod attach;
mod attribute;
mod create;
mod describe;
mod public;
mod wanted;

pub(crate) use attach::{detach_all, hang, of_instance, several};
pub use create::{Kind, New, create_for_instance, create_for_service, remove};
pub use public::{Pool, assign_public, release_public};
pub use wanted::Wanted;
pub(crate) use wanted::address;

/// All network interfaces.
pub struct NetworkInterfaces;

impl Table for NetworkInterfaces {
    const NAME: &'static str = "ec2.network-interfaces";
    type Record = NetworkInterface;
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// `eni-…`
    pub id: String,
    /// What it is for.
    pub kind: Kind,
    /// Its subnet.
    pub subnet_id: String,
    /// The subnet's VPC.
    pub vpc_id: String,
    /// The subnet's zone by name.
    pub zone: String,
    /// The subnet's zone by id.
    pub zone_id: String,
    /// What the caller said of it.
    pub description: String,
    /// Security groups.
    pub group_ids: Vec<String>,
    /// Hardware address.
    pub mac_address: String,
    /// Primary private address first, then the secondary ones.
    pub private_addresses: Vec<Ipv4Addr>,
    /// IPv6 addresses.
    pub ipv6_addresses: Vec<Ipv6Addr>,
    /// Public address of the primary private one that it was given for a while.
    pub public_address: Option<Ipv4Addr>,
    /// Whether its instance is to have such an address whenever it runs.
    pub wants_public: bool,
    /// Elastic addresses: private address, allocation.
    pub elastic: Vec<(Ipv4Addr, String)>,
    /// Whether packets must be from or to its own addresses.
    pub source_dest_check: bool,
    /// What it is attached to.
    pub attachment: Option<Attachment>,
}

/// What an interface is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// `eni-attach-…`
    pub id: String,
    /// Instance; none for what AWS itself runs.
    pub instance: Option<String>,
    /// Position on the instance.
    pub device_index: i32,
    /// Network card of the instance.
    pub network_card_index: i32,
    /// Whether it goes when the instance goes.
    pub delete_on_termination: bool,
    /// When it was attached.
    pub attached: Timestamp,
}

impl Attachment {
    /// The instance, if it is one.
    pub fn instance_id(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// Whether it is the place of an instance's primary interface.
    pub fn is_primary(&self) -> bool {
        self.device_index == 0 && self.network_card_index == 0
    }
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<NetworkInterfaces>()
        .read::<ec2::DescribeNetworkInterfaces>(describe::describe_network_interfaces)
        // Interfaces of managed services are shown as all others.
        .records::<ec2::DescribeNetworkInterfaces>(&["IncludeManagedResources"]);
    let definition = create::register(attach::register(definition));
    addresses::register(attribute::register(public::register(definition)))
}

impl NetworkInterface {
    /// The primary private address.
    pub fn private_address(&self) -> Ipv4Addr {
        self.private_addresses.first().copied().unwrap_or(Ipv4Addr::UNSPECIFIED)
    }

    /// The host name of the primary private address.
    pub fn private_dns_name(&self, ctx: &Ctx<'_>) -> String {
        subnet::private_dns_name(ctx, self.private_address())
    }

    /// The public address of a private one, elastic or for a while.
    pub fn public_of(&self, ctx: &Ctx<'_>, private: Ipv4Addr) -> Option<Ipv4Addr> {
        let elastic = self.elastic.iter().find(|(own, _)| *own == private);
        let elastic = elastic.and_then(|(_, id)| ctx.peek::<Addresses>(&ctx.scope().key(id)));
        let for_a_while = || self.public_address.filter(|_| private == self.private_address());
        elastic.map(|address| address.public).or_else(for_a_while)
    }

    /// The public address of the primary private one.
    pub fn public(&self, ctx: &Ctx<'_>) -> Option<Ipv4Addr> {
        self.public_of(ctx, self.private_address())
    }

    /// The host name of the public address, in VPCs that give such names.
    pub fn public_dns_name(&self, ctx: &Ctx<'_>) -> Option<String> {
        let public = self.public(ctx)?;
        let owner = ctx.peek::<vpc::Vpcs>(&ctx.scope().key(&self.vpc_id))?;
        owner.dns_hostnames.then(|| public_dns_name(ctx, public))
    }

    /// What the API shows of the public address of a private one.
    pub(crate) fn association(
        &self,
        ctx: &Ctx<'_>,
        private: Ipv4Addr,
    ) -> Option<ec2::NetworkInterfaceAssociation> {
        let public = self.public_of(ctx, private)?;
        let named =
            ctx.peek::<vpc::Vpcs>(&ctx.scope().key(&self.vpc_id)).is_some_and(|vpc| vpc.dns_hostnames);
        let name = if named { public_dns_name(ctx, public) } else { String::new() };
        let elastic = self.elastic.iter().find(|(own, _)| *own == private);
        let elastic = elastic.and_then(|(_, id)| ctx.peek::<Addresses>(&ctx.scope().key(id)));
        Some(ec2::NetworkInterfaceAssociation {
            allocation_id: elastic.map(|address| address.id.clone()),
            association_id: elastic
                .and_then(|address| address.association.as_ref())
                .map(|association| association.id.clone()),
            ip_owner_id: Some(match elastic {
                Some(_) => ctx.scope().account.to_string(),
                None => "amazon".to_owned(),
            }),
            public_dns_name: Some(name),
            public_ip: Some(public.to_string()),
            ..Default::default()
        })
    }

    fn addresses(&self, ctx: &Ctx<'_>) -> Vec<ec2::NetworkInterfacePrivateIpAddress> {
        let shown = |(at, address): (usize, &Ipv4Addr)| ec2::NetworkInterfacePrivateIpAddress {
            association: self.association(ctx, *address),
            primary: Some(at == 0),
            private_dns_name: Some(subnet::private_dns_name(ctx, *address)),
            private_ip_address: Some(address.to_string()),
        };
        self.private_addresses.iter().enumerate().map(shown).collect()
    }

    /// `in-use` or `available`
    pub fn status(&self) -> &'static str {
        if self.attachment.is_some() { "in-use" } else { "available" }
    }
}

/// The host name of a public address.
pub(crate) fn public_dns_name(ctx: &Ctx<'_>, address: Ipv4Addr) -> String {
    let dashed = address.to_string().replace('.', "-");
    let suffix = ctx.region().facts().partition.dns_suffix;
    match ctx.region().code() {
        "us-east-1" => format!("ec2-{dashed}.compute-1.{suffix}"),
        region => format!("ec2-{dashed}.{region}.compute.{suffix}"),
    }
}

/// Whether anything is in the subnet.
pub fn any_in_subnet(ctx: &Ctx<'_>, subnet_id: &str) -> bool {
    resource::all::<NetworkInterfaces>(ctx).any(|interface| interface.subnet_id == subnet_id)
}

/// Whether anything is in the VPC.
pub fn any_in_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    resource::all::<NetworkInterfaces>(ctx).any(|interface| interface.vpc_id == vpc_id)
}

/// Whether anything in the VPC has a public address.
pub fn any_public_in_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    resource::all::<NetworkInterfaces>(ctx).any(|interface| {
        interface.vpc_id == vpc_id && (interface.public_address.is_some() || !interface.elastic.is_empty())
    })
}

/// Whether an interface has the security group.
pub fn any_with_group(ctx: &Ctx<'_>, group_id: &str) -> bool {
    resource::all::<NetworkInterfaces>(ctx)
        .any(|interface| interface.group_ids.iter().any(|id| id == group_id))
}

/// Gives an interface other security groups, which must be of its VPC.
///
/// # Errors
/// Those of [`security_group::checked_for_vpc`].
pub(crate) fn set_groups(ctx: &mut Ctx<'_>, id: &str, groups: &[String]) -> Result<()> {
    let vpc_id = resource::find::<NetworkInterfaces>(ctx, id)?.vpc_id.clone();
    let group_ids = security_group::checked_for_vpc(ctx, &vpc_id, groups)?;
    resource::change::<NetworkInterfaces>(ctx, id, |interface| interface.group_ids = group_ids)
}
