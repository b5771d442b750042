//! What a user must be like, when it is made and after every change.

use ironbird_api::identitystore as api;
use ironbird_rig::{Ctx, Result, document};
use ironbird_wire::validate;
use serde_json::{Map, Value};

use super::record::GIVEN;
use crate::error;

/// Names that no user has (API reference, CreateUser).
const RESERVED: [&str; 2] = ["administrator", "awsadministrators"];

/// The only extension there is (API reference, DescribeUser).
pub(crate) const EXTENSION: &str = "aws:identitystore:enterprise";

/// Checks the attributes of a user.
///
/// # Errors
/// `ValidationException` for whatever is missing or not as it must be.
pub(crate) fn check(ctx: &Ctx<'_>, attributes: &Map<String, Value>) -> Result<()> {
    fits(ctx, attributes)?;
    let text = |object: &Map<String, Value>, name: &str| {
        object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let Some(user_name) = text(attributes, "UserName") else {
        return Err(error::validation(ctx, "userName is a required attribute"));
    };
    if user_name.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        let message = "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must \
                       satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+";
        return Err(error::validation(ctx, message));
    }
    if RESERVED.contains(&user_name.to_lowercase().as_str()) {
        return Err(error::validation(ctx, format!("{user_name} is a reserved user name")));
    }
    let mut missing = Vec::new();
    if text(attributes, "DisplayName").is_none() {
        missing.push("displayname");
    }
    match attributes.get("Name").and_then(Value::as_object) {
        None => missing.push("name"),
        Some(name) => {
            let parts = [("GivenName", "givenname"), ("FamilyName", "familyname")];
            missing
                .extend(parts.iter().filter(|(part, _)| text(name, part).is_none()).map(|(_, shown)| *shown));
        }
    }
    if !missing.is_empty() {
        let words: Vec<String> =
            missing.iter().map(|name| format!("{name}: The attribute {name} is required")).collect();
        return Err(error::validation(ctx, words.join(", ")));
    }
    extensions(ctx, attributes)
}

/// Whether the model lets `CreateUser` take these attributes: kinds of values, lengths, numbers of elements.
fn fits(ctx: &Ctx<'_>, attributes: &Map<String, Value>) -> Result<()> {
    let mut given = attributes.clone();
    given.insert("IdentityStoreId".to_owned(), "d-0000000000".into());
    let read = document::read::<api::CreateUserRequest>(GIVEN, &Value::Object(given));
    let request = read.map_err(|_| error::validation(ctx, "An attribute has a value of another kind."))?;
    let Some(service) = ironbird_models::service("identitystore") else { return Ok(()) };
    let input = service.operation("CreateUser").and_then(|operation| operation.input);
    let Some(shape) = input else { return Ok(()) };
    match validate::validate(service, service.shape(shape), &request).first() {
        None => Ok(()),
        Some(broken) => {
            let message = format!("The attribute {} has an invalid value.", broken.dotted());
            Err(error::validation(ctx, message))
        }
    }
}

fn extensions(ctx: &Ctx<'_>, attributes: &Map<String, Value>) -> Result<()> {
    let Some(extensions) = attributes.get("Extensions").and_then(Value::as_object) else { return Ok(()) };
    for (name, value) in extensions {
        if name != EXTENSION {
            return Err(error::validation(ctx, format!("The extension {name} is not supported.")));
        }
        if !value.is_object() {
            return Err(error::validation(ctx, format!("The extension {name} must be an object.")));
        }
    }
    Ok(())
}
