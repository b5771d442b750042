//! Who is in which group.

pub(crate) mod record;

use ironbird_api::identitystore as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::caller::Stamp;
use crate::error::{self, Kind};
use crate::group::record::{self as group};
use crate::user::record::{self as user, canonical};
use crate::{page, store};
use record::{ByMember, Membership, Memberships, Pairs};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Memberships>()
        .table::<Pairs>()
        .table::<ByMember>()
        .write::<api::CreateGroupMembership>(create_group_membership)
        .read::<api::DescribeGroupMembership>(describe_group_membership)
        .read::<api::GetGroupMembershipId>(get_group_membership_id)
        .read::<api::IsMemberInGroups>(is_member_in_groups)
        .read::<api::ListGroupMemberships>(list_group_memberships)
        .read::<api::ListGroupMembershipsForMember>(list_group_memberships_for_member)
        .write::<api::DeleteGroupMembership>(delete_group_membership)
}

/// Takes a user that is deleted out of every group.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn leave_all(ctx: &mut Ctx<'_>, store: &Key, user: &str) -> Result<()> {
    let ids: Vec<String> =
        ctx.scan::<ByMember>(&store.clone().text(user)).map(|(_, id)| id.clone()).collect();
    end(ctx, store, &ids)
}

/// Takes everybody out of a group that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn empty(ctx: &mut Ctx<'_>, store: &Key, group: &str) -> Result<()> {
    let ids: Vec<String> = ctx.scan::<Pairs>(&store.clone().text(group)).map(|(_, id)| id.clone()).collect();
    end(ctx, store, &ids)
}

fn end(ctx: &mut Ctx<'_>, store: &Key, ids: &[String]) -> Result<()> {
    for id in ids {
        if let Some(membership) = ctx.get::<Memberships>(&store.clone().text(id)) {
            record::forget(ctx, store, &membership)?;
        }
    }
    Ok(())
}

/// The user that a request names. Members are users only.
fn member(ctx: &Ctx<'_>, given: &api::MemberId) -> Result<String> {
    let missing = || error::validation(ctx, "MemberId must have a UserId.");
    given.user_id.as_deref().map(canonical).ok_or_else(missing)
}

fn create_group_membership(
    ctx: &mut Ctx<'_>,
    input: &api::CreateGroupMembershipRequest,
) -> Result<api::CreateGroupMembershipResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let user = member(ctx, &input.member_id)?;
    let membership_id = add(ctx, &store, &input.group_id, &user)?;
    Ok(api::CreateGroupMembershipResponse {
        membership_id,
        identity_store_id: input.identity_store_id.clone(),
    })
}

/// Puts a user into a group; the id of its membership.
///
/// # Errors
/// `ResourceNotFoundException` where there is no such user or group, `ConflictException` where the one is in the other.
pub(crate) fn add(ctx: &mut Ctx<'_>, store: &Key, group: &str, user: &str) -> Result<String> {
    let (group, user) = (canonical(group), canonical(user));
    if user::get(ctx, store, &user).is_err() {
        return Err(error::missing(ctx, Kind::User, Some(&user), "Member does not exist"));
    }
    if group::get(ctx, store, &group).is_err() {
        return Err(error::missing(ctx, Kind::Group, Some(&group), "Group does not exist"));
    }
    if ctx.peek::<Pairs>(&record::pair(store, &group, &user)).is_some() {
        return Err(error::duplicate(ctx, "Member and Group relationship already exists"));
    }
    let membership =
        Membership { id: ctx.fresh_uuid("identitystore.membership")?, group, user, created: Stamp::now(ctx) };
    let id = membership.id.clone();
    record::keep(ctx, store, membership)?;
    Ok(id)
}

/// Takes a user out of a group; who is not in it stays out.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn leave(ctx: &mut Ctx<'_>, store: &Key, group: &str, user: &str) -> Result<()> {
    let id = ctx.peek::<Pairs>(&record::pair(store, &canonical(group), &canonical(user))).cloned();
    end(ctx, store, &Vec::from_iter(id))
}

