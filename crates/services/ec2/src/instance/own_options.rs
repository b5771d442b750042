//! Options that an instance has of its own, once they have changed after its launch.

use ironbird_rig::{Ctx, Error, Result};

use super::launch_of;
use super::options::Options;
use super::record::{Instance, Instances, State};
use crate::resource;

/// Changes the options of an instance, which has its own from then on.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn change(ctx: &mut Ctx<'_>, id: &str, edit: impl FnOnce(&mut Options)) -> Result<()> {
    let instance = resource::find::<Instances>(ctx, id)?;
    let launch = launch_of(ctx, instance)?;
    let mut options = instance.options(&launch).clone();
    edit(&mut options);
    let key = ctx.scope().key(id);
    ctx.update::<Instances, _>(&key, |record| record.options = Some(Box::new(options)))?;
    Ok(())
}

/// The instance, which has not been asked to go.
///
/// # Errors
/// `IncorrectInstanceState`, and those of its id.
pub(super) fn alive<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Instance> {
    let instance = resource::find::<Instances>(ctx, id)?;
    if matches!(instance.state, State::ShuttingDown | State::Terminated) {
        let message = format!("The instance '{id}' is not in a valid state for this operation.");
        return Err(Error::client("IncorrectInstanceState", message));
    }
    Ok(instance)
}
