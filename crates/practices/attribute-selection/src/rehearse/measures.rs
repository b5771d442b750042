//! What is measured of each variant.

use std::collections::BTreeSet;

use ironbird_report::{Better, Bound, Measure, Unit, Value};
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::catalogue::protection::Priced;

use super::Seen;
use super::course::{Course, Sample};
use super::scenario::{Scenario, Stage};

/// Samples that time follows: the last one is the end of the run.
fn spans(course: &Course) -> &[Sample] {
    course.samples.split_last().map_or(&[][..], |(_, spans)| spans)
}

/// Instances that are missing in each minute.
fn missing<'c>(scenario: &'c Scenario, course: &'c Course) -> impl Iterator<Item = f64> + 'c {
    spans(course).iter().map(|sample| f64::from(scenario.instances.saturating_sub(sample.serving)))
}

/// Share of the time in which all instances were in service.
fn availability(scenario: &Scenario, course: &Course) -> f64 {
    let whole = missing(scenario, course).filter(|count| *count == 0.0).count();
    whole as f64 / spans(course).len().max(1) as f64
}

/// Hours of instances in service.
fn delivered_hours(course: &Course) -> f64 {
    spans(course).iter().map(|sample| f64::from(sample.serving)).sum::<f64>() / 60.0
}

/// What the same hours cost On-Demand, in dollars; none where a type has no known price.
fn on_demand(stage: &Stage, course: &Course) -> Option<f64> {
    let mut dollars = 0.0;
    for (name, count) in spans(course).iter().flat_map(|sample| sample.by_type.iter()) {
        let price = Priced::usually(stage.region.code(), instance_types::get(name)?).on_demand?;
        dollars += f64::from(*count) / 60.0 * price.0 as f64 / 1e9;
    }
    Some(dollars)
}

/// Dollars spent on instances.
fn on_instances(course: &Course) -> f64 {
    let usages = course.spent.by_usage.iter().filter(|(usage, _)| usage.contains("SpotUsage"));
    usages.map(|(_, dollars)| dollars).sum()
}

/// Types that were in service.
pub fn types_used(course: &Course) -> usize {
    course.samples.iter().flat_map(|sample| sample.by_type.keys()).collect::<BTreeSet<_>>().len()
}

/// Instances of the type that arrived, at the end.
fn of_arrival(scenario: &Scenario, course: &Course) -> u32 {
    let last = course.samples.last();
    last.and_then(|sample| sample.by_type.get(&scenario.arrival.instance_type)).copied().unwrap_or(0)
}

/// The table of measures. Those with a bound are the steady state.
pub fn table(scenario: &Scenario, stage: &Stage, courses: &[Seen]) -> Vec<Measure> {
    let values = |value: &dyn Fn(&Course) -> Value| -> Vec<Value> {
        courses.iter().map(|seen| value(&seen.course)).collect()
    };
    let numbers = |number: &dyn Fn(&Course) -> f64| values(&|course| Value::Single(number(course)));
    let instances = || Unit::Named("instances".into());
    let per_hour = |course: &Course| on_instances(course) / delivered_hours(course).max(f64::MIN_POSITIVE);
    vec![
        Measure::new(
            "Capacity held",
            Unit::Share,
            Better::Higher,
            numbers(&|course| availability(scenario, course)),
        )
        .required(Bound::AtLeast(scenario.goal.availability))
        .with_note("share of the time with all instances in service"),
        Measure::new(
            "Worst shortfall",
            Unit::Share,
            Better::Lower,
            numbers(&|course| {
                missing(scenario, course).fold(0.0, f64::max) / f64::from(scenario.instances.max(1))
            }),
        )
        .required(Bound::AtMost(scenario.goal.worst))
        .with_note("most instances that were missing at once, as a share of the group"),
        Measure::new(
            "Shortfall",
            Unit::Named("instance-min".into()),
            Better::Lower,
            numbers(&|course| missing(scenario, course).sum()),
        )
        .with_note("missing instances times the minutes they were missing"),
        Measure::new(
            "Interruptions",
            instances(),
            Better::Lower,
            numbers(&|course| course.warnings.len() as f64),
        )
        .with_note("instances that were warned two minutes ahead"),
        Measure::new(
            "Rebalance recommendations",
            instances(),
            Better::Neither,
            numbers(&|course| course.recommended as f64),
        ),
        Measure::new(
            "Failed launches",
            Unit::Count,
            Better::Lower,
            numbers(&|course| course.failures.len() as f64),
        )
        .with_note("events \"EC2 Instance Launch Unsuccessful\""),
        Measure::new("Types it may draw on", Unit::Count, Better::Higher, numbers(&|of| of.types as f64)),
        Measure::new("Pools it may draw on", Unit::Count, Better::Higher, numbers(&|of| of.pools as f64)),
        Measure::new(
            "Types used",
            Unit::Count,
            Better::Neither,
            numbers(&|course| types_used(course) as f64),
        ),
        Measure::new(
            "On the new type at the end",
            instances(),
            Better::Neither,
            numbers(&|course| f64::from(of_arrival(scenario, course))),
        ),
        Measure::new("Spot price of an instance-hour", Unit::Dollars, Better::Lower, numbers(&per_hour))
            .with_note("what the instances cost over the hours that they were in service"),
        Measure::new(
            "Saved against On-Demand",
            Unit::Share,
            Better::Higher,
            values(&|course| match on_demand(stage, course) {
                Some(dollars) if dollars > 0.0 => Value::Single(1.0 - on_instances(course) / dollars),
                _ => Value::NotMeasured,
            }),
        )
        .with_note("the same hours of the same types at On-Demand prices"),
        Measure::new("Cost", Unit::Dollars, Better::Neither, numbers(&|course| course.spent.total()))
            .with_note("instances and their root volumes; a group that is short spends less"),
    ]
}
