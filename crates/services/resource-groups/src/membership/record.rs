//! What is kept of members, and of the last attempt to make something one.

use ironbird_rig::{Ctx, Key, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

/// Members that were put into groups: (account, Region, group, ARN).
pub(crate) struct Members;

impl Table for Members {
    const NAME: &'static str = "resource-groups.members";
    type Record = Member;
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) group: String,
    pub(crate) arn: String,
    /// `AWS::EC2::Host`
    pub(crate) kind: String,
    /// Until when it is being added.
    pub(crate) pending: Option<Timestamp>,
}

/// What became of the last attempts: (account, Region, group, ARN).
pub(super) struct Attempts;

impl Table for Attempts {
    const NAME: &'static str = "resource-groups.attempts";
    type Record = Attempt;
}

/// What was tried, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) arn: String,
    pub(super) action: Action,
    pub(super) status: Status,
    /// Code and message.
    pub(super) error: Option<(String, String)>,
    pub(super) updated: Timestamp,
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Group,
    Ungroup,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    Success,
    Failed,
    InProgress,
}

impl Action {
    /// `GROUP`, `UNGROUP`
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Group => "GROUP",
            Self::Ungroup => "UNGROUP",
        }
    }
}

impl Status {
    /// `SUCCESS`, `FAILED`, `IN_PROGRESS`
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::InProgress => "IN_PROGRESS",
        }
    }
}

/// Where a member, or an attempt, is kept.
pub(super) fn key(ctx: &Ctx<'_>, group: &str, arn: &str) -> Key {
    ctx.scope().key(group).text(arn)
}

/// Keeps what became of an attempt.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn note(
    ctx: &mut Ctx<'_>,
    (group, arn): (&str, &str),
    (action, status): (Action, Status),
    error: Option<(String, String)>,
) -> Result<()> {
    let attempt = Attempt { arn: arn.to_owned(), action, status, error, updated: ctx.now() };
    ctx.put::<Attempts>(key(ctx, group, arn), attempt)
}
