//! Small models in botocore's form, as the vectors carry them, made into a service.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironbird_wire::schema::{
    ErrorTrait, Kind, Location, Member, Metadata, Operation, Protocol, Service, Shape, ShapeId, ShapeSource,
    TimestampFormat, XmlNamespace,
};
use serde_json::Value as Json;

/// A service with the operations given, each in the form of a model's `operations` entry.
pub fn service(metadata: &Json, shapes: &Json, operations: &[&Json]) -> Service {
    let shapes = shapes.as_object().unwrap();
    let ids: BTreeMap<String, ShapeId> =
        shapes.keys().enumerate().map(|(index, name)| (name.clone(), ShapeId(index as u32))).collect();
    let names = Names(ids);
    let list: Vec<Shape> = shapes.iter().map(|(name, json)| names.shape(name, json)).collect();
    let metadata = self::metadata(metadata);
    let mut known: Vec<Operation> = Vec::new();
    for json in operations {
        let operation = names.operation(&metadata, json);
        if !known.iter().any(|other| other.name == operation.name) {
            known.push(operation);
        }
    }
    let count = list.len();
    Service::new(metadata, known, count, Arc::new(Opened(list)))
}

#[derive(Debug)]
struct Opened(Vec<Shape>);

impl ShapeSource for Opened {
    fn open(&self, id: ShapeId) -> Shape {
        self.0[id.0 as usize].clone()
    }
}

fn text(json: &Json, name: &str) -> Option<String> {
    json.get(name).and_then(Json::as_str).map(str::to_owned)
}

fn flag(json: &Json, name: &str) -> bool {
    json.get(name).and_then(Json::as_bool).unwrap_or(false)
}

fn metadata(json: &Json) -> Metadata {
    let first = json["protocol"].as_str().unwrap();
    let listed = json.get("protocols").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut names: Vec<&str> = listed.iter().filter_map(Json::as_str).collect();
    if names.is_empty() {
        names.push(first);
    }
    let version = json.get("jsonVersion").and_then(Json::as_str);
    Metadata {
        name: "vectors".into(),
        api_version: text(json, "apiVersion").unwrap_or_default(),
        endpoint_prefix: text(json, "endpointPrefix").unwrap_or_default(),
        signing_name: text(json, "signingName").unwrap_or_default(),
        service_id: text(json, "serviceId").unwrap_or_default(),
        target_prefix: text(json, "targetPrefix"),
        xml_namespace: text(json, "xmlNamespace"),
        protocols: names.into_iter().map(|name| protocol(name, version)).collect(),
        query_compatible: json.get("awsQueryCompatible").is_some(),
    }
}

fn protocol(name: &str, json_version: Option<&str>) -> Protocol {
    match name {
        "ec2" => Protocol::Ec2Query,
        "query" => Protocol::AwsQuery,
        "json" if json_version == Some("1.0") => Protocol::AwsJson10,
        "json" => Protocol::AwsJson11,
        "rest-json" => Protocol::RestJson1,
        "rest-xml" => Protocol::RestXml,
        "smithy-rpc-v2-cbor" => Protocol::RpcV2Cbor,
        other => panic!("protocol {other}"),
    }
}

fn namespace(json: &Json) -> Option<XmlNamespace> {
    match json.get("xmlNamespace")? {
        Json::String(uri) => Some(XmlNamespace { uri: uri.clone(), prefix: None }),
        object => Some(XmlNamespace { uri: text(object, "uri").unwrap(), prefix: text(object, "prefix") }),
    }
}

fn timestamp_format(json: &Json) -> Option<TimestampFormat> {
    match json.get("timestampFormat")?.as_str()? {
        "iso8601" => Some(TimestampFormat::Iso8601),
        "unixTimestamp" => Some(TimestampFormat::EpochSeconds),
        "rfc822" => Some(TimestampFormat::HttpDate),
        other => panic!("timestamp format {other}"),
    }
}

struct Names(BTreeMap<String, ShapeId>);

impl Names {
    fn id(&self, json: &Json) -> ShapeId {
        self.0[json["shape"].as_str().unwrap()]
    }

