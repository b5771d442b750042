//! SetRulePriorities.

use std::collections::BTreeMap;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::Rule;
use super::{create, find, not_default, save};
use crate::{arn, error, listener};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::SetRulePriorities>(set_rule_priorities)
}

fn set_rule_priorities(
    ctx: &mut Ctx<'_>,
    input: &api::SetRulePrioritiesInput,
) -> Result<api::SetRulePrioritiesOutput> {
    let mut wanted: BTreeMap<String, i32> = BTreeMap::new();
    let mut changed: Vec<Rule> = Vec::with_capacity(input.rule_priorities.len());
    for pair in &input.rule_priorities {
        let (Some(arn), Some(priority)) = (&pair.rule_arn, pair.priority) else {
            return Err(error::validation("A rule ARN and a priority must be specified"));
        };
        not_default(ctx, arn, "given a priority")?;
        let mut rule = find(ctx, arn)?.clone();
        if wanted.insert(arn.clone(), priority).is_some() {
            return Err(error::validation(format!("Rule '{arn}' was provided multiple times")));
        }
        rule.priority = priority;
        changed.push(rule);
    }
    for rule in &changed {
        let of = arn::listener_of(&rule.arn).unwrap_or_default();
        let of = listener::find(ctx, &of)?;
        let priority = |other: &Rule| wanted.get(&other.arn).copied().unwrap_or(other.priority);
        if super::of(ctx, of).any(|other| other.arn != rule.arn && priority(other) == rule.priority) {
            return Err(create::in_use(rule.priority));
        }
    }
    let views: Result<Vec<_>> = changed.iter().map(Rule::view).collect();
    for rule in changed {
        save(ctx, rule)?;
    }
    Ok(api::SetRulePrioritiesOutput { rules: Some(views?) })
}
