//! Requests that are wrong or absurd: refused with the right code, at the right place, within bounds.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use http::{HeaderMap, HeaderValue};
use ironbird_wire::decode_request;
use ironbird_wire::http::RequestParts;
use ironbird_wire::limits::Limits;
use ironbird_wire::rejection::{Reason, Rejection};
use ironbird_wire::route::Router;
use ironbird_wire::schema::{Protocol, Service};
use ironbird_wire::value::{Members, Value};
use serde_json::json;
use support::botocore;

/// A service that speaks everything, with one operation whose input has one member of each kind.
fn service() -> Service {
    let shapes = json!({
        "Input": {"type": "structure", "members": {
            "Name": {"shape": "String"}, "Count": {"shape": "Integer"}, "Big": {"shape": "Long"},
            "On": {"shape": "Boolean"}, "Share": {"shape": "Double"}, "Data": {"shape": "Blob"},
            "When": {"shape": "Timestamp"}, "Ids": {"shape": "Ids"}, "Items": {"shape": "Items"},
            "Tags": {"shape": "Tags"}, "Inner": {"shape": "Input"}, "Choice": {"shape": "Choice"}}},
        "Choice": {"type": "structure", "union": true, "members": {"A": {"shape": "String"}, "B": {"shape": "String"}}},
        "Ids": {"type": "list", "member": {"shape": "String"}},
        "Items": {"type": "list", "member": {"shape": "Input"}},
        "Tags": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
        "String": {"type": "string"}, "Integer": {"type": "integer"}, "Long": {"type": "long"},
        "Boolean": {"type": "boolean"}, "Double": {"type": "double"}, "Blob": {"type": "blob"},
        "Timestamp": {"type": "timestamp"}
    });
    let operation =
        json!({"name": "Do", "http": {"method": "PUT", "requestUri": "/do"}, "input": {"shape": "Input"}});
    let metadata = json!({
        "protocol": "ec2", "targetPrefix": "Target", "jsonVersion": "1.1", "apiVersion": "2020-01-01",
        "protocols": ["ec2", "query", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"]
    });
    botocore::service(&metadata, &shapes, &[&operation])
}

fn decode_within(
    limits: &Limits,
    protocol: Protocol,
    body: &[u8],
) -> Result<(Members, Vec<String>), Rejection> {
    let service = service();
    let operation = service.operation("Do").unwrap();
    let headers = HeaderMap::new();
    let parts = RequestParts { limits, ..RequestParts::new("PUT", "/do", &headers, body) };
    let mut input = Members::new(service.shape(operation.input.unwrap()).members.len());
    let unknown = decode_request(&service, operation, protocol, &parts, &mut input)?;
    Ok((input, unknown))
}

fn decode(protocol: Protocol, body: &[u8]) -> Result<(Members, Vec<String>), Rejection> {
    decode_within(&Limits::DEFAULT, protocol, body)
}

fn refused(protocol: Protocol, body: &[u8]) -> Rejection {
    match decode(protocol, body) {
        Err(rejection) => rejection,
        Ok(value) => panic!("{protocol:?} took {:?} as {value:?}", String::from_utf8_lossy(body)),
    }
}

#[test]
fn values_of_the_wrong_type_are_refused_with_their_place() {
    let cases = [
        (Protocol::Ec2Query, "Items.2.Count=x&Items.1.Count=1", "Items.2.Count", "InvalidParameterValue"),
        (Protocol::AwsQuery, "Items.member.1.When=yesterday", "Items.member.1.When", "MalformedInput"),
        (Protocol::AwsJson10, r#"{"Items":[{},{"Count":"1"}]}"#, "Items.2.Count", "SerializationException"),
        (Protocol::AwsJson11, r#"{"Tags":{"k":7}}"#, "Tags.k", "SerializationException"),
        (Protocol::RestJson1, r#"{"Ids":["a",null,["b"]]}"#, "Ids.3", "SerializationException"),
        (
            Protocol::RestXml,
            "<I><Items><member><On>yes</On></member></Items></I>",
            "Items.1.On",
            "MalformedXML",
        ),
    ];
    for (protocol, body, path, code) in cases {
        let rejection = refused(protocol, body.as_bytes());
        assert_eq!(
            (rejection.path.as_str(), rejection.code(protocol)),
            (path, code),
            "{protocol:?} {rejection}"
        );
        assert_eq!(rejection.status(protocol), 400);
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for body in
        ["Count=2147483648", "Count=1.5", "Count=", "Big=9223372036854775808", "Share=1e999", "Share=inf"]
    {
        refused(Protocol::Ec2Query, body.as_bytes());
    }
    for body in [
        r#"{"Count":2147483648}"#,
        r#"{"Count":1.5}"#,
        r#"{"Big":9223372036854775808}"#,
        r#"{"Share":1e999}"#,
    ] {
        refused(Protocol::AwsJson11, body.as_bytes());
    }
    refused(Protocol::RpcV2Cbor, b"\xa1\x65Count\x1b\xff\xff\xff\xff\xff\xff\xff\xff");
    refused(Protocol::RpcV2Cbor, b"\xa1\x63Big\x3b\xff\xff\xff\xff\xff\xff\xff\xff");
}

#[test]
fn broken_bytes_are_refused() {
    let json = [
        "{",
        "[]",
        "7",
        "{\"Name\":\"a\"}x",
        "{\"Name\":\"a\",}",
        "{\"Name\":\"\\ud800\"}",
        "{\"Name\":1}",
        "nul",
    ];
    for body in json {
        refused(Protocol::AwsJson10, body.as_bytes());
        refused(Protocol::RestJson1, body.as_bytes());
    }
    let xml = [
        "<I>",
        "<I></J>",
        "text",
        "<I/><J/>",
        "<I><Name>&unknown;</Name></I>",
        "<I><Name>&#0;</Name></I>",
        "<I a=b/>",
        "<!DOCTYPE I [<!ENTITY a \"b\">]><I><Name>&a;</Name></I>",
        "<I><Count>1<x/></I>",
        "<I><Name>a</Name></I>tail",
    ];
    for body in xml {
        refused(Protocol::RestXml, body.as_bytes());
    }
    let cbor: [&[u8]; 8] = [
        b"\xa1",
        b"\x80",
        b"\xa1\x01\x02",
        b"\xa0\x00",
        b"\xff",
        b"\xa1\x64Name\x7f\x41a\xff",
        b"\xa1\x64Name\x62\xff\xff",
        b"\xfc",
    ];
    for body in cbor {
        refused(Protocol::RpcV2Cbor, body);
    }
    for body in ["Name=%", "Name=%ff", "Name=%4"] {
        refused(Protocol::AwsQuery, body.as_bytes());
    }
    for protocol in [Protocol::AwsQuery, Protocol::AwsJson11, Protocol::RestXml] {
        refused(protocol, b"\xff\xfe{}");
    }
}

#[test]
fn what_is_given_twice_is_refused() {
    refused(Protocol::Ec2Query, b"Name=a&Name=b");
    refused(Protocol::Ec2Query, b"Ids.1=a&Ids.01=b");
    refused(
        Protocol::AwsQuery,
        b"Tags.entry.1.key=a&Tags.entry.1.value=b&Tags.entry.2.key=a&Tags.entry.2.value=c",
    );
    refused(Protocol::AwsJson11, br#"{"Ids":["a"],"Ids":["b"]}"#);
    refused(Protocol::AwsJson11, br#"{"Tags":{"a":"b","a":"c"}}"#);
    refused(Protocol::RpcV2Cbor, b"\xa2\x64Name\x61a\x64Name\x61b");
}

#[test]
fn unions_have_one_member() {
    for body in [r#"{"Choice":{}}"#, r#"{"Choice":{"A":"a","B":"b"}}"#, r#"{"Choice":{"A":null}}"#] {
        refused(Protocol::RestJson1, body.as_bytes());
    }
    assert!(decode(Protocol::RestJson1, br#"{"Choice":{"A":"a","B":null}}"#).is_ok());
}

#[test]
fn ec2_names_unknown_parameters_and_the_others_hand_them_over() {
    let rejection =
        refused(Protocol::Ec2Query, b"Action=Do&Version=1&Nmae=a&Ids=b&Items.1.X.2=c&X-Amz-Date=d");
    let names = ["Ids", "Items.1.X.2", "Nmae"].map(str::to_owned);
    assert_eq!(rejection.reason, Reason::UnknownParameter(names.to_vec()));
    assert_eq!(rejection.code(Protocol::Ec2Query), "UnknownParameter");
    let (_, unknown) = decode(Protocol::AwsQuery, b"Action=Do&Name=a&Nmae=b").unwrap();
    assert_eq!(unknown, ["Nmae"]);
    let (_, unknown) = decode(Protocol::AwsJson11, br#"{"Nmae":1,"Inner":{"X":2}}"#).unwrap();
    assert_eq!(unknown, ["Nmae", "Input.X"]);
}

#[test]
fn list_indexes_may_have_gaps_and_any_order() {
    let (input, _) = decode(Protocol::Ec2Query, b"Ids.4000000000=c&Ids.10=b&Ids.2=a").unwrap();
    let texts = ["a", "b", "c"].map(|text| Value::String(text.to_owned()));
    assert_eq!(
        input.0[service().shape(service().operation("Do").unwrap().input.unwrap()).member("Ids").unwrap().0],
        Value::List(texts.to_vec())
    );
}

#[test]
fn nesting_is_bounded() {
    let depth = 100_000;
    let json = format!("{}{}", "{\"Inner\":".repeat(depth), "}".repeat(depth));
    let unknown_json = format!("{{\"X\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let xml = format!("<I>{}{}</I>", "<Inner>".repeat(depth), "</Inner>".repeat(depth));
    let cbor = [b"\xa1\x65Inner".repeat(depth), vec![0xa0]].concat();
    let unknown_cbor = [b"\xa1\x61X".to_vec(), vec![0x81; depth], vec![0]].concat();
    let query = format!("{}Name=x", "Inner.".repeat(depth));
    for (protocol, body) in [
        (Protocol::AwsJson11, json.as_bytes()),
        (Protocol::RestXml, xml.as_bytes()),
        (Protocol::RpcV2Cbor, &cbor),
        (Protocol::RpcV2Cbor, &unknown_cbor),
        (Protocol::Ec2Query, query.as_bytes()),
        (Protocol::AwsQuery, query.as_bytes()),
    ] {
        assert_eq!(refused(protocol, body).reason, Reason::TooLarge, "{protocol:?}");
    }
    // What is not looked at may be as deep as it likes, or be refused; it must only not overflow the stack.
    let _ = decode(Protocol::AwsJson11, unknown_json.as_bytes());
    let unknown_xml = format!("<I>{}{}</I>", "<X>".repeat(depth), "</X>".repeat(depth));
    assert!(decode(Protocol::RestXml, unknown_xml.as_bytes()).is_ok());
}

#[test]
fn the_number_of_values_is_bounded_before_they_are_made() {
    let limits = Limits { slots: 1000, ..Limits::DEFAULT };
    let json = format!("{{\"Items\":[{}{{}}]}}", "{},".repeat(100));
    let xml = format!("<I><Items>{}</Items></I>", "<member/>".repeat(100));
    let cbor = [b"\xa1\x65Items\x18\x64".to_vec(), vec![0xa0; 100]].concat();
    let cbor = [&cbor[..7], &[0x98, 100], &cbor[9..]].concat();
    let query: Vec<String> = (1..=100).map(|index| format!("Items.{index}.Name=")).collect();
    for (protocol, body) in [
        (Protocol::AwsJson11, json.as_bytes()),
        (Protocol::RestXml, xml.as_bytes()),
        (Protocol::RpcV2Cbor, &cbor),
        (Protocol::Ec2Query, query.join("&").as_bytes()),
    ] {
        let refusal = decode_within(&limits, protocol, body).map(|_| ()).unwrap_err();
        assert_eq!(refusal.reason, Reason::TooLarge, "{protocol:?} {refusal}");
        assert!(decode(protocol, body).is_ok(), "{protocol:?}");
    }
    // An array that announces 2^62 elements and has one.
    refused(Protocol::RpcV2Cbor, b"\xa1\x65Items\x9b\x40\0\0\0\0\0\0\0\xa0");
}

#[test]
fn sizes_are_bounded() {
    let limits = Limits { body: 10, parameters: 2, ..Limits::DEFAULT };
    for protocol in [Protocol::AwsJson11, Protocol::RestXml, Protocol::RpcV2Cbor, Protocol::Ec2Query] {
        let refusal = decode_within(&limits, protocol, &[b' '; 11]).map(|_| ()).unwrap_err();
        assert_eq!((refusal.reason.clone(), refusal.status(protocol)), (Reason::TooLarge, 413));
    }
    assert!(decode_within(&limits, Protocol::AwsQuery, b"a=&b=").is_ok());
    assert!(decode_within(&limits, Protocol::AwsQuery, b"a=&b=&c=").is_err());
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}

#[test]
fn a_service_answers_in_the_protocol_it_is_asked_in() {
    let service = service();
    let router = Router::new(&service);
    let cases = [
        (
            headers(&[("content-type", "application/x-www-form-urlencoded; charset=utf-8")]),
            "POST",
            "/",
            "Version=1&Action=Do",
            Protocol::Ec2Query,
        ),
        (headers(&[]), "GET", "/?Action=Do", "", Protocol::Ec2Query),
        (
            headers(&[("x-amz-target", "Target.Do"), ("content-type", "application/x-amz-json-1.0")]),
            "POST",
            "/",
            "{}",
            Protocol::AwsJson10,
        ),
        (
            headers(&[("x-amz-target", "Target.Do"), ("content-type", "application/x-amz-json-1.1")]),
            "POST",
            "/",
            "{}",
            Protocol::AwsJson11,
        ),
        (
            headers(&[("smithy-protocol", "rpc-v2-cbor")]),
            "POST",
            "/service/Target/operation/Do",
            "",
            Protocol::RpcV2Cbor,
        ),
    ];
    for (headers, method, uri, body, protocol) in cases {
        let parts = RequestParts::new(method, uri, &headers, body.as_bytes());
        let route = router.route(&service, &parts).unwrap();
        assert_eq!((route.protocol, route.operation.name.as_str()), (protocol, "Do"));
    }
}

#[test]
fn unknown_operations_are_refused_in_the_protocol_of_the_request() {
    let service = service();
    let router = Router::new(&service);
    let cases = [
        (
            headers(&[("content-type", "application/x-www-form-urlencoded")]),
            "Action=Dont",
            "InvalidAction",
            400,
        ),
        (headers(&[("content-type", "application/x-www-form-urlencoded")]), "Name=x", "MissingAction", 400),
        (headers(&[("x-amz-target", "Target.Dont")]), "{}", "UnknownOperationException", 400),
        (headers(&[("x-amz-target", "Other.Do")]), "{}", "UnknownOperationException", 400),
        (headers(&[("smithy-protocol", "rpc-v2-cbor")]), "", "UnknownOperationException", 404),
    ];
    for (headers, body, code, status) in cases {
        let parts = RequestParts::new("POST", "/", &headers, body.as_bytes());
        let refusal = router.route(&service, &parts).unwrap_err();
        assert_eq!(
            (refusal.rejection.code(refusal.protocol), refusal.rejection.status(refusal.protocol)),
            (code, status)
        );
    }
    let none = HeaderMap::new();
    let parts = RequestParts::new("POST", "/?Action=Dont", &none, b"");
    assert_eq!(
        router.route(&service, &parts).unwrap_err().rejection.text(Protocol::Ec2Query),
        "The action Dont is not valid for this web service."
    );
}
