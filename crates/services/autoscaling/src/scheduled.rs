//! Scheduled actions: PutScheduledUpdateGroupAction, BatchPutScheduledUpdateGroupAction, DescribeScheduledActions,
//! DeleteScheduledAction, BatchDeleteScheduledAction. Source: user guide, "Scheduled scaling".

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::timer::TimerId;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::activity::cause;
use crate::cron::Cron;
use crate::error;
use crate::group::record;
use crate::page::Window;
use crate::reconcile;
use crate::zone::Zone;

/// Timer that runs an action.
const WAKE: &str = "autoscaling.scheduled-action";

/// Actions that a group may have (user guide, "Quotas").
const MAX_ACTIONS: usize = 125;

/// Actions that a request may put or delete (user guide, "Quotas").
const MAX_BATCH: usize = 50;

/// All actions: (account, Region, group, name).
struct Actions;

impl Table for Actions {
    const NAME: &'static str = "autoscaling.scheduled-actions";
    type Record = Action;
}

/// A scheduled action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Action {
    group: String,
    name: String,
    uuid: String,
    /// When it runs next.
    start: Timestamp,
    end: Option<Timestamp>,
    recurrence: Option<String>,
    time_zone: Option<String>,
    min: Option<i32>,
    max: Option<i32>,
    desired: Option<i32>,
    timer: TimerId,
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Actions>()
        .timer(WAKE, wake)
        .write::<api::PutScheduledUpdateGroupAction>(put)
        .write::<api::BatchPutScheduledUpdateGroupAction>(put_batch)
        .read::<api::DescribeScheduledActions>(describe)
        .write::<api::DeleteScheduledAction>(delete)
        .write::<api::BatchDeleteScheduledAction>(delete_batch)
}

fn put(ctx: &mut Ctx<'_>, input: &api::PutScheduledUpdateGroupActionType) -> Result<Empty> {
    let request = api::ScheduledUpdateGroupActionRequest {
        scheduled_action_name: input.scheduled_action_name.clone(),
        // `Time` is the older name of `StartTime`.
        start_time: input.start_time.or(input.time),
        end_time: input.end_time,
        recurrence: input.recurrence.clone(),
        min_size: input.min_size,
        max_size: input.max_size,
        desired_capacity: input.desired_capacity,
        time_zone: input.time_zone.clone(),
    };
    keep(ctx, &input.auto_scaling_group_name, &request)?;
    Ok(Empty {})
}

fn put_batch(
    ctx: &mut Ctx<'_>,
    input: &api::BatchPutScheduledUpdateGroupActionType,
) -> Result<api::BatchPutScheduledUpdateGroupActionAnswer> {
    record::get(ctx, &input.auto_scaling_group_name)?;
    error::at_most(MAX_BATCH, "scheduled actions", input.scheduled_update_group_actions.len())?;
    let mut failed = Vec::new();
    for request in &input.scheduled_update_group_actions {
        let savepoint = ctx.savepoint();
        if let Err(error) = keep(ctx, &input.auto_scaling_group_name, request) {
            ctx.roll_back(savepoint);
            failed.push(failure(&request.scheduled_action_name, error)?);
        }
    }
    Ok(api::BatchPutScheduledUpdateGroupActionAnswer { failed_scheduled_update_group_actions: Some(failed) })
}

fn failure(name: &str, error: Error) -> Result<api::FailedScheduledUpdateGroupActionRequest> {
    match error {
        Error::Service(inner) => Ok(api::FailedScheduledUpdateGroupActionRequest {
            scheduled_action_name: name.to_owned(),
            error_code: Some(inner.code.into_owned()),
            error_message: Some(inner.message),
        }),
        Error::Internal(_) => Err(error),
    }
}

fn keep(ctx: &mut Ctx<'_>, group: &str, request: &api::ScheduledUpdateGroupActionRequest) -> Result<()> {
    let group = record::get(ctx, group)?;
    let start = first_run(ctx, request)?;
    check_size(request)?;
    let name = &request.scheduled_action_name;
    let key = ctx.scope().key(&group.name).text(name);
    check_time(ctx, &group.name, name, start)?;
    let earlier = ctx.peek::<Actions>(&key).cloned();
    if earlier.is_none() && ctx.scan::<Actions>(&ctx.scope().key(&group.name)).count() >= MAX_ACTIONS {
        return Err(error::limit_exceeded(format!(
            "An Auto Scaling group can have at most {MAX_ACTIONS} scheduled actions."
        )));
    }
    let uuid = match earlier {
        Some(earlier) => {
            ctx.cancel(earlier.timer)?;
            earlier.uuid
        }
        None => ctx.fresh_uuid("scheduled-action")?,
    };
    let timer = ctx.wake_at(start, WAKE, &resource(&group.name, name))?;
    let action = Action {
        group: group.name.to_string(),
        name: name.clone(),
        uuid,
        start,
        end: request.end_time,
        recurrence: request.recurrence.clone(),
        time_zone: request.time_zone.clone(),
        min: request.min_size,
        max: request.max_size,
        desired: request.desired_capacity,
        timer,
    };
    ctx.put::<Actions>(key, action)
}

