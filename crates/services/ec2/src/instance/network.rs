//! What an instance has to do with networks, keys and groups.

use std::net::Ipv4Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::blueprint::Blueprint;
use super::interface::Interface;
use super::launch::Order;
use super::record::{Instance, Launch, Settings};
use crate::network_interface::{self, NetworkInterface, NetworkInterfaces, New};
use crate::subnet::{self, Subnet, Subnets};
use crate::vpc;
use crate::{key_pair, kinds, resource, security_group, tag};

/// Where instances are launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) subnet_id: String,
    pub(crate) vpc_id: String,
    /// Zone by name.
    pub(crate) zone: String,
    /// How instances are named that do not say themselves, as in [`Options::names`](super::options::Options).
    pub(super) names: (String, bool, bool),
}

impl Place {
    fn of(subnet: &Subnet) -> Self {
        Self {
            subnet_id: subnet.id.clone(),
            vpc_id: subnet.vpc_id.clone(),
            zone: subnet.zone.clone(),
            names: (subnet.hostname_type.clone(), subnet.resource_name_dns_a, subnet.resource_name_dns_aaaa),
        }
    }
}

/// The subnet of that id.
///
/// # Errors
/// `InvalidSubnetID.NotFound` and `.Malformed`.
pub(crate) fn subnet(ctx: &Ctx<'_>, id: &str) -> Result<Place> {
    resource::find::<Subnets>(ctx, id).map(Place::of)
}

/// The default subnet of a zone.
///
/// # Errors
/// `MissingInput` when it was deleted, `VPCIdNotSpecified` when there is no default VPC.
pub(crate) fn default_subnet(ctx: &Ctx<'_>, zone: &str) -> Result<Place> {
    let vpc = default_vpc(ctx)?;
    match subnet::default_of_zone(ctx, zone) {
        Some(found) => Ok(Place::of(found)),
        None => {
            let message = format!("No default subnet for availability zone: '{zone}' in the VPC '{vpc}'.");
            Err(Error::client("MissingInput", message))
        }
    }
}

/// Where a launch that names no subnet may go, by zone: the default subnets, or those of `vpc` if it is another.
///
/// # Errors
/// As [`default_subnet`].
pub(crate) fn default_subnets(ctx: &Ctx<'_>, vpc: Option<&str>) -> Result<Vec<Place>> {
    let default = default_vpc(ctx)?;
    if let Some(other) = vpc.filter(|id| *id != default) {
        let message = format!(
            "The security groups belong to the VPC '{other}', which is not the default VPC. Specify a subnet of it."
        );
        return Err(Error::client("InvalidParameterCombination", message));
    }
    let mut places: Vec<Place> =
        subnet::of_vpc(ctx, default).filter(|subnet| subnet.is_default).map(Place::of).collect();
    if places.is_empty() {
        let message = format!("No subnets found for the default VPC '{default}'. Please specify a subnet.");
        return Err(Error::client("MissingInput", message));
    }
    places.sort_unstable_by(|left, right| left.zone.cmp(&right.zone));
    Ok(places)
}

fn default_vpc<'t>(ctx: &'t Ctx<'_>) -> Result<&'t str> {
    match vpc::default_vpc(ctx) {
        Ok(vpc) => Ok(&vpc.id),
        Err(_) => Err(Error::client("VPCIdNotSpecified", "No default VPC for this user")),
    }
}

/// The VPC that the security groups of a request belong to, if it names any by id.
///
/// # Errors
/// `InvalidGroup.NotFound`.
pub(crate) fn vpc_of_groups(ctx: &Ctx<'_>, interface: &Interface) -> Result<Option<String>> {
    let Some(first) = interface.groups.first() else { return Ok(None) };
    let group = resource::find::<security_group::SecurityGroups>(ctx, first)?;
    Ok(Some(group.vpc_id.clone()))
}

/// The security groups of instances in a subnet; the VPC's default group if none was asked for.
///
/// # Errors
/// `InvalidGroup.NotFound`, and when a group belongs to another VPC.
pub(crate) fn groups(ctx: &Ctx<'_>, place: &Place, interface: &Interface) -> Result<Vec<String>> {
    let mut ids = interface.groups.clone();
    for name in &interface.group_names {
        let found = resource::all::<security_group::SecurityGroups>(ctx)
            .find(|group| group.vpc_id == place.vpc_id && group.name == *name);
        let Some(group) = found else {
            let message = format!("The security group '{name}' does not exist in VPC '{}'", place.vpc_id);
            return Err(Error::client("InvalidGroup.NotFound", message));
        };
        ids.push(group.id.clone());
    }
    check_groups(ctx, &place.vpc_id, &ids)
}

