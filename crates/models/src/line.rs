//! Reads model files.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;

use flate2::read::GzDecoder;
use ironbird_wire::schema::{
    ErrorTrait, Kind, Location, Member, Metadata, Operation, Paginator, Protocol, Service, Shape, ShapeId,
    ShapeSource, TimestampFormat, XmlNamespace,
};
use serde::Deserialize;

/// Opens the model file of `name`: decompresses it, finds its lines, reads the service and its operations.
pub(crate) fn open(name: &str, file: &[u8]) -> Service {
    try_open(name, file).unwrap_or_else(|problem| damaged(name, &problem))
}

fn damaged(name: &str, problem: &str) -> ! {
    panic!(
        "BUG: crates/models/files/{name}.jsonl.gz is damaged ({problem}); make it again with `cargo xtask models`"
    )
}

fn try_open(name: &str, file: &[u8]) -> Result<Service, String> {
    let mut text = String::with_capacity(file.len() * 12);
    GzDecoder::new(file).read_to_string(&mut text).map_err(|error| error.to_string())?;
    let mut lines = text.split_inclusive('\n');
    let first: ServiceLine = parse(lines.next().unwrap_or_default(), 1)?;
    if first.format != 1 || first.name != name {
        return Err(format!("it is format {} of {}", first.format, first.name));
    }
    let mut operations = Vec::with_capacity(first.operations);
    for number in 0..first.operations {
        let line: OperationLine = parse(lines.next().unwrap_or_default(), number + 2)?;
        operations.push(line.operation(&first.iam));
    }
    let mut ends = Vec::with_capacity(first.shapes + 1);
    ends.push(text.len() - lines.by_ref().map(str::len).sum::<usize>());
    for (at, byte) in text.bytes().enumerate().skip(ends[0]) {
        if byte == b'\n' {
            ends.push(at + 1);
        }
    }
    if ends.len() != first.shapes + 1 {
        return Err(format!("it has {} shapes and says {}", ends.len() - 1, first.shapes));
    }
    let shape_count = first.shapes;
    let source = Lines { name: name.to_string(), text, ends, first_line: first.operations + 2 };
    Ok(Service::new(first.metadata(), operations, shape_count, Arc::new(source)))
}

fn parse<'a, T: Deserialize<'a>>(line: &'a str, number: usize) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))
}

/// The decompressed text, and where each shape's line ends; the first entry is where the first one begins.
struct Lines {
    name: String,
    text: String,
    ends: Vec<usize>,
    first_line: usize,
}

impl fmt::Debug for Lines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Lines({})", self.name)
    }
}

