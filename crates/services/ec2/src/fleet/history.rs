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
pub(crate) fn fleet_change(at: Timestamp, sub_type: &str) -> Event {
    Event {
        at,
        kind: "fleet-change".to_owned(),
        sub_type: sub_type.to_owned(),
        description: String::new(),
        instance_id: None,
    }
}

/// Something happened to an instance.
pub(crate) fn instance_change(at: Timestamp, sub_type: &str, id: &str) -> Event {
    Event {
        at,
        kind: "instance-change".to_owned(),
        sub_type: sub_type.to_owned(),
        description: String::new(),
        instance_id: Some(id.to_owned()),
    }
}

/// Something could not be launched.
pub(crate) fn service_error(at: Timestamp, code: &str, message: &str) -> Event {
    Event {
        at,
        kind: "service-error".to_owned(),
        sub_type: code.to_owned(),
        description: message.to_owned(),
        instance_id: None,
    }
}

/// Writes down what an attempt to launch did.
pub(crate) fn note(at: Timestamp, fleet: &mut Fleet, filled: &Filled) {
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
pub(crate) fn add(fleet: &mut Fleet, event: Event) {
    if fleet.events.len() == KEPT {
        fleet.events.remove(0);
    }
    fleet.events.push(event);
}

pub(crate) fn describe_fleet_history(
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
    let fleet = ctx
        .peek::<Fleets>(&key)
        .filter(|fleet| fleet.spot_fleet.is_none())
        .ok_or_else(|| super::not_found(&input.fleet_id))?;
    if fleet.kind == Kind::Instant {
        return Err(super::create::instant_not_supported("DescribeFleetHistory"));
    }
    error::dry_run(input.dry_run)?;
    let (entries, next_token) = page(fleet, &window, input.start_time, input.event_type.as_deref());
    let records = entries.into_iter().map(|event| ec2::HistoryRecordEntry {
        event_information: Some(information(event)),
        event_type: Some(event.kind.clone()),
        timestamp: Some(event.at),
    });
    Ok(ec2::DescribeFleetHistoryResult {
        history_records: Some(records.collect()),
        last_evaluated_time: Some(ctx.now()),
        next_token,
        fleet_id: Some(fleet.id.clone()),
        start_time: Some(input.start_time),
    })
}

/// A page of a fleet's events since `from`, of one kind where one is given.
pub(crate) fn page<'f>(
    fleet: &'f Fleet,
    window: &Window,
    from: Timestamp,
    kind: Option<&str>,
) -> (Vec<&'f Event>, Option<String>) {
    let wanted = |event: &&Event| event.at >= from && kind.is_none_or(|kind| event.kind == kind);
    let events = fleet.events.iter().filter(wanted).enumerate();
    let numbered: Vec<(String, &Event)> =
        events.map(|(number, event)| (format!("{number:06}"), event)).collect();
    let page = window.list(numbered.into_iter(), |(number, _)| number);
    (page.items.into_iter().map(|(_, event)| event).collect(), page.next)
}

/// What is shown of an event.
pub(crate) fn information(event: &Event) -> ec2::EventInformation {
    ec2::EventInformation {
        event_description: Some(event.description.clone()).filter(|text| !text.is_empty()),
        event_sub_type: Some(event.sub_type.clone()),
        instance_id: event.instance_id.clone(),
    }
}
