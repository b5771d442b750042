//! Placement groups. There is no operation here to make one, so there are none.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::error;
use crate::filter::Filters;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<ec2::DescribePlacementGroups>(describe_placement_groups)
}

const FILTERS: &[&str] = &["group-arn", "group-name", "spread-level", "state", "strategy"];

fn describe_placement_groups(
    _ctx: &mut Ctx<'_>,
    input: &ec2::DescribePlacementGroupsRequest,
) -> Result<ec2::DescribePlacementGroupsResult> {
    error::dry_run(input.dry_run)?;
    Filters::read(input.filters.as_deref(), FILTERS, true)?;
    let named = input.group_names.iter().flatten().chain(input.group_ids.iter().flatten()).next();
    match named {
        Some(name) => Err(unknown(name)),
        None => Ok(ec2::DescribePlacementGroupsResult { placement_groups: Some(Vec::new()) }),
    }
}

/// The error for a placement group that is not there, which is any.
pub fn unknown(name: &str) -> Error {
    Error::client("InvalidPlacementGroup.Unknown", format!("The Placement Group '{name}' is unknown."))
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use crate::testing::{call, code, world};

    #[test]
    fn there_are_none() {
        let world = world();
        let all = call::<ec2::DescribePlacementGroups>(&world, &Default::default()).unwrap();
        assert!(all.placement_groups.unwrap().is_empty());
        let input = ec2::DescribePlacementGroupsRequest {
            group_names: Some(vec!["mine".to_owned()]),
            ..Default::default()
        };
        assert_eq!(code::<ec2::DescribePlacementGroups>(&world, &input), "InvalidPlacementGroup.Unknown");
    }
}
