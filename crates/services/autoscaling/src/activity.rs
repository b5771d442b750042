//! Scaling activities: what a group did, why, and how it ended.
//!
//! A group keeps its last [`KEPT`] activities, numbered without gaps, so that the oldest is found without a search.
//! Wordings are AWS's, from its documentation and from activities that users have published.

use std::sync::Arc;

use ironbird_api::autoscaling as api;
use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{after, stamp, to_second};
use crate::event;
use crate::group::record::{self, Group};

/// Activities kept of a group, including earlier groups of its name. The bound is ours: AWS has none but time.
const KEPT: u64 = 10_000;

/// Activities are described for six weeks (API reference, DescribeScalingActivities).
pub(crate) const SECONDS_KEPT: i64 = 42 * 86_400;

/// Timer that drops the activities of a deleted group.
pub(crate) const FORGET: &str = "autoscaling.forget";

/// All activities: (account, Region, group, `u64::MAX` minus number), so that the newest comes first.
pub(crate) struct Activities;

impl Table for Activities {
    const NAME: &'static str = "autoscaling.activities";
    type Record = Activity;
}

/// The numbers in use, by group name: (account, Region, name). Outlives the group.
pub(crate) struct Ledgers;

impl Table for Ledgers {
    const NAME: &'static str = "autoscaling.ledgers";
    type Record = Ledger;
}

/// Which activities of a name are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    first: u64,
    next: u64,
}

/// One activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) group: Arc<str>,
    pub(crate) group_uuid: Arc<str>,
    pub(crate) what: What,
    pub(crate) cause: Arc<str>,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
    pub(crate) status: Status,
    pub(crate) message: Option<String>,
    pub(crate) zone: Option<Arc<str>>,
    pub(crate) subnet: Option<Arc<str>>,
}

impl Activity {
    /// Where it happens, as JSON.
    pub(crate) fn details(&self) -> Value {
        match (&self.subnet, &self.zone) {
            (Some(subnet), Some(zone)) => json!({ "Subnet ID": **subnet, "Availability Zone": **zone }),
            (None, Some(zone)) => json!({ "Availability Zone": **zone }),
            _ => json!({}),
        }
    }
}

/// What is done. Groups launch and terminate by the thousand, so that these two are put into words when they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    /// An instance is launched.
    Launching(String),
    /// An instance is terminated.
    Terminating(String),
    /// An instance is launched into the warm pool.
    IntoPool(String),
    /// An instance of the warm pool is taken into the group.
    FromPool(String),
    /// An instance of the group is put into the warm pool.
    BackToPool(String),
    /// An instance was to be launched, and there is none.
    NotLaunched,
    /// Anything else, in words.
    Other(String),
}

impl What {
    /// `Launching a new EC2 instance: i-…`, …
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Launching(id) => format!("Launching a new EC2 instance: {id}"),
            Self::Terminating(id) => format!("Terminating EC2 instance: {id}"),
            Self::IntoPool(id) => format!("Launching a new EC2 instance into warm pool: {id}"),
            Self::FromPool(id) => format!("Launching a new EC2 instance from warm pool: {id}"),
            Self::BackToPool(id) => format!("Returning EC2 instance to warm pool: {id}"),
            Self::NotLaunched => "Launching a new EC2 instance".to_owned(),
            Self::Other(words) => words.clone(),
        }
    }

    /// The instance that is launched, terminated or moved.
    pub(crate) fn instance(&self) -> Option<&str> {
        match self {
            Self::Launching(id)
            | Self::Terminating(id)
            | Self::IntoPool(id)
            | Self::FromPool(id)
            | Self::BackToPool(id) => Some(id),
            Self::NotLaunched | Self::Other(_) => None,
        }
    }
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    PreInService,
    InProgress,
    MidLifecycleAction,
    Successful,
    Failed,
    Cancelled,
}

impl Status {
    /// `PreInService`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PreInService => "PreInService",
            Self::InProgress => "InProgress",
            Self::MidLifecycleAction => "MidLifecycleAction",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    const fn progress(self) -> i32 {
        match self {
            Self::PreInService => 30,
            Self::InProgress => 0,
            Self::MidLifecycleAction => 60,
            Self::Successful | Self::Failed | Self::Cancelled => 100,
        }
    }

    const fn ended(self) -> bool {
        matches!(self, Self::Successful | Self::Failed | Self::Cancelled)
    }
}

