//! A rehearsal tells variants apart, and the same seed gives the same bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::num::NonZeroUsize;

use ironbird_capacity_flexibility::rehearse::run;
use ironbird_capacity_flexibility::rehearse::scenario::Scenario;
use ironbird_cloud::experiment::Template;
use ironbird_report::{Outcome, Value, Verdict, html, json, text};

fn rehearse(scenario: &Scenario) -> Verdict {
    run(scenario, "ironbird rehearse", NonZeroUsize::new(2).unwrap(), &|_| {}).unwrap()
}

fn written(verdict: &Verdict) -> [String; 3] {
    [text::verdict(verdict, text::Style::default()), json::verdict(verdict), html::verdict(verdict)]
}

fn value(verdict: &Verdict, measure: &str, variant: usize) -> f64 {
    let measure = verdict.measures.iter().find(|known| known.name == measure).unwrap();
    match measure.values[variant] {
        Value::Single(number) => number,
        _ => f64::INFINITY,
    }
}

#[test]
fn the_practice_holds_where_one_type_does_not() {
    let verdict = rehearse(&Scenario::default());
    verdict.validate().unwrap();
    let outcomes: Vec<Outcome> = (0..4).map(|variant| verdict.outcome(variant)).collect();
    assert_eq!(outcomes[0], Outcome::DoesNotHold);
    assert_eq!(outcomes[1], Outcome::DoesNotHold);
    assert_eq!(outcomes[3], Outcome::Holds);
    assert_eq!(verdict.exit_code(), 0);
    for variant in [0, 1] {
        assert!(value(&verdict, "Failed launches", variant) > 0.0);
        assert!(value(&verdict, "Time to capacity", variant) > 1_800.0);
    }
    for variant in 0..4 {
        let hourly = value(&verdict, "Cost of a delivered instance-hour", variant);
        assert!(hourly > 0.3 && hourly < 3.0, "{hourly} dollars");
    }
    let short = |variant| value(&verdict, "Shortfall", variant);
    assert!(short(0) > short(1), "small early steps find more of what comes back");
    assert!(short(1) > short(2) && short(2) > short(3));
    assert!(value(&verdict, "Cost", 3) > 0.0);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    let scenario = Scenario { instances: 30, ..Scenario::default() };
    let first = written(&rehearse(&scenario));
    assert!(first == written(&rehearse(&scenario)));
    let other = Scenario { seed: 2, ..scenario };
    assert!(first[1] != json::verdict(&rehearse(&other)));
}

#[test]
fn without_a_shortage_the_narrow_group_holds_too() {
    let mut scenario = Scenario::default();
    scenario.pools.free_share = 10.0;
    scenario.shortage.lasts = 0;
    scenario.shortage.hourly_share = 1_000.0;
    let verdict = rehearse(&scenario);
    assert_eq!(verdict.outcome(1), Outcome::Holds, "{}", verdict.reason(1));
}

#[test]
fn when_every_type_runs_dry_the_practice_does_not_hold() {
    let mut scenario = Scenario::default();
    scenario.pools.free_share = 0.0;
    scenario.pools.hourly_share = 0.0;
    let verdict = rehearse(&scenario);
    assert_eq!(verdict.outcome(3), Outcome::DoesNotHold);
    assert_eq!(verdict.exit_code(), 1);
}

/// No capacity in two zones for an hour and a half.
fn experiment(kind: &str) -> Template {
    let template = serde_json::json!({
        "description": "no capacity in two zones",
        "roleArn": "arn:aws:iam::123456789012:role/experiments",
        "stopConditions": [{ "source": "none" }],
        "targets": {
            "subject": { "resourceType": kind, "resourceTags": { "chaos": "yes" }, "selectionMode": "ALL" },
        },
        "actions": {
            "no-capacity": {
                "actionId": "aws:ec2:asg-insufficient-instance-capacity-error",
                "parameters": { "duration": "PT90M", "availabilityZoneIdentifiers": "eu-west-1a,eu-west-1b" },
                "targets": { "AutoScalingGroups": "subject" },
            },
        },
    });
    Template::parse(&template.to_string()).unwrap()
}

#[test]
fn an_experiment_takes_the_place_of_the_shortage() {
    let experiment = Some(experiment("aws:ec2:autoscaling-group"));
    let scenario = Scenario { experiment, ..Scenario::default() };
    let verdict = rehearse(&scenario);
    verdict.validate().unwrap();
    // Subnets in all zones help against it; that is what the one-type groups lack.
    assert_eq!(verdict.outcome(1), Outcome::DoesNotHold);
    assert_eq!(verdict.outcome(3), Outcome::Holds, "{}", verdict.reason(3));
    let [injection] = verdict.experiment.injections.as_slice() else { panic!("there is one action") };
    assert_eq!((injection.at, injection.until), (55.0 * 60.0, Some(145.0 * 60.0)));
    assert_eq!(injection.target, "1 of aws:ec2:autoscaling-group");
    assert!(verdict.experiment.template.as_ref().is_some_and(|text| text.contains("no-capacity")));
    assert!(verdict.plots.iter().all(|plot| plot.spans.iter().any(|span| span.label == "no-capacity")));
    assert!(written(&verdict) == written(&rehearse(&scenario)));
}

#[test]
fn an_experiment_that_cannot_be_carried_out_is_said_to_be() {
    let scenario = Scenario { experiment: Some(experiment("aws:ec2:instance")), ..Scenario::default() };
    let error = run(&scenario, "", NonZeroUsize::MIN, &|_| {}).err().map(|error| error.to_string());
    assert!(
        error.as_ref().is_some_and(|text| text.contains("not of aws:ec2:autoscaling-group")),
        "{error:?}"
    );
}
