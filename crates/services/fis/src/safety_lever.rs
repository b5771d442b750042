//! The safety lever of an account in a Region: while it is engaged, every running experiment is stopped and none starts.

use ironbird_api::fis as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::{error, experiment, id};

/// Id of the one lever that there is in each account and Region.
const DEFAULT: &str = "default";

/// Levers that somebody touched: (account, Region).
struct Levers;

impl Table for Levers {
    const NAME: &'static str = "fis.safety-levers";
    type Record = Lever;
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Lever {
    engaged: bool,
    reason: Option<String>,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Levers>()
        .read::<api::GetSafetyLever>(get_safety_lever)
        .write::<api::UpdateSafetyLeverState>(update_safety_lever_state)
}

/// Why nothing may start, if the lever is engaged.
pub(crate) fn engaged(ctx: &Ctx<'_>) -> bool {
    current(ctx).engaged
}

fn key(ctx: &Ctx<'_>) -> Key {
    ctx.scope().prefix()
}

fn current(ctx: &Ctx<'_>) -> Lever {
    ctx.peek::<Levers>(&key(ctx)).cloned().unwrap_or_default()
}

fn get_safety_lever(
    ctx: &mut Ctx<'_>,
    input: &api::GetSafetyLeverRequest,
) -> Result<api::GetSafetyLeverResponse> {
    check(&input.id)?;
    Ok(api::GetSafetyLeverResponse { safety_lever: Some(view(ctx)) })
}

fn update_safety_lever_state(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateSafetyLeverStateRequest,
) -> Result<api::UpdateSafetyLeverStateResponse> {
    check(&input.id)?;
    let engaged = input.state.status == "engaged";
    if current(ctx).engaged == engaged {
        return Err(error::conflict(format!("The safety lever is already {}.", input.state.status)));
    }
    let lever = Lever { engaged, reason: Some(input.state.reason.clone()) };
    ctx.put::<Levers>(key(ctx), lever)?;
    if engaged {
        experiment::stop::all(ctx, "Experiment stopped by the safety lever.")?;
    }
    Ok(api::UpdateSafetyLeverStateResponse { safety_lever: Some(view(ctx)) })
}

fn check(given: &str) -> Result<()> {
    if given == DEFAULT {
        return Ok(());
    }
    Err(error::not_found(format!(
        "Safety lever {given} does not exist; the one there is has the id {DEFAULT}."
    )))
}

fn view(ctx: &Ctx<'_>) -> api::SafetyLever {
    let lever = current(ctx);
    let status = if lever.engaged { "engaged" } else { "disengaged" };
    api::SafetyLever {
        id: Some(DEFAULT.to_owned()),
        arn: Some(id::arn(ctx, "safety-lever", DEFAULT)),
        state: Some(api::SafetyLeverState { status: Some(status.to_owned()), reason: lever.reason }),
    }
}
