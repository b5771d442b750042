//! Fault rules: let matching calls fail for a span of world time.

use ironbird_rig::fault::{FaultRule, FaultRules, Matcher};
use ironbird_rig::{Account, Key, Region, Timestamp, World};
use serde::{Deserialize, Serialize};

use super::{Problem, instant, own_scope, written};

/// Longest id of a rule, in characters.
const LONGEST_ID: usize = 64;

/// A rule, as the interface reads and writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Name of the rule; from the path where it is given there.
    #[serde(default)]
    pub id: Option<String>,
    /// `ec2`
    #[serde(default)]
    pub service: Option<String>,
    /// `RunInstances`
    #[serde(default)]
    pub operation: Option<String>,
    /// ARN of the caller, or a service's principal name such as `autoscaling.amazonaws.com`.
    #[serde(default)]
    pub principal: Option<String>,
    /// Twelve digits.
    #[serde(default)]
    pub account: Option<String>,
    /// `eu-west-1`
    #[serde(default)]
    pub region: Option<String>,
    /// Zones, ids or any other texts, each of which must be a value somewhere in the request.
    #[serde(default)]
    pub mentions: Vec<String>,
    /// Share of matching calls that fail, from 0 to 1; all unless given.
    #[serde(default)]
    pub share: Option<f64>,
    /// First instant at which the rule holds; now unless given.
    #[serde(default)]
    pub from: Option<String>,
    /// First instant at which it no longer does.
    #[serde(default)]
    pub until: Option<String>,
    /// How long it holds, in world seconds, in place of `until`.
    #[serde(default)]
    pub for_seconds: Option<f64>,
    /// Code of the answer.
    pub code: String,
    /// Message of the answer.
    #[serde(default)]
    pub message: Option<String>,
    /// Status of the answer; 500 unless given.
    #[serde(default)]
    pub status: Option<u16>,
}

/// The answer to `GET faults`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultList {
    /// All rules, by id.
    pub faults: Vec<Fault>,
}

/// All rules.
pub(super) fn list(world: &World) -> Result<FaultList, Problem> {
    let faults = world.look(own_scope(world), |ctx| {
        Ok(ctx.scan::<FaultRules>(&Key::new()).map(|(_, rule)| shown(rule)).collect())
    })?;
    Ok(FaultList { faults })
}

/// Adds a rule, or replaces the one of that id.
pub(super) fn put(world: &World, id: &str, fault: Fault) -> Result<Fault, Problem> {
    let rule = rule(world.clock().now(), id, fault)?;
    let answer = shown(&rule);
    world.within(own_scope(world), |ctx| rule.keep(ctx))?;
    Ok(answer)
}

/// Removes a rule.
pub(super) fn delete(world: &World, id: &str) -> Result<FaultList, Problem> {
    let key = Key::new().text(id);
    if !world.within(own_scope(world), |ctx| ctx.delete::<FaultRules>(&key))? {
        return Err(Problem::not_found(format!(
            "there is no fault {id}; `GET /_ironbird/faults` lists them"
        )));
    }
    list(world)
}

fn rule(now: Timestamp, id: &str, fault: Fault) -> Result<FaultRule, Problem> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(is_name) {
        let message =
            format!("the id `{id}` is not 1 to {LONGEST_ID} letters, digits, dots, dashes or underscores");
        return Err(Problem::invalid(message));
    }
    if fault.id.as_deref().is_some_and(|inner| inner != id) {
        return Err(Problem::invalid("the id in the body is not the one in the path; leave it out"));
    }
    known(fault.service.as_deref(), fault.operation.as_deref())?;
    let account = match &fault.account {
        Some(text) => Some(
            Account::parse(text)
                .ok_or_else(|| Problem::invalid(format!("account `{text}` is not twelve digits")))?,
        ),
        None => None,
    };
    let region = match &fault.region {
        Some(code) => {
            Some(Region::parse(code).ok_or_else(|| Problem::invalid(format!("there is no Region {code}")))?)
        }
        None => None,
    };
    let status = fault.status.unwrap_or(500);
    if !(400..=599).contains(&status) {
        return Err(Problem::invalid(format!("status {status} is not one of an error, 400 to 599")));
    }
    if fault.code.trim().is_empty() {
        return Err(Problem::invalid("code is empty; give the AWS error code, such as InternalError"));
    }
    let from = fault.from.as_deref().map(|text| instant("from", text)).transpose()?.unwrap_or(now);
    let until = until(from, &fault)?;
    let matching = Matcher {
        service: fault.service,
        operation: fault.operation,
        principal: fault.principal,
        account,
        region,
        mentions: fault.mentions,
    };
    let message = fault.message.unwrap_or_else(|| format!("fault {id} of the rig"));
    let share = fault.share.unwrap_or(1.0);
    Ok(FaultRule { id: id.to_owned(), matching, share, from, until, code: fault.code, message, status })
}

fn until(from: Timestamp, fault: &Fault) -> Result<Option<Timestamp>, Problem> {
    match (&fault.until, fault.for_seconds) {
        (Some(_), Some(_)) => Err(Problem::invalid("give until or for_seconds, not both")),
        (Some(text), None) => instant("until", text).map(Some),
        (None, Some(seconds)) if seconds > 0.0 && seconds < 1e9 => {
            let nanos = (seconds * 1e9) as i64;
            Ok(Some(Timestamp::from_nanos(from.nanos().saturating_add(nanos))))
        }
        (None, Some(seconds)) => Err(Problem::invalid(format!(
            "for_seconds {seconds} is not a span of time; give a number above 0"
        ))),
        (None, None) => Ok(None),
    }
}

/// A rule about an operation that there is not would match nothing, ever.
fn known(service: Option<&str>, operation: Option<&str>) -> Result<(), Problem> {
    let Some(name) = service else {
        return match operation {
            Some(operation) => Err(Problem::invalid(format!(
                "operation {operation} is given without its service, such as ec2"
            ))),
            None => Ok(()),
        };
    };
    let Some(model) = ironbird_models::service(name) else {
        let known: Vec<&str> = ironbird_models::names().collect();
        return Err(Problem::invalid(format!("there is no service {name}; there are {}", known.join(", "))));
    };
    match operation {
        Some(operation) if model.operation(operation).is_none() => Err(Problem::invalid(format!(
            "{name} has no operation {operation}; names are as in the API, such as RunInstances"
        ))),
        _ => Ok(()),
    }
}

fn shown(rule: &FaultRule) -> Fault {
    let Matcher { service, operation, principal, account, region, mentions } = rule.matching.clone();
    Fault {
        id: Some(rule.id.clone()),
        service,
        operation,
        principal,
        account: account.map(|account| account.to_string()),
        region: region.map(|region| region.to_string()),
        mentions,
        share: Some(rule.share),
        from: Some(written(rule.from)),
        until: rule.until.map(written),
        for_seconds: None,
        code: rule.code.clone(),
        message: Some(rule.message.clone()),
        status: Some(rule.status),
    }
}
