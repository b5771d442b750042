//! Instance types and where they are offered: DescribeInstanceTypes, DescribeInstanceTypeOfferings.

use ironbird_api::ec2;
use ironbird_rig::catalogue::{InstanceType, Zone, instance_types, offerings};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::error;
use crate::filter::{Filters, Test};
use crate::page::{USUAL, Window};

mod filters;
mod view;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeInstanceTypes>(describe_instance_types)
        .read::<ec2::DescribeInstanceTypeOfferings>(describe_instance_type_offerings)
}

/// Types that one request may name, and the longest page.
const MAX: i32 = 100;

/// The type of that name, if the call's Region offers it.
///
/// # Errors
/// `InvalidParameterValue`, as the operations that launch answer it.
pub fn find(ctx: &Ctx<'_>, name: &str) -> Result<&'static InstanceType> {
    let entry = instance_types::get(name);
    entry
        .filter(|entry| offerings::offered_in_region(entry, ctx.region().code()))
        .ok_or_else(|| error::invalid_value(format!("Invalid value '{name}' for InstanceType.")))
}

/// `InvalidInstanceType` for names that stand for no type here.
pub fn unknown(names: &[&str]) -> Error {
    let names = names.join(", ");
    Error::client(
        "InvalidInstanceType",
        format!("The following supplied instance types do not exist: [{names}]"),
    )
}

fn describe_instance_types(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeInstanceTypesRequest,
) -> Result<ec2::DescribeInstanceTypesResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), filters::NAMES, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 5..=MAX)?;
    let elsewhere = input.include_unsupported_in_region == Some(true);
    let region = ctx.region().code();
    let entries: Vec<&'static InstanceType> = match input.instance_types.as_deref() {
        Some(names) if !names.is_empty() => named(names, region, elsewhere)?,
        _ if elsewhere => instance_types::all().iter().collect(),
        _ => offerings::in_region(region).collect(),
    };
    let passing = entries.into_iter().filter(|entry| {
        let has = |name: &str, test: Test<'_>| filters::has(entry, name, test);
        filters.pass_untagged(has)
    });
    let page = window.list(passing, |entry| entry.name);
    let mut views: Vec<ec2::InstanceTypeInfo> = page.items.into_iter().map(view::info).collect();
    if elsewhere {
        for view in &mut views {
            let entry = view.instance_type.as_deref().and_then(instance_types::get);
            view.supported_in_region = entry.map(|entry| offerings::offered_in_region(entry, region));
        }
    }
    Ok(ec2::DescribeInstanceTypesResult { instance_types: Some(views), next_token: page.next })
}

fn named(names: &[String], region: &str, elsewhere: bool) -> Result<Vec<&'static InstanceType>> {
    if names.len() > MAX as usize {
        let message = format!("The maximum number of instance types that can be specified is {MAX}.");
        return Err(error::invalid_value(message));
    }
    let known = |name: &str| {
        instance_types::get(name).filter(|entry| elsewhere || offerings::offered_in_region(entry, region))
    };
    let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| known(name).is_none()).collect();
    if !missing.is_empty() {
        return Err(unknown(&missing));
    }
    let mut entries: Vec<&'static InstanceType> = names.iter().filter_map(|name| known(name)).collect();
    entries.sort_unstable_by_key(|entry| entry.name);
    entries.dedup_by_key(|entry| entry.name);
    Ok(entries)
}

/// One type at one place.
struct Offering {
    entry: &'static InstanceType,
    location: &'static str,
    /// Unique name in the order of the answer.
    key: String,
}

fn describe_instance_type_offerings(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeInstanceTypeOfferingsRequest,
) -> Result<ec2::DescribeInstanceTypeOfferingsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), &["instance-type", "location"], false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let location_type = input.location_type.as_deref().unwrap_or("region");
    let places = places(ctx, location_type)?;
    let mut offers = Vec::new();
    for (location, zone) in places {
        let types: Box<dyn Iterator<Item = &'static InstanceType>> = match zone {
            Some(zone) => Box::new(offerings::in_zone(zone)),
            None => Box::new(offerings::in_region(location)),
        };
        for entry in types {
            let passes = filters.pass_untagged(|name, test| match name {
                "location" => test(location),
                _ => test(entry.name),
            });
            if passes {
                offers.push(Offering { entry, location, key: format!("{location} {}", entry.name) });
            }
        }
    }
    let page = window.list(offers.into_iter(), |offer| &offer.key);
    let view = |offer: Offering| ec2::InstanceTypeOffering {
        instance_type: Some(offer.entry.name.to_owned()),
        location_type: Some(location_type.to_owned()),
        location: Some(offer.location.to_owned()),
    };
    Ok(ec2::DescribeInstanceTypeOfferingsResult {
        instance_type_offerings: Some(page.items.into_iter().map(view).collect()),
        next_token: page.next,
    })
}

