//! The role that a permission set is in an account: whoever is assigned the set there gets sessions of it.
//!
//! IAM lets nobody but Identity Center change such a role ("Referencing permission sets in resource policies" in the user
//! guide says how it is named). A new one is made when an account is given the permission set again.

pub(crate) mod provider;

use ironbird_api::{iam, organizations};
use ironbird_rig::error::ServiceError;
use ironbird_rig::{Ctx, Error, Result};
use serde_json::json;

use crate::permission_set::record::{Boundary, PermissionSet, PolicyName};
use crate::{PRINCIPAL, arn};

/// The name of the role's inline policy.
const INLINE: &str = "AwsSSOInlinePolicy";

/// Longest session of any such role, in seconds, as roles of accounts on AWS have it. What a session is given is the
/// duration of its permission set.
const LONGEST: i32 = 43_200;

/// A name for a new role of a permission set: `AWSReservedSSO_{name}_{16 hexadecimal digits}`.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn fresh_name(ctx: &mut Ctx<'_>, set: &PermissionSet) -> Result<String> {
    arn::fresh(ctx, &format!("AWSReservedSSO_{}_", set.name), arn::DIGITS)
}

/// The path of roles: with the instance's Region, unless that is us-east-1.
fn path(ctx: &Ctx<'_>) -> String {
    match ctx.region().code() {
        "us-east-1" => format!("/aws-reserved/{PRINCIPAL}/"),
        region => format!("/aws-reserved/{PRINCIPAL}/{region}/"),
    }
}

/// Makes the role of a permission set in the context's account, or brings it up to date. `provider` is the ARN of the SAML
/// provider that it trusts.
///
/// # Errors
/// `NoSuchEntity` where the account lacks a policy that the set names, and what IAM says of its other policies.
pub(crate) fn bring(ctx: &mut Ctx<'_>, set: &PermissionSet, name: &str, provider: &str) -> Result<()> {
    let wanted = wanted(ctx, set)?;
    let there = look(ctx, name)?;
    let boundary = there.as_ref().and_then(|role| role.permissions_boundary.clone());
    match there {
        None => make(ctx, set, name, provider)?,
        Some(_) => {
            let input = iam::UpdateRoleRequest {
                role_name: name.to_owned(),
                description: set.description.clone(),
                max_session_duration: Some(LONGEST),
            };
            ctx.call::<iam::UpdateRole>(PRINCIPAL, &input)?;
        }
    }
    let attached = attached(ctx, name)?;
    for policy in attached.iter().filter(|policy| !wanted.contains(policy)) {
        detach(ctx, name, policy)?;
    }
    for policy in wanted.iter().filter(|policy| !attached.contains(policy)) {
        let input = iam::AttachRolePolicyRequest { role_name: name.to_owned(), policy_arn: policy.clone() };
        ctx.call::<iam::AttachRolePolicy>(PRINCIPAL, &input)?;
    }
    bring_inline(ctx, set, name)?;
    bring_boundary(ctx, set, name, boundary.is_some())
}

fn make(ctx: &mut Ctx<'_>, set: &PermissionSet, name: &str, provider: &str) -> Result<()> {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider },
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            "Condition": { "StringEquals": { "SAML:aud": provider::audience(ctx) } },
        }],
    });
    let input = iam::CreateRoleRequest {
        path: Some(path(ctx)),
        role_name: name.to_owned(),
        assume_role_policy_document: trust.to_string(),
        description: set.description.clone(),
        max_session_duration: Some(LONGEST),
        ..Default::default()
    };
    ctx.call::<iam::CreateRole>(PRINCIPAL, &input).map(drop)
}

/// The role of that name, if the account has it.
fn look(ctx: &mut Ctx<'_>, name: &str) -> Result<Option<iam::Role>> {
    let input = iam::GetRoleRequest { role_name: name.to_owned() };
    Ok(unless_missing(ctx.call::<iam::GetRole>(PRINCIPAL, &input))?.map(|answer| answer.role))
}

/// What IAM answered; none where it has no such thing.
fn unless_missing<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Err(Error::Service(error)) if error.code == "NoSuchEntity" => Ok(None),
        other => other.map(Some),
    }
}

/// The ARNs of the managed policies of a set in this account.
fn wanted(ctx: &mut Ctx<'_>, set: &PermissionSet) -> Result<Vec<String>> {
    let own = set.customer_managed.iter().map(|policy| own_policy(ctx, policy));
    let wanted: Vec<String> = set.managed.iter().cloned().chain(own).collect();
    wanted.iter().try_for_each(|policy| check_policy(ctx, policy))?;
    Ok(wanted)
}

/// The ARN that a policy has in this account.
fn own_policy(ctx: &Ctx<'_>, PolicyName { name, path }: &PolicyName) -> String {
    format!("arn:{}:iam::{}:policy{path}{name}", ctx.region().partition(), ctx.scope().account)
}

