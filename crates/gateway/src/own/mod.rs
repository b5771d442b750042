//! The rig's own interface, below `/_ironbird/`: what AWS cannot offer. Plain JSON in both directions, strictly
//! read: an unknown member is an error that names it.
//!
//! | | |
//! |---|---|
//! | `GET /_ironbird/health` | version, time, services |
//! | `GET /_ironbird/clock`, `POST …/clock/advance`, `POST …/clock/rate` | [`clock`] |
//! | `GET`, `PUT /_ironbird/capacity`, `POST …/capacity/reclaim` | [`capacity`] |
//! | `GET /_ironbird/levers`, `POST …/levers/{name}` | [`levers`] |
//! | `GET /_ironbird/faults`, `PUT`, `DELETE …/faults/{id}` | [`faults`] |
//! | `GET /_ironbird/bill` | [`bill`] |
//! | `GET /_ironbird/events` | [`events`] |
//! | `GET /_ironbird/timeline` | [`timeline`] |
//! | `GET /_ironbird/audit`, `GET …/audit/policy` | [`audit`] |
//! | `GET /_ironbird/console` | [`console`], a page for browsers |
//! | `/_ironbird/sign-in/…` | [`sign_in`], pages for browsers |
//! | `GET /_ironbird/state`, `POST /_ironbird/reset` | [`state`] |
//!
//! A web page of somebody else must not reach it through the user's browser: a body has to be declared as JSON, but for forms of the
//! rig's own pages, and a request from another origin is refused.

pub mod audit;
pub mod bill;
pub mod capacity;
pub mod clock;
pub mod console;
pub mod events;
pub mod faults;
pub mod health;
pub mod levers;
pub(crate) mod sign_in;
pub mod state;
pub mod timeline;

use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use ironbird_rig::{Timestamp, World};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Gateway;
use crate::answer::Answer;
use crate::body::{Read, Unread};
use crate::request::percent_decode;

const PREFIX: &str = "/_ironbird";

/// What is answered instead of a result, as `{"error": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// HTTP status, which is not part of the body.
    #[serde(skip)]
    pub status: u16,
    /// `InvalidInput`, `NotFound`, …
    pub code: String,
    /// What was wrong, where, and what to do.
    pub message: String,
}

/// The body that carries a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemBody {
    /// The problem.
    pub error: Problem,
}

type Outcome = Result<serde_json::Value, Problem>;

impl Problem {
    fn invalid(message: impl Into<String>) -> Self {
        Self { status: 400, code: "InvalidInput".to_owned(), message: message.into() }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self { status: 404, code: "NotFound".to_owned(), message: message.into() }
    }

    fn broken(error: &impl std::fmt::Display) -> Self {
        Self { status: 500, code: "InternalFailure".to_owned(), message: error.to_string() }
    }
}

impl From<ironbird_rig::Error> for Problem {
    fn from(error: ironbird_rig::Error) -> Self {
        match &error {
            ironbird_rig::Error::Service(service) => Self {
                status: service.status,
                code: service.code.to_string(),
                message: service.message.clone(),
            },
            ironbird_rig::Error::Internal(cause) => Self::broken(cause),
        }
    }
}

/// Whether a path belongs to this interface.
pub(crate) fn is_own(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A request to this interface.
struct Ask {
    method: Method,
    /// Path below the prefix, without slashes at its ends.
    path: String,
    query: String,
    body: Bytes,
}

/// Answers a request to this interface. `None` where the client went away.
pub(crate) async fn answer(gateway: &Gateway, head: &Parts, raw: Result<Read, Unread>) -> Option<Answer> {
    let read = match raw {
        Ok(read) => read,
        Err(Unread::Cut) => return None,
        Err(_) => return Some(problem(&Problem::invalid("the body is too large, or stopped half-way"))),
    };
    let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let admitted = admit_origin(head);
    if admitted.is_ok() && sign_in::is_page(path) {
        return Some(sign_in::answer(gateway, head, &read.bytes).await);
    }
    if let Err(refused) = admitted.and_then(|()| admit_body(head, &read.bytes)) {
        return Some(problem(&refused));
    }
    let ask = Ask {
        method: head.method.clone(),
        path: percent_decode(path.trim_matches('/')).into_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: read.bytes.clone(),
    };
    if let Some(file) = console::file(&ask.path).filter(|_| ask.method == Method::GET) {
        return Some(file);
    }
    let outcome = match (ask.method.as_str(), ask.path.as_str()) {
        ("GET", "events") => follow(gateway, &ask).await,
        _ => aside(gateway, move |world| dispatch(world, &ask)).await,
    };
    Some(match outcome {
        Ok(value) => json(StatusCode::OK, &value),
        Err(refused) => problem(&refused),
    })
}

/// Does work that may take long, such as moving the clock or adding up a bill, where it does not hold up other calls.
async fn aside<T: Send + 'static>(
    gateway: &Gateway,
    work: impl FnOnce(&World) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let world = Arc::clone(gateway.world());
    let outcome = tokio::task::spawn_blocking(move || work(&world)).await;
    outcome.unwrap_or_else(|panicked| Err(Problem::broken(&panicked)))
}

/// Answers with events as soon as there are some, or once the request has waited for long enough.
async fn follow(gateway: &Gateway, ask: &Ask) -> Outcome {
    let wanted = ask.read_query::<events::EventsQuery>()?.check()?;
    let mut listener = gateway.news.listen(wanted.wait);
    loop {
        let again = wanted.clone();
        let list = aside(gateway, move |world| events::list(world, &again)).await?;
        if !list.events.is_empty() || !listener.wait().await {
            return shown(&list);
        }
    }
}

