//! What is measured of each variant.

use ironbird_report::{Better, Bound, Measure, Unit, Value};

use super::Seen;
use super::course::Course;
use super::scenario::Scenario;

fn seconds(minutes: Option<u32>) -> Value {
    Value::or_never(minutes.map(|minutes| f64::from(minutes) * 60.0))
}

/// The table of measures. Those with a bound are the steady state.
pub fn table(scenario: &Scenario, courses: &[Seen]) -> Vec<Measure> {
    let values =
        |value: &dyn Fn(&Course) -> Value| courses.iter().map(|seen| value(&seen.course)).collect::<Vec<_>>();
    let counts = |count: &dyn Fn(&Course) -> u32| values(&|course| Value::Single(f64::from(count(course))));
    let goal = &scenario.goal;
    let an_hour_on = scenario.noticed() + 60;
    let fresh = |course: &Course| match course.last_fresh {
        None => Value::NotMeasured,
        Some(last) => seconds(Some((last + 1).saturating_sub(scenario.noticed()))),
    };
    vec![
        Measure::new(
            "Access gone everywhere after",
            Unit::Seconds,
            Better::Lower,
            values(&|course| seconds(course.gone_after(scenario))),
        )
        .required(Bound::AtMost(goal.gone * 60.0))
        .with_note("from the notice until no call with the laptop succeeds in any account"),
        Measure::new(
            "Denied calls of the colleague",
            Unit::Count,
            Better::Lower,
            counts(&|course| course.denied),
        )
        .required(Bound::AtMost(0.0))
        .with_note("who has the same permission set and goes on working"),
        Measure::new(
            "Policy holds everywhere after",
            Unit::Seconds,
            Better::Lower,
            values(&|course| seconds(course.holds_after(scenario))),
        )
        .required(Bound::AtMost(goal.policy * 60.0))
        .with_note("from its change until what it takes away is denied in every account"),
        Measure::new("No fresh credentials after", Unit::Seconds, Better::Lower, values(&fresh))
            .with_note("from the notice; not measured where there is no portal to ask"),
        Measure::new(
            "Accounts open an hour later",
            Unit::Count,
            Better::Lower,
            counts(&|course| course.open.get(an_hour_on as usize).copied().unwrap_or(0)),
        ),
        Measure::new(
            "Calls after the notice",
            Unit::Count,
            Better::Lower,
            counts(&|course| course.after_notice),
        )
        .with_note("with the laptop, one a minute in each account, that succeeded"),
    ]
}
