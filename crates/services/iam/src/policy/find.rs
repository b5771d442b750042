//! Managed policies by their ARN: an account's own and AWS's.

use ironbird_api::iam as api;
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Result};

use super::attachment::{self, Use};
use super::aws::{self, AwsPolicy};
use super::record::Managed;
use crate::error;
use crate::named::{self, Named as _};

/// A policy that was found.
#[derive(Clone, Copy)]
pub(crate) enum Found<'a> {
    /// One of the account.
    Own(&'a Managed),
    /// One of AWS's.
    Aws(&'static AwsPolicy),
}

impl Found<'_> {
    /// The ARN.
    pub(crate) fn arn(&self, ctx: &Ctx<'_>) -> String {
        match self {
            Self::Own(policy) => named::arn_of(ctx, *policy),
            Self::Aws(policy) => aws_arn(ctx, policy),
        }
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Own(policy) => &policy.head().name,
            Self::Aws(policy) => &policy.name,
        }
    }

    /// The document of the version that counts.
    pub(crate) fn document(&self) -> &str {
        match self {
            Self::Own(policy) => policy.versions.get(&policy.default).map_or("", |version| &version.document),
            Self::Aws(policy) => &policy.document,
        }
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Own(policy) => &policy.head().path,
            Self::Aws(policy) => &policy.path,
        }
    }

    /// The policy as answers have it.
    pub(crate) fn view(&self, ctx: &Ctx<'_>) -> api::Policy {
        let arn = self.arn(ctx);
        let count = |what| i32::try_from(attachment::count(ctx, &arn, what)).ok();
        let attachment_count = count(Use::Policy);
        let permissions_boundary_usage_count = count(Use::Boundary);
        let counted = api::Policy {
            arn: Some(arn),
            path: Some(self.path().to_owned()),
            attachment_count,
            permissions_boundary_usage_count,
            is_attachable: Some(true),
            ..api::Policy::default()
        };
        match self {
            Self::Own(policy) => api::Policy {
                policy_name: Some(policy.head().name.clone()),
                policy_id: Some(policy.head().id.clone()),
                default_version_id: Some(format!("v{}", policy.default)),
                create_date: Some(policy.head().created),
                update_date: Some(policy.updated),
                ..counted
            },
            Self::Aws(policy) => api::Policy {
                policy_name: Some(policy.name.clone()),
                policy_id: Some(policy.id.clone()),
                default_version_id: Some(policy.version.clone()),
                create_date: Some(policy.created),
                update_date: Some(policy.updated),
                ..counted
            },
        }
    }
}

/// The ARN of one of AWS's policies.
pub(crate) fn aws_arn(ctx: &Ctx<'_>, policy: &AwsPolicy) -> String {
    format!("arn:{}:iam::aws:policy{}{}", ctx.region().partition(), policy.path, policy.name)
}

/// Path of a policy by its ARN: `/service-role/`.
pub(crate) fn path(arn: &str) -> &str {
    let rest = arn.split_once(":policy").map_or("/", |(_, rest)| rest);
    rest.rfind('/').map_or("/", |end| &rest[..=end])
}

/// Checks that `arn` is one that a policy could have.
///
/// # Errors
/// `InvalidInput`
pub(crate) fn check_arn(ctx: &Ctx<'_>, arn: &str) -> Result<()> {
    parse(ctx, arn).map(|_| ())
}

/// Whose the policy is and its path with its name: `/teams/Deploy`.
fn parse<'a>(ctx: &Ctx<'_>, arn: &'a str) -> Result<(&'a str, &'a str)> {
    let parsed = Arn::parse(arn).filter(|parsed| {
        parsed.service == "iam" && parsed.region.is_empty() && parsed.partition == ctx.region().partition()
    });
    let rest = parsed.and_then(|parsed| Some((parsed.account, parsed.resource.strip_prefix("policy")?)));
    rest.filter(|(_, rest)| rest.starts_with('/') && rest.len() > 1)
        .ok_or_else(|| error::invalid_input(format!("ARN {arn} is not valid.")))
}

/// The policy of that ARN; none where there is none.
///
/// # Errors
/// `InvalidInput` for what is no ARN of a policy.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, arn: &str) -> Result<Option<Found<'t>>> {
    let (account, rest) = parse(ctx, arn)?;
    if account == "aws" {
        return Ok(aws::all().get(rest).map(Found::Aws));
    }
    let name = rest.rsplit('/').next().unwrap_or_default();
    let own =
        (account == ctx.scope().account.to_string()).then(|| named::look::<Managed>(ctx, name)).flatten();
    Ok(own.filter(|policy| policy.head().path == path(arn)).map(Found::Own))
}

/// The same, for something that must be there.
///
/// # Errors
/// `NoSuchEntity`, and those of [`find`].
pub(crate) fn existing<'t>(ctx: &'t Ctx<'_>, arn: &str) -> Result<Found<'t>> {
    find(ctx, arn)?.ok_or_else(|| error::no_such_entity(format!("Policy {arn} was not found.")))
}

/// The same, to attach it.
///
/// # Errors
/// `NoSuchEntity`, and those of [`find`].
pub(crate) fn attachable(ctx: &Ctx<'_>, arn: &str) -> Result<()> {
    let missing = || error::no_such_entity(format!("Policy {arn} does not exist or is not attachable."));
    find(ctx, arn)?.map(|_| ()).ok_or_else(missing)
}

/// Name of a policy of the account, to change it.
///
/// # Errors
/// `NoSuchEntity`, `AccessDenied` for AWS's own, and those of [`find`].
pub(crate) fn own(ctx: &Ctx<'_>, arn: &str) -> Result<String> {
    match existing(ctx, arn)? {
        Found::Own(policy) => Ok(policy.head().name.clone()),
        Found::Aws(_) => {
            let message =
                "Cannot change a policy that AWS manages: only policies of the account can be changed.";
            Err(ironbird_rig::Error::with_status(403, "AccessDenied", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn the_path_is_between_the_kind_and_the_name() {
        assert_eq!(path("arn:aws:iam::aws:policy/service-role/AWSLambdaRole"), "/service-role/");
        assert_eq!(path("arn:aws:iam::123456789012:policy/a"), "/");
        assert_eq!(path("arn:aws:iam::123456789012:policy/a/b/c"), "/a/b/");
    }
}
