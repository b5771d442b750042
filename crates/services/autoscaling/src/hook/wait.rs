//! Instances that wait for their hooks: CompleteLifecycleAction, RecordLifecycleActionHeartbeat, and heartbeats that do not
//! come.

use ironbird_api::autoscaling as api;
use ironbird_rig::timer::TimerId;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Hook, Verdict};
use crate::activity::{self, Status, cause};
use crate::clock::after;
use crate::group::record;
use crate::member::{self, Member, State};
use crate::shrink::{self, Victim};
use crate::{error, event, health, reconcile};

/// Timer that ends a wait; its resource is the token.
const WAKE: &str = "autoscaling.lifecycle-action";

/// What is emitted when an instance begins to wait, with the token.
const WAITING: &str = "autoscaling.lifecycle-action-begun";

/// All waits: (account, Region, instance, hook).
struct Waits;

impl Table for Waits {
    const NAME: &'static str = "autoscaling.waits";
    type Record = Wait;
}

/// The wait that a token stands for: (account, Region, token).
struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "autoscaling.tokens";
    /// Instance and hook.
    type Record = (String, String);
}

/// An instance that waits for a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wait {
    instance: String,
    hook: String,
    token: String,
    heartbeat: i32,
    otherwise: Verdict,
    /// It waits no longer than this, however often its heartbeat comes.
    limit: Timestamp,
    timer: TimerId,
}

pub(super) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Waits>()
        .table::<Tokens>()
        .timer(WAKE, wake)
        .write::<api::CompleteLifecycleAction>(complete)
        .write::<api::RecordLifecycleActionHeartbeat>(heartbeat)
}

fn key(ctx: &Ctx<'_>, instance: &str, hook: &str) -> Key {
    ctx.scope().key(instance).text(hook)
}

/// Lets an instance wait for hooks; keeping its state is the caller's.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn begin(ctx: &mut Ctx<'_>, member: &Member, hooks: &[Hook]) -> Result<()> {
    for hook in hooks {
        let token = ctx.fresh_uuid("lifecycle-action")?;
        let limit = after(ctx.now(), i64::from(hook.most()));
        let due = after(ctx.now(), i64::from(hook.heartbeat)).min(limit);
        let wait = Wait {
            instance: member.id.clone(),
            hook: hook.name.clone(),
            token: token.clone(),
            heartbeat: hook.heartbeat,
            otherwise: hook.otherwise,
            limit,
            timer: ctx.wake_at(due, WAKE, &token)?,
        };
        let at = key(ctx, &member.id, &hook.name);
        let token_key = ctx.scope().key(&token);
        ctx.put::<Tokens>(token_key, (member.id.clone(), hook.name.clone()))?;
        ctx.put::<Waits>(at, wait)?;
        event::waits(ctx, member, hook, &token)?;
        ctx.emit(WAITING, &token)?;
    }
    if let Some(number) = member.activity {
        activity::go_on(ctx, &member.group, number, Status::MidLifecycleAction)?;
    }
    Ok(())
}

/// Forgets all waits of an instance.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, instance: &str) -> Result<()> {
    let all: Vec<Wait> =
        ctx.scan::<Waits>(&ctx.scope().key(instance)).map(|(_, wait)| wait.clone()).collect();
    all.into_iter().try_for_each(|wait| remove(ctx, &wait))
}

fn remove(ctx: &mut Ctx<'_>, wait: &Wait) -> Result<()> {
    ctx.cancel(wait.timer)?;
    let (at, token) = (key(ctx, &wait.instance, &wait.hook), ctx.scope().key(&wait.token));
    ctx.delete::<Tokens>(&token)?;
    ctx.delete::<Waits>(&at)?;
    Ok(())
}

/// The wait that a request means: by token, or by instance and hook.
fn find(ctx: &Ctx<'_>, group: &str, hook: &str, token: Option<&str>, instance: Option<&str>) -> Result<Wait> {
    let group = record::get(ctx, group)?;
    let (found, what) = match (token, instance) {
        (Some(token), _) => {
            let named = ctx.peek::<Tokens>(&ctx.scope().key(token)).cloned();
            let wait = named.and_then(|(instance, hook)| ctx.peek::<Waits>(&key(ctx, &instance, &hook)));
            (wait, format!("token {token}"))
        }
        (None, Some(instance)) => {
            (ctx.peek::<Waits>(&key(ctx, instance, hook)), format!("instance ID {instance}"))
        }
        (None, None) => {
            return Err(error::validation("Either LifecycleActionToken or InstanceId must be given."));
        }
    };
    let found = found.filter(|wait| {
        wait.hook == hook && member::group_of(ctx, &wait.instance).as_deref() == Some(&*group.name)
    });
    found.cloned().ok_or_else(|| error::validation(format!("No active Lifecycle Action found with {what}")))
}

