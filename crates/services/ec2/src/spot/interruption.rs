//! How EC2 takes a Spot Instance back: a rebalance recommendation, a notice two minutes before, and then the instance
//! terminates, stops or hibernates as its request says.
//!
//! Three things bring it about: capacity taken out of the instance's pool, a price above the most that its request
//! pays, and an experiment. The rig interrupts nothing by itself. Source of the order and of the two minutes: "Spot
//! Instance interruptions" in the EC2 user guide; that an instance to be hibernated is hibernated at the notice, also.

use ironbird_rig::catalogue::market::{next_set, price};
use ironbird_rig::{Ctx, Error, Region, Result, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::request::{self, seconds_from};
use crate::instance::record::{Behavior, Cause, Instance, Instances, Launch, Market, Slot, State};
use crate::instance::{blueprint, launch_of, leave, want};
use crate::{event, resource};

/// Timer handlers: the next step of an interruption, a look at the price, a pool that is taken back, and one of the
/// instances in it.
pub(crate) const TIMER: &str = "ec2.spot-interruption";
pub(crate) const PRICE: &str = "ec2.spot-price";
pub(crate) const RECLAIM: &str = "ec2.spot-reclaim";
pub(crate) const TAKE: &str = "ec2.spot-take";

/// What is emitted, with the instance's id, when it is recommended to rebalance, and when notice is given.
const RECOMMENDED: &str = "ec2.spot-rebalance";
const WARNED: &str = "ec2.spot-interruption";

/// Seconds from the notice to the interruption.
const NOTICE: i64 = 120;
/// Seconds that a recommendation may come before the notice when a pool is taken back: ours. AWS says that it can
/// come sooner than the notice.
const SOONER: u64 = 480;

/// Why a Spot Instance is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The capacity is needed.
    Capacity,
    /// The price is above the highest that the request pays.
    Price,
    /// An experiment demands it.
    Experiment,
}

/// What a Spot Instance has been told: what instance metadata shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) reason: Reason,
    /// When the rebalance recommendation was given (`noticeTime` of `events/recommendations/rebalance`).
    pub(crate) recommended: Timestamp,
    /// What happens to it, and when (`spot/instance-action`); none for a mere recommendation.
    pub(crate) action: Option<(Behavior, Timestamp)>,
    /// When notice was given. Before that, the action is not known to the instance.
    pub(crate) warned: Option<Timestamp>,
}

/// Recommends to move away from a Spot Instance. One that is not up, or has been told already, stays as it is: false.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn recommend(ctx: &mut Ctx<'_>, id: &str) -> Result<bool> {
    let Some(instance) = candidate(ctx, id) else { return Ok(false) };
    if instance.notice.is_some() {
        return Ok(false);
    }
    let recommended = ctx.now();
    tell(ctx, id, Notice { reason: Reason::Capacity, recommended, action: None, warned: None })?;
    say_recommended(ctx, id)?;
    Ok(true)
}

/// Interrupts a Spot Instance `seconds` from now, with a recommendation at once and notice two minutes before, or at
/// once where there is less time. One that is not up, or is being interrupted already, stays as it is: then false.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn interrupt(ctx: &mut Ctx<'_>, id: &str, reason: Reason, seconds: i64) -> Result<bool> {
    let Some(instance) = candidate(ctx, id) else { return Ok(false) };
    if instance.notice.as_ref().is_some_and(|notice| notice.action.is_some()) {
        return Ok(false);
    }
    let Market::Spot(terms) = &launch_of(ctx, &instance)?.market else { return Ok(false) };
    let behavior = terms.behavior;
    let told = instance.notice.as_ref().map(|notice| notice.recommended);
    let action = Some((behavior, seconds_from(ctx.now(), seconds.max(0))));
    let recommended = told.unwrap_or_else(|| ctx.now());
    tell(ctx, id, Notice { reason, recommended, action, warned: None })?;
    if told.is_none() {
        say_recommended(ctx, id)?;
    }
    step(ctx, id)?;
    Ok(true)
}

/// The Spot Instance of that id, if it is up.
fn candidate(ctx: &Ctx<'_>, id: &str) -> Option<Instance> {
    let instance = ctx.peek::<Instances>(&ctx.scope().key(id))?;
    (instance.state.is_up() && instance.spot_request_id.is_some()).then(|| instance.clone())
}

fn tell(ctx: &mut Ctx<'_>, id: &str, notice: Notice) -> Result<()> {
    ctx.update::<Instances, _>(&ctx.scope().key(id), |instance| instance.notice = Some(Box::new(notice)))?;
    Ok(())
}

fn say_recommended(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    event::rebalance_recommended(ctx, id)?;
    ctx.emit(RECOMMENDED, id)
}

/// Timer handler: takes the step of an interruption that is due.
///
/// # Errors
/// When the world is broken.
pub(crate) fn step(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(instance) = candidate(ctx, id) else { return Ok(()) };
    let Some(notice) = instance.notice.as_deref().copied() else { return Ok(()) };
    let Some((behavior, at)) = notice.action else { return Ok(()) };
    let now = ctx.now();
    let notice_due = seconds_from(at, -NOTICE);
    if notice.warned.is_none() {
        if now < notice_due {
            ctx.wake_at(notice_due, TIMER, id)?;
            return Ok(());
        }
        tell(ctx, id, Notice { warned: Some(now), ..notice })?;
        if let Some(request) = &instance.spot_request_id {
            request::warned(ctx, request, behavior, notice.reason)?;
        }
        event::interruption_warned(ctx, id, behavior)?;
        ctx.emit(WARNED, id)?;
        if behavior != Behavior::Hibernate && now < at {
            ctx.wake_at(at, TIMER, id)?;
            return Ok(());
        }
    } else if now < at {
        return Ok(());
    }
    let passage = if behavior == Behavior::Terminate { State::ShuttingDown } else { State::Stopping };
    leave(ctx, id, passage, Cause::Spot)
}

