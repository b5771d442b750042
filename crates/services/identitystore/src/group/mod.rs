//! Groups.

pub(crate) mod record;

use ironbird_api::identitystore as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};
use serde_json::Value;

use crate::caller::Stamp;
use crate::error::{self, Kind};
use crate::{REMOVED, membership, page, store};
use record::{Group, Groups, Names};

/// Groups that a store may have (Identity Center quotas in its user guide).
const MOST: u64 = 100_000;

/// Longest name and description (the model's constraint).
const LONGEST: usize = 1024;

/// Names that no group has (API reference, CreateUser: users and groups).
const RESERVED: [&str; 2] = ["administrator", "awsadministrators"];

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Groups>()
        .table::<Names>()
        .write::<api::CreateGroup>(create_group)
        .read::<api::DescribeGroup>(describe_group)
        .read::<api::GetGroupId>(get_group_id)
        .read::<api::ListGroups>(list_groups)
        .write::<api::UpdateGroup>(update_group)
        .write::<api::DeleteGroup>(delete_group)
}

fn create_group(ctx: &mut Ctx<'_>, input: &api::CreateGroupRequest) -> Result<api::CreateGroupResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let group_id = add(ctx, &store, input.display_name.as_deref(), input.description.clone())?;
    Ok(api::CreateGroupResponse { group_id, identity_store_id: input.identity_store_id.clone() })
}

/// Adds a group; its id.
///
/// # Errors
/// `ValidationException` for a name that no group can have, `ConflictException` where another has it, and
/// `ServiceQuotaExceededException`.
pub(crate) fn add(
    ctx: &mut Ctx<'_>,
    store: &Key,
    given: Option<&str>,
    description: Option<String>,
) -> Result<String> {
    let name = name(ctx, given)?;
    if ctx.peek::<store::Stores>(store).is_some_and(|store| store.groups >= MOST) {
        return Err(error::quota(ctx, format!("An identity store can have at most {MOST} groups.")));
    }
    let stamp = Stamp::now(ctx);
    let group = Group {
        id: ctx.fresh_uuid("identitystore.group")?,
        name,
        description,
        external: None,
        created: stamp.clone(),
        updated: stamp,
    };
    let id = group.id.clone();
    record::save(ctx, store, None, group)?;
    store::count(ctx, store, |store| store.groups += 1)?;
    Ok(id)
}

/// Reads the name that a group is to have.
///
/// # Errors
/// `ValidationException` where no group can have it.
pub(crate) fn name(ctx: &Ctx<'_>, given: Option<&str>) -> Result<String> {
    let Some(name) = given.filter(|name| !name.trim().is_empty()) else {
        return Err(error::validation(ctx, "displayName is a required attribute"));
    };
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        return Err(error::validation(ctx, format!("{name} is a reserved group name")));
    }
    Ok(name.to_owned())
}

fn describe_group(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeGroupRequest,
) -> Result<api::DescribeGroupResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let shown = view(record::get(ctx, &store, &input.group_id)?, &input.identity_store_id);
    Ok(api::DescribeGroupResponse {
        group_id: shown.group_id,
        display_name: shown.display_name,
        external_ids: shown.external_ids,
        description: shown.description,
        created_at: shown.created_at,
        updated_at: shown.updated_at,
        created_by: shown.created_by,
        updated_by: shown.updated_by,
        identity_store_id: shown.identity_store_id,
    })
}

fn view(group: &Group, store: &str) -> api::Group {
    api::Group {
        group_id: group.id.clone(),
        display_name: Some(group.name.clone()),
        external_ids: None,
        description: group.description.clone(),
        created_at: Some(group.created.at),
        updated_at: Some(group.updated.at),
        created_by: Some(group.created.by.clone()),
        updated_by: Some(group.updated.by.clone()),
        identity_store_id: store.to_owned(),
    }
}

fn get_group_id(ctx: &mut Ctx<'_>, input: &api::GetGroupIdRequest) -> Result<api::GetGroupIdResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let missing = || error::not_found(ctx, Kind::Group, None);
    let Some(attribute) = &input.alternate_identifier.unique_attribute else { return Err(missing()) };
    let path = &attribute.attribute_path;
    if !path.eq_ignore_ascii_case("displayName") {
        return Err(error::validation(ctx, format!("The attribute {path} is not a unique attribute")));
    }
    let value = attribute.attribute_value.as_str().filter(|value| !value.is_empty()).ok_or_else(|| {
        error::validation(ctx, "attribute value cannot be empty or null for attribute path")
    })?;
    let group_id = ctx.peek::<Names>(&store.text(value)).cloned().ok_or_else(missing)?;
    Ok(api::GetGroupIdResponse { group_id, identity_store_id: input.identity_store_id.clone() })
}

fn list_groups(ctx: &mut Ctx<'_>, input: &api::ListGroupsRequest) -> Result<api::ListGroupsResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let window = page::window(ctx, input.max_results, input.next_token.as_deref())?;
    let show = |group: &Group| view(group, &input.identity_store_id);
    let Some(filter) = input.filters.iter().flatten().next() else {
        let page = window.scan::<Groups, _>(ctx, &store, |group| Some(show(group)));
        return Ok(api::ListGroupsResponse { groups: page.items, next_token: page.next });
    };
    if !filter.attribute_path.eq_ignore_ascii_case("displayName") {
        let message = format!("The filter attribute path {} is not supported.", filter.attribute_path);
        return Err(error::validation(ctx, message));
    }
    let found = ctx.peek::<Names>(&store.clone().text(&filter.attribute_value));
    let groups =
        found.map(|id| Ok(show(record::get(ctx, &store, id)?))).into_iter().collect::<Result<_>>()?;
    Ok(api::ListGroupsResponse { groups, next_token: None })
}

fn update_group(ctx: &mut Ctx<'_>, input: &api::UpdateGroupRequest) -> Result<api::UpdateGroupResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let before = record::get(ctx, &store, &input.group_id)?.clone();
    let mut group = before.clone();
    for operation in &input.operations {
        let path = &operation.attribute_path;
        let value = match operation.attribute_value.as_ref().filter(|value| !value.is_null()) {
            None => None,
            Some(Value::String(text)) if (1..=LONGEST).contains(&text.chars().count()) => Some(text.as_str()),
            Some(_) => {
                let message = format!("The value of the attribute {path} is invalid.");
                return Err(error::validation(ctx, message));
            }
        };
        if path.eq_ignore_ascii_case("displayName") {
            group.name = name(ctx, value)?;
        } else if path.eq_ignore_ascii_case("description") {
            group.description = value.map(str::to_owned);
        } else {
            return Err(error::validation(ctx, format!("The attribute path {path} is not supported.")));
        }
    }
    group.updated = Stamp::now(ctx);
    record::save(ctx, &store, Some(&before), group)?;
    Ok(api::UpdateGroupResponse {})
}

fn delete_group(ctx: &mut Ctx<'_>, input: &api::DeleteGroupRequest) -> Result<api::DeleteGroupResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    remove(ctx, &store, &input.group_id)?;
    Ok(api::DeleteGroupResponse {})
}

/// Removes a group, with who is in it.
///
/// # Errors
/// `ResourceNotFoundException`
pub(crate) fn remove(ctx: &mut Ctx<'_>, store: &Key, id: &str) -> Result<()> {
    let group = record::get(ctx, store, id)?.clone();
    membership::empty(ctx, store, &group.id)?;
    record::forget(ctx, store, &group)?;
    store::count(ctx, store, |store| store.groups = store.groups.saturating_sub(1))?;
    ctx.emit(REMOVED, &format!("GROUP/{}", group.id))
}
