//! Every case of the protocol vectors, in both roles: a server must understand the request and give the
//! response, a client must give the request and understand the response.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use ironbird_wire::http::{RequestParts, Response};
use ironbird_wire::route::Router;
use ironbird_wire::schema::{Kind, Operation, Protocol, Service, Shape};
use ironbird_wire::value::Members;
use ironbird_wire::{
    ErrorView, decode_error, decode_error_detail, decode_request, decode_response, encode_error,
};
use ironbird_wire::{encode_request, encode_response, fill_idempotency_tokens};
use serde_json::Value as Json;
use support::import::FILES;
use support::{botocore, compare, not_applicable, suites, values};

/// The token that the vectors expect where a client makes one up.
const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

/// One case with everything around it.
struct Case<'a> {
    json: &'a Json,
    service: &'a Service,
    op: &'a Operation,
    protocol: Protocol,
    router: &'a Router,
}

type Check = fn(&Case<'_>) -> Result<(), String>;

#[test]
fn a_server_understands_every_request() {
    run("input", "server", not_applicable::SERVER_INPUT, server_decodes);
}

#[test]
fn a_client_writes_every_request() {
    run("input", "client", not_applicable::CLIENT_INPUT, client_encodes);
}

#[test]
fn a_server_writes_every_response() {
    run("output", "server", not_applicable::SERVER_OUTPUT, server_encodes);
}

#[test]
fn a_client_understands_every_response() {
    run("output", "client", not_applicable::CLIENT_OUTPUT, client_decodes);
}

#[test]
#[ignore = "writes the files that the others read; needs BOTOCORE to name a checkout"]
fn import() {
    let checkout = std::env::var_os("BOTOCORE").expect("BOTOCORE names a checkout of boto/botocore");
    support::import::run(checkout.as_ref(), &support::vectors());
}

fn run(folder: &str, role: &str, excuses: &[not_applicable::Excuse], check: Check) {
    let (mut passed, mut excused, mut problems) = (0, 0, String::new());
    for file in FILES {
        for suite in suites(&format!("{file}.{folder}")) {
            let cases = suite["cases"].as_array().unwrap();
            let operations: Vec<&Json> = cases.iter().map(|case| &case["given"]).collect();
            let service = botocore::service(&suite["metadata"], &suite["shapes"], &operations);
            let router = Router::new(&service);
            for json in cases {
                let id = json["id"].as_str().unwrap();
                let op = service.operation(json["given"]["name"].as_str().unwrap()).unwrap();
                let case = Case {
                    json,
                    service: &service,
                    op,
                    protocol: service.metadata.protocols[0],
                    router: &router,
                };
                let listed = excuses.iter().any(|(_, ids)| ids.contains(&id));
                match (check(&case), listed) {
                    (Ok(()), false) => passed += 1,
                    (Err(_), true) => excused += 1,
                    (Ok(()), true) => {
                        writeln!(problems, "{file} {id}: passes; take it off the list").unwrap()
                    }
                    (Err(error), false) => writeln!(problems, "{file} {id}: {error}").unwrap(),
                }
            }
        }
    }
    let total = if folder == "input" { 367 } else { 365 };
    assert!(problems.is_empty(), "{folder} {role}: {passed} pass, {excused} do not apply, but\n{problems}");
    assert_eq!(passed + excused, total, "all the vectors were looked at");
}

fn header_map(json: Option<&Json>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in json.and_then(Json::as_object).into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
    }
    headers
}

fn body(case: &Case<'_>, message: &Json) -> Vec<u8> {
    let text = message.get("body").and_then(Json::as_str).unwrap_or_default();
    if case.protocol == Protocol::RpcV2Cbor {
        STANDARD.decode(text).unwrap()
    } else {
        text.as_bytes().to_vec()
    }
}

fn input_shape<'a>(case: &Case<'a>) -> Option<&'a Shape> {
    case.op.input.map(|id| case.service.shape(id))
}

/// The parameters, with the token that a client would have made up.
fn params(case: &Case<'_>) -> Members {
    let Some(shape) = input_shape(case) else { return Members::new(0) };
    let mut params = values::structure(case.service, shape, &case.json["params"]);
    if case.json["serialized"].to_string().contains(TOKEN) {
        fill_idempotency_tokens(case.service, case.op, &mut params, &mut || TOKEN.to_owned());
    }
    params
}

fn server_decodes(case: &Case<'_>) -> Result<(), String> {
    let request = &case.json["serialized"];
    let headers = header_map(request.get("headers"));
    let body = body(case, request);
    let method = request.get("method").and_then(Json::as_str).unwrap_or(&case.op.method);
    let uri = request.get("uri").and_then(Json::as_str).unwrap_or("/");
    let parts = RequestParts::new(method, uri, &headers, &body);
    let route = case.router.route(case.service, &parts).map_err(|error| format!("{error:?}"))?;
    if (route.protocol, &route.operation.name) != (case.protocol, &case.op.name) {
        return Err(format!("routed to {:?} {}", route.protocol, route.operation.name));
    }
    let want = params(case);
    let mut got = Members::new(want.0.len());
    let unknown =
        decode_request(case.service, case.op, case.protocol, &parts, &mut got).map_err(|r| r.to_string())?;
    if !unknown.is_empty() {
        return Err(format!("unknown {unknown:?}"));
    }
    if values::same_members(&got, &want) { Ok(()) } else { Err(format!("got {got:?}\nwanted {want:?}")) }
}

