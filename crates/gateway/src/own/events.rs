//! Events of the world, as its services tell them to EventBridge.

use std::collections::VecDeque;
use std::time::Duration;

use ironbird_rig::events::{self, Envelope, Event};
use ironbird_rig::{Account, Ctx, Region, Timestamp, World};
use serde::{Deserialize, Serialize};

use super::{Problem, instant, number, own_scope};

/// Events shown unless asked otherwise, and the most.
const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1000;

/// Seconds that a request may wait for an event.
const LONGEST_WAIT: u64 = 30;

/// The query of `GET events`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventsQuery {
    /// Only events with larger numbers, the oldest first; the newest ones unless given.
    pub after: Option<String>,
    /// Most events to show.
    pub limit: Option<String>,
    /// `aws.ec2`
    pub source: Option<String>,
    /// `EC2 Instance State-change Notification`
    pub detail_type: Option<String>,
    /// Twelve digits; all accounts unless given.
    pub account: Option<String>,
    /// All Regions unless given.
    pub region: Option<String>,
    /// Only events that happened then or later.
    pub from: Option<String>,
    /// Only events that happened before.
    pub until: Option<String>,
    /// Seconds to wait for an event, where there is none yet.
    pub wait: Option<String>,
}

/// The answer to `GET events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventList {
    /// Events, in their order.
    pub events: Vec<NumberedEvent>,
    /// What to ask with as `after` for those that follow.
    pub last: u64,
    /// How many events of an account and Region the rig keeps; where it is none, there is never anything to see.
    pub keeps: u64,
}

/// An event and its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberedEvent {
    /// Its number in the world: later events have larger ones.
    pub number: u64,
    /// The event as EventBridge delivers it.
    pub event: Envelope,
}

/// A query that makes sense.
#[derive(Clone)]
pub(super) struct Wanted {
    after: Option<u64>,
    limit: usize,
    source: Option<String>,
    detail_type: Option<String>,
    account: Option<Account>,
    region: Option<Region>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// How long to wait.
    pub(super) wait: Duration,
}

impl EventsQuery {
    pub(super) fn check(self) -> Result<Wanted, Problem> {
        let account = |text: &str| {
            Account::parse(text)
                .ok_or_else(|| Problem::invalid(format!("account `{text}` is not twelve digits")))
        };
        let region = |code: &str| {
            Region::parse(code).ok_or_else(|| Problem::invalid(format!("there is no Region {code}")))
        };
        let wait = number("wait", self.wait.as_deref(), 0..=LONGEST_WAIT)?.unwrap_or(0);
        let limit = number("limit", self.limit.as_deref(), 1..=MOST as u64)?;
        Ok(Wanted {
            after: number("after", self.after.as_deref(), 0..=u64::MAX)?,
            limit: limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT),
            source: self.source,
            detail_type: self.detail_type,
            account: self.account.as_deref().map(account).transpose()?,
            region: self.region.as_deref().map(region).transpose()?,
            from: self.from.as_deref().map(|text| instant("from", text)).transpose()?,
            until: self.until.as_deref().map(|text| instant("until", text)).transpose()?,
            wait: Duration::from_secs(wait),
        })
    }
}

impl Wanted {
    fn fits(&self, event: &Event) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|text| text == found);
        is(&self.source, &event.source)
            && is(&self.detail_type, &event.detail_type)
            && self.account.is_none_or(|account| account == event.scope.account)
            && self.region.is_none_or(|region| region == event.scope.region)
            && self.from.is_none_or(|from| from <= event.time)
            && self.until.is_none_or(|until| event.time < until)
    }
}

/// The events that are wanted, as far as there are any.
pub(super) fn list(world: &World, wanted: &Wanted) -> Result<EventList, Problem> {
    Ok(world.look(own_scope(world), |ctx| Ok(found(ctx, wanted)))?)
}

fn found(ctx: &Ctx<'_>, wanted: &Wanted) -> EventList {
    let (last, keeps) = (events::last(ctx), ctx.settings().events);
    let shown = |event: &Event| NumberedEvent { number: event.number, event: event.envelope() };
    let Some(after) = wanted.after else {
        let mut newest = VecDeque::with_capacity(wanted.limit);
        for event in events::after(ctx, 0).filter(|event| wanted.fits(event)) {
            if newest.len() == wanted.limit {
                newest.pop_front();
            }
            newest.push_back(event);
        }
        return EventList { events: newest.into_iter().map(shown).collect(), last, keeps };
    };
    // Numbers begin anew where a world was reset: who knows of later ones has seen nothing of this one.
    let after = if after <= last { after } else { 0 };
    let fitting = events::after(ctx, after).filter(|event| wanted.fits(event));
    let events: Vec<NumberedEvent> = fitting.take(wanted.limit).map(shown).collect();
    // There may be more where the list is full.
    let seen = events.last().filter(|_| events.len() == wanted.limit).map(|event| event.number);
    EventList { last: seen.unwrap_or(last), events, keeps }
}
