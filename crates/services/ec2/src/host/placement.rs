//! Which host an instance goes on.
//!
//! A socket holds as many instances of a size as the figures of its family say, divided by the sockets, and sizes share
//! its cores; those that are larger than a socket take several whole ones. Instances keep the socket they were put on.

use ironbird_rig::catalogue::hosts::HostKind;
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::{Ctx, Error, Result};

use super::{Host, Hosts, Seat, State, Takes, group, lifecycle};
use crate::instance::record::{Place, Slot};
use crate::loan;

/// Shares of a socket closer than this are the same.
const HAIR: f64 = 1e-9;

/// What an instance of a size takes of a host.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Share {
    /// So much of one socket.
    OfSocket(f64),
    /// So many whole sockets.
    Sockets(u32),
}

fn share(kind: &HostKind, instance_type: &str) -> Share {
    let count = kind.fits(instance_type).unwrap_or(0);
    if count == 0 {
        return Share::Sockets(kind.sockets + 1);
    }
    if count < kind.sockets {
        return Share::Sockets(kind.sockets.div_ceil(count));
    }
    let by_count = f64::from(kind.sockets) / f64::from(count);
    // Cores that a size leaves over are another's: two instances of 16 cores do not fit on a socket of 24, but one of 16
    // and one of 8 do.
    let cores = instance_types::get(instance_type).map_or(u32::MAX, |entry| entry.vcpu.default_cores);
    let by_cores = f64::from(cores) * f64::from(kind.sockets) / f64::from(kind.cores);
    Share::OfSocket(by_count.min(by_cores))
}

/// How full each socket is.
fn fill(host: &Host, kind: &HostKind) -> Vec<f64> {
    let mut sockets = vec![0.0; usize::try_from(kind.sockets).unwrap_or(0)];
    for seat in host.seats.values() {
        let part = match share(kind, &seat.instance_type) {
            Share::OfSocket(part) => part,
            Share::Sockets(_) => 1.0,
        };
        for socket in &seat.sockets {
            if let Some(full) = usize::try_from(*socket).ok().and_then(|socket| sockets.get_mut(socket)) {
                *full += part;
            }
        }
    }
    sockets
}

/// How many instances of a type fit beside those that are there; none of a type that the host does not take.
///
/// # Errors
/// When the world is broken.
pub(super) fn room(host: &Host, instance_type: &str) -> Result<Option<u32>> {
    let kind = host.kind()?;
    if matches!(&host.takes, Takes::Type(only) if only != instance_type) {
        return Ok(None);
    }
    if kind.fits(instance_type).is_none() {
        return Ok(None);
    }
    let sockets = fill(host, kind);
    Ok(Some(match share(kind, instance_type) {
        Share::OfSocket(part) => {
            sockets.iter().map(|full| ((1.0 - full) / part + HAIR).max(0.0) as u32).sum()
        }
        Share::Sockets(needed) => {
            let free = sockets.iter().filter(|full| **full < HAIR).count();
            u32::try_from(free).unwrap_or(0) / needed.max(1)
        }
    }))
}

fn seat(host: &Host, instance_type: &str) -> Result<Option<Seat>> {
    let kind = host.kind()?;
    if kind.fits(instance_type).is_none() {
        return Ok(None);
    }
    let sockets = fill(host, kind);
    let numbered =
        || sockets.iter().enumerate().filter_map(|(number, full)| Some((u32::try_from(number).ok()?, *full)));
    let chosen: Vec<u32> = match share(kind, instance_type) {
        Share::OfSocket(part) => numbered()
            .find(|(_, full)| full + part <= 1.0 + HAIR)
            .map(|(number, _)| number)
            .into_iter()
            .collect(),
        Share::Sockets(needed) => {
            let free: Vec<u32> =
                numbered().filter(|(_, full)| *full < HAIR).map(|(number, _)| number).collect();
            let needed = usize::try_from(needed).unwrap_or(usize::MAX);
            if free.len() < needed { Vec::new() } else { free[..needed].to_vec() }
        }
    };
    Ok((!chosen.is_empty()).then(|| Seat {
        instance_type: instance_type.to_owned(),
        sockets: chosen,
        account: None,
    }))
}

/// Chooses hosts for as many instances of a type in a zone as there is room for, `most` at most: the one that is
/// named, else those with auto-placement. Nothing is taken yet; see [`enter`].
///
/// # Errors
/// About the host that is named, `UnavailableHostRequirements` where no host would do, `InsufficientCapacityOnHost`
/// where there is room for fewer than `least`.
pub(crate) fn choose(
    ctx: &Ctx<'_>,
    (instance_type, zone): (&str, &str),
    place: &Place,
    (least, most): (u32, u32),
) -> Result<Vec<(Slot, u32)>> {
    let hosts: Vec<&Host> = match &place.host_id {
        Some(id) => vec![named(ctx, (id, place.host_group.as_deref()), instance_type, zone)?],
        None => all(ctx).filter(|host| takes_any(host) && host.zone == zone).collect(),
    };
    let mut slots = Vec::new();
    let mut missing = most;
    let mut any = false;
    for host in hosts {
        let Some(room) = room(host, instance_type)? else { continue };
        any = true;
        let count = room.min(missing);
        if count > 0 {
            missing -= count;
            slots.push((Slot::Host(host.id.clone()), count));
        }
    }
    if !any {
        return Err(unavailable());
    }
    if most - missing < least {
        return Err(full());
    }
    Ok(slots)
}

