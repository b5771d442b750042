//! CreateRule.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::record::Rule;
use super::{condition, of_load_balancer, save};
use crate::action::{self, For};
use crate::load_balancer::record::Kind;
use crate::{arn, error, limits, listener, load_balancer, tag};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateRule>(create_rule)
        // No requests come that could meet a condition.
        .records::<api::CreateRule>(&["Conditions"])
        .refuses::<api::CreateRule>(&[("Transforms", "no requests come that could be rewritten")])
}

fn create_rule(ctx: &mut Ctx<'_>, input: &api::CreateRuleInput) -> Result<api::CreateRuleOutput> {
    let of = listener::find(ctx, &input.listener_arn)?.clone();
    let user = arn::load_balancer_of(&of.arn).unwrap_or_default();
    let user = load_balancer::find(ctx, &user)?.clone();
    if user.kind != Kind::Application {
        let message = format!("Rules are not supported for listeners of {}s", user.kind.title());
        return Err(error::configuration(message));
    }
    let conditions = condition::check(&input.conditions)?;
    if super::of(ctx, &of).any(|other| other.priority == input.priority) {
        return Err(in_use(input.priority));
    }
    let purpose = For { load_balancer: &user, protocol: of.protocol.as_deref() };
    let actions = action::check(ctx, &purpose, &input.actions)?;
    let tags = tag::read(input.tags.as_deref())?;
    if of_load_balancer(ctx, &user.name).count() >= limits::RULES {
        let message = format!("The maximum number of rules has been reached: {}", limits::RULES);
        return Err(Error::client("TooManyRules", message));
    }
    let id = arn::fresh_suffix(ctx)?;
    let path = format!("{}/{}/{id}", user.path(), of.id);
    let made = Rule {
        arn: arn::of(ctx, arn::What::Rule, &path),
        id,
        load_balancer: user.name,
        listener: of.id,
        priority: input.priority,
        conditions,
        actions: actions.documents,
        groups: actions.groups,
        tags,
    };
    let view = made.view()?;
    save(ctx, made)?;
    Ok(api::CreateRuleOutput { rules: Some(vec![view]) })
}

/// Another rule has the priority.
pub(super) fn in_use(priority: i32) -> Error {
    Error::client("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}
