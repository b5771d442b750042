//! Apply: plan, back up, apply, verify; and back again.
//!
//! [`plan`] reads a file and the center, and says what would change; [`perform::apply`] keeps a backup and changes it;
//! [`perform::revert`] restores from the backup. Each can be stopped at any call: what has been done is read from the center, never
//! remembered, so that either finishes what the other left.

mod assign;
mod center;
pub mod file;
pub mod item;
pub mod perform;
mod units;
mod wanted;
mod write;

use std::collections::BTreeMap;

use ironbird_api::organizations::DescribeOrganization;
use ironbird_cloud::change::backup::Kept;
use ironbird_cloud::change::{ApplyError, Proposal, skipped};
use ironbird_cloud::{Cloud, read};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use center::Center;
use file::Workforce;
use item::{Change, Fields};
use wanted::Wanted;

/// What is kept to be able to go back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// How things were, and how they were made.
    pub changes: Vec<Change>,
}

impl Kept for Done {
    const FORMAT: &'static str = "ironbird/workforce-access/backup/1";
}

/// What would be done.
#[derive(Debug)]
pub struct Plan {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// In the order in which it is done.
    pub changes: Vec<Change>,
    /// Permission sets whose roles in these accounts are not as the set is already.
    pub outdated: BTreeMap<String, Vec<String>>,
    /// What the file says and is not done, and why.
    pub skipped: Vec<(String, String)>,
    /// What the file is.
    file: Workforce,
}

impl Proposal for Plan {
    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.outdated.is_empty()
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("account {}, {}", self.account, self.region)];
        lines.extend(self.changes.iter().map(Change::text));
        for (set, accounts) in &self.outdated {
            lines.push(format!(
                "  ~ roles of permission set {set}\n      provisioned in {}",
                accounts.join(", ")
            ));
        }
        lines.extend(self.skipped.iter().map(|(name, why)| format!("  - {name} is left out: {why}")));
        if self.is_empty() {
            lines.push("nothing to change".to_owned());
        }
        lines.join("\n")
    }

    fn json(&self) -> Result<Value, ApplyError> {
        Ok(json!({
            "account": self.account, "region": self.region,
            "plan": {"changes": self.changes, "provision": self.outdated}, "skipped": skipped(&self.skipped),
        }))
    }
}

/// Finds out what would change for things to be as a file says.
///
/// # Errors
/// When something cannot be read, or the file names what there is not.
pub async fn plan<C: Cloud>(cloud: &C, file: &Workforce) -> Result<Plan, ApplyError> {
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    let center = Center::find(cloud).await?;
    let organization = cloud.call::<DescribeOrganization>(&Default::default()).await;
    let organization = organization.map_err(ApplyError::call("cannot read the organization"))?.organization;
    let management = organization.and_then(|it| it.master_account_id).unwrap_or_default();
    let wanted = Wanted::of(cloud, &center, file, &management).await?;
    let mut changes = Vec::new();
    for (item, fields) in wanted.items {
        let doing = ApplyError::call(format!("cannot read {item}"));
        let before = center.read(cloud, &item).await.map_err(doing)?;
        let after = fields.map(|given| over(before.clone().unwrap_or_default(), given));
        if before != after {
            changes.push(Change { item, before, after });
        }
    }
    // What takes room away first: a permission set has room for so many policies.
    changes.sort_by_key(|change| (change.after.is_some(), change.item.clone()));
    let mut outdated = BTreeMap::new();
    for set in &file.permission_sets {
        let doing = ApplyError::call(format!("cannot read where permission set {} is a role", set.name));
        let accounts = center.outdated(cloud, &set.name).await.map_err(doing)?;
        if !accounts.is_empty() {
            outdated.insert(set.name.clone(), accounts);
        }
    }
    let region = cloud.region().to_string();
    Ok(Plan { account, region, changes, outdated, skipped: wanted.skipped, file: file.clone() })
}

/// Fields with others on top.
fn over(mut fields: Fields, given: Fields) -> Fields {
    fields.extend(given);
    fields
}