/// The hosts of the account, then those that others share with it: they are used when its own are full.
fn all<'t>(ctx: &'t Ctx<'_>) -> impl Iterator<Item = &'t Host> + use<'t> {
    let own: Vec<&Host> = ctx.scan::<Hosts>(&ctx.scope().prefix()).map(|(_, host)| host).collect();
    own.into_iter().chain(loan::shared::<Hosts>(ctx).map(|(_, host)| host))
}

/// Whether instances that name no host are placed on it: members of groups take those of the group only.
fn takes_any(host: &Host) -> bool {
    host.auto_placement && host.state == State::Available && host.group.is_none()
}

fn named<'t>(
    ctx: &'t Ctx<'_>,
    (id, group): (&str, Option<&str>),
    instance_type: &str,
    zone: &str,
) -> Result<&'t Host> {
    let host = loan::find::<Hosts>(ctx, id)?;
    if host.state != State::Available {
        let message =
            format!("Dedicated host '{id}' is in state {}; it must be available.", host.state.name());
        return Err(Error::client("InvalidHostState", message));
    }
    if host.zone != zone {
        let message = format!(
            "The instance's Availability Zone ({zone}) does not match that of the Dedicated Host '{id}' ({}).",
            host.zone
        );
        return Err(Error::client("ZonesMismatched", message));
    }
    if let Some(group) = host.group.as_deref().filter(|own| Some(*own) != group) {
        let message = format!(
            "Dedicated host '{id}' is in the host resource group '{group}'; launch the instance into the group."
        );
        return Err(Error::client("InvalidParameterCombination", message));
    }
    if room(host, instance_type)?.is_none() {
        let message = format!("Instance type {instance_type} is not supported on the Dedicated Host '{id}'.");
        return Err(Error::client("UnsupportedInstanceTypeOnHost", message));
    }
    Ok(host)
}

pub(super) fn unavailable() -> Error {
    let message = "There are no valid Dedicated Hosts available on which you can launch an instance.";
    Error::client("UnavailableHostRequirements", message)
}

/// `InsufficientCapacityOnHost`
pub(super) fn full() -> Error {
    let message = "There is not enough capacity on the Dedicated Host to launch or start the instance.";
    Error::client("InsufficientCapacityOnHost", message)
}

/// The zone of a host.
///
/// # Errors
/// `InvalidHostID.NotFound` and the like.
pub(crate) fn zone_of(ctx: &Ctx<'_>, id: &str) -> Result<String> {
    Ok(loan::find::<Hosts>(ctx, id)?.zone.clone())
}

/// The zones whose hosts with auto-placement have room for so many, by how much there is.
///
/// # Errors
/// `UnavailableHostRequirements` where no host takes the type, `InsufficientCapacityOnHost` where none has room.
pub(crate) fn zones_with_room(ctx: &Ctx<'_>, instance_type: &str, least: u32) -> Result<Vec<String>> {
    let mut zones: std::collections::BTreeMap<&str, u32> = std::collections::BTreeMap::new();
    for host in all(ctx) {
        if takes_any(host)
            && let Some(room) = room(host, instance_type)?
        {
            *zones.entry(&host.zone).or_default() += room;
        }
    }
    if zones.is_empty() {
        return Err(unavailable());
    }
    let mut found: Vec<(&str, u32)> = zones.into_iter().filter(|(_, room)| *room >= least).collect();
    found.sort_by_key(|(_, room)| std::cmp::Reverse(*room));
    if found.is_empty() {
        return Err(full());
    }
    Ok(found.into_iter().map(|(zone, _)| zone.to_owned()).collect())
}

/// Puts an instance on a host.
///
/// # Errors
/// `InsufficientCapacityOnHost` where it does not fit.
pub(crate) fn enter(ctx: &mut Ctx<'_>, host_id: &str, instance_id: &str, instance_type: &str) -> Result<()> {
    let (account, home) = (ctx.scope().account, loan::home(ctx, host_id));
    let host = loan::find::<Hosts>(ctx, host_id)?;
    let mut seat = seat(host, instance_type)?.ok_or_else(full)?;
    seat.account = (home.account != account).then_some(account);
    ctx.update::<Hosts, _>(&home.key(host_id), |host| host.seats.insert(instance_id.to_owned(), seat))?;
    Ok(())
}

/// Takes an instance off its host. A Mac is scrubbed then.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn leave(ctx: &mut Ctx<'_>, host_id: &str, instance_id: &str) -> Result<()> {
    let (account, home) = (ctx.scope().account, loan::home(ctx, host_id));
    let stays = ctx.update::<Hosts, _>(&home.key(host_id), |host| {
        host.seats.remove(instance_id);
        host.has_instances_of(account)
    })?;
    if stays == Some(false) {
        loan::forget_lapsed(ctx, host_id)?;
    }
    ctx.within(home, |ctx| {
        lifecycle::on_leave(ctx, host_id)?;
        group::on_leave(ctx, host_id)
    })
}
