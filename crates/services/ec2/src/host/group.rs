//! Host resource groups, which are made with Resource Groups: hosts that EC2 allocates for the instances that are launched
//! into them, and releases when they are empty, as the group's configuration says.
//!
//! A host that is in a group takes only instances that are launched into the group. Settings that are not given are off. The
//! host keeps which group it is in, and is told when that changes. Source: "Host resource groups" in the License Manager
//! user guide.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::{ec2, resource_groups as groups};
use ironbird_rig::capacity;
use ironbird_rig::catalogue::hosts::{self, HostKind};
use ironbird_rig::catalogue::offerings;
use ironbird_rig::{Ctx, Error, Result, Timestamp};

use super::placement::{self, full, unavailable};
use super::{Host, Hosts, State, Takes, allocate};
use crate::instance::record::Slot;
use crate::{PRINCIPAL, error, resource_group};

/// The timer handler's name: the hosts of the group it is woken for are looked up.
pub(super) const TIMER: &str = "ec2.host-group";
/// The timer handler's name: the host it is woken for is released, if it is empty and its group says so.
pub(super) const RELEASE: &str = "ec2.host-group-release";

/// The type of such a group's configuration.
const MANAGED: &str = "AWS::EC2::HostManagement";

/// What a group's configuration says.
struct Settings {
    allocates: bool,
    releases: bool,
    /// Whether hosts recover, where that is said.
    recovers: Option<bool>,
    /// Families that hosts may be of; all, where there are none.
    families: Vec<String>,
}

/// The settings of a group.
///
/// # Errors
/// `InvalidParameterValue` for a group that there is not, or that is none of hosts.
fn settings(ctx: &mut Ctx<'_>, arn: &str) -> Result<Settings> {
    let invalid = |reason: &str| error::invalid_parameter_value_because(arn, "hostResourceGroupArn", reason);
    let input = groups::GetGroupConfigurationInput { group: Some(arn.to_owned()) };
    let items = match ctx.call::<groups::GetGroupConfiguration>(PRINCIPAL, &input) {
        Ok(answer) => answer.group_configuration.and_then(|shown| shown.configuration).unwrap_or_default(),
        Err(error @ Error::Internal(_)) => return Err(error),
        Err(error) => return Err(invalid(error.message())),
    };
    let item = items.into_iter().find(|item| item.r#type == MANAGED);
    let item = item.ok_or_else(|| invalid(&format!("its configuration is not of type {MANAGED}.")))?;
    let parameters = item.parameters.into_iter().flatten();
    let values: BTreeMap<String, Vec<String>> =
        parameters.map(|parameter| (parameter.name, parameter.values.unwrap_or_default())).collect();
    let switch = |name: &str| values.get(name).map(|values| values.iter().any(|value| value == "true"));
    let families = values.get("allowed-host-families").cloned().unwrap_or_default();
    Ok(Settings {
        allocates: switch("auto-allocate-host").unwrap_or(false),
        releases: switch("auto-release-host").unwrap_or(false),
        recovers: switch("auto-host-recovery"),
        families: families.into_iter().map(|family| family.to_ascii_lowercase()).collect(),
    })
}

/// Checks that instances can be launched into a group.
///
/// # Errors
/// `InvalidParameterValue` for a group that there is not, or that is none of hosts.
pub(super) fn check(ctx: &mut Ctx<'_>, arn: &str) -> Result<()> {
    settings(ctx, arn).map(drop)
}

/// The family that a type's hosts are of, checked against what the group allows.
fn family<'a>(
    settings: &Settings,
    arn: &str,
    instance_type: &'a str,
) -> Result<(&'a str, &'static HostKind)> {
    let family = instance_type.split_once('.').map_or("", |(family, _)| family);
    let kind =
        hosts::get(family).filter(|kind| kind.fits(instance_type).is_some()).ok_or_else(unavailable)?;
    if settings.families.is_empty() || settings.families.iter().any(|allowed| allowed == family) {
        return Ok((family, kind));
    }
    let message = format!("Instance type {instance_type} is not allowed in the host resource group '{arn}'.");
    Err(error::invalid_value(message))
}

