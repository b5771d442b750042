//! Placement groups: how instances lie to one another. What a launch into one is bound by is in [`member`].

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::{Filters, Test};
use crate::instance::launch_of;
use crate::instance::record::{Instances, State};
use crate::resource::{self, Kind, Resource};
use crate::{error, kinds, tag};

mod create;
pub(crate) mod member;
#[cfg(test)]
mod tests;

/// All placement groups.
pub(crate) struct PlacementGroups;

impl Table for PlacementGroups {
    const NAME: &'static str = "ec2.placement-groups";
    type Record = PlacementGroup;
}

/// A placement group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlacementGroup {
    /// `pg-…`
    pub(crate) id: String,
    /// Name, unique in the account and Region.
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
}

/// How the instances of a group lie to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Strategy {
    /// Close together, in one zone.
    Cluster,
    /// In so many partitions in each zone, which share no racks.
    Partition(i32),
    /// Each on a rack of its own, or on a host of its own: the latter on Outposts only.
    Spread(Level),
}

impl Strategy {
    /// `cluster`, `partition` or `spread`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Partition(_) => "partition",
            Self::Spread(_) => "spread",
        }
    }
}

/// What instances of a spread group do not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Host,
    Rack,
}

impl Level {
    /// `host` or `rack`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Rack => "rack",
        }
    }
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<PlacementGroups>()
        .table::<member::Members>()
        .write::<ec2::CreatePlacementGroup>(create::create_placement_group)
        .refuses::<ec2::CreatePlacementGroup>(&[
            ("LinkedGroupId", "it is reserved"),
            ("Operator", "resources managed by a service provider are not modeled"),
        ])
        .read::<ec2::DescribePlacementGroups>(describe_placement_groups)
        .write::<ec2::DeletePlacementGroup>(delete_placement_group)
}

impl Resource for PlacementGroups {
    const KIND: Kind = kinds::PLACEMENT_GROUP;
    const FILTERS: &'static [&'static str] =
        &["group-arn", "group-name", "spread-level", "state", "strategy"];
    type View = ec2::PlacementGroup;

    fn id(group: &PlacementGroup) -> &str {
        &group.id
    }

    fn has(ctx: &Ctx<'_>, group: &PlacementGroup, name: &str, test: Test<'_>) -> bool {
        match (name, group.strategy) {
            ("group-arn", _) => test(&arn(ctx, group)),
            ("group-name", _) => test(&group.name),
            ("spread-level", Strategy::Spread(level)) => test(level.name()),
            ("state", _) => test(AVAILABLE),
            ("strategy", strategy) => test(strategy.name()),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, group: &PlacementGroup) -> ec2::PlacementGroup {
        let (partition_count, level) = match group.strategy {
            Strategy::Cluster => (None, None),
            Strategy::Partition(count) => (Some(count), None),
            Strategy::Spread(level) => (None, Some(level)),
        };
        ec2::PlacementGroup {
            group_name: Some(group.name.clone()),
            state: Some(AVAILABLE.to_owned()),
            strategy: Some(group.strategy.name().to_owned()),
            partition_count,
            group_id: Some(group.id.clone()),
            tags: tag::of(ctx, &group.id),
            group_arn: Some(arn(ctx, group)),
            spread_level: level.map(|level| level.name().to_owned()),
            ..Default::default()
        }
    }
}

/// A group is there as soon as it is made, and gone as soon as it is deleted.
const AVAILABLE: &str = "available";

fn arn(ctx: &Ctx<'_>, group: &PlacementGroup) -> String {
    ctx.arn("ec2", &format!("placement-group/{}", group.name))
}

/// The group of that name.
///
/// # Errors
/// `InvalidPlacementGroup.Unknown`
pub(crate) fn by_name<'t>(ctx: &'t Ctx<'_>, name: &str) -> Result<&'t PlacementGroup> {
    resource::all::<PlacementGroups>(ctx).find(|group| group.name == name).ok_or_else(|| unknown(name))
}

/// The group of that id.
///
/// # Errors
/// `InvalidPlacementGroup.Unknown`, `InvalidPlacementGroupId.Malformed`
fn by_id<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t PlacementGroup> {
    if let Some(group) = ctx.peek::<PlacementGroups>(&ctx.scope().key(id)) {
        return Ok(group);
    }
    PlacementGroups::KIND.check(id)?;
    Err(unknown(id))
}

/// The error for a placement group that is not there.
fn unknown(name: &str) -> Error {
    Error::client("InvalidPlacementGroup.Unknown", format!("The Placement Group '{name}' is unknown."))
}

fn describe_placement_groups(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribePlacementGroupsRequest,
) -> Result<ec2::DescribePlacementGroupsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), PlacementGroups::FILTERS, true)?;
    let ctx: &Ctx<'_> = ctx;
    let (ids, names) = (input.group_ids.iter().flatten(), input.group_names.iter().flatten());
    let named = ids.map(|id| by_id(ctx, id)).chain(names.map(|name| by_name(ctx, name)));
    let mut found = named.collect::<Result<Vec<&PlacementGroup>>>()?;
    if found.is_empty() {
        found = resource::all::<PlacementGroups>(ctx).collect();
    }
    found.retain(|group| {
        filters.pass(ctx, &group.id, |name, test| PlacementGroups::has(ctx, group, name, test))
    });
    let shown = found.into_iter().map(|group| PlacementGroups::view(ctx, group)).collect();
    Ok(ec2::DescribePlacementGroupsResult { placement_groups: Some(shown) })
}

/// All instances of a group must be terminated before (API reference).
fn delete_placement_group(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeletePlacementGroupRequest,
) -> Result<ironbird_api::Empty> {
    let group = by_name(ctx, &input.group_name)?.clone();
    for instance in resource::all::<Instances>(ctx).filter(|instance| instance.state != State::Terminated) {
        if instance.place(&*launch_of(ctx, instance)?).group.as_ref() == Some(&group.name) {
            let message = format!("The placement group '{}' is in use and may not be deleted.", group.name);
            return Err(Error::client("InvalidPlacementGroup.InUse", message));
        }
    }
    ctx.delete::<PlacementGroups>(&ctx.scope().key(&group.id))?;
    tag::remove_all(ctx, &group.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ironbird_api::Empty::default())
}
