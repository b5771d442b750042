//! How a fleet's capacity is launched: pool by pool, in the order of its strategy, until there is enough.

use std::collections::BTreeSet;

use ironbird_rig::catalogue::NanoUsd;
use ironbird_rig::{Ctx, Error, Result};

use super::candidate::{Candidate, Candidates};
use super::request::{Rules, Wish};
use super::{Failure, Group};
use crate::instance::launch::{self, Order};
use crate::instance::record::{Behavior, Market, Terms};
use crate::instance::slot::{self, Want};
use crate::requirements::{Plan, Pool, allocation};
use crate::reservation::Choice;

/// What was launched, and what could not be.
#[derive(Default)]
pub(crate) struct Filled {
    pub(crate) groups: Vec<Group>,
    pub(crate) failures: Vec<Failure>,
    /// Units launched.
    pub(crate) units: f64,
}

/// Units closer than this to the target are the target.
const HAIR: f64 = 1e-9;

/// One kind of capacity of one fleet.
struct Side<'a> {
    fleet_id: &'a str,
    candidates: &'a Candidates,
    wish: &'a Wish,
    rules: Rules,
    spot: bool,
}

/// Launches `target` units of one kind, as far as it can be done.
///
/// # Errors
/// When the world is broken; pools that are dry, or cannot be launched in, are told in the result.
pub(crate) fn fill(
    ctx: &mut Ctx<'_>,
    fleet_id: &str,
    candidates: &Candidates,
    wish: &Wish,
    spot: bool,
    target: f64,
) -> Result<Filled> {
    let rules = if spot { wish.spot_rules } else { wish.on_demand_rules };
    let side = Side { fleet_id, candidates, wish, rules, spot };
    if target < HAIR {
        return Ok(Filled::default());
    }
    let mut filled = if rules.single_type || rules.single_zone {
        side.fill_single(ctx, target)?
    } else {
        let all: Vec<usize> = (0..candidates.all.len()).collect();
        side.fill_from(ctx, &all, target)?
    };
    filled.failures.splice(0..0, candidates.failures.iter().cloned());
    Ok(filled)
}

