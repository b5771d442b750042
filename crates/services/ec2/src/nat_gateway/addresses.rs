//! Further addresses of NAT gateways: elastic ones of public gateways, private ones of private gateways.

use std::net::Ipv4Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::create::free;
use super::{NatAddress, NatGateway, NatGateways, State, find};
use crate::network_interface::NetworkInterfaces;
use crate::{address, error, resource, subnet};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const REGIONAL: &str = "regional NAT gateways are not modeled";
    definition
        .write::<ec2::AssociateNatGatewayAddress>(associate_nat_gateway_address)
        .refuses::<ec2::AssociateNatGatewayAddress>(&[
            ("AvailabilityZone", REGIONAL),
            ("AvailabilityZoneId", REGIONAL),
        ])
        .write::<ec2::DisassociateNatGatewayAddress>(disassociate_nat_gateway_address)
        // No connections are there that could drain.
        .records::<ec2::DisassociateNatGatewayAddress>(&["MaxDrainDurationSeconds"])
        .write::<ec2::AssignPrivateNatGatewayAddress>(assign_private_nat_gateway_address)
        .write::<ec2::UnassignPrivateNatGatewayAddress>(unassign_private_nat_gateway_address)
        .records::<ec2::UnassignPrivateNatGatewayAddress>(&["MaxDrainDurationSeconds"])
}

fn available(ctx: &Ctx<'_>, id: &str, public: bool) -> Result<NatGateway> {
    let gateway = find(ctx, id)?.clone();
    if gateway.state != State::Available {
        let message = format!("NatGateway {id} is in the state {}, not available", gateway.state.name());
        return Err(Error::client("IncorrectState", message));
    }
    if gateway.public != public {
        let kind = if public { "public" } else { "private" };
        let message = format!("NatGateway {id} is not a {kind} NAT gateway");
        return Err(error::unsupported_operation(message));
    }
    Ok(gateway)
}

/// Takes private addresses for a gateway: those given, and so many more.
fn take(ctx: &mut Ctx<'_>, gateway: &NatGateway, given: &[String], more: usize) -> Result<Vec<Ipv4Addr>> {
    let mut taken = Vec::new();
    for text in given {
        let address: Ipv4Addr =
            text.parse().map_err(|_| error::invalid_value(format!("Invalid IPv4 address: {text}")))?;
        subnet::take_given_address(ctx, &gateway.subnet_id, address)?;
        taken.push(address);
    }
    for _ in 0..more {
        taken.push(subnet::take_address(ctx, &gateway.subnet_id)?);
    }
    resource::change::<NetworkInterfaces>(ctx, &gateway.interface_id, |interface| {
        interface.private_addresses.extend_from_slice(&taken);
    })?;
    Ok(taken)
}

/// Gives private addresses of a gateway back.
fn give_back(ctx: &mut Ctx<'_>, gateway: &NatGateway, gone: &[Ipv4Addr]) -> Result<()> {
    for address in gone {
        subnet::release_address(ctx, &gateway.subnet_id, *address)?;
    }
    resource::change::<NetworkInterfaces>(ctx, &gateway.interface_id, |interface| {
        interface.private_addresses.retain(|own| !gone.contains(own));
    })?;
    resource::change::<NatGateways>(ctx, &gateway.id, |gateway| {
        gateway.addresses.retain(|own| !gone.contains(&own.private));
    })
}

fn shown(gateway: &NatGateway, addresses: &[NatAddress]) -> Option<Vec<ec2::NatGatewayAddress>> {
    Some(addresses.iter().map(|address| address.shown(gateway, false)).collect())
}

