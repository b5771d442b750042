//! What a client does with messages: encode requests, decode responses and errors.

use http::header::HeaderMap;

use crate::error::is_message;
use crate::field::{Slot, Structure, View};
use crate::http::{Request, Response, set};
use crate::limits::{Limits, check_size};
use crate::names;
use crate::query::{self, Dialect};
use crate::rejection::Rejection;
use crate::rest;
use crate::schema::{Location, Operation, Protocol, Service, Shape};
use crate::server::refuse_events;
use crate::walk::{Bindings, Walk, slot};
use crate::{cbor, json, xml};

/// Puts a token into each idempotency token of a request that is absent, as clients are to do. `token` makes
/// one; randomness is the caller's.
pub fn fill_idempotency_tokens(
    service: &Service,
    op: &Operation,
    input: &mut dyn Structure,
    token: &mut dyn FnMut() -> String,
) {
    let members = op.input.map_or(&[][..], |id| &service.shape(id).members);
    for (index, member) in members.iter().enumerate().filter(|(_, member)| member.idempotency_token) {
        if !matches!(input.field(index).view(), View::Absent) {
            continue;
        }
        if let Slot::String(place) = slot(input.field_mut(index), service.shape(member.target)) {
            *place = token();
        }
    }
}

/// Encodes a request. What belongs to the sender is not done here: the host name and its prefixes, the base
/// path of an endpoint, compression, checksums, idempotency tokens (see [`fill_idempotency_tokens`]), signatures.
///
/// # Errors
/// When a path cannot be built because a member in it is missing, or the operation streams events.
pub fn encode_request(
    service: &Service,
    op: &Operation,
    protocol: Protocol,
    input: &dyn Structure,
) -> Result<Request, Rejection> {
    refuse_events(service, op.input)?;
    let mut headers = HeaderMap::new();
    let shape = op.input.map(|id| service.shape(id));
    let mut request = Request { method: "POST".into(), uri: "/".into(), ..Request::default() };
    if service.metadata.query_compatible && names::errors_by_shape(protocol) {
        set(&mut headers, "x-amzn-query-mode", "true");
    }
    match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => {
            set(&mut headers, "content-type", "application/x-www-form-urlencoded; charset=utf-8");
            let dialect = if protocol == Protocol::AwsQuery { Dialect::Aws } else { Dialect::Ec2 };
            request.body = query::encode(service, op, dialect, input);
        }
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            set(&mut headers, "content-type", json::content_type(protocol));
            set(&mut headers, "x-amz-target", &format!("{}.{}", names::target_prefix(service), op.name));
            let mut encoder = json::Encoder::new(service);
            match shape {
                Some(shape) => encoder.structure(shape, input, Bindings::None),
                None => encoder.out.push_str("{}"),
            }
            request.body = encoder.out.into_bytes();
        }
        Protocol::RpcV2Cbor => {
            set(&mut headers, "smithy-protocol", "rpc-v2-cbor");
            set(&mut headers, "accept", "application/cbor");
            request.uri = format!("/service/{}/operation/{}", names::target_prefix(service), op.name);
            if let Some(shape) = shape {
                set(&mut headers, "content-type", "application/cbor");
                request.body = cbor::encode(service, shape, input);
            }
        }
        Protocol::RestJson1 | Protocol::RestXml => {
            op.method.clone_into(&mut request.method);
            request.uri = rest::encode_uri(service, op, shape, input)?;
            if let (Some(id), Some(shape)) = (op.input, shape) {
                rest::encode_headers(service, shape, input, &mut headers);
                let name = shape.xml_name.as_deref().or(op.input_xml_name.as_deref()).unwrap_or(&shape.name);
                let own = op.input_xml_namespace.as_deref();
                let root = rest::Root { name, namespace: own.or(service.metadata.xml_namespace.as_deref()) };
                request.body =
                    rest::encode_body(service, protocol, id, input, &root, Bindings::Request, &mut headers);
            }
        }
    }
    request.headers = headers;
    Ok(request)
}