impl Side<'_> {
    /// Everything in one type, or one zone, or both: the first that has room for all; failing that, the one that
    /// has most, if it is enough.
    fn fill_single(&self, ctx: &mut Ctx<'_>, target: f64) -> Result<Filled> {
        let all: Vec<usize> = (0..self.candidates.all.len()).collect();
        let plan = self.plan(&all, target);
        let mut best: Option<(f64, Vec<usize>)> = None;
        let mut failures = Vec::new();
        let mut seen = BTreeSet::new();
        for position in plan.order {
            let first = &self.candidates.all[position];
            let key = self.single_key(first);
            if !seen.insert(key.clone()) {
                continue;
            }
            let same: Vec<usize> = (0..self.candidates.all.len())
                .filter(|other| self.single_key(&self.candidates.all[*other]) == key)
                .collect();
            let savepoint = ctx.savepoint();
            let filled = self.fill_from(ctx, &same, target)?;
            if filled.units + HAIR >= target {
                return Ok(filled);
            }
            ctx.roll_back(savepoint);
            failures.extend(filled.failures);
            if best.as_ref().is_none_or(|(units, _)| filled.units > *units) {
                best = Some((filled.units, same));
            }
        }
        match best {
            Some((units, same)) if units > 0.0 && units + HAIR >= self.rules.least => {
                let filled = self.fill_from(ctx, &same, target)?;
                Ok(Filled { failures, ..filled })
            }
            _ => Ok(Filled { failures, ..Filled::default() }),
        }
    }

    fn single_key(&self, candidate: &Candidate) -> (String, String) {
        let type_name = if self.rules.single_type { candidate.entry.name } else { "" };
        let zone = if self.rules.single_zone { candidate.place.zone.as_str() } else { "" };
        (type_name.to_owned(), zone.to_owned())
    }

    fn plan(&self, among: &[usize], target: f64) -> Plan {
        let pools: Vec<Pool<'_>> =
            among.iter().map(|position| pool(&self.candidates.all[*position])).collect();
        let plan = match self.spot {
            true => allocation::plan_spot(self.wish.spot_strategy, &pools, target),
            false => allocation::plan_on_demand(self.wish.on_demand_strategy, &pools, target),
        };
        Plan { order: plan.order.into_iter().map(|position| among[position]).collect(), spread: plan.spread }
    }

    fn fill_from(&self, ctx: &mut Ctx<'_>, among: &[usize], target: f64) -> Result<Filled> {
        let plan = self.plan(among, target);
        let mut filled = Filled::default();
        let mut spent = 0.0;
        if self.wish.reservations_first && !self.spot {
            for position in &plan.order {
                let reserved = self.reserved(ctx, *position)?;
                let wanted = instances(target - filled.units, self.weight(*position)).min(reserved);
                self.launch(ctx, *position, wanted, &mut filled, &mut spent)?;
            }
        }
        let mut short = BTreeSet::new();
        for (position, count) in self.shares(&plan, target - filled.units) {
            if self.launch(ctx, position, count, &mut filled, &mut spent)? < count {
                short.insert(position);
            }
        }
        for position in plan.order {
            let wanted = instances(target - filled.units, self.weight(position));
            if wanted == 0 {
                break;
            }
            if !short.contains(&position) {
                self.launch(ctx, position, wanted, &mut filled, &mut spent)?;
            }
        }
        Ok(filled)
    }

    /// How many instances each pool of the spread gives, one after the other until there is enough.
    fn shares(&self, plan: &Plan, target: f64) -> Vec<(usize, u32)> {
        let spread = &plan.order[..plan.spread];
        let round: f64 = spread.iter().map(|position| self.weight(*position)).sum();
        if round <= 0.0 || target < HAIR {
            return Vec::new();
        }
        let rounds = ((target + HAIR) / round).floor();
        let mut missing = target - rounds * round;
        let mut shares = Vec::with_capacity(spread.len());
        for position in spread {
            let more = missing > HAIR;
            if more {
                missing -= self.weight(*position);
            }
            let count = rounds as u32 + u32::from(more);
            if count > 0 {
                shares.push((*position, count));
            }
        }
        shares
    }

    fn weight(&self, position: usize) -> f64 {
        self.candidates.all[position].weight
    }

    /// Free slots of the reservations that a pool's instances may run in: open ones, and those of the group that they aim at.
    fn reserved(&self, ctx: &mut Ctx<'_>, position: usize) -> Result<u32> {
        let candidate = &self.candidates.all[position];
        let blueprint = &self.candidates.blueprints[candidate.blueprint];
        let want = Want {
            instance_type: candidate.entry.name,
            platform: &blueprint.image.platform,
            zone: &candidate.place.zone,
            tenancy: blueprint.place.tenancy,
        };
        let matching = Choice::of(ctx, &blueprint.preference)?.matching(ctx, want).unwrap_or_default();
        Ok(matching.iter().map(|(_, free)| *free).sum())
    }

    /// Launches up to `count` instances in a pool; how many it were.
    fn launch(
        &self,
        ctx: &mut Ctx<'_>,
        position: usize,
        count: u32,
        filled: &mut Filled,
        spent: &mut f64,
    ) -> Result<u32> {
        let candidate = &self.candidates.all[position];
        let count = count.min(affordable(self.rules.budget, *spent, candidate.price));
        if count == 0 {
            return Ok(0);
        }
        let mut blueprint = self.candidates.blueprints[candidate.blueprint].clone();
        if self.spot {
            let behavior = self.wish.behavior;
            let persistent = behavior != Behavior::Terminate;
            blueprint.market = Market::Spot(Terms {
                max_price: candidate.limit.map(|limit| limit.to_string()),
                behavior,
                persistent,
                valid_until: None,
            });
        }
        let order = Order {
            blueprint: &blueprint,
            instance_type: candidate.entry,
            place: &candidate.place,
            least: 1,
            most: count,
            client_token: "",
            fleet_id: Some(self.fleet_id),
            spot_request: None,
        };
        let savepoint = ctx.savepoint();
        let launched = match launch::launch(ctx, &order) {
            Ok(launched) => launched.instance_ids,
            Err(Error::Internal(error)) => return Err(Error::Internal(error)),
            Err(error) => {
                ctx.roll_back(savepoint);
                filled.failures.push(self.failure(candidate, &error));
                return Ok(0);
            }
        };
        let made = u32::try_from(launched.len()).unwrap_or(u32::MAX);
        if made < count {
            let want = Want {
                instance_type: candidate.entry.name,
                platform: &blueprint.image.platform,
                zone: &candidate.place.zone,
                tenancy: blueprint.place.tenancy,
            };
            let error = slot::insufficient(ctx, want, &blueprint.market, count - made);
            filled.failures.push(self.failure(candidate, &error));
        }
        filled.units += f64::from(made) * candidate.weight;
        *spent += f64::from(made) * candidate.price.map_or(0.0, |price| price.0 as f64);
        filled.groups.push(Group {
            origin: candidate.origin.clone(),
            spot: self.spot,
            instance_type: candidate.entry.name.to_owned(),
            windows: blueprint.image.platform.starts_with("Windows"),
            weight: candidate.weight,
            instance_ids: launched,
        });
        Ok(made)
    }

    fn failure(&self, candidate: &Candidate, error: &Error) -> Failure {
        Failure {
            origin: candidate.origin.clone(),
            spot: self.spot,
            code: error.code().to_owned(),
            message: error.message().to_owned(),
        }
    }
}

/// How many instances of a price the rest of the budget pays for.
fn affordable(budget: Option<NanoUsd>, spent: f64, price: Option<NanoUsd>) -> u32 {
    match (budget, price) {
        (None, _) => u32::MAX,
        // What is not known to fit the budget does not.
        (Some(_), None) => 0,
        (Some(budget), Some(price)) => ((budget.0 as f64 - spent) / (price.0.max(1)) as f64 + HAIR)
            .floor()
            .clamp(0.0, f64::from(u32::MAX)) as u32,
    }
}

/// Instances of a weight that make up `missing` units: the last one may be more than is missing, as on AWS.
fn instances(missing: f64, weight: f64) -> u32 {
    (missing / weight - HAIR).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

fn pool(candidate: &Candidate) -> Pool<'_> {
    Pool {
        zone: &candidate.place.zone,
        instance_type: candidate.entry.name,
        // Pools without a known price come last.
        price: candidate.price.unwrap_or(NanoUsd(i64::MAX)),
        capacity: u32::try_from(candidate.free).unwrap_or(u32::MAX),
        priority: candidate.priority,
        weight: candidate.weight,
    }
}
