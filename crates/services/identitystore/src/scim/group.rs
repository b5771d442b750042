//! Groups over SCIM. Their members are changed, and not shown.

use ironbird_rig::{Ctx, Key, Result};
use serde_json::{Map, Value, json};

use super::filter::Filter;
use super::invalid;
use super::patch::{self, Operation, Verb};
use super::resource::{self, text};
use crate::caller::Stamp;
use crate::group;
use crate::group::record::{self, Group, Groups, Names};
use crate::membership;
use crate::membership::record::{Pairs, pair};

/// The attributes that groups are filtered by, together (ListGroups).
pub(super) const FILTERS: [&[&str]; 5] =
    [&["displayname"], &["externalid"], &["id"], &["id", "member"], &["id", "members"]];

/// Members that one request may change (CreateGroup, PatchGroup).
const MOST: usize = 100;

/// Makes a group.
///
/// # Errors
/// `ValidationException`, and `ConflictException` where another has its name.
pub(super) fn create(ctx: &mut Ctx<'_>, store: &Key, body: &Map<String, Value>) -> Result<Value> {
    let known = ["schemas", "meta", "id", "displayName", "externalId", "members"];
    if let Some(other) = body.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(invalid(format!("The attribute {other} is not supported.")));
    }
    let optional = |name: &str| body.get(name).map(|value| text(name, value)).transpose();
    let external = optional("externalId")?.map(str::to_owned);
    let id = group::add(ctx, store, optional("displayName")?, None)?;
    let before = record::get(ctx, store, &id)?.clone();
    record::save(ctx, store, Some(&before), Group { external, ..before.clone() })?;
    let members = body.get("members").map(members).transpose()?.unwrap_or_default();
    for member in members {
        join(ctx, store, &id, &member)?;
    }
    show(ctx, store, &id)
}

/// Shows a group.
///
/// # Errors
/// `ResourceNotFoundException`
pub(super) fn show(ctx: &mut Ctx<'_>, store: &Key, id: &str) -> Result<Value> {
    Ok(shown(record::get(ctx, store, id)?))
}

fn shown(group: &Group) -> Value {
    let own =
        Map::from_iter([("displayName".to_owned(), json!(group.name)), ("members".to_owned(), json!([]))]);
    let meta = resource::meta("Group", &group.created, &group.updated);
    resource::with_rest(own, &[resource::GROUP], &group.id, group.external.as_deref(), meta)
}

/// Changes parts of a group.
///
/// # Errors
/// Those of [`create`] and [`show`].
pub(super) fn patch(ctx: &mut Ctx<'_>, store: &Key, id: &str, body: &Map<String, Value>) -> Result<()> {
    let before = record::get(ctx, store, id)?.clone();
    let mut group = before.clone();
    let mut left = MOST;
    for operation in patch::operations(body)? {
        for (name, value) in operation.parts() {
            match name.as_str() {
                "displayName" => group.name = group::name(ctx, Some(text(&name, &value)?))?,
                "externalId" => group.external = Some(text(&name, &value)?.to_owned()),
                "members" => {
                    let named = named_members(&operation, &value)?;
                    left = left.checked_sub(named.len()).ok_or_else(too_many)?;
                    for member in named {
                        change(ctx, store, id, &member, operation.verb)?;
                    }
                }
                "schemas" | "id" | "meta" => {}
                _ => return Err(invalid(format!("The path {name} is not supported."))),
            }
        }
    }
    group.updated = Stamp::now(ctx);
    record::save(ctx, store, Some(&before), group)
}

fn too_many() -> ironbird_rig::Error {
    invalid(format!("A request can change at most {MOST} members."))
}

/// The members that an operation names: in its value, or in a filter of its path.
fn named_members(operation: &Operation, value: &Value) -> Result<Vec<String>> {
    match (operation.verb, operation.filtered("value")) {
        (Verb::Replace, _) => Err(invalid("Members cannot be replaced: add and remove them.")),
        (Verb::Remove, Some(member)) => Ok(vec![member]),
        (Verb::Remove, None) if value.is_null() => Err(invalid("Members can only be removed by name.")),
        _ => members(value),
    }
}

fn members(value: &Value) -> Result<Vec<String>> {
    let list = value.as_array().ok_or_else(|| invalid("The attribute members must be a list."))?;
    if list.len() > MOST {
        return Err(too_many());
    }
    let id = |member: &Value| member.get("value").and_then(Value::as_str).map(str::to_owned);
    list.iter().map(|member| id(member).ok_or_else(|| invalid("A member has no value."))).collect()
}

fn change(ctx: &mut Ctx<'_>, store: &Key, group: &str, member: &str, verb: Verb) -> Result<()> {
    match verb {
        Verb::Remove => membership::leave(ctx, store, group, member),
        _ => join(ctx, store, group, member),
    }
}

/// Who is in the group already stays in it.
fn join(ctx: &mut Ctx<'_>, store: &Key, group: &str, member: &str) -> Result<()> {
    if ctx.peek::<Pairs>(&pair(store, group, member)).is_some() {
        return Ok(());
    }
    membership::add(ctx, store, group, member).map(drop)
}

/// Deletes a group.
///
/// # Errors
/// `ResourceNotFoundException`
pub(super) fn delete(ctx: &mut Ctx<'_>, store: &Key, id: &str) -> Result<()> {
    group::remove(ctx, store, id)
}

/// The groups that a filter is about, in the order of their ids.
///
/// # Errors
/// When a record cannot be read.
pub(super) fn matching(ctx: &Ctx<'_>, store: &Key, filter: Option<&Filter>) -> Result<Vec<Value>> {
    if let Some(name) = filter.and_then(|filter| filter.value("displayname")) {
        let id = ctx.peek::<Names>(&store.clone().text(name));
        let found = id.and_then(|id| record::get(ctx, store, id).ok());
        return Ok(found.map(shown).into_iter().collect());
    }
    let wanted = |name: &str| filter.and_then(|filter| filter.value(name));
    let member = wanted("member").or_else(|| wanted("members"));
    let is_wanted = |group: &&Group| {
        wanted("externalid").is_none_or(|external| group.external.as_deref() == Some(external))
            && wanted("id").is_none_or(|id| group.id == id)
            && member.is_none_or(|member| ctx.peek::<Pairs>(&pair(store, &group.id, member)).is_some())
    };
    Ok(ctx.scan::<Groups>(store).map(|(_, group)| group).filter(is_wanted).map(shown).collect())
}
