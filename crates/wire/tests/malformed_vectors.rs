//! Smithy's malformed restJson1 requests: each must be refused with the status and code it names, by the
//! decoder or by validation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue};
use ironbird_wire::decode_request;
use ironbird_wire::http::RequestParts;
use ironbird_wire::route::Router;
use ironbird_wire::schema::{Protocol, Service};
use ironbird_wire::validate::validate;
use ironbird_wire::value::Members;
use serde_json::Value as Json;
use support::not_applicable::MALFORMED;
use support::{botocore, vectors};

/// One request: its text with the parameters put in.
struct Request<'a> {
    case: &'a Json,
    values: Vec<(&'a str, &'a str)>,
}

impl Request<'_> {
    /// `$name:L` is the value as it stands, `$name:S` the value in quotes.
    fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.values {
            filled = filled.replace(&format!("${name}:L"), value);
            filled = filled.replace(&format!("${name}:S"), &Json::from(*value).to_string());
        }
        filled.replace("$$", "$")
    }

    fn text(&self, name: &str) -> String {
        self.fill(self.case.get(name).and_then(Json::as_str).unwrap_or_default())
    }

    fn uri(&self) -> String {
        let mut uri = self.text("uri");
        for parameter in self.case.get("query").and_then(Json::as_array).into_iter().flatten() {
            let separator = if uri.contains('?') { '&' } else { '?' };
            write!(uri, "{separator}{}", self.fill(parameter.as_str().unwrap())).unwrap();
        }
        uri
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.case.get("headers").and_then(Json::as_object).into_iter().flatten() {
            let value = self.fill(value.as_str().unwrap());
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(&value).unwrap());
        }
        headers
    }
}

/// The requests that a case stands for: one for each set of its parameters.
fn requests(case: &Json) -> Vec<Request<'_>> {
    let Some(parameters) = case.get("parameters").and_then(Json::as_object) else {
        return vec![Request { case, values: vec![] }];
    };
    let count = parameters.values().next().unwrap().as_array().unwrap().len();
    let set = |index: usize| {
        parameters.iter().map(move |(name, list)| (name.as_str(), list[index].as_str().unwrap()))
    };
    (0..count).map(|index| Request { case, values: set(index).collect() }).collect()
}

/// The code and status of the refusal.
fn outcome(service: &Service, router: &Router, request: &Request<'_>) -> (String, u64) {
    let (uri, headers, body) = (request.uri(), request.headers(), request.text("body"));
    let method = request.case["method"].as_str().unwrap();
    let parts = RequestParts::new(method, &uri, &headers, body.as_bytes());
    let route = match router.route(service, &parts) {
        Ok(route) => route,
        Err(refusal) => {
            let protocol = refusal.protocol;
            return (refusal.rejection.code(protocol).to_owned(), refusal.rejection.status(protocol).into());
        }
    };
    let Some(shape) = route.operation.input.map(|id| service.shape(id)) else { return ("taken".into(), 200) };
    let mut input = Members::new(shape.members.len());
    if let Err(rejection) = decode_request(service, route.operation, Protocol::RestJson1, &parts, &mut input)
    {
        return (
            rejection.code(Protocol::RestJson1).to_owned(),
            rejection.status(Protocol::RestJson1).into(),
        );
    }
    match validate(service, shape, &input).is_empty() {
        true => ("taken".into(), 200),
        false => ("ValidationException".into(), 400),
    }
}

#[test]
fn every_malformed_request_is_refused() {
    let text = std::fs::read_to_string(vectors().join("rest-json.malformed.json")).unwrap();
    let suite: Json = serde_json::from_str(&text).unwrap();
    let operations: Vec<&Json> = suite["operations"].as_array().unwrap().iter().collect();
    let service = botocore::service(&suite["metadata"], &suite["shapes"], &operations);
    let router = Router::new(&service);
    let (mut passed, mut excused, mut problems) = (0, 0, String::new());
    for case in suite["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let want = (case["error"].as_str().unwrap_or_default().to_owned(), case["status"].as_u64().unwrap());
        let outcomes: Vec<_> =
            requests(case).iter().map(|request| outcome(&service, &router, request)).collect();
        let failed = outcomes.iter().filter(|got| **got != want).count();
        match MALFORMED.iter().any(|(_, ids)| ids.contains(&id)) {
            false if failed > 0 => writeln!(problems, "{id}: wanted {want:?}, got {outcomes:?}").unwrap(),
            true if failed == 0 => writeln!(problems, "{id}: passes; take it off the list").unwrap(),
            _ => {}
        }
        passed += outcomes.len() - failed;
        excused += failed;
    }
    assert!(problems.is_empty(), "{passed} pass, {excused} do not\n{problems}");
    assert_eq!(passed + excused, 615, "all the requests were looked at");
}
