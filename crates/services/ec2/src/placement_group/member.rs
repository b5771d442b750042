//! Instances in placement groups: where the next one may be, and in which partition.
//!
//! The rig has zones and pools, but neither racks nor hosts in them: what AWS would refuse for want of unlike hardware is not
//! refused here. What counts is what holds capacity: an instance leaves its group's count when it has stopped, and comes
//! back when it starts.

use ironbird_rig::catalogue::InstanceType;
use ironbird_rig::{Ctx, Error, Result, Table};
use serde::{Deserialize, Serialize};

use super::{Level, PlacementGroup, PlacementGroups, Strategy, by_id, by_name};
use crate::error;
use crate::given::given;
use crate::instance::record::{Behavior, Market, Place, Tenancy};

/// Running instances of a rack-level spread group in one zone (user guide, placement groups).
const MOST_SPREAD: u32 = 7;
/// Partitions of a group that Dedicated Instances run in (same).
const MOST_DEDICATED: i32 = 2;

/// The instances of groups that hold capacity: (scope, group, instance).
pub(crate) struct Members;

impl Table for Members {
    const NAME: &'static str = "ec2.placement-group-members";
    type Record = Member;
}

/// Where an instance of a group is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    zone: String,
    partition: Option<i32>,
}

/// What a request says of a placement group, put into `place`, which has the tenancy already. An empty name is none.
///
/// # Errors
/// `InvalidParameterCombination` for a group by name and by id, for a tenancy that the group does not take, and for a
/// partition of a group that has none; `InvalidPlacementGroup.Unknown`, `InvalidParameterValue`.
pub(crate) fn read(
    ctx: &Ctx<'_>,
    place: &mut Place,
    (name, id): (Option<&str>, Option<&str>),
    partition: Option<i32>,
) -> Result<()> {
    (place.group, place.group_id, place.partition) = (None, None, None);
    let group = match (given(&name), given(&id)) {
        (Some(_), Some(_)) => return Err(error::exclusive("GroupName", "GroupId")),
        (Some(name), None) => by_name(ctx, name)?,
        (None, Some(id)) => by_id(ctx, id)?,
        (None, None) if partition.is_some() => {
            let message = "PartitionNumber can be specified with a placement group only";
            return Err(error::invalid_combination(message));
        }
        (None, None) => return Ok(()),
    };
    let refused = match (group.strategy, place.tenancy) {
        (_, Tenancy::Host) => Some("instances on Dedicated Hosts cannot be in placement groups"),
        (Strategy::Spread(_), Tenancy::Dedicated) => {
            Some("Dedicated Instances cannot be in spread placement groups")
        }
        (Strategy::Partition(count), Tenancy::Dedicated) if count > MOST_DEDICATED => {
            Some("a placement group of Dedicated Instances has two partitions at most")
        }
        _ => None,
    };
    if let Some(message) = refused {
        return Err(error::invalid_combination(message));
    }
    match (group.strategy, partition) {
        (_, None) => {}
        (Strategy::Partition(count), Some(number)) if (1..=count).contains(&number) => {}
        (Strategy::Partition(_), Some(number)) => {
            return Err(error::invalid_parameter_value(&number.to_string(), "PartitionNumber"));
        }
        _ => {
            let message = "PartitionNumber can be specified with the strategy partition only";
            return Err(error::invalid_combination(message));
        }
    }
    place.group = Some(group.name.clone());
    place.group_id = Some(group.id.clone());
    place.partition = partition;
    Ok(())
}

/// Checks that a type can be in the group that instances are to be in.
///
/// # Errors
/// `InvalidParameterCombination`, in AWS's words.
pub(crate) fn check_type(ctx: &Ctx<'_>, place: &Place, entry: &InstanceType) -> Result<()> {
    let Some(group) = group_of(ctx, place) else { return Ok(()) };
    // What is not known of a type does not speak against it.
    if entry.placement_strategies.is_none_or(|known| known.contains(group.strategy.name())) {
        return Ok(());
    }
    let message = format!("Placement groups may not be used with instances of type '{}'.", entry.name);
    Err(error::invalid_combination(message))
}

/// How many more instances of the group a zone takes.
pub(crate) fn room(ctx: &Ctx<'_>, place: &Place, zone: &str) -> u32 {
    let Some(group) = group_of(ctx, place) else { return u32::MAX };
    match group.strategy {
        Strategy::Cluster if cluster_zone(ctx, group).is_some_and(|own| own != zone) => 0,
        Strategy::Cluster | Strategy::Partition(_) => u32::MAX,
        Strategy::Spread(Level::Host) => 0,
        Strategy::Spread(Level::Rack) => {
            let there = members(ctx, group).filter(|member| member.zone == zone).count();
            MOST_SPREAD.saturating_sub(u32::try_from(there).unwrap_or(u32::MAX))
        }
    }
}

/// The least and the most instances that may go to a zone, of those that are asked for.
///
/// # Errors
/// Those of [`check_type`] and [`full`]; `InvalidParameterCombination` for a Spot Instance that is stopped when it is taken
/// back.
pub(crate) fn admit(
    ctx: &Ctx<'_>,
    (place, market): (&Place, &Market),
    entry: &InstanceType,
    zone: &str,
    (least, most): (u32, u32),
) -> Result<(u32, u32)> {
    if place.group_id.is_none() {
        return Ok((least, most));
    }
    if let Market::Spot(terms) = market
        && terms.behavior != Behavior::Terminate
    {
        let message = "Spot Instances in placement groups can be terminated when they are interrupted, and nothing else";
        return Err(error::invalid_combination(message));
    }
    check_type(ctx, place, entry)?;
    let room = room(ctx, place, zone);
    if room < least {
        return Err(full(ctx, place));
    }
    Ok((least, most.min(room)))
}

