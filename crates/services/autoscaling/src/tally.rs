//! What a group has, counted as its instances come, change and go.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::group::record::Group;
use crate::member::{Health, Member, State};

/// The counts of every group: (account, Region, group).
struct Tallies;

impl Table for Tallies {
    const NAME: &'static str = "autoscaling.tallies";
    type Record = Counts;
}

/// Instances that count and are not well: (account, Region, group, instance).
struct Ailing;

impl Table for Ailing {
    const NAME: &'static str = "autoscaling.ailing";
    /// The instance.
    type Record = String;
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service.table::<Tallies>().table::<Ailing>()
}

/// Instances and what they are in units of capacity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    pub(crate) instances: u64,
    pub(crate) units: u64,
}

/// Counts over the instances of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Instances of the group itself by state, and those of its warm pool.
    states: BTreeMap<State, Sum>,
    warm: BTreeMap<State, Sum>,
    /// Units by zone; this and what follows only of what counts towards the desired capacity.
    zones: BTreeMap<Arc<str>, u64>,
    /// Instances by what one is in units.
    weights: BTreeMap<u32, u64>,
    on_demand: u64,
    balancing: u64,
    at_risk: u64,
}

impl Counts {
    fn add(&mut self, member: &Member) {
        let units = u64::from(member.weight);
        let states = if member.warm { &mut self.warm } else { &mut self.states };
        let sum = states.entry(member.state).or_default();
        sum.instances += 1;
        sum.units += units;
        if !member.counts() {
            return;
        }
        *self.zones.entry(Arc::clone(&member.zone)).or_default() += units;
        *self.weights.entry(member.weight).or_default() += 1;
        if !member.spot {
            self.on_demand += units;
        }
        if member.balancing {
            self.balancing += units;
        }
        if member.at_risk {
            self.at_risk += units;
        }
    }

    fn remove(&mut self, member: &Member) {
        let units = u64::from(member.weight);
        let states = if member.warm { &mut self.warm } else { &mut self.states };
        if let Some(sum) = states.get_mut(&member.state) {
            sum.instances = sum.instances.saturating_sub(1);
            sum.units = sum.units.saturating_sub(units);
        }
        if !member.counts() {
            return;
        }
        lower(&mut self.zones, &member.zone, units);
        lower(&mut self.weights, &member.weight, 1);
        if !member.spot {
            self.on_demand = self.on_demand.saturating_sub(units);
        }
        if member.balancing {
            self.balancing = self.balancing.saturating_sub(units);
        }
        if member.at_risk {
            self.at_risk = self.at_risk.saturating_sub(units);
        }
    }

    /// What the group itself has in any of the states that `wanted` takes.
    pub(crate) fn group(&self, wanted: impl Fn(State) -> bool) -> Sum {
        sum_of(&self.states, wanted)
    }

    /// What the warm pool has in any of the states that `wanted` takes.
    pub(crate) fn warm(&self, wanted: impl Fn(State) -> bool) -> Sum {
        sum_of(&self.warm, wanted)
    }
}

fn sum_of(states: &BTreeMap<State, Sum>, wanted: impl Fn(State) -> bool) -> Sum {
    let sums = states.iter().filter(|(state, _)| wanted(**state)).map(|(_, sum)| sum);
    sums.fold(Sum::default(), |all, sum| Sum {
        instances: all.instances + sum.instances,
        units: all.units + sum.units,
    })
}

/// Lowers a count, and lets go of it at zero.
fn lower<Q: ?Sized + Ord, K: Ord + std::borrow::Borrow<Q>>(counts: &mut BTreeMap<K, u64>, key: &Q, by: u64) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(by);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// Counts a change of an instance's record, from `before` to `after`; none where there was or will be none.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn note(ctx: &mut Ctx<'_>, before: Option<&Member>, after: Option<&Member>) -> Result<()> {
    let Some(member) = after.or(before) else { return Ok(()) };
    let key = ctx.scope().key(&member.group);
    let mut counts = ctx.peek::<Tallies>(&key).cloned().unwrap_or_default();
    before.into_iter().for_each(|member| counts.remove(member));
    after.into_iter().for_each(|member| counts.add(member));
    ctx.put::<Tallies>(key.clone(), counts)?;
    let ails = |member: &Member| member.counts() && member.health != Health::Good;
    match (before.is_some_and(ails), after.is_some_and(ails)) {
        (false, true) => ctx.put::<Ailing>(key.text(&member.id), member.id.clone()),
        (true, false) => ctx.delete::<Ailing>(&key.text(&member.id)).map(drop),
        _ => Ok(()),
    }
}

/// The counts of a group.
pub(crate) fn counts(ctx: &Ctx<'_>, group: &str) -> Counts {
    ctx.peek::<Tallies>(&ctx.scope().key(group)).cloned().unwrap_or_default()
}

/// Instances of the group that count and are not well.
pub(crate) fn ailing(ctx: &Ctx<'_>, group: &str) -> Vec<String> {
    ctx.scan::<Ailing>(&ctx.scope().key(group)).map(|(_, id)| id.clone()).collect()
}

/// Forgets the counts of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    ctx.delete::<Tallies>(&ctx.scope().key(group)).map(drop)
}

/// Capacity of a group, in its units; only what counts towards the desired capacity.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) total: u64,
    pub(crate) on_demand: u64,
    /// Launched beyond the desired capacity, and not in service yet.
    pub(crate) balancing: u64,
    /// To go once another is in service in its place.
    pub(crate) at_risk: u64,
    /// By zone; every enabled zone is there.
    pub(crate) zones: BTreeMap<Arc<str>, u64>,
    /// The most that one instance is.
    pub(crate) heaviest: u64,
}

impl Tally {
    /// What the group has.
    pub(crate) fn of(ctx: &Ctx<'_>, group: &Group) -> Self {
        let mut counts = counts(ctx, &group.name);
        for zone in &group.zones {
            counts.zones.entry(Arc::from(zone.name.as_str())).or_default();
        }
        let heaviest = counts.weights.last_key_value().map_or(1, |(weight, _)| u64::from(*weight));
        Self {
            total: counts.zones.values().sum(),
            on_demand: counts.on_demand,
            balancing: counts.balancing,
            at_risk: counts.at_risk,
            zones: counts.zones,
            heaviest: heaviest.max(1),
        }
    }

    /// Whether there is as much as `desired`, and as much again as is at risk.
    pub(crate) fn is_complete(&self, desired: u64) -> bool {
        self.total.saturating_sub(self.balancing) >= desired && self.at_risk <= self.balancing
    }

    /// What the zone has.
    pub(crate) fn in_zone(&self, zone: &str) -> u64 {
        self.zones.get(zone).copied().unwrap_or(0)
    }
}
