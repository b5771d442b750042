//! What an experiment does with its role. The calls that its actions make are those of a session of the role, which its
//! policies allow or deny.

use ironbird_api::Operation;
use ironbird_rig::{Ctx, Principal, Result};

use crate::PRINCIPAL;

/// Calls an operation with the experiment's role; as FIS, where it looks for itself, as it does at the alarms that stop an experiment.
///
/// # Errors
/// What the operation answers.
pub(crate) fn call<O: Operation>(ctx: &mut Ctx<'_>, input: &O::Input) -> Result<O::Output> {
    match ctx.caller().clone() {
        session @ Principal::AssumedRole { .. } => ctx.call_as::<O>(session, PRINCIPAL, input),
        _ => ctx.call::<O>(PRINCIPAL, input),
    }
}
