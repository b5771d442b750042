//! CreateNetworkInterface, DeleteNetworkInterface, and the interfaces of what instances and services run.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Principal, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use super::{Attachment, NetworkInterface, NetworkInterfaces, Wanted, attach, public, release_public};
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
    /// An Application Load Balancer.
    LoadBalancer,
    /// A Network Load Balancer.
    NetworkLoadBalancer,
    /// A Gateway Load Balancer.
    GatewayLoadBalancer,
}

/// The service that makes interfaces for load balancers, and manages them.
const LOAD_BALANCING: &str = "elasticloadbalancing.amazonaws.com";

impl Kind {
    /// As in `InterfaceType`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interface | Self::LoadBalancer => "interface",
            Self::Efa => "efa",
            Self::NatGateway => "nat_gateway",
            Self::VpcEndpoint => "vpc_endpoint",
            Self::NetworkLoadBalancer => "network_load_balancer",
            Self::GatewayLoadBalancer => "gateway_load_balancer",
        }
    }

    /// The service that made it, if it was one.
    pub const fn requester(self) -> Option<&'static str> {
        match self {
            Self::Interface | Self::Efa => None,
            Self::NatGateway => Some("amazon-nat"),
            Self::VpcEndpoint => Some("amazon-vpce"),
            Self::LoadBalancer | Self::NetworkLoadBalancer | Self::GatewayLoadBalancer => Some("amazon-elb"),
        }
    }

    /// Whether it is for a load balancer.
    pub const fn balances(self) -> bool {
        matches!(self, Self::LoadBalancer | Self::NetworkLoadBalancer | Self::GatewayLoadBalancer)
    }

    /// What the caller asks for; load balancers' interfaces are for Elastic Load Balancing to ask for.
    fn asked(caller: &Principal, word: Option<&str>) -> Result<Self> {
        match (is_load_balancing(caller), word) {
            (true, Some("network_load_balancer")) => Ok(Self::NetworkLoadBalancer),
            (true, Some("gateway_load_balancer")) => Ok(Self::GatewayLoadBalancer),
            (true, None) => Ok(Self::LoadBalancer),
            (_, None | Some("interface")) => Ok(Self::Interface),
            (_, Some("efa")) => Ok(Self::Efa),
            (_, Some(other @ ("efa-only" | "branch" | "trunk"))) => {
                let reason = "interfaces of this type are not modeled";
                Err(Ctx::unsupported(&format!("InterfaceType={other}"), reason))
            }
            (_, Some(other)) => Err(error::invalid_parameter_value(other, "interfaceType")),
        }
    }
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
    /// Addresses.
    pub addresses: Wanted,
    /// Description.
    pub description: &'a str,
}

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
        Kind::NatGateway | Kind::GatewayLoadBalancer => Vec::new(),
        // One that was made without groups never has any.
        Kind::NetworkLoadBalancer if new.group_ids.is_empty() => Vec::new(),
        _ => security_group::checked_for_vpc(ctx, &home.vpc_id, new.group_ids)?,
    };
    let mut private_addresses = Vec::with_capacity(1);
    match new.addresses.primary {
        Some(address) => {
            subnet::take_given_address(ctx, &home.id, address)?;
            private_addresses.push(address);
        }
        None => private_addresses.push(subnet::take_address(ctx, &home.id)?),
    }
    for address in &new.addresses.secondary {
        subnet::take_given_address(ctx, &home.id, *address)?;
        private_addresses.push(*address);
    }
    for _ in 0..new.addresses.more {
        private_addresses.push(subnet::take_address(ctx, &home.id)?);
    }
    let Wanted { ipv6, ipv6_more, .. } = &new.addresses;
    let unasked = u32::from(home.assign_ipv6 && ipv6.is_empty());
    let ipv6_addresses = subnet::take_ipv6_addresses(ctx, &home.id, ipv6, ipv6_more.unwrap_or(unasked))?;
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

/// Makes a network interface of an instance that is being launched. `public` is whether it gets a public address.
///
/// # Errors
/// Those about the subnet, its addresses and the security groups.
pub fn create_for_instance(
    ctx: &mut Ctx<'_>,
    new: &New<'_>,
    attachment: Attachment,
    public: bool,
) -> Result<NetworkInterface> {
    let mut interface = make(ctx, new)?;
    interface.wants_public = public;
    if public {
        interface.public_address = Some(public::take(ctx, &interface.id)?);
    }
    interface.attachment = Some(attachment);
    keep(ctx, &interface)?;
    attach::index(ctx, &interface)?;
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

fn is_load_balancing(caller: &Principal) -> bool {
    matches!(caller, Principal::Service { name, .. } if name == LOAD_BALANCING)
}

fn mac_address(ctx: &mut Ctx<'_>) -> Result<String> {
    let bits = ctx.fresh_seed("ec2.mac")?.bits().to_be_bytes();
    // Locally administered, unicast: the second digit says so.
    Ok(format!("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bits[0], bits[1], bits[2], bits[3], bits[4]))
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
    let kind = Kind::asked(ctx.caller(), input.interface_type.as_deref())?;
    let (primary, listed) = (input.private_ip_address.as_deref(), input.private_ip_addresses.as_deref());
    let named = input.ipv6_addresses.as_deref().unwrap_or_default().iter();
    let named = named.map(|it| it.ipv6_address.as_deref().unwrap_or_default());
    let addresses = Wanted::ipv4(primary, listed, input.secondary_private_ip_address_count)?
        .with_ipv6_of(Wanted::ipv6(named, input.ipv6_address_count)?);
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::NETWORK_INTERFACE.resource_type])?;
    let new = New {
        kind,
        subnet_id: &input.subnet_id,
        group_ids: input.groups.as_deref().unwrap_or_default(),
        addresses,
        description: input.description.as_deref().unwrap_or_default(),
    };
    let interface = match kind.requester() {
        Some(_) => create_for_service(ctx, &new)?,
        None => {
            let interface = make(ctx, &new)?;
            keep(ctx, &interface)?;
            interface
        }
    };
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
    if interface.kind.balances() && is_load_balancing(ctx.caller()) {
        remove(ctx, &id)?;
        return Ok(Empty {});
    }
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
