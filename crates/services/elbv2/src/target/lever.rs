//! The lever `elbv2.fail-target`: what runs on a target does not answer health checks as it should, though its instance is well.
//! There is no guest that could fail by itself; a user or an experiment says that it does, and when it answers again.

use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::judge;
use super::record::{Failure, Targets};
use crate::{arn, error, target_group};

/// Targets that were said to fail: (account, Region, id, target group or nothing for all).
struct Faults;

impl Table for Faults {
    const NAME: &'static str = "elbv2.faults";
    type Record = Fault;
}

/// How a target fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fault {
    failure: Failure,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Faults>().lever("elbv2.fail-target", pull)
}

/// What the lever takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Given {
    /// An instance or an address.
    target: String,
    /// Name or ARN of the target group whose checks fail; those of all groups unless given.
    target_group: Option<String>,
    /// Whether it answers again.
    #[serde(default)]
    answers: bool,
    /// The code that it answers with instead of a success.
    code: Option<u16>,
    /// Whether it refuses connections; one that gives no code either does not answer at all.
    #[serde(default)]
    refuses: bool,
}

/// `{"target": "i-…", "code": 503}`, and `{"target": "i-…", "answers": true}` afterwards.
///
/// # Errors
/// For what is not that, and for a target that is registered nowhere.
fn pull(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let given: Given = serde_json::from_value(given.clone()).map_err(|cause| {
        error::validation(format!("give the target, {{\"target\": \"i-…\", \"code\": 503}}: {cause}"))
    })?;
    let group = match &given.target_group {
        None => None,
        Some(arn) if arn::what(arn).is_some() => Some(target_group::find(ctx, arn)?.name.clone()),
        Some(name) => {
            let found = target_group::named(ctx, name).ok_or_else(|| error::no_target_group(name))?;
            Some(found.name.clone())
        }
    };
    let keys = registered(ctx, &given.target, group.as_deref());
    if keys.is_empty() && !given.answers {
        let where_to = group.as_deref().map_or_else(String::new, |group| format!(" '{group}'"));
        let message =
            format!("The target '{}' is not registered with the target group{where_to}", given.target);
        return Err(error::target(message));
    }
    let key = key(ctx, &given.target, group.as_deref());
    if given.answers {
        ctx.delete::<Faults>(&key)?;
        if group.is_none() {
            forget(ctx, &given.target)?;
        }
    } else {
        let failure = match given.code {
            Some(code) => Failure::Code(code),
            None if given.refuses => Failure::Refused,
            None => Failure::Timeout,
        };
        ctx.put::<Faults>(key, Fault { failure })?;
    }
    judge::consider(ctx, &keys)?;
    Ok(json!({ "target": given.target, "targetGroup": group, "answers": given.answers }))
}

fn key(ctx: &Ctx<'_>, id: &str, group: Option<&str>) -> Key {
    ctx.scope().key(id).text(group.unwrap_or_default())
}

/// The registrations of a target, in one group or in all.
fn registered(ctx: &Ctx<'_>, id: &str, group: Option<&str>) -> Vec<Key> {
    let all = match group {
        Some(group) => ctx.scan::<Targets>(&ctx.scope().key(group).text(id)),
        None => ctx.scan::<Targets>(&ctx.scope().prefix()),
    };
    all.filter(|(_, target)| target.id == id).map(|(key, _)| key.clone()).collect()
}

/// How a target was said to fail the checks of a group.
pub(super) fn of(ctx: &Ctx<'_>, id: &str, group: &str) -> Option<Failure> {
    let own = ctx.peek::<Faults>(&key(ctx, id, Some(group)));
    own.or_else(|| ctx.peek::<Faults>(&key(ctx, id, None))).map(|fault| fault.failure)
}

/// Forgets what was said of a target.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let all = ctx.scan::<Faults>(&ctx.scope().key(id)).map(|(key, _)| key.clone());
    for key in all.collect::<Vec<_>>() {
        ctx.delete::<Faults>(&key)?;
    }
    Ok(())
}
