//! Reports full of hostile text: whatever a world under test puts into names and messages, the renderings stay well
//! formed and nothing of it becomes markup or a terminal command.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use ironbird_report::text::{self, Style};
use ironbird_report::*;
use ironbird_report::{html, json, junit, sarif};
use proptest::prelude::*;

/// Puts the same text into every field that can hold foreign text.
fn hostile_findings(text: &str) -> Findings {
    let mut result = sample::findings();
    result.practice = text.into();
    result.target.endpoint = Some(text.into());
    result.rules[0].title = text.to_string().into();
    result.rules[0].help = text.to_string().into();
    for finding in &mut result.findings {
        finding.resource = text.into();
        finding.seen = text.into();
        finding.advice = text.into();
        finding.location = Some(Location { file: text.into(), line: Some(0) });
        finding.figure = Some(Figure::new(text.to_string(), 1.0, Unit::Named(text.to_string().into())));
    }
    result.examine(&sample::SINGLE_TYPE, text);
    result.read(text, Some(1));
    result.could_not_read(text, text, &[]);
    result
}

fn hostile_verdict(text: &str) -> Verdict {
    let mut verdict = sample::verdict();
    for field in [
        &mut verdict.practice,
        &mut verdict.title,
        &mut verdict.software,
        &mut verdict.replay,
        &mut verdict.conclusion,
        &mut verdict.hypothesis.statement,
        &mut verdict.hypothesis.measured,
        &mut verdict.experiment.summary,
    ] {
        *field = text.into();
    }
    verdict.experiment.template = Some(text.into());
    for injection in &mut verdict.experiment.injections {
        injection.action = text.into();
        injection.target = text.into();
    }
    for (index, variant) in verdict.variants.iter_mut().enumerate() {
        variant.name = text.into();
        variant.description = text.into();
        if index == 3 {
            variant.id = text.into();
        }
    }
    for measure in &mut verdict.measures {
        measure.name = text.to_string().into();
        measure.note = Some(text.into());
        measure.unit = Unit::Named(text.to_string().into());
    }
    for plot in &mut verdict.plots {
        plot.title = text.into();
        plot.y_label = text.into();
        plot.caption = text.into();
        plot.unit = Unit::Named(text.to_string().into());
        plot.series.iter_mut().for_each(|series| {
            series.name = text.into();
            if series.variant.as_deref() == Some("wide-small") {
                series.variant = Some(text.into());
            }
        });
        plot.marks.iter_mut().for_each(|mark| mark.label = text.into());
        plot.spans.iter_mut().for_each(|span| span.label = text.into());
        plot.limit(f64::NAN, text);
        plot.limit(1.0, text);
    }
    for event in &mut verdict.timeline {
        event.what = text.into();
        event.detail = text.into();
    }
    verdict.notes.iter_mut().for_each(|note| note.text = text.into());
    verdict
}

/// Reads XML to its end and gives the names of its elements.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut names = Vec::new();
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {xml}")) {
            quick_xml::events::Event::Start(start) => {
                depth += 1;
                start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                names.push(start.name().as_ref().to_string());
            }
            quick_xml::events::Event::Empty(start) => {
                start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                names.push(start.name().as_ref().to_string());
            }
            quick_xml::events::Event::End(_) => depth -= 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "elements left open");
    names.sort();
    names.dedup();
    names
}

/// The page's body as XML: it is written so, apart from what HTML alone allows.
fn page_as_xml(page: &str) -> String {
    let body = page.split_once("<main>").unwrap().1;
    let (main, rest) = body.split_once("</main>").unwrap();
    let footer = rest.split_once("<script").unwrap().0;
    format!("<main>{main}</main>{footer}")
}

const EVIL: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "<!-- <script> & ]]>",
    "\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\u{9b}31m",
    "\u{202e}gnp.exe\u{2066}\u{0}\u{ffff}",
    "",
    "&amp;&#60;script>",
];

fn allowed() -> Vec<String> {
    elements(&page_as_xml(&html::verdict(&sample::verdict())))
}

fn assert_harmless(text: &str, allowed: &[String]) {
    let verdict = hostile_verdict(text);
    let page = html::verdict(&verdict);
    assert_eq!(page.matches("<script").count(), 2, "{text:?}");
    assert_eq!(page.matches("</script").count(), 2, "{text:?}");
    for name in elements(&page_as_xml(&page)) {
        assert!(allowed.contains(&name), "the element {name} came from {text:?}");
    }
    let numbers = page.split_once("id=\"numbers\">").unwrap().1.split_once("</script>").unwrap().0;
    let parsed: serde_json::Value = serde_json::from_str(numbers).unwrap();
    assert_eq!(parsed["title"], text);

    for style in [Style { width: 40, color: false }, Style { width: 100, color: false }] {
        let plain = text::verdict(&verdict, style) + &text::findings(&hostile_findings(text), style);
        let unsafe_line = plain.lines().find(|line| line.chars().any(char::is_control));
        assert_eq!(unsafe_line, None, "from {text:?}");
    }
    let colored = text::findings(&hostile_findings(text), Style { width: 100, color: true });
    for sequence in colored.split('\u{1b}').skip(1) {
        assert!(
            ["[0m", "[1m", "[2m", "[31m", "[32m", "[33m", "[36m"]
                .iter()
                .any(|ours| sequence.starts_with(ours))
        );
    }

    let report = junit::findings(&hostile_findings(text));
    let junit_elements =
        ["error", "failure", "properties", "property", "skipped", "testcase", "testsuite", "testsuites"];
    assert!(elements(&report).iter().all(|name| junit_elements.contains(&name.as_str())));
    let log: serde_json::Value = serde_json::from_str(&sarif::findings(&hostile_findings(text))).unwrap();
    assert!(log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"].is_null());
    assert_eq!(json::read_findings(&json::findings(&hostile_findings(text))).unwrap().practice, text);
}

#[test]
fn known_attacks_stay_text() {
    let allowed = allowed();
    EVIL.iter().for_each(|text| assert_harmless(text, &allowed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_text_stays_text(text in "[<>&\"'/a-z \\x00-\\x1f\u{80}-\u{a0}\u{2028}😀]{0,40}") {
        assert_harmless(&text, &allowed());
    }
}

#[test]
fn figures_of_the_whole_are_in_every_form() {
    let mut model = Findings::new("p", "ironbird 0", Target::path("."), &[]);
    model.figure("score", 97.5, Unit::Named("of 100".into()));
    let text = text::findings(&model, Style { width: 80, color: false });
    assert!(text.contains("score: 97.5 of 100"), "{text}");
    assert!(sarif::findings(&model).contains("score: 97.5 of 100"));
    assert!(junit::findings(&model).contains("<property name=\"score\" value=\"97.5 of 100\"/>"));
    assert_eq!(json::read_findings(&json::findings(&model)).unwrap(), model);
}
