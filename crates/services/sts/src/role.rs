//! AssumeRole. Whether the caller may is decided before it gets here, by its policies and by the role's trust policy; where they
//! are only asked (`--auth soft`), roles need not exist.

use ironbird_api::sts as api;
use ironbird_rig::access::{self, Asked, Need, Role};
use ironbird_rig::arn::Arn;
use ironbird_rig::credentials::{Session, session, unique_id};
use ironbird_rig::{Account, Ctx, Principal, Result, closure};

use crate::{credentials, error, mfa, policy, tags};

/// Seconds of a session unless asked otherwise (API reference, `DurationSeconds`).
const DEFAULT_SECONDS: i32 = 3600;

/// Most seconds of a session, and the most when a role assumes another (IAM user guide, "Role chaining").
const MOST_SECONDS: i32 = 12 * 3600;
const MOST_CHAINED_SECONDS: i32 = 3600;

/// Fewest seconds of any session.
const FEWEST_SECONDS: i32 = 900;

/// A role's ARN, taken apart.
pub struct RoleArn<'a> {
    /// Whose the role is.
    pub account: Account,
    /// Its name, without the path.
    pub name: &'a str,
}

impl<'a> RoleArn<'a> {
    /// Reads `arn:{partition}:iam::{account}:role/{path/}{name}`.
    pub fn parse(arn: &'a str, partition: &str) -> Option<Self> {
        let arn = Arn::parse(arn)?;
        let account = Account::parse(arn.account)?;
        let name = arn.resource.strip_prefix("role/")?.rsplit('/').next()?;
        let is_role = arn.partition == partition && arn.service == "iam" && arn.region.is_empty();
        (is_role && !name.is_empty()).then_some(Self { account, name })
    }
}

pub fn assume_role(ctx: &mut Ctx<'_>, input: &api::AssumeRoleRequest) -> Result<api::AssumeRoleResponse> {
    let partition = ctx.region().partition();
    let Some(role) = RoleArn::parse(&input.role_arn, partition) else {
        return Err(error::validation("Request ARN is invalid"));
    };
    error::check_name("roleSessionName", &input.role_session_name)?;
    if let Some(identity) = &input.source_identity {
        error::check_name("sourceIdentity", identity)?;
    }
    if closure::is_closed(ctx, role.account) {
        return Err(error::role_of_closed_account(&ctx.caller().arn(partition), &input.role_arn));
    }
    if matches!(ctx.caller(), Principal::Root { .. }) {
        access::deny(ctx, error::access_denied("Roles may not be assumed by root accounts."))?;
    }
    // The trust policy has seen it. What the role does, it does without (IAM user guide, "Secure API access with MFA").
    mfa::take(ctx, input.serial_number.as_ref(), input.token_code.as_ref())?;
    let known = ctx.world().authority().role(ctx, &input.role_arn);
    let seconds = duration(ctx, input.duration_seconds, known.as_deref())?;
    let packed_policy_size =
        policy::packed_size(input.policy.as_deref(), input.policy_arns.as_deref(), input.tags.as_deref())?;

    let session = begun(ctx, input)?;
    // The id of a role that nobody created follows from the ARN.
    let made_up = || unique_id("AROA", ctx.seed().child("sts.role").child(&input.role_arn));
    let role_id = known.map_or_else(made_up, |role| role.id.clone());
    let principal = Principal::AssumedRole {
        account: role.account,
        role: role.name.to_owned(),
        role_id,
        session: input.role_session_name.clone(),
    };
    let user = api::AssumedRoleUser { assumed_role_id: principal.user_id(), arn: principal.arn(partition) };
    Ok(api::AssumeRoleResponse {
        source_identity: session.source_identity.clone(),
        credentials: Some(credentials::issue(ctx, principal, seconds, session)?),
        assumed_role_user: Some(user),
        packed_policy_size,
    })
}

/// What the session begins with: what is asked for, and what the caller's own session hands on.
fn begun(ctx: &Ctx<'_>, input: &api::AssumeRoleRequest) -> Result<Session> {
    let before = session(ctx);
    let source_identity = before.and_then(|before| before.source_identity.clone());
    if let (Some(set), Some(asked)) = (&source_identity, &input.source_identity)
        && set != asked
    {
        let message = "Source identity is already set for the calling session and cannot be changed";
        return Err(error::access_denied(message));
    }
    let (tags, transitive) = tags::handed_on(before, input)?;
    Ok(Session {
        policy: input.policy.clone(),
        policy_arns: policy::arns(input.policy_arns.as_deref()),
        tags,
        transitive,
        source_identity: source_identity.or_else(|| input.source_identity.clone()),
        ..Session::new(ctx.now())
    })
}

/// Tags and a source identity are allowed apart from the role they go with.
pub fn needs(asked: &Asked<'_, '_>, needs: &mut Vec<Need>) {
    if asked.operation.name != "AssumeRole" {
        return;
    }
    mfa::shown(asked, needs);
    let before = session(asked.ctx);
    let keeps = before.is_some_and(|before| !before.transitive.is_empty());
    if keeps || !asked.tags().is_empty() {
        needs.extend(asked.needs("sts:TagSession"));
    }
    let known = before.is_some_and(|before| before.source_identity.is_some());
    if known || asked.gives("SourceIdentity") {
        needs.extend(asked.needs("sts:SetSourceIdentity"));
    }
}

/// Seconds of a session of a role.
pub fn duration(ctx: &Ctx<'_>, asked: Option<i32>, role: Option<&Role>) -> Result<i32> {
    let seconds = asked.unwrap_or(DEFAULT_SECONDS);
    let is_chained = matches!(ctx.caller(), Principal::AssumedRole { .. });
    if is_chained && seconds > MOST_CHAINED_SECONDS {
        return Err(error::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    if !(FEWEST_SECONDS..=MOST_SECONDS).contains(&seconds) {
        return Err(error::validation(format!(
            "The requested DurationSeconds is not between {FEWEST_SECONDS} and {MOST_SECONDS}"
        )));
    }
    if role.is_some_and(|role| seconds > role.max_session) {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(error::validation(message));
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::RoleArn;

    #[test]
    fn only_roles_of_the_partition_are_roles() {
        let role = RoleArn::parse("arn:aws:iam::123456789012:role/teams/a/Deploy", "aws").unwrap();
        assert_eq!((role.account.to_string().as_str(), role.name), ("123456789012", "Deploy"));
        for arn in [
            "arn:aws:iam::123456789012:user/Deploy",
            "arn:aws:iam::12345:role/Deploy",
            "arn:aws-cn:iam::123456789012:role/Deploy",
            "arn:aws:iam:us-east-1:123456789012:role/Deploy",
            "arn:aws:iam::123456789012:role/",
            "Deploy",
        ] {
            assert!(RoleArn::parse(arn, "aws").is_none(), "{arn}");
        }
    }
}
