//! SCIM 2.0 (RFC 7643, RFC 7644): how an external identity provider keeps a store's users and groups as its own.
//!
//! It is what the SCIM implementation developer guide of Identity Center says, limits included: `eq` is the only operator of
//! filters, attributes that have many values elsewhere have one, a group's members are not shown. AWS has no operations for it but
//! a protocol of its own; the gateway reads and writes HTTP, and pulls a lever for each request.

mod filter;
mod group;
mod patch;
mod resource;
mod token;
mod user;

use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef};
use serde_json::{Map, Value, json};

use filter::Filter;

pub(crate) use token::clear as forget_tokens;

/// Resources on a page at most, and unless asked otherwise (ListUsers, ListGroups).
const MOST: usize = 100;

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    token::register(definition).lever("identitystore.scim", pull_request)
}

/// Something is wrong with the request.
fn invalid(message: impl Into<String>) -> Error {
    Error::client("ValidationException", message)
}

/// What is named is not there.
fn missing() -> Error {
    Error::with_status(404, "ResourceNotFoundException", "The resource was not found.")
}

/// An error of the store as SCIM has it: others have what only one may have with a status of its own.
fn worded(error: Error) -> Error {
    match error.code() {
        "ConflictException" => Error::with_status(409, "ConflictException", error.message().to_owned()),
        "ResourceNotFoundException" => missing(),
        _ => error,
    }
}

/// A request, as the gateway read it.
struct Request<'g> {
    method: &'g str,
    /// What comes after `/scim/v2/`.
    path: Vec<&'g str>,
    /// The parameters of its query.
    query: &'g Map<String, Value>,
    body: &'g Value,
}

/// Answers a request: `{"tenant": "d-…", "token": "…", "method": "GET", "path": "Users", "query": {…}, "body": …}` with
/// `{"status": 200, "body": …}`. Whose the request is, its token says.
fn pull_request(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
    let scope = token::admit(ctx, text("tenant"), text("token"))?;
    let nothing = Map::new();
    let request = Request {
        method: text("method"),
        path: text("path").split('/').filter(|step| !step.is_empty()).collect(),
        query: given.get("query").and_then(Value::as_object).unwrap_or(&nothing),
        body: given.get("body").unwrap_or(&Value::Null),
    };
    let store = scope.key(text("tenant"));
    ctx.within(scope, |ctx| answer(ctx, &store, &request)).map_err(worded)
}

fn answer(ctx: &mut Ctx<'_>, store: &Key, request: &Request<'_>) -> Result<Value> {
    let found = |body: Value| json!({ "status": 200, "body": body });
    let body = || request.body.as_object().ok_or_else(|| invalid("The body must be a JSON object."));
    match (request.method, request.path.as_slice()) {
        ("POST", ["Users"]) => Ok(json!({ "status": 201, "body": user::create(ctx, store, body()?)? })),
        ("GET", ["Users"]) => list(ctx, store, request, &user::FILTERS, user::matching).map(found),
        ("GET", ["Users", id]) => user::show(ctx, store, id).map(found),
        ("PUT", ["Users", id]) => user::replace(ctx, store, id, body()?).map(found),
        ("PATCH", ["Users", id]) => user::patch(ctx, store, id, body()?).map(found),
        ("DELETE", ["Users", id]) => user::delete(ctx, store, id).map(|()| json!({ "status": 204 })),
        ("POST", ["Groups"]) => Ok(json!({ "status": 201, "body": group::create(ctx, store, body()?)? })),
        ("GET", ["Groups"]) => list(ctx, store, request, &group::FILTERS, group::matching).map(found),
        ("GET", ["Groups", id]) => group::show(ctx, store, id).map(found),
        ("PATCH", ["Groups", id]) => group::patch(ctx, store, id, body()?).map(|()| json!({ "status": 204 })),
        ("DELETE", ["Groups", id]) => group::delete(ctx, store, id).map(|()| json!({ "status": 204 })),
        ("GET", ["ServiceProviderConfig"]) => Ok(found(resource::provider())),
        ("GET", ["ResourceTypes"]) => Ok(found(listed(resource::types()))),
        _ => Err(invalid("The operation is not supported.")),
    }
}

/// What of a store a filter is about, in the order of ids.
type Matching = fn(&Ctx<'_>, &Key, Option<&Filter>) -> Result<Vec<Value>>;

/// Lists resources. With a cursor, which is empty at first, in pages.
fn list(
    ctx: &mut Ctx<'_>,
    store: &Key,
    request: &Request<'_>,
    filters: &[&[&str]],
    matching: Matching,
) -> Result<Value> {
    let asked = |name: &str| request.query.get(name).and_then(Value::as_str);
    if let Some(other) =
        request.query.keys().find(|name| !["filter", "count", "cursor"].contains(&name.as_str()))
    {
        return Err(invalid(format!("The query parameter {other} is not supported.")));
    }
    let count = asked("count").map_or(Some(MOST), |text| text.parse().ok());
    let count = count.filter(|count| (1..=MOST).contains(count));
    let count = count.ok_or_else(|| invalid(format!("count must be from 1 to {MOST}.")))?;
    let filter = asked("filter").map(|text| Filter::read(text, filters)).transpose()?;
    let mut found = matching(ctx, store, filter.as_ref())?;
    let Some(cursor) = asked("cursor") else {
        let total = found.len();
        found.truncate(count);
        let mut answer = listed(found);
        answer["totalResults"] = total.into();
        return Ok(answer);
    };
    // A cursor is the id that the page before ended with.
    let id = |resource: &Value| resource["id"].as_str().unwrap_or_default().to_owned();
    found.retain(|resource| id(resource).as_str() > cursor);
    let more = found.len() > count;
    found.truncate(count);
    let next = found.last().map(id).filter(|_| more);
    let mut answer = json!({ "schemas": [LIST], "itemsPerPage": found.len(), "Resources": found });
    if let Some(next) = next {
        answer["nextCursor"] = next.into();
    }
    Ok(answer)
}

fn listed(resources: Vec<Value>) -> Value {
    let number = resources.len();
    json!({
        "schemas": [LIST],
        "totalResults": number,
        "itemsPerPage": number,
        "startIndex": 1,
        "Resources": resources,
    })
}
