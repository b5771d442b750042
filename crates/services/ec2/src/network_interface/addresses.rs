//! Secondary private addresses and IPv6 addresses of interfaces.

use std::net::Ipv4Addr;

use ironbird_api::{Empty, ec2};
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::wanted::{address, count, ipv6_address};
use super::{Attachment, NetworkInterface, NetworkInterfaces};
use crate::instance::record::Instances;
use crate::instance::settings_of;
use crate::{address as elastic, error, resource, subnet};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const PREFIXES: &str = "prefixes of interfaces are not modeled";
    definition
        .write::<ec2::AssignPrivateIpAddresses>(assign_private_ip_addresses)
        .refuses::<ec2::AssignPrivateIpAddresses>(&[
            ("Ipv4Prefixes", PREFIXES),
            ("Ipv4PrefixCount", PREFIXES),
        ])
        .write::<ec2::UnassignPrivateIpAddresses>(unassign_private_ip_addresses)
        .refuses::<ec2::UnassignPrivateIpAddresses>(&[("Ipv4Prefixes", PREFIXES)])
        .write::<ec2::AssignIpv6Addresses>(assign_ipv6_addresses)
        .refuses::<ec2::AssignIpv6Addresses>(&[("Ipv6Prefixes", PREFIXES), ("Ipv6PrefixCount", PREFIXES)])
        .write::<ec2::UnassignIpv6Addresses>(unassign_ipv6_addresses)
        .refuses::<ec2::UnassignIpv6Addresses>(&[("Ipv6Prefixes", PREFIXES)])
}

/// Whether the instance that the interface is attached to takes so many addresses on one.
fn check_room(ctx: &Ctx<'_>, interface: &NetworkInterface, total: usize, ipv6: bool) -> Result<()> {
    let Some(instance) = interface.attachment.as_ref().and_then(Attachment::instance_id) else {
        return Ok(());
    };
    let name = settings_of(ctx, resource::find::<Instances>(ctx, instance)?)?.instance_type;
    let facts = instance_types::get(&name).map(|facts| &facts.network);
    let most = match ipv6 {
        true => facts.and_then(|facts| facts.ipv6_per_interface),
        false => facts.map(|facts| facts.ipv4_per_interface),
    };
    if most.is_some_and(|most| total > usize::try_from(most).unwrap_or(usize::MAX)) {
        let message = "Number of private addresses will exceed limit.";
        return Err(Error::client("PrivateIpAddressLimitExceeded", message));
    }
    Ok(())
}

fn assign_private_ip_addresses(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssignPrivateIpAddressesRequest,
) -> Result<ec2::AssignPrivateIpAddressesResult> {
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?.clone();
    let named = input.private_ip_addresses.as_deref().unwrap_or_default();
    let more = count(input.secondary_private_ip_address_count, "secondaryPrivateIpAddressCount")?;
    if !named.is_empty() && more > 0 {
        return Err(error::exclusive("privateIpAddress", "secondaryPrivateIpAddressCount"));
    }
    if named.is_empty() && more == 0 {
        return Err(error::missing_parameter("privateIpAddress or secondaryPrivateIpAddressCount"));
    }
    let total = interface.private_addresses.len() + named.len() + usize::try_from(more).unwrap_or(0);
    check_room(ctx, &interface, total, false)?;
    let mut added = Vec::new();
    for text in named {
        let given = address(text)?;
        if interface.private_addresses.contains(&given) {
            continue;
        }
        if input.allow_reassignment == Some(true) {
            take_from_others(ctx, &interface, given)?;
        }
        subnet::take_given_address(ctx, &interface.subnet_id, given)?;
        added.push(given);
    }
    for _ in 0..more {
        added.push(subnet::take_address(ctx, &interface.subnet_id)?);
    }
    resource::change::<NetworkInterfaces>(ctx, &interface.id, |interface| {
        interface.private_addresses.extend_from_slice(&added);
    })?;
    let shown = |it: &Ipv4Addr| ec2::AssignedPrivateIpAddress { private_ip_address: Some(it.to_string()) };
    Ok(ec2::AssignPrivateIpAddressesResult {
        network_interface_id: Some(interface.id),
        assigned_private_ip_addresses: Some(added.iter().map(shown).collect()),
        ..Default::default()
    })
}