/// Fills `into`, a fresh value of the operation's output shape, from the answer to a call that succeeded.
/// Reads what services really send, not only what the model allows, and passes over what it does not know.
///
/// # Errors
/// When the bytes are not of the protocol, a value is not of its type, a limit is passed, or the operation
/// streams events.
pub fn decode_response(
    service: &Service,
    op: &Operation,
    protocol: Protocol,
    response: &Response,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    refuse_events(service, op.output)?;
    let Some(shape) = op.output.map(|id| service.shape(id)) else { return Ok(()) };
    let limits = Limits::DEFAULT;
    check_size("body", response.body.len(), limits.body)?;
    let mut walk = Walk::new(service, &limits, true);
    match protocol {
        Protocol::AwsQuery => decode_xml(&mut walk, shape, response, op.result_wrapper.as_deref(), into),
        Protocol::Ec2Query => decode_xml(&mut walk, shape, response, None, into),
        _ => decode_body(&mut walk, protocol, shape, response, into),
    }
}

/// Everything but the query protocols, for answers and for errors.
fn decode_body(
    walk: &mut Walk<'_>,
    protocol: Protocol,
    shape: &Shape,
    response: &Response,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => json::decode(walk, shape, &response.body, into),
        Protocol::RpcV2Cbor => cbor::decode(walk, shape, &response.body, into),
        _ => {
            walk.bindings = Bindings::Response;
            rest::decode_headers(walk, shape, &response.headers, into)?;
            fill_status(shape, response.status, into);
            rest::decode_body(walk, protocol, shape, &response.body, into)
        }
    }
}

fn fill_status(shape: &Shape, status: u16, into: &mut dyn Structure) {
    let located = shape.members.iter().position(|member| member.location == Location::StatusCode);
    let Some(index) = located else { return };
    match into.field_mut(index).slot(crate::schema::Kind::Integer, 0) {
        Slot::Integer(place) => *place = i32::from(status),
        Slot::Long(place) => *place = i64::from(status),
        _ => {}
    }
}

/// The answer of a query protocol: the members under the root, or in the element that wraps them.
fn decode_xml(
    walk: &mut Walk<'_>,
    shape: &Shape,
    response: &Response,
    wrapper: Option<&str>,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    let text = utf8(&response.body)?;
    if text.trim().is_empty() {
        return Ok(());
    }
    let mut decoder = xml::Decoder { walk, reader: xml::Reader::new(text) };
    let root = decoder.reader.root()?;
    let Some(wrapper) = wrapper else { return decoder.structure(shape, &root, 0, into) };
    while let Some(child) = decoder.reader.child()? {
        if child.name == wrapper {
            return decoder.structure(shape, &child, 0, into);
        }
        decoder.reader.skip()?;
    }
    Ok(())
}

fn utf8(body: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(body).map_err(|_| Rejection::malformed("the body is not UTF-8"))
}

/// An error as a client reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorReply {
    /// HTTP status.
    pub status: u16,
    /// Code without namespace or address; the status in digits where the answer has none.
    pub code: String,
    /// Code that the service had when it spoke a query protocol, from `x-amzn-query-error`.
    pub query_code: Option<String>,
    /// Text for a person.
    pub message: String,
    /// Id of the request.
    pub request_id: Option<String>,
    /// Whether the caller is at fault, where the answer says so.
    pub sender_fault: Option<bool>,
}

/// Reads what can be read of an answer with an error status. Never fails: a page from a proxy in between
/// gives the status as the code.
pub fn decode_error(protocol: Protocol, response: &Response) -> ErrorReply {
    let header =
        |name: &str| response.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut reply = ErrorReply { status: response.status, ..ErrorReply::default() };
    reply.request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
    let (code, message) = match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => {
            read_xml_error(&response.body, &mut reply)
        }
        Protocol::RpcV2Cbor => cbor::error_parts(&response.body),
        _ => json::error_parts(&response.body),
    };
    let code = header("x-amzn-errortype").filter(|_| protocol != Protocol::RpcV2Cbor).or(code);
    reply.code = code.map_or_else(|| response.status.to_string(), |code| bare_code(&code).to_owned());
    reply.message = message.unwrap_or_default();
    if let Some((query_code, fault)) =
        header("x-amzn-query-error").as_deref().and_then(|text| text.split_once(';'))
    {
        reply.query_code = Some(query_code.to_owned());
        reply.sender_fault = Some(fault == "Sender");
    }
    reply
}

