//! Capacity pools: how many instances of a type fit in a zone, and how many are left.

use ironbird_rig::capacity::{self, Pool, PoolId, Pools, Tenancy};
use ironbird_rig::catalogue::{geography, hosts, instance_types, offerings};
use ironbird_rig::{Key, Region, Scope, World};
use serde::{Deserialize, Serialize};

use super::{Problem, own_scope};

/// Most slots that a pool can be given.
const MOST_FREE: u64 = 1_000_000_000;

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolState {
    /// `eu-west-1a`
    pub zone: String,
    /// `m5.large`
    pub instance_type: String,
    /// `default` or `dedicated`
    pub tenancy: Tenancy,
    /// Instances that fit.
    pub size: u64,
    /// Slots taken by instances and reservations.
    pub used: u64,
    /// Slots nobody has.
    pub free: u64,
    /// Slots by which the pool grows in an hour, while it refills.
    pub refill_per_hour: Option<u64>,
}

/// The answer to `GET capacity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolList {
    /// Pools that somebody set or uses, or the one asked for.
    pub pools: Vec<PoolState>,
}

/// The query of `GET capacity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolFilter {
    /// Only pools of this zone.
    pub zone: Option<String>,
    /// Only pools of this type. With a zone, the pool is shown as modeled even if nobody set or uses it.
    pub instance_type: Option<String>,
}

/// The body of `PUT capacity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetFree {
    /// Zone by name or id.
    pub zone: String,
    /// Instance type.
    pub instance_type: String,
    /// `default` unless given.
    #[serde(default)]
    pub tenancy: Tenancy,
    /// Slots that shall be free; what runs goes on.
    pub free: u64,
    /// Slots that come back in an hour, up to the modeled size.
    #[serde(default)]
    pub refill_per_hour: Option<u64>,
}

/// The pools that differ from the model, or the one that the filter names.
pub(super) fn list(world: &World, filter: &PoolFilter) -> Result<PoolList, Problem> {
    let zone = filter.zone.as_deref().map(known_zone).transpose()?;
    let instance_type = filter.instance_type.as_deref().map(known_type).transpose()?;
    let pools = world.look(own_scope(world), |ctx| {
        let named = ctx.scan::<Pools>(&Key::new()).filter_map(|(key, _)| named(key));
        let mut ids: Vec<PoolId<'_>> = named
            .filter(|id| zone.is_none_or(|zone| id.zone == zone.name))
            .filter(|id| instance_type.is_none_or(|name| id.instance_type == name))
            .collect();
        if let (Some(zone), Some(instance_type), true) = (zone, instance_type, ids.is_empty())
            && let Some(region) = Region::parse(zone.region)
        {
            ids.push(PoolId { region, zone: zone.name, instance_type, tenancy: Tenancy::Default });
        }
        Ok(ids.into_iter().map(|id| state(id, &capacity::pool(ctx, id))).collect())
    })?;
    Ok(PoolList { pools })
}

/// The body of `POST capacity/reclaim`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reclaim {
    /// Zone by name or id.
    pub zone: String,
    /// Instance type.
    pub instance_type: String,
    /// `default` unless given.
    #[serde(default)]
    pub tenancy: Tenancy,
    /// Slots that are taken out of the pool: free ones first, then those of Spot Instances, which are interrupted.
    pub count: u64,
}

/// Takes slots out of a pool, those of Spot Instances too.
pub(super) fn reclaim(world: &World, wanted: &Reclaim) -> Result<PoolState, Problem> {
    let id = known_pool(&wanted.zone, &wanted.instance_type, wanted.tenancy)?;
    let scope = Scope { account: world.settings().account, region: id.region };
    let pool = world.within(scope, |ctx| {
        capacity::reclaim(ctx, id, wanted.count)?;
        Ok(capacity::pool(ctx, id))
    })?;
    Ok(state(id, &pool))
}

