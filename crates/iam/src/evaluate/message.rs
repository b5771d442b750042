//! Denials as AWS words them.

use serde_json::{Value, json};

use super::{Class, Denial, Hit, Request};
use crate::policy::{Effect, Principal};

/// The text of an access-denied error: `User: … is not authorized to perform: … on resource: … because …`.
///
/// To callers of another account AWS does not say why.
pub fn access_denied(request: &Request<'_>, denial: &Denial<'_>) -> String {
    let (caller, action) = (request.caller.shown(), request.action);
    let mut text = format!("User: {caller} is not authorized to perform: {action}");
    if request.resource != "*" {
        text.push_str(" on resource: ");
        text.push_str(request.resource);
    }
    if request.is_within_account() {
        text.push(' ');
        text.push_str(&reason(action, denial));
    }
    text
}

fn reason(action: &str, denial: &Denial<'_>) -> String {
    let name = denial.class.name();
    // AWS: what service control policies do not allow counts as denied by them.
    if denial.explicit.is_some() || denial.class == Class::ServiceControl {
        return match denial.class {
            Class::Identity => format!("with an explicit deny in an {name}"),
            Class::Trust => format!("with an explicit deny in the {name}"),
            _ => format!("with an explicit deny in a {name}"),
        };
    }
    format!("because no {name} allows the {action} action")
}

/// What an encoded authorization message holds, as `DecodeAuthorizationMessage` gives it. `id` and `name` are the caller's.
pub fn authorization_message(request: &Request<'_>, denial: &Denial<'_>, id: &str, name: &str) -> Value {
    let matched: Vec<Value> = denial.explicit.iter().map(statement).collect();
    let keys = request.context.iter().map(|(key, values)| {
        let values = values.iter().map(|value| json!({ "value": value }));
        json!({ "key": key, "values": { "items": values.collect::<Vec<_>>() } })
    });
    json!({
        "allowed": false,
        "explicitDeny": denial.explicit.is_some(),
        "matchedStatements": { "items": matched },
        "failures": { "items": [] },
        "context": {
            "principal": { "id": id, "name": name, "arn": request.caller.arn() },
            "action": request.action,
            "resource": request.resource,
            "conditions": { "items": keys.collect::<Vec<_>>() },
        },
    })
}

fn statement(hit: &Hit<'_>) -> Value {
    let statement = hit.statement;
    let items = |texts: &mut dyn Iterator<Item = &str>| -> Value {
        json!({ "items": texts.map(|text| json!({ "value": text })).collect::<Vec<_>>() })
    };
    let conditions = statement.conditions().iter().map(|clause| {
        json!({ "operator": clause.operator(), "key": clause.key(), "values": items(&mut clause.values()) })
    });
    let mut principals = statement.principals().iter().map(named);
    json!({
        "statementId": statement.sid().unwrap_or_default(),
        "effect": if statement.effect() == Effect::Deny { "DENY" } else { "ALLOW" },
        "principals": items(&mut principals),
        "principalGroups": { "items": [] },
        "actions": items(&mut statement.action_entries()),
        "resources": items(&mut statement.resource_entries()),
        "conditions": { "items": conditions.collect::<Vec<_>>() },
    })
}

fn named(principal: &Principal) -> &str {
    match principal {
        Principal::Everyone => "*",
        Principal::Account(name)
        | Principal::Arn(name)
        | Principal::Id(name)
        | Principal::Service(name)
        | Principal::Federated(name)
        | Principal::CanonicalUser(name) => name,
    }
}