fn client_encodes(case: &Case<'_>) -> Result<(), String> {
    let want = &case.json["serialized"];
    let got =
        encode_request(case.service, case.op, case.protocol, &params(case)).map_err(|r| r.to_string())?;
    if want.get("method").and_then(Json::as_str).is_some_and(|method| method != got.method) {
        return Err(format!("method {}, wanted {want}", got.method));
    }
    compare::uri(&got.uri, want.get("uri").and_then(Json::as_str).unwrap_or("/"))?;
    compare::headers(&got.headers, want.get("headers"), want.get("forbidHeaders"))?;
    if want.get("body").is_none() {
        return Ok(());
    }
    let want_text = want["body"].as_str().unwrap();
    match case.protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => {
            compare::form(&String::from_utf8_lossy(&got.body), want_text)
        }
        _ => compare_body(case, input_shape(case), &got.body, want, &[], false),
    }
}

/// Bodies of structured payloads by what they say, others byte by byte.
fn compare_body(
    case: &Case<'_>,
    shape: Option<&Shape>,
    got: &[u8],
    want: &Json,
    ignored: &[&str],
    any_root: bool,
) -> Result<(), String> {
    let want_bytes = body(case, want);
    let want_text = String::from_utf8_lossy(&want_bytes);
    let payload = shape.and_then(|shape| shape.payload.map(|index| shape.members[index].target));
    let raw = payload.is_some_and(|id| matches!(case.service.shape(id).kind, Kind::Blob | Kind::String));
    if raw || got == want_bytes {
        return if got == want_bytes { Ok(()) } else { Err(format!("body {got:?}, wanted {want_text}")) };
    }
    match case.protocol {
        Protocol::RpcV2Cbor => compare::cbor(got, &want_bytes),
        Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => {
            compare::xml(got, &want_text, ignored, any_root)
        }
        _ => compare::json(got, &want_text),
    }
}

fn response(case: &Case<'_>) -> Response {
    let json = &case.json["response"];
    Response {
        status: json["status_code"].as_u64().unwrap() as u16,
        headers: header_map(json.get("headers")),
        body: body(case, json),
    }
}

/// The shape of the error that the case is about, if it is modelled.
fn error_shape<'a>(case: &Case<'a>) -> Option<&'a Shape> {
    let code = case.json.get("errorCode").and_then(Json::as_str).unwrap_or_default();
    case.op.errors.iter().map(|id| case.service.shape(*id)).find(|shape| {
        let own = shape.error.as_ref().and_then(|error| error.code.as_deref());
        shape.name == code || own == Some(code)
    })
}

fn client_decodes(case: &Case<'_>) -> Result<(), String> {
    let response = response(case);
    if let Some(want) = case.json.get("error") {
        return client_decodes_error(case, &response, want);
    }
    let Some(shape) = case.op.output.map(|id| case.service.shape(id)) else { return Ok(()) };
    let want = values::structure(case.service, shape, &case.json["result"]);
    let mut got = Members::new(shape.members.len());
    decode_response(case.service, case.op, case.protocol, &response, &mut got).map_err(|r| r.to_string())?;
    if values::same_members(&got, &want) { Ok(()) } else { Err(format!("got {got:?}\nwanted {want:?}")) }
}

fn client_decodes_error(case: &Case<'_>, response: &Response, want: &Json) -> Result<(), String> {
    let reply = decode_error(case.protocol, response);
    let code = case.json.get("errorCode").and_then(Json::as_str).unwrap_or_default();
    if reply.query_code.as_deref().unwrap_or(&reply.code) != code {
        return Err(format!("code {reply:?}, wanted {code}"));
    }
    if case.json.get("errorMessage").and_then(Json::as_str).is_some_and(|message| message != reply.message) {
        return Err(format!("message {}", reply.message));
    }
    let Some(shape) = error_shape(case) else { return Ok(()) };
    let want = values::structure(case.service, shape, want);
    let mut got = Members::new(shape.members.len());
    decode_error_detail(case.service, case.protocol, response, shape, &mut got).map_err(|r| r.to_string())?;
    if values::same_members(&got, &want) { Ok(()) } else { Err(format!("got {got:?}\nwanted {want:?}")) }
}

fn server_encodes(case: &Case<'_>) -> Result<(), String> {
    let want = &case.json["response"];
    let status = want["status_code"].as_u64().unwrap();
    let (got, shape) = match case.json.get("error") {
        Some(error) => {
            let shape = error_shape(case).ok_or("the error is not modelled")?;
            let value = values::structure(case.service, shape, error);
            let view = ErrorView {
                code: "",
                message: case.json.get("errorMessage").and_then(Json::as_str).unwrap_or_default(),
                // A service that moved from query to JSON keeps the old status for itself.
                status: match &shape.error {
                    Some(error) if !case.service.metadata.query_compatible => error.status,
                    _ => status as u16,
                },
                sender_fault: true,
                request_id: "foo-id",
                detail: Some((shape, &value)),
            };
            (encode_error(case.service, case.protocol, &view), Some(shape))
        }
        None => {
            let shape = case.op.output.map(|id| case.service.shape(id));
            let value = shape.map(|shape| values::structure(case.service, shape, &case.json["result"]));
            let value = value.unwrap_or_default();
            let headers = header_map(want.get("headers"));
            let id =
                headers.get("x-amzn-requestid").and_then(|value| value.to_str().ok()).unwrap_or("requestid");
            (encode_response(case.service, case.op, case.protocol, &value, id), shape)
        }
    };
    if u64::from(got.status) != status {
        return Err(format!("status {}, wanted {status}", got.status));
    }
    compare::headers(&got.headers, want.get("headers"), want.get("forbidHeaders"))?;
    if want.get("body").is_none() {
        return Ok(());
    }
    // The ids that some of the expected answers leave out; and the vectors' service has no namespace.
    compare_body(case, shape, &got.body, want, &["requestId", "ResponseMetadata"], true)
}
