//! The verdict in words: what was to hold, what was done, what happened, and what to take from it.

use ironbird_cloud::experiment::Template;
use ironbird_cloud::rehearsal::{start, unpriced};
use ironbird_cloud::requirements::{self, Needs};
use ironbird_report::{Event, Experiment, Hypothesis, Note, Outcome, Unit, Verdict};
use ironbird_rig::catalogue::protection::PriceBasis;

use super::Seen;
use super::fault;
use super::measures::{self, Figures};
use super::plots;
use super::scenario::Scenario;
use super::variant::Variant;
use super::workload::Demand;

/// Puts the verdict together.
pub fn verdict(
    scenario: &Scenario,
    needs: &Needs,
    demand: &Demand,
    courses: &[Seen],
    matching: &[String],
    replay: &str,
) -> Verdict {
    let figures: Vec<Figures> = courses.iter().map(|seen| Figures::of(&seen.course, demand)).collect();
    let mut verdict = Verdict {
        practice: crate::NAME.to_owned(),
        title: fault::title(scenario).to_owned(),
        seed: scenario.seed,
        software: crate::SOFTWARE.to_owned(),
        replay: replay.to_owned(),
        hypothesis: hypothesis(scenario),
        experiment: experiment(scenario, courses),
        variants: courses.iter().map(|seen| variant(scenario, seen)).collect(),
        measures: measures::table(scenario, courses, &figures),
        plots: plots::plots(scenario, courses),
        timeline: timeline(scenario, demand, courses),
        conclusion: String::new(),
        notes: notes(scenario, needs, courses, matching),
        seeds: None,
    };
    verdict.conclusion = conclusion(&verdict, courses, &figures);
    verdict
}

fn variant(scenario: &Scenario, seen: &Seen) -> ironbird_report::Variant {
    let Variant { id, name, .. } = seen.variant;
    ironbird_report::Variant {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        practice: seen.variant.is_practice(),
        description: seen.variant.description(scenario, seen.course.types, seen.course.pools),
    }
}

fn hypothesis(scenario: &Scenario) -> Hypothesis {
    let goal = &scenario.goal;
    Hypothesis {
        statement: format!(
            "The group has the capacity that the demand asks for in {} of the time, and {} after the demand's peak at the \
             latest.",
            Unit::Share.write(goal.availability),
            Unit::Seconds.write(goal.time_to_capacity * 60.0)
        ),
        measured: "Instances in service (DescribeAutoScalingGroups) for as long as the application warms up, against the \
                   instances asked for, over the whole run; launches that failed from DescribeScalingActivities; cost from the metered usage."
            .to_owned(),
    }
}

fn experiment(scenario: &Scenario, courses: &[Seen]) -> Experiment {
    let demand = &scenario.demand;
    let base = scenario.instances_of(demand.base_share);
    Experiment {
        summary: format!(
            "The demand rises from {base} to {} instances within {} min, stays there, and falls again. {}",
            scenario.instances,
            demand.rises_for,
            fault::summary(scenario, courses),
        ),
        start: start(),
        seconds: f64::from(scenario.minutes()) * 60.0,
        injections: fault::injections(scenario, courses),
        template: scenario.experiment.as_ref().map(ToString::to_string),
    }
}

fn timeline(scenario: &Scenario, demand: &Demand, courses: &[Seen]) -> Vec<Event> {
    let shared = |minute: u32, what: &str| Event::shared(f64::from(minute) * 60.0, what);
    let mut events = vec![
        shared(scenario.demand.rises_at, "the demand begins to rise"),
        shared(demand.peaks_at, "the demand is at its peak"),
        shared(scenario.minutes() - 2 * scenario.demand.falls_for, "the demand begins to fall"),
    ];
    events.extend(fault::events(scenario, courses));
    for seen in courses {
        let own = |at: f64, what: &str, detail: String| Event::of(seen.variant.id, at, what, detail);
        let course = &seen.course;
        if let Some((at, message)) = course.failures.first() {
            events.push(own(*at, "first failed launch", message.clone()));
        }
        let samples = &course.samples;
        if let Some(short) = samples.iter().find(|sample| sample.serving < sample.demand) {
            let missing = format!("{} of {} instances serve", short.serving, short.demand);
            events.push(own(f64::from(short.at), "first short", missing));
        }
        if let Some(reached) = samples.iter().find(|sample| sample.serving >= demand.peak()) {
            events.push(own(f64::from(reached.at), "serves the demand's peak", String::new()));
        }
        let rises: Vec<String> = course
            .changes
            .iter()
            .filter(|(_, from, to)| to > from)
            .map(|(_, from, to)| format!("{from} to {to}"))
            .collect();
        if let Some((at, _, _)) = course.changes.iter().find(|(_, from, to)| to > from) {
            let detail = format!("{} in all: {}", rises.len(), listed(&rises, 6));
            events.push(own(f64::from(*at), "first step up", detail));
        }
    }
    events
}

