//! CreateNatGateway, and how a gateway comes up.

use std::net::Ipv4Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Timestamp};

use super::{NatAddress, NatGateway, NatGateways, SHOWN_AFTERWARDS, State, TIMER, delete};
use crate::address::{self, Addresses};
use crate::instance::after;
use crate::network_interface::{self, Kind, New, Wanted};
use crate::once::Once;
use crate::resource::{self, Resource};
use crate::subnet::Subnets;
use crate::{error, internet_gateway, kinds, meter, tag};

/// Secondary addresses of one gateway: at most seven private, one public unless the quota is raised. Source: "NAT
/// gateway basics" in the VPC user guide.
const MAX_SECONDARY: usize = 31;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const REGIONAL: &str = "regional NAT gateways are not modeled";
    definition
        .write::<ec2::CreateNatGateway>(create_nat_gateway)
        .refuses::<ec2::CreateNatGateway>(&[("VpcId", REGIONAL), ("AvailabilityZoneAddresses", REGIONAL)])
}

fn ip(text: &str) -> Result<Ipv4Addr> {
    text.parse().map_err(|_| error::invalid_value(format!("Invalid IPv4 address: {text}")))
}

/// A free elastic address.
pub(super) fn free(ctx: &Ctx<'_>, allocation: &str) -> Result<Ipv4Addr> {
    let found = resource::find::<Addresses>(ctx, allocation)?;
    if found.association.is_some() {
        let message = format!("Elastic IP address [{allocation}] is already associated");
        return Err(Error::client("Resource.AlreadyAssociated", message));
    }
    Ok(found.public)
}

fn is_public(input: &ec2::CreateNatGatewayRequest) -> Result<bool> {
    if let Some(mode) = input.availability_mode.as_deref().filter(|mode| *mode != "zonal") {
        let reason = "regional NAT gateways are not modeled";
        return Err(Ctx::unsupported(&format!("AvailabilityMode={mode}"), reason));
    }
    match input.connectivity_type.as_deref() {
        None | Some("public") => {
            if input.allocation_id.is_none() {
                return Err(error::missing_parameter("AllocationId"));
            }
            Ok(true)
        }
        Some("private") => {
            if input.allocation_id.is_some() || input.secondary_allocation_ids.is_some() {
                let message = "The allocation ID cannot be specified for a private NAT gateway.";
                return Err(error::invalid_combination(message));
            }
            Ok(false)
        }
        Some(other) => Err(error::invalid_parameter_value(other, "connectivityType")),
    }
}

