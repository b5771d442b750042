//! Who called what.

mod policy;

use ironbird_rig::audit::Event;
use ironbird_rig::{Account, Region, Scope, Timestamp, World};
use serde::{Deserialize, Serialize};

use super::{Problem, instant, written};

pub(super) use policy::suggest;
pub use policy::{Needed, PolicyQuery, PolicySuggestion, Refused, Wide};

/// Calls shown unless asked otherwise, and the most.
const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 10_000;

/// The query of `GET audit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditQuery {
    /// Twelve digits; the default account unless given.
    pub account: Option<String>,
    /// The default Region unless given.
    pub region: Option<String>,
    /// Most calls to show, the newest first.
    pub limit: Option<String>,
    /// `true` shows only calls that failed.
    pub failed: Option<String>,
    /// Begin of the span; what is remembered unless given.
    pub from: Option<String>,
    /// End of the span; now unless given.
    pub until: Option<String>,
}

/// A span of time, open where it is not given.
struct Span {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Span {
    fn read(from: Option<&str>, until: Option<&str>) -> Result<Self, Problem> {
        Ok(Self {
            from: from.map(|text| instant("from", text)).transpose()?,
            until: until.map(|text| instant("until", text)).transpose()?,
        })
    }

    fn has(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until)
    }
}

/// The answer to `GET audit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallList {
    /// Calls, newest first.
    pub calls: Vec<Call>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// When, by the world's clock.
    pub time: String,
    /// `ec2`
    pub service: String,
    /// `RunInstances`
    pub operation: String,
    /// ARN of the caller.
    pub principal: String,
    /// Access key that signed.
    pub access_key: Option<String>,
    /// Address, or the service that called.
    pub source: String,
    /// What the client says of itself.
    pub user_agent: String,
    /// Id of the request.
    pub request_id: String,
    /// Code of the error, where it failed.
    pub error_code: Option<String>,
    /// Its message.
    pub error_message: Option<String>,
    /// What would have denied it, where policies are only asked.
    pub would_deny: Option<String>,
    /// Parameters, without secrets.
    pub request: serde_json::Value,
}

/// The newest calls of an account and Region.
pub(super) fn list(world: &World, query: &AuditQuery) -> Result<CallList, Problem> {
    let account = match &query.account {
        Some(text) => Account::parse(text)
            .ok_or_else(|| Problem::invalid(format!("account `{text}` is not twelve digits")))?,
        None => world.settings().account,
    };
    let region = match &query.region {
        Some(code) => {
            Region::parse(code).ok_or_else(|| Problem::invalid(format!("there is no Region {code}")))?
        }
        None => Region::DEFAULT,
    };
    let limit =
        match &query.limit {
            Some(text) => text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| {
                Problem::invalid(format!("limit `{text}` is not a number from 1 to {MOST}"))
            })?,
            None => DEFAULT_LIMIT,
        };
    let failed = match query.failed.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(Problem::invalid(format!("failed `{other}` is neither true nor false"))),
    };
    let span = Span::read(query.from.as_deref(), query.until.as_deref())?;
    let scope = Scope { account, region };
    let events = world.look(scope, |ctx| Ok(ironbird_rig::audit::events(ctx)))?;
    let wanted =
        events.into_iter().filter(|event| span.has(event.time) && (!failed || event.error.is_some()));
    Ok(CallList { calls: wanted.take(limit).map(call).collect() })
}

fn call(event: Event) -> Call {
    let (error_code, error_message) = event.error.unzip();
    Call {
        time: written(event.time),
        service: event.service,
        operation: event.operation,
        principal: event.principal.arn(event.scope.region.partition()),
        access_key: event.access_key,
        source: event.source,
        user_agent: event.user_agent,
        request_id: event.request_id,
        error_code,
        error_message,
        would_deny: event.would_deny,
        request: serde_json::from_str(&event.request).unwrap_or(serde_json::Value::Null),
    }
}
