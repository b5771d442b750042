//! Target groups: made, described, changed, deleted.

mod attributes;
mod change;
mod check;
mod create;
mod describe;
pub(crate) mod record;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::{arn, error, target, uses};
use record::{TargetGroup, TargetGroups};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition.table::<TargetGroups>().write::<api::DeleteTargetGroup>(delete_target_group);
    let modules = [create::register, describe::register, change::register, attributes::register];
    modules.into_iter().fold(definition, |definition, register| register(definition))
}

/// The target group of an ARN.
///
/// # Errors
/// `TargetGroupNotFound` where there is none, `ValidationError` for another ARN.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, given: &str) -> Result<&'t TargetGroup> {
    let key = arn::key(ctx, arn::What::TargetGroup, given)?;
    let found = ctx.peek::<TargetGroups>(&key).filter(|found| found.arn == given);
    found.ok_or_else(|| error::no_target_group(given))
}

/// The target group of a name.
pub(crate) fn named<'t>(ctx: &'t Ctx<'_>, name: &str) -> Option<&'t TargetGroup> {
    ctx.peek::<TargetGroups>(&ctx.scope().key(name))
}

/// Keeps a target group.
///
/// # Errors
/// In an operation registered as one that reads.
fn save(ctx: &mut Ctx<'_>, group: TargetGroup) -> Result<()> {
    let key = ctx.scope().key(&group.name);
    ctx.put::<TargetGroups>(key, group)
}

fn delete_target_group(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteTargetGroupInput,
) -> Result<api::DeleteTargetGroupOutput> {
    let name = match find(ctx, &input.target_group_arn) {
        // One that is gone is deleted.
        Err(refused) if refused.code() == "TargetGroupNotFound" => {
            return Ok(api::DeleteTargetGroupOutput {});
        }
        found => found?.name.clone(),
    };
    if uses::any(ctx, &name) {
        let message =
            format!("Target group '{}' is currently in use by a listener or a rule", input.target_group_arn);
        return Err(Error::client("ResourceInUse", message));
    }
    target::forget_all(ctx, &name)?;
    ctx.delete::<TargetGroups>(&ctx.scope().key(&name))?;
    Ok(api::DeleteTargetGroupOutput {})
}
