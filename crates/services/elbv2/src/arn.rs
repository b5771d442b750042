//! ARNs of load balancers and what belongs to them, and the keys at which their records stand.
//!
//! The name of a load balancer or target group is unique in an account and Region, so that it is the key; the rest of the ARN
//! is compared.

use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Key, Result};

use crate::error;

const SERVICE: &str = "elasticloadbalancing";

/// What an ARN of this service is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    LoadBalancer,
    TargetGroup,
    Listener,
    Rule,
}

impl What {
    /// How the resource of its ARN begins.
    const fn prefix(self) -> &'static str {
        match self {
            Self::LoadBalancer => "loadbalancer",
            Self::TargetGroup => "targetgroup",
            Self::Listener => "listener",
            Self::Rule => "listener-rule",
        }
    }

    /// How errors call it.
    const fn words(self) -> &'static str {
        match self {
            Self::LoadBalancer => "load balancer",
            Self::TargetGroup => "target group",
            Self::Listener => "listener",
            Self::Rule => "listener rule",
        }
    }

    /// Parts of the resource after the prefix: `app/name/id`, `name/id`.
    const fn parts(self) -> usize {
        match self {
            Self::LoadBalancer => 3,
            Self::TargetGroup => 2,
            Self::Listener => 4,
            Self::Rule => 5,
        }
    }
}

/// The ARN of something whose resource is `path` after its prefix.
pub(crate) fn of(ctx: &Ctx<'_>, what: What, path: &str) -> String {
    ctx.arn(SERVICE, &format!("{}/{path}", what.prefix()))
}

/// What is after the prefix of an ARN of that kind: `app/web/50dc6c495c0c9188`.
pub(crate) fn path(what: What, arn: &str) -> Option<&str> {
    let parsed = Arn::parse(arn).filter(|parsed| parsed.service == SERVICE)?;
    let (prefix, rest) = parsed.resource.split_once('/')?;
    (prefix == what.prefix() && rest.split('/').count() == what.parts()).then_some(rest)
}

/// What an ARN is about, by its form.
pub(crate) fn what(arn: &str) -> Option<What> {
    let all = [What::LoadBalancer, What::TargetGroup, What::Listener, What::Rule];
    all.into_iter().find(|what| path(*what, arn).is_some())
}

/// The key of what an ARN names, wherever it may be.
///
/// # Errors
/// `ValidationError` for what is not an ARN of that kind.
pub(crate) fn key(ctx: &Ctx<'_>, what: What, arn: &str) -> Result<Key> {
    let path = path(what, arn)
        .ok_or_else(|| error::validation(format!("'{arn}' is not a valid {} ARN", what.words())))?;
    let parts: Vec<&str> = path.split('/').collect();
    let scope = ctx.scope();
    Ok(match (what, parts.as_slice()) {
        (What::LoadBalancer, [_, name, _]) | (What::TargetGroup, [name, _]) => scope.key(name),
        (What::Listener, [_, name, _, listener]) => scope.key(name).text(listener),
        (What::Rule, [_, name, _, listener, rule]) => scope.key(name).text(listener).text(rule),
        _ => scope.key(""),
    })
}

/// The listener that a rule's ARN is of.
pub(crate) fn listener_of(rule: &str) -> Option<String> {
    let (listener, _) = rule.rsplit_once('/')?;
    Some(listener.replacen(":listener-rule/", ":listener/", 1))
}

/// The load balancer that a listener's ARN is of.
pub(crate) fn load_balancer_of(listener: &str) -> Option<String> {
    let (load_balancer, _) = listener.rsplit_once('/')?;
    Some(load_balancer.replacen(":listener/", ":loadbalancer/", 1))
}

/// Sixteen hexadecimal digits, another at every call.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn fresh_suffix(ctx: &mut Ctx<'_>) -> Result<String> {
    Ok(format!("{:016x}", ctx.fresh_seed("elbv2.arn")?.bits()))
}

#[cfg(test)]
mod tests {
    use super::{What, listener_of, load_balancer_of, path, what};

    const RULE: &str =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/web/50dc/f2f7/9683";

    #[test]
    fn arns_are_told_by_their_form() {
        assert_eq!(what(RULE), Some(What::Rule));
        assert_eq!(path(What::Rule, RULE), Some("app/web/50dc/f2f7/9683"));
        let listener = listener_of(RULE).unwrap();
        assert_eq!(what(&listener), Some(What::Listener));
        let load_balancer = load_balancer_of(&listener).unwrap();
        assert_eq!(path(What::LoadBalancer, &load_balancer), Some("app/web/50dc"));
        for other in
            ["web", "arn:aws:ec2:us-east-1:123456789012:instance/i-1", "arn:aws:elasticloadbalancing:::x/y"]
        {
            assert_eq!(what(other), None, "{other}");
        }
    }
}
