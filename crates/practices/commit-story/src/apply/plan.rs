//! What to do with a branch: which commits to fold, move, drop, split and reword; each step tried before it is proposed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::object::Picker;
use super::split::{self, Fault, Part};
use super::template;
use crate::check::narrative::{Late, Narrative};
use crate::check::score::Loss;
use crate::check::{message, rules, size};
use crate::git::GitError;
use crate::history::Commit;

/// One commit of the new branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The commit whose message and author it has. Where it is a part of a split one, a commit of our own.
    pub pick: String,
    /// Commits folded into it.
    pub folded: Vec<String>,
    /// The commit of the branch that it is a part of, where that is split, and which part.
    pub part: Option<(String, Part)>,
    /// What stands below its message for its author to complete.
    pub template: Option<String>,
}

impl Unit {
    /// The commit of the branch that it is a part of.
    fn whole(&self) -> Option<&String> {
        self.part.as_ref().map(|(whole, _)| whole)
    }
}

/// A branch, reorganized.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The commits, from oldest to newest.
    pub units: Vec<Unit>,
    /// Commits that are left out, with those that they take back.
    pub dropped: Vec<String>,
    /// What is done and why, in sentences.
    pub done: Vec<String>,
    /// What would follow from the practice and was left alone, with the reason.
    pub left: Vec<String>,
    commits: Vec<Commit>,
}

/// Where a sequence of units leads.
fn result(picker: &Picker<'_>, base_tree: &str, units: &[Unit]) -> Result<Option<String>, GitError> {
    let mut tree = base_tree.to_owned();
    for name in units.iter().flat_map(|unit| std::iter::once(&unit.pick).chain(&unit.folded)) {
        match picker.pick(&tree, name)? {
            Some(next) => tree = next,
            None => return Ok(None),
        }
    }
    Ok(Some(tree))
}

impl Plan {
    /// Plans for a line of commits on top of a tree. Whatever does not lead to the same result is left alone.
    ///
    /// # Errors
    /// When git fails.
    pub fn make(
        picker: &Picker<'_>,
        view: &crate::git::View,
        base_tree: &str,
        commits: Vec<Commit>,
    ) -> Result<Self, GitError> {
        let as_it_is = |commit: &Commit| Unit {
            pick: commit.id.clone(),
            folded: Vec::new(),
            part: None,
            template: None,
        };
        let units = commits.iter().map(as_it_is).collect();
        let mut plan = Self { units, dropped: Vec::new(), done: Vec::new(), left: Vec::new(), commits };
        let goal = plan.commits.last().map_or_else(|| base_tree.to_owned(), |last| last.tree.clone());
        let keeps = |units: &[Unit]| {
            Ok::<bool, GitError>(result(picker, base_tree, units)?.as_deref() == Some(&goal))
        };
        let mut narrative = Narrative::default();
        let mut mixed = BTreeSet::new();
        for index in 0..plan.commits.len() {
            let commit = plan.commits[index].clone();
            let (losses, late) = narrative.check(&commit);
            for loss in losses {
                if loss.rule.id == rules::MIXED_KINDS.id {
                    mixed.insert(commit.id.clone());
                }
                plan.mend(&commit, &loss, &keeps)?;
            }
            for Late { id, loss, .. } in late {
                if let Some(earlier) = plan.commits.iter().find(|commit| commit.id == id).cloned() {
                    plan.mend(&earlier, &loss, &keeps)?;
                }
            }
        }
        plan.split(view, &mixed, &keeps)?;
        plan.complete();
        Ok(plan)
    }

    fn mend(
        &mut self,
        commit: &Commit,
        loss: &Loss<'_>,
        keeps: &dyn Fn(&[Unit]) -> Result<bool, GitError>,
    ) -> Result<(), GitError> {
        let Some(at) = self.units.iter().position(|unit| unit.pick == commit.id) else { return Ok(()) };
        let target = loss.target.as_ref().and_then(|id| self.position(id));
        let mut units = self.units.clone();
        let what = if loss.rule.id == rules::FIXUP.id {
            let Some(into) = target else {
                self.left
                    .push(format!("{} mends another commit, but which one cannot be told", commit.name()));
                return Ok(());
            };
            let unit = units.remove(at);
            let into_name = self.name(&units[into].pick);
            units[into].folded.push(unit.pick);
            units[into].folded.extend(unit.folded);
            format!("{} is folded into {into_name}", commit.name())
        } else if loss.rule.id == rules::OWN_REVERT.id {
            let Some(other) = target.filter(|other| units[*other].folded.is_empty()) else { return Ok(()) };
            let other_name = self.name(&units[other].pick);
            units.remove(at);
            units.remove(other);
            format!("{} and {other_name}, which it takes back, are dropped", commit.name())
        } else if loss.rule.id == rules::TOPIC_JUMP.id {
            let Some(behind) = target.filter(|behind| *behind + 1 < at) else { return Ok(()) };
            let unit = units.remove(at);
            units.insert(behind + 1, unit);
            format!("{} is moved right behind {}", commit.name(), self.name(&self.units[behind].pick))
        } else if loss.rule.id == rules::REFACTORING_APART.id {
            let Some(before) = target.filter(|before| *before > at + 1) else { return Ok(()) };
            let unit = units.remove(at);
            units.insert(before - 1, unit);
            format!(
                "{} is moved right before {}, which it prepares",
                commit.name(),
                self.name(&self.units[before].pick)
            )
        } else if loss.rule.id == rules::INCOMPLETE.id {
            let Some(behind) = target.filter(|behind| *behind > at) else { return Ok(()) };
            let unit = units.remove(at);
            units.insert(behind, unit);
            format!(
                "{} is moved right behind {}, which brings what it asks for",
                commit.name(),
                self.name(&self.units[behind].pick)
            )
        } else {
            return Ok(());
        };
        if keeps(&units)? {
            if loss.rule.id == rules::OWN_REVERT.id {
                let gone = self
                    .units
                    .iter()
                    .map(|unit| &unit.pick)
                    .filter(|id| !units.iter().any(|unit| unit.pick == **id));
                self.dropped.extend(gone.cloned().collect::<Vec<_>>());
            }
            self.units = units;
            self.done.push(what);
        } else {
            self.left.push(format!("{what}: that conflicts, or would not lead to the same result"));
        }
        Ok(())
    }

