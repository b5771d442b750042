//! The pools: how much they have, when they run dry, and how they come back. AWS does not publish the size of its
//! pools; what is here is declared, and every report says so.
//!
//! Nobody can drain a pool on AWS, so that no FIS action does: the steps are our own.

use ironbird_rig::capacity::{self, Pool, PoolId, Pools, Refill, Tenancy};
use ironbird_rig::{Ctx, Result};

use super::ground::Ground;
use super::scenario::Scenario;

/// What is done to pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing is free any more and nothing comes back.
    Drain,
    /// Instances become free again, so many an hour in each pool.
    Refill {
        /// Instances an hour.
        per_hour: u64,
    },
}

/// Which zones it is done in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zones {
    /// The one where the group has most instances of its main type.
    Main,
    /// All of the Region.
    All,
}

/// One step of the shortage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Minute of the run.
    pub minute: u32,
    /// What is done.
    pub action: Action,
    /// Where.
    pub zones: Zones,
}

impl Step {
    /// Whether it is done in one zone only.
    pub fn is_in_one_zone(self) -> bool {
        self.zones == Zones::Main
    }
}

/// The steps of a scenario's shortage: one zone dry, all zones dry, capacity comes back.
pub fn steps(scenario: &Scenario) -> [Step; 3] {
    let begin = scenario.demand.rises_at;
    let shortage = &scenario.shortage;
    let everywhere = begin + shortage.everywhere_after;
    let per_hour = u64::from(share(scenario, shortage.hourly_share));
    [
        Step { minute: begin + shortage.one_zone_after, action: Action::Drain, zones: Zones::Main },
        Step { minute: everywhere, action: Action::Drain, zones: Zones::All },
        Step { minute: everywhere + shortage.lasts, action: Action::Refill { per_hour }, zones: Zones::All },
    ]
}

/// A share of the peak as whole instances; none is possible.
fn share(scenario: &Scenario, of: f64) -> u32 {
    (f64::from(scenario.instances) * of).round() as u32
}

/// Gives every pool that could serve the workload the same few free instances and the same growth, up to as many again
/// as the demand's peak; a factor from 0.5 to 1.5 for each pool comes from the seed.
///
/// # Errors
/// When the world cannot be written to.
pub fn declare(ground: &Ground, scenario: &Scenario) -> Result<()> {
    let free = f64::from(scenario.instances) * scenario.pools.free_share;
    let hourly = f64::from(scenario.instances) * scenario.pools.hourly_share;
    ground.world.within(ground.scope, |ctx| {
        for instance_type in types(ground, scenario) {
            for zone in &ground.all_zones {
                let seed =
                    ctx.seed().child("capacity-flexibility").child("pool").child(zone).child(instance_type);
                let factor = 0.5 + seed.rng().unit();
                let free = (free * factor).round() as u64;
                let per_hour = (hourly * factor).round() as u64;
                set(ctx, ground, (instance_type, zone), free, per_hour, u64::from(scenario.instances))?;
            }
        }
        Ok(())
    })
}

fn types<'a>(ground: &'a Ground, scenario: &'a Scenario) -> impl Iterator<Item = &'a str> {
    let own = std::iter::once(scenario.instance_type.as_str());
    let own = own.filter(|name| !ground.matching.iter().any(|known| known == name));
    let also = scenario.shortage.also.iter().map(String::as_str);
    own.chain(ground.matching.iter().map(String::as_str)).chain(also)
}

/// Does a step to the pools of `main_type` and of those that the scenario names beside it.
///
/// # Errors
/// When the world cannot be written to.
pub fn perform(
    ground: &Ground,
    scenario: &Scenario,
    step: Step,
    (main_type, main_zone): (&str, &str),
) -> Result<()> {
    ground.world.within(ground.scope, |ctx| {
        let also = scenario.shortage.also.iter().map(String::as_str);
        for instance_type in std::iter::once(main_type).chain(also) {
            for zone in &ground.all_zones {
                if step.zones == Zones::Main && zone != main_zone {
                    continue;
                }
                let per_hour = match step.action {
                    Action::Drain => 0,
                    Action::Refill { per_hour } => per_hour,
                };
                set(ctx, ground, (instance_type, zone), 0, per_hour, u64::from(scenario.instances))?;
            }
        }
        Ok(())
    })
}

fn set(
    ctx: &mut Ctx<'_>,
    ground: &Ground,
    (instance_type, zone): (&str, &str),
    free: u64,
    per_hour: u64,
    most_free: u64,
) -> Result<()> {
    let id = pool_id(ground, instance_type, zone);
    let used = capacity::pool(ctx, id).used;
    let until_size = used.saturating_add(most_free.max(free));
    let since = ctx.now();
    let refill = (per_hour > 0).then_some(Refill { per_hour, since, until_size });
    ctx.put::<Pools>(id.key(), Pool { size: used.saturating_add(free), used, refill, leaving: 0 })
}

/// The pool of a type in a zone.
pub fn pool_id<'a>(ground: &Ground, instance_type: &'a str, zone: &'a str) -> PoolId<'a> {
    PoolId { region: ground.scope.region, zone, instance_type, tenancy: Tenancy::Default }
}
