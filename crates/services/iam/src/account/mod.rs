//! What an account has once: its alias, its password policy, and what can be said of everything in it.

mod alias;
mod details;
pub(crate) mod password_policy;
mod report;
mod summary;

use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::named;
use password_policy::Rules;

/// What is set for an account: (account).
pub(crate) struct Accounts;

impl Table for Accounts {
    const NAME: &'static str = "iam.accounts";
    type Record = Settings;
}

/// What is set for an account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) alias: Option<String>,
    pub(crate) rules: Option<Rules>,
    /// The last credential report, and when it was made.
    #[serde(default)]
    pub(crate) report: Option<(Timestamp, String)>,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition.table::<Accounts>();
    let definition = alias::register(definition);
    let definition = password_policy::register(definition);
    let definition = details::register(definition);
    let definition = report::register(definition);
    summary::register(definition)
}

/// What is set for the account.
fn settings(ctx: &Ctx<'_>) -> Settings {
    ctx.peek::<Accounts>(&named::prefix(ctx)).cloned().unwrap_or_default()
}

fn keep(ctx: &mut Ctx<'_>, settings: Settings) -> Result<()> {
    ctx.put::<Accounts>(named::prefix(ctx), settings)
}

/// What is set for all accounts.
fn everywhere<'t>(ctx: &'t Ctx<'_>) -> impl Iterator<Item = (&'t Key, &'t Settings)> {
    ctx.scan::<Accounts>(&Key::new())
}
