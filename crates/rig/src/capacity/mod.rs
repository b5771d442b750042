//! Capacity pools: how much of a type there is in a zone. On-Demand, Spot and reservations of all accounts
//! draw from the same pool, and it runs dry.
//!
//! AWS does not publish the size of its pools. Ours are a declared model: the smaller the type, the more of it,
//! scattered by the seed; see [`modeled_size`]. A user or a scenario sets what matters to a rehearsal.

pub mod course;

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Region;
use crate::context::Ctx;
use crate::error::Result;
use crate::seed::Seed;
use crate::store::{Key, Table};

/// Which pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolId<'a> {
    /// Region of the zone.
    pub region: Region,
    /// Zone by name, `eu-west-1a`.
    pub zone: &'a str,
    /// Instance type.
    pub instance_type: &'a str,
    /// Whether the instances have a host to themselves.
    pub tenancy: Tenancy,
}

/// Which hosts a pool is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tenancy {
    /// Shared hosts.
    #[default]
    Default,
    /// Hosts of one account.
    Dedicated,
    /// Dedicated Hosts themselves; such a pool's instance type is a family (`m5`).
    Host,
}

impl Tenancy {
    /// `default`, `dedicated` or `host`
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Dedicated => "dedicated",
            Self::Host => "host",
        }
    }
}

/// A pool that differs from the model, or that somebody uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// Instances that fit.
    pub size: u64,
    /// Slots taken, by instances and reservations.
    pub used: u64,
    /// How the pool grows by itself after a shortage, if it does.
    pub refill: Option<Refill>,
    /// Slots in use that are gone once they are given back.
    #[serde(default)]
    pub leaving: u64,
}

/// Capacity that comes back little by little.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refill {
    /// Slots an hour.
    pub per_hour: u64,
    /// Instant up to which growth has been added.
    pub since: Timestamp,
    /// Size at which it ends.
    pub until_size: u64,
}

/// All pools that are not as modeled.
pub struct Pools;

impl Table for Pools {
    const NAME: &'static str = "rig.pools";
    type Record = Pool;
}

/// The pool has too few free slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insufficient {
    /// How many there are.
    pub free: u64,
}

impl PoolId<'_> {
    /// Where the pool stands in the table.
    pub fn key(&self) -> Key {
        let Self { region, zone, instance_type, tenancy } = self;
        Key::new().text(region.code()).text(zone).text(instance_type).text(tenancy.name())
    }

    /// The pool in one word: `us-east-1/us-east-1a/m5.large/default`.
    pub fn name(&self) -> String {
        let Self { region, zone, instance_type, tenancy } = self;
        format!("{region}/{zone}/{instance_type}/{}", tenancy.name())
    }
}

impl Pool {
    fn grown(mut self, now: Timestamp) -> Self {
        let Some(refill) = self.refill else { return self };
        let elapsed = now.nanos().saturating_sub(refill.since.nanos()).max(0).unsigned_abs();
        let grown = u128::from(elapsed) * u128::from(refill.per_hour) / 3_600_000_000_000;
        let grown = u64::try_from(grown).unwrap_or(u64::MAX);
        if grown == 0 {
            return self;
        }
        self.size = self.size.saturating_add(grown).min(refill.until_size.max(self.size));
        // Only the time that whole slots took has been used up; the rest counts towards the next slot.
        let used_up = u128::from(grown) * 3_600_000_000_000 / u128::from(refill.per_hour);
        let since = refill.since.nanos().saturating_add(i64::try_from(used_up).unwrap_or(i64::MAX));
        let since = Timestamp::from_nanos(since);
        self.refill = (self.size < refill.until_size).then_some(Refill { since, ..refill });
        self
    }

    /// Slots nobody has.
    pub const fn free(&self) -> u64 {
        self.size.saturating_sub(self.used)
    }
}

/// The pool as it is now.
pub fn pool(ctx: &Ctx<'_>, id: PoolId<'_>) -> Pool {
    match ctx.peek::<Pools>(&id.key()) {
        Some(pool) => pool.clone().grown(ctx.now()),
        None => Pool { size: modeled_size(ctx.seed(), id), used: 0, refill: None, leaving: 0 },
    }
}

fn keep(ctx: &mut Ctx<'_>, id: PoolId<'_>, pool: Pool) -> Result<()> {
    course::note(ctx, id, &pool)?;
    ctx.put::<Pools>(id.key(), pool)
}

/// Takes `count` slots, all or none.
///
/// # Errors
/// The inner error is the pool's: too few are free, nothing was taken.
pub fn take(ctx: &mut Ctx<'_>, id: PoolId<'_>, count: u64) -> Result<std::result::Result<(), Insufficient>> {
    let mut pool = pool(ctx, id);
    if pool.free() < count {
        return Ok(Err(Insufficient { free: pool.free() }));
    }
    pool.used += count;
    keep(ctx, id, pool)?;
    Ok(Ok(()))
}

