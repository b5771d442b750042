//! CreateCapacityReservation.

use ironbird_api::ec2;
use ironbird_rig::catalogue::offerings;
use ironbird_rig::{Ctx, Error, Result, Timestamp};

use super::record::{self, NewReservation, Reservations};
use crate::instance::blueprint::instance_type;
use crate::instance::record::Tenancy;
use crate::instance::slot;
use crate::instance::token::Claim;
use crate::resource::{self, Resource};
use crate::{error, tag};

/// What instances of a reservation may run on. Source: `InstancePlatform` in the EC2 API reference.
pub(super) const PLATFORMS: &[&str] = &[
    "Linux with SQL Server Enterprise",
    "Linux with SQL Server Standard",
    "Linux with SQL Server Web",
    "Linux/UNIX",
    "RHEL with HA",
    "RHEL with HA and SQL Server Enterprise",
    "RHEL with HA and SQL Server Standard",
    "RHEL with SQL Server Enterprise",
    "RHEL with SQL Server Standard",
    "RHEL with SQL Server Web",
    "Red Hat Enterprise Linux",
    "SUSE Linux",
    "Ubuntu Pro",
    "Windows",
    "Windows with SQL Server",
    "Windows with SQL Server Enterprise",
    "Windows with SQL Server Standard",
    "Windows with SQL Server Web",
];

pub(super) fn create_capacity_reservation(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateCapacityReservationRequest,
) -> Result<ec2::CreateCapacityReservationResult> {
    let claim = Claim::of::<ec2::CreateCapacityReservation>(ctx, input.client_token.as_deref(), input, "");
    if let Some(claim) = &claim
        && let Some(id) = claim.earlier(ctx)?
    {
        return shown(ctx, &id);
    }
    tag::check_types(input.tag_specifications.as_deref(), &["capacity-reservation"])?;
    let given = input.availability_zone.as_deref().or(input.availability_zone_id.as_deref());
    let Some(given) = given else { return Err(error::missing_parameter("AvailabilityZone")) };
    let zone = zone(ctx, given)?;
    let entry = instance_type(&input.instance_type)?;
    if !offerings::offered(entry.name, zone) {
        return Err(slot::not_offered(ctx, entry, zone));
    }
    let new = NewReservation {
        instance_type: entry.name.to_owned(),
        platform: platform(&input.instance_platform)?,
        zone: zone.to_owned(),
        tenancy: tenancy(input.tenancy.as_deref())?,
        total: count(input.instance_count)?,
        open: criteria(input.instance_match_criteria.as_deref())?.unwrap_or(true),
        ebs_optimized: input.ebs_optimized.unwrap_or(false),
        end: end(ctx, input.end_date_type.as_deref(), input.end_date)?,
        fleet_id: None,
        client_token: input.client_token.clone(),
    };
    error::dry_run(input.dry_run)?;
    let id = match record::create(ctx, new)? {
        Ok(id) => id,
        Err(_) => return Err(insufficient()),
    };
    tag::apply(ctx, input.tag_specifications.as_deref(), "capacity-reservation", &id)?;
    if let Some(claim) = claim {
        claim.keep(ctx, &id)?;
    }
    shown(ctx, &id)
}

fn shown(ctx: &Ctx<'_>, id: &str) -> Result<ec2::CreateCapacityReservationResult> {
    let record = resource::find::<Reservations>(ctx, id)?;
    let shown = Reservations::view(ctx, record);
    Ok(ec2::CreateCapacityReservationResult { capacity_reservation: Some(shown) })
}

/// `InsufficientInstanceCapacity` as reservations word it.
pub(super) fn insufficient() -> Error {
    Error::server("InsufficientInstanceCapacity", "Insufficient capacity.")
}

/// The name of the zone of that name or id.
pub(super) fn zone(ctx: &Ctx<'_>, given: &str) -> Result<&'static str> {
    let found = ctx.region().facts().availability_zones().find(|zone| zone.name == given || zone.id == given);
    let invalid = || error::invalid_value(format!("Invalid availability zone: [{given}]"));
    found.map(|zone| zone.name).ok_or_else(invalid)
}

pub(super) fn platform(given: &str) -> Result<String> {
    if PLATFORMS.contains(&given) {
        return Ok(given.to_owned());
    }
    Err(error::invalid_value(format!("Invalid value '{given}' for InstancePlatform.")))
}

pub(super) fn tenancy(given: Option<&str>) -> Result<Tenancy> {
    let given = given.unwrap_or("default");
    let found = Tenancy::parse(given).filter(|tenancy| *tenancy != Tenancy::Host);
    found.ok_or_else(|| error::invalid_parameter_value(given, "Tenancy"))
}

pub(super) fn count(given: i32) -> Result<u32> {
    match u32::try_from(given) {
        Ok(count) if (1..=1000).contains(&count) => Ok(count),
        _ => Err(error::invalid_parameter_value_because(
            &given.to_string(),
            "InstanceCount",
            "Expecting a value from 1 to 1000.",
        )),
    }
}

/// Whether a reservation is open; none where nothing is said.
pub(super) fn criteria(given: Option<&str>) -> Result<Option<bool>> {
    match given {
        None => Ok(None),
        Some("open") => Ok(Some(true)),
        Some("targeted") => Ok(Some(false)),
        Some(other) => Err(error::invalid_parameter_value(other, "InstanceMatchCriteria")),
    }
}

/// When a reservation ends: a limited one has a date to come, an unlimited one none.
pub(super) fn end(ctx: &Ctx<'_>, kind: Option<&str>, date: Option<Timestamp>) -> Result<Option<Timestamp>> {
    match (kind, date) {
        (Some("limited"), None) => {
            Err(error::missing("The request must contain the parameter EndDate if EndDateType is limited"))
        }
        (Some("unlimited"), Some(_)) => {
            Err(error::invalid_combination("EndDate cannot be specified if EndDateType is unlimited"))
        }
        (None | Some("unlimited"), None) => Ok(None),
        (None | Some("limited"), Some(date)) => {
            to_come(ctx, date)?;
            Ok(Some(date))
        }
        (Some(other), _) => Err(error::invalid_parameter_value(other, "EndDateType")),
    }
}

/// Refuses an end in the past.
pub(super) fn to_come(ctx: &Ctx<'_>, date: Timestamp) -> Result<()> {
    if date > ctx.now() {
        return Ok(());
    }
    let message = format!(
        "Value ({}) for parameter EndDate is invalid. EndDate must be in the future.",
        date.iso8601()
    );
    Err(error::invalid_value(message))
}
