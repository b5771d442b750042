//! The verdict in words: what was to hold, what was done, what happened, and what to take from it.

use ironbird_cloud::experiment::{Action, Template};
use ironbird_cloud::rehearsal::{start, unpriced};
use ironbird_report::{Event, Experiment, Hypothesis, Injection, Note, Outcome, Unit, Verdict};

use super::Seen;
use super::measures;
use super::plots;
use super::scenario::{Scenario, Stage};

/// Puts the verdict together.
pub fn verdict(scenario: &Scenario, stage: &Stage, courses: &[Seen], replay: &str) -> Verdict {
    let mut verdict = Verdict {
        practice: crate::NAME.to_owned(),
        title: "A day on the Spot market".to_owned(),
        seed: scenario.seed,
        software: crate::SOFTWARE.to_owned(),
        replay: replay.to_owned(),
        hypothesis: hypothesis(scenario),
        experiment: experiment(scenario, courses),
        variants: courses.iter().map(|seen| variant(scenario, stage, seen)).collect(),
        measures: measures::table(scenario, stage, courses),
        plots: plots::plots(scenario, courses),
        timeline: timeline(scenario, courses),
        conclusion: String::new(),
        notes: notes(scenario, courses),
        seeds: None,
    };
    verdict.conclusion = conclusion(&verdict, courses);
    verdict
}

fn variant(scenario: &Scenario, stage: &Stage, seen: &Seen) -> ironbird_report::Variant {
    let course = &seen.course;
    ironbird_report::Variant {
        id: seen.variant.id.to_owned(),
        name: seen.variant.name.to_owned(),
        practice: seen.variant.is_practice(),
        description: seen.variant.description(scenario, stage, course.types, course.pools),
    }
}

fn hypothesis(scenario: &Scenario) -> Hypothesis {
    let goal = &scenario.goal;
    Hypothesis {
        statement: format!(
            "The group has all of its instances in {} of the time, and never misses more than {} of them.",
            Unit::Share.write(goal.availability),
            Unit::Share.write(goal.worst),
        ),
        measured: "Instances in service (DescribeAutoScalingGroups) in every minute; interruptions, recommendations and failed launches \
                   from the events that EC2 and Auto Scaling tell; cost from the metered usage."
            .to_owned(),
    }
}

fn second(minute: u32) -> f64 {
    f64::from(minute) * 60.0
}

/// An action of the experiment as an injection. One that is over at once has no end.
fn injection(action: &Action) -> Option<Injection> {
    let injection = action.injection()?;
    Some(Injection { until: injection.until.filter(|until| *until > injection.at), ..injection })
}

fn experiment(scenario: &Scenario, courses: &[Seen]) -> Experiment {
    let Scenario { surge, arrival, .. } = scenario;
    let lost = scenario.instances_of(surge.share);
    let practice = courses.iter().find(|seen| seen.variant.is_practice());
    let mut injections = vec![Injection {
        at: second(surge.at),
        until: Some(second(surge.at + surge.lasts)),
        action: format!("{lost} instances are taken out of every pool"),
        target: "all types that some variant may launch, in every zone".to_owned(),
    }];
    let actions = practice.iter().flat_map(|seen| &seen.course.experiment.actions);
    injections.extend(actions.filter_map(injection));
    injections.push(Injection {
        at: second(arrival.at),
        until: None,
        action: "a new type has capacity".to_owned(),
        target: arrival.instance_type.clone(),
    });
    Experiment {
        summary: format!(
            "A group of {} Spot Instances over all zones. After {} others need {lost} instances more of every pool, for {}: what is \
             free goes first, then Spot Instances are taken back. After {} an experiment interrupts a part of the group. After {} {} \
             has capacity for the first time, and after {} all instances are replaced, as with a new image.",
            scenario.instances,
            Unit::Seconds.write(second(surge.at)),
            Unit::Seconds.write(second(surge.lasts)),
            Unit::Seconds.write(second(scenario.experiment_at)),
            Unit::Seconds.write(second(arrival.at)),
            arrival.instance_type,
            Unit::Seconds.write(second(scenario.refresh_at)),
        ),
        start: start(),
        seconds: second(scenario.minutes()),
        injections,
        template: scenario.experiment.as_ref().map(ToString::to_string),
    }
}

