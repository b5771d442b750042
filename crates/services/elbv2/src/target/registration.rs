//! RegisterTargets and DeregisterTargets.

use std::net::Ipv4Addr;

use ironbird_api::{ec2, elbv2 as api};
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp};

use super::record::{self, Idle, Next, State, Step, Target, Targets};
use super::{changed, forget, judge, keep, of};
use crate::target_group::record::TargetGroup;
use crate::{PRINCIPAL, error, limits, target_group};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const QUIC: &[(&str, &str)] = &[("Targets.QuicServerId", "QUIC is not modeled")];
    definition
        .write::<api::RegisterTargets>(register_targets)
        .refuses::<api::RegisterTargets>(QUIC)
        .write::<api::DeregisterTargets>(deregister_targets)
        .refuses::<api::DeregisterTargets>(QUIC)
}

fn register_targets(
    ctx: &mut Ctx<'_>,
    input: &api::RegisterTargetsInput,
) -> Result<api::RegisterTargetsOutput> {
    let group = target_group::find(ctx, &input.target_group_arn)?.clone();
    let targets = match group.by_ip {
        true => addresses(ctx, &group, &input.targets)?,
        false => instances(ctx, &group, &input.targets)?,
    };
    let mut keys = Vec::with_capacity(targets.len());
    for target in targets {
        let key = target.key(ctx);
        let before = ctx.peek::<Targets>(&key).cloned();
        // One that is registered already stays as it is.
        if before.as_ref().is_some_and(|before| before.state != State::Draining) {
            continue;
        }
        if let Some(before) = before {
            forget(ctx, &before)?;
        }
        keep(ctx, target)?;
        keys.push(key);
    }
    if of(ctx, &group.name).count() > limits::TARGETS {
        let message =
            format!("The maximum number of targets of a target group has been reached: {}", limits::TARGETS);
        return Err(Error::client("TooManyTargets", message));
    }
    judge::consider(ctx, &keys)?;
    Ok(api::RegisterTargetsOutput {})
}

fn new(group: &TargetGroup, asked: &api::TargetDescription) -> Target {
    Target {
        group: group.name.clone(),
        id: asked.id.clone(),
        port: asked.port.unwrap_or(group.port),
        zone: None,
        home: None,
        subnet: None,
        address: None,
        instance: None,
        deserted: false,
        state: State::Unused(Idle::NotInUse),
        first_check: Timestamp::EPOCH,
        next: None,
    }
}

fn quoted<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    ids.map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ")
}

/// Instances as targets: those that run in the group's VPC.
fn instances(
    ctx: &mut Ctx<'_>,
    group: &TargetGroup,
    asked: &[api::TargetDescription],
) -> Result<Vec<Target>> {
    if let Some(one) = asked.iter().find(|one| one.availability_zone.is_some()) {
        let message = format!("You cannot specify an Availability Zone for the target '{}'", one.id);
        return Err(error::validation(message));
    }
    let ids: Vec<String> = asked.iter().map(|one| one.id.clone()).collect();
    let described = describe(ctx, &ids)?;
    let found = |id: &str| described.iter().find(|it| it.instance_id.as_deref() == Some(id));
    let refused = |what: &str, wrong: &dyn Fn(&ec2::Instance) -> bool| {
        let wrong: Vec<&str> =
            ids.iter().map(String::as_str).filter(|id| found(id).is_some_and(wrong)).collect();
        match wrong.as_slice() {
            [] => Ok(()),
            wrong => Err(error::target(format!(
                "The following targets are not {what}: {}",
                quoted(wrong.iter().copied())
            ))),
        }
    };
    let vpc = format!("in the target group VPC '{}'", group.vpc_id);
    refused(&vpc, &|it| it.vpc_id.as_deref() != Some(group.vpc_id.as_str()))?;
    let runs =
        |it: &ec2::Instance| it.state.as_ref().and_then(|state| state.name.as_deref()) == Some("running");
    refused("in a running state and cannot be registered", &|it| !runs(it))?;
    let targets = asked.iter().map(|one| {
        let found = found(&one.id);
        let place = found.and_then(|it| it.placement.as_ref());
        Target {
            home: place.and_then(|place| place.availability_zone.clone()),
            subnet: found.and_then(|it| it.subnet_id.clone()),
            address: found.and_then(|it| it.private_ip_address.clone()),
            instance: Some(one.id.clone()),
            ..new(group, one)
        }
    });
    Ok(targets.collect())
}