/// Looks after the price of an instance whose request pays less than the On-Demand price.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn watch(ctx: &mut Ctx<'_>, instance: &Instance, launch: &Launch) -> Result<()> {
    if limit(launch).is_none() {
        return Ok(());
    }
    let want = want(instance, launch);
    let next = next_set(ctx.seed(), want.zone, want.instance_type, ctx.now());
    ctx.wake_at(next, PRICE, &instance.id)?;
    Ok(())
}

fn limit(launch: &Launch) -> Option<ironbird_rig::catalogue::NanoUsd> {
    let Market::Spot(terms) = &launch.market else { return None };
    blueprint::max_price(terms.max_price.as_deref()?).ok()
}

/// Timer handler: a pool's price was set anew.
///
/// # Errors
/// When the world is broken.
pub(crate) fn on_price(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(instance) = candidate(ctx, id) else { return Ok(()) };
    let launch = launch_of(ctx, &instance)?;
    let Some(limit) = limit(&launch) else { return Ok(()) };
    let want = want(&instance, &launch);
    let price = price(ctx.seed(), want.zone, want.instance_type, want.platform, ctx.now());
    if price.is_some_and(|price| price > limit) {
        interrupt(ctx, id, Reason::Price, NOTICE)?;
        return Ok(());
    }
    watch(ctx, &instance, &launch)
}

/// Timer handler: slots of a pool are taken back, by as many Spot Instances as run in it, of whatever account. Which
/// of them is drawn from the seed.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_reclaim(ctx: &mut Ctx<'_>, pool: &str) -> Result<()> {
    let mut words = pool.split('/');
    let mut word = || words.next().unwrap_or_default();
    let (region, zone, name, tenancy) = (word(), word(), word(), word());
    let Some(region) = Region::parse(region) else { return Ok(()) };
    let count: usize = word().parse().unwrap_or(0);
    let mut found: Vec<(u64, Scope, String)> = Vec::new();
    for (key, instance) in ctx.scan::<Instances>(&ironbird_rig::Key::new()) {
        let told = instance.notice.as_ref().is_some_and(|notice| notice.action.is_some());
        if instance.spot_request_id.is_none()
            || !instance.state.is_up()
            || told
            || instance.slot != Slot::Pool
        {
            continue;
        }
        let Some(scope) = Scope::of(key).filter(|scope| scope.region == region) else { continue };
        let launch_key = scope.key(&instance.reservation_id);
        let Some(launch) = ctx.peek::<crate::instance::record::Launches>(&launch_key) else { continue };
        let settings = instance.settings(launch);
        if launch.zone == zone && settings.instance_type == name && instance.tenancy(launch).name() == tenancy
        {
            let rank = ctx.seed().child("spot-reclaim").child(&instance.id).bits();
            found.push((rank, scope, instance.id.clone()));
        }
    }
    found.sort_unstable();
    for (_, scope, id) in found.into_iter().take(count) {
        ctx.wake_in(scope, ctx.now(), TAKE, &id)?;
    }
    Ok(())
}

/// Timer handler: the instance's slot is taken back.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_take(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let sooner = ctx.seed().child("spot-notice").child(id).rng().below(SOONER + 1);
    let seconds = NOTICE + i64::try_from(sooner).unwrap_or(0);
    interrupt(ctx, id, Reason::Capacity, seconds)?;
    Ok(())
}

/// The lever `ec2.interrupt-spot`: `{"instance": "i-…", "seconds": 120}`; `seconds` from now, two minutes unless
/// given. This is what FIS's `aws:ec2:send-spot-instance-interruptions` does.
///
/// # Errors
/// For an instance that is not there, is not Spot, is not up or is being interrupted already.
pub(crate) fn pull_interrupt(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let id = spot_instance(ctx, given)?;
    let seconds = given.get("seconds").and_then(Value::as_i64).unwrap_or(NOTICE);
    if !interrupt(ctx, &id, Reason::Experiment, seconds)? {
        return Err(not_interruptible(&id));
    }
    let at = seconds_from(ctx.now(), seconds.max(0)).iso8601();
    Ok(json!({ "instance": id, "at": at }))
}

/// The lever `ec2.recommend-rebalance`: `{"instance": "i-…"}`.
///
/// # Errors
/// For an instance that is not there, is not Spot, is not up or has been told already.
pub(crate) fn pull_recommend(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let id = spot_instance(ctx, given)?;
    if !recommend(ctx, &id)? {
        return Err(not_interruptible(&id));
    }
    Ok(json!({ "instance": id, "at": ctx.now().iso8601() }))
}

fn not_interruptible(id: &str) -> Error {
    let message = format!("instance {id} is not up, or has been told already");
    Error::client("IncorrectInstanceState", message)
}

fn spot_instance(ctx: &Ctx<'_>, given: &Value) -> Result<String> {
    let id = given.get("instance").and_then(Value::as_str);
    let id = id.ok_or_else(|| crate::error::missing("give the instance: {\"instance\": \"i-…\"}"))?;
    let instance = resource::find::<Instances>(ctx, id)?;
    if instance.spot_request_id.is_none() {
        let message = format!("instance {id} is not a Spot Instance");
        return Err(crate::error::unsupported_operation(message));
    }
    Ok(id.to_owned())
}
