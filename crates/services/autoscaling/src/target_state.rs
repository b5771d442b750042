//! The state that an instance of a group is on its way to, which its metadata tells it: the lever
//! `autoscaling.target-lifecycle-state`.
//!
//! Source: user guide, "Retrieve the target lifecycle state through instance metadata". What has left its group is not known
//! here, so that nothing is `Detached`.

use ironbird_rig::{Ctx, Result, ServiceDef};
use serde_json::Value;

use crate::member::{self, Member, State};
use crate::warm_pool;

/// Adds this module's lever.
pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service.lever("autoscaling.target-lifecycle-state", pull)
}

/// The lever: `{"instance": "i-…"}` to `"InService"`; null for what is in no group.
fn pull(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let member = given["instance"].as_str().and_then(|id| member::find(ctx, id));
    Ok(member.map_or(Value::Null, |member| target(ctx, &member).into()))
}

fn target(ctx: &Ctx<'_>, member: &Member) -> &'static str {
    let pool_runs = || warm_pool::of(ctx, &member.group).is_some_and(|pool| pool.runs());
    match (member.warm, member.state) {
        (true, state) if state.is_leaving() => "Warmed:Terminated",
        (false, state) if state.is_leaving() => "Terminated",
        (true, State::Running) => "Warmed:Running",
        (true, State::Stopped) => "Warmed:Stopped",
        (true, _) if pool_runs() => "Warmed:Running",
        (true, _) => "Warmed:Stopped",
        (false, State::Standby) => "Standby",
        (false, _) => "InService",
    }
}
