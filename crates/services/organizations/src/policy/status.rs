//! Which types of policies are enabled in the root.

use ironbird_api::organizations as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::{attachment, kind};
use crate::id::Kind as Id;
use crate::organization::{Organization, Organizations};
use crate::{caller, error, id, tree};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::EnablePolicyType>(enable_type).write::<api::DisablePolicyType>(disable_type)
}

fn check_root(organization: &Organization, id: &str) -> Result<()> {
    id::checked(id, |kind| kind == Id::Root)?;
    if id == organization.root {
        return Ok(());
    }
    Err(error::client("RootNotFoundException", "You specified a root that doesn't exist."))
}

fn enable_type(
    ctx: &mut Ctx<'_>,
    input: &api::EnablePolicyTypeRequest,
) -> Result<api::EnablePolicyTypeResponse> {
    let mut organization = Organization::clone(&*caller::management(ctx)?);
    check_root(&organization, &input.root_id)?;
    let kind = kind::named(&input.policy_type)?;
    kind.check_available(&organization)?;
    if !organization.policy_types.insert(kind.name.to_owned()) {
        let message = "The specified policy type is already enabled.";
        return Err(error::client("PolicyTypeAlreadyEnabledException", message));
    }
    if let Some(policy) = kind.default()
        && organization.defaults.insert(kind.name.to_owned())
    {
        for target in attachment::targets(ctx, &organization) {
            attachment::attach(ctx, &organization, &target, kind.name, policy)?;
        }
    }
    let root = keep(ctx, organization)?;
    Ok(api::EnablePolicyTypeResponse { root: Some(root) })
}

/// Policies of a type that is disabled are attached to nothing any more, and not again when it is enabled.
fn disable_type(
    ctx: &mut Ctx<'_>,
    input: &api::DisablePolicyTypeRequest,
) -> Result<api::DisablePolicyTypeResponse> {
    let mut organization = Organization::clone(&*caller::management(ctx)?);
    check_root(&organization, &input.root_id)?;
    let kind = kind::named(&input.policy_type)?;
    if !organization.policy_types.remove(kind.name) {
        let message = "This operation can be performed only for enabled policy types.";
        return Err(error::client("PolicyTypeNotEnabledException", message));
    }
    organization.defaults.remove(kind.name);
    attachment::detach_kind(ctx, &organization, kind)?;
    let root = keep(ctx, organization)?;
    Ok(api::DisablePolicyTypeResponse { root: Some(root) })
}

fn keep(ctx: &mut Ctx<'_>, organization: Organization) -> Result<api::Root> {
    let root = tree::root(&organization);
    ctx.put::<Organizations>(Key::new().text(&organization.id), organization)?;
    Ok(root)
}
