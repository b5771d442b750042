//! Audit records: who called what, with which parameters, and how it ended. Secrets are left out by the
//! schema. Failed and writing calls are kept in the store; calls that only read go to a bounded list in memory,
//! so that reading never waits for a writer.

mod suggest;

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use ironbird_wire::field::Structure;
use ironbird_wire::schema::{Operation, Service, ShapeId};
use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::account::{Account, Principal, Scope};
use crate::context::Ctx;
use crate::document::Style;
use crate::error::{Error, Result};
use crate::operation::Handler;
use crate::store::{Key, Table};
use crate::world::{Origin, World};

pub use suggest::{Identity, Needed, Refused, Suggestion, Wide, suggest};

/// At most this many events of calls that write are kept, and as many of calls that read.
const KEPT: usize = 20_000;

/// Who an unsigned call is made by, where a provider vouches for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Federated {
    /// `WebIdentityUser` or `SAMLUser`, as CloudTrail has it.
    pub kind: Cow<'static, str>,
    /// The account of the role that is asked for: the record is its.
    pub account: Account,
    /// The provider: its ARN, or the qualifier that stands for one of SAML.
    pub provider: String,
    /// What tells the user from all others of all providers.
    pub principal_id: String,
    /// The user's name at the provider.
    pub user_name: String,
}

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
    /// Who the provider says it was, where a token or an assertion stands in for a signature.
    #[serde(default)]
    pub federated: Option<Federated>,
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
    /// What would have denied it, where policies are only asked.
    #[serde(default)]
    pub would_deny: Option<String>,
    /// Parameters, in JSON, without secrets.
    pub request: String,
}

impl Event {
    /// The actions that policies have to allow for such a call: `ec2:RunInstances`. Where one of several is needed, the first.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        let model = ironbird_models::service(&self.service);
        let operation = model.and_then(|model| model.operation(&self.operation));
        let actions = operation.into_iter().flat_map(|operation| &operation.iam_actions);
        actions.map(|action| action.split('|').next().unwrap_or(action))
    }

    /// The request again, without secrets and bytes; none where it cannot be read.
    pub(crate) fn input(&self, service: &Service, handler: &Handler) -> Option<Box<dyn Structure>> {
        let mut input = handler.new_input();
        if let Some(shape) = service.operation(&self.operation)?.input {
            let parameters: Value = serde_json::from_str(&self.request).ok()?;
            let object = parameters.as_object()?;
            STYLE.fill_members(service, service.shape(shape), object, input.as_mut()).ok()?;
        }
        Some(input)
    }

    /// Where the call came from.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            scope: self.scope,
            principal: self.principal.clone(),
            access_key: self.access_key.clone(),
            request_id: self.request_id.clone(),
            source: self.source.clone(),
            user_agent: self.user_agent.clone(),
        }
    }
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

    /// Whether the oldest have been let go of.
    fn is_full(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len() == KEPT
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn latest(&self, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().rev().find(|event| wanted(event)).cloned()
    }

    fn all(&self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|event| wanted(event)).cloned().collect()
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
        federated: None,
        scope: origin.scope,
        access_key: origin.access_key,
        source: origin.source,
        user_agent: origin.user_agent,
        request_id: origin.request_id,
        read_only: true,
        would_deny: None,
        error: Some((error.code().to_owned(), error.message().to_owned())),
        request: parameters(service, operation.input, input).to_string(),
    });
}

/// The events of the call's account and Region, newest first.
pub fn events(ctx: &Ctx<'_>) -> Vec<Event> {
    let scope = ctx.scope();
    let mut all: Vec<Event> = ctx.scan::<Events>(&scope.prefix()).map(|(_, event)| event.clone()).collect();
    all.extend(ctx.world().reads().all(|event| event.scope == scope));
    all.sort_by_key(|event| std::cmp::Reverse(event.time));
    all
}

