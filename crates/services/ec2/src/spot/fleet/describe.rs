//! DescribeSpotFleetRequests, DescribeSpotFleetInstances and DescribeSpotFleetRequestHistory.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::{config, find, state};
use crate::fleet::{Event, Fleet, Fleets, describe, history, upkeep};
use crate::page::Window;
use crate::{error, tag};

pub(super) fn describe_spot_fleet_requests(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSpotFleetRequestsRequest,
) -> Result<ec2::DescribeSpotFleetRequestsResponse> {
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    error::dry_run(input.dry_run)?;
    let ctx: &Ctx<'_> = ctx;
    let (found, next_token) = match input.spot_fleet_request_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => {
            let named: Result<Vec<&Fleet>> = ids.iter().map(|id| find(ctx, id)).collect();
            (named?.into_iter().map(|fleet| view(ctx, fleet)).collect::<Vec<_>>(), None)
        }
        None => {
            let page = window.scan::<Fleets, _>(ctx, &ctx.scope().prefix(), |fleet| {
                fleet.spot_fleet.is_some().then(|| view(ctx, fleet))
            });
            (page.items, page.next)
        }
    };
    let configs: Result<Vec<_>> = found.into_iter().collect();
    Ok(ec2::DescribeSpotFleetRequestsResponse { next_token, spot_fleet_request_configs: Some(configs?) })
}

fn view(ctx: &Ctx<'_>, fleet: &Fleet) -> Result<ec2::SpotFleetRequestConfig> {
    let mut shown = config::read(fleet.spot_fleet.as_ref().unwrap_or(&fleet.request))?;
    shown.fulfilled_capacity = Some(upkeep::units(fleet, false) + upkeep::units(fleet, true));
    shown.on_demand_fulfilled_capacity = Some(upkeep::units(fleet, false));
    Ok(ec2::SpotFleetRequestConfig {
        activity_status: describe::activity(fleet).map(str::to_owned),
        create_time: Some(fleet.created),
        spot_fleet_request_config: Some(shown),
        spot_fleet_request_id: Some(fleet.id.clone()),
        spot_fleet_request_state: Some(state(fleet.state).to_owned()),
        tags: tag::of(ctx, &fleet.id),
    })
}

pub(super) fn describe_spot_fleet_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSpotFleetInstancesRequest,
) -> Result<ec2::DescribeSpotFleetInstancesResponse> {
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let fleet = find(ctx, &input.spot_fleet_request_id)?;
    error::dry_run(input.dry_run)?;
    let page = describe::active(ctx, fleet, &window, |_| true);
    Ok(ec2::DescribeSpotFleetInstancesResponse {
        active_instances: Some(page.items),
        next_token: page.next,
        spot_fleet_request_id: Some(fleet.id.clone()),
    })
}

pub(super) fn describe_spot_fleet_request_history(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSpotFleetRequestHistoryRequest,
) -> Result<ec2::DescribeSpotFleetRequestHistoryResponse> {
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let wanted = match input.event_type.as_deref() {
        Some(word) => Some(kind_of(word)?),
        None => None,
    };
    let fleet = find(ctx, &input.spot_fleet_request_id)?;
    error::dry_run(input.dry_run)?;
    let (entries, next_token) = history::page(fleet, &window, input.start_time, wanted);
    let records = entries.into_iter().map(|event: &Event| ec2::HistoryRecord {
        event_information: Some(history::information(event)),
        event_type: Some(word(&event.kind).to_owned()),
        timestamp: Some(event.at),
    });
    Ok(ec2::DescribeSpotFleetRequestHistoryResponse {
        history_records: Some(records.collect()),
        last_evaluated_time: Some(ctx.now()),
        next_token,
        spot_fleet_request_id: Some(fleet.id.clone()),
        start_time: Some(input.start_time),
    })
}

/// A kind of event as Spot Fleets word it, from the word of EC2 Fleets.
fn word(kind: &str) -> &'static str {
    match kind {
        "instance-change" => "instanceChange",
        "fleet-change" => "fleetRequestChange",
        _ => "error",
    }
}

fn kind_of(word: &str) -> Result<&'static str> {
    match word {
        "instanceChange" => Ok("instance-change"),
        "fleetRequestChange" => Ok("fleet-change"),
        "error" => Ok("service-error"),
        // Fleets of the rig write nothing of this kind.
        "information" => Ok("information"),
        other => Err(error::invalid_parameter_value(other, "EventType")),
    }
}
