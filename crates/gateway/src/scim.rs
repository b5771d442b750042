//! `/{tenant}/scim/v2/…`: what an external identity provider asks of Identity Center, whose SCIM endpoint is a protocol of its own.
//! The identity store answers; here is HTTP around it.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use ironbird_rig::Error;
use serde_json::{Map, Value, json};

use crate::Gateway;
use crate::answer::Answer;
use crate::own::own_scope;
use crate::request::percent_decode;

/// The schema of errors.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Tenant and path of a request to the endpoint.
pub(crate) fn place(path: &str) -> Option<(&str, &str)> {
    let (tenant, rest) = path.strip_prefix('/')?.split_once('/')?;
    let rest = rest.strip_prefix("scim/v2/")?;
    (!tenant.is_empty()).then_some((tenant, rest))
}

/// Answers a request, where there is work in it aside of other calls.
pub(crate) async fn answer(
    gateway: &Gateway,
    head: &Parts,
    tenant: &str,
    path: &str,
    body: &Bytes,
) -> Answer {
    let request_id = gateway.world().request_id();
    let body = match body.is_empty() {
        true => Ok(Value::Null),
        false => serde_json::from_slice(body),
    };
    let Ok(body) = body else {
        let unreadable = Error::client("ValidationException", "Request cannot be parsed.");
        return refused(gateway, &unreadable, &request_id);
    };
    let given = json!({
        "tenant": tenant,
        "token": bearer(head),
        "method": head.method.as_str(),
        "path": percent_decode(path),
        "query": query(head.uri.query().unwrap_or_default()),
        "body": body,
    });
    let world = Arc::clone(gateway.world());
    let done = tokio::task::spawn_blocking(move || {
        world.within(own_scope(&world), |ctx| ctx.pull("identitystore.scim", &given))
    });
    match done.await {
        Ok(Ok(answer)) => {
            let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            let body = answer.get("body").filter(|_| head.method != Method::HEAD);
            finished(status.unwrap_or(200), body)
        }
        Ok(Err(error)) => refused(gateway, &error, &request_id),
        Err(panicked) => {
            tracing::error!(%panicked, "a SCIM request could not be answered");
            refused(
                gateway,
                &Error::with_status(500, "InternalServerException", "Internal failure."),
                &request_id,
            )
        }
    }
}

fn bearer(head: &Parts) -> &str {
    let given = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = given.split_once(' ').unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" }
}

fn query(text: &str) -> Map<String, Value> {
    let decode = |text: &str| percent_decode(&text.replace('+', " ")).into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value).into())).collect()
}

fn refused(gateway: &Gateway, error: &Error, request_id: &str) -> Answer {
    let (status, code, detail) = match error {
        Error::Service(service) => (service.status, service.code.to_string(), service.message.clone()),
        Error::Internal(cause) => {
            tracing::error!(%cause, request_id, "a SCIM request could not be answered");
            (500, "InternalServerException".to_owned(), "Internal failure.".to_owned())
        }
    };
    let body = json!({
        "schemas": [ERROR],
        "detail": detail,
        "status": status.to_string(),
        "exceptionRequestId": request_id,
        "timeStamp": gateway.world().clock().now().iso8601(),
    });
    let mut answer = finished(status, Some(&body));
    if let Ok(code) = HeaderValue::from_str(&code) {
        answer.headers_mut().insert("x-amzn-errortype", code);
    }
    answer
}

fn finished(status: u16, body: Option<&Value>) -> Answer {
    let text = body.map(Value::to_string).unwrap_or_default();
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if body.is_some() {
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/scim+json"));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_endpoint_is_below_its_tenant() {
        assert_eq!(place("/d-1234567890/scim/v2/Users/1"), Some(("d-1234567890", "Users/1")));
        for path in ["/", "/scim/v2/Users", "//scim/v2/Users", "/a/b/scim/v2/Users", "/a/scim/v1/Users"] {
            assert_eq!(place(path), None, "{path}");
        }
    }
}
