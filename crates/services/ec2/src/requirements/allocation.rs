//! In which order pools of capacity are tried.
//!
//! A pool is a type in a zone. All ties are broken by type name, then zone name, so that the same pools always give the
//! same order.

use std::cmp::Ordering;

use ironbird_rig::catalogue::NanoUsd;

/// A pool of capacity that may be drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// Zone, by name or id.
    pub zone: &'a str,
    /// Instance type.
    pub instance_type: &'a str,
    /// Price of an instance for an hour, for the purchase option at hand.
    pub price: NanoUsd,
    /// Instances that could be started there, as far as the cloud can tell.
    pub capacity: u32,
    /// The lower, the sooner; none comes last.
    pub priority: Option<f64>,
    /// Units of capacity that one instance is; 1 unless weighted. Not positive counts as 1.
    pub weight: f64,
}

impl Pool<'_> {
    fn units(&self) -> f64 {
        if self.weight > 0.0 { self.weight } else { 1.0 }
    }
}

/// Allocation strategies for On-Demand capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OnDemandStrategy {
    /// The lowest priced pool first (`lowest-price`).
    #[default]
    LowestPrice,
    /// By the priorities given (`prioritized`).
    Prioritized,
}

impl OnDemandStrategy {
    /// The strategy by the API's name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "lowest-price" => Some(Self::LowestPrice),
            "prioritized" => Some(Self::Prioritized),
            _ => None,
        }
    }
}

/// Allocation strategies for Spot capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpotStrategy {
    /// The lowest priced pools first, evenly over so many of them (`lowest-price`, `InstancePoolsToUseCount`).
    LowestPrice {
        /// Pools to spread over; 1 if not given. 0 counts as 1.
        pools: usize,
    },
    /// Evenly over all pools (`diversified`).
    Diversified,
    /// The pool with most capacity first (`capacity-optimized`).
    CapacityOptimized,
    /// Of the pools with plenty of capacity that of the highest priority first (`capacity-optimized-prioritized`).
    CapacityOptimizedPrioritized,
    /// Of the pools with plenty of capacity the lowest priced first (`price-capacity-optimized`).
    PriceCapacityOptimized,
}

impl SpotStrategy {
    /// The strategy by the API's name; `pools` is `InstancePoolsToUseCount`.
    pub fn parse(name: &str, pools: Option<usize>) -> Option<Self> {
        match name {
            "lowest-price" => Some(Self::LowestPrice { pools: pools.unwrap_or(1) }),
            "diversified" => Some(Self::Diversified),
            "capacity-optimized" => Some(Self::CapacityOptimized),
            "capacity-optimized-prioritized" => Some(Self::CapacityOptimizedPrioritized),
            "price-capacity-optimized" => Some(Self::PriceCapacityOptimized),
            _ => None,
        }
    }
}

/// How pools are drawn from: evenly over the first [`spread`](Self::spread) of the order, and where one of these is
/// dry, from the next in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Positions of the pools in the list given, the first to try first.
    pub order: Vec<usize>,
    /// Pools to spread over from the start; at least 1, and at most all, unless there is none.
    pub spread: usize,
}

impl Plan {
    /// How many of `instances` each pool of the spread is to give, in the order of the plan: evenly, the first ones one
    /// more where it does not divide. Pools that would give none are left out.
    pub fn shares(&self, instances: u32) -> Vec<(usize, u32)> {
        let Ok(pools) = u32::try_from(self.spread) else { return Vec::new() };
        if pools == 0 {
            return Vec::new();
        }
        let (each, more) = (instances / pools, instances % pools);
        let share = |position: u32| each + u32::from(position < more);
        let spread = self.order.iter().zip(0..pools).map(|(pool, position)| (*pool, share(position)));
        spread.filter(|(_, count)| *count > 0).collect()
    }
}

