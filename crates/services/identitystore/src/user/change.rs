//! What `UpdateUser` does: each operation sets or removes the attribute at a path.

use ironbird_api::identitystore as api;
use ironbird_rig::{Ctx, Result};
use ironbird_wire::schema::{Kind, Service, ShapeId};
use serde_json::{Map, Value};

use super::check::EXTENSION;
use crate::error;

/// Does one operation to the attributes of a user.
///
/// # Errors
/// `ValidationException` for a path that no user has, and for members of a value that the attribute does not have.
pub(super) fn apply(
    ctx: &Ctx<'_>,
    attributes: &mut Map<String, Value>,
    operation: &api::AttributeOperation,
) -> Result<()> {
    let path = &operation.attribute_path;
    let value = operation.attribute_value.as_ref().filter(|value| !value.is_null());
    if let Some(inner) = path.strip_prefix(EXTENSION) {
        let extensions = attributes.entry("Extensions").or_insert_with(|| Value::Object(Map::new()));
        let steps: Vec<&str> = std::iter::once(EXTENSION).chain(inner.split('.').skip(1)).collect();
        let placed = extensions.as_object_mut().is_some_and(|object| place(object, &steps, value.cloned()));
        if extensions.as_object().is_some_and(Map::is_empty) {
            attributes.remove("Extensions");
        }
        return if placed { Ok(()) } else { Err(unknown(ctx, path)) };
    }
    let Some((service, shape)) = given() else { return Ok(()) };
    let (mut at, mut steps) = (shape, Vec::new());
    for step in path.split('.') {
        let shape = service.shape(at);
        let member = shape.members.iter().find(|member| member.name.eq_ignore_ascii_case(step));
        let member =
            member.filter(|member| !["IdentityStoreId", "Extensions"].contains(&member.name.as_str()));
        let member = member.ok_or_else(|| unknown(ctx, path))?;
        steps.push(member.name.as_str());
        at = member.target;
    }
    let value = match value {
        None => None,
        Some(value) => {
            let invalid = || error::validation(ctx, format!("The value of the attribute {path} is invalid."));
            Some(named(service, at, value).ok_or_else(invalid)?)
        }
    };
    if place(attributes, &steps, value) { Ok(()) } else { Err(unknown(ctx, path)) }
}

fn given() -> Option<(&'static Service, ShapeId)> {
    let service = ironbird_models::service("identitystore")?;
    Some((service, service.operation("CreateUser")?.input?))
}

fn unknown(ctx: &Ctx<'_>, path: &str) -> ironbird_rig::Error {
    error::validation(ctx, format!("The attribute path {path} is not supported."))
}

/// Puts a value where the steps lead, or takes away what is there; whether they lead anywhere.
fn place(object: &mut Map<String, Value>, steps: &[&str], value: Option<Value>) -> bool {
    match (steps, value) {
        ([], _) => false,
        ([last], Some(value)) => {
            object.insert((*last).to_owned(), value);
            true
        }
        ([last], None) => {
            object.remove(*last);
            true
        }
        ([first, rest @ ..], value) => {
            let inner = object.entry(*first).or_insert_with(|| Value::Object(Map::new()));
            inner.as_object_mut().is_some_and(|inner| place(inner, rest, value))
        }
    }
}

/// A value with its members named as the model names them: callers write `value` and `Value`. None where it has members
/// that the shape has not.
fn named(service: &Service, shape: ShapeId, value: &Value) -> Option<Value> {
    let shape = service.shape(shape);
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(object)) => {
            let mut renamed = Map::new();
            for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                let member = shape.members.iter().find(|member| member.name.eq_ignore_ascii_case(name))?;
                renamed.insert(member.name.clone(), named(service, member.target, value)?);
            }
            Some(Value::Object(renamed))
        }
        (Kind::List, Value::Array(items)) => {
            let element = shape.elements.first()?.target;
            items
                .iter()
                .map(|item| named(service, element, item))
                .collect::<Option<Vec<_>>>()
                .map(Value::Array)
        }
        (Kind::Structure | Kind::List, _) => None,
        _ => Some(value.clone()),
    }
}