/// Why a group takes no more instances in a zone. AWS's code for the eighth of a spread group is not documented: the guide says
/// that it fails as for want of hardware.
pub(crate) fn full(ctx: &Ctx<'_>, place: &Place) -> Error {
    let Some(group) = group_of(ctx, place) else { return super::unknown("") };
    let name = &group.name;
    match group.strategy {
        Strategy::Spread(Level::Host) => {
            let message = format!(
                "The placement group '{name}' spreads instances over hosts, which is available on AWS Outposts only"
            );
            error::unsupported_operation(message)
        }
        Strategy::Spread(Level::Rack) => {
            let message = format!(
                "The placement group '{name}' has the maximum of {MOST_SPREAD} running instances in the Availability Zone"
            );
            Error::server("InsufficientInstanceCapacity", message)
        }
        Strategy::Cluster | Strategy::Partition(_) => {
            let zone = cluster_zone(ctx, group).unwrap_or_default();
            let message =
                format!("The placement group '{name}' is in use in another availability zone: {zone}");
            Error::client("InvalidPlacementGroup.InUse", message)
        }
    }
}

/// The same where the group is what stands against every zone, else the other error: of a cluster that has instances, every zone
/// but its own is ruled out anyway.
pub(crate) fn full_or(ctx: &Ctx<'_>, place: &Place, other: Error) -> Error {
    match group_of(ctx, place).map(|group| group.strategy) {
        Some(Strategy::Spread(_)) => full(ctx, place),
        _ => other,
    }
}

/// The error of a launch that met no capacity, in AWS's words for a cluster that has instances already: more of its zone's
/// racks cannot be had, but all of them together may fit elsewhere.
pub(crate) fn explain(ctx: &Ctx<'_>, (place, market): (&Place, &Market), error: Error) -> Error {
    let Some(group) = group_of(ctx, place).filter(|group| group.strategy == Strategy::Cluster) else {
        return error;
    };
    let is_dry = error.code() == "InsufficientInstanceCapacity";
    if !is_dry || market.is_spot() || cluster_zone(ctx, group).is_none() {
        return error;
    }
    let name = &group.name;
    let message = format!(
        "We currently do not have sufficient capacity to launch all of the additional requested instances into Placement \
         Group '{name}'. You may be able to satisfy your full cluster requirement by first terminating all of the existing \
         instances in Placement Group '{name}' then launching the full cluster of required instances into Placement Group \
         '{name}' in a single launch request."
    );
    Error::server("InsufficientInstanceCapacity", message)
}

/// Gives each instance of a launch its partition: the one with fewest instances in its zone, where none was asked for.
pub(crate) struct Partitions {
    counts: Vec<u32>,
}

impl Partitions {
    /// Begins with what the zone has.
    pub(crate) fn of(ctx: &Ctx<'_>, place: &Place, zone: &str) -> Self {
        let group = group_of(ctx, place).filter(|_| place.partition.is_none());
        let Some((group, Strategy::Partition(count))) = group.map(|group| (group, group.strategy)) else {
            return Self { counts: Vec::new() };
        };
        let mut counts = vec![0; usize::try_from(count).unwrap_or(0)];
        for member in members(ctx, group).filter(|member| member.zone == zone) {
            let index = member.partition.and_then(|number| usize::try_from(number - 1).ok());
            if let Some(count) = index.and_then(|index| counts.get_mut(index)) {
                *count += 1;
            }
        }
        Self { counts }
    }

    /// The next instance's; none where it is not for us to choose.
    pub(crate) fn next(&mut self) -> Option<i32> {
        let (index, count) = self.counts.iter_mut().enumerate().min_by_key(|(_, count)| **count)?;
        *count += 1;
        i32::try_from(index + 1).ok()
    }
}

/// An instance holds capacity from now on.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn enter(ctx: &mut Ctx<'_>, place: &Place, id: &str, zone: &str) -> Result<()> {
    let Some(group) = &place.group_id else { return Ok(()) };
    let key = ctx.scope().key(group).text(id);
    ctx.put::<Members>(key, Member { zone: zone.to_owned(), partition: place.partition })
}

/// An instance has come to rest.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn leave(ctx: &mut Ctx<'_>, place: &Place, id: &str) -> Result<()> {
    let Some(group) = &place.group_id else { return Ok(()) };
    let key = ctx.scope().key(group).text(id);
    ctx.delete::<Members>(&key).map(drop)
}

fn group_of<'t>(ctx: &'t Ctx<'_>, place: &Place) -> Option<&'t PlacementGroup> {
    ctx.peek::<PlacementGroups>(&ctx.scope().key(place.group_id.as_ref()?))
}

fn members<'t, 'w>(
    ctx: &'t Ctx<'w>,
    group: &PlacementGroup,
) -> impl Iterator<Item = &'t Member> + use<'t, 'w> {
    ctx.scan::<Members>(&ctx.scope().key(&group.id)).map(|(_, member)| member)
}

/// The zone that a cluster's instances are in, while it has any.
fn cluster_zone<'t>(ctx: &'t Ctx<'_>, group: &PlacementGroup) -> Option<&'t str> {
    members(ctx, group).next().map(|member| member.zone.as_str())
}