/// The places of a location type in the call's Region, in the order of their names.
fn places(ctx: &Ctx<'_>, location_type: &str) -> Result<Vec<(&'static str, Option<&'static Zone>)>> {
    let facts = ctx.region().facts();
    let zones = facts.availability_zones();
    let mut places: Vec<(&'static str, Option<&'static Zone>)> = match location_type {
        "region" => vec![(facts.code, None)],
        "availability-zone" => zones.map(|zone| (zone.name, Some(zone))).collect(),
        "availability-zone-id" => zones.map(|zone| (zone.id, Some(zone))).collect(),
        "outpost" => Vec::new(),
        other => return Err(error::invalid_parameter_value(other, "locationType")),
    };
    places.sort_unstable_by_key(|(name, _)| *name);
    Ok(places)
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use crate::testing::{call, code, world};

    fn filter(name: &str, value: &str) -> ec2::Filter {
        ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) }
    }

    #[test]
    fn a_type_has_its_figures() {
        let input = ec2::DescribeInstanceTypesRequest {
            instance_types: Some(vec!["p4d.24xlarge".to_owned()]),
            ..Default::default()
        };
        let output = call::<ec2::DescribeInstanceTypes>(&world(), &input).unwrap();
        let info = &output.instance_types.unwrap()[0];
        assert_eq!(info.vcpu_info.as_ref().unwrap().default_vcpus, Some(96));
        let gpu = info.gpu_info.as_ref().unwrap();
        assert_eq!(gpu.total_gpu_memory_in_mib, Some(327_680));
        assert_eq!(gpu.gpus.as_ref().unwrap()[0].memory_info.as_ref().unwrap().size_in_mib, Some(40_960));
        let disks = info.instance_storage_info.as_ref().unwrap().disks.as_ref().unwrap();
        assert_eq!((disks[0].count, disks[0].size_in_gb), (Some(8), Some(1000)));
    }

    #[test]
    fn pages_end() {
        let world = world();
        let mut token = None;
        let (mut pages, mut names) = (0, Vec::new());
        loop {
            let input = ec2::DescribeInstanceTypesRequest {
                filters: Some(vec![filter("instance-type", "m5*")]),
                max_results: Some(20),
                next_token: token,
                ..Default::default()
            };
            let output = call::<ec2::DescribeInstanceTypes>(&world, &input).unwrap();
            names.extend(output.instance_types.unwrap().into_iter().filter_map(|info| info.instance_type));
            pages += 1;
            token = output.next_token;
            if token.is_none() {
                break;
            }
        }
        assert!(pages >= 3 && names.len() > 40 && names.is_sorted(), "{pages} {}", names.len());
        assert!(names.iter().all(|name| name.starts_with("m5")));
    }

    #[test]
    fn filters_look_at_the_figures() {
        let input = ec2::DescribeInstanceTypesRequest {
            filters: Some(vec![
                filter("processor-info.supported-architecture", "arm64"),
                filter("vcpu-info.default-vcpus", "2"),
                filter("memory-info.size-in-mib", "8192"),
                filter("bare-metal", "false"),
            ]),
            ..Default::default()
        };
        let output = call::<ec2::DescribeInstanceTypes>(&world(), &input).unwrap();
        let names: Vec<String> =
            output.instance_types.unwrap().into_iter().filter_map(|info| info.instance_type).collect();
        assert!(
            names.contains(&"m6g.large".to_owned()) && !names.contains(&"m5.large".to_owned()),
            "{names:?}"
        );
    }

    #[test]
    fn unknown_types_are_named() {
        let input = ec2::DescribeInstanceTypesRequest {
            instance_types: Some(vec!["m5.large".to_owned(), "m9.nope".to_owned()]),
            ..Default::default()
        };
        let error = call::<ec2::DescribeInstanceTypes>(&world(), &input).err().unwrap();
        assert_eq!(error.code(), "InvalidInstanceType");
        assert_eq!(error.message(), "The following supplied instance types do not exist: [m9.nope]");
    }

    #[test]
    fn offerings_by_zone() {
        let input = ec2::DescribeInstanceTypeOfferingsRequest {
            location_type: Some("availability-zone-id".to_owned()),
            filters: Some(vec![filter("instance-type", "m7i.large")]),
            ..Default::default()
        };
        let output = call::<ec2::DescribeInstanceTypeOfferings>(&world(), &input).unwrap();
        let zones: Vec<String> =
            output.instance_type_offerings.unwrap().into_iter().filter_map(|offer| offer.location).collect();
        assert!(
            zones.contains(&"use1-az2".to_owned()) && !zones.contains(&"use1-az3".to_owned()),
            "{zones:?}"
        );
        let input = ec2::DescribeInstanceTypeOfferingsRequest {
            location_type: Some("moon".to_owned()),
            ..Default::default()
        };
        assert_eq!(code::<ec2::DescribeInstanceTypeOfferings>(&world(), &input), "InvalidParameterValue");
    }
}
