//! What is kept of an instance, and where it is found.

use std::collections::BTreeMap;

use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{arn, error};

/// All instances: (account, Region, id).
pub(crate) struct Instances;

impl Table for Instances {
    const NAME: &'static str = "sso-admin.instances";
    type Record = Instance;
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// `ssoins-…`
    pub(crate) id: String,
    /// Of its identity store, `d-…`.
    pub(crate) store: String,
    pub(crate) name: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    pub(crate) created: Timestamp,
    /// The client token that it was made with.
    pub(crate) token: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// Whose workforce an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// An organization's: it has permission sets, and assigns them in accounts.
    Organization,
    /// One account's: it has applications.
    Account,
}

/// What an instance is about to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It is being made.
    Creating,
    /// It is there.
    Active,
    /// It is on its way out.
    Deleting,
}

impl Status {
    /// As `DescribeInstance` has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATE_IN_PROGRESS",
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETE_IN_PROGRESS",
        }
    }
}

impl Instance {
    /// `arn:aws:sso:::instance/ssoins-…`
    pub(crate) fn arn(&self, ctx: &Ctx<'_>) -> String {
        arn::instance(ctx, &self.id)
    }
}

/// The instance of that ARN in whatever status it is.
///
/// # Errors
/// `AccessDeniedException` where this account has none such in this Region.
pub(crate) fn any<'t>(ctx: &'t Ctx<'_>, action: &str, arn: &str) -> Result<&'t Instance> {
    let found = arn::instance_id(ctx, arn).and_then(|id| ctx.peek::<Instances>(&ctx.scope().key(id)));
    found.ok_or_else(|| error::denied(ctx, action, arn))
}

/// The instance of that ARN, ready for use: one that is being made can only be described and deleted.
///
/// # Errors
/// `AccessDeniedException` where this account has none such in this Region, `ValidationException` where it is not ready.
pub(crate) fn active<'t>(ctx: &'t Ctx<'_>, action: &str, arn: &str) -> Result<&'t Instance> {
    let instance = any(ctx, action, arn)?;
    match instance.status {
        Status::Active => Ok(instance),
        status => {
            let message = format!("Instance {arn} is in status {}; it must be ACTIVE.", status.name());
            Err(error::validation(message))
        }
    }
}

/// An organization's instance of that ARN, ready for use.
///
/// # Errors
/// Those of [`active`], and `ValidationException` for an account's own instance.
pub(crate) fn organization<'t>(ctx: &'t Ctx<'_>, action: &str, arn: &str) -> Result<&'t Instance> {
    let instance = active(ctx, action, arn)?;
    match instance.kind {
        Kind::Organization => Ok(instance),
        Kind::Account => Err(error::validation(
            "The operation is not supported for account instances of IAM Identity Center.",
        )),
    }
}
