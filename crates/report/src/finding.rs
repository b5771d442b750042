//! What `check` hands over: findings, what was read to make them, and what could not be read.

use crate::units::Unit;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How much a finding matters, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It fails, or will fail with the next ordinary fault.
    Error,
    /// It falls short of the practice.
    Warning,
    /// Worth knowing; nothing is wrong.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`: the words SARIF uses for its levels.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// One rule of a practice. Practices keep theirs as constants, made with [`Rule::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Stable id, `practice/rule`: `capacity-flexibility/single-type-group`.
    pub id: Cow<'static, str>,
    /// The severity of its findings, where a finding says no other.
    pub severity: Severity,
    /// What it says in one line, without a full stop.
    pub title: Cow<'static, str>,
    /// Why it matters, what it reads and where its figures come from: a few sentences.
    pub help: Cow<'static, str>,
}

impl Rule {
    /// A rule as a constant.
    pub const fn new(id: &'static str, severity: Severity, title: &'static str, help: &'static str) -> Rule {
        Rule { id: Cow::Borrowed(id), severity, title: Cow::Borrowed(title), help: Cow::Borrowed(help) }
    }
}

/// Where a check looked: a real account, a rig, or files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    /// Twelve-digit account id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Regions looked at, in the order given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Endpoint, where it is not AWS's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// File, folder or repository, for checks that read files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Target {
    /// An account in one Region.
    pub fn account(account: impl Into<String>, region: impl Into<String>) -> Target {
        Target { account: Some(account.into()), regions: vec![region.into()], ..Target::default() }
    }

    /// Files below a path.
    pub fn path(path: impl Into<String>) -> Target {
        Target { path: Some(path.into()), ..Target::default() }
    }

    /// The same target behind an endpoint of its own.
    pub fn at(mut self, endpoint: impl Into<String>) -> Target {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// One line that names it: `account 111122223333, us-east-1, at http://127.0.0.1:4566`.
    pub fn line(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.account.as_ref().map(|account| format!("account {account}")));
        parts.extend(self.regions.iter().cloned());
        parts.extend(self.endpoint.as_ref().map(|endpoint| format!("at {endpoint}")));
        parts.extend(self.path.clone());
        parts.join(", ")
    }
}

/// A number behind a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is: `pools it can draw from`.
    pub label: Cow<'static, str>,
    /// The number, in the unit beside it. It must be finite.
    pub value: f64,
    /// How to read it.
    pub unit: Unit,
}

impl Figure {
    /// A figure.
    pub fn new(label: impl Into<Cow<'static, str>>, value: f64, unit: Unit) -> Figure {
        Figure { label: label.into(), value, unit }
    }

    /// `pools it can draw from: 2`.
    pub fn line(&self) -> String {
        format!("{}: {}", self.label, self.unit.write(self.value))
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// Path relative to the target's path.
    pub file: String,
    /// Line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
}

/// One resource falling short of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule, which is among [`Findings::rules`].
    pub rule: Cow<'static, str>,
    /// How much it matters here.
    pub severity: Severity,
    /// ARN of the resource, or another stable name where the thing has no ARN.
    pub resource: String,
    /// What was seen, as a full sentence with its numbers.
    pub seen: String,
    /// What to do about it.
    pub advice: String,
    /// The number behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub figure: Option<Figure>,
    /// The place in a file, for checks of files.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Location>,
}

impl Finding {
    /// A finding of the rule's own severity.
    pub fn new(
        rule: &Rule,
        resource: impl Into<String>,
        seen: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding {
            rule: rule.id.clone(),
            severity: rule.severity,
            resource: resource.into(),
            seen: seen.into(),
            advice: advice.into(),
            figure: None,
            location: None,
        }
    }

    /// The same finding with the number behind it.
    pub fn with_figure(mut self, label: impl Into<Cow<'static, str>>, value: f64, unit: Unit) -> Finding {
        self.figure = Some(Figure::new(label, value, unit));
        self
    }

    /// The same finding, of another severity than its rule's.
    pub fn with_severity(mut self, severity: Severity) -> Finding {
        self.severity = severity;
        self
    }

    /// The same finding at a place in a file.
    pub fn at(mut self, file: impl Into<String>, line: Option<u32>) -> Finding {
        self.location = Some(Location { file: file.into(), line });
        self
    }
}

