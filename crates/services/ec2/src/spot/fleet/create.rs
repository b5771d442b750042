//! RequestSpotFleet.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::config;
use crate::fleet::request::{self, Wish};
use crate::fleet::{Fleet, Fleets, State, history, upkeep};
use crate::instance::token::Claim;
use crate::{error, tag};

pub(super) fn request_spot_fleet(
    ctx: &mut Ctx<'_>,
    input: &ec2::RequestSpotFleetRequest,
) -> Result<ec2::RequestSpotFleetResponse> {
    let given = &input.spot_fleet_request_config;
    let claim = Claim::of::<ec2::RequestSpotFleet>(ctx, given.client_token.as_deref(), input, "");
    if let Some(claim) = &claim
        && let Some(id) = claim.earlier(ctx)?
    {
        return Ok(ec2::RequestSpotFleetResponse { spot_fleet_request_id: Some(id) });
    }
    check_tags(given.tag_specifications.as_deref())?;
    let fleet = config::as_fleet(given)?;
    let wish = Wish::of(ctx, &fleet)?;
    config::check(ctx, given)?;
    error::dry_run(input.dry_run)?;
    let id = format!("sfr-{}", ctx.fresh_uuid("spot-fleet")?);
    let record = Fleet {
        id: id.clone(),
        kind: wish.kind,
        state: State::Submitted,
        created: ctx.now(),
        request: request::with_defaults(&fleet, &wish)?,
        groups: Vec::new(),
        failures: Vec::new(),
        events: vec![history::fleet_change(ctx.now(), "submitted")],
        due: None,
        outgoing: Vec::new(),
        spot_fleet: Some(config::kept(&with_defaults(given))?),
    };
    ctx.put::<Fleets>(ctx.scope().key(&id), record)?;
    tag::apply(ctx, given.tag_specifications.as_deref(), "spot-fleet-request", &id)?;
    if let Some(claim) = claim {
        claim.keep(ctx, &id)?;
    }
    upkeep::begin(ctx, &id, given.valid_from)?;
    Ok(ec2::RequestSpotFleetResponse { spot_fleet_request_id: Some(id) })
}

fn check_tags(given: Option<&[ec2::TagSpecification]>) -> Result<()> {
    let mut types = given.unwrap_or_default().iter().filter_map(|tags| tags.resource_type.as_deref());
    if let Some(other) = types.find(|kind| *kind != "spot-fleet-request") {
        let message =
            format!("The value for `ResourceType` must be `spot-fleet-request`, but got `{other}` instead.");
        return Err(error::invalid_value(message));
    }
    tag::check_types(given, &["spot-fleet-request"])
}

/// The configuration as DescribeSpotFleetRequests shows it.
fn with_defaults(given: &ec2::SpotFleetRequestConfigData) -> ec2::SpotFleetRequestConfigData {
    let mut config = given.clone();
    let default = |place: &mut Option<String>, word: &str| {
        place.get_or_insert_with(|| word.to_owned());
    };
    default(&mut config.allocation_strategy, "lowestPrice");
    default(&mut config.on_demand_allocation_strategy, "lowestPrice");
    default(&mut config.excess_capacity_termination_policy, "default");
    default(&mut config.r#type, "maintain");
    default(&mut config.instance_interruption_behavior, "terminate");
    config.replace_unhealthy_instances.get_or_insert(false);
    config.terminate_instances_with_expiration.get_or_insert(false);
    config.on_demand_target_capacity.get_or_insert(0);
    if config.allocation_strategy.as_deref() == Some("lowestPrice") {
        config.instance_pools_to_use_count.get_or_insert(1);
    }
    config.client_token = given.client_token.clone();
    config.tag_specifications = None;
    // What is fulfilled is counted, whatever the request says.
    config.fulfilled_capacity = None;
    config.on_demand_fulfilled_capacity = None;
    config
}
