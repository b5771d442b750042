//! One thing is made, changed or taken away. Assignments take their time: see [`super::assign`].

use ironbird_api::identitystore as people;
use ironbird_api::{organizations, sso_admin as center};
use ironbird_client::CallError;
use ironbird_cloud::Cloud;

use super::center::Center;
use super::item::{Fields, Item, path_and_name};
use crate::CENTER;

/// Makes a thing be as `after` says, or not be; `before` is how it is.
///
/// # Errors
/// What the service answers.
pub async fn write<C: Cloud>(
    cloud: &C,
    center: &mut Center,
    item: &Item,
    before: Option<&Fields>,
    after: Option<&Fields>,
) -> Result<(), CallError> {
    match item {
        Item::User { name } => write_user(cloud, center, name, before, after).await,
        Item::Group { name } => write_group(cloud, center, name, before, after).await,
        Item::Member { group, user } => write_member(cloud, center, group, user, after.is_some()).await,
        Item::Set { name } => write_set(cloud, center, name, before, after).await,
        Item::Managed { set, policy } => write_managed(cloud, center, set, policy, after.is_some()).await,
        Item::Customer { set, policy } => write_customer(cloud, center, set, policy, after.is_some()).await,
        Item::Inline { set } => write_inline(cloud, center, set, after).await,
        Item::Boundary { set } => write_boundary(cloud, center, set, after).await,
        Item::Delegation { account } => write_delegation(cloud, account, after.is_some()).await,
        Item::Assignment { .. } => unreachable!("assignments are made together"),
    }
}

/// The type of an address of mail that has none yet.
const MAIL: &str = "work";

/// A field's value; none where it is empty.
fn value(fields: &Fields, name: &str) -> Option<String> {
    fields.get(name).filter(|value| !value.is_empty()).cloned()
}

async fn write_user<C: Cloud>(
    cloud: &C,
    center: &Center,
    name: &str,
    before: Option<&Fields>,
    after: Option<&Fields>,
) -> Result<(), CallError> {
    let store = center.store.clone();
    let known = center.user(cloud, name).await?;
    match (known, after) {
        (None, None) => Ok(()),
        (None, Some(fields)) => {
            let names = people::Name {
                given_name: value(fields, "given_name"),
                family_name: value(fields, "family_name"),
                ..Default::default()
            };
            let mails = value(fields, "email").map(|mail| vec![mail_of(&mail)]);
            let input = people::CreateUserRequest {
                identity_store_id: store,
                user_name: Some(name.to_owned()),
                name: Some(names),
                display_name: value(fields, "display_name"),
                emails: mails,
                ..Default::default()
            };
            cloud.call::<people::CreateUser>(&input).await.map(drop)
        }
        (Some(user_id), Some(fields)) => {
            let operations = operations(before, fields);
            let input = people::UpdateUserRequest { identity_store_id: store, user_id, operations };
            cloud.call::<people::UpdateUser>(&input).await.map(drop)
        }
        (Some(user_id), None) => {
            let input = people::DeleteUserRequest { identity_store_id: store, user_id };
            cloud.call::<people::DeleteUser>(&input).await.map(drop)
        }
    }
}

