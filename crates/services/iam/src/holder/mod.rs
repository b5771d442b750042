//! What users, groups and roles hold: inline policies, attached managed policies, a permissions boundary.

mod attached;
mod boundary;
mod inline;

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Principal, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use crate::document::Kind;
use crate::error;
use crate::named::{self, Named};
use crate::policy::attachment::{self, Holding};

pub(crate) use boundary::{give as give_boundary, view as boundary_view};

/// What is held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holdings {
    /// Inline policies: documents by name.
    pub(crate) inline: BTreeMap<String, String>,
    /// ARNs of attached managed policies.
    pub(crate) attached: BTreeSet<String>,
    /// ARN of the permissions boundary. Groups have none.
    pub(crate) boundary: Option<String>,
}

/// A user, a group or a role.
pub(crate) trait Holder: Named {
    /// Which of the three.
    const HOLDING: Holding;
    /// Its inline policies.
    const INLINE: Kind;
    /// Name of the quota of attached policies.
    const ATTACHED_QUOTA: &'static str;

    /// What it holds.
    fn holdings(&self) -> &Holdings;

    /// Its tags; groups have none.
    fn tags(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What it holds, to change.
    fn holdings_mut(&mut self) -> &mut Holdings;

    /// Whether `caller` may change it.
    ///
    /// # Errors
    /// `UnmodifiableEntity` for roles that belong to a service, unless it is that service which calls.
    fn modifiable(&self, _caller: &Principal) -> Result<()> {
        Ok(())
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = inline::register(definition);
    let definition = attached::register(definition);
    boundary::register(definition)
}

/// Changes the holder of that name, where the caller may.
///
/// # Errors
/// Those of [`Holder::modifiable`] and of [`named::change`].
pub(crate) fn change<H: Holder, R>(
    ctx: &mut Ctx<'_>,
    name: &str,
    change: impl FnOnce(&mut H) -> Result<R>,
) -> Result<R> {
    named::find::<H>(ctx, name)?.modifiable(ctx.caller())?;
    named::change(ctx, name, change)
}

/// Checks that nothing that is to be deleted holds a policy.
///
/// # Errors
/// `DeleteConflict`
pub(crate) fn check_empty<H: Holder>(holder: &H) -> Result<()> {
    if !holder.holdings().attached.is_empty() {
        return Err(error::delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !holder.holdings().inline.is_empty() {
        return Err(error::delete_conflict("Cannot delete entity, must delete policies first."));
    }
    Ok(())
}

/// Forgets whom policies are attached to: the holder is deleted, or has another name from now on.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget<H: Holder>(ctx: &mut Ctx<'_>, holder: &H) -> Result<()> {
    for arn in &holder.holdings().attached {
        attachment::remove::<H>(ctx, arn, holder.head(), attachment::Use::Policy)?;
    }
    if let Some(arn) = &holder.holdings().boundary {
        attachment::remove::<H>(ctx, arn, holder.head(), attachment::Use::Boundary)?;
    }
    Ok(())
}

/// Remembers whom policies are attached to, under the name that the holder has now.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn remember<H: Holder>(ctx: &mut Ctx<'_>, holder: &H) -> Result<()> {
    for arn in &holder.holdings().attached {
        attachment::add::<H>(ctx, arn, holder.head(), attachment::Use::Policy)?;
    }
    if let Some(arn) = &holder.holdings().boundary {
        attachment::add::<H>(ctx, arn, holder.head(), attachment::Use::Boundary)?;
    }
    Ok(())
}

/// An attached policy as answers name it.
pub(crate) fn attached_view(arn: &str) -> api::AttachedPolicy {
    let name = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
    api::AttachedPolicy { policy_name: Some(name.to_owned()), policy_arn: Some(arn.to_owned()) }
}
