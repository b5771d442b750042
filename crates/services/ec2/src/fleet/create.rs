//! CreateFleet.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};
use serde_json::{Map, Value};

use super::candidate::Source;
use super::request::{self, Wish};
use super::{Failure, Fleet, Fleets, Group, Kind, State, candidate, fill, history, lifecycle, upkeep};
use crate::instance::merge;
use crate::instance::token::Claim;
use crate::{convert, error, tag};

pub(crate) fn create_fleet(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateFleetRequest,
) -> Result<ec2::CreateFleetResult> {
    let claim = Claim::of::<ec2::CreateFleet>(ctx, input.client_token.as_deref(), input, "");
    if let Some(claim) = &claim
        && let Some(id) = claim.earlier(ctx)?
    {
        let fleet = ctx.peek::<Fleets>(&ctx.scope().key(&id)).ok_or_else(|| super::not_found(&id))?;
        return answer(fleet);
    }
    let wish = Wish::read(ctx, input)?;
    tag::check_types(input.tag_specifications.as_deref(), taggable(wish.kind))?;
    for config in &input.launch_template_configs {
        let Some(named) = &config.launch_template_specification else { continue };
        merge::template(
            ctx,
            named.launch_template_id.as_deref(),
            named.launch_template_name.as_deref(),
            named.version.as_deref(),
        )?;
    }
    error::dry_run(input.dry_run)?;
    let id = format!("fleet-{}", ctx.fresh_uuid("fleet")?);
    let mut fleet = Fleet {
        id: id.clone(),
        kind: wish.kind,
        state: State::Submitted,
        created: ctx.now(),
        request: request::with_defaults(input, &wish)?,
        groups: Vec::new(),
        failures: Vec::new(),
        events: vec![history::fleet_change(ctx.now(), "submitted")],
        due: None,
        outgoing: Vec::new(),
        spot_fleet: None,
    };
    if wish.kind == Kind::Instant {
        fleet.state = State::Active;
        let sources = candidate::sources(ctx, input)?;
        launch(ctx, &mut fleet, &sources, &wish, (wish.on_demand, wish.spot))?;
    }
    let result = answer(&fleet)?;
    ctx.put::<Fleets>(ctx.scope().key(&id), fleet)?;
    tag::apply(ctx, input.tag_specifications.as_deref(), "fleet", &id)?;
    if let Some(claim) = claim {
        claim.keep(ctx, &id)?;
    }
    if wish.kind == Kind::Instant {
        return Ok(result);
    }
    upkeep::begin(ctx, &id, input.valid_from)?;
    Ok(ec2::CreateFleetResult { fleet_id: Some(id), ..Default::default() })
}

const fn taggable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Instant => &["fleet", "instance", "volume", "network-interface", "spot-instances-request"],
        Kind::Request | Kind::Maintain => &["fleet"],
    }
}

/// Launches so many units, On-Demand first, and writes down what came of it.
///
/// # Errors
/// When the world is broken, or a launch template is gone.
pub(crate) fn launch(
    ctx: &mut Ctx<'_>,
    fleet: &mut Fleet,
    sources: &[Source],
    wish: &Wish,
    (on_demand, spot): (f64, f64),
) -> Result<()> {
    fleet.failures.clear();
    for (is_spot, target) in [(false, on_demand), (true, spot)] {
        if target <= 0.0 {
            continue;
        }
        let candidates = candidate::find(ctx, sources, wish, is_spot)?;
        let filled = fill::fill(ctx, &fleet.id, &candidates, wish, is_spot, target)?;
        history::note(ctx.now(), fleet, &filled);
        fleet.groups.extend(filled.groups);
        fleet.failures.extend(filled.failures);
    }
    Ok(())
}

fn answer(fleet: &Fleet) -> Result<ec2::CreateFleetResult> {
    if fleet.kind != Kind::Instant {
        return Ok(ec2::CreateFleetResult { fleet_id: Some(fleet.id.clone()), ..Default::default() });
    }
    let instances: Result<Vec<_>> = fleet.groups.iter().map(instance).collect();
    let errors: Result<Vec<_>> = fleet.failures.iter().map(failure).collect();
    Ok(ec2::CreateFleetResult {
        fleet_id: Some(fleet.id.clone()),
        errors: Some(errors?),
        instances: Some(instances?),
    })
}

/// `LaunchTemplateAndOverrides` as the API shows it.
///
/// # Errors
/// When the world is broken.
pub(crate) fn origin(members: &Map<String, Value>) -> Result<ec2::LaunchTemplateAndOverridesResponse> {
    let mut shown = ec2::LaunchTemplateAndOverridesResponse::default();
    let shape = convert::output::<ec2::CreateFleet>("Errors.LaunchTemplateAndOverrides")?;
    convert::from_json(shape, members, &mut shown)?;
    Ok(shown)
}

fn instance(group: &Group) -> Result<ec2::CreateFleetInstance> {
    Ok(ec2::CreateFleetInstance {
        launch_template_and_overrides: Some(origin(&group.origin)?),
        lifecycle: Some(lifecycle(group.spot).to_owned()),
        instance_ids: Some(group.instance_ids.clone()),
        instance_type: Some(group.instance_type.clone()),
        platform: group.windows.then(|| "windows".to_owned()),
    })
}

fn failure(failure: &Failure) -> Result<ec2::CreateFleetError> {
    Ok(ec2::CreateFleetError {
        launch_template_and_overrides: Some(origin(&failure.origin)?),
        lifecycle: Some(lifecycle(failure.spot).to_owned()),
        error_code: Some(failure.code.clone()),
        error_message: Some(failure.message.clone()),
    })
}

/// The one error that a caller of ModifyFleet or DeleteFleets gets for an instant fleet.
pub(crate) fn instant_not_supported(what: &str) -> Error {
    error::unsupported_operation(format!("{what} is not supported for instant fleet"))
}
