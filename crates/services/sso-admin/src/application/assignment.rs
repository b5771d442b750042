//! Who may use an application.

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::record::{self, Application, Applications};
use crate::assignment::listing::groups_of;
use crate::assignment::record::Principal;
use crate::assignment::request::look_up;
use crate::instance::lifecycle::below;
use crate::instance::record as instance;
use crate::{error, page};

/// All assignments: (account, Region, instance, application, type of principal, principal).
struct Assignments;

impl Table for Assignments {
    const NAME: &'static str = "sso-admin.application-assignments";
    type Record = Assignment;
}

/// The same by principal: (account, Region, instance, type of principal, principal, application).
struct ByPrincipal;

impl Table for ByPrincipal {
    const NAME: &'static str = "sso-admin.application-assignments-by-principal";
    type Record = Assignment;
}

/// A user or a group with an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Assignment {
    /// ARN of the application.
    arn: String,
    /// Its id.
    application: String,
    principal: Principal,
}

impl Assignment {
    fn key(&self, instance: &Key) -> Key {
        let application = instance.clone().text(&self.application);
        application.text(&self.principal.kind).text(&self.principal.id)
    }

    fn other_key(&self, instance: &Key) -> Key {
        self.principal.key(instance).text(&self.application)
    }
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Assignments>()
        .table::<ByPrincipal>()
        .write::<api::CreateApplicationAssignment>(create)
        .read::<api::DescribeApplicationAssignment>(describe)
        .read::<api::ListApplicationAssignments>(list)
        .read::<api::ListApplicationAssignmentsForPrincipal>(list_for_principal)
        .write::<api::DeleteApplicationAssignment>(delete)
}

/// Forgets who has an application that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, application: &Application) -> Result<()> {
    let instance = ctx.scope().key(&application.instance);
    let of_application = instance.clone().text(&application.id);
    let ended: Vec<Assignment> =
        ctx.scan::<Assignments>(&of_application).map(|(_, assignment)| assignment.clone()).collect();
    end(ctx, &instance, &ended)
}

/// Forgets what a principal had that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_principal(ctx: &mut Ctx<'_>, instance: &Key, principal: &Principal) -> Result<()> {
    let theirs = ctx.scan::<ByPrincipal>(&principal.key(instance));
    let ended: Vec<Assignment> = theirs.map(|(_, assignment)| assignment.clone()).collect();
    end(ctx, instance, &ended)
}

fn end(ctx: &mut Ctx<'_>, instance: &Key, ended: &[Assignment]) -> Result<()> {
    for assignment in ended {
        ctx.delete::<ByPrincipal>(&assignment.other_key(instance))?;
        ctx.delete::<Assignments>(&assignment.key(instance))?;
    }
    Ok(())
}

/// Forgets the applications of an instance that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn clear(ctx: &mut Ctx<'_>, instance: &Key) -> Result<()> {
    below::<Assignments>(ctx, instance)?;
    below::<ByPrincipal>(ctx, instance)?;
    below::<Applications>(ctx, instance)
}

/// The assignment that a request names, and the key of the instance.
fn asked(ctx: &Ctx<'_>, arn: &str, kind: &str, id: &str) -> Result<(Key, Assignment)> {
    let (_, application) = record::named(ctx, arn)?;
    let instance = ctx.scope().key(&application.instance);
    let principal = Principal::new(kind, id);
    Ok((instance, Assignment { arn: arn.to_owned(), application: application.id.clone(), principal }))
}

fn missing(assignment: &Assignment) -> ironbird_rig::Error {
    let Principal { kind, id } = &assignment.principal;
    error::not_found(format!("{kind} {id} is not assigned application {}.", assignment.arn))
}

