//! Audit records: who called what, with which parameters, and how it ended. Secrets are left out by the
//! schema. Failed and writing calls are kept in the store; calls that only read go to a bounded list in memory,
//! so that reading never waits for a writer.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use ironbird_wire::field::{Field, Structure, View};
use ironbird_wire::schema::{Operation, Service, ShapeId};
use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::account::{Principal, Scope};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::store::Table;
use crate::world::{Origin, World};

/// At most this many events of calls that write are kept, and as many of calls that read.
const KEPT: usize = 20_000;

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// Our name of the service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Who called.
    pub principal: Principal,
    /// Account and Region.
    pub scope: Scope,
    /// Access key that signed, if one did.
    pub access_key: Option<String>,
    /// Address, or the service that called.
    pub source: String,
    /// What the client said of itself.
    pub user_agent: String,
    /// Id of the request.
    pub request_id: String,
    /// Whether the operation only reads.
    pub read_only: bool,
    /// Code and message, where it failed.
    pub error: Option<(String, String)>,
    /// Parameters, in JSON, without secrets.
    pub request: String,
}

/// Events in the store, by (account, Region, time, number).
pub struct Events;

impl Table for Events {
    const NAME: &'static str = "rig.audit";
    type Record = Event;
}

/// The list of calls that only read.
#[derive(Default)]
pub(crate) struct Reads(Mutex<VecDeque<Event>>);

impl Reads {
    pub(crate) fn push(&self, event: Event) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(event);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn of(&self, scope: Scope) -> Vec<Event> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|event| event.scope == scope).cloned().collect()
    }
}

/// Keeps `event`, and lets go of the oldest of its account and Region where there are too many.
pub(crate) fn keep(ctx: &mut Ctx<'_>, event: Event) -> Result<()> {
    let number = ctx.next_number("rig.audit")?;
    let scope = event.scope;
    let key = scope.prefix().signed(event.time.nanos()).number(number);
    ctx.put::<Events>(key, event)?;
    if ctx.count::<Events>() > KEPT {
        let oldest = ctx.scan::<Events>(&scope.prefix()).next().map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            ctx.delete::<Events>(&oldest)?;
        }
    }
    Ok(())
}

/// Notes a call that was refused before it reached a handler, because nobody wrote the operation. Such calls change
/// nothing, so they go where calls that only read go.
pub fn note(
    world: &World,
    origin: Origin,
    service: &Service,
    operation: &Operation,
    input: &dyn Structure,
    error: &Error,
) {
    world.reads().push(Event {
        time: world.clock().now(),
        service: service.metadata.name.clone(),
        operation: operation.name.clone(),
        principal: origin.principal,
        scope: origin.scope,
        access_key: origin.access_key,
        source: origin.source,
        user_agent: origin.user_agent,
        request_id: origin.request_id,
        read_only: true,
        error: Some((error.code().to_owned(), error.message().to_owned())),
        request: parameters(service, operation.input, input).to_string(),
    });
}

/// The events of the call's account and Region, newest first.
pub fn events(ctx: &Ctx<'_>) -> Vec<Event> {
    let scope = ctx.scope();
    let mut all: Vec<Event> = ctx.scan::<Events>(&scope.prefix()).map(|(_, event)| event.clone()).collect();
    all.extend(ctx.world().reads().of(scope));
    all.sort_by_key(|event| std::cmp::Reverse(event.time));
    all
}

/// A request's parameters as CloudTrail writes them: names begin with a small letter, secrets are hidden.
pub fn parameters(service: &Service, shape: Option<ShapeId>, input: &dyn Structure) -> Value {
    shape.map_or(Value::Null, |shape| structure(service, shape, input))
}

fn structure(service: &Service, shape: ShapeId, value: &dyn Structure) -> Value {
    let mut object = Map::new();
    for (index, member) in service.shape(shape).members.iter().enumerate() {
        if let Some(json) = field(service, member.target, value.field(index)) {
            object.insert(lower_first(&member.name), json);
        }
    }
    Value::Object(object)
}

fn field(service: &Service, target: ShapeId, value: &dyn Field) -> Option<Value> {
    let shape = service.shape(target);
    if shape.sensitive && !matches!(value.view(), View::Absent) {
        return Some(Value::from("HIDDEN_DUE_TO_SECURITY_REASONS"));
    }
    let json = match value.view() {
        View::Absent => return None,
        View::Null => Value::Null,
        View::Boolean(v) => v.into(),
        View::Integer(v) => v.into(),
        View::Long(v) => v.into(),
        View::Float(v) => f64::from(v).into(),
        View::Double(v) => v.into(),
        View::String(v) => v.into(),
        View::Blob(v) => format!("{} bytes", v.len()).into(),
        View::Timestamp(v) => v.secs().into(),
        View::Document(v) => v.clone(),
        View::Structure(v) => structure(service, target, v),
        View::List(list) => {
            let element = shape.elements[0].target;
            let items = (0..list.len()).map(|at| field(service, element, list.get(at)));
            Value::Array(items.map(|item| item.unwrap_or(Value::Null)).collect())
        }
        View::Map(map) => {
            let element = shape.elements[1].target;
            let mut object = Map::new();
            map.each(&mut |key, entry| {
                object.insert(key.to_owned(), field(service, element, entry).unwrap_or(Value::Null));
            });
            Value::Object(object)
        }
    };
    Some(json)
}

fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
