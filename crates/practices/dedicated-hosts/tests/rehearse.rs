//! A rehearsal tells ways of keeping hosts apart, and the same seed gives the same bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::num::NonZeroUsize;

use ironbird_dedicated_hosts::rehearse::run;
use ironbird_dedicated_hosts::rehearse::scenario::Scenario;
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
fn the_practice_holds_where_the_others_do_not() {
    let verdict = rehearse(&Scenario::default());
    verdict.validate().unwrap();
    let outcomes: Vec<Outcome> = (0..4).map(|variant| verdict.outcome(variant)).collect();
    assert_eq!(outcomes[..3], [Outcome::DoesNotHold; 3]);
    assert_eq!(outcomes[3], Outcome::Holds, "{}", verdict.reason(3));
    let recovered = |variant| value(&verdict, "Recovered after", variant);
    // An assessment, a replacement and status checks, against somebody who acts an hour later.
    assert!(recovered(2) > 300.0 && recovered(2) < 900.0 && recovered(2) == recovered(3));
    assert!(recovered(0) > 3_600.0 && recovered(1) > 3_600.0, "disks of the host keep it from recovering");
    assert_eq!(value(&verdict, "Lost local disks", 1), 20.0);
    assert_eq!(value(&verdict, "Moved by hand", 3), 0.0);
    assert!(value(&verdict, "Refused launches of Macs", 2) > 0.0);
    assert!(value(&verdict, "Mac host kept longer", 2) > value(&verdict, "Mac host kept longer", 3));
}

#[test]
fn without_free_servers_nothing_recovers_by_itself_and_the_practice_moves_it() {
    // Of four hosts three have room for what ran on the fourth.
    let mut scenario = Scenario { hosts: 4, ..Scenario::default() };
    scenario.failure.servers = 0;
    let verdict = rehearse(&scenario);
    let minutes = |variant| value(&verdict, "Recovered after", variant) / 60.0;
    assert!(
        minutes(3) < minutes(2),
        "who looks every quarter of an hour is earlier than who looks after an hour"
    );
    assert!(value(&verdict, "Moved by hand", 3) > 0.0);
    assert_eq!(verdict.outcome(3), Outcome::DoesNotHold);
    assert_eq!(verdict.exit_code(), 1);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    let scenario = Scenario { hosts: 2, instances: 5, ..Scenario::default() };
    let written = |scenario: &Scenario| {
        let verdict = rehearse(scenario);
        [text::verdict(&verdict, text::Style::default()), json::verdict(&verdict), html::verdict(&verdict)]
    };
    let first = written(&scenario);
    assert!(first == written(&scenario));
    assert!(first[1] != written(&Scenario { seed: 2, ..scenario })[1]);
}