fn dispatch(world: &World, ask: &Ask) -> Outcome {
    let path: Vec<&str> = ask.path.split('/').collect();
    match (ask.method.as_str(), path.as_slice()) {
        ("GET", ["" | "health"]) => shown(&health::show(world)),
        ("GET", ["clock"]) => shown(&clock::show(world)),
        ("POST", ["clock", "advance"]) => shown(&clock::advance(world, &ask.read()?)?),
        ("POST", ["clock", "rate"]) => shown(&clock::set_rate(world, &ask.read()?)?),
        ("GET", ["capacity"]) => shown(&capacity::list(world, &ask.read_query()?)?),
        ("PUT", ["capacity"]) => shown(&capacity::set(world, &ask.read()?)?),
        ("POST", ["capacity", "reclaim"]) => shown(&capacity::reclaim(world, &ask.read()?)?),
        ("GET", ["levers"]) => shown(&levers::list(world)),
        ("POST", ["levers", name]) => shown(&levers::pull(world, name, &ask.read()?)?),
        ("GET", ["faults"]) => shown(&faults::list(world)?),
        ("PUT", ["faults", id]) => shown(&faults::put(world, id, ask.read()?)?),
        ("DELETE", ["faults", id]) => shown(&faults::delete(world, id)?),
        ("GET", ["bill"]) => shown(&bill::show(world, &ask.read_query()?)?),
        ("GET", ["timeline"]) => shown(&timeline::show(world, &ask.read_query()?)?),
        ("GET", ["audit"]) => shown(&audit::list(world, &ask.read_query()?)?),
        ("GET", ["audit", "policy"]) => shown(&audit::suggest(world, &ask.read_query()?)?),
        ("GET", ["state"]) => shown(&state::show(world)?),
        ("POST", ["reset"]) => shown(&state::reset(world)?),
        _ => Err(unknown(ask)),
    }
}

fn unknown(ask: &Ask) -> Problem {
    let Ask { method, path, .. } = ask;
    Problem::not_found(format!(
        "{method} {PREFIX}/{path} is not part of the rig's interface; there are GET health, GET clock, \
         POST clock/advance, POST clock/rate, GET and PUT capacity, POST capacity/reclaim, GET levers, POST levers/NAME, GET faults, PUT and DELETE faults/ID, GET bill, \
         GET events, GET timeline, GET console, GET sign-in/STORE, GET audit, GET audit/policy, GET state, and POST reset"
    ))
}

impl Ask {
    /// The body as JSON; no body is an empty object.
    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body)
            .map_err(|cause| Problem::invalid(format!("the body cannot be read: {cause}")))
    }

    /// The query string as an object of texts.
    fn read_query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let mut object = serde_json::Map::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode(&value.replace('+', " ")).into_owned();
            object.insert(percent_decode(key).into_owned(), value.into());
        }
        let object = serde_json::Value::Object(object);
        serde_json::from_value(object).map_err(|cause| Problem::invalid(format!("the query string: {cause}")))
    }
}

fn header<'h>(head: &'h Parts, name: &http::HeaderName) -> Option<&'h str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

fn admit_origin(head: &Parts) -> Result<(), Problem> {
    if let Some(origin) = header(head, &ORIGIN) {
        let own = header(head, &HOST)
            .is_some_and(|host| origin.split_once("://").is_some_and(|(_, rest)| rest == host));
        if !own {
            let message = format!("requests from the web page {origin} are refused");
            return Err(Problem { status: 403, code: "ForbiddenOrigin".to_owned(), message });
        }
    }
    Ok(())
}

fn admit_body(head: &Parts, body: &Bytes) -> Result<(), Problem> {
    let declared = header(head, &CONTENT_TYPE).unwrap_or_default();
    if !body.is_empty() && !declared.starts_with("application/json") {
        return Err(Problem::invalid("a body must come with content-type: application/json"));
    }
    Ok(())
}

fn shown(value: &impl Serialize) -> Outcome {
    serde_json::to_value(value).map_err(|cause| Problem::broken(&cause))
}

fn problem(problem: &Problem) -> Answer {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, &serde_json::json!({ "error": problem }))
}

fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    let mut text = value.to_string();
    text.push('\n');
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// An instant as this interface writes it.
fn written(instant: Timestamp) -> String {
    instant.iso8601_millis()
}

/// An instant as a user writes it.
fn instant(member: &str, text: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse_iso8601(text).ok_or_else(|| {
        Problem::invalid(format!("{member} `{text}` is not a time such as 2026-03-01T12:00:00Z"))
    })
}

/// A number in a query string.
fn number(name: &str, text: Option<&str>, range: RangeInclusive<u64>) -> Result<Option<u64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found = text.parse().ok().filter(|number| range.contains(number));
    found.map(Some).ok_or_else(|| {
        let (from, to) = range.into_inner();
        Problem::invalid(format!("{name} `{text}` is not a number from {from} to {to}"))
    })
}

/// The scope in which the rig looks at what belongs to no account or to all.
pub(crate) fn own_scope(world: &World) -> ironbird_rig::Scope {
    ironbird_rig::Scope { account: world.settings().account, region: ironbird_rig::Region::DEFAULT }
}
