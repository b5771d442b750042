//! The member of an organization that administers Identity Center in the place of the management account.
//!
//! Source: "Delegated administration" in the user guide: it may do all but delete the instance, manage permission sets that are
//! provisioned in the management account, and give or take access to that account.

use ironbird_rig::operation::Handler;
use ironbird_rig::{Account, Ctx, Result, Scope, ServiceDef};
use serde_json::Value;

use crate::assignment::provision::Provisions;
use crate::instance::record::{Instances, Kind};
use crate::permission_set::record;
use crate::{PRINCIPAL, error};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.place(place)
}

/// Calls are handled in the management account, but for those about an instance of the caller's own.
fn place(ctx: &Ctx<'_>, handler: &Handler, request: &dyn Fn() -> Value) -> Result<Option<Account>> {
    let Some(manager) = ctx.world().authority().administered(ctx, PRINCIPAL) else { return Ok(None) };
    let there = Scope { account: manager, region: ctx.region() };
    let mut instances = ctx.scan::<Instances>(&there.prefix());
    let is_enabled = instances.any(|(_, instance)| instance.kind == Kind::Organization);
    if !is_enabled || handler.name == "CreateInstance" {
        return Ok(None);
    }
    let request = request();
    let names_own = |text: &str| {
        let own =
            ctx.scan::<Instances>(&ctx.scope().prefix()).any(|(_, instance)| text.contains(&instance.id));
        own || text.contains(&format!(":sso::{}:", ctx.scope().account))
    };
    if request.as_object().is_some_and(|members| members.values().filter_map(Value::as_str).any(names_own)) {
        return Ok(None);
    }
    check(ctx, handler, &request, there)?;
    Ok(Some(manager))
}

/// Checks that a call is not reserved to the management account.
///
/// # Errors
/// `AccessDeniedException`
fn check(ctx: &Ctx<'_>, handler: &Handler, request: &Value, there: Scope) -> Result<()> {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let manager = there.account.to_string();
    let set = text("permissionSetArn");
    let set = if set.is_empty() { text("resourceArn") } else { set };
    let reserved = match handler.name {
        "DeleteInstance" => Some(text("instanceArn")),
        _ if handler.writes && text("targetId") == manager => Some(text("targetId")),
        // Who has it in other accounts is for the administrator to say.
        name if !handler.writes || name.ends_with("AccountAssignment") => None,
        _ => record::split(ctx, set)
            .is_some_and(|(instance, id)| {
                ctx.peek::<Provisions>(&there.key(instance).text(id).text(&manager)).is_some()
            })
            .then_some(set),
    };
    reserved.map_or(Ok(()), |resource| Err(error::denied(ctx, handler.name, resource)))
}