    fn operation(&self, metadata: &Metadata, json: &Json) -> Operation {
        let name = text(json, "name").unwrap();
        let http = &json["http"];
        let input = json.get("input");
        let output = json.get("output");
        let query = metadata.protocols.contains(&Protocol::AwsQuery);
        Operation {
            method: text(http, "method").unwrap_or_else(|| "POST".into()),
            uri: text(http, "requestUri").unwrap_or_else(|| "/".into()),
            status: http.get("responseCode").and_then(Json::as_u64).unwrap_or(200) as u16,
            input: input.map(|json| self.id(json)),
            input_xml_name: input.and_then(|json| text(json, "locationName")),
            input_xml_namespace: input.and_then(namespace).map(|namespace| namespace.uri),
            output: output.map(|json| self.id(json)),
            // The models of the vectors leave it out, and botocore's tests put it in.
            result_wrapper: output.filter(|_| query).map(|_| format!("{name}Result")),
            errors: json
                .get("errors")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .map(|e| self.id(e))
                .collect(),
            name,
            ..Operation::default()
        }
    }

    fn shape(&self, name: &str, json: &Json) -> Shape {
        let required: Vec<&str> = json
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let members: Vec<Member> = json
            .get("members")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .map(|(member, json)| self.member(member, json, required.contains(&member.as_str())))
            .collect();
        let element = |role: &str| json.get(role).map(|json| self.member("", json, false));
        let payload = text(json, "payload");
        let error = json.get("error").cloned().unwrap_or_default();
        Shape {
            name: name.to_owned(),
            kind: kind(json),
            elements: [element("member"), element("key"), element("value")].into_iter().flatten().collect(),
            flattened: flag(json, "flattened"),
            union: flag(json, "union"),
            payload: payload.map(|payload| members.iter().position(|member| member.name == payload).unwrap()),
            min: json.get("min").and_then(Json::as_f64),
            max: json.get("max").and_then(Json::as_f64),
            pattern: text(json, "pattern"),
            enumeration: serde_json::from_value(json.get("enum").cloned().unwrap_or(Json::Array(vec![])))
                .unwrap(),
            sensitive: flag(json, "sensitive"),
            streaming: flag(json, "streaming"),
            event_stream: flag(json, "eventstream"),
            timestamp_format: timestamp_format(json),
            xml_namespace: namespace(json),
            xml_name: text(json, "locationName"),
            error: flag(json, "exception").then(|| ErrorTrait {
                code: text(&error, "code"),
                status: match error.get("httpStatusCode").and_then(Json::as_u64) {
                    Some(status) => status as u16,
                    None if flag(json, "fault") => 500,
                    None => 400,
                },
                sender_fault: flag(&error, "senderFault"),
            }),
            members,
        }
    }

    fn member(&self, name: &str, json: &Json, required: bool) -> Member {
        Member {
            name: name.to_owned(),
            target: self.id(json),
            required,
            location: match json.get("location").and_then(Json::as_str) {
                None => Location::Body,
                Some("header") => Location::Header,
                Some("headers") => Location::Headers,
                Some("uri") => Location::Uri,
                Some("querystring") => Location::QueryString,
                Some("statusCode") => Location::StatusCode,
                Some(other) => panic!("location {other}"),
            },
            location_name: text(json, "locationName"),
            query_name: text(json, "queryName"),
            flattened: flag(json, "flattened"),
            xml_attribute: flag(json, "xmlAttribute"),
            xml_namespace: namespace(json),
            timestamp_format: timestamp_format(json),
            json_value: flag(json, "jsonvalue"),
            idempotency_token: flag(json, "idempotencyToken"),
            host_label: flag(json, "hostLabel"),
            streaming: flag(json, "streaming"),
            event_payload: flag(json, "eventpayload"),
            event_header: flag(json, "eventheader"),
        }
    }
}

fn kind(json: &Json) -> Kind {
    match json["type"].as_str().unwrap() {
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer,
        "long" => Kind::Long,
        "float" => Kind::Float,
        "double" => Kind::Double,
        "string" | "character" => Kind::String,
        "blob" => Kind::Blob,
        "timestamp" => Kind::Timestamp,
        "structure" if flag(json, "document") => Kind::Document,
        "structure" => Kind::Structure,
        "list" => Kind::List,
        "map" => Kind::Map,
        other => panic!("type {other}"),
    }
}