/// Checks that groups are of a VPC; its default group if none is given.
///
/// # Errors
/// `InvalidGroup.NotFound`, and when a group belongs to another VPC.
pub(crate) fn check_groups(ctx: &Ctx<'_>, vpc_id: &str, ids: &[String]) -> Result<Vec<String>> {
    security_group::checked_for_vpc(ctx, vpc_id, ids)
}

/// Ids and names of groups.
pub(crate) fn group_identifiers(ctx: &Ctx<'_>, ids: &[String]) -> Vec<ec2::GroupIdentifier> {
    security_group::identifiers(ctx, ids)
}

/// Checks that there is a key pair of that name.
///
/// # Errors
/// `InvalidKeyPair.NotFound`.
pub(crate) fn check_key(ctx: &Ctx<'_>, name: &str) -> Result<()> {
    key_pair::check(ctx, name)
}

/// The public half of a key pair.
pub(crate) fn public_key(ctx: &Ctx<'_>, name: &str) -> Option<String> {
    key_pair::find(ctx, name).ok().map(|pair| pair.public_key.clone())
}

/// An interface that was made.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) private_ip: Ipv4Addr,
    pub(crate) public_ip: Option<Ipv4Addr>,
}

/// Checks that interfaces can be where the instance is.
///
/// # Errors
/// When one is in another zone or VPC, and those about its subnet.
pub(super) fn check_interfaces(ctx: &Ctx<'_>, place: &Place, blueprint: &Blueprint) -> Result<()> {
    // A primary interface that is yet to be made goes wherever the instance goes.
    let fixed = blueprint.interfaces().filter(|it| it.existing.is_some() || !it.is_primary());
    for id in fixed.filter_map(|interface| interface.subnet_id.as_deref()) {
        let own = subnet(ctx, id)?;
        if own.zone != place.zone {
            let message = format!(
                "You may not attach a network interface to an instance if they are not in the same availability zone ({}, {})",
                own.zone, place.zone
            );
            return Err(Error::client("InvalidParameterCombination", message));
        }
        if own.vpc_id != place.vpc_id {
            let message = "Network interface attachments may not cross VPC boundaries.";
            return Err(Error::client("InvalidParameterValue", message));
        }
    }
    Ok(())
}

/// Makes the interfaces of an instance, or hangs those on it that are there already; gives the primary one.
///
/// # Errors
/// Those about the subnet's addresses.
pub(crate) fn create(
    ctx: &mut Ctx<'_>,
    order: &Order<'_>,
    launch: &Launch,
    instance_id: &str,
    tags: &[ec2::TagSpecification],
) -> Result<Made> {
    let blueprint = order.blueprint;
    // A public address of its own goes to an instance with one interface, made for it.
    let by_subnet = blueprint.further.is_empty()
        && blueprint.interface.existing.is_none()
        && resource::find::<Subnets>(ctx, &launch.subnet_id)?.map_public_ip_on_launch;
    let public = blueprint.interface.public.unwrap_or(by_subnet);
    let made = &mut |ctx: &mut Ctx<'_>, wish: &Interface, groups: &[String], public| {
        let attachment = wish.attachment(ctx, instance_id)?;
        if let Some(id) = &wish.existing {
            return network_interface::hang(ctx, id, attachment);
        }
        let new = New {
            subnet_id: wish.subnet_id.as_deref().filter(|_| !wish.is_primary()).unwrap_or(&launch.subnet_id),
            group_ids: groups,
            addresses: wish.addresses.clone(),
            description: &wish.description,
            ..Default::default()
        };
        let interface = network_interface::create_for_instance(ctx, &new, attachment, public)?;
        tag::apply(ctx, Some(tags), kinds::NETWORK_INTERFACE.resource_type, &interface.id)?;
        Ok(interface)
    };
    let interface = made(ctx, &blueprint.interface, &launch.settings.groups, public)?;
    for wish in &blueprint.further {
        made(ctx, wish, &wish.groups, false)?;
    }
    Ok(Made { private_ip: interface.private_address(), public_ip: interface.public(ctx), id: interface.id })
}

/// A stopped instance keeps its interface with private and elastic addresses, and loses the public one that it had
/// for a while; the public address that is left.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_stop(ctx: &mut Ctx<'_>, instance: &Instance) -> Result<Option<Ipv4Addr>> {
    network_interface::release_public(ctx, &instance.interface_id)?;
    Ok(interface(ctx, instance).and_then(|interface| interface.public(ctx)))
}

/// A started instance gets a new public address if it is to have one and has no elastic one.
///
/// # Errors
/// When there is no public address left.
pub(crate) fn on_start(ctx: &mut Ctx<'_>, instance: &Instance) -> Result<Option<Ipv4Addr>> {
    let public = |ctx: &Ctx<'_>| interface(ctx, instance).and_then(|interface| interface.public(ctx));
    let wants = interface(ctx, instance).is_some_and(|interface| interface.wants_public);
    if wants && public(ctx).is_none() {
        network_interface::assign_public(ctx, &instance.interface_id)?;
    }
    Ok(public(ctx))
}