/// Checks that this account has a policy.
///
/// # Errors
/// A status of 404 where it has not, in the words that the tests of Terraform's provider wait for.
fn check_policy(ctx: &mut Ctx<'_>, arn: &str) -> Result<()> {
    let input = iam::GetPolicyRequest { policy_arn: arn.to_owned() };
    match unless_missing(ctx.call::<iam::GetPolicy>(PRINCIPAL, &input))? {
        Some(_) => Ok(()),
        None => Err(Error::with_status(404, "NoSuchEntity", format!("Not supported policy {arn}."))),
    }
}

/// The ARNs of the managed policies that the role has.
fn attached(ctx: &mut Ctx<'_>, name: &str) -> Result<Vec<String>> {
    let mut input = iam::ListAttachedRolePoliciesRequest { role_name: name.to_owned(), ..Default::default() };
    let mut attached = Vec::new();
    loop {
        let answer = ctx.call::<iam::ListAttachedRolePolicies>(PRINCIPAL, &input)?;
        let policies = answer.attached_policies.unwrap_or_default();
        attached.extend(policies.into_iter().filter_map(|policy| policy.policy_arn));
        input.marker = answer.marker;
        if input.marker.is_none() {
            return Ok(attached);
        }
    }
}

fn detach(ctx: &mut Ctx<'_>, name: &str, policy: &str) -> Result<()> {
    let input = iam::DetachRolePolicyRequest { role_name: name.to_owned(), policy_arn: policy.to_owned() };
    ctx.call::<iam::DetachRolePolicy>(PRINCIPAL, &input).map(drop)
}

fn bring_inline(ctx: &mut Ctx<'_>, set: &PermissionSet, name: &str) -> Result<()> {
    match &set.inline {
        Some(policy) => {
            let input = iam::PutRolePolicyRequest {
                role_name: name.to_owned(),
                policy_name: INLINE.to_owned(),
                policy_document: policy.clone(),
            };
            ctx.call::<iam::PutRolePolicy>(PRINCIPAL, &input).map(drop)
        }
        None => delete_inline(ctx, name),
    }
}

fn delete_inline(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let input = iam::DeleteRolePolicyRequest { role_name: name.to_owned(), policy_name: INLINE.to_owned() };
    unless_missing(ctx.call::<iam::DeleteRolePolicy>(PRINCIPAL, &input)).map(drop)
}

fn bring_boundary(ctx: &mut Ctx<'_>, set: &PermissionSet, name: &str, has: bool) -> Result<()> {
    let role_name = name.to_owned();
    let boundary = match &set.boundary {
        Some(Boundary::Managed(arn)) => arn.clone(),
        Some(Boundary::Customer(policy)) => own_policy(ctx, policy),
        None if has => {
            let input = iam::DeleteRolePermissionsBoundaryRequest { role_name };
            return ctx.call::<iam::DeleteRolePermissionsBoundary>(PRINCIPAL, &input).map(drop);
        }
        None => return Ok(()),
    };
    check_policy(ctx, &boundary)?;
    let input = iam::PutRolePermissionsBoundaryRequest { role_name, permissions_boundary: boundary };
    ctx.call::<iam::PutRolePermissionsBoundary>(PRINCIPAL, &input).map(drop)
}

/// Deletes a role of the context's account, if it is there. Its sessions go on until they end, and may do nothing.
///
/// # Errors
/// Those of IAM that say something else.
pub(crate) fn remove(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    if look(ctx, name)?.is_none() {
        return Ok(());
    }
    for policy in attached(ctx, name)? {
        detach(ctx, name, &policy)?;
    }
    delete_inline(ctx, name)?;
    let input = iam::DeleteRoleRequest { role_name: name.to_owned() };
    ctx.call::<iam::DeleteRole>(PRINCIPAL, &input).map(drop)
}

/// The code of an account that cannot be managed. It is shown nowhere.
const UNMANAGEABLE: &str = "AccountUnmanageable";

/// Checks that an account of the organization can be managed: one that is closed cannot.
///
/// # Errors
/// In the words that users of the live service have published.
pub(crate) fn check_account(ctx: &mut Ctx<'_>, account: &str) -> Result<()> {
    let input = organizations::DescribeAccountRequest { account_id: account.to_owned() };
    let found = ctx.call::<organizations::DescribeAccount>(PRINCIPAL, &input)?.account;
    if found.is_some_and(|account| account.status.as_deref() == Some("ACTIVE")) {
        return Ok(());
    }
    let message = format!(
        "AWS SSO is unable to complete your request at this time. Obtaining permissions to manage your AWS account \
         '{account}' takes longer than usual. Please try again in a few minutes. If this problem continues, contact AWS \
         Support."
    );
    Err(Error::client(UNMANAGEABLE, message))
}

/// Why a request failed, as its status has it.
pub(crate) fn reason(error: &ServiceError) -> String {
    if error.code == UNMANAGEABLE {
        return error.message.clone();
    }
    format!("Received a {} status error: {}", error.status, error.message)
}
