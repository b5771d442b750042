//! What is measured of each variant.

use ironbird_cloud::rehearsal::unpriced;
use ironbird_report::{Better, Bound, Measure, Unit, Value};
use ironbird_rig::catalogue::hosts;

use super::Seen;
use super::course::{Course, Sample};
use super::scenario::Scenario;

/// Missing instances times the minutes that they were missing.
fn missing_minutes(samples: &[Sample]) -> f64 {
    // The last sample is the end of the run: no time follows it.
    let spans = samples.split_last().map_or(&[][..], |(_, spans)| spans);
    spans.iter().map(|sample| f64::from(sample.wanted.saturating_sub(sample.serving))).sum()
}

/// Seconds that the Mac host was kept longer than it must be.
fn kept_longer(course: &Course) -> Option<f64> {
    let least = f64::from(hosts::mac_rules().min_allocation_hours) * 3_600.0;
    course.released.map(|at| (at - least).max(0.0))
}

/// Dollars spent; none where hosts have no price, as the cost makes no sense without them.
fn cost(course: &Course) -> Value {
    let has_price = !course.spent.unpriced.iter().any(|usage| usage.contains("HostUsage"));
    if has_price { Value::Single(course.spent.total()) } else { Value::NotMeasured }
}

/// The table of measures. Those with a bound are the steady state.
pub fn table(scenario: &Scenario, courses: &[Seen]) -> Vec<Measure> {
    let values = |value: &dyn Fn(&Course) -> Value| -> Vec<Value> {
        courses.iter().map(|seen| value(&seen.course)).collect()
    };
    let numbers = |number: &dyn Fn(&Course) -> f64| values(&|course| Value::Single(number(course)));
    let counts = |count: &dyn Fn(&Course) -> u32| numbers(&|course| f64::from(count(course)));
    let goal = &scenario.goal;
    let unpriced = unpriced(courses.iter().map(|seen| &seen.course.spent));
    let without = match unpriced.is_empty() {
        true => String::new(),
        false => format!("; without {}, of which no price is known", unpriced.join(", ")),
    };
    vec![
        Measure::new(
            "Recovered after",
            Unit::Seconds,
            Better::Lower,
            values(&|course| Value::or_never(course.recovered)),
        )
        .required(Bound::AtMost(goal.recovered * 60.0))
        .with_note("from the failure until everything that ran on the host serves again"),
        Measure::new(
            "Stopped instances that start",
            Unit::Share,
            Better::Higher,
            values(&|course| match course.stopped {
                0 => Value::NotMeasured,
                all => Value::Single(f64::from(course.started) / f64::from(all)),
            }),
        )
        .required(Bound::AtLeast(goal.started))
        .with_note("of those that are to start after the failure, on the host that they are bound to"),
        Measure::new(
            "Longest wait for a Mac",
            Unit::Seconds,
            Better::Lower,
            values(&|course| Value::or_never(course.longest_wait)),
        )
        .required(Bound::AtMost(goal.build_wait * 60.0))
        .with_note("never where a build could not begin before the run ended"),
        Measure::new(
            "Mac host kept longer",
            Unit::Seconds,
            Better::Lower,
            values(&|course| Value::or_never(kept_longer(course))),
        )
        .required(Bound::AtMost(goal.kept * 3_600.0))
        .with_note("than the 24 hours that it is kept at least"),
        Measure::new(
            "Shortfall",
            Unit::Named("instance-min".into()),
            Better::Lower,
            numbers(&|course| missing_minutes(&course.samples)),
        )
        .with_note("missing instances times the minutes they were missing"),
        Measure::new("Moved by hand", Unit::Named("instances".into()), Better::Lower, counts(&|of| of.moved)),
        Measure::new(
            "Aimed elsewhere in time",
            Unit::Named("instances".into()),
            Better::Neither,
            counts(&|of| of.aimed),
        )
        .with_note("stopped instances that got another host before they were to start"),
        Measure::new("Hosts allocated by hand", Unit::Count, Better::Lower, counts(&|of| of.allocated)),
        Measure::new(
            "Lost local disks",
            Unit::Named("instances".into()),
            Better::Lower,
            counts(&|of| of.lost),
        ),
        Measure::new(
            "Builds",
            Unit::Count,
            Better::Higher,
            numbers(&|course| course.builds.last().map_or(0.0, |(_, count)| *count)),
        ),
        Measure::new(
            "Refused launches of Macs",
            Unit::Count,
            Better::Lower,
            counts(&|of| of.refused_launches),
        ),
        Measure::new("Refused releases", Unit::Count, Better::Lower, counts(&|of| of.refused_releases)),
        Measure::new("Cost", Unit::Dollars, Better::Lower, values(&cost))
            .with_note(format!("On-Demand prices of the hosts while they are available{without}")),
    ]
}