fn get<'t>(ctx: &'t Ctx<'_>, store: &Key, id: &str) -> Result<&'t Membership> {
    let missing = || error::not_found(ctx, Kind::Membership, Some(id));
    ctx.peek::<Memberships>(&store.clone().text(&canonical(id))).ok_or_else(missing)
}

fn describe_group_membership(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeGroupMembershipRequest,
) -> Result<api::DescribeGroupMembershipResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let membership = get(ctx, &store, &input.membership_id)?;
    Ok(api::DescribeGroupMembershipResponse {
        identity_store_id: input.identity_store_id.clone(),
        membership_id: membership.id.clone(),
        group_id: membership.group.clone(),
        member_id: api::MemberId { user_id: Some(membership.user.clone()) },
        created_at: Some(membership.created.at),
        updated_at: Some(membership.created.at),
        created_by: Some(membership.created.by.clone()),
        updated_by: Some(membership.created.by.clone()),
    })
}

fn view(membership: &Membership, store: &str) -> api::GroupMembership {
    api::GroupMembership {
        identity_store_id: store.to_owned(),
        membership_id: Some(membership.id.clone()),
        group_id: Some(membership.group.clone()),
        member_id: Some(api::MemberId { user_id: Some(membership.user.clone()) }),
        created_at: Some(membership.created.at),
        updated_at: Some(membership.created.at),
        created_by: Some(membership.created.by.clone()),
        updated_by: Some(membership.created.by.clone()),
    }
}

fn get_group_membership_id(
    ctx: &mut Ctx<'_>,
    input: &api::GetGroupMembershipIdRequest,
) -> Result<api::GetGroupMembershipIdResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let user = member(ctx, &input.member_id)?;
    let group = canonical(&input.group_id);
    let found = ctx.peek::<Pairs>(&record::pair(&store, &group, &user));
    let membership_id = found.cloned().ok_or_else(|| error::not_found(ctx, Kind::Membership, None))?;
    Ok(api::GetGroupMembershipIdResponse {
        membership_id,
        identity_store_id: input.identity_store_id.clone(),
    })
}

fn is_member_in_groups(
    ctx: &mut Ctx<'_>,
    input: &api::IsMemberInGroupsRequest,
) -> Result<api::IsMemberInGroupsResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let user = member(ctx, &input.member_id)?;
    user::get(ctx, &store, &user)?;
    let mut results = Vec::new();
    for id in &input.group_ids {
        let group = &group::get(ctx, &store, id)?.id;
        results.push(api::GroupMembershipExistenceResult {
            group_id: Some(group.clone()),
            member_id: Some(input.member_id.clone()),
            membership_exists: Some(ctx.peek::<Pairs>(&record::pair(&store, group, &user)).is_some()),
        });
    }
    Ok(api::IsMemberInGroupsResponse { results })
}

fn list_group_memberships(
    ctx: &mut Ctx<'_>,
    input: &api::ListGroupMembershipsRequest,
) -> Result<api::ListGroupMembershipsResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let group = &group::get(ctx, &store, &input.group_id)?.id;
    let window = page::window(ctx, input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Pairs, _>(ctx, &store.clone().text(group), |id| {
        get(ctx, &store, id).ok().map(|membership| view(membership, &input.identity_store_id))
    });
    Ok(api::ListGroupMembershipsResponse { group_memberships: page.items, next_token: page.next })
}

fn list_group_memberships_for_member(
    ctx: &mut Ctx<'_>,
    input: &api::ListGroupMembershipsForMemberRequest,
) -> Result<api::ListGroupMembershipsForMemberResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let user = member(ctx, &input.member_id)?;
    user::get(ctx, &store, &user)?;
    let window = page::window(ctx, input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<ByMember, _>(ctx, &store.clone().text(&user), |id| {
        get(ctx, &store, id).ok().map(|membership| view(membership, &input.identity_store_id))
    });
    Ok(api::ListGroupMembershipsForMemberResponse { group_memberships: page.items, next_token: page.next })
}

fn delete_group_membership(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteGroupMembershipRequest,
) -> Result<api::DeleteGroupMembershipResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let membership = get(ctx, &store, &input.membership_id)?.clone();
    record::forget(ctx, &store, &membership)?;
    Ok(api::DeleteGroupMembershipResponse {})
}
