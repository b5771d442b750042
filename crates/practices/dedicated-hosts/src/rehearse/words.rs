//! The verdict in words: what was to hold, what was done, what happened, and what to take from it.

use ironbird_cloud::rehearsal::{start, unpriced};
use ironbird_report::{Event, Experiment, Hypothesis, Injection, Note, Outcome, Unit, Verdict};

use super::Seen;
use super::measures;
use super::plots;
use super::scenario::Scenario;

/// Puts the verdict together.
pub fn verdict(scenario: &Scenario, courses: &[Seen], replay: &str) -> Verdict {
    let mut verdict = Verdict {
        practice: crate::NAME.to_owned(),
        title: "A host fails, and a Mac has its day".to_owned(),
        seed: scenario.seed,
        software: crate::SOFTWARE.to_owned(),
        replay: replay.to_owned(),
        hypothesis: hypothesis(scenario),
        experiment: experiment(scenario),
        variants: courses.iter().map(|seen| variant(scenario, seen)).collect(),
        measures: measures::table(scenario, courses),
        plots: plots::plots(scenario, courses),
        timeline: timeline(scenario, courses),
        conclusion: String::new(),
        notes: notes(scenario, courses),
        seeds: None,
    };
    verdict.conclusion = conclusion(&verdict, courses);
    verdict
}

fn variant(scenario: &Scenario, seen: &Seen) -> ironbird_report::Variant {
    ironbird_report::Variant {
        id: seen.variant.id.to_owned(),
        name: seen.variant.name.to_owned(),
        practice: seen.variant.is_practice,
        description: seen.variant.description(scenario),
    }
}

fn hypothesis(scenario: &Scenario) -> Hypothesis {
    let goal = &scenario.goal;
    let minutes = |minutes: f64| Unit::Seconds.write(minutes * 60.0);
    Hypothesis {
        statement: format!(
            "What ran on the failed host serves again within {}; {} of the stopped instances start when they are to; no build waits \
             for its Mac longer than {}; and the Mac host is kept no longer than {} beyond its 24 hours.",
            minutes(goal.recovered),
            Unit::Share.write(goal.started),
            minutes(goal.build_wait),
            minutes(goal.kept * 60.0),
        ),
        measured: "States of hosts (DescribeHosts) and of instances with their system status checks (DescribeInstanceStatus) in \
                   every minute; answers of StartInstances, RunInstances and ReleaseHosts; cost from the metered usage."
            .to_owned(),
    }
}

fn experiment(scenario: &Scenario) -> Experiment {
    let Scenario { hosts, instances, stopped, failure, mac, .. } = scenario;
    let second = |minute: u32| f64::from(minute) * 60.0;
    Experiment {
        summary: format!(
            "On each of {hosts} hosts {instances} instances run and {stopped} are stopped. After {} one of the hosts fails; {} later \
             the stopped instances are to start. AWS has {} servers free to replace a host with. Beside them a {} host, allocated at \
             the start, does {} builds of {}, and is no longer needed after {}.",
            Unit::Seconds.write(second(failure.at)),
            Unit::Seconds.write(second(failure.wanted_after)),
            failure.servers,
            mac.instance_type,
            mac.builds,
            Unit::Seconds.write(second(mac.takes)),
            Unit::Seconds.write(second(mac.unneeded_at)),
        ),
        start: start(),
        seconds: second(scenario.minutes()),
        injections: vec![Injection {
            at: second(failure.at),
            until: None,
            action: "host fails (lever ec2.fail-host)".to_owned(),
            target: format!("one of {hosts} hosts, as the seed says"),
        }],
        template: None,
    }
}

fn timeline(scenario: &Scenario, courses: &[Seen]) -> Vec<Event> {
    let shared = |minute: u32, what: &str| Event::shared(f64::from(minute) * 60.0, what);
    let failure = &scenario.failure;
    let mut events = vec![
        shared(failure.at, "a host fails"),
        shared(failure.at + failure.wanted_after, "the stopped instances are to start"),
        shared(scenario.mac.unneeded_at, "the Mac is no longer needed"),
    ];
    for seen in courses {
        events.extend(seen.course.log.events.iter().map(|(at, what, detail)| Event {
            at: *at,
            variant: Some(seen.variant.id.to_owned()),
            what: what.clone(),
            detail: detail.clone(),
        }));
    }
    events
}

fn conclusion(verdict: &Verdict, courses: &[Seen]) -> String {
    let mut sentences = Vec::new();
    for (index, seen) in courses.iter().enumerate() {
        let outcome = verdict.outcome(index).verb();
        let course = &seen.course;
        let recovered = match course.recovered {
            Some(seconds) => format!("recovered after {}", Unit::Seconds.write(seconds)),
            None => "not recovered".to_owned(),
        };
        sentences.push(format!(
            "{}: {outcome} ({recovered}; {} of {} stopped instances started; {} moved by hand).",
            seen.variant.name, course.started, course.stopped, course.moved
        ));
    }
    let practice = courses.iter().position(|seen| seen.variant.is_practice);
    let advice = match practice.map(|index| verdict.outcome(index)) {
        Some(Outcome::Holds) => {
            "The practice holds: recovery on, nothing that cannot recover, stopped instances aimed at hosts that are there, Macs \
             rebooted rather than replaced, and released on the day they may be."
        }
        Some(Outcome::DoesNotHold) => {
            "The practice does not hold under this failure: keep a host to spare, look more often, or let AWS have more servers."
        }
        _ => "Whether the practice holds could not be decided.",
    };
    sentences.push(advice.to_owned());
    sentences.join(" ")
}

fn notes(scenario: &Scenario, courses: &[Seen]) -> Vec<Note> {
    let assume = |text: String| Note::assumption(text);
    let mut notes = vec![
        assume(
            "AWS says how a host recovers and not how long it takes. Ours: an assessment of 2 to 5 min, a replacement ready after 1 \
             to 3 more, status checks that pass 2 to 4 min later, from the seed."
                .to_owned(),
        ),
        assume(
            "A Mac that an instance has left is scrubbed for half of the longest time that AWS names to all of it (50 min, on Apple \
             silicon 110)."
                .to_owned(),
        ),
        assume(format!(
            "How many servers are free for a replacement is declared: {}. AWS does not publish it.",
            scenario.failure.servers
        )),
        assume(format!(
            "Who keeps the hosts by hand acts {} after a failure, or after a start that was refused.",
            Unit::Seconds.write(f64::from(scenario.notice) * 60.0)
        )),
        assume(
            "A Mac that is rebooted keeps what the last build left on its volumes: the build has to clear up.".to_owned(),
        ),
        assume("What runs on the hosts is bound to them (affinity host), as licences by host demand.".to_owned()),
    ];
    let unpriced = unpriced(courses.iter().map(|seen| &seen.course.spent));
    if !unpriced.is_empty() {
        let text = format!("No price is known for {}: costs are without it.", unpriced.join(", "));
        notes.push(Note::unsupported(text));
    }
    notes
}
