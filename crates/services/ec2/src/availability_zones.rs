//! DescribeAvailabilityZones, and the zones that a request may name.

use ironbird_api::ec2;
use ironbird_rig::catalogue::geography::{Zone, ZoneKind};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::error;
use crate::filter::Filters;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<ec2::DescribeAvailabilityZones>(describe_availability_zones)
}

const FILTERS: &[&str] = &[
    "group-long-name",
    "group-name",
    "message",
    "opt-in-status",
    "parent-zone-id",
    "parent-zone-name",
    "region-name",
    "state",
    "zone-id",
    "zone-name",
    "zone-type",
];

/// The Availability Zone of the call's Region with this name or id.
///
/// # Errors
/// `InvalidParameterValue` for a name, `InvalidZone.NotFound` for an id that the Region has not.
pub fn find(ctx: &Ctx<'_>, name: Option<&str>, id: Option<&str>) -> Result<&'static Zone> {
    let facts = ctx.region().facts();
    let mut zones = facts.availability_zones();
    match (name, id) {
        (Some(_), Some(_)) => Err(error::exclusive("availabilityZone", "availabilityZoneId")),
        (Some(name), None) => zones.find(|zone| zone.name == name).ok_or_else(|| unknown(ctx, name)),
        (None, Some(id)) => zones.find(|zone| zone.id == id).ok_or_else(|| {
            Error::client("InvalidZone.NotFound", format!("The availability zone ID '{id}' does not exist"))
        }),
        (None, None) => Err(error::missing_parameter("availabilityZone")),
    }
}

fn unknown(ctx: &Ctx<'_>, name: &str) -> Error {
    let names: Vec<&str> = ctx.region().facts().availability_zones().map(|zone| zone.name).collect();
    let message = format!(
        "Value ({name}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: {}.",
        names.join(", ")
    );
    error::invalid_value(message)
}

fn describe_availability_zones(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeAvailabilityZonesRequest,
) -> Result<ec2::DescribeAvailabilityZonesResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let facts = ctx.region().facts();
    let names = input.zone_names.as_deref().unwrap_or_default();
    let ids = input.zone_ids.as_deref().unwrap_or_default();
    check_known(names, "zone", facts.zones, |zone| zone.name)?;
    check_known(ids, "zone ID", facts.zones, |zone| zone.id)?;
    let named = !names.is_empty() || !ids.is_empty();
    let wanted = |zone: &Zone| match named {
        true => names.iter().any(|name| name == zone.name) || ids.iter().any(|id| id == zone.id),
        false => input.all_availability_zones == Some(true) || zone.kind == ZoneKind::Availability,
    };
    let mut zones = Vec::new();
    for zone in facts.zones.iter().filter(|zone| wanted(zone)) {
        let long_name = group_long_name(facts.long_name, zone);
        let passes = filters.pass_untagged(|name, test| match name {
            "group-long-name" => long_name.as_deref().is_some_and(test),
            "group-name" => test(zone.group),
            "opt-in-status" => test(opt_in_status(zone)),
            "region-name" => test(zone.region),
            "state" => test("available"),
            "zone-id" => test(zone.id),
            "zone-name" => test(zone.name),
            "zone-type" => test(zone.kind.as_str()),
            // No zone has a message, and which zone is the parent of a Local Zone is not known.
            _ => false,
        });
        if passes {
            zones.push(view(zone, long_name));
        }
    }
    Ok(ec2::DescribeAvailabilityZonesResult { availability_zones: Some(zones) })
}

fn opt_in_status(zone: &Zone) -> &'static str {
    match zone.kind {
        ZoneKind::Availability => "opt-in-not-required",
        ZoneKind::Local | ZoneKind::Wavelength => "not-opted-in",
    }
}

/// `US East (N. Virginia) 1`; the names of other groups are not in the catalogue.
fn group_long_name(region: &str, zone: &Zone) -> Option<String> {
    (zone.kind == ZoneKind::Availability).then(|| format!("{region} 1"))
}

fn view(zone: &Zone, group_long_name: Option<String>) -> ec2::AvailabilityZone {
    ec2::AvailabilityZone {
        opt_in_status: Some(opt_in_status(zone).to_owned()),
        messages: Some(Vec::new()),
        region_name: Some(zone.region.to_owned()),
        zone_name: Some(zone.name.to_owned()),
        zone_id: Some(zone.id.to_owned()),
        group_name: Some(zone.group.to_owned()),
        network_border_group: Some(zone.network_border_group.to_owned()),
        zone_type: Some(zone.kind.as_str().to_owned()),
        group_long_name,
        state: Some("available".to_owned()),
        ..Default::default()
    }
}

fn check_known(given: &[String], what: &str, zones: &[Zone], name: fn(&Zone) -> &str) -> Result<()> {
    let unknown = |given: &&str| !zones.iter().any(|zone| name(zone) == *given);
    let unknown: Vec<&str> = given.iter().map(String::as_str).filter(unknown).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(error::invalid_value(format!("Invalid availability {what}: [{}]", unknown.join(", "))))
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use crate::testing::{call, code, world};

    #[test]
    fn zones_of_the_region() {
        let input = ec2::DescribeAvailabilityZonesRequest::default();
        let zones =
            call::<ec2::DescribeAvailabilityZones>(&world(), &input).unwrap().availability_zones.unwrap();
        assert_eq!(zones.len(), 6);
        assert_eq!(zones[0].zone_name.as_deref(), Some("us-east-1a"));
        assert_eq!(zones[0].group_long_name.as_deref(), Some("US East (N. Virginia) 1"));
        let input = ec2::DescribeAvailabilityZonesRequest {
            all_availability_zones: Some(true),
            filters: Some(vec![ec2::Filter {
                name: Some("zone-type".to_owned()),
                values: Some(vec!["local-zone".to_owned()]),
            }]),
            ..Default::default()
        };
        let local =
            call::<ec2::DescribeAvailabilityZones>(&world(), &input).unwrap().availability_zones.unwrap();
        assert!(local.iter().any(|zone| zone.zone_name.as_deref() == Some("us-east-1-bos-1a")));
        assert!(local.iter().all(|zone| zone.opt_in_status.as_deref() == Some("not-opted-in")));
    }

    #[test]
    fn unknown_zones_are_an_error() {
        let input = ec2::DescribeAvailabilityZonesRequest {
            zone_names: Some(vec!["us-east-1x".to_owned()]),
            ..Default::default()
        };
        assert_eq!(code::<ec2::DescribeAvailabilityZones>(&world(), &input), "InvalidParameterValue");
    }
}
