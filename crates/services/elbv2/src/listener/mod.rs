//! Listeners: made, described, changed, deleted.

mod attributes;
mod change;
mod create;
mod describe;
mod port;
pub(crate) mod record;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::uses::{self, Sender};
use crate::{arn, error, rule};
use record::{Listener, Listeners};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition.table::<Listeners>().write::<api::DeleteListener>(delete_listener);
    let modules = [create::register, describe::register, change::register, attributes::register];
    modules.into_iter().fold(definition, |definition, register| register(definition))
}

/// The listener of an ARN.
///
/// # Errors
/// `ListenerNotFound` where there is none, `ValidationError` for another ARN.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, given: &str) -> Result<&'t Listener> {
    let key = arn::key(ctx, arn::What::Listener, given)?;
    let found = ctx.peek::<Listeners>(&key).filter(|found| found.arn == given);
    found.ok_or_else(|| error::no_listener(given))
}

/// The listeners of a load balancer.
pub(crate) fn of<'t>(ctx: &'t Ctx<'_>, load_balancer: &str) -> impl Iterator<Item = &'t Listener> {
    ctx.scan::<Listeners>(&ctx.scope().key(load_balancer)).map(|(_, listener)| listener)
}

/// Keeps a listener, and which target groups it sends to.
///
/// # Errors
/// In an operation registered as one that reads.
fn save(ctx: &mut Ctx<'_>, listener: Listener) -> Result<()> {
    let key = ctx.scope().key(&listener.load_balancer).text(&listener.id);
    let before = ctx.peek::<Listeners>(&key).map(|before| before.groups.clone()).unwrap_or_default();
    let after = listener.clone();
    ctx.put::<Listeners>(key, listener)?;
    uses::replace(ctx, sender(&after), &before, &after.groups)
}

fn sender(listener: &Listener) -> Sender<'_> {
    Sender { load_balancer: &listener.load_balancer, listener: &listener.id, rule: "" }
}

fn delete_listener(ctx: &mut Ctx<'_>, input: &api::DeleteListenerInput) -> Result<api::DeleteListenerOutput> {
    let found = find(ctx, &input.listener_arn)?.clone();
    delete(ctx, &found)?;
    Ok(api::DeleteListenerOutput {})
}

fn delete(ctx: &mut Ctx<'_>, listener: &Listener) -> Result<()> {
    rule::delete_all(ctx, listener)?;
    ctx.delete::<Listeners>(&ctx.scope().key(&listener.load_balancer).text(&listener.id))?;
    uses::replace(ctx, sender(listener), &listener.groups, &[])
}

/// Deletes all listeners of a load balancer, with their rules.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn delete_all(ctx: &mut Ctx<'_>, load_balancer: &str) -> Result<()> {
    let all: Vec<Listener> = of(ctx, load_balancer).cloned().collect();
    all.iter().try_for_each(|listener| delete(ctx, listener))
}
