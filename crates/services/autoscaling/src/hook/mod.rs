//! Lifecycle hooks: PutLifecycleHook, DescribeLifecycleHooks, DeleteLifecycleHook. [`wait`] has the instances that wait.

pub(crate) mod wait;

use ironbird_api::autoscaling as api;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::group::record;

/// Hooks of a group (user guide, "Quotas").
const MAX_HOOKS: usize = 50;

/// Hooks that a request for a group may bring, as users have seen of the live service.
const MAX_GIVEN: usize = 5;

/// Seconds of a heartbeat unless asked otherwise, and its bounds (API reference, PutLifecycleHook).
const HEARTBEAT: i32 = 3600;
const HEARTBEATS: std::ops::RangeInclusive<i32> = 30..=7200;

/// An instance waits at most 48 hours, or a hundred heartbeats if those are less (user guide, "Lifecycle hooks").
const MOST_SECONDS: i32 = 172_800;
const MOST_HEARTBEATS: i32 = 100;

/// Moments at which instances wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Transition {
    Launching,
    Terminating,
}

impl Transition {
    /// `autoscaling:EC2_INSTANCE_LAUNCHING`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Launching, Self::Terminating].into_iter().find(|transition| transition.name() == name)
    }
}

/// How a wait ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    Continue,
    Abandon,
}

impl Verdict {
    /// `CONTINUE` or `ABANDON`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Abandon => "ABANDON",
        }
    }

    /// Reads a result.
    ///
    /// # Errors
    /// `ValidationError` for any other word.
    pub(crate) fn parse(word: &str) -> Result<Self> {
        let found = [Self::Continue, Self::Abandon].into_iter().find(|verdict| verdict.name() == word);
        found.ok_or_else(|| error::validation("Lifecycle Action Result must be one of CONTINUE or ABANDON"))
    }
}

/// All hooks: (account, Region, group, name).
pub(crate) struct Hooks;

impl Table for Hooks {
    const NAME: &'static str = "autoscaling.hooks";
    type Record = Hook;
}

/// A hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hook {
    pub(crate) name: String,
    group: String,
    pub(crate) transition: Transition,
    /// Seconds.
    pub(crate) heartbeat: i32,
    pub(crate) otherwise: Verdict,
    target: Option<String>,
    role: Option<String>,
    pub(crate) metadata: Option<String>,
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    let service = service
        .table::<Hooks>()
        .write::<api::PutLifecycleHook>(put)
        // There is neither SNS nor SQS: nobody is told but who reads the world's events.
        .records::<api::PutLifecycleHook>(&["NotificationTargetARN", "RoleARN"])
        .read::<api::DescribeLifecycleHooks>(describe)
        .write::<api::DeleteLifecycleHook>(delete);
    wait::register(service)
}

impl Hook {
    /// Seconds that an instance waits at most, however often its heartbeat comes.
    pub(crate) fn most(&self) -> i32 {
        self.heartbeat.saturating_mul(MOST_HEARTBEATS).min(MOST_SECONDS)
    }
}

/// The hooks of a group for a transition, by name.
pub(crate) fn of(ctx: &Ctx<'_>, group: &str, transition: Transition) -> Vec<Hook> {
    let all = ctx.scan::<Hooks>(&ctx.scope().key(group)).map(|(_, hook)| hook);
    all.filter(|hook| hook.transition == transition).cloned().collect()
}

/// Drops the hooks of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let keys: Vec<_> = ctx.scan::<Hooks>(&ctx.scope().key(group)).map(|(key, _)| key.clone()).collect();
    keys.into_iter().try_for_each(|key| ctx.delete::<Hooks>(&key).map(drop))
}

fn put(ctx: &mut Ctx<'_>, input: &api::PutLifecycleHookType) -> Result<api::PutLifecycleHookAnswer> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    keep(ctx, &group.name, input)?;
    Ok(api::PutLifecycleHookAnswer {})
}

/// Makes the hooks that a request for a group names.
///
/// # Errors
/// As PutLifecycleHook.
pub(crate) fn of_request(
    ctx: &mut Ctx<'_>,
    group: &str,
    given: &[api::LifecycleHookSpecification],
) -> Result<()> {
    if given.len() > MAX_GIVEN {
        return Err(error::validation(format!("You cannot specify more than {MAX_GIVEN} hooks")));
    }
    for one in given {
        let input = api::PutLifecycleHookType {
            lifecycle_hook_name: one.lifecycle_hook_name.clone(),
            auto_scaling_group_name: group.to_owned(),
            lifecycle_transition: Some(one.lifecycle_transition.clone()),
            role_arn: one.role_arn.clone(),
            notification_target_arn: one.notification_target_arn.clone(),
            notification_metadata: one.notification_metadata.clone(),
            heartbeat_timeout: one.heartbeat_timeout,
            default_result: one.default_result.clone(),
        };
        keep(ctx, group, &input)?;
    }
    Ok(())
}

