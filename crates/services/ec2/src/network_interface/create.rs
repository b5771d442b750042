//! CreateNetworkInterface, DeleteNetworkInterface, and the interfaces of what instances and services run.

use std::net::{Ipv4Addr, Ipv6Addr};

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use super::{Attachment, NetworkInterface, NetworkInterfaces, attach, public, release_public};
use crate::once::Once;
use crate::resource::{self, Resource};
use crate::subnet::{self, Subnets};
use crate::{address, error, kinds, security_group, tag};

/// What an interface is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Instances.
    #[default]
    Interface,
    /// Instances with an Elastic Fabric Adapter.
    Efa,
    /// A NAT gateway.
    NatGateway,
    /// An interface endpoint.
    VpcEndpoint,
}

impl Kind {
    /// As in `InterfaceType`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::Efa => "efa",
            Self::NatGateway => "nat_gateway",
            Self::VpcEndpoint => "vpc_endpoint",
        }
    }

    /// The service that made it, if it was one.
    pub const fn requester(self) -> Option<&'static str> {
        match self {
            Self::Interface | Self::Efa => None,
            Self::NatGateway => Some("amazon-nat"),
            Self::VpcEndpoint => Some("amazon-vpce"),
        }
    }
}

/// What an instance's network interface is to be.
#[derive(Clone, Debug, Default)]
pub struct NewInterface<'a> {
    /// Subnet, which must exist.
    pub subnet_id: &'a str,
    /// Instance that it is for.
    pub instance_id: &'a str,
    /// Security groups; those must exist in the subnet's VPC. None: the VPC's default group.
    pub group_ids: &'a [String],
    /// Primary private address; drawn by the seed if not given.
    pub private_address: Option<Ipv4Addr>,
    /// How many secondary private addresses, drawn by the seed.
    pub secondary_addresses: u32,
    /// Whether it gets a public address; as the subnet says if not given.
    pub public_address: Option<bool>,
    /// Position on the instance.
    pub device_index: i32,
    /// Network card of the instance.
    pub network_card_index: i32,
    /// Whether it goes when the instance goes.
    pub delete_on_termination: bool,
    /// Description.
    pub description: &'a str,
}

/// What any network interface is to be, checked by nobody yet.
#[derive(Clone, Debug, Default)]
pub struct New<'a> {
    /// What it is for.
    pub kind: Kind,
    /// Subnet.
    pub subnet_id: &'a str,
    /// Security groups; none: the VPC's default group, but for NAT gateways, which have no group.
    pub group_ids: &'a [String],
    /// Primary private address; drawn by the seed if not given.
    pub private_address: Option<Ipv4Addr>,
    /// Secondary private addresses.
    pub secondary: &'a [Ipv4Addr],
    /// How many more secondary private addresses, drawn by the seed.
    pub secondary_count: u32,
    /// IPv6 addresses.
    pub ipv6: &'a [Ipv6Addr],
    /// How many more IPv6 addresses, drawn by the seed; as the subnet says if neither is given.
    pub ipv6_count: Option<u32>,
    /// Description.
    pub description: &'a str,
}

/// Secondary addresses that one request may ask for: more than any instance type takes.
const MAX_ADDRESSES: u32 = 255;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const PREFIXES: &str = "prefixes of interfaces are not modeled";
    definition
        .write::<ec2::CreateNetworkInterface>(create_network_interface)
        .records::<ec2::CreateNetworkInterface>(&["InterfaceType"])
        .refuses::<ec2::CreateNetworkInterface>(&[
            ("Ipv4Prefixes", PREFIXES),
            ("Ipv4PrefixCount", PREFIXES),
            ("Ipv6Prefixes", PREFIXES),
            ("Ipv6PrefixCount", PREFIXES),
            ("EnablePrimaryIpv6", "primary IPv6 addresses are not modeled"),
            ("ConnectionTrackingSpecification", "no packets flow whose connections could be tracked"),
            ("Operator", "managed interfaces are not modeled"),
        ])
        .write::<ec2::DeleteNetworkInterface>(delete_network_interface)
}

