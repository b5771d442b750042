//! What the targets share. Those of the wire: the small services of the protocol vectors, and one drive through a decoder.
//!
//! The first byte of an input picks the operation. The rest is the body of a request, or, for REST, a line of
//! `path?query`, header lines up to an empty one, and the body.

#[allow(dead_code, missing_docs)]
#[path = "../../crates/wire/tests/support/botocore.rs"]
pub mod botocore;

/// What holds of whatever git answers, for the targets of the practice commit-story.
#[allow(missing_docs)]
#[path = "../../crates/practices/commit-story/tests/support/laws.rs"]
pub mod laws;

use http::{HeaderMap, HeaderName, HeaderValue};
use ironbird_wire::http::{RequestParts, Response};
use ironbird_wire::redact::redacted;
use ironbird_wire::route::Router;
use ironbird_wire::schema::{Operation, Protocol, Service};
use ironbird_wire::validate::validate;
use ironbird_wire::value::Members;
use ironbird_wire::{decode_error, decode_request, decode_response, encode_request, encode_response};
use serde_json::Value as Json;

/// The services of one file of vectors, each with the operations of one suite.
pub struct Target {
    services: Vec<(Service, Router)>,
    protocol: Protocol,
}

impl Target {
    /// From the text of input and output vectors.
    pub fn new(protocol: Protocol, files: &[&str]) -> Self {
        let mut services = Vec::new();
        for text in files {
            let suites: Vec<Json> = serde_json::from_str(text).expect("the vectors are JSON");
            for suite in &suites {
                let cases = suite["cases"].as_array().expect("a suite has cases");
                let operations: Vec<&Json> = cases.iter().map(|case| &case["given"]).collect();
                let service = botocore::service(&suite["metadata"], &suite["shapes"], &operations);
                let router = Router::new(&service);
                services.push((service, router));
            }
        }
        Self { services, protocol }
    }

    /// Decodes `data` in every way; panics where a property does not hold.
    pub fn drive(&self, data: &[u8]) {
        let Some((&pick, rest)) = data.split_first() else { return };
        let (service, router) = &self.services[usize::from(pick) % self.services.len()];
        let rest_protocol = matches!(self.protocol, Protocol::RestJson1 | Protocol::RestXml);
        let (uri, headers, body) =
            if rest_protocol { split(rest) } else { ("/".into(), HeaderMap::new(), rest) };
        for op in service.operations() {
            self.request(service, router, op, &uri, &headers, body);
            self.response(service, op, &headers, body);
        }
    }

    fn request(
        &self,
        service: &Service,
        router: &Router,
        op: &Operation,
        uri: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) {
        let parts = RequestParts::new(&op.method, uri, headers, body);
        let _ = router.route(service, &parts);
        let Some(shape) = op.input.map(|id| service.shape(id)) else { return };
        let mut input = Members::new(shape.members.len());
        if decode_request(service, op, self.protocol, &parts, &mut input).is_err() {
            return;
        }
        let _ = validate(service, shape, &input);
        let _ = redacted(service, shape, &input).to_string();
        let Ok(request) = encode_request(service, op, self.protocol, &input) else { return };
        // What was written must be read again, whatever it was. XML turns characters that it cannot carry into
        // a replacement, so a value may change once; it may not become unreadable.
        let parts = RequestParts::new(&request.method, &request.uri, &request.headers, &request.body);
        let mut again = Members::new(shape.members.len());
        let read = decode_request(service, op, self.protocol, &parts, &mut again);
        if !matches!(self.protocol, Protocol::RestJson1 | Protocol::RestXml) {
            read.expect("what was written is read again");
        }
    }

    fn response(&self, service: &Service, op: &Operation, headers: &HeaderMap, body: &[u8]) {
        let response = Response { status: 200, headers: headers.clone(), body: body.to_vec() };
        let _ = decode_error(self.protocol, &response);
        let Some(shape) = op.output.map(|id| service.shape(id)) else { return };
        let mut output = Members::new(shape.members.len());
        if decode_response(service, op, self.protocol, &response, &mut output).is_ok() {
            let _ = encode_response(service, op, self.protocol, &output, "id");
        }
    }
}

/// Path and query, headers and body of an input for REST.
fn split(data: &[u8]) -> (String, HeaderMap, &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let uri = String::from_utf8_lossy(&data[..end]).into_owned();
    let mut rest = data.get(end + 1..).unwrap_or_default();
    let mut headers = HeaderMap::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let name = HeaderName::from_bytes(&line[..colon]);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&line[colon + 1..])) {
            headers.append(name, value);
        }
    }
    (uri, headers, rest)
}

/// The vectors of a protocol, `vectors!("ec2")`.
#[macro_export]
macro_rules! vectors {
    ($($name:literal),+) => {
        &[$(
            include_str!(concat!("../../crates/wire/tests/vectors/", $name, ".input.json")),
            include_str!(concat!("../../crates/wire/tests/vectors/", $name, ".output.json")),
        )+]
    };
}
