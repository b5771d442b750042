//! The cases that do not pass, and why.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, bail};

use super::outcome::Outcome;

const HEAD: &str = "\
# Cases of moto's suite that do not pass on the rig. What is not listed passes; made by `cargo xtask conformance --update`.
# aws-differs: AWS refuses or answers otherwise, as the reason says. elsewhere: it needs what the rig's services do not cover yet.
# gap: ours to mend. unread: nobody has looked yet.
case\tclass\treason
";

/// Whose matter it is that a case does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The case expects what AWS does not do.
    AwsDiffers,
    /// It needs a service or a feature beside those that the lists are about.
    Elsewhere,
    /// The rig lacks something, or does it wrong.
    Gap,
    /// Not known yet.
    Unread,
}

const CLASSES: [(Class, &str); 4] = [
    (Class::AwsDiffers, "aws-differs"),
    (Class::Elsewhere, "elsewhere"),
    (Class::Gap, "gap"),
    (Class::Unread, "unread"),
];

impl Class {
    fn name(self) -> &'static str {
        CLASSES.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }

    /// Whether a case of this class counts against the rig.
    const fn counts(self) -> bool {
        matches!(self, Self::Gap | Self::Unread)
    }
}

/// The list of one service.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ratchet {
    rows: BTreeMap<String, (Class, String)>,
}

impl Ratchet {
    /// Reads a list.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut rows = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("case\t")) {
            let mut fields = line.splitn(3, '\t');
            let (Some(case), Some(class), Some(reason)) = (fields.next(), fields.next(), fields.next())
            else {
                bail!("a row has case, class and reason: {line}");
            };
            let class = CLASSES.iter().find(|(_, name)| *name == class).map(|(class, _)| *class);
            let class = class.with_context(|| format!("there is no such class: {line}"))?;
            if reason.trim().is_empty() {
                bail!("the reason is missing: {line}");
            }
            if rows.insert(case.to_owned(), (class, reason.to_owned())).is_some() {
                bail!("listed twice: {case}");
            }
        }
        Ok(Self { rows })
    }

    /// The list as it should be: cases that failed, those known with their class and reason, others with what they said. Cases that
    /// were not run stay as they are.
    pub fn updated(&self, outcomes: &[Outcome]) -> Self {
        let mut rows = self.rows.clone();
        for outcome in outcomes {
            if outcome.has_passed {
                rows.remove(&outcome.case);
            } else {
                let said = if outcome.why.is_empty() { "it failed" } else { &outcome.why };
                let reason = said.replace('\t', " ");
                rows.entry(outcome.case.clone()).or_insert((Class::Unread, reason));
            }
        }
        Self { rows }
    }

    /// Where outcomes differ from the list, in sentences.
    pub fn differences(&self, outcomes: &[Outcome]) -> Vec<String> {
        let differs = |outcome: &Outcome| match (self.rows.get(&outcome.case), outcome.has_passed) {
            (None, false) => Some(format!("{} passed before and fails: {}", outcome.case, outcome.why)),
            (Some(_), true) => {
                Some(format!("{} passes now: take it off the list with --update", outcome.case))
            }
            _ => None,
        };
        outcomes.iter().filter_map(differs).collect()
    }

    /// How many cases of each file pass, of those that concern the rig.
    pub fn table(&self, outcomes: &[Outcome]) -> String {
        let mut files: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
        for outcome in outcomes {
            let file = outcome.case.split("::").next().unwrap_or_default();
            let (passed, concern, all) = files.entry(file).or_default();
            let class = self.rows.get(&outcome.case).map_or(Class::Unread, |(class, _)| *class);
            *all += 1;
            *passed += usize::from(outcome.has_passed);
            *concern += usize::from(outcome.has_passed || class.counts());
        }
        let mut text = String::new();
        let mut sum = (0, 0, 0);
        for (file, (passed, concern, all)) in &files {
            sum = (sum.0 + passed, sum.1 + concern, sum.2 + all);
            text.push_str(&row(file, *passed, *concern, *all));
        }
        text + &row("all", sum.0, sum.1, sum.2)
    }
}

fn row(name: &str, passed: usize, concern: usize, all: usize) -> String {
    let share = 100.0 * passed as f64 / concern.max(1) as f64;
    format!("  {name:<52} {passed:>4} of {concern:>4} pass, {share:>5.1} % ({all} in all)\n")
}

impl fmt::Display for Ratchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for (case, (class, reason)) in &self.rows {
            writeln!(f, "{case}\t{}\t{reason}", class.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Outcome, Ratchet};

    fn outcome(case: &str, has_passed: bool) -> Outcome {
        Outcome { case: case.to_owned(), has_passed, why: "said\tso".to_owned() }
    }

    #[test]
    fn a_list_only_changes_with_what_was_run() {
        let list = Ratchet::parse("a.py::x\tgap\twhy\na.py::y\taws-differs\tthat\nb.py::z\tunread\tso\n")
            .expect("rows");
        let outcomes = [outcome("a.py::new", false), outcome("a.py::x", true), outcome("a.py::y", false)];
        assert_eq!(list.differences(&outcomes).len(), 2);
        let updated = list.updated(&outcomes);
        assert!(updated.differences(&outcomes).is_empty());
        assert_eq!(Ratchet::parse(&updated.to_string()).expect("rows"), updated);
        let cases: Vec<&String> = updated.rows.keys().collect();
        assert_eq!(cases, ["a.py::new", "a.py::y", "b.py::z"]);
        assert_eq!(updated.rows["a.py::new"], (Class::Unread, "said so".to_owned()));
        assert!(
            updated.table(&outcomes).contains("1 of    2 pass,  50.0 % (3 in all)"),
            "{}",
            updated.table(&outcomes)
        );
    }

    #[test]
    fn bad_lists_are_refused() {
        for text in ["a.py::x", "a.py::x\tgap\t ", "a.py::x\tother\twhy", "a\tgap\tb\na\tgap\tb"] {
            assert!(Ratchet::parse(text).is_err(), "{text}");
        }
    }
}
