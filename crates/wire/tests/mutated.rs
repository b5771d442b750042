//! The vectors' messages with bytes changed: no decoder may panic, and what one understands it writes so that
//! it understands the same again.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use ironbird_wire::http::{RequestParts, Response};
use ironbird_wire::route::Router;
use ironbird_wire::schema::{Operation, Protocol, Service};
use ironbird_wire::value::Members;
use ironbird_wire::{decode_error, decode_request, decode_response, encode_request};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value as Json;
use support::import::FILES;
use support::{botocore, suites, values};

struct Sample {
    service: Service,
    router: Router,
    operation: String,
    method: String,
    uri: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn samples(folder: &str, message: &str) -> Vec<Sample> {
    let mut list = Vec::new();
    for suite in FILES.iter().flat_map(|file| suites(&format!("{file}.{folder}"))) {
        for case in suite["cases"].as_array().unwrap() {
            let service = botocore::service(&suite["metadata"], &suite["shapes"], &[&case["given"]]);
            let text = |name: &str| case[message].get(name).and_then(Json::as_str).unwrap_or_default();
            let cbor = service.metadata.protocols[0] == Protocol::RpcV2Cbor;
            let mut headers = HeaderMap::new();
            for (name, value) in case[message].get("headers").and_then(Json::as_object).into_iter().flatten()
            {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                headers.append(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
            }
            list.push(Sample {
                router: Router::new(&service),
                operation: case["given"]["name"].as_str().unwrap().to_owned(),
                method: text("method").to_owned(),
                uri: text("uri").to_owned(),
                headers,
                body: if cbor { STANDARD.decode(text("body")).unwrap() } else { text("body").into() },
                service,
            });
        }
    }
    list
}

static REQUESTS: LazyLock<Vec<Sample>> = LazyLock::new(|| samples("input", "serialized"));
static RESPONSES: LazyLock<Vec<Sample>> = LazyLock::new(|| samples("output", "response"));

/// Puts each byte at its place, in the place of what is there or before it.
fn mutate(bytes: &[u8], edits: &[(Index, u8, bool)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, byte, insert) in edits {
        let at = at.index(bytes.len() + 1);
        if *insert || at == bytes.len() {
            bytes.insert(at, *byte);
        } else {
            bytes[at] = *byte;
        }
    }
    bytes
}

fn input_width(service: &Service, op: &Operation) -> usize {
    op.input.map_or(0, |id| service.shape(id).members.len())
}

/// Bytes that matter to one of the protocols, or any.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(b"{}[]\":,<>/&;=.%+-019eE \n\\\x00\xa1\xbf\x9f\xff\x7f\xc1\xfb".to_vec()),
        any::<u8>()
    ]
}

fn edits() -> impl Strategy<Value = Vec<(Index, u8, bool)>> {
    prop::collection::vec((any::<Index>(), byte(), any::<bool>()), 0..6)
}

fn again(sample: &Sample, op: &Operation, protocol: Protocol, input: &Members) -> Members {
    let written = encode_request(&sample.service, op, protocol, input).unwrap();
    let parts = RequestParts::new(&written.method, &written.uri, &written.headers, &written.body);
    let mut read = Members::new(input.0.len());
    decode_request(&sample.service, op, protocol, &parts, &mut read).unwrap();
    read
}

fn request_case(sample: &Sample, body: &[u8], uri: &str) {
    let parts = RequestParts::new(&sample.method, uri, &sample.headers, body);
    let _ = sample.router.route(&sample.service, &parts);
    let op = sample.service.operation(&sample.operation).unwrap();
    let protocol = sample.service.metadata.protocols[0];
    let mut first = Members::new(input_width(&sample.service, op));
    if decode_request(&sample.service, op, protocol, &parts, &mut first).is_err() {
        return;
    }
    // Only these can say everything that they understand: the others have no empty maps, or cannot carry
    // every character.
    if !matches!(protocol, Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RpcV2Cbor) {
        return;
    }
    // Writing cuts timestamps to milliseconds once; after that nothing changes any more.
    let second = again(sample, op, protocol, &first);
    let third = again(sample, op, protocol, &second);
    assert!(values::same_members(&second, &third), "{first:?}\n{second:?}\n{third:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn requests(which in any::<Index>(), edits in edits()) {
        let sample = which.get(&REQUESTS);
        request_case(sample, &mutate(&sample.body, &edits), &sample.uri);
    }

    #[test]
    fn request_lines(which in any::<Index>(), edits in edits()) {
        let sample = which.get(&REQUESTS);
        let uri = String::from_utf8_lossy(&mutate(sample.uri.as_bytes(), &edits)).into_owned();
        request_case(sample, &sample.body, &uri);
    }

    #[test]
    fn responses(which in any::<Index>(), edits in edits(), status in 100_u16..600) {
        let sample = which.get(&RESPONSES);
        let body = mutate(&sample.body, &edits);
        let response = Response { status, headers: sample.headers.clone(), body };
        let op = sample.service.operation(&sample.operation).unwrap();
        let protocol = sample.service.metadata.protocols[0];
        let mut output = Members::new(op.output.map_or(0, |id| sample.service.shape(id).members.len()));
        let _ = decode_response(&sample.service, op, protocol, &response, &mut output);
        let _ = decode_error(protocol, &response);
    }
}
