//! What holds for every report: same bytes for the same model, bounded size, documents that read back, counts that add up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use ironbird_report::text::{self, Style};
use ironbird_report::*;
use ironbird_report::{html, json, junit, sarif};

#[test]
fn the_order_of_discovery_does_not_show_in_any_rendering() {
    let one = sample::findings();
    let mut other = one.clone();
    other.findings.reverse();
    other.examined.reverse();
    let style = Style::default();
    assert_eq!(text::findings(&one, style), text::findings(&other, style));
    assert_eq!(json::findings(&one), json::findings(&other));
    assert_eq!(sarif::findings(&one), sarif::findings(&other));
    assert_eq!(junit::findings(&one), junit::findings(&other));
}

#[test]
fn a_verdict_reads_back_and_renders_the_same() {
    let verdict = sample::verdict();
    let again = json::read_verdict(&json::verdict(&verdict)).unwrap();
    assert_eq!(again, verdict);
    assert_eq!(html::verdict(&again), html::verdict(&verdict));
    let findings = json::read_findings(&json::findings(&sample::findings())).unwrap();
    assert_eq!(findings.ordered(), sample::findings().ordered());
}

#[test]
fn documents_of_another_kind_are_refused() {
    let findings = json::findings(&sample::findings());
    let error = json::read_verdict(&findings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the document has the format \"ironbird/findings/1\", wanted is \"ironbird/verdict/1\""
    );
    assert!(json::read_verdict("{").is_err());
    assert!(json::read_findings("[]").is_err());
}

#[test]
fn a_verdict_that_contradicts_itself_is_refused_but_can_be_rendered() {
    let mut verdict = sample::verdict();
    verdict.measures[0].values.pop();
    assert_eq!(
        verdict.validate().unwrap_err().to_string(),
        "measure \"Availability\" has 3 values for 4 variants: give one for each, in their order"
    );
    assert!(json::read_verdict(&json::verdict(&verdict)).is_err());
    verdict.variants.clear();
    verdict.plots[0].series[1].points.clear();
    verdict.timeline[0].at = f64::NAN;
    verdict.experiment.seconds = f64::INFINITY;
    assert!(html::verdict(&verdict).contains("Side by side"));
    assert!(text::verdict(&verdict, Style::default()).contains("MEASURES"));
}

#[test]
fn the_outcome_follows_from_the_numbers() {
    let verdict = sample::verdict();
    let outcomes: Vec<Outcome> = (0..4).map(|variant| verdict.outcome(variant)).collect();
    assert_eq!(outcomes, [Outcome::DoesNotHold, Outcome::DoesNotHold, Outcome::Holds, Outcome::Holds]);
    assert_eq!(verdict.exit_code(), 0);
    let mut worse = verdict;
    worse.measures[1].values[3] = Value::NotMeasured;
    assert_eq!(worse.exit_code(), 2);
    worse.measures[1].values[2] = Value::Never;
    assert_eq!(worse.exit_code(), 1);
    worse.measures.iter_mut().for_each(|measure| measure.required = None);
    assert_eq!(worse.outcome(0), Outcome::Undecided);
}

#[test]
fn a_page_of_a_long_run_stays_small() {
    let mut verdict = sample::verdict();
    for plot in &mut verdict.plots {
        for (place, series) in plot.series.iter_mut().enumerate() {
            // A week by the second, noisy in every stretch: the worst there is for a reduction.
            let noise = |second: u64| (second * 2_654_435_761 + place as u64 * 97) % 1_009;
            series.points =
                (0..100_000u64).map(|s| Point::from((s as f64 * 6.048, noise(s) as f64 / 10.7))).collect();
        }
    }
    verdict.timeline = (0..20_000)
        .map(|index| Event {
            at: f64::from(index),
            variant: Some("wide-big".into()),
            what: "launched".into(),
            detail: "i-0123456789abcdef0 in us-east-1a".into(),
        })
        .collect();
    let page = html::verdict(&verdict);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert!(text::verdict(&verdict, Style::default()).len() < 40_000);
}

#[test]
fn pages_need_nothing_from_elsewhere() {
    let page = html::verdict(&sample::verdict());
    for reference in [" src=", " href=", "url(", "@import", "<link", "<img"] {
        assert!(!page.contains(reference), "{reference}");
    }
    let mut links = page.match_indices("http");
    assert!(links.all(|(at, _)| page[at..].starts_with("http://www.w3.org/2000/svg")));
}

/// What the schema of SARIF 2.1.0 requires of the objects we write, and the values it allows.
#[test]
fn sarif_has_what_the_schema_requires() {
    let log: serde_json::Value = serde_json::from_str(&sarif::findings(&sample::findings())).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(run["tool"]["driver"]["name"].is_string());
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 2);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), 1);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["associatedRule"]["id"], "capacity-flexibility/failed-launches");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].is_string());
    }
    let physical = &results[1]["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "infra/batch%20group.yaml");
    assert_eq!(physical["region"]["startLine"], 42);
    let mut prints: Vec<&str> =
        results.iter().map(|result| result["partialFingerprints"]["ironbird/v1"].as_str().unwrap()).collect();
    prints.dedup();
    assert_eq!(prints.len(), 3);
}

#[test]
fn junit_counts_match_its_cases() {
    let report = junit::findings(&sample::findings());
    let count = |what: &str| report.matches(what).count();
    assert!(report.contains("tests=\"8\" failures=\"3\" errors=\"1\" skipped=\"1\""));
    assert_eq!((count("<testcase "), count("<failure "), count("<error "), count("<skipped ")), (8, 3, 1, 1));
}
