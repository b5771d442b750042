//! How many tests passed, read from what the tools print last.

use std::fmt;

/// Tests by how they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// As expected, expected failures too.
    pub passed: u64,
    /// Failed, timed out, or could not be run.
    pub failed: u64,
    /// Ignored, filtered out, or not for this machine.
    pub skipped: u64,
}

impl Count {
    /// Adds what another tool counted.
    pub fn add(&mut self, more: &Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// `line` without colors and line end.
pub fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut parts = line.trim_end().split('\u{1b}');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        // `[1;32m` and the like: everything up to the first letter.
        text.push_str(
            part.split_once(|letter: char| letter.is_ascii_alphabetic()).map_or("", |(_, rest)| rest),
        );
    }
    text
}

/// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
pub fn cargo(line: &str) -> Option<Count> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    read(counts.split("; "))
}

/// Reads `     Summary [   0.5s] 12 tests run: 11 passed (1 slow), 1 failed, 2 skipped`.
pub fn nextest(line: &str) -> Option<Count> {
    let (_, counts) = line.trim_start().strip_prefix("Summary [")?.split_once(": ")?;
    read(counts.split(", "))
}

/// Reads `==== 1 failed, 5 passed, 2 skipped, 1 warning in 2.33s ====`, with or without the lines around it.
pub fn pytest(line: &str) -> Option<Count> {
    let (counts, time) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
    time.starts_with(|letter: char| letter.is_ascii_digit()).then_some(())?;
    read(counts.split(", "))
}

/// Adds up parts such as `12 passed`; nothing if one of them is of another form or none tells of tests.
fn read<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Count> {
    let mut count = Count::default();
    let mut tells = false;
    for part in parts {
        let (number, what) = part.trim().split_once(' ')?;
        if what.starts_with("in ") || number == "finished" {
            continue;
        }
        let number: u64 = number.parse().ok()?;
        let slot = match what.split(' ').next().unwrap_or_default() {
            "passed" | "xfailed" => &mut count.passed,
            "failed" | "timed" | "error" | "errors" | "xpassed" => &mut count.failed,
            "ignored" | "skipped" | "filtered" => &mut count.skipped,
            _ => continue,
        };
        *slot += number;
        tells = true;
    }
    tells.then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u64, failed: u64, skipped: u64) -> Option<Count> {
        Some(Count { passed, failed, skipped })
    }

    #[test]
    fn each_tool_is_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s";
        assert_eq!(cargo(line), count(12, 3, 3));
        assert_eq!(cargo("test store::tests::keeps ... ok"), None);

        let line = "     Summary [   0.512s] 15 tests run: 11 passed (2 slow, 1 leaky), 3 failed, 1 timed out, 2 skipped";
        assert_eq!(nextest(line), count(11, 4, 2));
        assert_eq!(nextest("     Summary [   0.005s] 1 test run: 1 passed, 0 skipped"), count(1, 0, 0));
        assert_eq!(nextest("        PASS [   0.005s] ironbird-wire a::b"), None);

        let line = "===== 1 failed, 5 passed, 2 skipped, 3 warnings, 2 errors in 62.33s (0:01:02) =====";
        assert_eq!(pytest(line), count(5, 3, 2));
        assert_eq!(pytest("7 passed in 0.12s"), count(7, 0, 0));
        assert_eq!(pytest("no tests ran in 0.01s"), None);
        assert_eq!(pytest("tests/test_sts.py::test_in passed in time"), None);
    }

    #[test]
    fn colors_do_not_matter() {
        let line = "\u{1b}[31;1m     Summary\u{1b}[0m [   0.5s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m\n";
        assert_eq!(nextest(&plain(line)), count(2, 0, 0));
    }

    #[test]
    fn the_closing_line_says_all_three() {
        let mut all = Count { passed: 1, failed: 2, skipped: 3 };
        all.add(&Count { passed: 10, failed: 0, skipped: 1 });
        assert_eq!(all.to_string(), "11 passed, 2 failed, 4 skipped");
    }
}