fn create(
    ctx: &mut Ctx<'_>,
    input: &api::CreateApplicationAssignmentRequest,
) -> Result<api::CreateApplicationAssignmentResponse> {
    let (instance, assignment) =
        asked(ctx, &input.application_arn, &input.principal_type, &input.principal_id)?;
    if ctx.peek::<Assignments>(&assignment.key(&instance)).is_some() {
        let Principal { kind, id } = &assignment.principal;
        let message = format!("{kind} {id} is already assigned application {}.", assignment.arn);
        return Err(error::conflict(message));
    }
    look_up(ctx, &instance, &assignment.principal).map_err(|error| match error.code() {
        "ResourceNotFoundException" => error::not_found(error.message().to_owned()),
        _ => error,
    })?;
    ctx.put::<ByPrincipal>(assignment.other_key(&instance), assignment.clone())?;
    ctx.put::<Assignments>(assignment.key(&instance), assignment)?;
    Ok(api::CreateApplicationAssignmentResponse {})
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeApplicationAssignmentRequest,
) -> Result<api::DescribeApplicationAssignmentResponse> {
    let (instance, assignment) =
        asked(ctx, &input.application_arn, &input.principal_type, &input.principal_id)?;
    if ctx.peek::<Assignments>(&assignment.key(&instance)).is_none() {
        return Err(missing(&assignment));
    }
    Ok(api::DescribeApplicationAssignmentResponse {
        principal_type: Some(assignment.principal.kind),
        principal_id: Some(assignment.principal.id),
        application_arn: Some(assignment.arn),
    })
}

fn list(
    ctx: &mut Ctx<'_>,
    input: &api::ListApplicationAssignmentsRequest,
) -> Result<api::ListApplicationAssignmentsResponse> {
    let (key, _) = record::named(ctx, &input.application_arn)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Assignments, _>(ctx, &key, |assignment| {
        Some(api::ApplicationAssignment {
            application_arn: assignment.arn.clone(),
            principal_id: assignment.principal.id.clone(),
            principal_type: assignment.principal.kind.clone(),
        })
    });
    Ok(api::ListApplicationAssignmentsResponse {
        application_assignments: Some(page.items),
        next_token: page.next,
    })
}

/// A user has what its groups have.
fn list_for_principal(
    ctx: &mut Ctx<'_>,
    input: &api::ListApplicationAssignmentsForPrincipalRequest,
) -> Result<api::ListApplicationAssignmentsForPrincipalResponse> {
    let action = "ListApplicationAssignmentsForPrincipal";
    let found = instance::active(ctx, action, &input.instance_arn)?;
    let (instance, store) = (ctx.scope().key(&found.id), found.store.clone());
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let mut principals = vec![Principal::new(&input.principal_type, &input.principal_id)];
    if input.principal_type == "USER" {
        principals.extend(groups_of(ctx, &store, &input.principal_id)?);
    }
    let wanted = input.filter.as_ref().and_then(|filter| filter.application_arn.as_deref());
    let mut assigned: Vec<(Key, &Assignment)> = Vec::new();
    for principal in &principals {
        let theirs = ctx.scan::<ByPrincipal>(&principal.key(&instance));
        assigned.extend(theirs.map(|(key, assignment)| (key.clone(), assignment)));
    }
    assigned.retain(|(_, assignment)| wanted.is_none_or(|wanted| wanted == assignment.arn));
    assigned.sort_by(|(left, _), (right, _)| left.cmp(right));
    let page = window.list(assigned.into_iter(), |(key, _)| key.clone());
    let shown = page.items.into_iter().map(|(_, assignment)| api::ApplicationAssignmentForPrincipal {
        application_arn: Some(assignment.arn.clone()),
        principal_id: Some(assignment.principal.id.clone()),
        principal_type: Some(assignment.principal.kind.clone()),
    });
    Ok(api::ListApplicationAssignmentsForPrincipalResponse {
        application_assignments: Some(shown.collect()),
        next_token: page.next,
    })
}

/// Taking back what nobody has changes nothing: the model says that the operation is idempotent.
fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteApplicationAssignmentRequest,
) -> Result<api::DeleteApplicationAssignmentResponse> {
    let (instance, assignment) =
        asked(ctx, &input.application_arn, &input.principal_type, &input.principal_id)?;
    end(ctx, &instance, &[assignment])?;
    Ok(api::DeleteApplicationAssignmentResponse {})
}