impl ShapeSource for Lines {
    fn open(&self, id: ShapeId) -> Shape {
        let index = id.0 as usize;
        let line = &self.text[self.ends[index]..self.ends[index + 1]];
        let read: Result<ShapeLine, String> = parse(line, self.first_line + index);
        read.unwrap_or_else(|problem| damaged(&self.name, &problem)).shape()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceLine {
    format: u32,
    name: String,
    version: String,
    endpoint: String,
    signing: String,
    id: String,
    target: Option<String>,
    xmlns: Option<String>,
    protocols: Vec<ProtocolName>,
    #[serde(default)]
    query_compatible: bool,
    iam: String,
    operations: usize,
    shapes: usize,
}

#[derive(Deserialize)]
enum ProtocolName {
    AwsJson10,
    AwsJson11,
    AwsQuery,
    Ec2Query,
    RestJson1,
    RestXml,
    RpcV2Cbor,
}

impl ServiceLine {
    fn metadata(self) -> Metadata {
        let protocol = |name: &ProtocolName| match name {
            ProtocolName::AwsJson10 => Protocol::AwsJson10,
            ProtocolName::AwsJson11 => Protocol::AwsJson11,
            ProtocolName::AwsQuery => Protocol::AwsQuery,
            ProtocolName::Ec2Query => Protocol::Ec2Query,
            ProtocolName::RestJson1 => Protocol::RestJson1,
            ProtocolName::RestXml => Protocol::RestXml,
            ProtocolName::RpcV2Cbor => Protocol::RpcV2Cbor,
        };
        Metadata {
            name: self.name,
            api_version: self.version,
            endpoint_prefix: self.endpoint,
            signing_name: self.signing,
            service_id: self.id,
            target_prefix: self.target,
            xml_namespace: self.xmlns,
            protocols: self.protocols.iter().map(protocol).collect(),
            query_compatible: self.query_compatible,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationLine {
    n: String,
    m: Option<String>,
    u: Option<String>,
    s: Option<u16>,
    i: Option<u32>,
    ix: Option<String>,
    r#in: Option<String>,
    o: Option<u32>,
    w: Option<String>,
    #[serde(default)]
    e: Vec<u32>,
    #[serde(default)]
    x: bool,
    a: Option<Vec<String>>,
    p: Option<PaginatorPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaginatorPart {
    i: String,
    o: String,
    l: Option<String>,
    #[serde(default)]
    r: Vec<String>,
}

impl OperationLine {
    fn operation(self, iam_prefix: &str) -> Operation {
        let paginator = |part: PaginatorPart| Paginator {
            input_token: part.i,
            output_token: part.o,
            limit_key: part.l,
            result_keys: part.r,
        };
        Operation {
            iam_actions: self.a.unwrap_or_else(|| vec![format!("{iam_prefix}:{}", self.n)]),
            name: self.n,
            method: self.m.unwrap_or_else(|| "POST".to_string()),
            uri: self.u.unwrap_or_else(|| "/".to_string()),
            status: self.s.unwrap_or(200),
            input: self.i.map(ShapeId),
            input_xml_name: self.ix,
            input_xml_namespace: self.r#in,
            output: self.o.map(ShapeId),
            result_wrapper: self.w,
            errors: self.e.into_iter().map(ShapeId).collect(),
            unsigned: self.x,
            paginator: self.p.map(paginator),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapeLine {
    n: String,
    k: KindName,
    #[serde(default)]
    m: Vec<MemberPart>,
    #[serde(default)]
    e: Vec<MemberPart>,
    #[serde(default)]
    f: bool,
    #[serde(default)]
    u: bool,
    p: Option<usize>,
    min: Option<f64>,
    max: Option<f64>,
    re: Option<String>,
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    se: bool,
    #[serde(default)]
    st: bool,
    #[serde(default)]
    es: bool,
    tf: Option<TimestampName>,
    ns: Option<NamespacePart>,
    xn: Option<String>,
    er: Option<ErrorPart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindName {
    Bool,
    Int,
    Long,
    Float,
    Double,
    Str,
    Blob,
    Time,
    Struct,
    List,
    Map,
    Doc,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum TimestampName {
    Iso,
    Http,
    Epoch,
}

impl TimestampName {
    fn format(&self) -> TimestampFormat {
        match self {
            Self::Iso => TimestampFormat::Iso8601,
            Self::Http => TimestampFormat::HttpDate,
            Self::Epoch => TimestampFormat::EpochSeconds,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamespacePart {
    u: String,
    p: Option<String>,
}

impl NamespacePart {
    fn namespace(self) -> XmlNamespace {
        XmlNamespace { uri: self.u, prefix: self.p }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorPart {
    c: Option<String>,
    s: u16,
    #[serde(default)]
    f: bool,
}

impl ShapeLine {
    fn shape(self) -> Shape {
        let kind = match self.k {
            KindName::Bool => Kind::Boolean,
            KindName::Int => Kind::Integer,
            KindName::Long => Kind::Long,
            KindName::Float => Kind::Float,
            KindName::Double => Kind::Double,
            KindName::Str => Kind::String,
            KindName::Blob => Kind::Blob,
            KindName::Time => Kind::Timestamp,
            KindName::Struct => Kind::Structure,
            KindName::List => Kind::List,
            KindName::Map => Kind::Map,
            KindName::Doc => Kind::Document,
        };
        Shape {
            name: self.n,
            kind,
            members: self.m.into_iter().map(MemberPart::member).collect(),
            elements: self.e.into_iter().map(MemberPart::member).collect(),
            flattened: self.f,
            union: self.u,
            payload: self.p,
            min: self.min,
            max: self.max,
            pattern: self.re,
            enumeration: self.en,
            sensitive: self.se,
            streaming: self.st,
            event_stream: self.es,
            timestamp_format: self.tf.map(|name| name.format()),
            xml_namespace: self.ns.map(NamespacePart::namespace),
            xml_name: self.xn,
            error: self.er.map(|part| ErrorTrait { code: part.c, status: part.s, sender_fault: part.f }),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberPart {
    #[serde(default)]
    n: String,
    t: u32,
    #[serde(default)]
    r: bool,
    l: Option<LocationName>,
    ln: Option<String>,
    q: Option<String>,
    #[serde(default)]
    f: bool,
    #[serde(default)]
    xa: bool,
    ns: Option<NamespacePart>,
    tf: Option<TimestampName>,
    #[serde(default)]
    j: bool,
    #[serde(default)]
    id: bool,
    #[serde(default)]
    h: bool,
    #[serde(default)]
    st: bool,
    #[serde(default)]
    ep: bool,
    #[serde(default)]
    eh: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum LocationName {
    Header,
    Headers,
    Uri,
    #[serde(rename = "querystring")]
    QueryString,
    StatusCode,
}

impl MemberPart {
    fn member(self) -> Member {
        let location = match self.l {
            None => Location::Body,
            Some(LocationName::Header) => Location::Header,
            Some(LocationName::Headers) => Location::Headers,
            Some(LocationName::Uri) => Location::Uri,
            Some(LocationName::QueryString) => Location::QueryString,
            Some(LocationName::StatusCode) => Location::StatusCode,
        };
        Member {
            name: self.n,
            target: ShapeId(self.t),
            required: self.r,
            location,
            location_name: self.ln,
            query_name: self.q,
            flattened: self.f,
            xml_attribute: self.xa,
            xml_namespace: self.ns.map(NamespacePart::namespace),
            timestamp_format: self.tf.map(|name| name.format()),
            json_value: self.j,
            idempotency_token: self.id,
            host_label: self.h,
            streaming: self.st,
            event_payload: self.ep,
            event_header: self.eh,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const FIRST: &str = r#"{"format":1,"name":"toy","version":"v","endpoint":"toy","signing":"toy","id":"Toy","protocols":["RestXml"],"iam":"toy","operations":1,"shapes":2}"#;

    fn gzipped(lines: &[&str]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        for line in lines {
            writeln!(encoder, "{line}").unwrap();
        }
        encoder.finish().unwrap()
    }

    fn toy() -> Vec<u8> {
        gzipped(&[
            FIRST,
            r#"{"n":"Play","i":1}"#,
            r#"{"n":"Text","k":"str"}"#,
            r#"{"n":"In","k":"struct","m":[{"n":"A","t":0}]}"#,
        ])
    }

    #[test]
    fn reads_what_is_left_out_as_the_default() {
        let service = open("toy", &toy());
        let play = service.operation("Play").unwrap();
        assert_eq!((play.method.as_str(), play.uri.as_str(), play.status), ("POST", "/", 200));
        assert_eq!(play.iam_actions, ["toy:Play"]);
        assert!(play.output.is_none() && play.errors.is_empty() && !play.unsigned);
        let input = service.shape(play.input.unwrap());
        assert_eq!(input.member("A").map(|(index, member)| (index, member.target)), Some((0, ShapeId(0))));
        assert_eq!(service.shape(ShapeId(0)).kind, Kind::String);
    }

    #[test]
    fn damage_is_found_on_opening() {
        let whole = toy();
        for length in 0..whole.len() {
            assert!(try_open("toy", &whole[..length]).is_err(), "{length} of {} bytes", whole.len());
        }
        let one_shape_less = gzipped(&[FIRST, r#"{"n":"Play"}"#, r#"{"n":"Text","k":"str"}"#]);
        assert!(try_open("toy", &one_shape_less).is_err());
        assert!(try_open("other", &whole).is_err());
    }

    #[test]
    #[should_panic(expected = "crates/models/files/toy.jsonl.gz is damaged (line 3: ")]
    fn a_damaged_shape_names_its_file_and_line() {
        let lines = [FIRST, r#"{"n":"Play"}"#, r#"{"n":"Text","k":"strange"}"#, r#"{"n":"In","k":"struct"}"#];
        open("toy", &gzipped(&lines)).shape(ShapeId(0));
    }
}