fn describe(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<Vec<ec2::Instance>> {
    let input = ec2::DescribeInstancesRequest { instance_ids: Some(ids.to_vec()), ..Default::default() };
    match ctx.call::<ec2::DescribeInstances>(PRINCIPAL, &input) {
        Err(Error::Service(refused)) if refused.code.starts_with("InvalidInstanceID") => {
            let known = |id: &&String| refused.message.contains(id.as_str());
            let named: Vec<&str> = ids.iter().filter(known).map(String::as_str).collect();
            let message =
                format!("The following targets are not valid instances: {}", quoted(named.into_iter()));
            Err(error::target(message))
        }
        answer => {
            let reservations = answer?.reservations.into_iter().flatten();
            let instances = reservations.flat_map(|reservation| reservation.instances.into_iter().flatten());
            Ok(instances.map(|instance| ec2::Instance::clone(&instance)).collect())
        }
    }
}

/// Addresses as targets: those of the group's VPC, and private ones beyond it.
fn addresses(
    ctx: &mut Ctx<'_>,
    group: &TargetGroup,
    asked: &[api::TargetDescription],
) -> Result<Vec<Target>> {
    let filter = |name: &str, value: &str| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let input = ec2::DescribeSubnetsRequest {
        filters: Some(vec![filter("vpc-id", &group.vpc_id)]),
        ..Default::default()
    };
    let subnets = ctx.call::<ec2::DescribeSubnets>(PRINCIPAL, &input)?.subnets.unwrap_or_default();
    let mut targets = Vec::with_capacity(asked.len());
    for one in asked {
        let address: Ipv4Addr = one.id.parse().map_err(|_| {
            error::validation(format!("The IP address '{}' is not a valid IPv4 address", one.id))
        })?;
        let mut target = new(group, one);
        let home =
            subnets.iter().find(|it| it.cidr_block.as_deref().is_some_and(|block| holds(block, address)));
        match home {
            Some(subnet) => {
                target.home.clone_from(&subnet.availability_zone);
                target.subnet.clone_from(&subnet.subnet_id);
                target.address = Some(one.id.clone());
                target.zone = one.availability_zone.clone().or_else(|| target.home.clone());
                let filters =
                    vec![filter("vpc-id", &group.vpc_id), filter("addresses.private-ip-address", &one.id)];
                behind(ctx, &mut target, filters)?;
            }
            None if !is_private(address) => {
                let message =
                    format!("The IP address '{address}' is publicly routable and cannot be a target");
                return Err(error::target(message));
            }
            None => {
                let zone = one.availability_zone.clone().ok_or_else(|| {
                    let message = format!("You must specify an Availability Zone for the target '{address}': it is outside of VPC '{}'", group.vpc_id);
                    error::validation(message)
                })?;
                target.zone = Some(zone);
            }
        }
        targets.push(target);
    }
    Ok(targets)
}

/// Finds out who is behind an address.
fn behind(ctx: &mut Ctx<'_>, target: &mut Target, filters: Vec<ec2::Filter>) -> Result<()> {
    let input = ec2::DescribeNetworkInterfacesRequest { filters: Some(filters), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeNetworkInterfaces>(PRINCIPAL, &input)?;
    let Some(interface) = answer.network_interfaces.into_iter().flatten().next() else {
        target.deserted = true;
        return Ok(());
    };
    if interface.requester_id.as_deref() == Some("amazon-elb") {
        target.state = State::Unused(Idle::Unusable);
        return Ok(());
    }
    let serves = interface.requester_managed == Some(true);
    target.instance = interface.attachment.and_then(|attachment| attachment.instance_id);
    target.deserted = target.instance.is_none() && !serves;
    Ok(())
}

/// Whether a block holds an address.
pub(super) fn holds(block: &str, address: Ipv4Addr) -> bool {
    let Some((base, length)) = block.split_once('/') else { return false };
    let (Ok(base), Ok(length)) = (base.parse::<Ipv4Addr>(), length.parse::<u32>()) else { return false };
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(length)).unwrap_or(0);
    base.to_bits() & mask == address.to_bits() & mask
}

/// Whether it is an address of RFC 1918 or RFC 6598, which targets beyond the VPC must have.
fn is_private(address: Ipv4Addr) -> bool {
    address.is_private() || holds("100.64.0.0/10", address)
}

fn deregister_targets(
    ctx: &mut Ctx<'_>,
    input: &api::DeregisterTargetsInput,
) -> Result<api::DeregisterTargetsOutput> {
    let group = target_group::find(ctx, &input.target_group_arn)?.clone();
    for one in &input.targets {
        let key = record::key(ctx, &group.name, &one.id, one.port.unwrap_or(group.port));
        // One that is not registered is deregistered.
        let found = ctx.peek::<Targets>(&key).filter(|found| found.state != State::Draining).cloned();
        if let Some(target) = found {
            drain(ctx, &group, target)?;
        }
    }
    Ok(api::DeregisterTargetsOutput {})
}

/// Begins to deregister a target: one that gets traffic drains first.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn drain(ctx: &mut Ctx<'_>, group: &TargetGroup, mut target: Target) -> Result<()> {
    let delay = group.deregistration_delay();
    let idle = matches!(target.state, State::Unused(Idle::NotInUse | Idle::ZoneOff | Idle::Unusable));
    if idle || delay == 0 || ctx.settings().transitions == Transitions::Instant {
        forget(ctx, &target)?;
        return changed(ctx, &target);
    }
    if let Some(timer) = target.timer() {
        ctx.cancel(timer)?;
    }
    let timer = ctx.wake_at(judge::after(ctx.now(), delay), judge::WAKE, &judge::resource(&target))?;
    target.state = State::Draining;
    target.next = Some(Next { step: Step::Leave, timer });
    keep(ctx, target.clone())?;
    changed(ctx, &target)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{holds, is_private};

    #[test]
    fn blocks_hold_their_addresses() {
        let address = |text: &str| text.parse::<Ipv4Addr>().unwrap();
        assert!(holds("10.0.1.0/24", address("10.0.1.255")));
        assert!(!holds("10.0.1.0/24", address("10.0.2.0")));
        assert!(holds("0.0.0.0/0", address("8.8.8.8")));
        assert!(holds("10.0.1.7/32", address("10.0.1.7")));
        assert!(is_private(address("100.64.3.4")) && is_private(address("192.168.0.1")));
        assert!(!is_private(address("100.128.0.1")));
    }
}
