//! What is done to the worlds, and how reports tell it: the shortage, or the user's experiment that takes its place.

use ironbird_cloud::experiment::{Action as ExperimentAction, Outcome};
use ironbird_report::{Event, Injection, Plot};

use super::Seen;
use super::scenario::Scenario;
use super::shortage::{self, Action};

/// What a report is called.
pub fn title(scenario: &Scenario) -> &'static str {
    match scenario.experiment {
        Some(_) => "An experiment in the middle of a scale-out",
        None => "A shortage in the middle of a scale-out",
    }
}

/// The fault in a sentence or two.
pub fn summary(scenario: &Scenario, courses: &[Seen]) -> String {
    let [first, everywhere, back] = shortage::steps(scenario);
    let begin = first.minute - scenario.demand.rises_at;
    if scenario.experiment.is_some() {
        return format!("In the middle of the rise, {begin} min after its begin, the experiment starts.");
    }
    let main = courses.iter().map(|seen| format!("{} ({})", seen.course.main_pool.0, seen.variant.id));
    let main: Vec<String> = main.collect();
    let also = if scenario.shortage.also.is_empty() {
        String::new()
    } else {
        format!(" {} run dry with it.", scenario.shortage.also.join(", "))
    };
    format!(
        "In the middle of the rise, {begin} min after its begin, the pool that the group draws on most runs dry, {} min later \
         the pools of that type in every zone do; after {} more minutes capacity comes back slowly. The type is the one each \
         group has most instances of: {}.{also}",
        everywhere.minute - first.minute,
        back.minute - everywhere.minute,
        main.join(", "),
    )
}

/// What was injected. Of an experiment, as the practice's world saw it.
pub fn injections(scenario: &Scenario, courses: &[Seen]) -> Vec<Injection> {
    if let Some(outcome) = of_practice(courses) {
        return outcome.actions.iter().filter_map(ExperimentAction::injection).collect();
    }
    let [_, everywhere, back] = shortage::steps(scenario);
    let injections = shortage::steps(scenario).into_iter().map(|step| {
        let zones = if step.is_in_one_zone() { "the zone where it has most" } else { "every zone" };
        let (action, until) = match step.action {
            Action::Drain if step.is_in_one_zone() => {
                ("capacity pool drained".to_owned(), Some(everywhere.minute))
            }
            Action::Drain => ("capacity pools drained".to_owned(), Some(back.minute)),
            Action::Refill { per_hour } => (format!("{per_hour} instances an hour come back"), None),
        };
        let target = format!("the type the group has most of, in {zones}");
        Injection { at: of_minute(step.minute), until: until.map(of_minute), action, target }
    });
    injections.collect()
}

/// The fault as it went on: what all variants share, and what was done to each.
pub fn events(scenario: &Scenario, courses: &[Seen]) -> Vec<Event> {
    let [first, everywhere, back] = shortage::steps(scenario);
    let shared = |minute: u32, what: &str| Event::shared(of_minute(minute), what);
    let mut events = if scenario.experiment.is_some() {
        vec![shared(first.minute, "the experiment starts")]
    } else {
        vec![
            shared(first.minute, "the main pool runs dry in one zone"),
            shared(everywhere.minute, "the main pools run dry in every zone"),
            shared(back.minute, "capacity begins to come back"),
        ]
    };
    for seen in courses {
        let own = |at: f64, what: String, detail: String| Event::of(seen.variant.id, at, what, detail);
        match &seen.course.experiment {
            None => {
                let (main_type, main_zone) = &seen.course.main_pool;
                let detail = format!("{main_type} in {main_zone}");
                events.push(own(of_minute(first.minute), "its main pool".to_owned(), detail));
            }
            Some(outcome) => {
                for action in outcome.actions.iter().filter_map(ExperimentAction::injection) {
                    events.push(own(action.at, action.action, action.target));
                }
            }
        }
    }
    events
}

/// Marks the fault in a plot.
pub fn mark(scenario: &Scenario, courses: &[Seen], plot: &mut Plot) {
    if let Some(outcome) = of_practice(courses) {
        for (action, injection) in outcome.actions.iter().filter_map(|it| Some((it, it.injection()?))) {
            let until = injection.until.unwrap_or(of_minute(scenario.minutes()));
            plot.span(injection.at, until, &action.name);
        }
        return;
    }
    let [first, everywhere, back] = shortage::steps(scenario).map(|step| of_minute(step.minute));
    plot.span(first, back, "main pools dry");
    plot.mark(everywhere, "dry in every zone");
    plot.mark(back, "capacity comes back");
}

fn of_practice(courses: &[Seen]) -> Option<&Outcome> {
    courses.iter().find(|seen| seen.variant.is_practice()).and_then(|seen| seen.course.experiment.as_ref())
}

fn of_minute(minute: u32) -> f64 {
    f64::from(minute) * 60.0
}
