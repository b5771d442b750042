//! GetAccountAuthorizationDetails: all users, groups, roles and policies of an account, with what they hold.

use ironbird_api::iam as api;
use ironbird_rig::page::Page;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::document;
use crate::group::Group;
use crate::holder::{Holdings, attached_view, boundary_view};
use crate::named::{self, Named as _};
use crate::page;
use crate::policy::attachment;
use crate::policy::find::Found;
use crate::policy::{self, Managed, aws};
use crate::profile;
use crate::role::Role;
use crate::user::User;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::GetAccountAuthorizationDetails>(get_account_authorization_details)
}

/// One thing of the answer.
enum Item<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a Role),
    Policy(Found<'a>),
}

impl Item<'_> {
    /// What the filter calls it.
    const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "User",
            Self::Group(_) => "Group",
            Self::Role(_) => "Role",
            Self::Policy(Found::Own(_)) => "LocalManagedPolicy",
            Self::Policy(Found::Aws(_)) => "AWSManagedPolicy",
        }
    }

    /// Things come by kind, then by name.
    fn key(&self) -> Key {
        let (kind, name) = match self {
            Self::User(user) => (0, user.head.name.as_str()),
            Self::Group(group) => (1, group.head.name.as_str()),
            Self::Role(role) => (2, role.head.name.as_str()),
            Self::Policy(Found::Own(policy)) => (3, policy.head().name.as_str()),
            Self::Policy(Found::Aws(policy)) => (4, policy.id.as_str()),
        };
        Key::new().number(kind).text(&name.to_ascii_lowercase())
    }
}

fn get_account_authorization_details(
    ctx: &mut Ctx<'_>,
    input: &api::GetAccountAuthorizationDetailsRequest,
) -> Result<api::GetAccountAuthorizationDetailsResponse> {
    let filter = input.filter.as_deref().unwrap_or_default();
    let wanted = |item: &Item<'_>| filter.is_empty() || filter.iter().any(|kind| kind == item.kind());
    let prefix = named::prefix(ctx);
    let users = ctx.scan::<User>(&prefix).map(|(_, user)| Item::User(user));
    let groups = ctx.scan::<Group>(&prefix).map(|(_, group)| Item::Group(group));
    let roles = ctx.scan::<Role>(&prefix).map(|(_, role)| Item::Role(role));
    let own = ctx.scan::<Managed>(&prefix).map(|(_, policy)| Item::Policy(Found::Own(policy)));
    // Of AWS's policies, those that are in use.
    let mut theirs: Vec<_> = aws::all().values().map(Found::Aws).collect();
    theirs.retain(|found| attachment::is_used(ctx, &found.arn(ctx)));
    let mut theirs: Vec<_> = theirs.into_iter().map(Item::Policy).collect();
    theirs.sort_by_key(Item::key);
    let all = users.chain(groups).chain(roles).chain(own).chain(theirs).filter(wanted);
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let Page { items, next } = window.list(all, Item::key);
    let (mut users, mut groups, mut roles, mut policies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::User(user) => users.push(user_detail(ctx, user)),
            Item::Group(group) => groups.push(group_detail(ctx, group)),
            Item::Role(role) => roles.push(role_detail(ctx, role)),
            Item::Policy(found) => policies.push(policy_detail(ctx, found)),
        }
    }
    Ok(api::GetAccountAuthorizationDetailsResponse {
        user_detail_list: Some(users),
        group_detail_list: Some(groups),
        role_detail_list: Some(roles),
        policies: Some(policies),
        is_truncated: Some(next.is_some()),
        marker: next,
    })
}

fn inline(holdings: &Holdings) -> Option<Vec<api::PolicyDetail>> {
    let shown = holdings.inline.iter().map(|(name, text)| api::PolicyDetail {
        policy_name: Some(name.clone()),
        policy_document: Some(document::encode(text)),
    });
    Some(shown.collect())
}

fn attached(holdings: &Holdings) -> Option<Vec<api::AttachedPolicy>> {
    Some(holdings.attached.iter().map(|arn| attached_view(arn)).collect())
}

fn user_detail(ctx: &Ctx<'_>, user: &User) -> api::UserDetail {
    api::UserDetail {
        path: Some(user.head.path.clone()),
        user_name: Some(user.head.name.clone()),
        user_id: Some(user.head.id.clone()),
        arn: Some(named::arn_of(ctx, user)),
        create_date: Some(user.head.created),
        user_policy_list: inline(&user.holdings),
        group_list: Some(user.groups.iter().cloned().collect()),
        attached_managed_policies: attached(&user.holdings),
        permissions_boundary: boundary_view(user),
        tags: Some(user.tags.view()),
    }
}

fn group_detail(ctx: &Ctx<'_>, group: &Group) -> api::GroupDetail {
    api::GroupDetail {
        path: Some(group.head.path.clone()),
        group_name: Some(group.head.name.clone()),
        group_id: Some(group.head.id.clone()),
        arn: Some(named::arn_of(ctx, group)),
        create_date: Some(group.head.created),
        group_policy_list: inline(&group.holdings),
        attached_managed_policies: attached(&group.holdings),
    }
}

fn role_detail(ctx: &Ctx<'_>, role: &Role) -> api::RoleDetail {
    let profiles = profile::of_role(ctx, &role.head.name);
    api::RoleDetail {
        path: Some(role.head.path.clone()),
        role_name: Some(role.head.name.clone()),
        role_id: Some(role.head.id.clone()),
        arn: Some(named::arn_of(ctx, role)),
        create_date: Some(role.head.created),
        assume_role_policy_document: Some(document::encode(&role.trust)),
        instance_profile_list: Some(profiles.map(|profile| profile::view(ctx, profile)).collect()),
        role_policy_list: inline(&role.holdings),
        attached_managed_policies: attached(&role.holdings),
        permissions_boundary: boundary_view(role),
        tags: Some(role.tags.view()),
        role_last_used: Some(crate::role::last_used(ctx, role)),
    }
}

fn policy_detail(ctx: &Ctx<'_>, found: Found<'_>) -> api::ManagedPolicyDetail {
    let shown = found.view(ctx);
    api::ManagedPolicyDetail {
        policy_name: shown.policy_name,
        policy_id: shown.policy_id,
        arn: shown.arn,
        path: shown.path,
        default_version_id: shown.default_version_id,
        attachment_count: shown.attachment_count,
        permissions_boundary_usage_count: shown.permissions_boundary_usage_count,
        is_attachable: shown.is_attachable,
        description: shown.description,
        create_date: shown.create_date,
        update_date: shown.update_date,
        policy_version_list: Some(policy::versions(found)),
    }
}
