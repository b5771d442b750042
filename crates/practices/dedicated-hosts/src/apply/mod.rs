//! Apply: plan, back up, apply, verify; and back again.
//!
//! [`plan`] reads and says what would change; [`perform::apply`] keeps a backup and changes it; [`perform::revert`]
//! restores from the backup. Each can be stopped at any call: what has been done is read from the account, never
//! remembered, so that either finishes what the other left.

pub mod perform;

use ironbird_cloud::change::backup::Kept;
use ironbird_cloud::change::{ApplyError, Proposal, skipped};
use ironbird_cloud::{Cloud, read};
use ironbird_report::Severity;
use ironbird_rig::catalogue::hosts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::check::placement::obstacle;
use crate::estate::{self, Host, Instance};
use crate::place::Room;

/// A stopped instance that is aimed at another host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aim {
    /// The instance.
    pub instance: String,
    /// The host that it was to start on; none where any host would do.
    pub before: Option<String>,
    /// The host that it is to start on.
    pub after: String,
}

/// What is kept to be able to go back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Hosts whose recovery was off.
    pub hosts: Vec<String>,
    /// Instances that were aimed elsewhere.
    pub instances: Vec<Aim>,
}

impl Kept for Done {
    const FORMAT: &'static str = "ironbird/dedicated-hosts/backup/1";
}

/// What would be done.
pub struct Plan {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Hosts whose recovery is turned on.
    pub hosts: Vec<String>,
    /// Stopped instances that are aimed elsewhere.
    pub instances: Vec<Aim>,
    /// What stays as it is although it falls short, and why.
    pub skipped: Vec<(String, String)>,
}

impl Proposal for Plan {
    fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.instances.is_empty()
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("account {}, {}", self.account, self.region)];
        for host in &self.hosts {
            lines.push(format!("  ~ host {host}\n      recovery off → on"));
        }
        for Aim { instance, before, after } in &self.instances {
            let before = before.as_deref().unwrap_or("any host");
            lines.push(format!("  ~ instance {instance}\n      starts on {before} → {after}"));
        }
        lines.extend(self.skipped.iter().map(|(name, why)| format!("  - {name} stays as it is: {why}")));
        if self.is_empty() {
            lines.push("nothing to change".to_owned());
        }
        lines.join("\n")
    }

    fn json(&self) -> Result<Value, ApplyError> {
        Ok(json!({
            "account": self.account, "region": self.region,
            "plan": {"hosts": self.hosts, "instances": self.instances}, "skipped": skipped(&self.skipped),
        }))
    }
}

/// Finds out what would change.
///
/// # Errors
/// When hosts or instances cannot be read.
pub async fn plan<C: Cloud>(cloud: &C) -> Result<Plan, ApplyError> {
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    let hosts = estate::hosts(cloud).await.map_err(ApplyError::call("cannot read the hosts"))?;
    let instances = estate::instances(cloud).await.map_err(ApplyError::call("cannot read the instances"))?;
    let region = cloud.region().to_string();
    let mut plan = Plan { account, region, hosts: Vec::new(), instances: Vec::new(), skipped: Vec::new() };
    plan_recovery(&mut plan, &hosts);
    plan_aims(&mut plan, &hosts, &instances);
    Ok(plan)
}

fn plan_recovery(plan: &mut Plan, all: &[Host]) {
    for host in all.iter().filter(|host| host.owner == plan.account && !host.recovery) {
        let why = if !hosts::recovers(&host.family) {
            format!("the family {} does not recover", host.family)
        } else if host.is_grouped {
            "the host resource group that manages it decides".to_owned()
        } else if host.state == "permanent-failure" || host.state == "under-assessment" {
            format!("it is {}", host.state)
        } else {
            plan.hosts.push(host.id.clone());
            continue;
        };
        plan.skipped.push((format!("host {}", host.id), why));
    }
}

fn plan_aims(plan: &mut Plan, hosts: &[Host], instances: &[Instance]) {
    let mut room = Room::on(hosts, instances);
    for instance in instances.iter().filter(|instance| instance.is_stopped() && !instance.is_grouped) {
        // What is only full or being scrubbed comes back by itself.
        let Some((Severity::Error, why)) = obstacle(hosts, instance) else { continue };
        match room.place(instance) {
            Some(host) => plan.instances.push(Aim {
                instance: instance.id.clone(),
                before: instance.host.clone(),
                after: host.id.clone(),
            }),
            None => {
                let why = format!("{why}, and no other host has room for it");
                plan.skipped.push((format!("instance {}", instance.id), why));
            }
        }
    }
}
