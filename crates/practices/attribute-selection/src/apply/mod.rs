//! Apply: plan, back up, apply, verify; and back again.
//!
//! [`plan`] reads, previews and says what would change; [`perform::apply`] keeps a backup and changes it;
//! [`perform::revert`] restores from the backup. Each can be stopped at any call: what has been done is read from the
//! account, never remembered, so that either finishes what the other left.

mod fleet;
mod group;
mod over;
pub mod perform;
mod preview;
mod rewrite;
mod spot_fleet;
mod template;
pub mod terraform;
mod unlike;
mod users;

use ironbird_cloud::change::fleet::{Ec2Fleet, FleetChange, FleetKind, SpotFleet};
use ironbird_cloud::change::group::GroupChange;
use ironbird_cloud::change::{ApplyError, Proposal, skipped};
use ironbird_cloud::{Cloud, read};
use serde_json::{Value, json};

use crate::check::relax::ATTRIBUTES;
pub use preview::Preview;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Groups to look at.
    pub groups: Vec<String>,
    /// Fleets of both kinds to look at; where neither is named, all of both.
    pub fleets: Vec<String>,
    /// Launch templates to look at, by name or id, and nothing else.
    pub templates: Vec<String>,
    /// Attributes that may be given up where few types have them, by the names that check gives them.
    pub given_up: Vec<String>,
}

/// What would be done.
pub struct Plan {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Groups that change.
    pub groups: Vec<Planned<GroupChange>>,
    /// Fleets that change.
    pub fleets: Vec<Planned<FleetChange<Ec2Fleet>>>,
    /// Spot Fleets that change.
    pub spot_fleets: Vec<Planned<FleetChange<SpotFleet>>>,
    /// Launch templates that get another version.
    pub templates: Vec<template::PlannedTemplate>,
    /// What stays as it is although it falls short, and why.
    pub skipped: Vec<(String, String)>,
    /// The changes as Terraform has them, also those that cannot be made in place.
    pub blocks: Vec<terraform::Block>,
}

/// A change, and what it comes to.
#[derive(Clone)]
pub struct Planned<T> {
    /// The change.
    pub change: T,
    /// Types before and after, for each way of buying; none where they stay.
    pub previews: Vec<Preview>,
    /// What to look at before.
    pub warnings: Vec<String>,
}

impl<T> Planned<T> {
    fn lines(&self, own: &[String]) -> Vec<String> {
        let previews = self.previews.iter().map(|preview| format!("      {}", preview.line()));
        let warnings = self.warnings.iter().map(|warning| format!("      ! {warning}"));
        own.iter().map(|line| format!("      {line}")).chain(previews).chain(warnings).collect()
    }

    fn json(&self, mut change: Value) -> Value {
        change["types"] = json!(self.previews);
        change["warnings"] = json!(self.warnings);
        change
    }
}

impl Proposal for Plan {
    fn is_empty(&self) -> bool {
        self.groups.is_empty()
            && self.fleets.is_empty()
            && self.spot_fleets.is_empty()
            && self.templates.is_empty()
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("account {}, {}", self.account, self.region)];
        for planned in &self.groups {
            lines.push(format!("  ~ group {}", planned.change.name));
            lines.extend(planned.lines(&planned.change.lines));
        }
        lines.extend(of_fleets(&self.fleets));
        lines.extend(of_fleets(&self.spot_fleets));
        for planned in &self.templates {
            let version = &planned.version;
            lines.push(format!("  ~ launch template {}", version.change.name));
            lines.extend(version.lines(&version.change.lines));
            for group in &planned.pinned {
                lines.push(format!("  ~ group {}", group.name));
                lines.extend(group.lines.iter().map(|line| format!("      {line}")));
            }
        }
        lines.extend(self.skipped.iter().map(|(name, why)| format!("  - {name} stays as it is: {why}")));
        if self.is_empty() {
            lines.push("nothing to change".to_owned());
        }
        lines.join("\n")
    }

    fn json(&self) -> Result<Value, ApplyError> {
        let groups = self.groups.iter().map(|planned| Ok(planned.json(planned.change.json()?)));
        let fleets = self.fleets.iter().map(|planned| Ok(planned.json(planned.change.json()?)));
        let groups: Vec<Value> = groups.collect::<Result<_, ApplyError>>()?;
        let fleets: Vec<Value> = fleets.collect::<Result<_, ApplyError>>()?;
        let spot_fleets = self.spot_fleets.iter().map(|planned| Ok(planned.json(planned.change.json()?)));
        let spot_fleets: Vec<Value> = spot_fleets.collect::<Result<_, ApplyError>>()?;
        let templates = self.templates.iter().map(template::PlannedTemplate::json);
        let templates: Vec<Value> = templates.collect::<Result<_, ApplyError>>()?;
        Ok(json!({
            "account": self.account, "region": self.region,
            "plan": {"groups": groups, "fleets": fleets, "spot_fleets": spot_fleets, "templates": templates},
            "skipped": skipped(&self.skipped),
        }))
    }
}

fn of_fleets<K: FleetKind>(fleets: &[Planned<FleetChange<K>>]) -> Vec<String> {
    let lines = |planned: &Planned<FleetChange<K>>| {
        let own = format!("  ~ {} {}", K::WORD, planned.change.id);
        std::iter::once(own).chain(planned.lines(&planned.change.lines)).collect::<Vec<_>>()
    };
    fleets.iter().flat_map(lines).collect()
}

/// Plans what would make the account follow the practice.
///
/// # Errors
/// When something that the plan depends on cannot be read, or an option makes no sense.
pub async fn plan<C: Cloud>(cloud: &C, options: &Options) -> Result<Plan, ApplyError> {
    for attribute in &options.given_up {
        let name = attribute.split('.').next().unwrap_or_default();
        let is_range_end = ["VCpuCount.Min", "VCpuCount.Max", "MemoryMiB.Min", "MemoryMiB.Max"];
        if !ATTRIBUTES.contains(&name) && !is_range_end.contains(&attribute.as_str()) {
            return Err(ApplyError::Input(format!(
                "--relax {attribute:?} is no attribute that can be given up; there are {}, {}",
                is_range_end.join(", "),
                ATTRIBUTES.join(", ")
            )));
        }
    }
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    let region = cloud.region().to_string();
    let mut plan = Plan {
        account,
        region,
        groups: Vec::new(),
        fleets: Vec::new(),
        spot_fleets: Vec::new(),
        templates: Vec::new(),
        skipped: Vec::new(),
        blocks: Vec::new(),
    };
    template::plan(cloud, &mut plan, options).await?;
    let all = options.groups.is_empty() && options.fleets.is_empty() && options.templates.is_empty();
    if all || !options.groups.is_empty() {
        group::plan(cloud, &mut plan, options).await?;
    }
    let (spot_fleets, fleets): (Vec<String>, Vec<String>) =
        options.fleets.iter().cloned().partition(|id| id.starts_with("sfr-"));
    if all || !fleets.is_empty() {
        fleet::plan(cloud, &mut plan, options, &fleets).await?;
    }
    if all || !spot_fleets.is_empty() {
        spot_fleet::plan(cloud, &mut plan, options, &spot_fleets).await?;
    }
    Ok(plan)
}