/// A terminated instance's interfaces go with it, or are left behind.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_terminate(ctx: &mut Ctx<'_>, instance: &Instance) -> Result<()> {
    network_interface::detach_all(ctx, &instance.id)
}

/// The interface follows changed settings of its instance.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_change(ctx: &mut Ctx<'_>, instance: &Instance, settings: &Settings) -> Result<()> {
    let key = ctx.scope().key(&instance.interface_id);
    ctx.update::<NetworkInterfaces, _>(&key, |interface| {
        interface.source_dest_check = settings.source_dest_check;
        interface.group_ids.clone_from(&settings.groups);
    })?;
    Ok(())
}

fn interface<'t>(ctx: &'t Ctx<'_>, instance: &Instance) -> Option<&'t NetworkInterface> {
    ctx.peek::<NetworkInterfaces>(&ctx.scope().key(&instance.interface_id))
}

/// The private host name of an instance.
pub(crate) fn private_dns_name(ctx: &Ctx<'_>, instance: &Instance, launch: &Launch) -> String {
    match instance.options(launch).names().0.as_str() {
        "resource-name" => match ctx.region().code() {
            "us-east-1" => format!("{}.ec2.internal", instance.id),
            region => format!("{}.{region}.compute.internal", instance.id),
        },
        _ => subnet::private_dns_name(ctx, instance.private_ip),
    }
}

/// The public host name of an instance; none in VPCs that give no such names.
pub(crate) fn public_dns_name(ctx: &Ctx<'_>, instance: &Instance) -> Option<String> {
    interface(ctx, instance)?.public_dns_name(ctx)
}

/// The interfaces of an instance as `DescribeInstances` shows them.
pub(crate) fn interfaces(
    ctx: &Ctx<'_>,
    instance: &Instance,
    launch: &Launch,
) -> Vec<ec2::InstanceNetworkInterface> {
    let private_dns = private_dns_name(ctx, instance, launch);
    let name = |interface: &NetworkInterface| match interface.id == instance.interface_id {
        true => private_dns.clone(),
        false => interface.private_dns_name(ctx),
    };
    network_interface::of_instance(ctx, &instance.id).map(|it| shown(ctx, it, name(it))).collect()
}

fn shown(ctx: &Ctx<'_>, interface: &NetworkInterface, private_dns: String) -> ec2::InstanceNetworkInterface {
    let association = |private| {
        interface.association(ctx, private).map(|it| ec2::InstanceNetworkInterfaceAssociation {
            ip_owner_id: it.ip_owner_id,
            public_dns_name: it.public_dns_name,
            public_ip: it.public_ip,
            ..Default::default()
        })
    };
    let attachment = interface.attachment.as_ref().map(|it| ec2::InstanceNetworkInterfaceAttachment {
        attach_time: Some(it.attached),
        attachment_id: Some(it.id.clone()),
        delete_on_termination: Some(it.delete_on_termination),
        device_index: Some(it.device_index),
        status: Some("attached".to_owned()),
        network_card_index: Some(it.network_card_index),
        ..Default::default()
    });
    let address = |(at, private): (usize, &Ipv4Addr)| ec2::InstancePrivateIpAddress {
        association: association(*private),
        primary: Some(at == 0),
        private_dns_name: Some(match at {
            0 => private_dns.clone(),
            _ => subnet::private_dns_name(ctx, *private),
        }),
        private_ip_address: Some(private.to_string()),
    };
    let ipv6 = |address: &std::net::Ipv6Addr| ec2::InstanceIpv6Address {
        ipv6_address: Some(address.to_string()),
        ..Default::default()
    };
    ec2::InstanceNetworkInterface {
        association: association(interface.private_address()),
        attachment,
        description: Some(interface.description.clone()),
        groups: Some(group_identifiers(ctx, &interface.group_ids)),
        ipv6_addresses: Some(interface.ipv6_addresses.iter().map(ipv6).collect()),
        mac_address: Some(interface.mac_address.clone()),
        network_interface_id: Some(interface.id.clone()),
        owner_id: Some(ctx.scope().account.to_string()),
        private_ip_address: Some(interface.private_address().to_string()),
        private_ip_addresses: Some(interface.private_addresses.iter().enumerate().map(address).collect()),
        private_dns_name: Some(private_dns.clone()),
        source_dest_check: Some(interface.source_dest_check),
        status: Some("in-use".to_owned()),
        subnet_id: Some(interface.subnet_id.clone()),
        vpc_id: Some(interface.vpc_id.clone()),
        interface_type: Some(interface.kind.name().to_owned()),
        operator: Some(ec2::OperatorResponse { managed: Some(false), ..Default::default() }),
        ..Default::default()
    }
}