fn create_nat_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateNatGatewayRequest,
) -> Result<ec2::CreateNatGatewayResult> {
    let client_token = input.client_token.clone();
    let once = Once::of::<ec2::CreateNatGateway>(ctx, client_token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        let shown = NatGateways::view(ctx, resource::find::<NatGateways>(ctx, &id)?);
        return Ok(ec2::CreateNatGatewayResult { client_token, nat_gateway: Some(shown) });
    }
    let public = is_public(input)?;
    let Some(subnet_id) = &input.subnet_id else { return Err(error::missing_parameter("SubnetId")) };
    let vpc_id = resource::find::<Subnets>(ctx, subnet_id)?.vpc_id.clone();
    let mut allocations: Vec<&String> = input.allocation_id.iter().collect();
    allocations.extend(input.secondary_allocation_ids.iter().flatten());
    for allocation in &allocations {
        free(ctx, allocation)?;
    }
    let mut secondary = Vec::new();
    for text in input.secondary_private_ip_addresses.iter().flatten() {
        secondary.push(ip(text)?);
    }
    let asked = input.secondary_private_ip_address_count.unwrap_or(0);
    let asked = usize::try_from(asked)
        .map_err(|_| error::invalid_parameter_value(&asked.to_string(), "secondaryPrivateIpAddressCount"))?;
    if asked > 0 && !secondary.is_empty() {
        return Err(error::exclusive("secondaryPrivateIpAddresses", "secondaryPrivateIpAddressCount"));
    }
    let by_allocation = allocations.len().saturating_sub(1).saturating_sub(secondary.len());
    let drawn = if public { by_allocation } else { asked };
    if secondary.len() + drawn > MAX_SECONDARY {
        let message = "The maximum number of addresses of the NAT gateway has been reached.";
        return Err(Error::client("PrivateIpAddressLimitExceeded", message));
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::NAT_GATEWAY.resource_type])?;
    let id = ctx.fresh_id("nat")?;
    let description = format!("Interface for NAT Gateway {id}");
    let new = New {
        kind: Kind::NatGateway,
        subnet_id,
        addresses: Wanted {
            primary: input.private_ip_address.as_deref().map(ip).transpose()?,
            secondary,
            more: u32::try_from(drawn).unwrap_or(0),
            ipv6_more: Some(0),
            ..Default::default()
        },
        description: &description,
        ..Default::default()
    };
    let interface = network_interface::create_for_service(ctx, &new)?;
    let mut gateway = NatGateway {
        id: id.clone(),
        vpc_id,
        subnet_id: subnet_id.clone(),
        public,
        state: State::Pending,
        due: None,
        created: ctx.now(),
        deleted: None,
        interface_id: interface.id.clone(),
        addresses: Vec::new(),
        failure: None,
    };
    let has_way_out = internet_gateway::attached_to(ctx, &gateway.vpc_id).is_some();
    for (at, private) in interface.private_addresses.iter().enumerate() {
        let elastic = match allocations.get(at).filter(|_| has_way_out) {
            Some(allocation) => {
                let address = free(ctx, allocation)?;
                let association = address::associate(ctx, allocation, &interface.id, *private)?;
                Some(((*allocation).clone(), association, address))
            }
            None => None,
        };
        gateway.addresses.push(NatAddress { private: *private, elastic });
    }
    if public && !has_way_out {
        let message = format!("Network {} has no Internet gateway attached", gateway.vpc_id);
        gateway.failure = Some(("Gateway.NotAttached".to_owned(), message));
    }
    let due = after(ctx, "nat-gateway", &id, (60, 120));
    gateway.due = Some(due);
    ctx.put::<NatGateways>(ctx.scope().key(&id), gateway.clone())?;
    tag::apply(ctx, specifications, kinds::NAT_GATEWAY.resource_type, &id)?;
    once.keep(ctx, &id)?;
    let shown =
        ec2::NatGateway { failure_code: None, failure_message: None, ..NatGateways::view(ctx, &gateway) };
    if due <= ctx.now() {
        wake(ctx, &id)?;
    } else {
        ctx.wake_at(due, TIMER, &id)?;
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateNatGatewayResult { client_token, nat_gateway: Some(shown) })
}

/// The timer handler: takes the step that is due.
///
/// # Errors
/// When the world is broken.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(gateway) = ctx.get::<NatGateways>(&key) else { return Ok(()) };
    if gateway.due.is_none_or(|due| due > ctx.now()) {
        return Ok(());
    }
    match gateway.state {
        State::Pending if gateway.failure.is_some() => {
            network_interface::remove(ctx, &gateway.interface_id)?;
            linger(ctx, &key, id, State::Failed)
        }
        State::Pending => {
            ctx.update::<NatGateways, _>(&key, |gateway| {
                gateway.state = State::Available;
                gateway.due = None;
            })?;
            meter::nat_gateway(ctx, id)
        }
        State::Deleting => delete::finish(ctx, &gateway),
        State::Failed | State::Deleted => {
            ctx.delete::<NatGateways>(&key)?;
            tag::remove_all(ctx, id)
        }
        State::Available => Ok(()),
    }
}

/// Shows a gateway in its last state for a while.
pub(super) fn linger(ctx: &mut Ctx<'_>, key: &Key, id: &str, state: State) -> Result<()> {
    let now = ctx.now();
    let due = Timestamp::from_nanos(now.nanos().saturating_add(SHOWN_AFTERWARDS * 1_000_000_000));
    ctx.update::<NatGateways, _>(key, |gateway| {
        gateway.state = state;
        gateway.due = Some(due);
        gateway.deleted = Some(now);
    })?;
    ctx.wake_at(due, TIMER, id)?;
    Ok(())
}
