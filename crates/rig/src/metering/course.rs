//! What was paid over time: the cost of all accounts in each of many spans, in one pass over all usage.

use std::collections::BTreeSet;

use ironbird_wire::timestamp::Timestamp;

use super::{Market, NanoDollars, SpotPools, Usages, charged};
use crate::account::Scope;
use crate::closure;
use crate::context::Ctx;
use crate::store::Key;

/// What was paid in each of many spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// By group and span; none for groups in which nothing was used.
    pub costs: Vec<Option<Vec<NanoDollars>>>,
    /// Usage types without a known price, which the costs leave out.
    pub unpriced: Vec<String>,
}

/// What all accounts paid in the spans between two successive `bounds`, which are in their order, by groups: `group` says
/// in which of `groups` a usage type is.
pub fn course(ctx: &Ctx<'_>, bounds: &[Timestamp], groups: usize, group: impl Fn(&str) -> usize) -> Course {
    let (Some(from), Some(until)) = (bounds.first(), bounds.last()) else {
        return Course { costs: vec![None; groups], unpriced: Vec::new() };
    };
    let bounds: Vec<i64> = bounds.iter().map(|bound| bound.nanos()).collect();
    let mut market = Market::new(ctx.seed());
    let mut sums: Vec<Option<Sums>> = (0..groups).map(|_| None).collect();
    let mut unpriced = BTreeSet::new();
    for (key, usage) in ctx.scan::<Usages>(&Key::new()) {
        let closed = Scope::of(key).and_then(|scope| closure::since(ctx, scope.account));
        let until = closed.map_or(*until, |closed| closed.min(*until));
        let Some((begin, end)) = charged(usage, *from, until, ctx.now()) else { continue };
        let Some(group) = sums.get_mut(group(&usage.usage_type)) else { continue };
        let mut pay = |begin, end, hourly: Option<NanoDollars>| match hourly {
            Some(hourly) => {
                let rate = i128::from(hourly) * i128::from(usage.units);
                group.get_or_insert_with(|| Sums::new(&bounds)).add(&bounds, begin, end, rate);
            }
            None if unpriced.contains(&usage.usage_type) => {}
            None => {
                unpriced.insert(usage.usage_type.clone());
            }
        };
        match ctx.peek::<SpotPools>(key) {
            Some(pool) => market.each_price(pool, begin, end, pay),
            None => pay(begin, end, usage.hourly),
        }
    }
    let costs = sums.into_iter().map(|sums| sums.map(|sums| sums.costs(&bounds))).collect();
    Course { costs, unpriced: unpriced.into_iter().collect() }
}

/// Adds up rates, in billionths of a dollar an hour, so that a use costs the same work however many spans it covers.
struct Sums {
    /// By how much the rate is higher in each span than in the one before, of uses that cover it.
    steps: Vec<i128>,
    /// Rate times nanoseconds, of uses that cover a part of the span.
    parts: Vec<i128>,
}

impl Sums {
    fn new(bounds: &[i64]) -> Self {
        Self { steps: vec![0; bounds.len()], parts: vec![0; bounds.len()] }
    }

    /// Adds what costs `rate` from `begin` up to `end`, both between the first and the last of the bounds.
    fn add(&mut self, bounds: &[i64], begin: i64, end: i64, rate: i128) {
        let span_of = |at: i64| bounds.partition_point(|bound| *bound <= at).saturating_sub(1);
        let (first, last) = (span_of(begin), span_of(end));
        if first == last {
            self.parts[first] += rate * i128::from(end - begin);
            return;
        }
        self.parts[first] += rate * i128::from(bounds[first + 1] - begin);
        self.parts[last] += rate * i128::from(end - bounds[last]);
        self.steps[first + 1] += rate;
        self.steps[last] -= rate;
    }

    fn costs(self, bounds: &[i64]) -> Vec<NanoDollars> {
        let mut rate = 0;
        let spans = bounds.windows(2).zip(self.steps).zip(self.parts);
        let cost = |((span, step), part): ((&[i64], i128), i128)| {
            rate += step;
            let sum = rate * i128::from(span[1] - span[0]) + part;
            NanoDollars::try_from(sum / 3_600_000_000_000).unwrap_or(NanoDollars::MAX)
        };
        spans.map(cost).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Sums;

    #[test]
    fn whole_and_partial_spans_add_up() {
        const HOUR: i64 = 3_600_000_000_000;
        let bounds = [0, HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR];
        let mut sums = Sums::new(&bounds);
        sums.add(&bounds, HOUR / 2, 3 * HOUR + HOUR / 4, 100);
        sums.add(&bounds, HOUR + HOUR / 2, HOUR + HOUR / 2 + HOUR / 4, 8);
        sums.add(&bounds, 2 * HOUR, 4 * HOUR, 1000);
        assert_eq!(sums.costs(&bounds), [50, 102, 1100, 1025]);
    }
}
