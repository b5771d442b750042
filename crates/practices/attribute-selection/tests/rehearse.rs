//! A rehearsal tells ways of selecting types apart, and the same seed gives the same bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::num::NonZeroUsize;

use ironbird_attribute_selection::rehearse::run;
use ironbird_attribute_selection::rehearse::scenario::Scenario;
use ironbird_report::{Outcome, Value, Verdict, html, json, text};

fn rehearse(scenario: &Scenario) -> Verdict {
    run(scenario, "ironbird rehearse", NonZeroUsize::new(2).unwrap()).unwrap()
}

fn value(verdict: &Verdict, measure: &str, variant: usize) -> f64 {
    let measure = verdict.measures.iter().find(|known| known.name == measure).unwrap();
    match measure.values[variant] {
        Value::Single(number) => number,
        _ => f64::INFINITY,
    }
}

#[test]
fn attributes_hold_where_a_list_runs_out() {
    let verdict = rehearse(&Scenario::default());
    verdict.validate().unwrap();
    assert_eq!(verdict.outcome(0), Outcome::DoesNotHold);
    for practice in [2, 3] {
        assert_eq!(verdict.outcome(practice), Outcome::Holds, "{}", verdict.reason(practice));
    }
    let of = |name, variant| value(&verdict, name, variant);
    assert!(of("Failed launches", 0) > 0.0 && of("Shortfall", 0) > of("Shortfall", 1));
    assert!(of("Interruptions", 2) < of("Interruptions", 1), "plenty of capacity is taken back less often");
    assert!(of("Types it may draw on", 3) > of("Types it may draw on", 2), "Arm adds types");
    assert_eq!(of("On the new type at the end", 0), 0.0, "a list does not know it");
    assert!(of("On the new type at the end", 2) > 0.0);
    for variant in 0..4 {
        let saved = of("Saved against On-Demand", variant);
        assert!((0.3..0.9).contains(&saved), "{saved}");
    }
    // The experiment interrupts a quarter of the 40.
    let injection = &verdict.experiment.injections[1];
    assert_eq!(injection.target, "10 of aws:ec2:spot-instance");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    let scenario = Scenario { instances: 12, ..Scenario::default() };
    let written = |scenario: &Scenario| {
        let verdict = rehearse(scenario);
        [text::verdict(&verdict, text::Style::default()), json::verdict(&verdict), html::verdict(&verdict)]
    };
    let first = written(&scenario);
    assert!(first == written(&scenario));
    assert!(first[1] != written(&Scenario { seed: 2, ..scenario })[1]);
}

#[test]
fn with_capacity_in_plenty_a_list_will_do() {
    let mut scenario = Scenario::default();
    scenario.pools.least = 2.0;
    scenario.pools.most = 3.0;
    assert_eq!(rehearse(&scenario).outcome(0), Outcome::Holds);
}
