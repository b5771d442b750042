//! Changes to parts of a resource (RFC 7644, 3.5.2), as far as PatchUser and PatchGroup take them.

use ironbird_rig::Result;
use serde_json::{Map, Value};

use super::filter::Filter;
use super::invalid;
use super::resource::ENTERPRISE;

/// What is done to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) verb: Verb,
    /// The steps that lead to the part; none where the value has the parts by their names.
    path: Vec<String>,
    /// What a value in a list is chosen by: `[type eq "work"]`.
    chosen: Option<Filter>,
    value: Value,
}

impl Operation {
    /// The parts that the operation is about, with what they are to be.
    pub(super) fn parts(&self) -> Vec<(String, Value)> {
        match (self.path.first(), &self.value) {
            (Some(name), value) => vec![(name.clone(), value.clone())],
            (None, Value::Object(parts)) => {
                parts.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
            }
            (None, _) => Vec::new(),
        }
    }

    /// The value that the path chooses by.
    pub(super) fn filtered(&self, name: &str) -> Option<String> {
        self.chosen.as_ref().and_then(|filter| filter.value(name)).map(str::to_owned)
    }
}

/// Reads the operations of a request.
///
/// # Errors
/// `ValidationException`
pub(super) fn operations(body: &Map<String, Value>) -> Result<Vec<Operation>> {
    let list = body.get("Operations").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| invalid("Operations must be a list that is not empty."))?;
    list.iter().map(operation).collect()
}

fn operation(given: &Value) -> Result<Operation> {
    let verb = given.get("op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let verb = match verb.as_str() {
        "add" => Verb::Add,
        "replace" => Verb::Replace,
        "remove" => Verb::Remove,
        _ => return Err(invalid("op must be add, replace or remove.")),
    };
    let (path, chosen) = match given.get("path").and_then(Value::as_str).filter(|path| !path.is_empty()) {
        Some(path) => steps(path)?,
        None => (Vec::new(), None),
    };
    let value = given.get("value").cloned().unwrap_or(Value::Null);
    if verb == Verb::Remove && path.is_empty() {
        return Err(invalid("path is required to remove something."));
    }
    if verb != Verb::Remove && (value.is_null() || (path.is_empty() && !value.is_object())) {
        return Err(invalid("value is required to add or replace something."));
    }
    Ok(Operation { verb, path, chosen, value })
}

/// Takes a path apart: `emails[type eq "work"].value`, `name.givenName`, `urn:…:User:department`.
fn steps(path: &str) -> Result<(Vec<String>, Option<Filter>)> {
    let unreadable = || invalid(format!("The path {path} cannot be read."));
    if let Some(rest) = path.strip_prefix(ENTERPRISE) {
        let inner = rest.strip_prefix([':', '.']).unwrap_or(rest).split('.').filter(|step| !step.is_empty());
        return Ok((std::iter::once(ENTERPRISE).chain(inner).map(str::to_owned).collect(), None));
    }
    let Some((list, rest)) = path.split_once('[') else {
        return Ok((path.split('.').map(str::to_owned).collect(), None));
    };
    let (condition, after) = rest.rsplit_once(']').ok_or_else(unreadable)?;
    let chosen = Filter::read(condition, &[&["value"], &["type"]])?;
    let inner = after.strip_prefix('.').into_iter().map(str::to_owned);
    Ok((std::iter::once(list.to_owned()).chain(inner).collect(), Some(chosen)))
}

/// Does an operation to a user as SCIM shows it.
///
/// # Errors
/// `ValidationException` for what cannot be taken away, and a path that leads nowhere.
pub(super) fn apply(user: &mut Value, operation: &Operation) -> Result<()> {
    let kept = ["userName", "active"];
    if operation.verb == Verb::Remove && operation.path.iter().any(|step| kept.contains(&step.as_str())) {
        return Err(invalid(format!("The attribute {} cannot be removed.", operation.path[0])));
    }
    if !operation.path.is_empty() {
        return put(user, &operation.path, operation);
    }
    for (name, value) in operation.parts() {
        let (path, chosen) = steps(&name)?;
        put(user, &path.clone(), &Operation { verb: operation.verb, path, chosen, value })?;
    }
    Ok(())
}

fn put(place: &mut Value, path: &[String], operation: &Operation) -> Result<()> {
    let nowhere = || invalid(format!("The path {} leads nowhere.", operation.path.join(".")));
    // A list has one value at most: the path goes on in it.
    if let Value::Array(list) = place {
        if list.is_empty() && operation.verb != Verb::Remove {
            list.push(Value::Object(Map::new()));
        }
        return match list.first_mut() {
            Some(one) => put(one, path, operation),
            None => Ok(()),
        };
    }
    let object = place.as_object_mut().ok_or_else(nowhere)?;
    match path {
        [] => Err(nowhere()),
        [last] if operation.verb == Verb::Remove => {
            object.remove(last);
            Ok(())
        }
        [last] => {
            let value = operation.value.clone();
            match (object.get_mut(last), &value) {
                // What is added to an attribute of parts stays beside the others.
                (Some(Value::Object(there)), Value::Object(more)) => {
                    there.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                _ => {
                    object.insert(last.clone(), value);
                }
            }
            Ok(())
        }
        [first, rest @ ..] => {
            let many = ["emails", "addresses", "phoneNumbers"].contains(&first.as_str());
            let fresh = if many { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
            put(object.entry(first.clone()).or_insert(fresh), rest, operation)
        }
    }
}