fn listed(items: &[String], most: usize) -> String {
    let shown = items.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    if items.len() > most { format!("{shown}, …") } else { shown }
}

fn counted(number: f64, noun: &str) -> String {
    let ending = if number == 1.0 { "" } else { "s" };
    format!("{} {noun}{ending}", Unit::Count.write(number))
}

fn conclusion(verdict: &Verdict, courses: &[Seen], figures: &[Figures]) -> String {
    let mut sentences = Vec::new();
    for (index, (seen, of)) in courses.iter().zip(figures).enumerate() {
        let name = seen.variant.name;
        let outcome = verdict.outcome(index).verb();
        let short = if of.short_seconds > 0.0 {
            format!(
                "short for {}, by up to {}",
                Unit::Seconds.write(of.short_seconds),
                counted(of.worst, "instance")
            )
        } else {
            "never short".to_owned()
        };
        let failed = match of.failures {
            0 => "no launch failed".to_owned(),
            1 => "1 launch failed".to_owned(),
            count => format!("{} launches failed", Unit::Count.write(count as f64)),
        };
        sentences.push(format!("{name}: {outcome} ({short}; {failed})."));
    }
    let practice = courses.iter().position(|seen| seen.variant.is_practice());
    let advice = match practice.map(|index| verdict.outcome(index)) {
        Some(Outcome::Holds) => {
            "The practice holds: choose types by attributes over every zone, and start early in small steps."
        }
        Some(Outcome::DoesNotHold) => {
            "The practice does not hold under this fault: widen the attributes or the price protection, begin earlier, or \
             reserve capacity for the event."
        }
        _ => "Whether the practice holds could not be decided.",
    };
    sentences.push(advice.to_owned());
    sentences.join(" ")
}

fn notes(scenario: &Scenario, needs: &Needs, courses: &[Seen], matching: &[String]) -> Vec<Note> {
    let assume = |text: String| Note::assumption(text);
    let region = scenario.region.as_str();
    let kept = |percent| requirements::protected(region, percent, PriceBasis::Instance, matching);
    let (by_default, reference) = kept(None);
    let (ours, _) = kept(Some(needs.protection_percent));
    let mut notes = vec![
        assume(format!(
            "Pool sizes are a declared model of ours, AWS does not publish theirs: each pool that could serve the workload has \
             {} free instances at the start and gains {} an hour, times a factor from 0.5 to 1.5 from the seed; those that run \
             dry regain {} an hour in each zone. Other customers' demand is in these numbers.",
            scaled(scenario, scenario.pools.free_share),
            scaled(scenario, scenario.pools.hourly_share),
            scaled(scenario, scenario.shortage.hourly_share),
        )),
        assume(format!(
            "Price protection compares prices of an instance with that of {}: AWS's default of 20 % leaves {} of the {} types \
             that have the attributes, {} % leaves {}. Raise it rather than leave out generations: r6i, the type of the post, \
             counts as previous generation by now.",
            reference.unwrap_or("no type"),
            by_default.len(),
            matching.len(),
            needs.protection_percent,
            ours.len(),
        )),
        assume(format!(
            "The image runs on {}, so the attributes name the makers {}.",
            needs.architecture,
            needs.manufacturers().join(", ")
        )),
        assume("The demand is the same in each variant and does not fall when a group is short.".to_owned()),
        assume(format!(
            "An instance serves {} min after it is InService, when the application has warmed up; every type serves as much as \
             any other.",
            scenario.warm_up
        )),
        assume("Costs are On-Demand list prices of the catalogue, without reservations, Savings Plans and traffic.".to_owned()),
    ];
    if let Some(text) = scenario.experiment.as_ref().and_then(Template::left_out) {
        notes.push(Note::unsupported(text));
    }
    let unpriced = unpriced(courses.iter().map(|seen| &seen.course.spent));
    if !unpriced.is_empty() {
        let text = format!(
            "No price is known for {}: costs are without it, and not measured where instances have none.",
            unpriced.join(", ")
        );
        notes.push(Note::unsupported(text));
    }
    notes
}

fn scaled(scenario: &Scenario, share: f64) -> String {
    Unit::Count.write((f64::from(scenario.instances) * share).round())
}