fn complete(
    ctx: &mut Ctx<'_>,
    input: &api::CompleteLifecycleActionType,
) -> Result<api::CompleteLifecycleActionAnswer> {
    let verdict = Verdict::parse(&input.lifecycle_action_result)?;
    let wait = find(
        ctx,
        &input.auto_scaling_group_name,
        &input.lifecycle_hook_name,
        input.lifecycle_action_token.as_deref(),
        input.instance_id.as_deref(),
    )?;
    let why = format!("Lifecycle Action Completed with {} Result", verdict.name());
    end(ctx, &wait, verdict, &why)?;
    Ok(api::CompleteLifecycleActionAnswer {})
}

fn heartbeat(
    ctx: &mut Ctx<'_>,
    input: &api::RecordLifecycleActionHeartbeatType,
) -> Result<api::RecordLifecycleActionHeartbeatAnswer> {
    let mut wait = find(
        ctx,
        &input.auto_scaling_group_name,
        &input.lifecycle_hook_name,
        input.lifecycle_action_token.as_deref(),
        input.instance_id.as_deref(),
    )?;
    ctx.cancel(wait.timer)?;
    let due = after(ctx.now(), i64::from(wait.heartbeat)).min(wait.limit);
    wait.timer = ctx.wake_at(due, WAKE, &wait.token)?;
    let at = key(ctx, &wait.instance, &wait.hook);
    ctx.put::<Waits>(at, wait)?;
    Ok(api::RecordLifecycleActionHeartbeatAnswer {})
}

/// A heartbeat did not come.
fn wake(ctx: &mut Ctx<'_>, token: &str) -> Result<()> {
    let Some((instance, hook)) = ctx.peek::<Tokens>(&ctx.scope().key(token)).cloned() else { return Ok(()) };
    let Some(wait) = ctx.peek::<Waits>(&key(ctx, &instance, &hook)).cloned() else { return Ok(()) };
    if wait.timer.due > ctx.now().nanos() {
        return Ok(());
    }
    let verdict = wait.otherwise;
    end(ctx, &wait, verdict, "Heartbeat Timeout Elapsed")
}

/// Ends all waits of a group for a hook.
///
/// # Errors
/// Faults of ours only.
pub(super) fn end_all(ctx: &mut Ctx<'_>, group: &str, hook: &str, verdict: Verdict) -> Result<()> {
    let waiting = member::of(ctx, group).filter(|member| member.state.waits());
    let ids: Vec<String> = waiting.map(|member| member.id.clone()).collect();
    for id in ids {
        let Some(wait) = ctx.peek::<Waits>(&key(ctx, &id, hook)).cloned() else { continue };
        end(ctx, &wait, verdict, "Lifecycle Hook was deleted")?;
    }
    Ok(())
}

fn end(ctx: &mut Ctx<'_>, wait: &Wait, verdict: Verdict, why: &str) -> Result<()> {
    remove(ctx, wait)?;
    let Some(member) = member::find(ctx, &wait.instance) else { return Ok(()) };
    let is_last = ctx.scan::<Waits>(&ctx.scope().key(&wait.instance)).next().is_none();
    let Some(group) = record::find(ctx, &member.group) else { return Ok(()) };
    match (member.state, verdict) {
        (State::PendingWait, Verdict::Abandon) => {
            let message = format!(
                "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token {} was abandoned: {why}",
                wait.token
            );
            let cause = cause::abandoned(ctx, &member.id).into();
            shrink::give_up(ctx, &group, Victim { member, cause }, &message)?;
            reconcile::soon(ctx, &group.name, None)
        }
        (State::PendingWait, Verdict::Continue) if is_last => health::ready(ctx, member),
        (State::TerminatingWait, Verdict::Abandon) => {
            // The others are not waited for any more.
            forget(ctx, &wait.instance)?;
            shrink::proceed(ctx, &group, std::slice::from_ref(&wait.instance))
        }
        (State::TerminatingWait, Verdict::Continue) if is_last => {
            shrink::proceed(ctx, &group, std::slice::from_ref(&wait.instance))
        }
        _ => Ok(()),
    }
}