/// Makes a pool such that so many slots are free.
pub(super) fn set(world: &World, wanted: &SetFree) -> Result<PoolState, Problem> {
    let id = known_pool(&wanted.zone, &wanted.instance_type, wanted.tenancy)?;
    if wanted.free > MOST_FREE {
        return Err(Problem::invalid(format!("free {} is more than {MOST_FREE}", wanted.free)));
    }
    let region = id.region;
    let scope = Scope { account: world.settings().account, region };
    let pool = world.within(scope, |ctx| {
        capacity::set_free(ctx, id, wanted.free, wanted.refill_per_hour)?;
        Ok(capacity::pool(ctx, id))
    })?;
    Ok(state(id, &pool))
}

/// The pool of a zone and type that somebody names.
fn known_pool(zone: &str, instance_type: &str, tenancy: Tenancy) -> Result<PoolId<'static>, Problem> {
    let zone = known_zone(zone)?;
    if tenancy == Tenancy::Host {
        return host_pool(zone, instance_type);
    }
    let instance_type = known_type(instance_type)?;
    if offerings::known(zone.region) && !offerings::offered(instance_type, zone.name) {
        return Err(Problem::invalid(format!(
            "{instance_type} is not offered in {}, so that it has no capacity there; see \
             `aws ec2 describe-instance-type-offerings --location-type availability-zone`",
            zone.name
        )));
    }
    let Some(region) = Region::parse(zone.region) else {
        return Err(Problem::invalid(format!("zone {} is of no known Region", zone.name)));
    };
    Ok(PoolId { region, zone: zone.name, instance_type, tenancy })
}

/// The pool of the Dedicated Hosts of a family.
fn host_pool(zone: &'static geography::Zone, family: &str) -> Result<PoolId<'static>, Problem> {
    let Some(kind) = hosts::get(family) else {
        return Err(Problem::invalid(format!(
            "there are no Dedicated Hosts of the family {family}; give one such as m5"
        )));
    };
    let Some(region) = Region::parse(zone.region) else {
        return Err(Problem::invalid(format!("zone {} is of no known Region", zone.name)));
    };
    Ok(PoolId { region, zone: zone.name, instance_type: kind.family, tenancy: Tenancy::Host })
}

fn known_zone(name_or_id: &str) -> Result<&'static geography::Zone, Problem> {
    geography::zone(name_or_id).ok_or_else(|| {
        let message = match geography::region(name_or_id) {
            Some(region) => {
                format!("{name_or_id} is a Region, not a zone; its zones are {}", zones_of(region))
            }
            None => format!(
                "there is no zone {name_or_id}; give a name such as us-east-1a, or an id such as use1-az1"
            ),
        };
        Problem::invalid(message)
    })
}

fn zones_of(region: &geography::Region) -> String {
    region.availability_zones().map(|zone| zone.name).collect::<Vec<_>>().join(", ")
}

fn known_type(name: &str) -> Result<&'static str, Problem> {
    match instance_types::get(name) {
        Some(found) => Ok(found.name),
        None => Err(Problem::invalid(format!(
            "there is no instance type {name}; see `aws ec2 describe-instance-types --query 'InstanceTypes[].InstanceType'`"
        ))),
    }
}

/// A pool as this interface shows it.
pub(super) fn state(id: PoolId<'_>, pool: &Pool) -> PoolState {
    PoolState {
        zone: id.zone.to_owned(),
        instance_type: id.instance_type.to_owned(),
        tenancy: id.tenancy,
        size: pool.size,
        used: pool.used,
        free: pool.free(),
        refill_per_hour: pool.refill.map(|refill| refill.per_hour),
    }
}

/// The pool that a key of the table stands for.
pub(super) fn named(key: &Key) -> Option<PoolId<'_>> {
    let mut parts = key.as_bytes().split(|byte| *byte == 0).filter_map(|part| std::str::from_utf8(part).ok());
    let region = Region::parse(parts.next()?)?;
    let (zone, instance_type) = (parts.next()?, parts.next()?);
    let tenancy = parts.next()?;
    let tenancy = [Tenancy::Default, Tenancy::Dedicated, Tenancy::Host]
        .into_iter()
        .find(|other| other.name() == tenancy)?;
    Some(PoolId { region, zone, instance_type, tenancy })
}