/// Makes an interface that hangs on nothing yet.
pub(super) fn make(ctx: &mut Ctx<'_>, new: &New<'_>) -> Result<NetworkInterface> {
    let home = resource::find::<Subnets>(ctx, new.subnet_id)?.clone();
    let group_ids = match new.kind {
        Kind::NatGateway => Vec::new(),
        _ => security_group::checked_for_vpc(ctx, &home.vpc_id, new.group_ids)?,
    };
    let mut private_addresses = Vec::with_capacity(1);
    match new.private_address {
        Some(address) => {
            subnet::take_given_address(ctx, &home.id, address)?;
            private_addresses.push(address);
        }
        None => private_addresses.push(subnet::take_address(ctx, &home.id)?),
    }
    for address in new.secondary {
        subnet::take_given_address(ctx, &home.id, *address)?;
        private_addresses.push(*address);
    }
    for _ in 0..new.secondary_count {
        private_addresses.push(subnet::take_address(ctx, &home.id)?);
    }
    let unasked = u32::from(home.assign_ipv6 && new.ipv6.is_empty());
    let ipv6_addresses =
        subnet::take_ipv6_addresses(ctx, &home.id, new.ipv6, new.ipv6_count.unwrap_or(unasked))?;
    let interface = NetworkInterface {
        id: ctx.fresh_id("eni")?,
        kind: new.kind,
        subnet_id: home.id,
        vpc_id: home.vpc_id,
        zone: home.zone,
        zone_id: home.zone_id,
        description: new.description.to_owned(),
        group_ids,
        mac_address: mac_address(ctx)?,
        private_addresses,
        ipv6_addresses,
        public_address: None,
        wants_public: false,
        elastic: Vec::new(),
        source_dest_check: new.kind != Kind::NatGateway,
        attachment: None,
    };
    tag::apply(ctx, None, kinds::NETWORK_INTERFACE.resource_type, &interface.id)?;
    Ok(interface)
}

fn keep(ctx: &mut Ctx<'_>, interface: &NetworkInterface) -> Result<()> {
    ctx.put::<NetworkInterfaces>(ctx.scope().key(&interface.id), interface.clone())
}

/// Makes the network interface of an instance that is being launched.
///
/// # Errors
/// Those about the subnet, its addresses and the security groups.
pub fn create_for_instance(ctx: &mut Ctx<'_>, new: &NewInterface<'_>) -> Result<NetworkInterface> {
    let by_subnet = resource::find::<Subnets>(ctx, new.subnet_id)?.map_public_ip_on_launch;
    let plain = New {
        subnet_id: new.subnet_id,
        group_ids: new.group_ids,
        private_address: new.private_address,
        secondary_count: new.secondary_addresses,
        description: new.description,
        ..Default::default()
    };
    let mut interface = make(ctx, &plain)?;
    interface.wants_public = new.public_address.unwrap_or(by_subnet && new.device_index == 0);
    if interface.wants_public {
        interface.public_address = Some(public::take(ctx, &interface.id)?);
    }
    interface.attachment = Some(Attachment {
        id: ctx.fresh_id("eni-attach")?,
        instance: Some(new.instance_id.to_owned()),
        device_index: new.device_index,
        network_card_index: new.network_card_index,
        delete_on_termination: new.delete_on_termination,
        attached: ctx.now(),
    });
    keep(ctx, &interface)?;
    if new.device_index > 0 {
        attach::index(ctx, new.instance_id, &interface.id)?;
    }
    Ok(interface)
}

/// Makes the interface of something that AWS runs in the subnet.
///
/// # Errors
/// As [`create_for_instance`].
pub fn create_for_service(ctx: &mut Ctx<'_>, new: &New<'_>) -> Result<NetworkInterface> {
    let mut interface = make(ctx, new)?;
    interface.attachment = Some(Attachment {
        id: ctx.fresh_id("eni-attach")?,
        instance: None,
        device_index: 1,
        network_card_index: 0,
        delete_on_termination: false,
        attached: ctx.now(),
    });
    keep(ctx, &interface)?;
    Ok(interface)
}

/// Removes an interface and gives its addresses back.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(interface) = ctx.get::<NetworkInterfaces>(&key) else { return Ok(()) };
    release_public(ctx, id)?;
    for (_, allocation) in &interface.elastic {
        address::let_go(ctx, allocation)?;
    }
    for address in &interface.private_addresses {
        subnet::release_address(ctx, &interface.subnet_id, *address)?;
    }
    for address in &interface.ipv6_addresses {
        subnet::release_ipv6_address(ctx, &interface.subnet_id, *address)?;
    }
    if let Some(instance) = interface.attachment.as_ref().and_then(Attachment::instance_id) {
        attach::forget(ctx, instance, id)?;
    }
    ctx.delete::<NetworkInterfaces>(&key)?;
    tag::remove_all(ctx, id)
}

