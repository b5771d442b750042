//! AllocateHosts.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::ec2;
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::catalogue::{hosts, offerings, usage};
use ironbird_rig::metering::{self, Usage};
use ironbird_rig::{Ctx, Error, Result};

use super::{Host, Hosts, State, Takes};
use crate::instance::token::Claim;
use crate::{error, tag};

/// Hosts that one request may ask for. AWS's bound is the account's quota; ours keeps a slip from filling the memory.
const MOST: u32 = 1000;

pub(super) fn allocate_hosts(
    ctx: &mut Ctx<'_>,
    input: &ec2::AllocateHostsRequest,
) -> Result<ec2::AllocateHostsResult> {
    let claim = Claim::of::<ec2::AllocateHosts>(ctx, input.client_token.as_deref(), input, "");
    if let Some(claim) = &claim
        && let Some(ids) = claim.earlier(ctx)?
    {
        return Ok(ec2::AllocateHostsResult { host_ids: Some(ids.split(',').map(str::to_owned).collect()) });
    }
    tag::check_types(input.tag_specifications.as_deref(), &["dedicated-host"])?;
    let given = input.availability_zone.as_deref().or(input.availability_zone_id.as_deref());
    let given = given.ok_or_else(|| error::missing_parameter("AvailabilityZone"))?;
    let found = ctx.region().facts().availability_zones().find(|zone| zone.name == given || zone.id == given);
    let invalid = || error::invalid_value(format!("Invalid availability zone: [{given}]"));
    let zone = found.ok_or_else(invalid)?.name;
    let (family, takes) = takes(input.instance_type.as_deref(), input.instance_family.as_deref())?;
    check_offered(&family, &takes, zone)?;
    let quantity = quantity(input.quantity)?;
    let host = Host {
        id: String::new(),
        zone: zone.to_owned(),
        family,
        takes,
        auto_placement: switch(input.auto_placement.as_deref(), "AutoPlacement", true)?,
        recovery: switch(input.host_recovery.as_deref(), "HostRecovery", false)?,
        maintenance: switch(input.host_maintenance.as_deref(), "HostMaintenance", false)?,
        state: State::Available,
        allocated: ctx.now(),
        released: None,
        client_token: input.client_token.clone(),
        seats: BTreeMap::new(),
        replacement: None,
        due: None,
        group: None,
        consumers: BTreeSet::new(),
    };
    if !take(ctx, &host, u64::from(quantity))? {
        let message = "There is not enough capacity to fulfill your Dedicated Host request.";
        return Err(Error::server("InsufficientHostCapacity", message));
    }
    let mut ids = Vec::new();
    for _ in 0..quantity {
        let id = add(ctx, host.clone())?;
        tag::apply(ctx, input.tag_specifications.as_deref(), "dedicated-host", &id)?;
        ids.push(id);
    }
    if let Some(claim) = claim {
        claim.keep(ctx, &ids.join(","))?;
    }
    Ok(ec2::AllocateHostsResult { host_ids: Some(ids) })
}

fn quantity(given: Option<i32>) -> Result<u32> {
    let given = given.unwrap_or(1);
    match u32::try_from(given) {
        Ok(count) if (1..=MOST).contains(&count) => Ok(count),
        _ => {
            let reason = format!("Expecting a value from 1 to {MOST}.");
            Err(error::invalid_parameter_value_because(&given.to_string(), "quantity", &reason))
        }
    }
}

/// Family, and what of it a host is to take.
pub(super) fn takes(instance_type: Option<&str>, family: Option<&str>) -> Result<(String, Takes)> {
    match (instance_type, family) {
        (Some(_), Some(_)) => Err(error::exclusive("InstanceFamily", "InstanceType")),
        (None, None) => {
            Err(error::missing("The request must contain the parameter InstanceType or InstanceFamily"))
        }
        (Some(name), None) => {
            let family = name.split_once('.').map_or("", |(family, _)| family);
            match hosts::get(family).and_then(|kind| kind.fits(name)) {
                Some(_) => Ok((family.to_owned(), Takes::Type(name.to_owned()))),
                None => Err(error::invalid_parameter_value_because(
                    name,
                    "instanceType",
                    "The instance type is not supported on Dedicated Hosts.",
                )),
            }
        }
        (None, Some(family)) => match hosts::get(family) {
            // A Mac host takes one type anyway, and so does one of a family with a single size.
            Some(kind) if kind.several_sizes || kind.sizes.len() == 1 => {
                Ok((family.to_owned(), Takes::Family))
            }
            Some(_) => Err(error::invalid_parameter_value_because(
                family,
                "instanceFamily",
                "Dedicated Hosts of this instance family support a single instance type; specify InstanceType.",
            )),
            None => Err(error::invalid_parameter_value(family, "instanceFamily")),
        },
    }
}

fn check_offered(family: &str, takes: &Takes, zone: &str) -> Result<()> {
    let offered = match takes {
        Takes::Type(name) => offerings::offered(name, zone),
        Takes::Family => hosts::get(family).is_some_and(|kind| {
            kind.sizes.iter().any(|(size, _)| offerings::offered(&format!("{family}.{size}"), zone))
        }),
    };
    if offered {
        return Ok(());
    }
    let message = format!(
        "Dedicated Hosts of {family} are not supported in your requested Availability Zone ({zone})."
    );
    Err(Error::client("UnsupportedHostConfiguration", message))
}

/// Reads `on` or `off`.
pub(super) fn switch(given: Option<&str>, parameter: &str, default: bool) -> Result<bool> {
    match given {
        None => Ok(default),
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => Err(error::invalid_parameter_value(other, parameter)),
    }
}

pub(super) fn pool<'a>(ctx: &Ctx<'_>, host: &'a Host) -> PoolId<'a> {
    PoolId { region: ctx.region(), zone: &host.zone, instance_type: &host.family, tenancy: Tenancy::Host }
}

/// Takes servers for hosts like `host` out of the pool of its family; whether there were enough.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn take(ctx: &mut Ctx<'_>, host: &Host, count: u64) -> Result<bool> {
    let pool = pool(ctx, host);
    Ok(capacity::take(ctx, pool, count)?.is_ok())
}

/// Gives a host's server back.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn give_back(ctx: &mut Ctx<'_>, host: &Host) -> Result<()> {
    let pool = pool(ctx, host);
    capacity::give_back(ctx, pool, 1)
}

/// Adds a host whose server has been taken; its id.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn add(ctx: &mut Ctx<'_>, mut host: Host) -> Result<String> {
    let id = ctx.fresh_id("h")?;
    host.id.clone_from(&id);
    if host.state == State::Available {
        charge(ctx, &host)?;
    }
    ctx.put::<Hosts>(ctx.scope().key(&id), host)?;
    Ok(id)
}

/// Begins to charge for a host, which is done while it is available.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn charge(ctx: &mut Ctx<'_>, host: &Host) -> Result<()> {
    let region = ctx.region();
    let meter = Usage {
        service: "AmazonEC2".to_owned(),
        usage_type: usage::host_usage_type(region.code(), &host.family),
        operation: "RunInstances".to_owned(),
        resource: host.id.clone(),
        unit: "Hrs".to_owned(),
        hourly: hosts::price(region.code(), &host.family).map(|(price, _)| price.0),
        units: 1,
        minimum_seconds: 60,
        from: ctx.now(),
        until: None,
    };
    metering::open(ctx, meter)
}