    fn split(
        &mut self,
        view: &crate::git::View,
        mixed: &BTreeSet<String>,
        keeps: &dyn Fn(&[Unit]) -> Result<bool, GitError>,
    ) -> Result<(), GitError> {
        for commit in self.commits.clone() {
            let Some(at) = self.units.iter().position(|unit| unit.pick == commit.id) else { continue };
            let is_large = || size::check(&commit).iter().any(|loss| loss.rule.id == rules::TOO_LARGE.id);
            let fault = if mixed.contains(&commit.id) {
                Fault::Mixed
            } else if is_large() {
                Fault::Large
            } else {
                Fault::None
            };
            let parts = split::parts(&commit, fault);
            if parts.len() < 2 {
                continue;
            }
            let names: Vec<String> = parts.iter().map(|part| part.title.clone()).collect();
            let what = format!("{} is split into {}", commit.name(), names.join(", and "));
            let mut written = split::write(view, &commit, &parts)?;
            let mut units = self.units.clone();
            // What is folded into the whole goes with its last part.
            if let Some(last) = written.last_mut() {
                last.folded = units[at].folded.clone();
            }
            units.splice(at..=at, written);
            if keeps(&units)? {
                self.units = units;
                self.done.push(what);
            } else {
                self.left.push(format!("{what}: that conflicts, or would not lead to the same result"));
            }
        }
        Ok(())
    }

    /// Adds what is known of a commit below messages that do not say why.
    fn complete(&mut self) {
        for unit in &mut self.units {
            let source = unit.whole().unwrap_or(&unit.pick);
            let Some(whole) = self.commits.iter().find(|commit| commit.id == *source) else { continue };
            let commit = unit.part.as_ref().map_or_else(|| whole.clone(), |(_, part)| part.of(whole));
            if message::check(&commit).iter().any(|loss| loss.rule.id == rules::WHY.id) {
                unit.template = Some(template::of(&commit));
                self.done.push(format!("{} gets a message to complete: it does not say why", commit.name()));
            }
        }
        self.done.dedup();
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        let is_changed =
            |unit: &Unit| unit.part.is_some() || unit.template.is_some() || !unit.folded.is_empty();
        let same_order =
            self.units.iter().map(|unit| &unit.pick).eq(self.commits.iter().map(|commit| &commit.id));
        same_order && !self.units.iter().any(is_changed)
    }

    /// The unit that has a commit, itself or folded.
    fn position(&self, id: &str) -> Option<usize> {
        self.units.iter().position(|unit| unit.pick == id || unit.folded.iter().any(|folded| folded == id))
    }

    fn name(&self, id: &str) -> String {
        self.commits.iter().find(|commit| commit.id == id).map_or_else(|| id.to_owned(), Commit::name)
    }

    /// The plan as the list that `git rebase -i` works through. Parts of a split commit are one `edit` with a comment.
    pub fn todo(&self) -> String {
        let mut text = String::new();
        let mut last_split = None;
        for unit in &self.units {
            // Writing to a string cannot fail.
            match unit.whole() {
                Some(whole) if last_split != Some(whole) => {
                    last_split = Some(whole);
                    let _ = writeln!(text, "edit {}", self.name(whole));
                    let parts = self.units.iter().filter(|other| other.whole() == Some(whole)).count();
                    let _ = writeln!(text, "# split it into {parts} commits");
                }
                Some(_) => {}
                None => {
                    let verb = if unit.template.is_some() { "reword" } else { "pick" };
                    let _ = writeln!(text, "{verb} {}", self.name(&unit.pick));
                }
            }
            for folded in &unit.folded {
                let verb = if self.is_squash(folded) { "squash" } else { "fixup" };
                let _ = writeln!(text, "{verb} {}", self.name(folded));
            }
        }
        for dropped in &self.dropped {
            let _ = writeln!(text, "drop {}", self.name(dropped));
        }
        text
    }

    /// Whether a commit's message goes with it when it is folded.
    pub fn is_squash(&self, id: &str) -> bool {
        self.commits.iter().any(|commit| commit.id == id && commit.message.subject.starts_with("squash!"))
    }
}
