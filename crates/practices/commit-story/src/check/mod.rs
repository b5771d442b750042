//! Check: where a history falls short of the practice. It only reads.
//!
//! Each commit begins with 100 points; every point it loses is a finding that names the commit, the reason and what to
//! do. The score of a history is the mean of its commits.

pub mod build;
pub mod message;
pub mod narrative;
mod past;
pub mod rules;
pub mod score;
pub mod size;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ironbird_report::{Findings, Rule, Target, Unit};

use crate::git::{GitError, View};
use crate::history::{Range, list, read};
use crate::process::Ended;
use build::{Build, Built};
use narrative::Narrative;
use score::{Loss, Score};

/// Labels of the figures.
const SCORE: &str = "score";
const BEFORE: &str = "score before the change";
const SINCE: &str = "score of the change";

/// What to check.
#[derive(Debug, Clone)]
pub struct Options {
    /// A folder in the repository.
    pub repo: PathBuf,
    /// The range, as [`Range::resolve`] reads it.
    pub range: String,
    /// Of more commits than this the newest.
    pub most: usize,
    /// Whether commits at which a shallow clone is cut off are left out, rather than undecided.
    pub allows_shallow: bool,
    /// Rules that count, by their ids with or without the practice's name; all where there are none.
    pub rules: Vec<String>,
    /// A commit of the history: what came since must not score lower than what stood before it.
    pub ratchet: Option<String>,
    /// How to build each commit; none to look only.
    pub build: Option<Build>,
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Commits done.
    pub done: u64,
    /// Commits there are.
    pub of: u64,
    /// What is done with them.
    pub what: &'static str,
}

/// Checks a range of commits.
///
/// # Errors
/// When the repository or the range cannot be read at all.
pub fn run(options: &Options, progress: &(dyn Fn(Progress) + Sync)) -> Result<Findings, GitError> {
    let view = View::open(&options.repo)?;
    let range = Range::resolve(view.source(), &options.range)?;
    let since = match &options.ratchet {
        Some(base) => {
            let base = Some(view.source().resolve(base)?);
            let change = Range { base, ..range.clone() };
            Some(list(&view, &change, options.most)?.into_iter().map(|commit| commit.id).collect())
        }
        None => None,
    };
    let score = judge(&view, &range, since.as_ref(), (options, progress))?;
    Ok(finish(score, &range, since.is_some()))
}

fn judge(
    view: &View,
    range: &Range,
    since: Option<&BTreeSet<String>>,
    (options, progress): (&Options, &(dyn Fn(Progress) + Sync)),
) -> Result<Score, GitError> {
    view.learn_attributes(&range.tip)?;
    let mut listed = list(view, range, options.most)?;
    let cut = view.cut();
    if options.allows_shallow {
        listed.retain(|commit| !cut.contains(&commit.id));
    }
    let mut rules: Vec<Rule> = rules::READ.iter().map(|rule| (*rule).clone()).collect();
    let target = Target::path(format!("{} {}", shown(&options.repo), range.text));
    let built = match &options.build {
        Some(how) => {
            rules.push(rules::BUILDS.clone());
            Some(build::run(view, &listed, how, progress)?)
        }
        None => None,
    };
    choose(&mut rules, &options.rules);
    let mut score = Score::new(Findings::new(crate::NAME, crate::SOFTWARE, target, &rules));
    let of = listed.len() as u64;
    let mut narrative = Narrative::default();
    let mut done = 0;
    read(view, &listed, |commit| -> Result<(), GitError> {
        score.begin(since.is_some_and(|names| names.contains(&commit.id)));
        if commit.is_cut {
            let why = "its parents are not in this shallow clone; see `git fetch --unshallow`, or leave it out with --allow-shallow";
            score.findings.could_not_read(format!("changes of {}", commit.name()), why, &rules::OF_CHANGES);
        }
        for loss in message::check(&commit) {
            score.lose(&commit, loss);
        }
        if !commit.is_cut {
            for loss in size::check(&commit) {
                score.lose(&commit, loss);
            }
        }
        if let Some(ended) = built.as_ref().and_then(|built| built.failed.get(&commit.id)) {
            score.lose(&commit, failed(ended));
        }
        let (own, late) = narrative.check(&commit);
        for loss in own {
            score.lose(&commit, loss);
        }
        for earlier in late {
            score.lose_later(&earlier.name, None, earlier.loss);
        }
        score.end();
        done += 1;
        progress(Progress { done, of, what: "reading" });
        Ok(())
    })?;
    score.findings.read("git commits", Some(of));
    note_builds(&mut score.findings, built.as_ref());
    if let Some(what) = view.source().in_progress() {
        score.findings.read(format!("a {what} is in progress: HEAD is where it stands"), None);
    }
    Ok(score)
}

