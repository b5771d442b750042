//! DescribeRegions.

use ironbird_api::ec2;
use ironbird_rig::catalogue::geography::{self, Region};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::error;
use crate::filter::Filters;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<ec2::DescribeRegions>(describe_regions)
}

const FILTERS: &[&str] = &["endpoint", "opt-in-status", "region-name"];

fn describe_regions(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeRegionsRequest,
) -> Result<ec2::DescribeRegionsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let partition = ctx.region().partition();
    let names = input.region_names.as_deref().unwrap_or_default();
    check_names(names, partition)?;
    let mut regions = Vec::new();
    for region in geography::regions() {
        let named = names.iter().any(|name| name == region.code);
        let wanted = if names.is_empty() { shown(region, input.all_regions) } else { named };
        let endpoint = endpoint(region);
        let passes = filters.pass_untagged(|name, test| match name {
            "endpoint" => test(&endpoint),
            "opt-in-status" => test(opt_in_status(region)),
            _ => test(region.code),
        });
        if region.partition.id == partition && wanted && passes {
            regions.push(ec2::Region {
                opt_in_status: Some(opt_in_status(region).to_owned()),
                // The catalogue has codes of countries, not the names that AWS shows here.
                geography: None,
                region_name: Some(region.code.to_owned()),
                endpoint: Some(endpoint),
            });
        }
    }
    Ok(ec2::DescribeRegionsResult { regions: Some(regions) })
}

fn shown(region: &Region, all: Option<bool>) -> bool {
    all == Some(true) || !region.opt_in_required
}

/// An account is what a new one is on AWS: opted into nothing.
fn opt_in_status(region: &Region) -> &'static str {
    if region.opt_in_required { "not-opted-in" } else { "opt-in-not-required" }
}

fn endpoint(region: &Region) -> String {
    format!("ec2.{}.{}", region.code, region.partition.dns_suffix)
}

fn check_names(names: &[String], partition: &str) -> Result<()> {
    let known = |name: &str| geography::region(name).is_some_and(|region| region.partition.id == partition);
    let unknown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !known(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::client("InvalidParameterValue", format!("Invalid region name(s): [{}]", unknown.join(", "))))
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use crate::testing::{call, world};

    #[test]
    fn regions_that_need_opting_in_are_shown_on_request() {
        let world = world();
        let names = |all| {
            let input = ec2::DescribeRegionsRequest { all_regions: all, ..Default::default() };
            let output = call::<ec2::DescribeRegions>(&world, &input).unwrap();
            let regions = output.regions.unwrap();
            regions.into_iter().filter_map(|region| region.region_name).collect::<Vec<_>>()
        };
        let usual = names(None);
        assert_eq!(usual.len(), 17, "{usual:?}");
        assert!(!usual.contains(&"ap-east-1".to_owned()));
        let all = names(Some(true));
        assert!(all.contains(&"ap-east-1".to_owned()) && all.len() > 30);
        assert!(!all.contains(&"cn-north-1".to_owned()), "another partition");
    }

    #[test]
    fn unknown_names_are_an_error() {
        let input = ec2::DescribeRegionsRequest {
            region_names: Some(vec!["us-east-9".to_owned()]),
            ..Default::default()
        };
        let error = call::<ec2::DescribeRegions>(&world(), &input).err().unwrap();
        assert_eq!(error.code(), "InvalidParameterValue");
    }
}