/// The events of the call's account in all Regions, in no order.
pub fn of_account(ctx: &Ctx<'_>) -> Vec<Event> {
    of_accounts(ctx, &BTreeSet::from([ctx.scope().account]))
}

/// The events of some accounts in all Regions, in no order.
pub fn of_accounts(ctx: &Ctx<'_>, accounts: &BTreeSet<Account>) -> Vec<Event> {
    let prefixes = accounts.iter().map(|account| Key::new().number(account.number()));
    let written = prefixes
        .flat_map(|prefix| ctx.scan::<Events>(&prefix).map(|(_, event)| event.clone()).collect::<Vec<_>>());
    let mut all: Vec<Event> = written.collect();
    all.extend(ctx.world().reads().all(|event| accounts.contains(&event.scope.account)));
    all
}

/// Whether older events than those that are kept have been let go of.
pub fn is_full(ctx: &Ctx<'_>) -> bool {
    ctx.count::<Events>() >= KEPT || ctx.world().reads().is_full()
}

/// The last event of that kind in the call's account, in whichever Region.
pub fn latest(ctx: &Ctx<'_>, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
    let account = ctx.scope().account;
    let written = ctx.scan::<Events>(&Key::new().number(account.number())).map(|(_, event)| event);
    let written = written.filter(|event| wanted(event)).max_by_key(|event| event.time).cloned();
    let read = ctx.world().reads().latest(|event| event.scope.account == account && wanted(event));
    written.into_iter().chain(read).max_by_key(|event| event.time)
}

/// As CloudTrail writes parameters: names begin with a small letter, secrets are hidden.
const STYLE: Style = Style {
    name: lower_first,
    blob: |bytes| format!("{} bytes", bytes.len()).into(),
    timestamp: |instant| instant.secs().into(),
    instant: Timestamp::from_secs,
    hidden: Some("HIDDEN_DUE_TO_SECURITY_REASONS"),
};

/// A request's parameters as CloudTrail writes them.
pub fn parameters(service: &Service, shape: Option<ShapeId>, input: &dyn Structure) -> Value {
    shape.map_or(Value::Null, |shape| STYLE.members(service, service.shape(shape), input).into())
}

/// A number that stands for the parameters of a request: two requests with one client token are the same if it is.
/// `more` is whatever of them the schema keeps out of audit records.
pub fn fingerprint<O: ironbird_api::Operation>(input: &O::Input, more: &str) -> u64 {
    let model = ironbird_models::service(O::SERVICE);
    let shown = model.map_or(Value::Null, |model| {
        parameters(model, model.operation(O::NAME).and_then(|operation| operation.input), input)
    });
    let mut hash = Sha256::new();
    hash.update(shown.to_string());
    hash.update(more);
    hash.finalize().iter().take(8).fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte))
}

fn lower_first(name: &str) -> Cow<'_, str> {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) if !first.is_lowercase() => first.to_lowercase().chain(characters).collect(),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use super::{STYLE, parameters};

    #[test]
    fn parameters_are_written_without_secrets() {
        let request = ec2::RunInstancesRequest {
            instance_type: Some("m5.large".to_owned()),
            user_data: Some("cGFzc3dvcmQ=".to_owned()),
            security_group_ids: Some(vec!["sg-1".to_owned()]),
            min_count: 1,
            max_count: 2,
            ..Default::default()
        };
        let service = ironbird_models::service("ec2").unwrap();
        let shape = service.operation("RunInstances").unwrap().input;
        let expected = serde_json::json!({
            "instanceType": "m5.large", "userData": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "securityGroupIds": ["sg-1"], "minCount": 1, "maxCount": 2,
        });
        assert_eq!(parameters(service, shape, &request), expected);

        let mut again = ec2::RunInstancesRequest::default();
        let shape = service.shape(shape.unwrap());
        STYLE.fill_members(service, shape, expected.as_object().unwrap(), &mut again).unwrap();
        assert!(again == ec2::RunInstancesRequest { user_data: None, ..request });
    }
}
