//! How requests went: described one by one, and listed.

use ironbird_api::sso_admin as api;
use ironbird_rig::page::Page;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::request::{Request, Requests, What};
use crate::instance::record as instance;
use crate::permission_set::record::arn;
use crate::{error, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::DescribeAccountAssignmentCreationStatus>(describe_creation)
        .read::<api::DescribeAccountAssignmentDeletionStatus>(describe_deletion)
        .read::<api::DescribePermissionSetProvisioningStatus>(describe_provisioning)
        .read::<api::ListAccountAssignmentCreationStatus>(list_creations)
        .read::<api::ListAccountAssignmentDeletionStatus>(list_deletions)
        .read::<api::ListPermissionSetProvisioningStatus>(list_provisionings)
}

/// A request to assign or to take back, as the API has it.
pub(super) fn assignment(
    ctx: &Ctx<'_>,
    instance: &str,
    request: &Request,
) -> api::AccountAssignmentOperationStatus {
    api::AccountAssignmentOperationStatus {
        status: Some(request.status.name().to_owned()),
        request_id: Some(request.id.clone()),
        failure_reason: request.failure.clone(),
        target_id: request.account.clone(),
        target_type: Some("AWS_ACCOUNT".to_owned()),
        permission_set_arn: Some(arn(ctx, instance, &request.set)),
        principal_type: request.principal.as_ref().map(|principal| principal.kind.clone()),
        principal_id: request.principal.as_ref().map(|principal| principal.id.clone()),
        created_date: Some(request.created),
    }
}

/// A request to provision, as the API has it.
pub(super) fn provisioning(
    ctx: &Ctx<'_>,
    instance: &str,
    request: &Request,
) -> api::PermissionSetProvisioningStatus {
    api::PermissionSetProvisioningStatus {
        status: Some(request.status.name().to_owned()),
        request_id: Some(request.id.clone()),
        account_id: request.account.clone(),
        permission_set_arn: Some(arn(ctx, instance, &request.set)),
        failure_reason: request.failure.clone(),
        created_date: Some(request.created),
    }
}

/// The request of that id, and the id of the instance.
fn find<'t>(
    ctx: &'t Ctx<'_>,
    action: &str,
    instance_arn: &str,
    what: What,
    id: &str,
) -> Result<(&'t str, &'t Request)> {
    let instance = &instance::organization(ctx, action, instance_arn)?.id;
    let key = what.prefix(&ctx.scope().key(instance)).text(&id.to_ascii_lowercase());
    let missing = || error::not_found(format!("Could not find a request with id {id}"));
    Ok((instance, ctx.peek::<Requests>(&key).ok_or_else(missing)?))
}

fn describe_creation(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeAccountAssignmentCreationStatusRequest,
) -> Result<api::DescribeAccountAssignmentCreationStatusResponse> {
    let id = &input.account_assignment_creation_request_id;
    let action = "DescribeAccountAssignmentCreationStatus";
    let (instance, request) = find(ctx, action, &input.instance_arn, What::Create, id)?;
    Ok(api::DescribeAccountAssignmentCreationStatusResponse {
        account_assignment_creation_status: Some(assignment(ctx, instance, request)),
    })
}

fn describe_deletion(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeAccountAssignmentDeletionStatusRequest,
) -> Result<api::DescribeAccountAssignmentDeletionStatusResponse> {
    let id = &input.account_assignment_deletion_request_id;
    let action = "DescribeAccountAssignmentDeletionStatus";
    let (instance, request) = find(ctx, action, &input.instance_arn, What::Delete, id)?;
    Ok(api::DescribeAccountAssignmentDeletionStatusResponse {
        account_assignment_deletion_status: Some(assignment(ctx, instance, request)),
    })
}

fn describe_provisioning(
    ctx: &mut Ctx<'_>,
    input: &api::DescribePermissionSetProvisioningStatusRequest,
) -> Result<api::DescribePermissionSetProvisioningStatusResponse> {
    let id = &input.provision_permission_set_request_id;
    let action = "DescribePermissionSetProvisioningStatus";
    let (instance, request) = find(ctx, action, &input.instance_arn, What::Provision, id)?;
    Ok(api::DescribePermissionSetProvisioningStatusResponse {
        permission_set_provisioning_status: Some(provisioning(ctx, instance, request)),
    })
}

/// What the three lists of requests are asked for.
struct Question<'i> {
    action: &'static str,
    what: What,
    instance_arn: &'i str,
    max_results: Option<i32>,
    next_token: Option<&'i str>,
    filter: Option<&'i api::OperationStatusFilter>,
}

/// A page of requests.
fn list<'t>(ctx: &'t Ctx<'_>, question: &Question<'_>) -> Result<Page<&'t Request>> {
    let instance = &instance::organization(ctx, question.action, question.instance_arn)?.id;
    let window = page::window(question.max_results, question.next_token)?;
    let wanted = question.filter.and_then(|filter| filter.status.as_deref());
    let prefix = question.what.prefix(&ctx.scope().key(instance));
    Ok(window.scan::<Requests, _>(ctx, &prefix, |request| {
        wanted.is_none_or(|wanted| wanted == request.status.name()).then_some(request)
    }))
}

fn metadata(request: &Request) -> api::AccountAssignmentOperationStatusMetadata {
    api::AccountAssignmentOperationStatusMetadata {
        status: Some(request.status.name().to_owned()),
        request_id: Some(request.id.clone()),
        created_date: Some(request.created),
    }
}

fn list_creations(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountAssignmentCreationStatusRequest,
) -> Result<api::ListAccountAssignmentCreationStatusResponse> {
    let question = Question {
        action: "ListAccountAssignmentCreationStatus",
        what: What::Create,
        instance_arn: &input.instance_arn,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        filter: input.filter.as_ref(),
    };
    let page = list(ctx, &question)?;
    Ok(api::ListAccountAssignmentCreationStatusResponse {
        account_assignments_creation_status: Some(page.items.into_iter().map(metadata).collect()),
        next_token: page.next,
    })
}

fn list_deletions(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountAssignmentDeletionStatusRequest,
) -> Result<api::ListAccountAssignmentDeletionStatusResponse> {
    let question = Question {
        action: "ListAccountAssignmentDeletionStatus",
        what: What::Delete,
        instance_arn: &input.instance_arn,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        filter: input.filter.as_ref(),
    };
    let page = list(ctx, &question)?;
    Ok(api::ListAccountAssignmentDeletionStatusResponse {
        account_assignments_deletion_status: Some(page.items.into_iter().map(metadata).collect()),
        next_token: page.next,
    })
}

fn list_provisionings(
    ctx: &mut Ctx<'_>,
    input: &api::ListPermissionSetProvisioningStatusRequest,
) -> Result<api::ListPermissionSetProvisioningStatusResponse> {
    let question = Question {
        action: "ListPermissionSetProvisioningStatus",
        what: What::Provision,
        instance_arn: &input.instance_arn,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        filter: input.filter.as_ref(),
    };
    let page = list(ctx, &question)?;
    let shown = page.items.into_iter().map(|request| api::PermissionSetProvisioningStatusMetadata {
        status: Some(request.status.name().to_owned()),
        request_id: Some(request.id.clone()),
        created_date: Some(request.created),
    });
    Ok(api::ListPermissionSetProvisioningStatusResponse {
        permission_sets_provisioning_status: Some(shown.collect()),
        next_token: page.next,
    })
}