fn mac_address(ctx: &mut Ctx<'_>) -> Result<String> {
    let bits = ctx.fresh_seed("ec2.mac")?.bits().to_be_bytes();
    // Locally administered, unicast: the second digit says so.
    Ok(format!("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bits[0], bits[1], bits[2], bits[3], bits[4]))
}

/// Reads an IPv4 address of a request.
///
/// # Errors
/// `InvalidParameterValue`.
pub(super) fn address(text: &str) -> Result<Ipv4Addr> {
    text.parse().map_err(|_| error::invalid_value(format!("Invalid IPv4 address: {text}")))
}

/// Reads an IPv6 address of a request.
///
/// # Errors
/// `InvalidParameterValue`.
pub(super) fn ipv6_address(text: &str) -> Result<Ipv6Addr> {
    text.parse().map_err(|_| error::invalid_value(format!("Invalid IPv6 address: {text}")))
}

/// A count of addresses in a request.
///
/// # Errors
/// `InvalidParameterValue` for less than none, or more than any interface takes.
pub(super) fn count(given: Option<i32>, parameter: &str) -> Result<u32> {
    let given = given.unwrap_or(0);
    match u32::try_from(given) {
        Ok(count) if count <= MAX_ADDRESSES => Ok(count),
        _ => Err(error::invalid_parameter_value(&given.to_string(), parameter)),
    }
}

/// The primary and the secondary addresses that a request names.
fn named_addresses(input: &ec2::CreateNetworkInterfaceRequest) -> Result<(Option<Ipv4Addr>, Vec<Ipv4Addr>)> {
    let mut primary = input.private_ip_address.as_deref().map(address).transpose()?;
    let mut secondary = Vec::new();
    for given in input.private_ip_addresses.as_deref().unwrap_or_default() {
        let text = given.private_ip_address.as_deref().unwrap_or_default();
        let address = address(text)?;
        if given.primary != Some(true) {
            secondary.push(address);
            continue;
        }
        if primary.is_some_and(|other| other != address) {
            let message = "Only one primary private IP address can be specified.";
            return Err(error::invalid_combination(message));
        }
        primary = Some(address);
    }
    Ok((primary, secondary))
}

fn create_network_interface(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateNetworkInterfaceRequest,
) -> Result<ec2::CreateNetworkInterfaceResult> {
    let token = input.client_token.clone();
    let once = Once::of::<ec2::CreateNetworkInterface>(ctx, token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        let shown = NetworkInterfaces::view(ctx, resource::find::<NetworkInterfaces>(ctx, &id)?);
        return Ok(ec2::CreateNetworkInterfaceResult { network_interface: Some(shown), client_token: token });
    }
    let kind = match input.interface_type.as_deref() {
        None | Some("interface") => Kind::Interface,
        Some("efa") => Kind::Efa,
        Some(other @ ("efa-only" | "branch" | "trunk")) => {
            let reason = "interfaces of this type are not modeled";
            return Err(Ctx::unsupported(&format!("InterfaceType={other}"), reason));
        }
        Some(other) => return Err(error::invalid_parameter_value(other, "interfaceType")),
    };
    let (private_address, secondary) = named_addresses(input)?;
    let mut ipv6 = Vec::new();
    for given in input.ipv6_addresses.as_deref().unwrap_or_default() {
        ipv6.push(ipv6_address(given.ipv6_address.as_deref().unwrap_or_default())?);
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::NETWORK_INTERFACE.resource_type])?;
    let new = New {
        kind,
        subnet_id: &input.subnet_id,
        group_ids: input.groups.as_deref().unwrap_or_default(),
        private_address,
        secondary: &secondary,
        secondary_count: count(input.secondary_private_ip_address_count, "secondaryPrivateIpAddressCount")?,
        ipv6: &ipv6,
        ipv6_count: input.ipv6_address_count.map(|it| count(Some(it), "ipv6AddressCount")).transpose()?,
        description: input.description.as_deref().unwrap_or_default(),
    };
    let interface = make(ctx, &new)?;
    keep(ctx, &interface)?;
    tag::apply(ctx, specifications, kinds::NETWORK_INTERFACE.resource_type, &interface.id)?;
    once.keep(ctx, &interface.id)?;
    error::dry_run(input.dry_run)?;
    let shown = ec2::NetworkInterface {
        // So the answer has it, while descriptions show `available`.
        status: Some("pending".to_owned()),
        ..NetworkInterfaces::view(ctx, &interface)
    };
    Ok(ec2::CreateNetworkInterfaceResult { network_interface: Some(shown), client_token: token })
}

fn delete_network_interface(ctx: &mut Ctx<'_>, input: &ec2::DeleteNetworkInterfaceRequest) -> Result<Empty> {
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?;
    let id = interface.id.clone();
    if interface.kind.requester().is_some() {
        let message = format!("You are not allowed to manage '{id}': it belongs to a service.");
        return Err(error::not_permitted(message));
    }
    if interface.attachment.is_some() {
        let message = format!("Network interface '{id}' is currently in use.");
        return Err(Error::client("InvalidParameterValue", message));
    }
    remove(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
