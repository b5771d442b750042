//! Users as SCIM has them and as the store keeps them, and what the service says of itself.

use ironbird_rig::{Result, Timestamp};
use serde_json::{Map, Value, json};

use super::invalid;
use crate::caller::Stamp;
use crate::user::check::EXTENSION;
use crate::user::record::User;

pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The attributes of users that are kept as they are ("Limitations from SCIM specification" in the developer guide).
const KEPT: [&str; 13] = [
    "userName",
    "name",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "emails",
    "addresses",
    "phoneNumbers",
];

/// Those of them of which a user has one value, in a list.
const SINGLE: [&str; 3] = ["emails", "addresses", "phoneNumbers"];

/// What says nothing of the user that is kept.
const PASSED_OVER: [&str; 3] = ["schemas", "meta", "id"];

/// A user as SCIM has it, read.
pub(super) struct Given {
    pub(super) attributes: Map<String, Value>,
    pub(super) external: Option<String>,
    pub(super) active: bool,
}

/// Reads a user.
///
/// # Errors
/// `ValidationException` for what users of the store do not have.
pub(super) fn read(body: &Map<String, Value>) -> Result<Given> {
    let mut given = Given { attributes: Map::new(), external: None, active: true };
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        if PASSED_OVER.contains(&name.as_str()) {
            continue;
        }
        match name.as_str() {
            "externalId" => given.external = Some(text(name, value)?.to_owned()),
            "active" => given.active = flag(value)?,
            ENTERPRISE => {
                given.attributes.insert("Extensions".to_owned(), json!({ EXTENSION: value }));
            }
            _ if SINGLE.contains(&name.as_str()) => {
                if let Some(one) = single(name, value)? {
                    given.attributes.insert(
                        cased(name, char::to_ascii_uppercase),
                        renamed(&one, char::to_ascii_uppercase),
                    );
                }
            }
            _ if KEPT.contains(&name.as_str()) => {
                given
                    .attributes
                    .insert(cased(name, char::to_ascii_uppercase), renamed(value, char::to_ascii_uppercase));
            }
            _ => return Err(invalid(format!("The attribute {name} is not supported."))),
        }
    }
    Ok(given)
}

pub(super) fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str> {
    value.as_str().ok_or_else(|| invalid(format!("The attribute {name} must be a text.")))
}

/// A truth value; some providers write it as a text.
pub(super) fn flag(value: &Value) -> Result<bool> {
    let text = value.as_str().map(str::to_ascii_lowercase);
    let read = value.as_bool().or_else(|| text.and_then(|text| text.parse().ok()));
    read.ok_or_else(|| invalid("The attribute active must be true or false."))
}

/// A list of one value or none. An email address has to be the primary one.
fn single(name: &str, value: &Value) -> Result<Option<Value>> {
    let Some(list) = value.as_array().filter(|list| list.len() <= 1) else {
        return Err(invalid(format!("The attribute {name} must have a single value.")));
    };
    let Some(one) = list.first() else { return Ok(None) };
    let Some(parts) = one.as_object() else {
        return Err(invalid(format!("A value of the attribute {name} must be an object.")));
    };
    if parts.contains_key("display") {
        return Err(invalid(format!("The subattribute display of {name} is not supported.")));
    }
    if name == "emails" && parts.get("primary") != Some(&Value::Bool(true)) {
        return Err(invalid("The value of the attribute emails must be marked as primary."));
    }
    Ok(Some(Value::Array(vec![one.clone()])))
}

/// A user as SCIM shows it.
pub(super) fn shown(user: &User) -> Value {
    let mut shown = Map::new();
    let mut schemas = vec![USER];
    for (name, value) in &user.attributes {
        if name == "Extensions" {
            if let Some(extension) = value.get(EXTENSION) {
                schemas.push(ENTERPRISE);
                shown.insert(ENTERPRISE.to_owned(), extension.clone());
            }
            continue;
        }
        shown.insert(cased(name, char::to_ascii_lowercase), renamed(value, char::to_ascii_lowercase));
    }
    shown.insert("active".to_owned(), (!user.disabled).into());
    with_rest(shown, &schemas, &user.id, user.external.as_deref(), meta("User", &user.created, &user.updated))
}

/// A resource with what every one has.
pub(super) fn with_rest(
    mut shown: Map<String, Value>,
    schemas: &[&str],
    id: &str,
    external: Option<&str>,
    meta: Value,
) -> Value {
    shown.insert("schemas".to_owned(), json!(schemas));
    shown.insert("id".to_owned(), id.into());
    if let Some(external) = external {
        shown.insert("externalId".to_owned(), external.into());
    }
    shown.insert("meta".to_owned(), meta);
    Value::Object(shown)
}

pub(super) fn meta(kind: &str, created: &Stamp, updated: &Stamp) -> Value {
    let at = |instant: Timestamp| instant.iso8601();
    json!({ "resourceType": kind, "created": at(created.at), "lastModified": at(updated.at) })
}

/// A name with its first letter in the other case: the store's `GivenName` is SCIM's `givenName`.
fn cased(name: &str, case: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| case(&first)).into_iter().chain(letters).collect()
}

fn renamed(value: &Value, case: fn(&char) -> char) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (cased(name, case), renamed(value, case))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(|value| renamed(value, case)).collect()),
        other => other.clone(),
    }
}

/// What of the protocol there is.
pub(super) fn provider() -> Value {
    let no = json!({ "supported": false });
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source-idp.html",
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "Authentication scheme using the OAuth Bearer Token Standard",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 1, "maxPayloadSize": 1_048_576 },
        "filter": { "supported": true, "maxResults": super::MOST },
        "changePassword": no,
        "sort": no,
        "etag": no,
    })
}

/// The kinds of resources.
pub(super) fn types() -> Vec<Value> {
    let kind = |name: &str, place: &str, schema: &str, extensions: Value| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": place,
            "schema": schema,
            "schemaExtensions": extensions,
        })
    };
    let enterprise = json!([{ "schema": ENTERPRISE, "required": false }]);
    vec![kind("User", "/Users", USER, enterprise), kind("Group", "/Groups", GROUP, json!([]))]
}
