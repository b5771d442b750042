//! What a server does with messages: decode requests, encode responses.

use http::header::HeaderMap;

use crate::field::{Structure, View};
use crate::http::{RequestParts, Response, set};
use crate::limits::check_size;
use crate::query::{self, Dialect};
use crate::rejection::{Reason, Rejection, shorten};
use crate::rest;
use crate::schema::{Kind, Location, Operation, Protocol, Service, Shape, ShapeId};
use crate::walk::{Bindings, Walk};
use crate::{cbor, json, xml};

/// Fills `into`, a fresh value of the operation's input shape, from a request. Gives the names of parameters
/// that the operation does not have, in the protocols whose services pass over them; what becomes of them is
/// the caller's to say.
///
/// # Errors
/// When the bytes are not of the protocol, a value is not of its type, a limit is passed, an ec2Query request
/// has an unknown parameter, or the operation streams events. Missing members and values out of range are no
/// matter of the wire: see [`validate`](crate::validate).
pub fn decode_request(
    service: &Service,
    op: &Operation,
    protocol: Protocol,
    parts: &RequestParts<'_>,
    into: &mut dyn Structure,
) -> Result<Vec<String>, Rejection> {
    check_size("body", parts.body.len(), parts.limits.body)?;
    check_size("query string", parts.query.len(), parts.limits.uri)?;
    refuse_events(service, op.input)?;
    refuse_events(service, op.output)?;
    let mut walk = Walk::new(service, parts.limits, false);
    let shape = op.input.map(|id| service.shape(id));
    match protocol {
        Protocol::AwsQuery => query::decode(&mut walk, Dialect::Aws, shape, parts, into)?,
        Protocol::Ec2Query => query::decode(&mut walk, Dialect::Ec2, shape, parts, into)?,
        _ => decode_body(&mut walk, op, protocol, shape, parts, into)?,
    }
    let unknown = walk.into_unknown();
    if protocol == Protocol::Ec2Query && !unknown.is_empty() {
        let message = format!("the operation has no parameter {}", unknown.join(", "));
        return Err(Rejection::new(Reason::UnknownParameter(unknown), message));
    }
    Ok(unknown)
}

fn decode_body(
    walk: &mut Walk<'_>,
    op: &Operation,
    protocol: Protocol,
    shape: Option<&Shape>,
    parts: &RequestParts<'_>,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    let Some(shape) = shape else { return Ok(()) };
    match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => json::decode(walk, shape, parts.body, into),
        Protocol::RpcV2Cbor => cbor::decode(walk, shape, parts.body, into),
        _ => {
            walk.bindings = Bindings::Request;
            rest::decode_uri(walk, op, shape, parts.path, into)?;
            rest::decode_query(walk, op, shape, parts, into)?;
            rest::decode_headers(walk, shape, parts.headers, into)?;
            check_media_type(payload_kind(walk, shape), protocol, parts)?;
            rest::decode_body(walk, protocol, shape, parts.body, into)
        }
    }
}

/// What kind of value the payload is; a structure where the body is the members themselves.
fn payload_kind(walk: &Walk<'_>, shape: &Shape) -> Kind {
    let payload = shape.payload.and_then(|index| shape.members.get(index));
    payload.map_or(Kind::Structure, |member| walk.target(member).kind)
}

/// A body that is to be read as JSON must not say that it is something else. Raw payloads may be of any type.
fn check_media_type(payload: Kind, protocol: Protocol, parts: &RequestParts<'_>) -> Result<(), Rejection> {
    if protocol != Protocol::RestJson1
        || parts.body.is_empty()
        || matches!(payload, Kind::Blob | Kind::String)
    {
        return Ok(());
    }
    let Some(given) = parts.header("content-type") else { return Ok(()) };
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") || essence.starts_with("application/x-amz-json-1.") {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::MediaType,
        format!("the content type is '{}', not application/json", shorten(given)),
    ))
}

/// Event streams need a connection, which nothing here has.
pub(crate) fn refuse_events(service: &Service, shape: Option<ShapeId>) -> Result<(), Rejection> {
    let members = shape.map_or(&[][..], |id| &service.shape(id).members);
    match members.iter().find(|member| service.shape(member.target).event_stream) {
        Some(member) => {
            let message = format!("the event stream '{}' is not supported", member.name);
            Err(Rejection::new(Reason::Unsupported, message))
        }
        None => Ok(()),
    }
}

