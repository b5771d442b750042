//! Instance metadata (IMDS): what an instance's agents and SDKs ask at 169.254.169.254, here at
//! `/_ironbird/imds/{account}/{region}/{instance}/`. The gateway carries requests to the lever `ec2.metadata`, and its answers
//! back.
//!
//! Both versions answer, the first only where the instance's `HttpTokens` is `optional`. Source: "Use the Instance Metadata
//! Service" and "Instance metadata categories" in the EC2 user guide.

mod credentials;
mod devices;
mod identity;
mod interfaces;
mod token;
mod tree;

use ironbird_rig::{Ctx, Result, ServiceDef};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::instance::record::{Instance, Instances, Launch, State};
use crate::{error, instance, tag};

/// Adds this module's lever.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    identity::register(definition).table::<credentials::Kept>().lever("ec2.metadata", pull)
}

/// A request as the gateway passes it on.
#[derive(Deserialize)]
struct Request {
    instance: String,
    /// `GET` or `PUT`
    method: String,
    /// Below the instance: `latest/meta-data/instance-id`.
    path: String,
    /// What came as `X-aws-ec2-metadata-token`.
    token: Option<String>,
    /// What came as `X-aws-ec2-metadata-token-ttl-seconds`.
    ttl: Option<String>,
}

/// An answer as the gateway sends it.
struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    fn text(body: impl Into<String>) -> Self {
        Self { status: 200, body: body.into() }
    }

    fn refused(status: u16, why: &str) -> Self {
        Self { status, body: format!("{why}\n") }
    }
}

/// The lever: a request to an answer, `{"status": 200, "body": "…"}`.
///
/// # Errors
/// Internal ones, and for a request that is not one.
fn pull(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let request: Request =
        serde_json::from_value(given.clone()).map_err(|cause| error::invalid_value(cause.to_string()))?;
    let Answer { status, body } = answer(ctx, &request)?;
    Ok(json!({ "status": status, "body": body }))
}

fn answer(ctx: &mut Ctx<'_>, request: &Request) -> Result<Answer> {
    let Some(found) = ctx.get::<Instances>(&ctx.scope().key(&request.instance)) else {
        return Ok(Answer::refused(404, "there is no such instance in this account and Region"));
    };
    if !matches!(found.state, State::Pending | State::Running | State::Stopping | State::ShuttingDown) {
        return Ok(Answer::refused(404, "the instance is not up"));
    }
    let launch = instance::launch_of(ctx, &found)?;
    let options = found.options(&launch).metadata.view();
    if options.http_endpoint.as_deref() == Some("disabled") {
        return Ok(Answer::refused(403, "the instance's metadata endpoint is disabled"));
    }
    let path = request.path.trim_matches('/');
    match request.method.as_str() {
        "PUT" if path == "latest/api/token" => Ok(issue(ctx, request)),
        "GET" => {
            let required = options.http_tokens.as_deref() == Some("required");
            let good = match &request.token {
                Some(token) => token::is_good(ctx, &request.instance, token),
                None => !required,
            };
            if !good {
                return Ok(Answer::refused(401, "the token is missing, not this instance's, or has expired"));
            }
            let tags = options.instance_metadata_tags.as_deref() == Some("enabled");
            read(ctx, &found, &launch, path, tags)
        }
        _ => Ok(Answer::refused(405, "only GET, and PUT latest/api/token")),
    }
}

fn issue(ctx: &Ctx<'_>, request: &Request) -> Answer {
    let seconds = request.ttl.as_deref().and_then(|text| text.parse().ok());
    match seconds.filter(|seconds| (1..=token::LONGEST).contains(seconds)) {
        Some(seconds) => Answer::text(token::issue(ctx, &request.instance, seconds)),
        None => Answer::refused(400, "X-aws-ec2-metadata-token-ttl-seconds is not a number from 1 to 21600"),
    }
}

fn read(ctx: &mut Ctx<'_>, found: &Instance, launch: &Launch, path: &str, tags: bool) -> Result<Answer> {
    if let Some(answer) = credentials::read(ctx, found, launch, path)? {
        return Ok(answer);
    }
    if let Some(answer) = identity::read(ctx, found, launch, path)? {
        return Ok(answer);
    }
    let Some(rest) = path.strip_prefix("latest") else {
        return Ok(if path.is_empty() { Answer::text("latest") } else { missing() });
    };
    let mut tree = tree::of(ctx, found, launch, tags);
    if let Some(target) = target_lifecycle_state(ctx, found)? {
        tree["meta-data"]["autoscaling"] = json!({ "target-lifecycle-state": target });
    }
    let mut at = &tree;
    for name in rest.split('/').filter(|name| !name.is_empty()) {
        match inside(at, name) {
            Some(inner) => at = inner,
            None => return Ok(missing()),
        }
    }
    Ok(Answer::text(match at {
        Value::Object(inside) => listing(inside),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }))
}

/// Where an instance of an Auto Scaling group is on its way to, which Auto Scaling says; null in no group.
fn target_lifecycle_state(ctx: &mut Ctx<'_>, found: &Instance) -> Result<Option<Value>> {
    if tag::value(ctx, &found.id, "aws:autoscaling:groupName").is_none() {
        return Ok(None);
    }
    let target = ctx.pull("autoscaling.target-lifecycle-state", &json!({ "instance": found.id }))?;
    Ok(Some(target).filter(|target| !target.is_null()))
}

/// The item of that name; keys are listed with their titles, as `0=title`, and asked for without.
fn inside<'a>(at: &'a Value, name: &str) -> Option<&'a Value> {
    let titled = |(full, value): &(&String, &Value)| value.is_object() && title(full) == Some(name);
    at.get(name).or_else(|| at.as_object()?.iter().find(titled).map(|(_, value)| value))
}

fn title(full: &str) -> Option<&str> {
    full.split_once('=').map(|(name, _)| name)
}

/// What is inside, a line each; what has something inside itself ends with a slash, unless it has a title.
fn listing(inside: &serde_json::Map<String, Value>) -> String {
    let line = |(name, value): (&String, &Value)| {
        if value.is_object() && title(name).is_none() { format!("{name}/") } else { name.clone() }
    };
    inside.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn missing() -> Answer {
    Answer::refused(404, "there is no such item")
}