/// Makes a hook, or changes what the request gives of one that is there.
fn keep(ctx: &mut Ctx<'_>, group: &str, input: &api::PutLifecycleHookType) -> Result<()> {
    let name = &input.lifecycle_hook_name;
    let key = ctx.scope().key(group).text(name);
    let earlier = ctx.peek::<Hooks>(&key).cloned();
    if earlier.is_none() && ctx.scan::<Hooks>(&ctx.scope().key(group)).count() >= MAX_HOOKS {
        return Err(error::limit_exceeded(format!(
            "Only {MAX_HOOKS} Lifecycle Hooks are allowed per Auto Scaling group."
        )));
    }
    let given = match input.lifecycle_transition.as_deref() {
        Some(word) => Some(Transition::parse(word).ok_or_else(|| {
            error::validation(format!(
                "Lifecycle Transition must be one of {} or {}, it is {word}.",
                Transition::Launching.name(),
                Transition::Terminating.name()
            ))
        })?),
        None => None,
    };
    let before = earlier.as_ref();
    let transition = given.or(before.map(|hook| hook.transition)).ok_or_else(|| {
        error::validation("Lifecycle Transition is required to create a new Lifecycle Hook.")
    })?;
    let heartbeat = input.heartbeat_timeout.or(before.map(|hook| hook.heartbeat)).unwrap_or(HEARTBEAT);
    if !HEARTBEATS.contains(&heartbeat) {
        return Err(error::validation(format!(
            "HeartbeatTimeout must be between 30 and 7200 seconds, it is {heartbeat}."
        )));
    }
    let otherwise = match input.default_result.as_deref() {
        Some(word) => Verdict::parse(word)?,
        None => before.map_or(Verdict::Abandon, |hook| hook.otherwise),
    };
    let or_before = |given: &Option<String>, before: Option<&Option<String>>| match given {
        // An empty target takes the old one away (API reference).
        Some(text) if text.is_empty() => None,
        Some(text) => Some(text.clone()),
        None => before.cloned().flatten(),
    };
    let hook = Hook {
        name: name.clone(),
        group: group.to_owned(),
        transition,
        heartbeat,
        otherwise,
        target: or_before(&input.notification_target_arn, before.map(|hook| &hook.target)),
        role: or_before(&input.role_arn, before.map(|hook| &hook.role)),
        metadata: or_before(&input.notification_metadata, before.map(|hook| &hook.metadata)),
    };
    ctx.put::<Hooks>(key, hook)
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeLifecycleHooksType,
) -> Result<api::DescribeLifecycleHooksAnswer> {
    let group = record::find(ctx, &input.auto_scaling_group_name)
        .ok_or_else(|| error::no_group(&input.auto_scaling_group_name))?;
    let names = input.lifecycle_hook_names.as_deref().unwrap_or_default();
    let all = ctx.scan::<Hooks>(&ctx.scope().key(&group.name)).map(|(_, hook)| hook);
    let wanted = all.filter(|hook| names.is_empty() || names.contains(&hook.name));
    let views = wanted.map(|hook| api::LifecycleHook {
        lifecycle_hook_name: Some(hook.name.clone()),
        auto_scaling_group_name: Some(hook.group.clone()),
        lifecycle_transition: Some(hook.transition.name().to_owned()),
        notification_target_arn: hook.target.clone(),
        role_arn: hook.role.clone(),
        notification_metadata: hook.metadata.clone(),
        heartbeat_timeout: Some(hook.heartbeat),
        global_timeout: Some(hook.most()),
        default_result: Some(hook.otherwise.name().to_owned()),
    });
    Ok(api::DescribeLifecycleHooksAnswer { lifecycle_hooks: Some(views.collect()) })
}

/// Instances that wait for the hook are let go: launches are abandoned, terminations go on (API reference).
fn delete(ctx: &mut Ctx<'_>, input: &api::DeleteLifecycleHookType) -> Result<api::DeleteLifecycleHookAnswer> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    let key = ctx.scope().key(&group.name).text(&input.lifecycle_hook_name);
    let Some(hook) = ctx.peek::<Hooks>(&key).cloned() else {
        return Err(error::validation(
            "No Lifecycle Hook found with name ".to_owned() + &input.lifecycle_hook_name,
        ));
    };
    ctx.delete::<Hooks>(&key)?;
    let verdict = match hook.transition {
        Transition::Launching => Verdict::Abandon,
        Transition::Terminating => Verdict::Continue,
    };
    wait::end_all(ctx, &group.name, &hook.name, verdict)?;
    Ok(api::DeleteLifecycleHookAnswer {})
}