/// An activity to be kept.
pub(crate) struct Draft {
    pub(crate) what: What,
    pub(crate) cause: Arc<str>,
    pub(crate) status: Status,
    pub(crate) message: Option<String>,
    pub(crate) zone: Option<Arc<str>>,
    pub(crate) subnet: Option<Arc<str>>,
}

/// Keeps an activity that begins now; its number.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn begin(ctx: &mut Ctx<'_>, group: &Group, draft: Draft) -> Result<u64> {
    let ledger_key = ctx.scope().key(&group.name);
    let mut ledger = ctx.peek::<Ledgers>(&ledger_key).copied().unwrap_or_default();
    let now = ctx.now();
    let activity = Activity {
        number: ledger.next,
        id: ctx.fresh_uuid("activity")?,
        group: Arc::clone(&group.name),
        group_uuid: Arc::clone(&group.uuid),
        what: draft.what,
        cause: draft.cause,
        start: now,
        end: draft.status.ended().then(|| to_second(now)),
        status: draft.status,
        message: draft.message,
        zone: draft.zone,
        subnet: draft.subnet,
    };
    let number = ledger.next;
    ledger.next += 1;
    while ledger.next - ledger.first > KEPT {
        ctx.delete::<Activities>(&ledger_key.clone().number(u64::MAX - ledger.first))?;
        ledger.first += 1;
    }
    let ended = draft.status.ended();
    let activity = Arc::new(activity);
    ctx.put::<Activities>(ledger_key.clone().number(u64::MAX - number), Arc::clone(&activity))?;
    ctx.put::<Ledgers>(ledger_key, ledger)?;
    if ended {
        event::ended(ctx, &activity)?;
    }
    Ok(number)
}

/// Ends an activity; nothing where it is no longer kept.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn end(
    ctx: &mut Ctx<'_>,
    group: &str,
    number: u64,
    status: Status,
    message: Option<&str>,
) -> Result<()> {
    let key = ctx.scope().key(group).number(u64::MAX - number);
    let now = ctx.now();
    ctx.update::<Activities, _>(&key, |activity| {
        activity.status = status;
        activity.end = Some(to_second(now));
        activity.message = message.map(str::to_owned);
    })?;
    match ctx.get::<Activities>(&key) {
        Some(activity) => event::ended(ctx, &activity),
        None => Ok(()),
    }
}

/// Notes how far an activity is that goes on.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn go_on(ctx: &mut Ctx<'_>, group: &str, number: u64, status: Status) -> Result<()> {
    let key = ctx.scope().key(group).number(u64::MAX - number);
    ctx.update::<Activities, _>(&key, |activity| activity.status = status)?;
    Ok(())
}

/// The activity of that number, as long as it is kept.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, group: &str, number: u64) -> Option<&'t Activity> {
    ctx.peek::<Activities>(&ctx.scope().key(group).number(u64::MAX - number))
}

/// The activity of that number as the API has it.
pub(crate) fn describe(ctx: &Ctx<'_>, group: &str, number: u64) -> Option<api::Activity> {
    find(ctx, group, number).map(|activity| view(ctx, activity, None))
}

/// Says that the group is gone: its activities go with time.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn group_deleted(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    ctx.wake_at(after(ctx.now(), SECONDS_KEPT + 1), FORGET, name)?;
    Ok(())
}

/// Drops what is older than six weeks of the activities of a name.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let key = ctx.scope().key(name);
    let Some(mut ledger) = ctx.peek::<Ledgers>(&key).copied() else { return Ok(()) };
    let oldest = after(ctx.now(), -SECONDS_KEPT);
    while ledger.first < ledger.next {
        let at = key.clone().number(u64::MAX - ledger.first);
        if ctx.peek::<Activities>(&at).is_some_and(|activity| activity.start >= oldest) {
            break;
        }
        ctx.delete::<Activities>(&at)?;
        ledger.first += 1;
    }
    if ledger.first == ledger.next && record::find(ctx, name).is_none() {
        ctx.delete::<Ledgers>(&key)?;
        return Ok(());
    }
    ctx.put::<Ledgers>(key, ledger)
}

