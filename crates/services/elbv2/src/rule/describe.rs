//! DescribeRules.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::find;
use super::record::Rule;
use crate::listener::record::Listener;
use crate::{action, arn, error, listener, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::DescribeRules>(describe_rules)
}

/// A rule, or the default rule of a listener.
enum Shown<'t> {
    Rule(&'t Rule),
    Default(&'t Listener),
}

impl Shown<'_> {
    /// Where it stands among the rules of its listener: the default rule is the last.
    fn place(&self) -> u64 {
        match self {
            Self::Rule(rule) => u64::try_from(rule.priority).unwrap_or(0),
            Self::Default(_) => u64::MAX,
        }
    }

    fn view(&self) -> Result<api::Rule> {
        let listener = match self {
            Self::Rule(rule) => return rule.view(),
            Self::Default(listener) => listener,
        };
        let stem = listener.arn.replacen(":listener/", ":listener-rule/", 1);
        Ok(api::Rule {
            rule_arn: Some(format!("{stem}/{}", listener.default_rule)),
            priority: Some("default".to_owned()),
            conditions: Some(Vec::new()),
            actions: Some(action::view(&listener.actions)?),
            is_default: Some(true),
            transforms: Some(Vec::new()),
        })
    }
}

fn describe_rules(ctx: &mut Ctx<'_>, input: &api::DescribeRulesInput) -> Result<api::DescribeRulesOutput> {
    let window = page::window(input.page_size, input.marker.as_deref())?;
    let arns = input.rule_arns.as_deref().unwrap_or_default();
    let mut found: Vec<Shown<'_>> = match (&input.listener_arn, arns) {
        (None, []) => {
            let message = "You must specify either listener rule ARNs or a listener ARN";
            return Err(error::validation(message));
        }
        (Some(_), [_, ..]) => {
            let message = "Listener rule ARNs and a listener ARN cannot be specified at the same time";
            return Err(error::validation(message));
        }
        (Some(arn), []) => {
            let of = listener::find(ctx, arn)?;
            super::of(ctx, of).map(Shown::Rule).chain([Shown::Default(of)]).collect()
        }
        (None, arns) => arns.iter().map(|arn| listed(ctx, arn)).collect::<Result<_>>()?,
    };
    found.sort_by_key(Shown::place);
    // Rules asked for by ARN may be of several listeners, with the same priority.
    let numbered = (0..).zip(found);
    let page = window.list(numbered, |(number, _)| ctx.scope().prefix().number(*number));
    let views: Result<Vec<_>> = page.items.iter().map(|(_, shown)| shown.view()).collect();
    Ok(api::DescribeRulesOutput { rules: Some(views?), next_marker: page.next })
}

fn listed<'t>(ctx: &'t Ctx<'_>, arn: &str) -> Result<Shown<'t>> {
    let refused = match find(ctx, arn) {
        Ok(rule) => return Ok(Shown::Rule(rule)),
        Err(refused) => refused,
    };
    let of = arn::listener_of(arn).and_then(|of| listener::find(ctx, &of).ok());
    match of.filter(|of| arn.rsplit('/').next() == Some(of.default_rule.as_str())) {
        Some(of) => Ok(Shown::Default(of)),
        None if refused.code() == "RuleNotFound" => Err(error::none_of("RuleNotFound", "rules")),
        None => Err(refused),
    }
}
