//! Assignments: who has which permission set in which account.

pub(crate) mod listing;
pub(crate) mod provision;
pub(crate) mod record;
pub(crate) mod request;
mod status;

use ironbird_api::{organizations, sso_admin as api};
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::instance::lifecycle::below;
use crate::instance::record::Instances;
use crate::permission_set::record::{self as permission_set, Place};
use crate::{PRINCIPAL, application, error};
use record::{Assignment, Assignments, ByPrincipal, Principal};
use request::What;

/// The name of the handler that is woken when a user or a group is deleted.
const REMOVED: &str = "sso-admin.principal";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Assignments>()
        .table::<ByPrincipal>()
        .timer(REMOVED, principal_removed)
        .listen("identitystore.removed", REMOVED)
        .write::<api::CreateAccountAssignment>(create)
        .write::<api::DeleteAccountAssignment>(delete)
        .write::<api::ProvisionPermissionSet>(provision_permission_set);
    let definition = request::register(definition);
    let definition = status::register(definition);
    let definition = provision::register(definition);
    listing::register(definition)
}

/// Forgets everything that is assigned in an instance, and takes its roles from all accounts.
///
/// # Errors
/// Those of IAM.
pub(crate) fn clear(ctx: &mut Ctx<'_>, instance: &Key) -> Result<()> {
    below::<Assignments>(ctx, instance)?;
    below::<ByPrincipal>(ctx, instance)?;
    provision::clear(ctx, instance)?;
    below::<request::Pending>(ctx, instance)?;
    below::<request::Requests>(ctx, instance)
}

fn create(
    ctx: &mut Ctx<'_>,
    input: &api::CreateAccountAssignmentRequest,
) -> Result<api::CreateAccountAssignmentResponse> {
    let action = "CreateAccountAssignment";
    let (place, _) = permission_set::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    is_member(ctx, &input.target_id)?;
    if !provision::room(ctx, &place, &input.target_id) {
        let message =
            format!("Account {} has as many permission sets as an account can have.", input.target_id);
        return Err(error::quota(message));
    }
    let principal = Principal::new(&input.principal_type, &input.principal_id);
    let request = request::begin(ctx, &place, What::Create, Some(&input.target_id), Some(principal))?;
    Ok(api::CreateAccountAssignmentResponse {
        account_assignment_creation_status: Some(status::assignment(ctx, &place.instance, &request)),
    })
}

/// Whether an account is in the organization.
fn is_member(ctx: &mut Ctx<'_>, account: &str) -> Result<()> {
    let input = organizations::DescribeAccountRequest { account_id: account.to_owned() };
    match ctx.call::<organizations::DescribeAccount>(PRINCIPAL, &input) {
        Err(missing) if missing.code() == "AccountNotFoundException" => {
            Err(error::not_found(format!("Account {account} is not in the organization.")))
        }
        other => other.map(drop),
    }
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteAccountAssignmentRequest,
) -> Result<api::DeleteAccountAssignmentResponse> {
    let action = "DeleteAccountAssignment";
    let (place, _) = permission_set::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    let principal = Principal::new(&input.principal_type, &input.principal_id);
    let there = record::of(&place.instance_key(ctx), &input.target_id, &place.id);
    let there = there.text(&principal.kind).text(&principal.id);
    if ctx.peek::<Assignments>(&there).is_none() {
        let Principal { kind, id } = &principal;
        let message =
            format!("{kind} {id} is not assigned the permission set in account {}.", input.target_id);
        return Err(error::not_found(message));
    }
    let request = request::begin(ctx, &place, What::Delete, Some(&input.target_id), Some(principal))?;
    Ok(api::DeleteAccountAssignmentResponse {
        account_assignment_deletion_status: Some(status::assignment(ctx, &place.instance, &request)),
    })
}

fn provision_permission_set(
    ctx: &mut Ctx<'_>,
    input: &api::ProvisionPermissionSetRequest,
) -> Result<api::ProvisionPermissionSetResponse> {
    let action = "ProvisionPermissionSet";
    let (place, _) = permission_set::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    let account = provision::target(ctx, &place, input)?;
    let request = request::begin(ctx, &place, What::Provision, account, None)?;
    Ok(api::ProvisionPermissionSetResponse {
        permission_set_provisioning_status: Some(status::provisioning(ctx, &place.instance, &request)),
    })
}

/// Whoever is deleted loses access to every account and application ("Delete users in IAM Identity Center" in the user guide).
fn principal_removed(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let Some((kind, id)) = name.split_once('/') else { return Ok(()) };
    let principal = Principal::new(kind, id);
    let instances: Vec<String> =
        ctx.scan::<Instances>(&ctx.scope().prefix()).map(|(_, instance)| instance.id.clone()).collect();
    for instance in instances {
        let prefix: Key = principal.key(&ctx.scope().key(&instance));
        let lost: Vec<Assignment> = ctx.scan::<ByPrincipal>(&prefix).map(|(_, lost)| lost.clone()).collect();
        application::forget_principal(ctx, &ctx.scope().key(&instance), &principal)?;
        for assignment in lost {
            let place = Place { instance: instance.clone(), id: assignment.set.clone() };
            request::end(ctx, &place, &assignment)?;
        }
    }
    Ok(())
}