/// Something that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The call or file: `autoscaling:DescribeAutoScalingGroups`.
    pub what: String,
    /// How many things it gave; `None` where counting them says nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
}

/// Something that could not be read. It is never a pass: the rules named are undecided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The call or file.
    pub what: String,
    /// Why not: `AccessDenied: ...`, `not supported by this endpoint`.
    pub why: String,
    /// Ids of the rules this leaves undecided. Empty means all rules of the check, so that leaving it out can hide
    /// nothing.
    pub rules: Vec<Cow<'static, str>>,
    /// The one resource they are undecided for; `None` where it is all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<String>,
}

/// A resource that a rule was decided for. With no finding of that rule, it passes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Examined {
    /// Id of the rule.
    pub rule: Cow<'static, str>,
    /// ARN or name of the resource.
    pub resource: String,
}

/// The result of one `check`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Findings {
    /// Name of the practice: `capacity-flexibility`.
    pub practice: String,
    /// Name and version of the software: `ironbird 0.1.0`.
    pub software: String,
    /// Where it looked.
    pub target: Target,
    /// Every rule that took part, whether it found something or not.
    pub rules: Vec<Rule>,
    /// Numbers about all of it, such as a score, where the practice has some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// What falls short.
    pub findings: Vec<Finding>,
    /// What each rule was decided for.
    pub examined: Vec<Examined>,
    /// What was read.
    pub read: Vec<Read>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// How one rule came out for one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseOutcome<'a> {
    /// Examined, nothing found.
    Pass,
    /// These findings, at least one.
    Fail(Vec<&'a Finding>),
    /// What could not be read, at least one thing.
    Undecided(Vec<&'a Unread>),
    /// The rule found no resource it applies to.
    NothingToExamine,
}

/// One rule applied to one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Case<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// ARN or name of the resource; `None` where the outcome stands for the rule as a whole.
    pub resource: Option<&'a str>,
    /// How it came out.
    pub outcome: CaseOutcome<'a>,
}

impl Findings {
    /// An empty result: no rule has found, read or failed to read anything yet.
    pub fn new(
        practice: impl Into<String>,
        software: impl Into<String>,
        target: Target,
        rules: &[Rule],
    ) -> Findings {
        Findings {
            practice: practice.into(),
            software: software.into(),
            target,
            rules: rules.to_vec(),
            ..Findings::default()
        }
    }

    /// Notes that a rule was decided for a resource.
    pub fn examine(&mut self, rule: &Rule, resource: impl Into<String>) {
        self.examined.push(Examined { rule: rule.id.clone(), resource: resource.into() });
    }

    /// Adds a finding.
    pub fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds a number about all of it.
    pub fn figure(&mut self, label: impl Into<Cow<'static, str>>, value: f64, unit: Unit) {
        self.figures.push(Figure::new(label, value, unit));
    }

    /// Notes something read.
    pub fn read(&mut self, what: impl Into<String>, count: Option<u64>) {
        self.read.push(Read { what: what.into(), count });
    }

    /// Notes something that could not be read, and the rules it leaves undecided (none given: all of them).
    pub fn could_not_read(&mut self, what: impl Into<String>, why: impl Into<String>, rules: &[&Rule]) {
        let ids = rules.iter().map(|rule| rule.id.clone()).collect();
        self.unread.push(Unread { what: what.into(), why: why.into(), rules: ids, resource: None });
    }

    /// What several practices found in the same place, as one result. What each of them read is listed once.
    pub fn together(practice: impl Into<String>, parts: Vec<Findings>) -> Findings {
        let mut all = Findings { practice: practice.into(), ..Findings::default() };
        for part in parts {
            if all.software.is_empty() {
                all.software = part.software;
                all.target = part.target;
            }
            all.rules.extend(part.rules);
            all.figures.extend(part.figures);
            all.findings.extend(part.findings);
            all.examined.extend(part.examined);
            for read in part.read {
                if !all.read.contains(&read) {
                    all.read.push(read);
                }
            }
            all.unread.extend(part.unread);
        }
        all
    }

