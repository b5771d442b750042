//! Events of a world, as AWS's services tell them to EventBridge: an instance has changed its state, a Spot Instance
//! will be taken back, an alarm has gone off. The newest of each account and Region are kept, as many as the user set.
//!
//! They are for people and tools outside. Services wake each other with [`Ctx::emit`]; nothing in a world depends on
//! whether events are kept, and rehearsals keep none unless asked.

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Scope;
use crate::context::{self, Ctx};
use crate::error::Result;
use crate::store::{Key, Table};

/// An event that was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in this world, from 1: later events have larger ones.
    pub number: u64,
    /// A UUID.
    pub id: String,
    /// `aws.ec2`
    pub source: String,
    /// `EC2 Instance State-change Notification`
    pub detail_type: String,
    /// When, by the world's clock.
    pub time: Timestamp,
    /// Where.
    pub scope: Scope,
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    /// What is particular to the detail type, as JSON text.
    pub detail: String,
}

/// What a service has to say of an event.
pub struct Happening {
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    /// What is particular to the detail type: an object.
    pub detail: Value,
}

/// The events that are kept: (account, Region, number among those of its account and Region).
pub(crate) struct Events;

impl Table for Events {
    const NAME: &'static str = "rig.events";
    type Record = Event;
}

/// Where the event of a number stands: (number) → account and Region, and the number there.
pub(crate) struct Numbers;

impl Table for Numbers {
    const NAME: &'static str = "rig.event-numbers";
    type Record = (Scope, u64);
}

/// The sequence of events' numbers.
const SEQUENCE: &str = "rig.events";

/// An event as EventBridge delivers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// `0`
    pub version: String,
    /// A UUID.
    pub id: String,
    /// `EC2 Instance State-change Notification`
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// `aws.ec2`
    pub source: String,
    /// Twelve digits.
    pub account: String,
    /// When, to the second.
    pub time: String,
    /// `us-east-1`
    pub region: String,
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    /// What is particular to the detail type.
    pub detail: Value,
}

impl Event {
    /// The event as EventBridge delivers it.
    pub fn envelope(&self) -> Envelope {
        Envelope {
            version: "0".to_owned(),
            id: self.id.clone(),
            detail_type: self.detail_type.clone(),
            source: self.source.clone(),
            account: self.scope.account.to_string(),
            time: Timestamp::from_secs(self.time.secs()).iso8601(),
            region: self.scope.region.to_string(),
            resources: self.resources.clone(),
            detail: serde_json::from_str(&self.detail).unwrap_or_default(),
        }
    }
}

/// Whether anybody wants to know of events: for what is not worth its cost where nobody does.
pub fn are_wanted(ctx: &Ctx<'_>) -> bool {
    ctx.settings().events > 0
}

/// Tells of something that happened now in the call's account and Region. `make` is only asked where events are kept.
///
/// # Errors
/// Those of `make`; in an operation registered as one that reads.
pub fn publish(
    ctx: &mut Ctx<'_>,
    source: &str,
    detail_type: &str,
    make: impl FnOnce(&Ctx<'_>) -> Result<Happening>,
) -> Result<()> {
    if !are_wanted(ctx) {
        return Ok(());
    }
    let Happening { resources, detail } = make(ctx)?;
    let scope = ctx.scope();
    let number = ctx.next_number(SEQUENCE)? + 1;
    let place = ctx.next_number(&format!("{SEQUENCE}/{}/{}", scope.account, scope.region))?;
    let event = Event {
        number,
        id: context::uuid(ctx.seed().child("event").nth(number)),
        source: source.to_owned(),
        detail_type: detail_type.to_owned(),
        time: ctx.now(),
        scope,
        resources,
        detail: detail.to_string(),
    };
    ctx.put::<Events>(scope.prefix().number(place), event)?;
    ctx.put::<Numbers>(Key::new().number(number), (scope, place))?;
    let Some(oldest) = (place + 1).checked_sub(ctx.settings().events) else { return Ok(()) };
    forget_before(ctx, scope, oldest)
}

/// Lets go of the events of an account and Region that stand before `oldest`: one, unless fewer are to be kept than were
/// before.
fn forget_before(ctx: &mut Ctx<'_>, scope: Scope, oldest: u64) -> Result<()> {
    let end = scope.prefix().number(oldest);
    let before = ctx.scan::<Events>(&scope.prefix()).take_while(|(key, _)| **key < end);
    let gone: Vec<(Key, u64)> = before.map(|(key, event)| (key.clone(), event.number)).collect();
    for (key, number) in gone {
        ctx.delete::<Events>(&key)?;
        ctx.delete::<Numbers>(&Key::new().number(number))?;
    }
    Ok(())
}

/// The number of the last event; 0 where there was none.
pub fn last(ctx: &Ctx<'_>) -> u64 {
    ctx.peek::<context::Sequences>(&Key::new().text(SEQUENCE)).copied().unwrap_or(0)
}

/// The events of all accounts and Regions with larger numbers than `after`, in their order.
pub fn after<'t>(ctx: &'t Ctx<'_>, after: u64) -> impl Iterator<Item = &'t Event> {
    let numbers = ctx.scan_after::<Numbers>(&Key::new(), &Key::new().number(after));
    numbers.filter_map(|(_, (scope, place))| ctx.peek::<Events>(&scope.prefix().number(*place)))
}