/// The activity as the API has it. `alive` is the UUID of the group of its name, if there is one; where it is known
/// that the activity's own group lives, none need be given.
fn view(ctx: &Ctx<'_>, activity: &Activity, alive: Option<Option<&str>>) -> api::Activity {
    let deleted = alive.is_some_and(|uuid| uuid != Some(&*activity.group_uuid));
    let words = activity.what.words();
    let description = match &activity.message {
        Some(message) => format!("{words}.  Status Reason: {message}"),
        None => words,
    };
    api::Activity {
        activity_id: activity.id.clone(),
        auto_scaling_group_name: activity.group.to_string(),
        description: Some(description),
        cause: activity.cause.to_string(),
        start_time: activity.start,
        end_time: activity.end,
        status_code: activity.status.name().to_owned(),
        status_message: activity.message.clone(),
        progress: Some(activity.status.progress()),
        details: Some(activity.details().to_string()),
        auto_scaling_group_state: deleted.then(|| "Deleted".to_owned()),
        auto_scaling_group_arn: Some(record::arn(ctx, &activity.group_uuid, &activity.group)),
    }
}

/// Activities as `DescribeScalingActivities` gives them.
pub(crate) struct Listing<'t> {
    alive: Option<&'t str>,
    activity: &'t Activity,
}

impl<'t> Listing<'t> {
    /// The activity, with whether its group still lives.
    pub(crate) fn of(ctx: &'t Ctx<'_>, activity: &'t Activity) -> Self {
        let key = ctx.scope().key(&activity.group);
        let alive = ctx.peek::<record::Groups>(&key).map(|group| &*group.uuid);
        Self { alive, activity }
    }

    /// Whether its group still lives.
    pub(crate) fn is_alive(&self) -> bool {
        self.alive == Some(&*self.activity.group_uuid)
    }

    /// As the API has it.
    pub(crate) fn view(&self, ctx: &Ctx<'_>) -> api::Activity {
        view(ctx, self.activity, Some(self.alive))
    }
}

/// Why something was done, sentence by sentence.
pub(crate) mod cause {
    use ironbird_rig::Ctx;

    use super::stamp;
    use crate::group::record::Size;

    /// Joins sentences as AWS does.
    pub(crate) fn join(earlier: Option<&str>, later: String) -> String {
        match earlier {
            Some(earlier) => format!("{earlier}  {later}"),
            None => later,
        }
    }

    fn at(ctx: &Ctx<'_>, what: &str) -> String {
        format!("At {} {what}", stamp(ctx.now()))
    }

    /// `CreateAutoScalingGroup`
    pub(crate) fn created(ctx: &Ctx<'_>, desired: i32) -> String {
        let what = format!(
            "a user request created an AutoScalingGroup changing the desired capacity from 0 to {desired}."
        );
        at(ctx, &what)
    }

    /// `UpdateAutoScalingGroup`
    pub(crate) fn updated(ctx: &Ctx<'_>, size: Size, from: i32) -> String {
        constraints(ctx, "user request", size, from)
    }

    fn constraints(ctx: &Ctx<'_>, by: &str, size: Size, from: i32) -> String {
        let Size { min, max, desired } = size;
        let bounds = format!("min: {min}, max: {max}, desired: {desired}");
        let change = format!("changing the desired capacity from {from} to {desired}");
        at(ctx, &format!("a {by} update of AutoScalingGroup constraints to {bounds} {change}."))
    }

    /// `SetDesiredCapacity`
    pub(crate) fn desired(ctx: &Ctx<'_>, from: i32, to: i32) -> String {
        let change = format!("changing the desired capacity from {from} to {to}");
        at(ctx, &format!("a user request explicitly set group desired capacity {change}."))
    }

    /// `ExecutePolicy`
    pub(crate) fn policy(ctx: &Ctx<'_>, policy: &str, from: i32, to: i32) -> String {
        let change = format!("changing the desired capacity from {from} to {to}");
        at(ctx, &format!("a user request executed policy {policy} {change}."))
    }

    /// An alarm, by name and state, that executed a policy.
    pub(crate) fn alarm(
        ctx: &Ctx<'_>,
        (alarm, state): (&str, &str),
        policy: &str,
        from: i32,
        to: i32,
    ) -> String {
        let change = format!("changing the desired capacity from {from} to {to}");
        at(ctx, &format!("a monitor alarm {alarm} in state {state} triggered policy {policy} {change}."))
    }

    /// A scheduled action.
    pub(crate) fn scheduled(ctx: &Ctx<'_>, size: Size, from: i32) -> String {
        constraints(ctx, "scheduled action", size, from)
    }