    /// The findings of some rules only, by their ids with or without the practice's name.
    ///
    /// # Errors
    /// The id that no rule has.
    pub fn only(mut self, ids: &[String]) -> Result<Findings, String> {
        let full = |id: &String| {
            let is_it = |rule: &&Rule| rule.id.split_once('/').is_some_and(|(_, name)| name == id);
            match self.rules.iter().find(is_it) {
                Some(rule) => rule.id.to_string(),
                None if id.contains('/') => id.clone(),
                None => format!("{}/{id}", self.practice),
            }
        };
        let wanted: Vec<String> = ids.iter().map(full).collect();
        if let Some(unknown) = wanted.iter().find(|id| self.rule(id).is_none()) {
            return Err(unknown.clone());
        }
        let is_wanted = |id: &str| wanted.iter().any(|other| other == id);
        self.rules.retain(|rule| is_wanted(&rule.id));
        self.findings.retain(|finding| is_wanted(&finding.rule));
        self.examined.retain(|examined| is_wanted(&examined.rule));
        for unread in &mut self.unread {
            // No rules named means all of them.
            if unread.rules.is_empty() {
                unread.rules = self.rules.iter().map(|rule| rule.id.clone()).collect();
            }
            unread.rules.retain(|id| is_wanted(id));
        }
        self.unread.retain(|unread| !unread.rules.is_empty());
        Ok(self)
    }

    /// The exit code of the command: 2 when anything could not be checked, else 1 when there are findings, else 0.
    /// Like `grep`, trouble outranks a match: whoever reads 1 may trust that the list is whole.
    pub fn exit_code(&self) -> u8 {
        self.exit_code_from(Severity::Note)
    }

    /// The exit code when only findings of this severity or a graver one count.
    pub fn exit_code_from(&self, least: Severity) -> u8 {
        if !self.unread.is_empty() {
            return 2;
        }
        u8::from(self.findings.iter().any(|finding| finding.severity <= least))
    }

    /// How many findings there are of each severity: errors, warnings, notes.
    pub fn counts(&self) -> [usize; 3] {
        [Severity::Error, Severity::Warning, Severity::Note]
            .map(|severity| self.findings.iter().filter(|finding| finding.severity == severity).count())
    }

    /// The findings in the order every rendering uses: gravest first, then by rule, resource, place and text, so that
    /// the order in which a check came upon them does not show.
    pub fn ordered(&self) -> Vec<&Finding> {
        let mut ordered: Vec<&Finding> = self.findings.iter().collect();
        ordered.sort_by(|a, b| {
            (a.severity, &a.rule, &a.resource, &a.location, &a.seen, &a.advice).cmp(&(
                b.severity,
                &b.rule,
                &b.resource,
                &b.location,
                &b.seen,
                &b.advice,
            ))
        });
        ordered
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Every rule with every resource it has something to say about, ordered by rule (as listed) and resource.
    /// Findings outrank what is unread, and that outranks a pass.
    pub fn cases(&self) -> Vec<Case<'_>> {
        let ordered = self.ordered();
        self.rules.iter().flat_map(|rule| self.cases_of(rule, &ordered)).collect()
    }

    fn cases_of<'a>(&'a self, rule: &'a Rule, ordered: &[&'a Finding]) -> Vec<Case<'a>> {
        let undecided: Vec<&Unread> = self.unread.iter().filter(|unread| unread.touches(rule)).collect();
        // What was found in each resource, and what could not be read of it.
        let mut resources: BTreeMap<&str, (Vec<&Finding>, Vec<&Unread>)> = BTreeMap::new();
        for examined in self.examined.iter().filter(|examined| examined.rule == rule.id) {
            resources.entry(&examined.resource).or_default();
        }
        for finding in ordered.iter().filter(|finding| finding.rule == rule.id) {
            resources.entry(&finding.resource).or_default().0.push(finding);
        }
        for unread in &undecided {
            if let Some(resource) = &unread.resource {
                resources.entry(resource).or_default().1.push(unread);
            }
        }

        let mut cases = Vec::new();
        for (resource, (failed, open)) in resources {
            let outcome = match (failed.is_empty(), open.is_empty()) {
                (false, _) => CaseOutcome::Fail(failed),
                (true, false) => CaseOutcome::Undecided(open),
                (true, true) => CaseOutcome::Pass,
            };
            cases.push(Case { rule, resource: Some(resource), outcome });
        }
        let open: Vec<&Unread> = undecided.into_iter().filter(|unread| unread.resource.is_none()).collect();
        if !open.is_empty() {
            cases.push(Case { rule, resource: None, outcome: CaseOutcome::Undecided(open) });
        }
        if cases.is_empty() {
            cases.push(Case { rule, resource: None, outcome: CaseOutcome::NothingToExamine });
        }
        cases
    }
}

