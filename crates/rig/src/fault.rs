//! API faults: rules that let matching calls fail for a span of virtual time.

use ironbird_wire::field::{Field, Structure, View};
use ironbird_wire::schema::{Service, ShapeId};
use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Region};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::store::{Key, Table};
use crate::world::Origin;

/// Which calls a rule is about. What is not given matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Matcher {
    /// Our name of the service: `ec2`.
    pub service: Option<String>,
    /// `RunInstances`
    pub operation: Option<String>,
    /// ARN of the caller or of the role that it is a session of, or a service's principal name.
    pub principal: Option<String>,
    /// Account of the call.
    pub account: Option<Account>,
    /// Region of the call.
    pub region: Option<Region>,
    /// Zones, resources or anything else that the request must name somewhere, each of them.
    pub mentions: Vec<String>,
}

/// A rule: which calls fail, how many of them, when, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Name of the rule, unique in the world.
    pub id: String,
    /// Which calls.
    #[serde(default)]
    pub matching: Matcher,
    /// Share of the matching calls that fail, from 0 to 1.
    pub share: f64,
    /// First instant at which the rule holds.
    pub from: Timestamp,
    /// First instant at which it no longer does; none for as long as the rule is there.
    pub until: Option<Timestamp>,
    /// Code of the answer: `InternalError`.
    pub code: String,
    /// Message of the answer.
    pub message: String,
    /// Status of the answer.
    pub status: u16,
}

/// The fault rules of a world.
pub struct FaultRules;

impl Table for FaultRules {
    const NAME: &'static str = "rig.faults";
    type Record = FaultRule;
}

impl FaultRule {
    /// Adds the rule, or replaces the one of the same id.
    ///
    /// # Errors
    /// `ValidationException` where the share is not between 0 and 1 or the span is empty.
    pub fn keep(self, ctx: &mut Ctx<'_>) -> Result<()> {
        if !(0.0..=1.0).contains(&self.share) {
            let message = format!("share {} of fault {} is not between 0 and 1", self.share, self.id);
            return Err(Error::client("ValidationException", message));
        }
        if self.until.is_some_and(|until| until <= self.from) {
            let message = format!("fault {} ends before it begins", self.id);
            return Err(Error::client("ValidationException", message));
        }
        ctx.put::<FaultRules>(Key::new().text(&self.id), self)
    }
}

/// A call, as rules look at it.
pub(crate) struct Call<'a> {
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a str,
    pub(crate) origin: &'a Origin,
    pub(crate) input_shape: Option<ShapeId>,
    pub(crate) input: &'a dyn Structure,
    /// Orders calls, so that shares are drawn alike in every run of a seed.
    pub(crate) number: u64,
}

/// The error that a rule demands for this call, if one does.
pub(crate) fn demanded(ctx: &Ctx<'_>, call: &Call<'_>) -> Option<Error> {
    if ctx.count::<FaultRules>() == 0 {
        return None;
    }
    let now = ctx.now();
    let rule = ctx.scan::<FaultRules>(&Key::new()).map(|(_, rule)| rule).find(|rule| {
        let in_span = rule.from <= now && rule.until.is_none_or(|until| now < until);
        in_span && matches(&rule.matching, call) && drawn(ctx, rule, call.number)
    })?;
    Some(Error::with_status(rule.status, rule.code.clone(), rule.message.clone()))
}

fn drawn(ctx: &Ctx<'_>, rule: &FaultRule, number: u64) -> bool {
    rule.share >= 1.0 || ctx.seed().child("fault").child(&rule.id).nth(number).rng().unit() < rule.share
}

fn matches(matcher: &Matcher, call: &Call<'_>) -> bool {
    let scope = call.origin.scope;
    let named = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|text| text == given);
    named(&matcher.service, &call.service.metadata.name)
        && named(&matcher.operation, call.operation)
        && matcher.account.is_none_or(|account| account == scope.account)
        && matcher.region.is_none_or(|region| region == scope.region)
        && matcher
            .principal
            .as_deref()
            .is_none_or(|text| call.origin.principal.answers_to(text, scope.region.partition()))
        && matcher.mentions.iter().all(|text| {
            call.input_shape.is_some_and(|shape| structure_mentions(call.service, shape, call.input, text))
        })
}

fn structure_mentions(service: &Service, shape: ShapeId, value: &dyn Structure, text: &str) -> bool {
    let members = &service.shape(shape).members;
    members
        .iter()
        .enumerate()
        .any(|(index, member)| mentions(service, member.target, value.field(index), text))
}

fn mentions(service: &Service, shape: ShapeId, value: &dyn Field, text: &str) -> bool {
    let elements = &service.shape(shape).elements;
    match value.view() {
        View::String(found) => found == text,
        View::Structure(found) => structure_mentions(service, shape, found, text),
        View::List(list) => {
            let target = elements[0].target;
            (0..list.len()).any(|index| mentions(service, target, list.get(index), text))
        }
        View::Map(map) => {
            let target = elements[1].target;
            let mut found = false;
            map.each(&mut |key, entry| found |= key == text || mentions(service, target, entry, text));
            found
        }
        _ => false,
    }
}
