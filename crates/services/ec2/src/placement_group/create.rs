//! CreatePlacementGroup.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::{Level, PlacementGroup, PlacementGroups, Strategy};
use crate::given::given;
use crate::resource::{self, Resource};
use crate::{error, tag};

/// Groups of an account in a Region, characters of a name, and partitions in a zone (user guide, placement groups).
const MOST_GROUPS: usize = 500;
const MOST_CHARACTERS: usize = 255;
const MOST_PARTITIONS: i32 = 7;
/// Partitions where none are asked for, as Terraform's tests of AWS have it.
const DEFAULT_PARTITIONS: i32 = 2;

pub(super) fn create_placement_group(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreatePlacementGroupRequest,
) -> Result<ec2::CreatePlacementGroupResult> {
    let Some(name) = given(&input.group_name) else { return Err(error::missing_parameter("groupName")) };
    if name.len() > MOST_CHARACTERS || !name.is_ascii() {
        let reason = format!("A name has {MOST_CHARACTERS} ASCII characters at most.");
        return Err(error::invalid_parameter_value_because(name, "groupName", &reason));
    }
    let strategy = strategy(input)?;
    let kind = PlacementGroups::KIND;
    tag::check_types(input.tag_specifications.as_deref(), &[kind.resource_type])?;
    if resource::all::<PlacementGroups>(ctx).any(|group| group.name == *name) {
        let message = format!("The placement group '{name}' already exists.");
        return Err(Error::client("InvalidPlacementGroup.Duplicate", message));
    }
    if resource::all::<PlacementGroups>(ctx).nth(MOST_GROUPS - 1).is_some() {
        let message = format!("You have reached the maximum of {MOST_GROUPS} placement groups.");
        return Err(Error::client("PlacementGroupLimitExceeded", message));
    }
    let group = PlacementGroup { id: ctx.fresh_id(kind.prefix)?, name: name.to_owned(), strategy };
    ctx.put::<PlacementGroups>(ctx.scope().key(&group.id), group.clone())?;
    tag::apply(ctx, input.tag_specifications.as_deref(), kind.resource_type, &group.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreatePlacementGroupResult { placement_group: Some(PlacementGroups::view(ctx, &group)) })
}

/// What is asked for; a group is a cluster unless it says otherwise, as all were once.
fn strategy(input: &ec2::CreatePlacementGroupRequest) -> Result<Strategy> {
    let word = input.strategy.as_deref().unwrap_or("cluster");
    let (count, level) = (input.partition_count, input.spread_level.as_deref());
    if count.is_some() && word != "partition" {
        let message = "PartitionCount can be specified with the strategy partition only";
        return Err(error::invalid_combination(message));
    }
    if level.is_some() && word != "spread" {
        let message = "SpreadLevel can be specified with the strategy spread only";
        return Err(error::invalid_combination(message));
    }
    match word {
        "cluster" => Ok(Strategy::Cluster),
        "partition" => {
            let count = count.unwrap_or(DEFAULT_PARTITIONS);
            if !(1..=MOST_PARTITIONS).contains(&count) {
                let reason = format!("A placement group has 1 to {MOST_PARTITIONS} partitions.");
                let value = count.to_string();
                return Err(error::invalid_parameter_value_because(&value, "partitionCount", &reason));
            }
            Ok(Strategy::Partition(count))
        }
        "spread" => match level.unwrap_or("rack") {
            "rack" => Ok(Strategy::Spread(Level::Rack)),
            "host" => Ok(Strategy::Spread(Level::Host)),
            other => Err(error::invalid_parameter_value(other, "spreadLevel")),
        },
        other => Err(error::invalid_parameter_value(other, "strategy")),
    }
}
