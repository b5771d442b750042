//! What an experiment does with its role. The calls that its actions make are those of a session of the role, which its
//! policies allow or deny; what an action does that no operation stands for, FIS asks the role for itself.
//!
//! Source: AWS FIS user guide, "AWS FIS Actions reference", the permissions of each action.

use ironbird_api::Operation;
use ironbird_rig::access::{self, Need};
use ironbird_rig::{Ctx, Principal, Result};

use crate::PRINCIPAL;
use crate::action::Work;

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

/// What a role has to be allowed for an action, besides the calls that the action makes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Permission {
    /// Nothing.
    OfCalls,
    /// An EC2 action on each target.
    OnTargets(&'static str),
    /// An action of FIS on the experiment.
    OnExperiment(&'static str),
    /// `ec2:InjectApiError`, for the action and its targets.
    InjectApiError,
}

impl Permission {
    /// Asks for it, for the action of that id.
    ///
    /// # Errors
    /// The access-denied error of EC2 or FIS.
    pub(crate) fn ask(self, ctx: &Ctx<'_>, action: &str, work: &Work<'_>) -> Result<()> {
        match self {
            Self::OfCalls => Ok(()),
            Self::OnTargets(name) => work
                .targets
                .iter()
                .try_for_each(|target| access::admit_need(ctx, "ec2", Need::new(name, &*target.arn))),
            Self::OnExperiment(name) => access::admit_need(ctx, "fis", Need::new(name, work.experiment)),
            Self::InjectApiError => {
                let mut need = Need::new("ec2:InjectApiError", "*").with("ec2:FisActionId", action);
                let targets = work.targets.iter().map(|target| target.arn.clone());
                need.context.set_many("ec2:FisTargetArns", targets.collect());
                access::admit_need(ctx, "ec2", need)
            }
        }
    }
}
