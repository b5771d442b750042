//! Types as they are generated: what untyped values cannot show.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use http::HeaderMap;
use ironbird_wire::field::{Field, Structure};
use ironbird_wire::http::RequestParts;
use ironbird_wire::schema::{Protocol, Service};
use ironbird_wire::shared::Shared;
use ironbird_wire::{decode_request, decode_response, encode_request, encode_response};
use serde_json::json;
use std::collections::BTreeMap;
use support::botocore;

#[derive(Debug, Default, PartialEq)]
struct Input {
    names: Option<Vec<String>>,
    sparse: Option<Vec<Option<String>>>,
    tags: Option<BTreeMap<String, i64>>,
    inner: Option<Box<Input>>,
}

impl Structure for Input {
    fn field(&self, index: usize) -> &dyn Field {
        match index {
            0 => &self.names,
            1 => &self.sparse,
            2 => &self.tags,
            _ => &self.inner,
        }
    }
    fn field_mut(&mut self, index: usize) -> &mut dyn Field {
        match index {
            0 => &mut self.names,
            1 => &mut self.sparse,
            2 => &mut self.tags,
            _ => &mut self.inner,
        }
    }
}

impl Field for Input {
    fn view(&self) -> ironbird_wire::field::View<'_> {
        ironbird_wire::field::View::Structure(self)
    }
    fn slot(&mut self, _: ironbird_wire::schema::Kind, _: usize) -> ironbird_wire::field::Slot<'_> {
        ironbird_wire::field::Slot::Structure(self)
    }
}

fn service() -> Service {
    // Members in the order of their names, which is the order of the indexes.
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "a": {"shape": "Names"}, "b": {"shape": "Names"}, "c": {"shape": "Tags"}, "d": {"shape": "Input"}}},
        "Names": {"type": "list", "member": {"shape": "String"}}, "String": {"type": "string"},
        "Tags": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Long"}}, "Long": {"type": "long"}
    });
    let operation = json!({"name": "Do", "http": {}, "input": {"shape": "Input"}});
    let metadata = json!({"protocol": "json", "jsonVersion": "1.1", "targetPrefix": "T"});
    botocore::service(&metadata, &shapes, &[&operation])
}

fn decode(protocol: Protocol, body: &[u8]) -> Option<Input> {
    let (service, headers) = (service(), HeaderMap::new());
    let mut input = Input::default();
    let parts = RequestParts::new("POST", "/", &headers, body);
    decode_request(&service, service.operation("Do").unwrap(), protocol, &parts, &mut input).ok()?;
    Some(input)
}

#[test]
fn only_sparse_collections_take_nulls() {
    assert!(decode(Protocol::AwsJson11, br#"{"a":["x",null]}"#).is_none());
    assert!(decode(Protocol::AwsJson11, br#"{"c":{"x":null}}"#).is_none());
    let input = decode(Protocol::AwsJson11, br#"{"b":["x",null],"a":null}"#).unwrap();
    assert_eq!(input.sparse, Some(vec![Some("x".to_owned()), None]));
    assert_eq!(input.names, None);
    assert!(decode(Protocol::RpcV2Cbor, b"\xa1\x61a\x81\xf6").is_none());
    let input = decode(Protocol::RpcV2Cbor, b"\xa1\x61b\x81\xf6").unwrap();
    assert_eq!(input.sparse, Some(vec![None]));
}

#[test]
fn typed_values_go_through_every_protocol() {
    let service = service();
    let inner = Input { names: Some(vec!["<&\"é\n".to_owned()]), ..Input::default() };
    let input = Input {
        names: Some(vec!["a".to_owned(), String::new()]),
        tags: Some([("k".to_owned(), -7), ("l & m".to_owned(), i64::MAX)].into()),
        inner: Some(Box::new(inner)),
        sparse: None,
    };
    let all = [
        Protocol::AwsJson10,
        Protocol::AwsJson11,
        Protocol::AwsQuery,
        Protocol::Ec2Query,
        Protocol::RestJson1,
        Protocol::RestXml,
        Protocol::RpcV2Cbor,
    ];
    for protocol in all {
        let request = encode_request(&service, service.operation("Do").unwrap(), protocol, &input).unwrap();
        assert_eq!(decode(protocol, &request.body).as_ref(), Some(&input), "{protocol:?}");
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Name {
    name: Option<String>,
}

impl Structure for Name {
    fn field(&self, _: usize) -> &dyn Field {
        &self.name
    }
    fn field_mut(&mut self, _: usize) -> &mut dyn Field {
        &mut self.name
    }
}

#[derive(Default)]
struct Output {
    first: Shared<Name>,
    second: Shared<Name>,
}

impl Structure for Output {
    fn field(&self, index: usize) -> &dyn Field {
        if index == 0 { &self.first } else { &self.second }
    }
    fn field_mut(&mut self, index: usize) -> &mut dyn Field {
        if index == 0 { &mut self.first } else { &mut self.second }
    }
}

#[test]
fn a_shared_value_is_written_as_it_is_and_filled_without_touching_its_copies() {
    let shapes = json!({
        "Output": {"type": "structure", "members": {"first": {"shape": "Name"}, "second": {"shape": "Name"}}},
        "Name": {"type": "structure", "members": {"name": {"shape": "String"}}}, "String": {"type": "string"}
    });
    let operation = json!({"name": "Do", "http": {}, "output": {"shape": "Output"}});
    let metadata = json!({"protocol": "ec2", "apiVersion": "1"});
    let service = botocore::service(&metadata, &shapes, &[&operation]);
    let operation = service.operation("Do").unwrap();
    let body = |output: &Output| {
        let response = encode_response(&service, operation, Protocol::Ec2Query, output, "r");
        String::from_utf8(response.body.to_vec()).unwrap()
    };
    let name: Shared<Name> = Name { name: Some("a & b".to_owned()) }.into();
    let mut output = Output { first: name.clone(), second: name };
    let written = "<first><name>a &amp; b</name></first><second><name>a &amp; b</name></second>";
    assert!(body(&output).contains(written), "{}", body(&output));
    assert!(body(&output).contains(written), "the second time");

    let mut response = encode_response(&service, operation, Protocol::Ec2Query, &output, "r");
    let changed = body(&output).replace("<second><name>a &amp; b", "<second><name>c");
    response.body = changed.into_bytes();
    decode_response(&service, operation, Protocol::Ec2Query, &response, &mut output).unwrap();
    assert_eq!(output.second.name.as_deref(), Some("c"));
    assert_eq!(output.first.name.as_deref(), Some("a & b"));
    assert!(body(&output).contains("<second><name>c</name></second>"), "{}", body(&output));
}
