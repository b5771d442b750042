//! Managed policies attached to users, groups and roles.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::{Holder, attached_view, change};
use crate::group::Group;
use crate::named;
use crate::policy::attachment::{self, Use};
use crate::policy::find;
use crate::role::Role;
use crate::user::User;
use crate::{error, page};

/// Managed policies that a user, group or role may have (IAM user guide, "IAM and AWS STS quotas").
const MOST: usize = 10;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::AttachUserPolicy>(attach_user_policy)
        .write::<api::AttachGroupPolicy>(attach_group_policy)
        .write::<api::AttachRolePolicy>(attach_role_policy)
        .write::<api::DetachUserPolicy>(detach_user_policy)
        .write::<api::DetachGroupPolicy>(detach_group_policy)
        .write::<api::DetachRolePolicy>(detach_role_policy)
        .read::<api::ListAttachedUserPolicies>(list_attached_user_policies)
        .read::<api::ListAttachedGroupPolicies>(list_attached_group_policies)
        .read::<api::ListAttachedRolePolicies>(list_attached_role_policies)
}

fn attach<H: Holder>(ctx: &mut Ctx<'_>, name: &str, arn: &str) -> Result<Empty> {
    let holder = named::find::<H>(ctx, name)?;
    holder.modifiable(ctx.caller())?;
    let head = holder.head().clone();
    find::attachable(ctx, arn)?;
    named::change::<H, _>(ctx, name, |holder| {
        let attached = &mut holder.holdings_mut().attached;
        attached.insert(arn.to_owned());
        if attached.len() > MOST {
            return Err(error::quota(H::ATTACHED_QUOTA, MOST));
        }
        Ok(())
    })?;
    attachment::add::<H>(ctx, arn, &head, Use::Policy)?;
    Ok(Empty {})
}

fn detach<H: Holder>(ctx: &mut Ctx<'_>, name: &str, arn: &str) -> Result<Empty> {
    find::check_arn(ctx, arn)?;
    let head = change::<H, _>(ctx, name, |holder| {
        if !holder.holdings_mut().attached.remove(arn) {
            return Err(error::no_such_entity(format!("Policy {arn} was not found.")));
        }
        Ok(holder.head().clone())
    })?;
    attachment::remove::<H>(ctx, arn, &head, Use::Policy)?;
    Ok(Empty {})
}

type Attached = (Option<Vec<api::AttachedPolicy>>, Option<bool>, Option<String>);

fn list<H: Holder>(
    ctx: &Ctx<'_>,
    (name, path): (&str, Option<&String>),
    (max_items, marker): (Option<i32>, Option<&String>),
) -> Result<Attached> {
    let attached = named::find::<H>(ctx, name)?.holdings().attached.iter();
    let attached = attached.filter(|arn| path.is_none_or(|path| find::path(arn).starts_with(path)));
    let window = page::window(max_items, marker.map(String::as_str))?;
    let page = window.list(attached, |arn| Key::new().text(arn));
    let policies = page.items.into_iter().map(|arn| attached_view(arn)).collect();
    Ok((Some(policies), Some(page.next.is_some()), page.next))
}

fn attach_user_policy(ctx: &mut Ctx<'_>, input: &api::AttachUserPolicyRequest) -> Result<Empty> {
    attach::<User>(ctx, &input.user_name, &input.policy_arn)
}

fn attach_group_policy(ctx: &mut Ctx<'_>, input: &api::AttachGroupPolicyRequest) -> Result<Empty> {
    attach::<Group>(ctx, &input.group_name, &input.policy_arn)
}

fn attach_role_policy(ctx: &mut Ctx<'_>, input: &api::AttachRolePolicyRequest) -> Result<Empty> {
    attach::<Role>(ctx, &input.role_name, &input.policy_arn)
}

fn detach_user_policy(ctx: &mut Ctx<'_>, input: &api::DetachUserPolicyRequest) -> Result<Empty> {
    detach::<User>(ctx, &input.user_name, &input.policy_arn)
}

fn detach_group_policy(ctx: &mut Ctx<'_>, input: &api::DetachGroupPolicyRequest) -> Result<Empty> {
    detach::<Group>(ctx, &input.group_name, &input.policy_arn)
}

fn detach_role_policy(ctx: &mut Ctx<'_>, input: &api::DetachRolePolicyRequest) -> Result<Empty> {
    detach::<Role>(ctx, &input.role_name, &input.policy_arn)
}

fn list_attached_user_policies(
    ctx: &mut Ctx<'_>,
    input: &api::ListAttachedUserPoliciesRequest,
) -> Result<api::ListAttachedUserPoliciesResponse> {
    let whose = (input.user_name.as_str(), input.path_prefix.as_ref());
    let (attached_policies, is_truncated, marker) =
        list::<User>(ctx, whose, (input.max_items, input.marker.as_ref()))?;
    Ok(api::ListAttachedUserPoliciesResponse { attached_policies, is_truncated, marker })
}

fn list_attached_group_policies(
    ctx: &mut Ctx<'_>,
    input: &api::ListAttachedGroupPoliciesRequest,
) -> Result<api::ListAttachedGroupPoliciesResponse> {
    let whose = (input.group_name.as_str(), input.path_prefix.as_ref());
    let (attached_policies, is_truncated, marker) =
        list::<Group>(ctx, whose, (input.max_items, input.marker.as_ref()))?;
    Ok(api::ListAttachedGroupPoliciesResponse { attached_policies, is_truncated, marker })
}

fn list_attached_role_policies(
    ctx: &mut Ctx<'_>,
    input: &api::ListAttachedRolePoliciesRequest,
) -> Result<api::ListAttachedRolePoliciesResponse> {
    let whose = (input.role_name.as_str(), input.path_prefix.as_ref());
    let (attached_policies, is_truncated, marker) =
        list::<Role>(ctx, whose, (input.max_items, input.marker.as_ref()))?;
    Ok(api::ListAttachedRolePoliciesResponse { attached_policies, is_truncated, marker })
}
