//! A rehearsal tells ways of giving access apart, and the same seed gives the same bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::num::NonZeroUsize;

use ironbird_report::{Outcome, Value, Verdict, html, json, text};
use ironbird_workforce_access::rehearse::run;
use ironbird_workforce_access::rehearse::scenario::Scenario;

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
    let gone = |variant| value(&verdict, "Access gone everywhere after", variant) / 60.0;
    assert_eq!(gone(0), 50.0, "by hand, five accounts of ten minutes each");
    // Credentials that were got in the minute before the notice last as long as a session does.
    assert_eq!((gone(1), gone(2)), (12.0 * 60.0 - 1.0, 59.0));
    assert!(gone(3) <= 5.0, "{}", gone(3));
    for variant in 0..4 {
        assert_eq!(value(&verdict, "Denied calls of the colleague", variant), 0.0);
    }
    let holds = |variant| value(&verdict, "Policy holds everywhere after", variant);
    assert_eq!((holds(0), holds(1), holds(2), holds(3)), (50.0 * 60.0, 0.0, 0.0, 0.0));
    assert_eq!(value(&verdict, "No fresh credentials after", 3), 0.0);
}

#[test]
fn a_run_that_is_too_short_sees_access_that_does_not_end() {
    let scenario = Scenario { accounts: 1, hours: 4.0, ..Scenario::default() };
    let verdict = rehearse(&scenario);
    assert_eq!(value(&verdict, "Access gone everywhere after", 1), f64::INFINITY);
    assert_eq!(verdict.exit_code(), 0);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    let scenario = Scenario { accounts: 2, hours: 4.0, ..Scenario::default() };
    let written = |scenario: &Scenario| {
        let verdict = rehearse(scenario);
        [text::verdict(&verdict, text::Style::default()), json::verdict(&verdict), html::verdict(&verdict)]
    };
    let first = written(&scenario);
    assert!(first == written(&scenario));
    assert!(first[1] != written(&Scenario { seed: 2, ..scenario })[1]);
}
