//! `aws:cloudwatch:assert-alarm-state`, and the states of alarms for stop conditions.

use std::collections::BTreeMap;

use ironbird_api::cloudwatch;
use ironbird_rig::{Ctx, Result};

use super::parameter::{Form, Parameter};
use super::{Begun, Definition, Permission, Work};
use crate::{error, role};

pub(super) static ASSERT: Definition = Definition {
    id: "aws:cloudwatch:assert-alarm-state",
    description: "Fails unless alarms are in one of the states.",
    target: None,
    permission: Permission::OfCalls,
    parameters: &[
        Parameter { name: "alarmArns", description: "ARNs of the alarms", required: true, form: Form::Words },
        Parameter {
            name: "alarmStates",
            description: "States that the alarms may be in: OK, ALARM, INSUFFICIENT_DATA",
            required: true,
            form: Form::Words,
        },
    ],
    begin: assert,
};

fn assert(ctx: &mut Ctx<'_>, work: &Work<'_>) -> Result<Begun> {
    let arns: Vec<String> = work.list("alarmArns").into_iter().map(ToOwned::to_owned).collect();
    let wanted = work.list("alarmStates");
    let found = states(ctx, &arns)?;
    for arn in &arns {
        match found.get(arn) {
            Some(state) if wanted.contains(&state.as_str()) => {}
            Some(state) => {
                let wanted = wanted.join(" or ");
                return Err(error::validation(format!("Alarm {arn} is in state {state}, not {wanted}.")));
            }
            None => return Err(error::validation(format!("Alarm {arn} does not exist."))),
        }
    }
    Ok(Begun::over())
}

/// The name of an alarm, from its ARN.
pub(crate) fn name(arn: &str) -> Option<&str> {
    match arn.splitn(7, ':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "cloudwatch", _, _, "alarm", name] if !name.is_empty() => Some(name),
        _ => None,
    }
}

/// The states of those of the alarms that there are, by ARN.
///
/// # Errors
/// CloudWatch's own.
pub(crate) fn states(ctx: &mut Ctx<'_>, arns: &[String]) -> Result<BTreeMap<String, String>> {
    let names: Vec<String> = arns.iter().filter_map(|arn| name(arn)).map(ToOwned::to_owned).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let input = cloudwatch::DescribeAlarmsInput {
        alarm_names: Some(names),
        alarm_types: Some(vec!["MetricAlarm".to_owned(), "CompositeAlarm".to_owned()]),
        ..Default::default()
    };
    let answer = role::call::<cloudwatch::DescribeAlarms>(ctx, &input)?;
    let metric = answer.metric_alarms.into_iter().flatten().map(|alarm| (alarm.alarm_arn, alarm.state_value));
    let composite =
        answer.composite_alarms.into_iter().flatten().map(|alarm| (alarm.alarm_arn, alarm.state_value));
    Ok(metric.chain(composite).filter_map(|(arn, state)| Some((arn?, state?))).collect())
}