/// Encodes the answer of an operation that succeeded. `output` is ignored where the operation has no output.
pub fn encode_response(
    service: &Service,
    op: &Operation,
    protocol: Protocol,
    output: &dyn Structure,
    request_id: &str,
) -> Response {
    let mut headers = HeaderMap::new();
    set(&mut headers, "x-amzn-requestid", request_id);
    let shape = op.output.map(|id| service.shape(id));
    let mut status = if op.status == 0 { 200 } else { op.status };
    let body = match protocol {
        Protocol::Ec2Query => {
            set(&mut headers, "content-type", "text/xml;charset=UTF-8");
            ec2_body(service, op, output, request_id)
        }
        Protocol::AwsQuery => {
            set(&mut headers, "content-type", "text/xml");
            query_body(service, op, output, request_id)
        }
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            set(&mut headers, "content-type", json::content_type(protocol));
            json_body(service, shape, output)
        }
        Protocol::RpcV2Cbor => {
            set(&mut headers, "smithy-protocol", "rpc-v2-cbor");
            cbor_body(service, shape, output, &mut headers)
        }
        Protocol::RestJson1 | Protocol::RestXml => {
            status = shape.and_then(|shape| status_member(shape, output)).unwrap_or(status);
            let body = rest_body(service, op, protocol, output, &mut headers);
            // HTTP has no body with these.
            if matches!(status, 100..200 | 204 | 304) {
                headers.remove("content-type");
                Vec::new()
            } else {
                body
            }
        }
    };
    Response { status, headers, body }
}

fn ec2_body(service: &Service, op: &Operation, output: &dyn Structure, request_id: &str) -> Vec<u8> {
    let mut encoder = xml::Encoder::new(service, xml::Style::Ec2);
    encoder.writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let root = start_response(&mut encoder, service, op);
    encoder.writer.element("requestId", request_id);
    match op.output {
        Some(id) => encoder.members(id, output, Bindings::None),
        // EC2 says so for every operation without a result.
        None => encoder.writer.element("return", "true"),
    }
    encoder.writer.end(&root);
    encoder.writer.out.into_bytes()
}

fn query_body(service: &Service, op: &Operation, output: &dyn Structure, request_id: &str) -> Vec<u8> {
    let mut encoder = xml::Encoder::new(service, xml::Style::Query);
    let root = start_response(&mut encoder, service, op);
    match (op.output, &op.result_wrapper) {
        (Some(id), Some(wrapper)) => {
            encoder.writer.start(wrapper);
            encoder.members(id, output, Bindings::None);
            encoder.writer.end(wrapper);
        }
        (Some(id), None) => encoder.members(id, output, Bindings::None),
        (None, _) => {}
    }
    encoder.writer.start("ResponseMetadata");
    encoder.writer.element("RequestId", request_id);
    encoder.writer.end("ResponseMetadata");
    encoder.writer.end(&root);
    encoder.writer.out.into_bytes()
}

/// Opens the root element and gives its name.
fn start_response(encoder: &mut xml::Encoder<'_>, service: &Service, op: &Operation) -> String {
    let root = format!("{}Response", op.name);
    encoder.writer.open_tag(&root);
    if let Some(namespace) = &service.metadata.xml_namespace {
        encoder.writer.attribute("xmlns", namespace);
    }
    encoder.writer.close_tag();
    root
}

fn json_body(service: &Service, shape: Option<&Shape>, output: &dyn Structure) -> Vec<u8> {
    let Some(shape) = shape else { return b"{}".to_vec() };
    let mut encoder = json::Encoder::new(service);
    encoder.structure(shape, output, Bindings::None);
    encoder.out.into_bytes()
}

fn cbor_body(
    service: &Service,
    shape: Option<&Shape>,
    output: &dyn Structure,
    headers: &mut HeaderMap,
) -> Vec<u8> {
    let Some(shape) = shape else { return Vec::new() };
    set(headers, "content-type", "application/cbor");
    cbor::encode(service, shape, output)
}

/// The value of the member that is the status, if there is one and it is a status.
fn status_member(shape: &Shape, output: &dyn Structure) -> Option<u16> {
    let index = shape.members.iter().position(|member| member.location == Location::StatusCode)?;
    let status = match output.field(index).view() {
        View::Integer(status) => u16::try_from(status).ok(),
        View::Long(status) => u16::try_from(status).ok(),
        _ => None,
    };
    status.filter(|status| (100..1000).contains(status))
}

fn rest_body(
    service: &Service,
    op: &Operation,
    protocol: Protocol,
    output: &dyn Structure,
    headers: &mut HeaderMap,
) -> Vec<u8> {
    let Some(id) = op.output else { return Vec::new() };
    let shape = service.shape(id);
    rest::encode_headers(service, shape, output, headers);
    let name = shape.xml_name.clone().unwrap_or_else(|| format!("{}Response", op.name));
    let root = rest::Root { name: &name, namespace: service.metadata.xml_namespace.as_deref() };
    rest::encode_body(service, protocol, id, output, &root, Bindings::Response, headers)
}
