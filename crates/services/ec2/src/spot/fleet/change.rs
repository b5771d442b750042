//! CancelSpotFleetRequests and ModifySpotFleetRequest.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::{config, find, state};
use crate::error;
use crate::fleet::request::{self, Wish};
use crate::fleet::{Fleet, Fleets, Kind, State, change, history, upkeep};

pub(super) fn cancel_spot_fleet_requests(
    ctx: &mut Ctx<'_>,
    input: &ec2::CancelSpotFleetRequestsRequest,
) -> Result<ec2::CancelSpotFleetRequestsResponse> {
    if input.spot_fleet_request_ids.is_empty() {
        return Err(error::missing_parameter("SpotFleetRequestId"));
    }
    error::dry_run(input.dry_run)?;
    let mut done = Vec::new();
    let mut failed = Vec::new();
    for id in &input.spot_fleet_request_ids {
        let refused = match find(ctx, id).map(|fleet| fleet.state) {
            Ok(before) if before.is_live() => {
                let now = change::end(ctx, id, input.terminate_instances)?;
                done.push(ec2::CancelSpotFleetRequestsSuccessItem {
                    current_spot_fleet_request_state: Some(state(now).to_owned()),
                    previous_spot_fleet_request_state: Some(state(before).to_owned()),
                    spot_fleet_request_id: Some(id.clone()),
                });
                continue;
            }
            Ok(before) => (
                "fleetRequestNotInCancellableState",
                format!("The spot fleet request '{id}' is in state {}", state(before)),
            ),
            Err(error) => {
                let code = if id.starts_with("sfr-") {
                    "fleetRequestIdDoesNotExist"
                } else {
                    "fleetRequestIdMalformed"
                };
                (code, error.message().to_owned())
            }
        };
        failed.push(ec2::CancelSpotFleetRequestsErrorItem {
            error: Some(ec2::CancelSpotFleetRequestsError {
                code: Some(refused.0.to_owned()),
                message: Some(refused.1),
            }),
            spot_fleet_request_id: Some(id.clone()),
        });
    }
    Ok(ec2::CancelSpotFleetRequestsResponse {
        successful_fleet_requests: Some(done),
        unsuccessful_fleet_requests: Some(failed),
    })
}

pub(super) fn modify_spot_fleet_request(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifySpotFleetRequestRequest,
) -> Result<ec2::ModifySpotFleetRequestResponse> {
    let id = &input.spot_fleet_request_id;
    let mut fleet = Fleet::clone(find(ctx, id)?);
    if !fleet.state.is_live() || fleet.kind != Kind::Maintain {
        let message = format!(
            "The spot fleet request '{id}' is of type {} and in state {}; only active requests of type maintain can \
             be modified",
            fleet.kind.name(),
            state(fleet.state)
        );
        return Err(Error::client("FleetNotInModifiableState", message));
    }
    let mut kept = config::read(fleet.spot_fleet.as_ref().unwrap_or(&fleet.request))?;
    if let Some(target) = input.target_capacity {
        kept.target_capacity = target;
    }
    if let Some(target) = input.on_demand_target_capacity {
        kept.on_demand_target_capacity = Some(target);
    }
    if let Some(policy) = &input.excess_capacity_termination_policy {
        kept.excess_capacity_termination_policy = Some(policy.clone());
    }
    if let Some(configs) = &input.launch_template_configs {
        kept.launch_template_configs = Some(configs.clone());
    }
    let request = config::as_fleet(&kept)?;
    let wish = Wish::of(ctx, &request)?;
    config::check(ctx, &kept)?;
    fleet.request = request::with_defaults(&request, &wish)?;
    fleet.spot_fleet = Some(config::kept(&kept)?);
    fleet.state = State::Modifying;
    history::add(&mut fleet, history::fleet_change(ctx.now(), "modify_in_progress"));
    ctx.put::<Fleets>(ctx.scope().key(id), fleet)?;
    upkeep::look_again(ctx, id)?;
    Ok(ec2::ModifySpotFleetRequestResponse { r#return: Some(true) })
}
