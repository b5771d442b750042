//! `aws:ec2:asg-insufficient-instance-capacity-error` and `api-insufficient-instance-capacity-error`: launches into
//! zones fail as they do when a zone has no capacity.
//!
//! A request names a zone, or a subnet in it; both are looked for. One that names neither lets EC2 choose, and is left
//! alone.

use ironbird_api::ec2;
use ironbird_rig::fault::Matcher;
use ironbird_rig::{Ctx, Result};

use super::faults::{self, Failure};
use super::parameter::{DURATION, Form, PERCENTAGE, Parameter};
use super::{Begun, Definition, Permission, Work};
use crate::{PRINCIPAL, error};

/// Auto Scaling as the one that launches.
const AUTO_SCALING: &str = "autoscaling.amazonaws.com";

const ZONES: Parameter = Parameter {
    name: "availabilityZoneIdentifiers",
    description: "Zones without capacity, by name or id",
    required: true,
    form: Form::Words,
};

pub(super) static GROUP: Definition = Definition {
    id: "aws:ec2:asg-insufficient-instance-capacity-error",
    description: "Lets launches of Auto Scaling groups in zones fail for lack of capacity.",
    target: Some(("AutoScalingGroups", "aws:ec2:autoscaling-group")),
    permission: Permission::InjectApiError,
    parameters: &[DURATION, ZONES, PERCENTAGE],
    begin: |ctx, work| {
        let places = places(ctx, &work.list(ZONES.name))?;
        let mut matchers = Vec::new();
        for group in work.targets {
            for (zone, place) in &places {
                matchers.push(matcher(ctx, AUTO_SCALING, "RunInstances", zone, &[group.id(), place]));
            }
        }
        faults::impose(ctx, work, matchers)
    },
};

pub(super) static API: Definition = Definition {
    id: "aws:ec2:api-insufficient-instance-capacity-error",
    description: "Lets calls of roles that need capacity in zones fail for lack of it.",
    target: Some(("Roles", "aws:iam:role")),
    permission: Permission::InjectApiError,
    parameters: &[DURATION, ZONES, Parameter { required: true, ..PERCENTAGE }],
    begin: begin_for_roles,
};

/// The operations that need capacity and name where.
const OPERATIONS: [&str; 3] = ["CreateCapacityReservation", "CreateFleet", "RunInstances"];

fn begin_for_roles(ctx: &mut Ctx<'_>, work: &Work<'_>) -> Result<Begun> {
    let places = places(ctx, &work.list(ZONES.name))?;
    let mut matchers = Vec::new();
    for role in work.targets {
        for operation in OPERATIONS {
            for (zone, place) in &places {
                matchers.push(matcher(ctx, &role.arn, operation, zone, &[place]));
            }
        }
    }
    faults::impose(ctx, work, matchers)
}

fn matcher(
    ctx: &Ctx<'_>,
    principal: &str,
    operation: &str,
    zone: &str,
    mentions: &[&str],
) -> (Matcher, Failure) {
    let matching = Matcher {
        service: Some("ec2".to_owned()),
        operation: Some(operation.to_owned()),
        principal: Some(principal.to_owned()),
        account: Some(ctx.scope().account),
        region: Some(ctx.region()),
        mentions: mentions.iter().map(|&text| text.to_owned()).collect(),
    };
    let message = format!(
        "We currently do not have sufficient capacity in the Availability Zone you requested ({zone}). \
         Our system will be working on provisioning additional capacity."
    );
    (matching, Failure { code: "InsufficientInstanceCapacity", message, status: 500 })
}

/// Everything that a request can name to mean one of the zones, each with the zone's name.
fn places(ctx: &mut Ctx<'_>, wanted: &[&str]) -> Result<Vec<(String, String)>> {
    let zones = ctx.call::<ec2::DescribeAvailabilityZones>(
        PRINCIPAL,
        &ec2::DescribeAvailabilityZonesRequest::default(),
    )?;
    let subnets = ctx.call::<ec2::DescribeSubnets>(PRINCIPAL, &ec2::DescribeSubnetsRequest::default())?;
    let zones = zones.availability_zones.unwrap_or_default();
    let subnets = subnets.subnets.unwrap_or_default();
    let mut places = Vec::new();
    for &given in wanted {
        let named = |zone: &&ec2::AvailabilityZone| {
            zone.zone_name.as_deref() == Some(given) || zone.zone_id.as_deref() == Some(given)
        };
        let Some(zone) = zones.iter().find(named) else {
            return Err(error::validation(format!(
                "There is no Availability Zone {given} in {}.",
                ctx.region()
            )));
        };
        let name = zone.zone_name.clone().unwrap_or_default();
        let inside = subnets.iter().filter(|subnet| subnet.availability_zone == zone.zone_name);
        let ids = inside.filter_map(|subnet| subnet.subnet_id.clone());
        for place in [zone.zone_name.clone(), zone.zone_id.clone()].into_iter().flatten().chain(ids) {
            places.push((name.clone(), place));
        }
    }
    Ok(places)
}