fn timeline(scenario: &Scenario, courses: &[Seen]) -> Vec<Event> {
    let shared =
        |minute: u32, what: String| Event { at: second(minute), variant: None, what, detail: String::new() };
    let surge = &scenario.surge;
    let arrival = &scenario.arrival;
    let mut events = vec![
        shared(surge.at, "others need more".to_owned()),
        shared(surge.at + surge.lasts, "there is as much as before".to_owned()),
        shared(scenario.experiment_at, "the experiment starts".to_owned()),
        shared(arrival.at, format!("{} arrives", arrival.instance_type)),
        shared(scenario.refresh_at, "all instances are replaced".to_owned()),
    ];
    for seen in courses {
        let own = |at: f64, what: &str, detail: String| Event::of(seen.variant.id, at, what, detail);
        let course = &seen.course;
        for action in course.experiment.actions.iter().filter_map(injection) {
            events.push(own(action.at, &action.action, action.target));
        }
        if let Some(first) = course.warnings.first() {
            let detail = format!("{} in all", course.warnings.len());
            events.push(own(*first, "first interruption warning", detail));
        }
        if let Some((at, message)) = course.failures.first() {
            events.push(own(*at, "first failed launch", message.clone()));
        }
        let short = course.samples.iter().find(|sample| sample.serving < scenario.instances);
        if let Some(short) = short {
            let detail = format!("{} of {} instances", short.serving, scenario.instances);
            events.push(own(f64::from(short.at), "first short", detail));
        }
    }
    events
}

fn conclusion(verdict: &Verdict, courses: &[Seen]) -> String {
    let mut sentences = Vec::new();
    for (index, seen) in courses.iter().enumerate() {
        let outcome = verdict.outcome(index).verb();
        let course = &seen.course;
        sentences.push(format!(
            "{}: {outcome} ({} interrupted, {} launches failed, {} types used).",
            seen.variant.name,
            course.warnings.len(),
            course.failures.len(),
            measures::types_used(course),
        ));
    }
    let practices = courses.iter().enumerate().filter(|(_, seen)| seen.variant.is_practice());
    let outcomes: Vec<Outcome> = practices.map(|(index, _)| verdict.outcome(index)).collect();
    let advice = if outcomes.iter().all(|outcome| *outcome == Outcome::Holds) {
        "The practice holds: say which machines would do, launch where capacity is plenty, and replace before it is taken back."
    } else if outcomes.contains(&Outcome::DoesNotHold) {
        "The practice does not hold on this market: widen the attributes, add the other architecture, or keep a base On-Demand."
    } else {
        "Whether the practice holds could not be decided."
    };
    sentences.push(advice.to_owned());
    sentences.join(" ")
}

fn notes(scenario: &Scenario, courses: &[Seen]) -> Vec<Note> {
    let assume = |text: String| Note::assumption(text);
    let count = |share: f64| scenario.instances_of(share);
    let mut notes = vec![
        assume(format!(
            "The market is a declared model of ours: each pool has {} to {} instances free, drawn from the seed, whatever it costs. AWS \
             publishes neither the size of its pools nor who uses them.",
            count(scenario.pools.least),
            count(scenario.pools.most),
        )),
        assume(
            "Spot prices are the rig's: AWS's published discount, moved by pool, day and hour; they do not follow what is free."
                .to_owned(),
        ),
        assume(format!(
            "{} is in the catalogue from the start, with no capacity until it arrives.",
            scenario.arrival.instance_type
        )),
        assume("Every type counts as one instance, whatever its size.".to_owned()),
    ];
    if let Some(text) = scenario.experiment.as_ref().and_then(Template::left_out) {
        notes.push(Note::unsupported(text));
    }
    let unpriced = unpriced(courses.iter().map(|seen| &seen.course.spent));
    if !unpriced.is_empty() {
        let text = format!("No price is known for {}: costs are without it.", unpriced.join(", "));
        notes.push(Note::unsupported(text));
    }
    notes
}
