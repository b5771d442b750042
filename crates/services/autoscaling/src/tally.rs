//! What a group has.

use std::collections::BTreeMap;

use ironbird_rig::Ctx;

use crate::group::record::Group;
use crate::member;

/// Capacity of a group, in its units; only what counts towards the desired capacity.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) total: u64,
    pub(crate) on_demand: u64,
    /// Launched to balance zones and not in service yet.
    pub(crate) balancing: u64,
    /// By zone; every enabled zone is there.
    pub(crate) zones: BTreeMap<String, u64>,
    /// The most that one instance is.
    pub(crate) heaviest: u64,
}

impl Tally {
    /// Counts the instances of the group.
    pub(crate) fn of(ctx: &Ctx<'_>, group: &Group) -> Self {
        let mut tally = Self { heaviest: 1, ..Self::default() };
        for zone in &group.zones {
            tally.zones.insert(zone.name.clone(), 0);
        }
        for member in member::of(ctx, &group.name).filter(|member| member.state.counts()) {
            let units = u64::from(member.weight);
            tally.total += units;
            tally.heaviest = tally.heaviest.max(units);
            if !member.spot {
                tally.on_demand += units;
            }
            if member.balancing {
                tally.balancing += units;
            }
            match tally.zones.get_mut(&member.zone) {
                Some(count) => *count += units,
                None => {
                    tally.zones.insert(member.zone.clone(), units);
                }
            }
        }
        tally
    }

    /// What the zone has.
    pub(crate) fn in_zone(&self, zone: &str) -> u64 {
        self.zones.get(zone).copied().unwrap_or(0)
    }
}
