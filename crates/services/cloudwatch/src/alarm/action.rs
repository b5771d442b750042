//! What alarms set off.
//!
//! Scaling policies are executed by Auto Scaling, which listens to [`DUE`] and looks up the alarm. EC2 actions are calls. What
//! belongs to services that are not there (topics, functions, incidents) is recorded in the alarm's history as not sent.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::history;
use super::record::{Alarm, State};

/// Topic on which due actions are told: the action's ARN, a space, and the name of the alarm.
pub const DUE: &str = "cloudwatch.alarm-action";

/// Topic on which changes of state are told: the name of the alarm.
pub const CHANGED: &str = "cloudwatch.alarm-state";

/// Who calls EC2 for an alarm.
const PRINCIPAL: &str = "cloudwatch.amazonaws.com";

/// Whether the action is a scaling policy. Such an action is repeated every minute as long as its state lasts (user guide,
/// "Alarm actions").
pub fn is_scaling(action: &str) -> bool {
    action.contains(":autoscaling:") && action.contains(":scalingPolicy:")
}

/// Whether the action has an effect in this rig.
pub fn works(action: &str) -> bool {
    is_scaling(action) || ec2_action(action).is_some()
}

/// `arn:aws:automate:REGION:ec2:stop`, or the older `arn:aws:swf:…:action/actions/AWS_EC2.InstanceId.Stop/1.0`.
fn ec2_action(action: &str) -> Option<&'static str> {
    let known = ["stop", "terminate", "reboot"];
    if let Some((_, what)) = action.split_once(":ec2:").filter(|_| action.contains(":automate:")) {
        return known.into_iter().find(|name| *name == what);
    }
    let (_, what) = action.split_once("AWS_EC2.InstanceId.")?;
    known.into_iter().find(|name| what.to_ascii_lowercase().starts_with(name))
}

/// The alarm's actions for the state it is in.
///
/// # Errors
/// Faults of ours only.
pub fn of(alarm: &Alarm) -> Result<Vec<String>> {
    let request = alarm.request()?;
    let actions = match alarm.state {
        State::Ok => request.ok_actions,
        State::Alarm => request.alarm_actions,
        State::InsufficientData => request.insufficient_data_actions,
    };
    Ok(actions.unwrap_or_default())
}

/// Sets off the actions of the alarm's state: all of them where it is new, else those that are repeated.
///
/// # Errors
/// Faults of ours only.
pub fn set_off(ctx: &mut Ctx<'_>, alarm: &Alarm, is_new: bool) -> Result<()> {
    if !alarm.actions_enabled {
        return Ok(());
    }
    for action in of(alarm)? {
        if is_scaling(&action) {
            ctx.emit(DUE, &format!("{action} {}", alarm.name))?;
        }
        if !is_new {
            continue;
        }
        if is_scaling(&action) {
            history::action(ctx, &alarm.name, &format!("Successfully executed action {action}"))?;
        } else if let Some(what) = ec2_action(&action) {
            on_instance(ctx, alarm, &action, what)?;
        } else {
            let summary = format!("Action {action} was recorded and not sent: ironbird has no such service");
            history::action(ctx, &alarm.name, &summary)?;
        }
    }
    Ok(())
}

fn on_instance(ctx: &mut Ctx<'_>, alarm: &Alarm, action: &str, what: &str) -> Result<()> {
    let request = alarm.request()?;
    let dimension = request.dimensions.iter().flatten().find(|one| one.name == "InstanceId");
    let Some(id) = dimension.map(|one| one.value.clone()) else {
        return history::action(
            ctx,
            &alarm.name,
            &format!("Failed to execute action {action}. No InstanceId dimension"),
        );
    };
    let instance_ids = vec![id];
    let outcome = match what {
        "stop" => {
            let input = ec2::StopInstancesRequest { instance_ids, ..Default::default() };
            ctx.call::<ec2::StopInstances>(PRINCIPAL, &input).map(drop)
        }
        "terminate" => {
            let input = ec2::TerminateInstancesRequest { instance_ids, ..Default::default() };
            ctx.call::<ec2::TerminateInstances>(PRINCIPAL, &input).map(drop)
        }
        _ => {
            let input = ec2::RebootInstancesRequest { instance_ids, ..Default::default() };
            ctx.call::<ec2::RebootInstances>(PRINCIPAL, &input).map(drop)
        }
    };
    let summary = match outcome {
        Ok(()) => format!("Successfully executed action {action}"),
        Err(Error::Service(error)) => {
            format!("Failed to execute action {action}. Received error: \"{}\"", error.message)
        }
        Err(error) => return Err(error),
    };
    history::action(ctx, &alarm.name, &summary)
}
