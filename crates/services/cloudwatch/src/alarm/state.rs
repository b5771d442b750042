//! Changes of an alarm's state: SetAlarmState, EnableAlarmActions, DisableAlarmActions.

use ironbird_api::{Empty, cloudwatch as api};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, events};
use serde_json::json;

use super::record::{self, Alarm, State};
use super::{action, evaluate, event, history};
use crate::error;

pub fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::SetAlarmState>(set)
        .write::<api::EnableAlarmActions>(enable)
        .write::<api::DisableAlarmActions>(disable)
}

/// Puts an alarm in a state, with a line in its history; keeping it is the caller's.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn change(
    ctx: &mut Ctx<'_>,
    alarm: &mut Alarm,
    to: State,
    reason: String,
    reason_data: Option<String>,
) -> Result<()> {
    let side = |state: State, reason: &str, data: Option<&str>| {
        let data = data.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        json!({ "stateValue": state.name(), "stateReason": reason, "stateReasonData": data })
    };
    let old = side(alarm.state, &alarm.reason, alarm.reason_data.as_deref());
    let new = side(to, &reason, reason_data.as_deref());
    let before = (alarm.state != to && events::are_wanted(ctx)).then(|| alarm.clone());
    let summary = format!("Alarm updated from {} to {}", alarm.state.name(), to.name());
    if alarm.state != to {
        let data = json!({ "version": "1.0", "oldState": old, "newState": new });
        history::add(ctx, &alarm.name, history::Kind::StateUpdate, summary, data.to_string())?;
        ctx.emit(action::CHANGED, &alarm.name)?;
        alarm.state_changed = ctx.now();
    }
    alarm.state = to;
    alarm.reason = reason;
    alarm.reason_data = reason_data;
    alarm.state_updated = ctx.now();
    match before {
        Some(before) => event::changed(ctx, &before, alarm),
        None => Ok(()),
    }
}

fn set(ctx: &mut Ctx<'_>, input: &api::SetAlarmStateInput) -> Result<Empty> {
    if let Some(data) = &input.state_reason_data
        && let Err(cause) = serde_json::from_str::<serde_json::Value>(data)
    {
        let message = format!("StateReasonData was not valid JSON: {cause}");
        return Err(Error::client("InvalidFormat", message));
    }
    let mut alarm = record::get(ctx, &input.alarm_name)?;
    let Some(to) = State::parse(&input.state_value) else {
        return Err(error::validation(format!(
            "1 validation error detected: Value '{}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum \
             value set: [INSUFFICIENT_DATA, ALARM, OK]",
            input.state_value
        )));
    };
    let is_new = alarm.state != to;
    change(ctx, &mut alarm, to, input.state_reason.clone(), input.state_reason_data.clone())?;
    // The next evaluation puts it right again, if there is data.
    if alarm.timer.is_none() {
        evaluate::schedule(ctx, &mut alarm)?;
    }
    record::save(ctx, alarm.clone())?;
    if is_new {
        action::set_off(ctx, &alarm, true)?;
    }
    Ok(Empty {})
}

fn enable(ctx: &mut Ctx<'_>, input: &api::EnableAlarmActionsInput) -> Result<Empty> {
    switch(ctx, &input.alarm_names, true)
}

fn disable(ctx: &mut Ctx<'_>, input: &api::DisableAlarmActionsInput) -> Result<Empty> {
    switch(ctx, &input.alarm_names, false)
}

/// Names of alarms that are not there are passed over, as on AWS.
fn switch(ctx: &mut Ctx<'_>, names: &[String], on: bool) -> Result<Empty> {
    for name in names {
        let Ok(mut alarm) = record::get(ctx, name) else { continue };
        alarm.actions_enabled = on;
        if on && alarm.timer.is_none() {
            evaluate::schedule(ctx, &mut alarm)?;
        }
        record::save(ctx, alarm)?;
    }
    Ok(Empty {})
}
