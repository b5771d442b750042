//! Actions of listeners and rules: checked, kept as they were given with their defaults filled in, given back.

use std::collections::BTreeSet;

use ironbird_api::elbv2 as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Error, Result};
use serde_json::Value;

use crate::load_balancer::record::{Kind, LoadBalancer};
use crate::target_group::record::TargetGroup;
use crate::{error, limits, target_group, uses};

/// Where an action stands in the model.
const ACTION: Place = Place::input("elbv2", "CreateListener", &["DefaultActions"]);

/// Types of contents that a fixed response may have.
const CONTENTS: &[&str] =
    &["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/// Actions that have been checked.
pub(crate) struct Actions {
    pub(crate) documents: Vec<Value>,
    /// Names of the target groups that they send to.
    pub(crate) groups: Vec<String>,
}

/// What the actions are for.
pub(crate) struct For<'a> {
    pub(crate) load_balancer: &'a LoadBalancer,
    /// The listener's protocol; none of a Gateway Load Balancer's.
    pub(crate) protocol: Option<&'a str>,
}

/// Checks actions.
///
/// # Errors
/// `InvalidLoadBalancerAction`, `TargetGroupNotFound`, `IncompatibleProtocols`, `TargetGroupAssociationLimit`, …
pub(crate) fn check(ctx: &Ctx<'_>, of: &For<'_>, given: &[api::Action]) -> Result<Actions> {
    let mut ordered = given.to_vec();
    ordered.sort_by_key(|action| action.order.unwrap_or(i32::MAX));
    let (last, others) =
        ordered.split_last().ok_or_else(|| error::validation("At least one action must be specified"))?;
    let ends =
        |action: &api::Action| matches!(action.r#type.as_str(), "forward" | "redirect" | "fixed-response");
    if !ends(last) || others.iter().any(ends) {
        let message = "The last action must be a forward, a redirect or a fixed response, and no other action can be one";
        return Err(error::action(message));
    }
    if let Some(other) = others.first() {
        let reason = "nobody signs in here";
        return Err(Ctx::unsupported(&format!("an action of type {}", other.r#type), reason));
    }
    let kind = of.load_balancer.kind;
    if kind != Kind::Application && last.r#type != "forward" {
        let message = format!("Actions of type '{}' are not supported on {}s", last.r#type, kind.title());
        return Err(error::action(message));
    }
    let mut action = last.clone();
    let groups = match action.r#type.as_str() {
        "forward" => forward(ctx, of, &mut action)?,
        "redirect" => {
            redirect(of, &mut action)?;
            Vec::new()
        }
        _ => {
            fixed_response(&action)?;
            Vec::new()
        }
    };
    Ok(Actions { documents: vec![document::write(ACTION, &action)?], groups })
}

/// Actions as the API shows them.
///
/// # Errors
/// When what was kept is not an action: the world is broken.
pub(crate) fn view(documents: &[Value]) -> Result<Vec<api::Action>> {
    documents.iter().map(|kept| Ok(document::read(ACTION, kept)?)).collect()
}

/// Checks a forward and writes its one target group in both places; the groups' names.
fn forward(ctx: &Ctx<'_>, of: &For<'_>, action: &mut api::Action) -> Result<Vec<String>> {
    let kind = of.load_balancer.kind;
    let mut config = action.forward_config.take().unwrap_or_default();
    let mut tuples = config.target_groups.take().unwrap_or_default();
    match (&action.target_group_arn, tuples.as_slice()) {
        (None, []) => return Err(error::validation("A target group ARN must be specified")),
        (Some(arn), []) => {
            tuples.push(api::TargetGroupTuple { target_group_arn: Some(arn.clone()), weight: None })
        }
        (Some(arn), [only]) if only.target_group_arn.as_ref() == Some(arn) => {}
        (Some(_), _) => {
            let message = "You cannot specify both a target group ARN and another target group in the forward configuration";
            return Err(error::validation(message));
        }
        (None, _) => {}
    }
    let most = if kind == Kind::Application { limits::GROUPS_PER_ACTION } else { 1 };
    if tuples.len() > most {
        let message = format!("A forward action can have at most {most} target groups on {}s", kind.title());
        return Err(error::action(message));
    }
    let mut groups = Vec::with_capacity(tuples.len());
    for tuple in &mut tuples {
        let arn = tuple.target_group_arn.as_deref().unwrap_or_default();
        let group = target_group::find(ctx, arn)?;
        suits(ctx, of, group)?;
        groups.push(group.name.clone());
        if kind == Kind::Application {
            let weight = *tuple.weight.get_or_insert(1);
            if !(0..=999).contains(&weight) {
                let message = format!("Target group weight '{weight}' must be within '0-999' inclusive");
                return Err(error::validation(message));
            }
        }
    }
    if groups.iter().collect::<BTreeSet<_>>().len() < groups.len() {
        return Err(error::action("A target group cannot be specified more than once in an action"));
    }
    action.target_group_arn = match tuples.as_slice() {
        [only] => only.target_group_arn.clone(),
        _ => None,
    };
    config.target_groups = Some(tuples);
    if kind == Kind::Application {
        let off = api::TargetGroupStickinessConfig { enabled: Some(false), duration_seconds: None };
        config.target_group_stickiness_config.get_or_insert(off);
    }
    action.forward_config = Some(config);
    Ok(groups)
}

/// Checks that a listener can send to a group.
fn suits(ctx: &Ctx<'_>, of: &For<'_>, group: &TargetGroup) -> Result<()> {
    let fits = match of.protocol {
        None => group.protocol == "GENEVE",
        Some("HTTP" | "HTTPS") => matches!(group.protocol.as_str(), "HTTP" | "HTTPS"),
        Some("TLS") => matches!(group.protocol.as_str(), "TCP" | "TLS"),
        Some(protocol) => group.protocol == protocol,
    };
    if !fits {
        let message = format!(
            "The listener and the following target groups have incompatible protocols: {}",
            group.arn
        );
        return Err(Error::client("IncompatibleProtocols", message));
    }
    if group.vpc_id != of.load_balancer.vpc_id {
        let message = format!(
            "The following target groups are not in the VPC '{}' of the load balancer: {}",
            of.load_balancer.vpc_id, group.arn
        );
        return Err(error::configuration(message));
    }
    if uses::load_balancers(ctx, &group.name).iter().any(|user| *user != of.load_balancer.name) {
        let message = format!(
            "The following target groups cannot be associated with more than one load balancer: {}",
            group.arn
        );
        return Err(Error::client("TargetGroupAssociationLimit", message));
    }
    Ok(())
}

/// Fills in what a redirect keeps of the request.
fn redirect(of: &For<'_>, action: &mut api::Action) -> Result<()> {
    let Some(config) = &mut action.redirect_config else {
        return Err(error::validation("A redirect configuration must be specified"));
    };
    let protocol = config.protocol.get_or_insert_with(|| "#{protocol}".to_owned()).as_str();
    let same_protocol = protocol == "#{protocol}" || Some(protocol) == of.protocol;
    let port = config.port.get_or_insert_with(|| "#{port}".to_owned());
    let host = config.host.get_or_insert_with(|| "#{host}".to_owned());
    let path = config.path.get_or_insert_with(|| "/#{path}".to_owned());
    config.query.get_or_insert_with(|| "#{query}".to_owned());
    if !path.starts_with('/') {
        return Err(error::validation(format!("Redirect path '{path}' must begin with '/'")));
    }
    if same_protocol && port == "#{port}" && host == "#{host}" && path == "/#{path}" {
        return Err(error::action("The redirect configuration is not valid because it creates a loop."));
    }
    Ok(())
}

fn fixed_response(action: &api::Action) -> Result<()> {
    let Some(config) = &action.fixed_response_config else {
        return Err(error::validation("A fixed response configuration must be specified"));
    };
    let status = config.status_code.as_bytes();
    let is_status = matches!(status, [b'2' | b'4' | b'5', rest @ ..] if rest.len() == 2 && rest.iter().all(u8::is_ascii_digit));
    if !is_status {
        let message =
            format!("Fixed response status code '{}' must be a 2XX, 4XX or 5XX code", config.status_code);
        return Err(error::validation(message));
    }
    match config.content_type.as_deref() {
        Some(content) if !CONTENTS.contains(&content) => {
            let message = format!("The ContentType must be one of: {}", CONTENTS.join(", "));
            Err(error::action(message))
        }
        _ => Ok(()),
    }
}
