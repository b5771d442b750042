//! Every rendering of the sample reports, byte for byte. `BLESS=1 cargo test` writes what the tests expect; read the
//! difference before committing it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use ironbird_report::text::{self, Style};
use ironbird_report::{html, json, junit, sarif};
use std::path::PathBuf;

fn assert_golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return;
    }
    let line = expected.lines().zip(actual.lines()).position(|(old, new)| old != new);
    let line = line.unwrap_or_else(|| expected.lines().count().min(actual.lines().count()));
    panic!(
        "{name} differs from line {}:\n  expected: {:?}\n  actual:   {:?}\nrun with BLESS=1 to accept",
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line)
    );
}

#[test]
fn findings_as_text() {
    assert_golden("findings-80.txt", &text::findings(&sample::findings(), Style { width: 80, color: false }));
    assert_golden(
        "findings-120.ansi",
        &text::findings(&sample::findings(), Style { width: 120, color: true }),
    );
}

#[test]
fn findings_as_json_sarif_and_junit() {
    assert_golden("findings.json", &json::findings(&sample::findings()));
    assert_golden("findings.sarif", &sarif::findings(&sample::findings()));
    assert_golden("findings.xml", &junit::findings(&sample::findings()));
}

#[test]
fn verdict_as_text() {
    assert_golden("verdict-80.txt", &text::verdict(&sample::verdict(), Style { width: 80, color: false }));
    assert_golden("verdict-120.ansi", &text::verdict(&sample::verdict(), Style { width: 120, color: true }));
}

#[test]
fn verdict_as_page() {
    assert_golden("verdict.html", &html::verdict(&sample::verdict()));
}
