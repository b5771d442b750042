//! What happened to a fleet, and DescribeFleetHistory.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, Timestamp};
use serde_json::json;

use super::fill::Filled;
use super::{Event, Fleet, Fleets, Kind};
use crate::error;
use crate::page::Window;

/// Events kept of one fleet; the oldest go first.
const KEPT: usize = 1000;

/// The fleet itself changed.
pub(super) fn fleet_change(at: Timestamp, sub_type: &str) -> Event {
    Event {
        at,
        kind: "fleet-change".to_owned(),
        sub_type: sub_type.to_owned(),
        description: String::new(),
        instance_id: None,
    }
}

/// Something could not be launched.
pub(super) fn service_error(at: Timestamp, code: &str, message: &str) -> Event {
    Event {
        at,
        kind: "service-error".to_owned(),
        sub_type: code.to_owned(),
        description: message.to_owned(),
        instance_id: None,
    }
}

/// Writes down what an attempt to launch did.
pub(super) fn note(at: Timestamp, fleet: &mut Fleet, filled: &Filled) {
    for group in &filled.groups {
        for id in &group.instance_ids {
            let pool = json!({ "instanceType": group.instance_type, "availabilityZone": zone(group) });
            let description = pool.to_string();
            add(
                fleet,
                Event {
                    at,
                    kind: "instance-change".to_owned(),
                    sub_type: "launched".to_owned(),
                    description,
                    instance_id: Some(id.clone()),
                },
            );
        }
    }
    for failure in &filled.failures {
        add(fleet, service_error(at, &failure.code, &failure.message));
    }
}

fn zone(group: &super::Group) -> &str {
    let overrides = group.origin.get("Overrides");
    overrides
        .and_then(|given| given.get("AvailabilityZone"))
        .and_then(|zone| zone.as_str())
        .unwrap_or_default()
}

/// Adds an event, and lets go of the oldest where there are too many.
pub(super) fn add(fleet: &mut Fleet, event: Event) {
    if fleet.events.len() == KEPT {
        fleet.events.remove(0);
    }
    fleet.events.push(event);
}

pub(super) fn describe_fleet_history(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeFleetHistoryRequest,
) -> Result<ec2::DescribeFleetHistoryResult> {
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    if let Some(other) = input.event_type.as_deref()
        && !matches!(other, "instance-change" | "fleet-change" | "service-error")
    {
        return Err(error::invalid_parameter_value(other, "EventType"));
    }
    let key = ctx.scope().key(&input.fleet_id);
    let fleet = ctx.peek::<Fleets>(&key).ok_or_else(|| super::not_found(&input.fleet_id))?;
    if fleet.kind == Kind::Instant {
        return Err(super::create::instant_not_supported("DescribeFleetHistory"));
    }
    error::dry_run(input.dry_run)?;
    let wanted = |event: &&Event| {
        event.at >= input.start_time && input.event_type.as_ref().is_none_or(|kind| *kind == event.kind)
    };
    let numbered: Vec<(String, &Event)> = fleet
        .events
        .iter()
        .filter(wanted)
        .enumerate()
        .map(|(number, event)| (format!("{number:06}"), event))
        .collect();
    let page = window.list(numbered.into_iter(), |(number, _)| number);
    let records = page.items.into_iter().map(|(_, event)| ec2::HistoryRecordEntry {
        event_information: Some(ec2::EventInformation {
            event_description: Some(event.description.clone()).filter(|text| !text.is_empty()),
            event_sub_type: Some(event.sub_type.clone()),
            instance_id: event.instance_id.clone(),
        }),
        event_type: Some(event.kind.clone()),
        timestamp: Some(event.at),
    });
    Ok(ec2::DescribeFleetHistoryResult {
        history_records: Some(records.collect()),
        last_evaluated_time: Some(ctx.now()),
        next_token: page.next,
        fleet_id: Some(fleet.id.clone()),
        start_time: Some(input.start_time),
    })
}