fn mail_of(address: &str) -> people::Email {
    people::Email { value: Some(address.to_owned()), r#type: Some(MAIL.to_owned()), primary: Some(true) }
}

/// What UpdateUser and UpdateGroup have to do for fields to be as they are to be.
fn operations(before: Option<&Fields>, after: &Fields) -> Vec<people::AttributeOperation> {
    let paths = [
        ("given_name", "name.givenName"),
        ("family_name", "name.familyName"),
        ("display_name", "displayName"),
        ("email", "emails"),
        ("description", "description"),
    ];
    let changed =
        paths.into_iter().filter(|(name, _)| before.and_then(|it| it.get(*name)) != after.get(*name));
    let operation = |(name, path): (&str, &str)| {
        let new = value(after, name);
        let written = new.map(|new| match name {
            "email" => {
                let kind = value(after, "email_type");
                serde_json::json!([{"value": new, "type": kind.as_deref().unwrap_or(MAIL), "primary": true}])
            }
            _ => new.into(),
        });
        people::AttributeOperation { attribute_path: path.to_owned(), attribute_value: written }
    };
    changed.map(operation).collect()
}

async fn write_group<C: Cloud>(
    cloud: &C,
    center: &Center,
    name: &str,
    before: Option<&Fields>,
    after: Option<&Fields>,
) -> Result<(), CallError> {
    let store = center.store.clone();
    let known = center.group(cloud, name).await?;
    match (known, after) {
        (None, None) => Ok(()),
        (None, Some(fields)) => {
            let input = people::CreateGroupRequest {
                identity_store_id: store,
                display_name: Some(name.to_owned()),
                description: value(fields, "description"),
            };
            cloud.call::<people::CreateGroup>(&input).await.map(drop)
        }
        (Some(group_id), Some(fields)) => {
            let operations = operations(before, fields);
            let input = people::UpdateGroupRequest { identity_store_id: store, group_id, operations };
            cloud.call::<people::UpdateGroup>(&input).await.map(drop)
        }
        (Some(group_id), None) => {
            let input = people::DeleteGroupRequest { identity_store_id: store, group_id };
            cloud.call::<people::DeleteGroup>(&input).await.map(drop)
        }
    }
}

async fn write_member<C: Cloud>(
    cloud: &C,
    center: &Center,
    group: &str,
    user: &str,
    is_to_be: bool,
) -> Result<(), CallError> {
    let store = center.store.clone();
    let known = center.membership(cloud, group, user).await?;
    match (known, is_to_be) {
        (Some(membership_id), false) => {
            let input = people::DeleteGroupMembershipRequest { identity_store_id: store, membership_id };
            cloud.call::<people::DeleteGroupMembership>(&input).await.map(drop)
        }
        (None, true) => {
            let group_id = center.group(cloud, group).await?.unwrap_or_default();
            let member_id = people::MemberId { user_id: center.user(cloud, user).await? };
            let input =
                people::CreateGroupMembershipRequest { identity_store_id: store, group_id, member_id };
            cloud.call::<people::CreateGroupMembership>(&input).await.map(drop)
        }
        _ => Ok(()),
    }
}

async fn write_set<C: Cloud>(
    cloud: &C,
    center: &mut Center,
    name: &str,
    before: Option<&Fields>,
    after: Option<&Fields>,
) -> Result<(), CallError> {
    let instance_arn = center.instance.clone();
    match (center.sets.get(name).cloned(), after) {
        (None, None) => Ok(()),
        (None, Some(fields)) => {
            let input = center::CreatePermissionSetRequest {
                name: name.to_owned(),
                instance_arn,
                description: value(fields, "description"),
                session_duration: value(fields, "session_duration"),
                ..Default::default()
            };
            let made = cloud.call::<center::CreatePermissionSet>(&input).await?.permission_set;
            center.sets.extend(made.and_then(|set| set.permission_set_arn).map(|arn| (name.to_owned(), arn)));
            Ok(())
        }
        (Some(permission_set_arn), Some(fields)) => {
            let differs = |name: &str| before.and_then(|it| it.get(name)) != fields.get(name);
            let changed = |name: &str| value(fields, name).filter(|_| differs(name));
            let input = center::UpdatePermissionSetRequest {
                instance_arn,
                permission_set_arn,
                description: changed("description"),
                session_duration: changed("session_duration"),
                ..Default::default()
            };
            cloud.call::<center::UpdatePermissionSet>(&input).await.map(drop)
        }
        (Some(permission_set_arn), None) => {
            let input = center::DeletePermissionSetRequest { instance_arn, permission_set_arn };
            cloud.call::<center::DeletePermissionSet>(&input).await?;
            center.sets.remove(name);
            Ok(())
        }
    }
}

async fn write_managed<C: Cloud>(
    cloud: &C,
    center: &Center,
    set: &str,
    policy: &str,
    is_to_be: bool,
) -> Result<(), CallError> {
    let Some((instance_arn, permission_set_arn)) = target(center, set) else { return Ok(()) };
    let managed_policy_arn = policy.to_owned();
    if is_to_be {
        let input = center::AttachManagedPolicyToPermissionSetRequest {
            instance_arn,
            permission_set_arn,
            managed_policy_arn,
        };
        cloud.call::<center::AttachManagedPolicyToPermissionSet>(&input).await.map(drop)
    } else {
        let input = center::DetachManagedPolicyFromPermissionSetRequest {
            instance_arn,
            permission_set_arn,
            managed_policy_arn,
        };
        cloud.call::<center::DetachManagedPolicyFromPermissionSet>(&input).await.map(drop)
    }
}

/// ARNs of the instance and of a permission set that is there.
pub fn target(center: &Center, set: &str) -> Option<(String, String)> {
    Some((center.instance.clone(), center.sets.get(set)?.clone()))
}

fn reference(policy: &str) -> center::CustomerManagedPolicyReference {
    let (path, name) = path_and_name(policy);
    center::CustomerManagedPolicyReference { name: name.to_owned(), path: Some(path.to_owned()) }
}

async fn write_customer<C: Cloud>(
    cloud: &C,
    center: &Center,
    set: &str,
    policy: &str,
    is_to_be: bool,
) -> Result<(), CallError> {
    let Some((instance_arn, permission_set_arn)) = target(center, set) else { return Ok(()) };
    let customer_managed_policy_reference = reference(policy);
    if is_to_be {
        let input = center::AttachCustomerManagedPolicyReferenceToPermissionSetRequest {
            instance_arn,
            permission_set_arn,
            customer_managed_policy_reference,
        };
        cloud.call::<center::AttachCustomerManagedPolicyReferenceToPermissionSet>(&input).await.map(drop)
    } else {
        let input = center::DetachCustomerManagedPolicyReferenceFromPermissionSetRequest {
            instance_arn,
            permission_set_arn,
            customer_managed_policy_reference,
        };
        cloud.call::<center::DetachCustomerManagedPolicyReferenceFromPermissionSet>(&input).await.map(drop)
    }
}

async fn write_inline<C: Cloud>(
    cloud: &C,
    center: &Center,
    set: &str,
    after: Option<&Fields>,
) -> Result<(), CallError> {
    let Some((instance_arn, permission_set_arn)) = target(center, set) else { return Ok(()) };
    match after.and_then(|fields| value(fields, "policy")) {
        Some(inline_policy) => {
            let input = center::PutInlinePolicyToPermissionSetRequest {
                instance_arn,
                permission_set_arn,
                inline_policy,
            };
            cloud.call::<center::PutInlinePolicyToPermissionSet>(&input).await.map(drop)
        }
        None => {
            let input =
                center::DeleteInlinePolicyFromPermissionSetRequest { instance_arn, permission_set_arn };
            cloud.call::<center::DeleteInlinePolicyFromPermissionSet>(&input).await.map(drop)
        }
    }
}

async fn write_boundary<C: Cloud>(
    cloud: &C,
    center: &Center,
    set: &str,
    after: Option<&Fields>,
) -> Result<(), CallError> {
    let Some((instance_arn, permission_set_arn)) = target(center, set) else { return Ok(()) };
    match after.and_then(|fields| value(fields, "policy")) {
        Some(policy) => {
            let is_managed = policy.starts_with("arn:");
            let permissions_boundary = center::PermissionsBoundary {
                customer_managed_policy_reference: (!is_managed).then(|| reference(&policy)),
                managed_policy_arn: is_managed.then_some(policy),
            };
            let input = center::PutPermissionsBoundaryToPermissionSetRequest {
                instance_arn,
                permission_set_arn,
                permissions_boundary,
            };
            cloud.call::<center::PutPermissionsBoundaryToPermissionSet>(&input).await.map(drop)
        }
        None => {
            let input = center::DeletePermissionsBoundaryFromPermissionSetRequest {
                instance_arn,
                permission_set_arn,
            };
            cloud.call::<center::DeletePermissionsBoundaryFromPermissionSet>(&input).await.map(drop)
        }
    }
}

async fn write_delegation<C: Cloud>(cloud: &C, account: &str, is_to_be: bool) -> Result<(), CallError> {
    let (account_id, service_principal) = (account.to_owned(), CENTER.to_owned());
    if is_to_be {
        let input = organizations::RegisterDelegatedAdministratorRequest { account_id, service_principal };
        cloud.call::<organizations::RegisterDelegatedAdministrator>(&input).await.map(drop)
    } else {
        let input = organizations::DeregisterDelegatedAdministratorRequest { account_id, service_principal };
        cloud.call::<organizations::DeregisterDelegatedAdministrator>(&input).await.map(drop)
    }
}