    /// A launch for lack of capacity.
    pub(crate) fn growth(ctx: &Ctx<'_>, from: u64, to: u64) -> String {
        let why = "in response to a difference between desired and actual capacity";
        at(ctx, &format!("an instance was started {why}, increasing the capacity from {from} to {to}."))
    }

    /// A launch in the place of an instance that was not well.
    pub(crate) fn healed(ctx: &Ctx<'_>) -> String {
        at(ctx, "an instance was launched in response to an unhealthy instance needing to be replaced.")
    }

    /// A launch by an instance refresh.
    pub(crate) fn refreshed(ctx: &Ctx<'_>) -> String {
        at(ctx, "an instance was launched in response to an instance refresh.")
    }

    /// A launch to balance zones that have so many instances.
    pub(crate) fn balance(ctx: &Ctx<'_>, zones: &[(String, u64)]) -> String {
        let names: Vec<&str> = zones.iter().map(|(zone, _)| zone.as_str()).collect();
        let counts: Vec<String> = zones.iter().map(|(_, count)| count.to_string()).collect();
        let had = format!(
            "availability zones {} had {} instances respectively.",
            names.join(" "),
            counts.join(" ")
        );
        at(ctx, &format!("{had} An instance was launched to aid in balancing the group's zones."))
    }

    /// A termination because there is too much capacity.
    pub(crate) fn shrinkage(ctx: &Ctx<'_>, from: u64, to: u64, id: &str) -> String {
        let why = "in response to a difference between desired and actual capacity";
        let taken = format!(
            "an instance was taken out of service {why}, shrinking the capacity from {from} to {to}."
        );
        let selected = at(ctx, &format!("instance {id} was selected for termination."));
        format!("{}  {selected}", at(ctx, &taken))
    }

    /// A termination of an instance that is not well.
    pub(crate) fn unhealthy(ctx: &Ctx<'_>, why: &str) -> String {
        at(ctx, &format!("an instance was taken out of service in response to {why}."))
    }

    /// A termination of an instance that the warm pool has too much.
    pub(crate) fn warm_excess(ctx: &Ctx<'_>, id: &str) -> String {
        let why = "in response to a difference between desired and actual warm pool capacity";
        at(ctx, &format!("instance {id} was taken out of the warm pool {why}."))
    }

    /// A launch into the warm pool.
    pub(crate) fn warm_growth(ctx: &Ctx<'_>, by: u64) -> String {
        let why = "in response to a difference between desired and actual warm pool capacity";
        at(ctx, &format!("an instance was started {why}, increasing the warm pool capacity by {by}."))
    }

    /// A termination by an instance refresh.
    pub(crate) fn refresh(ctx: &Ctx<'_>) -> String {
        at(ctx, "an instance was taken out of service in response to an instance refresh.")
    }

    /// A termination of an instance that is too old.
    pub(crate) fn aged(ctx: &Ctx<'_>) -> String {
        at(
            ctx,
            "an instance was taken out of service in response to exceeding the group's maximum instance lifetime.",
        )
    }

    /// A launch in the place of an instance that is at risk.
    pub(crate) fn at_risk(ctx: &Ctx<'_>) -> String {
        at(
            ctx,
            "an instance was launched in response to an instance at elevated risk of interruption or being replaced.",
        )
    }

    /// A termination of an instance whose launch was abandoned.
    pub(crate) fn abandoned(ctx: &Ctx<'_>, id: &str) -> String {
        at(
            ctx,
            &format!("instance {id} was taken out of service in response to an abandoned lifecycle action."),
        )
    }

    /// Something that the user asked for with an instance, and what it did to the capacity.
    pub(crate) fn user(ctx: &Ctx<'_>, id: &str, what: &str, change: Option<(i32, i32)>) -> String {
        let change = match change {
            None => String::new(),
            Some((from, to)) if to < from => format!(", shrinking the capacity from {from} to {to}"),
            Some((from, to)) => format!(", increasing the capacity from {from} to {to}"),
        };
        at(ctx, &format!("instance {id} was {what} in response to a user request{change}."))
    }

    /// The group that goes.
    pub(crate) fn deleted(ctx: &Ctx<'_>) -> String {
        at(ctx, "a user request force deleted AutoScalingGroup.")
    }
}
