//! Inline policies.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{Holder, change};
use crate::document;
use crate::group::Group;
use crate::named;
use crate::role::Role;
use crate::user::User;
use crate::{error, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::PutUserPolicy>(put_user_policy)
        .write::<api::PutGroupPolicy>(put_group_policy)
        .write::<api::PutRolePolicy>(put_role_policy)
        .read::<api::GetUserPolicy>(get_user_policy)
        .read::<api::GetGroupPolicy>(get_group_policy)
        .read::<api::GetRolePolicy>(get_role_policy)
        .read::<api::ListUserPolicies>(list_user_policies)
        .read::<api::ListGroupPolicies>(list_group_policies)
        .read::<api::ListRolePolicies>(list_role_policies)
        .write::<api::DeleteUserPolicy>(delete_user_policy)
        .write::<api::DeleteGroupPolicy>(delete_group_policy)
        .write::<api::DeleteRolePolicy>(delete_role_policy)
}

fn put<H: Holder>(ctx: &mut Ctx<'_>, holder: &str, policy: &str, text: &str) -> Result<Empty> {
    change::<H, _>(ctx, holder, |found| {
        document::check(H::INLINE, text)?;
        let inline = &mut found.holdings_mut().inline;
        inline.insert(policy.to_owned(), text.to_owned());
        document::check_size(H::INLINE, inline.values(), &format!("{} {holder}", H::RESOURCE))
    })?;
    Ok(Empty {})
}

fn get<H: Holder>(ctx: &Ctx<'_>, holder: &str, policy: &str) -> Result<String> {
    let found = named::find::<H>(ctx, holder)?;
    let text = found.holdings().inline.get(policy).ok_or_else(|| missing::<H>(policy))?;
    Ok(document::encode(text))
}

fn delete<H: Holder>(ctx: &mut Ctx<'_>, holder: &str, policy: &str) -> Result<Empty> {
    change::<H, _>(ctx, holder, |found| {
        found.holdings_mut().inline.remove(policy).map(|_| ()).ok_or_else(|| missing::<H>(policy))
    })?;
    Ok(Empty {})
}

fn missing<H: Holder>(policy: &str) -> ironbird_rig::Error {
    error::no_such_entity(format!("The {} policy with name {policy} cannot be found.", H::RESOURCE))
}

type Names = (Vec<String>, Option<bool>, Option<String>);

fn list<H: Holder>(
    ctx: &Ctx<'_>,
    holder: &str,
    max_items: Option<i32>,
    marker: Option<&String>,
) -> Result<Names> {
    let inline = &named::find::<H>(ctx, holder)?.holdings().inline;
    let page = page::texts(inline.keys(), max_items, marker.map(String::as_str))?;
    Ok((page.items.into_iter().cloned().collect(), Some(page.next.is_some()), page.next))
}

fn put_user_policy(ctx: &mut Ctx<'_>, input: &api::PutUserPolicyRequest) -> Result<Empty> {
    put::<User>(ctx, &input.user_name, &input.policy_name, &input.policy_document)
}

fn put_group_policy(ctx: &mut Ctx<'_>, input: &api::PutGroupPolicyRequest) -> Result<Empty> {
    put::<Group>(ctx, &input.group_name, &input.policy_name, &input.policy_document)
}

fn put_role_policy(ctx: &mut Ctx<'_>, input: &api::PutRolePolicyRequest) -> Result<Empty> {
    put::<Role>(ctx, &input.role_name, &input.policy_name, &input.policy_document)
}

fn get_user_policy(
    ctx: &mut Ctx<'_>,
    input: &api::GetUserPolicyRequest,
) -> Result<api::GetUserPolicyResponse> {
    Ok(api::GetUserPolicyResponse {
        user_name: input.user_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: get::<User>(ctx, &input.user_name, &input.policy_name)?,
    })
}

fn get_group_policy(
    ctx: &mut Ctx<'_>,
    input: &api::GetGroupPolicyRequest,
) -> Result<api::GetGroupPolicyResponse> {
    Ok(api::GetGroupPolicyResponse {
        group_name: input.group_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: get::<Group>(ctx, &input.group_name, &input.policy_name)?,
    })
}

fn get_role_policy(
    ctx: &mut Ctx<'_>,
    input: &api::GetRolePolicyRequest,
) -> Result<api::GetRolePolicyResponse> {
    Ok(api::GetRolePolicyResponse {
        role_name: input.role_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: get::<Role>(ctx, &input.role_name, &input.policy_name)?,
    })
}

fn list_user_policies(
    ctx: &mut Ctx<'_>,
    input: &api::ListUserPoliciesRequest,
) -> Result<api::ListUserPoliciesResponse> {
    let (policy_names, is_truncated, marker) =
        list::<User>(ctx, &input.user_name, input.max_items, input.marker.as_ref())?;
    Ok(api::ListUserPoliciesResponse { policy_names, is_truncated, marker })
}

fn list_group_policies(
    ctx: &mut Ctx<'_>,
    input: &api::ListGroupPoliciesRequest,
) -> Result<api::ListGroupPoliciesResponse> {
    let (policy_names, is_truncated, marker) =
        list::<Group>(ctx, &input.group_name, input.max_items, input.marker.as_ref())?;
    Ok(api::ListGroupPoliciesResponse { policy_names, is_truncated, marker })
}

fn list_role_policies(
    ctx: &mut Ctx<'_>,
    input: &api::ListRolePoliciesRequest,
) -> Result<api::ListRolePoliciesResponse> {
    let (policy_names, is_truncated, marker) =
        list::<Role>(ctx, &input.role_name, input.max_items, input.marker.as_ref())?;
    Ok(api::ListRolePoliciesResponse { policy_names, is_truncated, marker })
}

fn delete_user_policy(ctx: &mut Ctx<'_>, input: &api::DeleteUserPolicyRequest) -> Result<Empty> {
    delete::<User>(ctx, &input.user_name, &input.policy_name)
}

fn delete_group_policy(ctx: &mut Ctx<'_>, input: &api::DeleteGroupPolicyRequest) -> Result<Empty> {
    delete::<Group>(ctx, &input.group_name, &input.policy_name)
}

fn delete_role_policy(ctx: &mut Ctx<'_>, input: &api::DeleteRolePolicyRequest) -> Result<Empty> {
    delete::<Role>(ctx, &input.role_name, &input.policy_name)
}