/// Gives `count` slots back.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn give_back(ctx: &mut Ctx<'_>, id: PoolId<'_>, count: u64) -> Result<()> {
    let mut pool = pool(ctx, id);
    let gone = pool.leaving.min(count);
    pool.leaving -= gone;
    pool.size = pool.size.saturating_sub(gone);
    pool.used = pool.used.saturating_sub(count);
    keep(ctx, id, pool)
}

/// What is emitted when capacity is taken back; the resource is [`PoolId::name`], a slash and how many slots.
pub const RECLAIMED: &str = "rig.capacity-reclaimed";

/// Takes `count` slots out of the pool: what is free at once, and of what is in use as much as is left to take, once
/// it is given back. Services that run something that can be interrupted hear of it as [`RECLAIMED`]. How many of the
/// slots are in use.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn reclaim(ctx: &mut Ctx<'_>, id: PoolId<'_>, count: u64) -> Result<u64> {
    let mut pool = pool(ctx, id);
    let free = pool.free().min(count);
    let in_use = (count - free).min(pool.used.saturating_sub(pool.leaving));
    pool.size = pool.size.saturating_sub(free);
    pool.leaving += in_use;
    keep(ctx, id, pool)?;
    if in_use > 0 {
        ctx.emit(RECLAIMED, &format!("{}/{in_use}", id.name()))?;
    }
    Ok(in_use)
}

/// Makes the pool such that `free` slots are free; what runs in it goes on. With `per_hour`, the pool then
/// grows back to its modeled size.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn set_free(ctx: &mut Ctx<'_>, id: PoolId<'_>, free: u64, per_hour: Option<u64>) -> Result<()> {
    let used = pool(ctx, id).used;
    let until_size = modeled_size(ctx.seed(), id).max(used.saturating_add(free));
    let since = ctx.now();
    let refill = per_hour.filter(|rate| *rate > 0).map(|per_hour| Refill { per_hour, since, until_size });
    keep(ctx, id, Pool { size: used.saturating_add(free), used, refill, leaving: 0 })
}

/// How many instances fit in a pool that nobody set: about 16,000 vCPUs' worth, by the size in the type's
/// name, times a factor from 0.5 to 1.5 drawn from the seed. The numbers are ours, not AWS's.
pub fn modeled_size(seed: Seed, id: PoolId<'_>) -> u64 {
    let per_instance = approximate_vcpus(id.instance_type);
    let factor = seed
        .child("capacity")
        .child(id.zone)
        .child(id.instance_type)
        .child(id.tenancy.name())
        .rng()
        .below(1001);
    (16_000 / per_instance).max(4) * (500 + factor) / 1000
}

/// vCPUs by the size's name: enough to scale a pool, without a look at the catalogue.
fn approximate_vcpus(instance_type: &str) -> u64 {
    let size = instance_type.split_once('.').map_or("", |(_, size)| size);
    match size {
        "nano" | "micro" | "small" | "medium" => 1,
        "large" => 2,
        "xlarge" => 4,
        _ => match size.strip_suffix("xlarge").and_then(|times| times.parse::<u64>().ok()) {
            Some(times) => times.clamp(1, 1000) * 4,
            None => 96,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Pool, Refill, approximate_vcpus};
    use ironbird_wire::timestamp::Timestamp;

    #[test]
    fn sizes_by_name() {
        for (name, vcpus) in [("t3.micro", 1), ("m5.large", 2), ("r6i.8xlarge", 32), ("m5.metal", 96)] {
            assert_eq!(approximate_vcpus(name), vcpus, "{name}");
        }
    }

    #[test]
    fn a_pool_refills_up_to_its_size_and_no_further() {
        let refill = Refill { per_hour: 10, since: Timestamp::from_secs(0), until_size: 25 };
        let pool = Pool { size: 5, used: 5, refill: Some(refill), leaving: 0 };
        assert_eq!(pool.clone().grown(Timestamp::from_secs(3599)).free(), 9);
        assert_eq!(pool.clone().grown(Timestamp::from_secs(3600)).free(), 10);
        let full = pool.grown(Timestamp::from_secs(86_400));
        assert_eq!((full.free(), full.refill), (20, None));
    }

    #[test]
    fn looking_often_does_not_slow_the_refill() {
        let refill = Refill { per_hour: 60, since: Timestamp::from_secs(0), until_size: 100 };
        let mut pool = Pool { size: 0, used: 0, refill: Some(refill), leaving: 0 };
        for second in (7..=3600).step_by(7) {
            pool = pool.grown(Timestamp::from_secs(second));
        }
        assert_eq!(pool.size, 59, "3598 of 3600 seconds have passed");
    }
}