/// Keeps the rules that are named. Where one of the names is no rule's, all stay, so that the report can say which there are.
fn choose(rules: &mut Vec<Rule>, names: &[String]) {
    let is_named = |rule: &Rule, name: &String| rule.id.rsplit('/').next() == Some(name) || rule.id == *name;
    let are_known = names.iter().all(|name| rules.iter().any(|rule| is_named(rule, name)));
    if !names.is_empty() && are_known {
        rules.retain(|rule| names.iter().any(|name| is_named(rule, name)));
    }
}

fn note_builds(findings: &mut Findings, built: Option<&Built>) {
    match built {
        None => findings.read("nothing was built: give --build to see that each commit builds", None),
        Some(Built { built, known, .. }) => {
            findings.read("trees built", Some(*built));
            findings.read("commits whose tree is known to pass", Some(*known));
        }
    }
}

fn failed(ended: &Ended) -> Loss<'static> {
    let seen = match ended {
        Ended::Well => String::new(),
        Ended::TooLate => "The command took longer than --timeout allows.".to_owned(),
        Ended::Badly { how, said } => format!("The command ended with {how}: {}", said.replace('\n', " | ")),
    };
    let advice = "Make it whole: bring with it what it lacks, or move it behind what it needs.".to_owned();
    Loss { target: None, rule: &rules::BUILDS, points: 40.0, seen, advice }
}

fn finish(score: Score, range: &Range, has_ratchet: bool) -> Findings {
    let (mean, means, spotless) = (score.mean(), score.means(), score.spotless());
    let mut findings = score.findings;
    for rule in &findings.rules.clone() {
        // Without findings the range as a whole passes; listing ten thousand commits under each rule helps nobody.
        if !findings.findings.iter().any(|finding| finding.rule == rule.id) {
            findings.examine(rule, &range.text);
        }
    }
    let of_100 = || Unit::Named("of 100".into());
    if let Some(mean) = mean {
        findings.figure(SCORE, mean, of_100());
    }
    if let Some(share) = spotless {
        findings.figure("commits that lost nothing", share, Unit::Share);
    }
    if has_ratchet {
        for (label, part) in [BEFORE, SINCE].into_iter().zip(means) {
            if let Some(part) = part {
                findings.figure(label, part, of_100());
            }
        }
    }
    findings
}

/// The score of findings that [`run`] made; none where there was no commit.
pub fn score_of(findings: &Findings) -> Option<f64> {
    figure(findings, SCORE)
}

/// Whether what came since the ratchet's base scores lower than what stood before it.
pub fn is_lowered(findings: &Findings) -> bool {
    // Sums of points differ in their last digit by the order in which they were added up.
    let almost = 1e-9;
    matches!((figure(findings, BEFORE), figure(findings, SINCE)), (Some(before), Some(since)) if since < before - almost)
}

fn figure(findings: &Findings, label: &str) -> Option<f64> {
    findings.figures.iter().find(|figure| figure.label == label).map(|figure| figure.value)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
