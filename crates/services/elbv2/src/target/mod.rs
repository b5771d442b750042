//! Targets: registered, checked, drained.
//!
//! There are no guests that would answer a health check. A target answers while its instance runs and passes EC2's status checks,
//! unless [a lever](lever) says that what runs on it does not; checks are counted on the world's clock as the group's settings say, so that a target changes its state when the last check
//! that decides would have been made. Nothing polls: EC2 says when an instance changes, and one timer is set when a state is to
//! follow.

mod guest;
mod health;
mod judge;
mod lever;
mod path;
mod record;
mod registration;

use ironbird_rig::{Ctx, Key, Result, ServiceDef};

pub(crate) use record::Failure;
use record::{Target, Targets, Watch, Watches};

/// What is emitted when a target's health changes, with the group's name, a slash and the target's id.
const CHANGED: &str = "elbv2.target-health";

/// Timer that hears of an instance.
const HEARD: &str = "elbv2.instance";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Targets>()
        .table::<Watches>()
        .timer(HEARD, hear)
        .listen("ec2.instance-state", HEARD)
        .timer(judge::WAKE, judge::wake);
    let modules = [registration::register, health::register, lever::register, path::register];
    modules.into_iter().fold(definition, |definition, register| register(definition))
}

/// EC2 says that something happened to an instance.
fn hear(ctx: &mut Ctx<'_>, instance: &str) -> Result<()> {
    let watches = ctx.scan::<Watches>(&ctx.scope().key(instance));
    let keys: Vec<Key> = watches.map(|(_, watch)| watch.target(ctx)).collect();
    judge::consider(ctx, &keys)
}

/// The targets of a group, by id and port.
fn of<'t>(ctx: &'t Ctx<'_>, group: &str) -> impl Iterator<Item = (&'t Key, &'t Target)> {
    ctx.scan::<Targets>(&ctx.scope().key(group))
}

/// Looks at all targets of a group: who uses it, or how it checks, has changed.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn reconsider(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let keys: Vec<Key> = of(ctx, group).map(|(key, _)| key.clone()).collect();
    judge::consider(ctx, &keys)
}

/// Keeps a target, and that its instance is watched.
fn keep(ctx: &mut Ctx<'_>, target: Target) -> Result<()> {
    if let Some(instance) = &target.instance {
        let watch = Watch { group: target.group.clone(), id: target.id.clone(), port: target.port };
        let key = watch.key(ctx, instance);
        ctx.put::<Watches>(key, watch)?;
    }
    let key = target.key(ctx);
    ctx.put::<Targets>(key, target)
}

/// Lets go of a target.
fn forget(ctx: &mut Ctx<'_>, target: &Target) -> Result<()> {
    if let Some(timer) = target.timer() {
        ctx.cancel(timer)?;
    }
    if let Some(instance) = &target.instance {
        let watch = Watch { group: target.group.clone(), id: target.id.clone(), port: target.port };
        ctx.delete::<Watches>(&watch.key(ctx, instance))?;
    }
    ctx.delete::<Targets>(&target.key(ctx)).map(drop)
}

/// Lets go of all targets of a group that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let all: Vec<Target> = of(ctx, group).map(|(_, target)| target.clone()).collect();
    all.iter().try_for_each(|target| forget(ctx, target))
}

/// Tells who depends on it that a target's health has changed.
fn changed(ctx: &mut Ctx<'_>, target: &Target) -> Result<()> {
    ctx.emit(CHANGED, &format!("{}/{}", target.group, target.id))
}
