//! What a rehearsal spends, from the metered usage.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_rig::account::Scope;
use ironbird_rig::world::World;
use ironbird_rig::{Result, Timestamp, metering};

use super::START;

/// What was spent in a world since [`START`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    /// Seconds, and dollars spent until then.
    pub points: Vec<(f64, f64)>,
    /// Dollars by usage type.
    pub by_usage: BTreeMap<String, f64>,
    /// Usage types without a known price.
    pub unpriced: Vec<String>,
}

impl Spent {
    /// What the account of `scope` spent in so many seconds, as a curve of so many points.
    ///
    /// # Errors
    /// When the world cannot be read.
    pub fn of(world: &World, scope: Scope, seconds: u32, points: u32) -> Result<Self> {
        world.look(scope, |ctx| {
            let second = |point| u64::from(seconds) * u64::from(point) / u64::from(points.max(1));
            let seconds: Vec<i64> = (0..=points).map(|point| second(point).cast_signed()).collect();
            let bounds: Vec<Timestamp> =
                seconds.iter().map(|second| Timestamp::from_secs(START.secs() + second)).collect();
            let (mut all, mut nanos) = (Self { points: vec![(0.0, 0.0)], ..Self::default() }, 0_i64);
            let mut unpriced = BTreeSet::new();
            for (until, lines) in
                seconds.iter().skip(1).zip(metering::bills(ctx, Some(scope.account), &bounds))
            {
                for line in lines {
                    match line.cost {
                        Some(cost) => {
                            nanos += cost;
                            *all.by_usage.entry(line.usage_type).or_default() += cost as f64 / 1e9;
                        }
                        None => {
                            unpriced.insert(line.usage_type);
                        }
                    }
                }
                all.points.push((*until as f64, nanos as f64 / 1e9));
            }
            all.unpriced = unpriced.into_iter().collect();
            Ok(all)
        })
    }

    /// Dollars in all.
    pub fn total(&self) -> f64 {
        self.points.last().map_or(0.0, |(_, spent)| *spent)
    }
}

/// Usage types without a known price, of all that was spent.
pub fn unpriced<'s>(all: impl IntoIterator<Item = &'s Spent>) -> Vec<&'s str> {
    let names: BTreeSet<&str> =
        all.into_iter().flat_map(|spent| &spent.unpriced).map(String::as_str).collect();
    names.into_iter().collect()
}