/// The plan for On-Demand capacity. `target` is the capacity to fill, in units.
pub fn plan_on_demand(strategy: OnDemandStrategy, pools: &[Pool<'_>], target: f64) -> Plan {
    let by_unit = priced_by_unit(pools, target);
    let order = match strategy {
        OnDemandStrategy::LowestPrice => ordered(pools, |one, other| by_price(one, other, by_unit)),
        OnDemandStrategy::Prioritized => ordered(pools, by_priority),
    };
    Plan { spread: order.len().min(1), order }
}

/// The plan for Spot capacity. `target` is the capacity to fill, in units.
///
/// "Plenty of capacity" is AWS's secret; here it is room for the whole request, but at least half of what the deepest
/// pool has. Pools with less come after, the deeper first.
pub fn plan_spot(strategy: SpotStrategy, pools: &[Pool<'_>], target: f64) -> Plan {
    let by_unit = priced_by_unit(pools, target);
    let plenty = plenty(pools, target);
    let deep_first = |one: &Pool<'_>,
                      other: &Pool<'_>,
                      within: fn(&Pool<'_>, &Pool<'_>, bool) -> Ordering| {
        match (plenty(one), plenty(other)) {
            (true, true) => within(one, other, by_unit),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => by_depth(one, other, by_unit),
        }
    };
    let order = match strategy {
        SpotStrategy::LowestPrice { .. } | SpotStrategy::Diversified => {
            ordered(pools, |one, other| by_price(one, other, by_unit))
        }
        SpotStrategy::CapacityOptimized => ordered(pools, |one, other| by_depth(one, other, by_unit)),
        SpotStrategy::CapacityOptimizedPrioritized => ordered(pools, |one, other| {
            deep_first(one, other, |one, other, by_unit| {
                by_priority(one, other).then_with(|| by_depth(one, other, by_unit))
            })
        }),
        SpotStrategy::PriceCapacityOptimized => ordered(pools, |one, other| deep_first(one, other, by_price)),
    };
    let spread = match strategy {
        SpotStrategy::LowestPrice { pools } => pools.max(1),
        SpotStrategy::Diversified => order.len(),
        _ => 1,
    };
    Plan { spread: spread.min(order.len()), order }
}

/// Whether prices count for a unit of capacity rather than for an instance: always, but when every pool's weight is
/// above the target, so that a single instance is launched.
fn priced_by_unit(pools: &[Pool<'_>], target: f64) -> bool {
    pools.iter().any(|pool| pool.units() <= target)
}

fn plenty(pools: &[Pool<'_>], target: f64) -> impl Fn(&Pool<'_>) -> bool + use<> {
    let room = |pool: &Pool<'_>| f64::from(pool.capacity) * pool.units();
    let deepest = pools.iter().map(room).fold(0.0, f64::max);
    let enough = target.max(deepest / 2.0).min(deepest);
    move |pool| room(pool) >= enough
}

fn ordered(pools: &[Pool<'_>], compare: impl Fn(&Pool<'_>, &Pool<'_>) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pools.len()).collect();
    order.sort_by(|one, other| {
        let (one, other) = (&pools[*one], &pools[*other]);
        compare(one, other)
            .then_with(|| one.instance_type.cmp(other.instance_type))
            .then_with(|| one.zone.cmp(other.zone))
    });
    order
}

fn by_price(one: &Pool<'_>, other: &Pool<'_>, by_unit: bool) -> Ordering {
    if !by_unit {
        return one.price.cmp(&other.price);
    }
    (one.price.0 as f64 * other.units()).total_cmp(&(other.price.0 as f64 * one.units()))
}

fn by_priority(one: &Pool<'_>, other: &Pool<'_>) -> Ordering {
    let rank = |pool: &Pool<'_>| pool.priority.unwrap_or(f64::INFINITY);
    rank(one).total_cmp(&rank(other))
}

/// The deeper pool first, in units of capacity; of equally deep ones the lower priced.
fn by_depth(one: &Pool<'_>, other: &Pool<'_>, by_unit: bool) -> Ordering {
    let room = |pool: &Pool<'_>| f64::from(pool.capacity) * pool.units();
    room(other).total_cmp(&room(one)).then_with(|| by_price(one, other, by_unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(instance_type: &'static str, price: i64, capacity: u32) -> Pool<'static> {
        Pool { zone: "z1", instance_type, price: NanoUsd(price), capacity, priority: None, weight: 1.0 }
    }

    fn names<'a>(pools: &[Pool<'a>], plan: &Plan) -> Vec<&'a str> {
        plan.order.iter().map(|position| pools[*position].instance_type).collect()
    }

    #[test]
    fn on_demand_by_price_and_by_priority() {
        let mut pools = [pool("c", 3, 0), pool("b", 1, 0), pool("a", 1, 0), pool("d", 2, 0)];
        let plan = plan_on_demand(OnDemandStrategy::LowestPrice, &pools, 10.0);
        assert_eq!((names(&pools, &plan), plan.spread), (vec!["a", "b", "d", "c"], 1));
        pools[0].priority = Some(0.0);
        pools[3].priority = Some(7.0);
        let plan = plan_on_demand(OnDemandStrategy::Prioritized, &pools, 10.0);
        // Those without a priority come last, and tie by name.
        assert_eq!(names(&pools, &plan), ["c", "d", "a", "b"]);
    }

    #[test]
    fn weights_make_prices_count_for_a_unit() {
        let mut pools = [pool("small", 10, 0), pool("big", 36, 0)];
        pools[1].weight = 4.0;
        let plan = plan_on_demand(OnDemandStrategy::LowestPrice, &pools, 8.0);
        assert_eq!(names(&pools, &plan), ["big", "small"]);
        // All weights above the target: one instance is launched, and its price counts.
        pools[0].weight = 2.0;
        let plan = plan_on_demand(OnDemandStrategy::LowestPrice, &pools, 1.0);
        assert_eq!(names(&pools, &plan), ["small", "big"]);
    }

    #[test]
    fn lowest_price_spreads_over_the_pools_asked_for() {
        let pools = [pool("c", 3, 9), pool("a", 1, 9), pool("b", 2, 9)];
        let plan = plan_spot(SpotStrategy::LowestPrice { pools: 2 }, &pools, 5.0);
        assert_eq!((names(&pools, &plan), plan.spread), (vec!["a", "b", "c"], 2));
        assert_eq!(plan.shares(5), [(1, 3), (2, 2)]);
        assert_eq!(plan.shares(1), [(1, 1)]);
        assert_eq!(plan_spot(SpotStrategy::LowestPrice { pools: 0 }, &pools, 5.0).spread, 1);
        assert_eq!(plan_spot(SpotStrategy::LowestPrice { pools: 9 }, &pools, 5.0).spread, 3);
        assert_eq!(plan_spot(SpotStrategy::Diversified, &pools, 5.0).shares(4), [(1, 2), (2, 1), (0, 1)]);
    }

    #[test]
    fn capacity_comes_first_where_it_is_optimized() {
        let mut pools =
            [pool("cheap", 1, 5), pool("deep", 4, 100), pool("half", 2, 60), pool("third", 1, 40)];
        let plan = plan_spot(SpotStrategy::CapacityOptimized, &pools, 10.0);
        assert_eq!(names(&pools, &plan), ["deep", "half", "third", "cheap"]);
        let plan = plan_spot(SpotStrategy::PriceCapacityOptimized, &pools, 10.0);
        assert_eq!(names(&pools, &plan), ["half", "deep", "third", "cheap"]);
        // A request for more than half of the deepest pool leaves only that.
        let plan = plan_spot(SpotStrategy::PriceCapacityOptimized, &pools, 80.0);
        assert_eq!(names(&pools, &plan), ["deep", "half", "third", "cheap"]);
        pools[1].priority = Some(2.0);
        pools[2].priority = Some(1.0);
        pools[0].priority = Some(0.0);
        let plan = plan_spot(SpotStrategy::CapacityOptimizedPrioritized, &pools, 10.0);
        assert_eq!(names(&pools, &plan), ["half", "deep", "third", "cheap"]);
    }

    #[test]
    fn ties_and_empty_lists_are_settled() {
        let mut pools = [pool("b", 1, 1), pool("a", 1, 1), pool("a", 1, 1)];
        pools[1].zone = "z9";
        for strategy in ["lowest-price", "diversified", "capacity-optimized", "price-capacity-optimized"] {
            let plan = plan_spot(SpotStrategy::parse(strategy, None).unwrap(), &pools, 1.0);
            assert_eq!(plan.order, [2, 1, 0], "{strategy}");
        }
        let none = plan_spot(SpotStrategy::Diversified, &[], 1.0);
        assert_eq!((none.order.len(), none.spread, none.shares(3).len()), (0, 0, 0));
        assert_eq!(plan_on_demand(OnDemandStrategy::LowestPrice, &[], 1.0).spread, 0);
        assert!(
            OnDemandStrategy::parse("cheapest").is_none()
                && SpotStrategy::parse("prioritized", None).is_none()
        );
    }

    #[test]
    fn odd_weights_and_dry_pools_do_no_harm() {
        let mut pools = [pool("a", 2, 0), pool("b", 1, 0)];
        pools[0].weight = f64::NAN;
        pools[1].weight = -3.0;
        for strategy in [SpotStrategy::CapacityOptimized, SpotStrategy::PriceCapacityOptimized] {
            assert_eq!(names(&pools, &plan_spot(strategy, &pools, 5.0)), ["b", "a"]);
        }
    }
}
