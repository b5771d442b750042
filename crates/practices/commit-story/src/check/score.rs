//! Points: each commit begins with 100, and every point it loses is a finding.

use ironbird_report::{Finding, Findings, Rule, Unit};

use crate::history::Commit;

/// What a commit begins with.
pub const FULL: f64 = 100.0;

/// Findings under construction, and the sum of what they cost.
#[derive(Debug)]
pub struct Score {
    /// What was found.
    pub findings: Findings,
    /// Before the ratchet's base, and since.
    parts: [Part; 2],
    is_since: bool,
    has_lost: bool,
    spotless: u64,
    /// Points that the commit at hand can still lose.
    left: f64,
}

/// Some of the commits.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    lost: f64,
    commits: u64,
}

impl Part {
    fn mean(self) -> Option<f64> {
        (self.commits > 0).then(|| (FULL - self.lost / self.commits as f64).max(0.0))
    }
}

/// What is wrong with a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Points.
    pub points: f64,
    /// What was seen.
    pub seen: String,
    /// What to do.
    pub advice: String,
    /// The other commit that it is about, where there is one.
    pub target: Option<String>,
}

impl Score {
    /// Begins.
    pub fn new(findings: Findings) -> Self {
        let parts = [Part::default(); 2];
        Self { findings, parts, is_since: false, has_lost: false, spotless: 0, left: FULL }
    }

    /// Takes up the next commit, which stands before the ratchet's base or came since.
    pub const fn begin(&mut self, is_since: bool) {
        self.is_since = is_since;
        self.parts[is_since as usize].commits += 1;
        self.left = FULL;
        self.has_lost = false;
    }

    /// Is done with the commit at hand.
    pub fn end(&mut self) {
        self.spotless += u64::from(!self.has_lost);
    }

    /// Notes what is wrong with the commit at hand. No commit loses more than it has.
    pub fn lose(&mut self, commit: &Commit, loss: Loss<'_>) {
        if !self.counts(loss.rule) {
            return;
        }
        let points = loss.points.min(self.left);
        self.left -= points;
        self.has_lost = true;
        self.note(&commit.name(), place(commit), loss, points);
    }

    /// Notes what is wrong with an earlier commit, of which only the name is left.
    pub fn lose_later(&mut self, name: &str, place: Option<(String, u32)>, loss: Loss<'_>) {
        if !self.counts(loss.rule) {
            return;
        }
        let points = loss.points;
        self.note(name, place, loss, points);
    }

    fn counts(&self, rule: &Rule) -> bool {
        self.findings.rule(&rule.id).is_some()
    }

    fn note(&mut self, name: &str, place: Option<(String, u32)>, loss: Loss<'_>, points: f64) {
        self.parts[usize::from(self.is_since)].lost += points;
        let unit = Unit::Named("points lost".into());
        let mut finding =
            Finding::new(loss.rule, name, loss.seen, loss.advice).with_figure("cost", points, unit);
        if let Some((file, line)) = place {
            finding = finding.at(file, Some(line));
        }
        self.findings.find(finding);
    }

    /// Mean points of a commit, from 0 to 100; none without commits.
    pub fn mean(&self) -> Option<f64> {
        let [before, since] = self.parts;
        Part { lost: before.lost + since.lost, commits: before.commits + since.commits }.mean()
    }

    /// The same before the ratchet's base, and since. What a commit shows to be wrong with an earlier one counts where it
    /// shows.
    pub fn means(&self) -> [Option<f64>; 2] {
        self.parts.map(Part::mean)
    }

    /// The share of commits that lost nothing by themselves; none without commits.
    pub fn spotless(&self) -> Option<f64> {
        let commits = self.parts[0].commits + self.parts[1].commits;
        (commits > 0).then(|| self.spotless as f64 / commits as f64)
    }
}

/// Where to show a finding about a commit: at the largest of its changes.
pub fn place(commit: &Commit) -> Option<(String, u32)> {
    let still_there = commit.files.iter().filter(|file| file.status != crate::history::Status::Deleted);
    // The first of several that are equally large.
    let file =
        still_there.rev().max_by_key(|file| (file.nature == crate::history::Nature::Code, file.lines()))?;
    let line = file.hunks.first().map_or(1, |hunk| hunk.new_start.max(1));
    Some((file.name(), line))
}
