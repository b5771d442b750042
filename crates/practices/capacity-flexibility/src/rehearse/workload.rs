//! The demand over time, and the two ways to follow it.

use ironbird_rig::seed::Seed;

use super::scenario::Scenario;

/// Jitter holds for so many minutes.
const JITTER_MINUTES: u32 = 5;

/// The small steps look back so far to see how the demand grows.
const GROWTH_MINUTES: u32 = 10;

/// How many instances the demand asks for, minute by minute.
pub struct Demand {
    by_minute: Vec<u32>,
    /// Minute in which it first asks for its peak.
    pub peaks_at: u32,
}

impl Demand {
    /// The demand of a scenario that has been validated.
    pub fn of(scenario: &Scenario) -> Self {
        let seed = Seed::root(scenario.seed).child("capacity-flexibility").child("demand");
        let shape = &scenario.demand;
        let end = scenario.minutes();
        let falls_at = end - 2 * shape.falls_for;
        let rise_ends = shape.rises_at + shape.rises_for;
        let height = |minute: u32| -> f64 {
            let progress = if minute < shape.rises_at || minute >= end - shape.falls_for {
                return 0.0;
            } else if minute < rise_ends {
                f64::from(minute - shape.rises_at) / f64::from(shape.rises_for)
            } else if minute < falls_at {
                return 1.0;
            } else {
                1.0 - f64::from(minute - falls_at) / f64::from(shape.falls_for)
            };
            let drawn = seed.nth(u64::from(minute / JITTER_MINUTES)).rng().unit();
            (progress + (2.0 * drawn - 1.0) * shape.jitter).clamp(0.0, 1.0)
        };
        let peak = f64::from(scenario.instances);
        let base = peak * shape.base_share;
        let by_minute =
            (0..=end).map(|minute| (base + (peak - base) * height(minute)).ceil() as u32).collect();
        Self { by_minute, peaks_at: rise_ends }
    }

    /// Instances asked for in a minute; after the end, as in the last one.
    pub fn at(&self, minute: u32) -> u32 {
        let last = self.by_minute.len().saturating_sub(1);
        self.by_minute.get((minute as usize).min(last)).copied().unwrap_or(0)
    }

    /// Most that it ever asks for.
    pub fn peak(&self) -> u32 {
        self.by_minute.iter().copied().max().unwrap_or(0)
    }
}

/// The way a group follows the demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// A large number of instances, once the demand is above what is there.
    Big,
    /// Small batches, often, ahead of the demand.
    Small,
}

/// What sets the desired capacity: an operator or a scaling policy that looks once a minute.
pub struct Scaler {
    steps: Steps,
    last_change: Option<u32>,
}

impl Scaler {
    /// One that has not acted yet.
    pub const fn new(steps: Steps) -> Self {
        Self { steps, last_change: None }
    }

    /// The desired capacity to begin with.
    pub fn first(&self, scenario: &Scenario, demand: &Demand) -> u32 {
        match self.steps {
            Steps::Big => demand.at(0),
            Steps::Small => with_headroom(scenario, f64::from(demand.at(0))),
        }
    }

    /// The desired capacity to set in this minute, if it is to be changed.
    pub fn change(&mut self, scenario: &Scenario, demand: &Demand, minute: u32, desired: u32) -> Option<u32> {
        let pause = match self.steps {
            Steps::Big => scenario.big_step.cooldown,
            Steps::Small => scenario.small_steps.every,
        };
        if self.last_change.is_some_and(|last| minute < last + pause) {
            return None;
        }
        let wanted = match self.steps {
            Steps::Big => big(scenario, demand.at(minute), desired),
            Steps::Small => small(scenario, demand, minute, desired),
        };
        if wanted == desired {
            return None;
        }
        self.last_change = Some(minute);
        Some(wanted)
    }
}

fn big(scenario: &Scenario, demand: u32, desired: u32) -> u32 {
    let step = scenario.instances_of(scenario.big_step.share);
    if demand > desired {
        return (desired + step).min(scenario.instances).max(demand);
    }
    if desired - demand >= step { (desired - step).max(demand) } else { desired }
}

fn small(scenario: &Scenario, demand: &Demand, minute: u32, desired: u32) -> u32 {
    let settings = &scenario.small_steps;
    let (now, before) = (demand.at(minute), demand.at(minute.saturating_sub(GROWTH_MINUTES)));
    let growth = (f64::from(now) - f64::from(before)).max(0.0) / f64::from(GROWTH_MINUTES);
    let expected = f64::from(now) + growth * f64::from(settings.ahead);
    let wanted = with_headroom(scenario, expected.min(f64::from(scenario.instances)));
    let step = scenario.instances_of(settings.share);
    if wanted >= desired {
        return wanted.min(desired + step);
    }
    // A group that shrank at every dip would be short at the next rise.
    if desired - wanted >= step.min(desired / 8).max(1) {
        desired.saturating_sub(step).max(wanted)
    } else {
        desired
    }
}

fn with_headroom(scenario: &Scenario, demand: f64) -> u32 {
    demand.ceil() as u32 + (f64::from(scenario.instances) * scenario.small_steps.headroom).round() as u32
}

/// The largest desired capacity that either way may set.
pub fn ceiling(scenario: &Scenario) -> u32 {
    with_headroom(scenario, f64::from(scenario.instances)).max(scenario.instances)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(steps: Steps) -> Vec<(u32, u32)> {
        let scenario = Scenario::default();
        let demand = Demand::of(&scenario);
        let mut scaler = Scaler::new(steps);
        let mut desired = scaler.first(&scenario, &demand);
        let mut changes = Vec::new();
        for minute in 0..=scenario.minutes() {
            if let Some(wanted) = scaler.change(&scenario, &demand, minute, desired) {
                desired = wanted;
                changes.push((minute, wanted));
            }
        }
        changes
    }

    #[test]
    fn the_demand_rises_to_its_peak_and_falls_to_its_base() {
        let scenario = Scenario::default();
        let demand = Demand::of(&scenario);
        assert_eq!((demand.at(0), demand.at(29), demand.peak()), (12, 12, 60));
        assert_eq!(demand.at(demand.peaks_at), 60);
        assert_eq!(demand.at(scenario.minutes()), 12);
        assert_eq!(demand.at(u32::MAX), 12);
        let middle = demand.at(60);
        assert!((34..=38).contains(&middle), "{middle}");
    }

    #[test]
    fn big_steps_are_few_and_late_and_small_ones_many_and_early() {
        let (big, small) = (run(Steps::Big), run(Steps::Small));
        let rises = |changes: &[(u32, u32)]| {
            let up = changes.iter().take_while(|(minute, _)| *minute < 120).count();
            let reached = changes.iter().find(|(_, wanted)| *wanted >= 60).map(|(minute, _)| *minute);
            (up, reached)
        };
        let (big_rises, big_reached) = rises(&big);
        let (small_rises, small_reached) = rises(&small);
        assert_eq!(big_rises, 2, "{big:?}");
        assert!(small_rises >= 8, "{small:?}");
        assert!(small_reached.is_some() && big_reached.is_some());
        assert_eq!(small.last().map(|(_, wanted)| *wanted), Some(16), "{small:?}");
    }
}
