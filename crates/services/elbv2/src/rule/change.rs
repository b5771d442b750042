//! ModifyRule.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{condition, find, not_default, save};
use crate::action::{self, For};
use crate::{arn, error, listener, load_balancer};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const REQUESTS: &str = "no requests come that could be rewritten";
    definition
        .write::<api::ModifyRule>(modify_rule)
        .records::<api::ModifyRule>(&["Conditions"])
        .refuses::<api::ModifyRule>(&[("Transforms", REQUESTS), ("ResetTransforms", REQUESTS)])
}

fn modify_rule(ctx: &mut Ctx<'_>, input: &api::ModifyRuleInput) -> Result<api::ModifyRuleOutput> {
    not_default(ctx, &input.rule_arn, "modified")?;
    let mut changed = find(ctx, &input.rule_arn)?.clone();
    let conditions = input.conditions.as_deref().filter(|given| !given.is_empty());
    let actions = input.actions.as_deref().filter(|given| !given.is_empty());
    if conditions.is_none() && actions.is_none() {
        return Err(error::validation("Either conditions or actions must be specified"));
    }
    if let Some(conditions) = conditions {
        changed.conditions = condition::check(conditions)?;
    }
    if let Some(actions) = actions {
        let of = arn::listener_of(&changed.arn).unwrap_or_default();
        let of = listener::find(ctx, &of)?.clone();
        let user = arn::load_balancer_of(&of.arn).unwrap_or_default();
        let user = load_balancer::find(ctx, &user)?.clone();
        let purpose = For { load_balancer: &user, protocol: of.protocol.as_deref() };
        let actions = action::check(ctx, &purpose, actions)?;
        changed.actions = actions.documents;
        changed.groups = actions.groups;
    }
    let view = changed.view()?;
    save(ctx, changed)?;
    Ok(api::ModifyRuleOutput { rules: Some(vec![view]) })
}