/// `aws.protocoltests.json#FooError:http://…` is `FooError`.
fn bare_code(code: &str) -> &str {
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    code.rsplit_once('#').map_or(code, |(_, code)| code).trim()
}

/// Code and message, wherever between the root and the error they lie; the other parts go into `reply`.
fn read_xml_error(body: &[u8], reply: &mut ErrorReply) -> (Option<String>, Option<String>) {
    let mut parts = (None, None);
    if let Ok(text) = utf8(body) {
        // A document that breaks off still gives what came before.
        let _ = walk_xml_error(&mut xml::Reader::new(text), reply, &mut parts);
    }
    parts
}

fn walk_xml_error(
    reader: &mut xml::Reader<'_>,
    reply: &mut ErrorReply,
    (code, message): &mut (Option<String>, Option<String>),
) -> Result<(), Rejection> {
    reader.root()?;
    let mut open = 1;
    while open > 0 {
        let Some(child) = reader.child()? else {
            open -= 1;
            continue;
        };
        match child.name.as_str() {
            "Error" | "Errors" => open += 1,
            "Code" => *code = Some(reader.text()?),
            name if is_message(name) => *message = Some(reader.text()?),
            "Type" => reply.sender_fault = Some(reader.text()? == "Sender"),
            "RequestId" | "RequestID" => reply.request_id = Some(reader.text()?),
            _ => reader.skip()?,
        }
    }
    Ok(())
}

/// Fills `into`, a fresh value of the error's `shape`, with the members of an error answer.
///
/// # Errors
/// As [`decode_response`].
pub fn decode_error_detail(
    service: &Service,
    protocol: Protocol,
    response: &Response,
    shape: &Shape,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    let limits = Limits::DEFAULT;
    check_size("body", response.body.len(), limits.body)?;
    let mut walk = Walk::new(service, &limits, true);
    if matches!(protocol, Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml) {
        if protocol == Protocol::RestXml {
            walk.bindings = Bindings::Response;
            rest::decode_headers(&mut walk, shape, &response.headers, into)?;
        }
        return xml_detail(&mut walk, shape, response, into);
    }
    decode_body(&mut walk, protocol, shape, response, into)?;
    fill_message(&walk, protocol, shape, response, into);
    Ok(())
}

/// Services write `message` for a member that the model calls `Message`, and the other way round.
fn fill_message(
    walk: &Walk<'_>,
    protocol: Protocol,
    shape: &Shape,
    response: &Response,
    into: &mut dyn Structure,
) {
    let mut members = shape.members.iter().enumerate();
    let Some((index, member)) = members.find(|(_, member)| is_message(names::plain(member))) else { return };
    if !matches!(into.field(index).view(), View::Absent) {
        return;
    }
    let (_, message) = match protocol {
        Protocol::RpcV2Cbor => cbor::error_parts(&response.body),
        _ => json::error_parts(&response.body),
    };
    if let (Some(message), Slot::String(place)) = (message, slot(into.field_mut(index), walk.target(member)))
    {
        *place = message;
    }
}

fn xml_detail(
    walk: &mut Walk<'_>,
    shape: &Shape,
    response: &Response,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    let text = utf8(&response.body)?;
    let mut decoder = xml::Decoder { walk, reader: xml::Reader::new(text) };
    let mut element = decoder.reader.root()?;
    while element.name != "Error" {
        let Some(child) = decoder.reader.child()? else { return Ok(()) };
        if matches!(child.name.as_str(), "Error" | "Errors") {
            element = child;
        } else {
            decoder.reader.skip()?;
        }
    }
    decoder.structure(shape, &element, 0, into)
}
