//! The market: how much each pool has, when others need it, and when a new type arrives. AWS publishes neither the size of its
//! pools nor who uses them; what is here is declared, and every report says so.

use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::catalogue::{instance_types, offerings};
use ironbird_rig::{Ctx, Result};

use super::ground::Ground;
use super::scenario::Scenario;

/// The pools of types in the Region's zones, where they are offered.
pub fn pools<'t>(ground: &Ground, types: impl IntoIterator<Item = &'t String>) -> Vec<(String, String)> {
    let mut pools = Vec::new();
    for name in types {
        let Some(entry) = instance_types::get(name) else { continue };
        let zones = offerings::zones_of(entry, ground.scope.region.code());
        pools.extend(zones.into_iter().map(|zone| (name.clone(), zone.name.to_owned())));
    }
    pools
}

fn id<'a>(ground: &Ground, pool: &'a (String, String)) -> PoolId<'a> {
    PoolId { region: ground.scope.region, zone: &pool.1, instance_type: &pool.0, tenancy: Tenancy::Default }
}

/// Instances that a pool usually has free, from the seed.
fn usually(ctx: &Ctx<'_>, scenario: &Scenario, pool: &(String, String)) -> u64 {
    let seed = ctx.seed().child(crate::NAME).child("pool").child(&pool.1).child(&pool.0);
    let (least, most) = (scenario.pools.least, scenario.pools.most);
    scenario.instances_of(least + (most - least) * seed.rng().unit())
}

/// Gives each pool what it usually has; the type that has yet to arrive has none.
///
/// # Errors
/// When the world cannot be written to.
pub fn declare(ground: &Ground, scenario: &Scenario, has_arrived: bool) -> Result<()> {
    ground.world.within(ground.scope, |ctx| {
        for pool in &ground.pools {
            let is_new = pool.0 == scenario.arrival.instance_type;
            let free = if is_new && !has_arrived { 0 } else { usually(ctx, scenario, pool) };
            capacity::set_free(ctx, id(ground, pool), free, None)?;
        }
        Ok(())
    })
}

/// Others need more of everything: what is free first, then what runs on Spot.
///
/// # Errors
/// When the world cannot be written to.
pub fn surge(ground: &Ground, scenario: &Scenario) -> Result<()> {
    ground.world.within(ground.scope, |ctx| {
        for pool in &ground.pools {
            capacity::reclaim(ctx, id(ground, pool), scenario.instances_of(scenario.surge.share))?;
        }
        Ok(())
    })
}

/// The new type arrives, with as much as any pool has at most.
///
/// # Errors
/// When the world cannot be written to.
pub fn arrive(ground: &Ground, scenario: &Scenario) -> Result<()> {
    ground.world.within(ground.scope, |ctx| {
        for pool in pools(ground, [&scenario.arrival.instance_type]) {
            let free = scenario.instances_of(scenario.pools.most);
            capacity::set_free(ctx, id(ground, &pool), free, None)?;
        }
        Ok(())
    })
}
