//! Both models as text for a terminal or a log.

mod findings;
mod spark;
mod verdict;

use crate::escape;
use crate::finding::{Findings, Severity};
use crate::table;
use crate::verdict::{Outcome, Verdict};

/// How text is to look. Whether the output is a terminal, and how wide it is, only the caller can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns to use; below 40 counts as 40. Names that must be copied whole, such as ARNs, may pass it.
    pub width: usize,
    /// Whether to use the eight ANSI colors. Nothing is told by color alone.
    pub color: bool,
}

impl Default for Style {
    /// Eighty columns without color, as for a file.
    fn default() -> Style {
        Style { width: 80, color: false }
    }
}

/// Findings as text: by severity, then what was read and what could not be.
pub fn findings(model: &Findings, style: Style) -> String {
    let mut page = Page::new(style);
    findings::write(&mut page, model);
    page.out
}

/// A verdict as text: outcome, measures side by side, the course of the main figures, the timeline, how to replay.
pub fn verdict(model: &Verdict, style: Style) -> String {
    let mut page = Page::new(style);
    verdict::write(&mut page, model);
    page.out
}

const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const CYAN: &str = "\u{1b}[36m";
const RESET: &str = "\u{1b}[0m";

/// Text under construction.
struct Page {
    out: String,
    style: Style,
}

impl Page {
    fn new(style: Style) -> Page {
        Page { out: String::new(), style: Style { width: style.width.max(40), ..style } }
    }

    /// The escape sequences to put around something of this color: none without colors.
    fn around(&self, color: &'static str) -> (&'static str, &'static str) {
        if self.style.color { (color, RESET) } else { ("", "") }
    }

    /// Safe text in a color.
    fn paint(&self, color: &'static str, text: &str) -> String {
        let (before, after) = self.around(color);
        format!("{before}{}{after}", escape::terminal(text))
    }

    /// A line as it is; the caller has made its foreign parts safe.
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        let painted = self.paint(BOLD, text);
        self.line(&painted);
    }

    /// Foreign text, wrapped, its first line behind `first`, the others indented alike. `first_width` is how wide
    /// `first` looks.
    fn paragraph(&mut self, first: &str, first_width: usize, text: &str) {
        let room = self.style.width.saturating_sub(first_width).max(20);
        let lines = table::wrap(&escape::terminal(text), room);
        let indent = " ".repeat(first_width);
        if lines.is_empty() {
            self.line(first);
        }
        for (index, line) in lines.iter().enumerate() {
            let head = if index == 0 { first } else { &indent };
            self.line(&format!("{head}{line}"));
        }
    }

    /// A paragraph indented by some spaces.
    fn indented(&mut self, spaces: usize, text: &str) {
        self.paragraph(&" ".repeat(spaces), spaces, text);
    }
}

fn color_of_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Note => CYAN,
    }
}

fn color_of_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => GREEN,
        Outcome::DoesNotHold => RED,
        Outcome::Undecided => YELLOW,
    }
}