impl Unread {
    /// Whether this leaves the rule undecided.
    pub fn touches(&self, rule: &Rule) -> bool {
        self.rules.is_empty() || self.rules.contains(&rule.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: Rule = Rule::new("p/narrow", Severity::Error, "narrow", "why");
    const ZONES: Rule = Rule::new("p/zones", Severity::Warning, "zones", "why");

    fn empty() -> Findings {
        Findings::new("p", "ironbird 0", Target::account("111122223333", "us-east-1"), &[NARROW, ZONES])
    }

    #[test]
    fn exit_codes_never_call_the_unread_a_pass() {
        let mut result = empty();
        assert_eq!(result.exit_code(), 0);
        result.find(Finding::new(&ZONES, "arn:a", "seen", "do"));
        assert_eq!(result.exit_code(), 1);
        assert_eq!(result.exit_code_from(Severity::Error), 0);
        assert_eq!(result.exit_code_from(Severity::Warning), 1);
        result.could_not_read("ec2:DescribeHosts", "denied", &[]);
        assert_eq!(result.exit_code_from(Severity::Error), 2);
    }

    #[test]
    fn practices_are_put_together_and_their_rules_can_be_chosen() {
        const OTHER: Rule = Rule::new("q/other", Severity::Note, "other", "why");
        let mut other = Findings::new("q", "ironbird 0", Target::default(), &[OTHER]);
        let mut one = empty();
        one.find(Finding::new(&NARROW, "arn:a", "seen", "do"));
        other.find(Finding::new(&OTHER, "arn:a", "seen", "do"));
        for part in [&mut one, &mut other] {
            part.read("autoscaling:DescribeAutoScalingGroups", Some(1));
        }
        let all = Findings::together("all", vec![one, other]);
        assert_eq!((all.rules.len(), all.findings.len(), all.read.len()), (3, 2, 1));
        assert_eq!(all.target.account.as_deref(), Some("111122223333"));
        let chosen = all.clone().only(&["other".to_owned(), "p/zones".to_owned()]).unwrap();
        assert_eq!((chosen.rules.len(), chosen.findings.len()), (2, 1));
        assert_eq!(all.only(&["none".to_owned()]), Err("all/none".to_owned()));
    }

    #[test]
    fn the_order_of_discovery_does_not_show() {
        let mut one = empty();
        let mut other = empty();
        let findings = [
            Finding::new(&ZONES, "arn:a", "seen", "do"),
            Finding::new(&NARROW, "arn:b", "seen", "do"),
            Finding::new(&NARROW, "arn:a", "seen", "do"),
        ];
        findings.iter().for_each(|finding| one.find(finding.clone()));
        findings.iter().rev().for_each(|finding| other.find(finding.clone()));
        assert_eq!(one.ordered(), other.ordered());
        assert_eq!(one.ordered()[0].resource, "arn:a");
        assert_eq!(one.ordered()[0].rule, NARROW.id);
    }

    #[test]
    fn cases_tell_pass_fail_undecided_and_nothing_apart() {
        let mut result = empty();
        result.examine(&NARROW, "arn:a");
        result.examine(&NARROW, "arn:b");
        result.find(Finding::new(&NARROW, "arn:b", "seen", "do"));
        let outcomes: Vec<bool> =
            result.cases().iter().map(|case| case.outcome == CaseOutcome::Pass).collect();
        assert_eq!(outcomes, [true, false, false]);
        assert_eq!(result.cases()[2].outcome, CaseOutcome::NothingToExamine);
        result.could_not_read("x", "denied", &[&ZONES]);
        assert!(matches!(result.cases()[2].outcome, CaseOutcome::Undecided(_)));
        result.could_not_read("y", "denied", &[]);
        assert_eq!(result.cases().len(), 4);
    }
}
