//! How findings and verdicts are handed over, the same for every practice.

use std::fs;
use std::io::{IsTerminal as _, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use ironbird_report::text::Style;
use ironbird_report::{Findings, Severity, Verdict as Outcome, ci, html, json, junit, sarif, text};

use crate::{Verdict, output};

/// What of the findings to show, how, and which of them count.
#[derive(Args)]
pub struct Report {
    /// Only this rule; may be given several times
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,
    /// The least severity that makes the exit status 1
    #[arg(long, value_enum, default_value = "note")]
    fail_on: Least,
    /// Print JSON
    #[arg(long, group = "format")]
    json: bool,
    /// Print SARIF 2.1.0
    #[arg(long, group = "format")]
    sarif: bool,
    /// Print JUnit XML
    #[arg(long, group = "format")]
    junit: bool,
    /// Print annotations as GitHub Actions shows them beside a change
    #[arg(long, group = "format")]
    github: bool,
    /// Print a code quality report as GitLab shows it beside a change
    #[arg(long, group = "format")]
    gitlab: bool,
}

/// A severity, as it is given.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Least {
    Error,
    Warning,
    Note,
}

impl Least {
    const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
        }
    }
}

impl Report {
    /// The rules that were chosen; none for all.
    pub fn rules(&self) -> &[String] {
        &self.rules
    }

    /// Shows findings, and says how the command ends. `practice` is what rules without a practice's name are of.
    ///
    /// # Errors
    /// When a rule is asked for that is not there, or something could not be read.
    pub fn hand_over(&self, findings: Findings) -> anyhow::Result<Verdict> {
        self.hand_over_with(findings, |_| None)
    }

    /// The same, where the practice decides by something else than findings, such as a score: where `decide` gives none, findings do.
    ///
    /// # Errors
    /// See [`Report::hand_over`].
    pub fn hand_over_with(
        &self,
        findings: Findings,
        decide: impl FnOnce(&Findings) -> Option<Verdict>,
    ) -> anyhow::Result<Verdict> {
        let decided = decide(&findings);
        let shown = if self.rules.is_empty() { findings } else { only(findings, &self.rules)? };
        output::write(&self.render(&shown))?;
        if !shown.unread.is_empty() {
            bail!("{} could not be read; rules that depend on it are undecided", unread(&shown));
        }
        let by_findings = || match shown.exit_code_from(self.fail_on.severity()) {
            0 => Verdict::Good,
            _ => Verdict::Negative,
        };
        Ok(decided.unwrap_or_else(by_findings))
    }

    fn render(&self, findings: &Findings) -> String {
        let form = match (self.json, self.sarif, self.junit, self.github, self.gitlab) {
            (true, ..) => json::findings,
            (_, true, ..) => sarif::findings,
            (_, _, true, ..) => junit::findings,
            (_, _, _, true, _) => ci::github,
            (.., true) => ci::gitlab,
            _ => return text::findings(findings, style()),
        };
        form(findings)
    }
}

/// The findings of some rules only, by their ids with or without the practice's name.
fn only(findings: Findings, rules: &[String]) -> anyhow::Result<Findings> {
    let known: Vec<String> = findings.rules.iter().map(|rule| rule.id.to_string()).collect();
    match findings.only(rules) {
        Ok(findings) => Ok(findings),
        Err(unknown) => bail!("there is no rule {unknown}; there are {}", known.join(", ")),
    }
}

fn unread(findings: &Findings) -> String {
    let mut names: Vec<&str> = findings.unread.iter().map(|unread| unread.what.as_str()).collect();
    names.dedup();
    names.join(", ")
}

/// How reports look on standard output.
pub fn style() -> Style {
    let is_terminal = stdout().is_terminal();
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Style { width: columns.unwrap_or(120).clamp(40, 200), color: is_terminal && !no_color }
}

/// Where the report of a rehearsal goes.
#[derive(Args)]
pub struct Page {
    /// Print JSON, and write no page unless --html is given
    #[arg(long)]
    json: bool,
    /// Where to write the page; ironbird-PRACTICE.html unless told otherwise, which commit-story puts into the
    /// folder for temporary files
    #[arg(long, value_name = "FILE", conflicts_with = "no_html")]
    html: Option<PathBuf>,
    /// Write no page
    #[arg(long)]
    no_html: bool,
    /// Where a page goes that nobody gave a place; the current folder where this is empty.
    #[arg(skip)]
    folder: PathBuf,
}

impl Page {
    /// A page for which nobody gave a place goes to `folder`.
    pub fn or_in(self, folder: PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// Where the page of a practice goes, if there is one.
    fn place(&self, practice: &str) -> Option<PathBuf> {
        match (&self.html, self.no_html || self.json) {
            (Some(path), _) => Some(path.clone()),
            (None, false) => Some(self.folder.join(format!("ironbird-{practice}.html"))),
            (None, true) => None,
        }
    }

    /// Sees to it that nobody waits for a page that cannot be written.
    ///
    /// # Errors
    /// Where it cannot be.
    pub fn check(&self, practice: &str) -> anyhow::Result<()> {
        let Some(path) = self.place(practice) else { return Ok(()) };
        output::writable(&path).with_context(|| cannot_write(&path))
    }

    /// Shows a verdict, writes its page, and says how the command ends.
    ///
    /// # Errors
    /// When the page cannot be written, or nothing could be decided.
    pub fn hand_over(&self, verdict: &Outcome) -> anyhow::Result<Verdict> {
        let page = self.place(&verdict.practice);
        if let Some(path) = &page {
            let text = html::verdict(verdict);
            fs::write(path, text).with_context(|| cannot_write(path))?;
        }
        output::write(&if self.json { json::verdict(verdict) } else { text::verdict(verdict, style()) })?;
        if let Some(path) = &page {
            output::complain(&format!("page with plots: {}", path.display()));
        }
        match verdict.exit_code() {
            0 => Ok(Verdict::Good),
            1 => Ok(Verdict::Negative),
            _ => bail!("whether the practice holds could not be decided"),
        }
    }
}

fn cannot_write(page: &Path) -> String {
    format!("cannot write the page to {}", page.display())
}