fn associate_nat_gateway_address(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssociateNatGatewayAddressRequest,
) -> Result<ec2::AssociateNatGatewayAddressResult> {
    let gateway = available(ctx, &input.nat_gateway_id, true)?;
    let given = input.private_ip_addresses.as_deref().unwrap_or_default();
    let Some(more) = input.allocation_ids.len().checked_sub(given.len()) else {
        let message = "There are more private addresses than allocation IDs";
        return Err(error::invalid_combination(message));
    };
    for allocation in &input.allocation_ids {
        free(ctx, allocation)?;
    }
    let taken = take(ctx, &gateway, given, more)?;
    let mut added = Vec::new();
    for (allocation, private) in input.allocation_ids.iter().zip(&taken) {
        let public = free(ctx, allocation)?;
        let association = address::associate(ctx, allocation, &gateway.interface_id, *private)?;
        added
            .push(NatAddress { private: *private, elastic: Some((allocation.clone(), association, public)) });
    }
    resource::change::<NatGateways>(ctx, &gateway.id, |gateway| gateway.addresses.extend(added.clone()))?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::AssociateNatGatewayAddressResult {
        nat_gateway_addresses: shown(&gateway, &added),
        nat_gateway_id: Some(gateway.id),
    })
}

fn disassociate_nat_gateway_address(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisassociateNatGatewayAddressRequest,
) -> Result<ec2::DisassociateNatGatewayAddressResult> {
    let gateway = available(ctx, &input.nat_gateway_id, true)?;
    let mut gone = Vec::new();
    for id in &input.association_ids {
        let has =
            |own: &&NatAddress| own.elastic.as_ref().is_some_and(|(_, association, _)| association == id);
        let Some(found) = gateway.addresses.iter().skip(1).find(has) else {
            let message = format!("The association ID '{id}' does not exist");
            return Err(Error::client("InvalidAssociationID.NotFound", message));
        };
        gone.push(found.clone());
    }
    for (allocation, ..) in gone.iter().filter_map(|own| own.elastic.as_ref()) {
        address::let_go(ctx, allocation)?;
    }
    let private: Vec<Ipv4Addr> = gone.iter().map(|own| own.private).collect();
    give_back(ctx, &gateway, &private)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DisassociateNatGatewayAddressResult {
        nat_gateway_addresses: shown(&gateway, &gone),
        nat_gateway_id: Some(gateway.id),
    })
}

fn assign_private_nat_gateway_address(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssignPrivateNatGatewayAddressRequest,
) -> Result<ec2::AssignPrivateNatGatewayAddressResult> {
    let gateway = available(ctx, &input.nat_gateway_id, false)?;
    let count = input.private_ip_address_count.unwrap_or(0);
    let more = usize::try_from(count).ok().filter(|more| *more <= 31);
    let more =
        more.ok_or_else(|| error::invalid_parameter_value(&count.to_string(), "privateIpAddressCount"))?;
    let given = input.private_ip_addresses.as_deref().unwrap_or_default();
    let taken = take(ctx, &gateway, given, more)?;
    let added: Vec<NatAddress> =
        taken.into_iter().map(|private| NatAddress { private, elastic: None }).collect();
    resource::change::<NatGateways>(ctx, &gateway.id, |gateway| gateway.addresses.extend(added.clone()))?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::AssignPrivateNatGatewayAddressResult {
        nat_gateway_addresses: shown(&gateway, &added),
        nat_gateway_id: Some(gateway.id),
    })
}

fn unassign_private_nat_gateway_address(
    ctx: &mut Ctx<'_>,
    input: &ec2::UnassignPrivateNatGatewayAddressRequest,
) -> Result<ec2::UnassignPrivateNatGatewayAddressResult> {
    let gateway = available(ctx, &input.nat_gateway_id, false)?;
    let mut gone = Vec::new();
    for text in &input.private_ip_addresses {
        let has = |own: &&NatAddress| own.private.to_string() == *text;
        let Some(found) = gateway.addresses.iter().skip(1).find(has) else {
            let message = "Some of the specified addresses are not assigned to the NAT gateway";
            return Err(error::invalid_value(message));
        };
        gone.push(found.clone());
    }
    let private: Vec<Ipv4Addr> = gone.iter().map(|own| own.private).collect();
    give_back(ctx, &gateway, &private)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::UnassignPrivateNatGatewayAddressResult {
        nat_gateway_addresses: shown(&gateway, &gone),
        nat_gateway_id: Some(gateway.id),
    })
}