fn first_run(ctx: &Ctx<'_>, request: &api::ScheduledUpdateGroupActionRequest) -> Result<Timestamp> {
    let now = ctx.now();
    let zone = zone_of(request.time_zone.as_deref()).ok_or_else(|| {
        error::validation(
            "Time zone specified does not conform to standardized time zones found in IANA Time Zone Database",
        )
    })?;
    if request.start_time.is_some_and(|start| start < now) {
        return Err(error::validation("Given start time is in the past"));
    }
    if request.end_time.is_some_and(|end| end < now) {
        return Err(error::validation("Given end time is in the past"));
    }
    if request.start_time.zip(request.end_time).is_some_and(|(start, end)| end <= start) {
        return Err(error::validation("Given end time must be after start time"));
    }
    let Some(recurrence) = &request.recurrence else {
        return request.start_time.ok_or_else(|| {
            error::validation("Scheduled start time must be specified for non-recurrent future group action")
        });
    };
    let invalid = || error::validation(format!("Given recurrence string: {recurrence} is invalid"));
    let cron = Cron::parse(recurrence).ok_or_else(invalid)?;
    request.start_time.or_else(|| cron.next_after(now, &zone)).ok_or_else(invalid)
}

/// The zone of a schedule, where that is one; start and end are in universal time in any case.
fn zone_of(name: Option<&str>) -> Option<Zone> {
    name.map_or_else(|| Some(Zone::utc()), Zone::named)
}

/// Two actions of a group never start at one time (user guide, "Scheduled scaling", limitations).
fn check_time(ctx: &Ctx<'_>, group: &str, name: &str, start: Timestamp) -> Result<()> {
    let same = |action: &Action| action.start == start && action.name != name;
    if ctx.scan::<Actions>(&ctx.scope().key(group)).any(|(_, action)| same(action)) {
        return Err(Error::client(
            "AlreadyExists",
            "Scheduled action with this scheduled start time already exists",
        ));
    }
    Ok(())
}

fn check_size(request: &api::ScheduledUpdateGroupActionRequest) -> Result<()> {
    let (min, max, desired) = (request.min_size, request.max_size, request.desired_capacity);
    if min.is_none() && max.is_none() && desired.is_none() {
        return Err(error::validation(
            "At least one of MinSize, MaxSize and DesiredCapacity must be specified",
        ));
    }
    for (name, size) in [("Min size", min), ("Max size", max), ("Desired capacity", desired)] {
        if size.is_some_and(|size| size < 0) {
            return Err(error::validation(format!("{name} must be non-negative")));
        }
    }
    let above = |low: Option<i32>, high: Option<i32>| low.zip(high).is_some_and(|(low, high)| low > high);
    if above(min, max) {
        return Err(error::validation("Max size must be greater than or equal to min size"));
    }
    if above(min, desired) {
        return Err(error::validation("Desired capacity must be greater than or equal to min size"));
    }
    if above(desired, max) {
        return Err(error::validation("Desired capacity must be less than or equal to max size"));
    }
    Ok(())
}

/// Group and action as one text; names may hold anything, so the length of the first says where it ends.
fn resource(group: &str, action: &str) -> String {
    format!("{}:{group}{action}", group.len())
}

fn parts(resource: &str) -> Option<(&str, &str)> {
    let (length, rest) = resource.split_once(':')?;
    rest.split_at_checked(length.parse().ok()?)
}

/// An action's time has come.
fn wake(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    let Some((group, name)) = parts(resource) else { return Ok(()) };
    let key = ctx.scope().key(group).text(name);
    let Some(mut action) = ctx.peek::<Actions>(&key).cloned() else { return Ok(()) };
    let now = ctx.now();
    // A recurrence may come for the first time only when it has ended already.
    if action.end.is_some_and(|end| end < now) {
        return ctx.delete::<Actions>(&key).map(drop);
    }
    let cron = action.recurrence.as_deref().and_then(Cron::parse);
    let zone = zone_of(action.time_zone.as_deref());
    let next = cron.zip(zone).and_then(|(cron, zone)| cron.next_after(now, &zone));
    match next.filter(|next| action.end.is_none_or(|end| *next <= end)) {
        Some(next) => {
            action.start = next;
            action.timer = ctx.wake_at(next, WAKE, resource)?;
            ctx.put::<Actions>(key, action.clone())?;
        }
        // What does not come again is forgotten.
        None => {
            ctx.delete::<Actions>(&key)?;
        }
    }
    run(ctx, &action)
}

