//! Who is assigned what: by account and permission set, and by principal.

use ironbird_api::{identitystore as people, sso_admin as api};
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::record::{self, Assignment, Assignments, ByPrincipal, Principal};
use crate::instance::record as instance;
use crate::permission_set::record::{self as permission_set, arn};
use crate::{PRINCIPAL, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::ListAccountAssignments>(list_account_assignments)
        .read::<api::ListAccountAssignmentsForPrincipal>(list_account_assignments_for_principal)
}

fn list_account_assignments(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountAssignmentsRequest,
) -> Result<api::ListAccountAssignmentsResponse> {
    let action = "ListAccountAssignments";
    let (place, _) = permission_set::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let prefix = record::of(&place.instance_key(ctx), &input.account_id, &place.id);
    let page = window.scan::<Assignments, _>(ctx, &prefix, |assignment| {
        Some(api::AccountAssignment {
            account_id: Some(assignment.account.clone()),
            permission_set_arn: Some(input.permission_set_arn.clone()),
            principal_type: Some(assignment.principal.kind.clone()),
            principal_id: Some(assignment.principal.id.clone()),
        })
    });
    Ok(api::ListAccountAssignmentsResponse { account_assignments: Some(page.items), next_token: page.next })
}

/// A user has what its groups have.
fn list_account_assignments_for_principal(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountAssignmentsForPrincipalRequest,
) -> Result<api::ListAccountAssignmentsForPrincipalResponse> {
    let action = "ListAccountAssignmentsForPrincipal";
    let found = instance::organization(ctx, action, &input.instance_arn)?;
    let (instance, store) = (found.id.clone(), found.store.clone());
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let mut principals = vec![Principal::new(&input.principal_type, &input.principal_id)];
    if input.principal_type == "USER" {
        principals.extend(groups_of(ctx, &store, &input.principal_id)?);
    }
    let wanted = input.filter.as_ref().and_then(|filter| filter.account_id.as_deref());
    let prefix = ctx.scope().key(&instance);
    let mut assigned: Vec<(Key, &Assignment)> = Vec::new();
    for principal in &principals {
        let theirs = ctx.scan::<ByPrincipal>(&principal.key(&prefix));
        assigned.extend(theirs.map(|(key, assignment)| (key.clone(), assignment)));
    }
    assigned.retain(|(_, assignment)| wanted.is_none_or(|wanted| wanted == assignment.account));
    assigned.sort_by(|(left, _), (right, _)| left.cmp(right));
    let page = window.list(assigned.into_iter(), |(key, _)| key.clone());
    let shown = page.items.into_iter().map(|(_, assignment)| api::AccountAssignmentForPrincipal {
        account_id: Some(assignment.account.clone()),
        permission_set_arn: Some(arn(ctx, &instance, &assignment.set)),
        principal_id: Some(assignment.principal.id.clone()),
        principal_type: Some(assignment.principal.kind.clone()),
    });
    Ok(api::ListAccountAssignmentsForPrincipalResponse {
        account_assignments: Some(shown.collect()),
        next_token: page.next,
    })
}

/// The groups that a user is in.
///
/// # Errors
/// Those of `ListGroupMembershipsForMember`: `ResourceNotFoundException` for a user that is not there.
pub(crate) fn groups_of(ctx: &mut Ctx<'_>, store: &str, user: &str) -> Result<Vec<Principal>> {
    let mut groups = Vec::new();
    let mut next_token = None;
    loop {
        let input = people::ListGroupMembershipsForMemberRequest {
            identity_store_id: store.to_owned(),
            member_id: people::MemberId { user_id: Some(user.to_owned()) },
            max_results: None,
            next_token,
        };
        let answer = ctx.call::<people::ListGroupMembershipsForMember>(PRINCIPAL, &input)?;
        let ids = answer.group_memberships.into_iter().filter_map(|membership| membership.group_id);
        groups.extend(ids.map(|id| Principal::new("GROUP", &id)));
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(groups);
        }
    }
}