/// Takes a secondary address away from whichever other interface of the subnet has it.
fn take_from_others(ctx: &mut Ctx<'_>, interface: &NetworkInterface, given: Ipv4Addr) -> Result<()> {
    let has = |other: &&NetworkInterface| {
        other.subnet_id == interface.subnet_id
            && other.private_addresses.iter().skip(1).any(|it| *it == given)
    };
    let other = resource::all::<NetworkInterfaces>(ctx).find(has).map(|other| other.id.clone());
    other.map_or(Ok(()), |other| let_go(ctx, &other, &[given]))
}

/// Gives addresses of an interface back, and what elastic addresses they have.
fn let_go(ctx: &mut Ctx<'_>, id: &str, addresses: &[Ipv4Addr]) -> Result<()> {
    let interface = resource::find::<NetworkInterfaces>(ctx, id)?.clone();
    for given in addresses {
        subnet::release_address(ctx, &interface.subnet_id, *given)?;
        if let Some((_, allocation)) = interface.elastic.iter().find(|(own, _)| own == given) {
            elastic::let_go(ctx, allocation)?;
        }
    }
    resource::change::<NetworkInterfaces>(ctx, id, |interface| {
        interface.private_addresses.retain(|own| !addresses.contains(own));
    })
}

fn unassign_private_ip_addresses(
    ctx: &mut Ctx<'_>,
    input: &ec2::UnassignPrivateIpAddressesRequest,
) -> Result<Empty> {
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?;
    let id = interface.id.clone();
    let mut addresses = Vec::new();
    for text in input.private_ip_addresses.as_deref().unwrap_or_default() {
        let given = address(text)?;
        if !interface.private_addresses.iter().skip(1).any(|own| *own == given) {
            let message = "Some of the specified addresses are not assigned to the interface";
            return Err(error::invalid_value(message));
        }
        addresses.push(given);
    }
    if addresses.is_empty() {
        return Err(error::missing_parameter("privateIpAddress"));
    }
    let_go(ctx, &id, &addresses)?;
    Ok(Empty {})
}

fn assign_ipv6_addresses(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssignIpv6AddressesRequest,
) -> Result<ec2::AssignIpv6AddressesResult> {
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?.clone();
    let mut named = Vec::new();
    for text in input.ipv6_addresses.as_deref().unwrap_or_default() {
        named.push(ipv6_address(text)?);
    }
    let more = count(input.ipv6_address_count, "ipv6AddressCount")?;
    if named.is_empty() && more == 0 {
        return Err(error::missing_parameter("ipv6Addresses or ipv6AddressCount"));
    }
    let total = interface.ipv6_addresses.len() + named.len() + usize::try_from(more).unwrap_or(0);
    check_room(ctx, &interface, total, true)?;
    let added = subnet::take_ipv6_addresses(ctx, &interface.subnet_id, &named, more)?;
    resource::change::<NetworkInterfaces>(ctx, &interface.id, |interface| {
        interface.ipv6_addresses.extend_from_slice(&added);
    })?;
    Ok(ec2::AssignIpv6AddressesResult {
        assigned_ipv6_addresses: Some(added.iter().map(ToString::to_string).collect()),
        network_interface_id: Some(interface.id),
        ..Default::default()
    })
}

fn unassign_ipv6_addresses(
    ctx: &mut Ctx<'_>,
    input: &ec2::UnassignIpv6AddressesRequest,
) -> Result<ec2::UnassignIpv6AddressesResult> {
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?.clone();
    let mut addresses = Vec::new();
    for text in input.ipv6_addresses.as_deref().unwrap_or_default() {
        let given = ipv6_address(text)?;
        if !interface.ipv6_addresses.contains(&given) {
            let message = "Some of the specified addresses are not assigned to the interface";
            return Err(error::invalid_value(message));
        }
        addresses.push(given);
    }
    for given in &addresses {
        subnet::release_ipv6_address(ctx, &interface.subnet_id, *given)?;
    }
    resource::change::<NetworkInterfaces>(ctx, &interface.id, |interface| {
        interface.ipv6_addresses.retain(|own| !addresses.contains(own));
    })?;
    Ok(ec2::UnassignIpv6AddressesResult {
        network_interface_id: Some(interface.id),
        unassigned_ipv6_addresses: Some(addresses.iter().map(ToString::to_string).collect()),
        ..Default::default()
    })
}