/// Whether a host is in a group and can take instances.
fn serves(host: &Host, arn: &str) -> bool {
    host.state == State::Available && host.group.as_deref() == Some(arn)
}

/// Chooses hosts of a group, and allocates as many as are missing where the group has them allocated.
///
/// # Errors
/// `InsufficientCapacityOnHost`, `InsufficientHostCapacity` where hosts cannot be allocated, and those about the group.
pub(crate) fn choose(
    ctx: &mut Ctx<'_>,
    (instance_type, zone): (&str, &str),
    arn: &str,
    (least, most): (u32, u32),
) -> Result<Vec<(Slot, u32)>> {
    let settings = settings(ctx, arn)?;
    let (family, kind) = family(&settings, arn, instance_type)?;
    let mut slots = Vec::new();
    let mut missing = most;
    for (_, host) in ctx.scan::<Hosts>(&ctx.scope().prefix()) {
        if !serves(host, arn) || host.zone != zone {
            continue;
        }
        let count = placement::room(host, instance_type)?.unwrap_or(0).min(missing);
        if count > 0 {
            missing -= count;
            slots.push((Slot::Host(host.id.clone()), count));
        }
    }
    if missing == 0 || (!settings.allocates && most - missing >= least) {
        return Ok(slots);
    }
    if !settings.allocates {
        return Err(full());
    }
    let new = template(ctx, (family, kind, instance_type), zone, (arn, &settings));
    let each = placement::room(&new, instance_type)?.unwrap_or(0).max(1);
    let free = free(ctx, &new);
    if most - missing + free.saturating_mul(each) < least {
        let message = "There is not enough capacity to fulfill your Dedicated Host request.";
        return Err(Error::server("InsufficientHostCapacity", message));
    }
    for _ in 0..missing.div_ceil(each).min(free) {
        if !allocate::take(ctx, &new, 1)? {
            break;
        }
        let id = allocate::add(ctx, new.clone())?;
        crate::tag::apply(ctx, None, "dedicated-host", &id)?;
        join(ctx, &id, arn)?;
        let count = each.min(missing);
        missing -= count;
        slots.push((Slot::Host(id), count));
    }
    Ok(slots)
}

/// Servers that are free for hosts like this one.
fn free(ctx: &Ctx<'_>, host: &Host) -> u32 {
    u32::try_from(capacity::pool(ctx, allocate::pool(ctx, host)).free()).unwrap_or(u32::MAX)
}

/// A host as the group has it allocated: of a whole family where the family allows that.
fn template(
    ctx: &Ctx<'_>,
    (family, kind, instance_type): (&str, &HostKind, &str),
    zone: &str,
    (arn, settings): (&str, &Settings),
) -> Host {
    let whole = kind.several_sizes || kind.sizes.len() == 1;
    Host {
        id: String::new(),
        zone: zone.to_owned(),
        family: family.to_owned(),
        takes: if whole { Takes::Family } else { Takes::Type(instance_type.to_owned()) },
        auto_placement: false,
        recovery: settings.recovers.unwrap_or(false),
        maintenance: false,
        state: State::Available,
        allocated: ctx.now(),
        released: None,
        client_token: None,
        seats: BTreeMap::new(),
        replacement: None,
        due: None,
        group: Some(arn.to_owned()),
        consumers: BTreeSet::new(),
    }
}

/// Puts a host that EC2 has allocated into its group.
///
/// # Errors
/// Those of `GroupResources`.
pub(super) fn join(ctx: &mut Ctx<'_>, id: &str, arn: &str) -> Result<()> {
    let host = ctx.arn("ec2", &format!("dedicated-host/{id}"));
    let input = groups::GroupResourcesInput { group: arn.to_owned(), resource_arns: vec![host] };
    ctx.call::<groups::GroupResources>(PRINCIPAL, &input).map(drop)
}

