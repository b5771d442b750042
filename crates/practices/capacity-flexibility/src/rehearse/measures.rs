//! What is measured of each variant.

use std::collections::BTreeSet;

use ironbird_report::{Better, Bound, Measure, Unit, Value};

use ironbird_cloud::rehearsal::unpriced;

use super::Seen;
use super::course::Course;
use super::scenario::Scenario;
use super::workload::Demand;

/// The figures of one variant.
pub struct Figures {
    /// Share of the time in which the demand was met.
    pub availability: f64,
    /// Seconds from the demand's peak until the group was as large; none where it never was.
    pub time_to_capacity: Option<f64>,
    /// Seconds in which the demand was not met.
    pub short_seconds: f64,
    /// Missing instances times minutes.
    pub short_instance_minutes: f64,
    /// Most instances that were missing at once.
    pub worst: f64,
    /// Launches that failed.
    pub failures: usize,
    /// Instances launched.
    pub launched: usize,
    /// Types that were in service.
    pub types: usize,
    /// Zones that were.
    pub zones: usize,
    /// Pools that were.
    pub pools: usize,
    /// Dollars spent; none where instances have no price.
    pub cost: Option<f64>,
    /// Hours of serving instances that the demand asked for.
    pub delivered_hours: f64,
}

impl Figures {
    /// Works them out. A sample stands for the time until the next one.
    pub fn of(course: &Course, demand: &Demand) -> Self {
        let tick = f64::from(course.tick);
        // The last sample is the end of the run: no time follows it.
        let spans = course.samples.split_last().map_or(&[][..], |(_, spans)| spans);
        let missing = |index: usize| spans[index].demand.saturating_sub(spans[index].serving);
        let short: Vec<u32> = (0..spans.len()).map(missing).filter(|count| *count > 0).collect();
        let peaks_at = f64::from(demand.peaks_at) * 60.0;
        let reached = course.samples.iter().find(|sample| sample.serving >= demand.peak());
        let used: BTreeSet<&(String, String)> = {
            let pools = course.samples.iter().flat_map(|sample| sample.by_pool.keys());
            pools.collect()
        };
        let delivered: u64 = spans.iter().map(|sample| u64::from(sample.demand.min(sample.serving))).sum();
        Self {
            availability: 1.0 - short.len() as f64 / spans.len().max(1) as f64,
            time_to_capacity: reached.map(|sample| (f64::from(sample.at) - peaks_at).max(0.0)),
            short_seconds: short.len() as f64 * tick,
            short_instance_minutes: short.iter().map(|count| f64::from(*count)).sum::<f64>() * tick / 60.0,
            worst: short.iter().copied().max().map_or(0.0, f64::from),
            failures: course.failures.len(),
            launched: course.launched,
            types: used.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(),
            zones: used.iter().map(|(_, zone)| zone).collect::<BTreeSet<_>>().len(),
            pools: used.len(),
            cost: (!course.spent.unpriced.iter().any(|usage| is_of_instances(usage)))
                .then(|| course.spent.total()),
            delivered_hours: delivered as f64 * tick / 3_600.0,
        }
    }
}

/// Whether a usage type is that of On-Demand Instances, the only ones there are: the cost makes no sense without them.
fn is_of_instances(usage_type: &str) -> bool {
    usage_type.contains("BoxUsage:")
}

/// The table of measures. Those with a bound are the steady state.
pub fn table(scenario: &Scenario, courses: &[Seen], figures: &[Figures]) -> Vec<Measure> {
    let values = |value: &dyn Fn(&Figures) -> Value| figures.iter().map(value).collect::<Vec<_>>();
    let numbers = |number: &dyn Fn(&Figures) -> f64| values(&|figures| Value::Single(number(figures)));
    let priced = |price: &dyn Fn(f64, &Figures) -> f64| {
        values(&|figures| figures.cost.map_or(Value::NotMeasured, |cost| Value::Single(price(cost, figures))))
    };
    let unpriced = unpriced(courses.iter().map(|seen| &seen.course.spent));
    let without = match unpriced.is_empty() {
        true => String::new(),
        false => format!("; without {}, of which no price is known", unpriced.join(", ")),
    };
    let drawable = courses.iter().map(|seen| Value::Single(seen.course.pools as f64)).collect();
    vec![
        Measure::new("Demand met", Unit::Share, Better::Higher, numbers(&|of| of.availability))
            .required(Bound::AtLeast(scenario.goal.availability))
            .with_note("share of the time with at least as many instances serving as the demand asks for"),
        Measure::new(
            "Time to capacity",
            Unit::Seconds,
            Better::Lower,
            values(&|of| Value::or_never(of.time_to_capacity)),
        )
        .required(Bound::AtMost(scenario.goal.time_to_capacity * 60.0))
        .with_note("from the demand's peak until so many instances serve; 0 where they already did"),
        Measure::new("Short for", Unit::Seconds, Better::Lower, numbers(&|of| of.short_seconds)),
        Measure::new(
            "Shortfall",
            Unit::Named("instance-min".into()),
            Better::Lower,
            numbers(&|of| of.short_instance_minutes),
        )
        .with_note("missing instances times the minutes they were missing"),
        Measure::new(
            "Worst shortfall",
            Unit::Named("instances".into()),
            Better::Lower,
            numbers(&|of| of.worst),
        ),
        Measure::new("Failed launches", Unit::Count, Better::Lower, numbers(&|of| of.failures as f64))
            .with_note("scaling activities with status Failed"),
        Measure::new("Instances launched", Unit::Count, Better::Neither, numbers(&|of| of.launched as f64)),
        Measure::new("Pools it may draw on", Unit::Count, Better::Higher, drawable),
        Measure::new("Pools used", Unit::Count, Better::Neither, numbers(&|of| of.pools as f64)),
        Measure::new("Types used", Unit::Count, Better::Neither, numbers(&|of| of.types as f64)),
        Measure::new("Zones used", Unit::Count, Better::Neither, numbers(&|of| of.zones as f64)),
        Measure::new("Cost", Unit::Dollars, Better::Neither, priced(&|cost, _| cost))
            .with_note(format!("a group that is short spends less; compare the next line{without}")),
        Measure::new(
            "Cost of a delivered instance-hour",
            Unit::Dollars,
            Better::Lower,
            priced(&|cost, of| cost / of.delivered_hours.max(f64::MIN_POSITIVE)),
        )
        .with_note(format!("cost over the hours of serving instances that the demand asked for{without}")),
    ]
}
