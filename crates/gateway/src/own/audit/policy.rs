//! A policy from what a user or a role was seen doing.

use ironbird_rig::World;
use ironbird_rig::audit::{self, Identity};
use serde::{Deserialize, Serialize};

use super::{Problem, Span};

/// Characters that a managed policy may have (IAM user guide, "IAM and AWS STS quotas"; spaces between elements do not count).
const MOST_OF_MANAGED: usize = 6144;

/// The query of `GET audit/policy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyQuery {
    /// ARN of the user or role.
    pub principal: String,
    /// Begin of the span; what is remembered unless given.
    pub from: Option<String>,
    /// End of the span; now unless given.
    pub until: Option<String>,
}

/// The answer to `GET audit/policy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicySuggestion {
    /// ARN of the user or role.
    pub principal: String,
    /// How many of its calls went well.
    pub calls: usize,
    /// A policy that allows them; none where there is nothing to allow.
    pub policy: Option<serde_json::Value>,
    /// What the policy allows on more than what calls named.
    pub wide: Vec<Wide>,
    /// What it allows although CloudTrail has no event of it.
    pub besides: Vec<Needed>,
    /// Calls that were denied: the policy does not allow them.
    pub denied: Vec<Refused>,
    /// Calls that failed otherwise: the policy does not allow them.
    pub failed: Vec<Refused>,
    /// What else to know.
    pub notes: Vec<String>,
}

/// An action that is allowed on more than what calls named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wide {
    /// `ec2:RunInstances`
    pub action: String,
    /// `*`, or an ARN with a `*`.
    pub resource: String,
    /// Why.
    pub why: String,
}

/// An action that a call needed besides its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// `iam:PassRole`
    pub action: String,
    /// The operation that needed it.
    pub by: String,
}

/// Calls of one kind that did not go well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The service and the operation.
    pub operation: String,
    /// Code of the error.
    pub error: String,
    /// How many.
    pub calls: usize,
}

/// A policy for what a user or role did.
pub(in crate::own) fn suggest(world: &World, query: &PolicyQuery) -> Result<PolicySuggestion, Problem> {
    let principal = &query.principal;
    let identity = Identity::parse(principal).ok_or_else(|| {
        Problem::invalid(format!(
            "principal `{principal}` is not the ARN of a user or role, such as \
             arn:aws:iam::123456789012:role/Deploy; for a session give its role's"
        ))
    })?;
    let span = Span::read(query.from.as_deref(), query.until.as_deref())?;
    let found = audit::suggest(world, &identity, span.from, span.until)?;
    let notes = notes(&found);
    let wide = found.wide.into_iter().map(|audit::Wide { action, resource, why }| Wide {
        action,
        resource,
        why: why.to_owned(),
    });
    let besides = found.besides.into_iter().map(|audit::Needed { action, by }| Needed { action, by });
    Ok(PolicySuggestion {
        principal: principal.clone(),
        calls: found.calls,
        policy: found.policy,
        wide: wide.collect(),
        besides: besides.collect(),
        denied: refused(found.denied),
        failed: refused(found.failed),
        notes,
    })
}

fn refused(found: Vec<audit::Refused>) -> Vec<Refused> {
    let shown = found.into_iter().map(|audit::Refused { operation, error, calls }| Refused {
        operation,
        error,
        calls,
    });
    shown.collect()
}

fn notes(found: &audit::Suggestion) -> Vec<String> {
    let mut notes = Vec::new();
    if found.would_deny > 0 {
        notes.push(format!(
            "{} of the calls went well only because policies do not decide here (--auth)",
            found.would_deny
        ));
    }
    if found.is_cut {
        notes.push("older calls are forgotten: the policy may lack what was only done then".to_owned());
    }
    let length = found.policy.as_ref().map_or(0, |policy| policy.to_string().chars().count());
    if length > MOST_OF_MANAGED {
        notes.push(format!(
            "the policy has {length} characters, and a managed policy at most {MOST_OF_MANAGED}: split it by its statements"
        ));
    }
    notes
}