/// The zones in which instances can be launched into a group: those whose hosts have most room, then those where hosts
/// could be allocated.
///
/// # Errors
/// As of [`choose`], where there is none.
pub(crate) fn zones(ctx: &mut Ctx<'_>, instance_type: &str, arn: &str, least: u32) -> Result<Vec<String>> {
    let settings = settings(ctx, arn)?;
    let kind = family(&settings, arn, instance_type)?;
    let mut rooms: BTreeMap<String, u32> = BTreeMap::new();
    for (_, host) in ctx.scan::<Hosts>(&ctx.scope().prefix()) {
        if serves(host, arn) {
            *rooms.entry(host.zone.clone()).or_default() +=
                placement::room(host, instance_type)?.unwrap_or(0);
        }
    }
    let mut found: Vec<(String, u32)> = rooms.into_iter().filter(|(_, room)| *room >= least).collect();
    found.sort_by_key(|(_, room)| std::cmp::Reverse(*room));
    let mut zones: Vec<String> = found.into_iter().map(|(zone, _)| zone).collect();
    if settings.allocates {
        for zone in ctx.region().facts().availability_zones() {
            let host = template(ctx, (kind.0, kind.1, instance_type), zone.name, (arn, &settings));
            if offerings::offered(instance_type, zone.name)
                && free(ctx, &host) > 0
                && !zones.iter().any(|known| known == zone.name)
            {
                zones.push(zone.name.to_owned());
            }
        }
    }
    if zones.is_empty() { Err(full()) } else { Ok(zones) }
}

/// The timer handler: hosts that have come into the group know it, those that have left forget it.
///
/// # Errors
/// When the world is broken.
pub(super) fn wake(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let arn = ctx.arn("resource-groups", &format!("group/{name}"));
    let own = ctx.arn("ec2", "dedicated-host/");
    let (recovers, members) = match settings(ctx, &arn) {
        Ok(settings) => (settings.recovers, resource_group::members(ctx, &arn)?),
        Err(error @ Error::Internal(_)) => return Err(error),
        // It is gone, or of another kind.
        Err(_) => (None, Vec::new()),
    };
    let inside =
        |host: &Host| members.iter().any(|member| member.strip_prefix(&own) == Some(host.id.as_str()));
    let changed: Vec<(String, bool)> = ctx
        .scan::<Hosts>(&ctx.scope().prefix())
        .filter(|(_, host)| inside(host) || host.group.as_deref() == Some(arn.as_str()))
        .map(|(_, host)| (host.id.clone(), inside(host)))
        .collect();
    for (id, inside) in changed {
        ctx.update::<Hosts, _>(&ctx.scope().key(&id), |host| {
            host.group = inside.then(|| arn.clone());
            if inside && let Some(recovers) = recovers {
                host.recovery = recovers;
            }
        })?;
    }
    Ok(())
}

/// An instance has left a host: one of a group that is empty now may be released.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn on_leave(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let now = ctx.now();
    match ctx.peek::<Hosts>(&ctx.scope().key(id)) {
        Some(host) if host.group.is_some() && host.seats.is_empty() => {
            ctx.wake_at(now, RELEASE, id).map(drop)
        }
        _ => Ok(()),
    }
}

/// The timer handler: releases a host of a group that has hosts released, or looks again when a Mac may be.
///
/// # Errors
/// When the world is broken.
pub(super) fn release(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(host) = ctx.get::<Hosts>(&ctx.scope().key(id)) else { return Ok(()) };
    let Some(arn) = host.group.as_deref().filter(|_| host.seats.is_empty()) else { return Ok(()) };
    match settings(ctx, arn) {
        Ok(settings) if settings.releases => {}
        Err(error @ Error::Internal(_)) => return Err(error),
        _ => return Ok(()),
    }
    let hours = if host.kind()?.is_mac() { hosts::mac_rules().min_allocation_hours } else { 0 };
    let earliest = host.allocated.nanos().saturating_add(i64::from(hours) * 3_600_000_000_000);
    let due =
        host.due.filter(|_| host.state == State::Pending).map_or(earliest, |due| due.nanos().max(earliest));
    if due > ctx.now().nanos() {
        return ctx.wake_at(Timestamp::from_nanos(due), RELEASE, id).map(drop);
    }
    let input = ec2::ReleaseHostsRequest { host_ids: vec![id.to_owned()] };
    ctx.call::<ec2::ReleaseHosts>(PRINCIPAL, &input).map(drop)
}
