//! Rules of listeners: made, described, changed, reordered, deleted. The default rule is the listener's own, and shown with the
//! others.

mod change;
mod condition;
mod create;
mod describe;
mod priority;
pub(crate) mod record;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::listener::record::Listener;
use crate::uses::{self, Sender};
use crate::{arn, error, listener};
use record::{Rule, Rules};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition.table::<Rules>().write::<api::DeleteRule>(delete_rule);
    let modules = [create::register, describe::register, change::register, priority::register];
    modules.into_iter().fold(definition, |definition, register| register(definition))
}

/// The rule of an ARN, other than a default rule.
///
/// # Errors
/// `RuleNotFound` where there is none, `ValidationError` for another ARN.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, given: &str) -> Result<&'t Rule> {
    let key = arn::key(ctx, arn::What::Rule, given)?;
    let found = ctx.peek::<Rules>(&key).filter(|found| found.arn == given);
    found.ok_or_else(|| error::no_rule(given))
}

/// Refuses what cannot be done to a default rule.
fn not_default(ctx: &Ctx<'_>, given: &str, what: &str) -> Result<()> {
    let of = arn::listener_of(given).and_then(|of| listener::find(ctx, &of).ok());
    match of.is_some_and(|of| given.rsplit('/').next() == Some(of.default_rule.as_str())) {
        true => Err(error::not_permitted(format!("Default rule '{given}' cannot be {what}"))),
        false => Ok(()),
    }
}

/// The rules of a listener, in no order.
pub(crate) fn of<'t>(ctx: &'t Ctx<'_>, listener: &Listener) -> impl Iterator<Item = &'t Rule> {
    let prefix = ctx.scope().key(&listener.load_balancer).text(&listener.id);
    ctx.scan::<Rules>(&prefix).map(|(_, rule)| rule)
}

/// The rules of all listeners of a load balancer.
pub(crate) fn of_load_balancer<'t>(ctx: &'t Ctx<'_>, load_balancer: &str) -> impl Iterator<Item = &'t Rule> {
    ctx.scan::<Rules>(&ctx.scope().key(load_balancer)).map(|(_, rule)| rule)
}

fn key(ctx: &Ctx<'_>, rule: &Rule) -> Key {
    ctx.scope().key(&rule.load_balancer).text(&rule.listener).text(&rule.id)
}

fn sender(rule: &Rule) -> Sender<'_> {
    Sender { load_balancer: &rule.load_balancer, listener: &rule.listener, rule: &rule.id }
}

/// Keeps a rule, and which target groups it sends to.
fn save(ctx: &mut Ctx<'_>, rule: Rule) -> Result<()> {
    let key = key(ctx, &rule);
    let before = ctx.peek::<Rules>(&key).map(|before| before.groups.clone()).unwrap_or_default();
    let after = rule.clone();
    ctx.put::<Rules>(key, rule)?;
    uses::replace(ctx, sender(&after), &before, &after.groups)
}

fn delete(ctx: &mut Ctx<'_>, rule: &Rule) -> Result<()> {
    let key = key(ctx, rule);
    ctx.delete::<Rules>(&key)?;
    uses::replace(ctx, sender(rule), &rule.groups, &[])
}

fn delete_rule(ctx: &mut Ctx<'_>, input: &api::DeleteRuleInput) -> Result<api::DeleteRuleOutput> {
    not_default(ctx, &input.rule_arn, "deleted")?;
    let found = find(ctx, &input.rule_arn)?.clone();
    delete(ctx, &found)?;
    Ok(api::DeleteRuleOutput {})
}

/// Deletes all rules of a listener.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn delete_all(ctx: &mut Ctx<'_>, listener: &Listener) -> Result<()> {
    let all: Vec<Rule> = of(ctx, listener).cloned().collect();
    all.iter().try_for_each(|rule| delete(ctx, rule))
}