fn run(ctx: &mut Ctx<'_>, action: &Action) -> Result<()> {
    let Some(mut group) = record::find(ctx, &action.group) else { return Ok(()) };
    if group.deleting || !group.runs("ScheduledActions") {
        return Ok(());
    }
    let size = &mut group.size;
    let before = size.desired;
    size.min = action.min.unwrap_or(size.min);
    size.max = action.max.unwrap_or(size.max);
    if size.min > size.max {
        // The action gives one bound only, and the group's other one has moved past it since.
        (size.min, size.max) = match action.min {
            Some(min) => (min, min),
            None => (size.max, size.max),
        };
    }
    let desired = action.desired.unwrap_or(before).clamp(size.min, size.max);
    let why = cause::scheduled(ctx, record::Size { desired, ..group.size }, before);
    reconcile::aim(ctx, group, desired, why)
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeScheduledActionsType,
) -> Result<api::ScheduledActionsType> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let prefix = match input.auto_scaling_group_name.as_deref() {
        Some(name) => ctx.scope().key(record::plain_name(name)),
        None => ctx.scope().prefix(),
    };
    let names = input.scheduled_action_names.as_deref().unwrap_or_default();
    let page = window.scan::<Actions, _>(ctx, &prefix, |action| {
        let named =
            names.is_empty() || names.iter().any(|name| *name == action.name || *name == arn(ctx, action));
        // Times are ignored where names are given (API reference).
        let in_time = !names.is_empty()
            || (input.start_time.is_none_or(|from| action.start >= from)
                && input.end_time.is_none_or(|to| action.start <= to));
        (named && in_time).then(|| view(ctx, action))
    });
    Ok(api::ScheduledActionsType { scheduled_update_group_actions: Some(page.items), next_token: page.next })
}

fn arn(ctx: &Ctx<'_>, action: &Action) -> String {
    let Action { uuid, group, name, .. } = action;
    let place = format!("autoScalingGroupName/{group}:scheduledActionName/{name}");
    ctx.arn("autoscaling", &format!("scheduledUpdateGroupAction:{uuid}:{place}"))
}

fn view(ctx: &Ctx<'_>, action: &Action) -> api::ScheduledUpdateGroupAction {
    api::ScheduledUpdateGroupAction {
        auto_scaling_group_name: Some(action.group.clone()),
        scheduled_action_name: Some(action.name.clone()),
        scheduled_action_arn: Some(arn(ctx, action)),
        time: Some(action.start),
        start_time: Some(action.start),
        end_time: action.end,
        recurrence: action.recurrence.clone(),
        min_size: action.min,
        max_size: action.max,
        desired_capacity: action.desired,
        time_zone: action.time_zone.clone(),
    }
}

fn remove(ctx: &mut Ctx<'_>, group: &str, name: &str) -> Result<()> {
    let key = ctx.scope().key(record::plain_name(group)).text(name);
    let action = ctx.peek::<Actions>(&key).cloned();
    let action = action.ok_or_else(|| error::validation("Scheduled action name not found"))?;
    ctx.cancel(action.timer)?;
    ctx.delete::<Actions>(&key)?;
    Ok(())
}

fn delete(ctx: &mut Ctx<'_>, input: &api::DeleteScheduledActionType) -> Result<Empty> {
    remove(ctx, &input.auto_scaling_group_name, &input.scheduled_action_name)?;
    Ok(Empty {})
}

fn delete_batch(
    ctx: &mut Ctx<'_>,
    input: &api::BatchDeleteScheduledActionType,
) -> Result<api::BatchDeleteScheduledActionAnswer> {
    record::get(ctx, &input.auto_scaling_group_name)?;
    error::at_most(MAX_BATCH, "scheduled actions", input.scheduled_action_names.len())?;
    let mut failed = Vec::new();
    for name in &input.scheduled_action_names {
        if let Err(error) = remove(ctx, &input.auto_scaling_group_name, name) {
            failed.push(failure(name, error)?);
        }
    }
    Ok(api::BatchDeleteScheduledActionAnswer { failed_scheduled_actions: Some(failed) })
}

/// Drops the actions of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let actions: Vec<Action> =
        ctx.scan::<Actions>(&ctx.scope().key(group)).map(|(_, action)| action.clone()).collect();
    for action in actions {
        remove(ctx, &action.group, &action.name)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{parts, resource};

    #[test]
    fn names_with_any_characters_come_back() {
        for (group, action) in [("web", "up"), ("a:b", ":"), ("é\n", "")] {
            assert_eq!(parts(&resource(group, action)), Some((group, action)));
        }
        assert_eq!(parts("9:short"), None);
    }
}
