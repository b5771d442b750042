//! A model as lines of text: the service, its operations, its shapes.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, bail};

use super::Iam;
use crate::json::{Json, ObjectWriter, quoted};

/// What is written of one service.
pub struct Written {
    /// The decompressed model file.
    pub text: String,
    /// Its entry in the index, as Rust.
    pub summary: String,
}

/// Writes the model of `name`.
pub fn write(name: &str, model: &Json, paginators: &Json, iam: &Iam) -> anyhow::Result<Written> {
    let metadata = model.get("metadata").context("no metadata")?;
    let operations = model.get("operations").context("no operations")?.entries();
    let shapes = Shapes::reachable(model, operations)?;
    let mut text = String::new();
    let (first, summary) = service(name, metadata, operations.len(), shapes.order.len(), iam)?;
    text.push_str(&first);
    text.push('\n');
    for (operation_name, operation) in operations {
        let pages = paginators.get("pagination").and_then(|all| all.get(operation_name));
        let line = operation_line(operation_name, operation, pages, iam, &shapes)
            .with_context(|| format!("in operation {operation_name}"))?;
        text.push_str(&line);
        text.push('\n');
    }
    for (shape_name, shape) in &shapes.order {
        let line =
            shape_line(shape_name, shape, &shapes).with_context(|| format!("in shape {shape_name}"))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(Written { text, summary })
}

/// The shapes that some operation uses, in the model's order, and their positions.
struct Shapes<'a> {
    order: Vec<(&'a str, &'a Json)>,
    positions: HashMap<&'a str, usize>,
}

impl<'a> Shapes<'a> {
    fn reachable(model: &'a Json, operations: &'a [(String, Json)]) -> anyhow::Result<Self> {
        let all = model.get("shapes").context("no shapes")?.entries();
        let by_name: HashMap<&str, &Json> = all.iter().map(|(name, shape)| (name.as_str(), shape)).collect();
        let mut waiting = Vec::new();
        for (_, operation) in operations {
            let ends = ["input", "output"].into_iter().filter_map(|end| operation.get(end));
            waiting.extend(ends.chain(operation.list("errors")).filter_map(|end| end.text("shape")));
        }
        let mut seen = HashSet::new();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name) {
                continue;
            }
            let shape = by_name.get(name).with_context(|| format!("no shape is called {name}"))?;
            let members =
                shape.get("members").map_or(&[][..], Json::entries).iter().map(|(_, member)| member);
            let elements = ["member", "key", "value"].into_iter().filter_map(|part| shape.get(part));
            waiting.extend(members.chain(elements).filter_map(|part| part.text("shape")));
        }
        let order: Vec<(&str, &Json)> = all
            .iter()
            .filter(|(name, _)| seen.contains(name.as_str()))
            .map(|(name, shape)| (name.as_str(), shape))
            .collect();
        let positions = order.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
        Ok(Self { order, positions })
    }

    /// The position of the shape that `reference` names.
    fn id(&self, reference: &Json) -> anyhow::Result<usize> {
        let name = reference.text("shape").context("a reference without a shape")?;
        self.positions.get(name).copied().with_context(|| format!("no shape is called {name}"))
    }
}

fn protocol(name: &str, json_version: Option<&str>) -> anyhow::Result<&'static str> {
    Ok(match (name, json_version) {
        ("json", Some("1.0")) => "AwsJson10",
        ("json", Some("1.1")) => "AwsJson11",
        ("query", _) => "AwsQuery",
        ("ec2", _) => "Ec2Query",
        ("rest-json", _) => "RestJson1",
        ("rest-xml", _) => "RestXml",
        ("smithy-rpc-v2-cbor", _) => "RpcV2Cbor",
        _ => bail!("unknown protocol {name} {json_version:?}"),
    })
}

fn service(
    name: &str,
    metadata: &Json,
    operations: usize,
    shapes: usize,
    iam: &Iam,
) -> anyhow::Result<(String, String)> {
    let needed = |key: &str| metadata.text(key).with_context(|| format!("no metadata called {key}"));
    let endpoint = needed("endpointPrefix")?;
    let signing = metadata.text("signingName").unwrap_or(endpoint);
    let target = metadata.text("targetPrefix");
    let mut names: Vec<&str> = metadata.list("protocols").iter().filter_map(Json::as_str).collect();
    if names.is_empty() {
        names.push(needed("protocol")?);
    }
    let mut protocols = Vec::new();
    for protocol_name in names {
        protocols.push(protocol(protocol_name, metadata.text("jsonVersion"))?);
    }
    let mut line = ObjectWriter::default();
    line.raw("format", "1");
    line.text("name", name);
    line.text("version", needed("apiVersion")?);
    line.text("endpoint", endpoint);
    line.text("signing", signing);
    line.text("id", needed("serviceId")?);
    line.some_text("target", target);
    line.some_text("xmlns", metadata.text("xmlNamespace"));
    line.list("protocols", &protocols.iter().copied().map(quoted).collect::<Vec<_>>());
    line.flag("query_compatible", metadata.get("awsQueryCompatible").is_some());
    line.text("iam", &iam.prefix);
    line.raw("operations", &operations.to_string());
    line.raw("shapes", &shapes.to_string());
    let target = target.map_or("None".to_string(), |prefix| format!("Some({prefix:?})"));
    let summary = format!(
        "Summary {{ name: {name:?}, api_version: {:?}, endpoint_prefix: {endpoint:?}, signing_name: {signing:?}, \
         target_prefix: {target}, protocols: &[{}], iam_prefix: {:?}, \
         file: include_bytes!(\"../files/{name}.jsonl.gz\"), opened: OnceLock::new() }},\n",
        needed("apiVersion")?,
        protocols.join(", "),
        iam.prefix
    );
    Ok((line.finish(), summary))
}

fn operation_line(
    name: &str,
    operation: &Json,
    pages: Option<&Json>,
    iam: &Iam,
    shapes: &Shapes<'_>,
) -> anyhow::Result<String> {
    let mut line = ObjectWriter::default();
    line.text("n", name);
    let http = operation.get("http").context("no http")?;
    let method = http.text("method").unwrap_or("POST");
    if method != "POST" {
        line.text("m", method);
    }
    line.some_text("u", http.text("requestUri").filter(|uri| *uri != "/"));
    if let Some(status) = http.number("responseCode").filter(|code| *code != 200.0) {
        line.raw("s", &status.to_string());
    }
    if let Some(input) = operation.get("input") {
        line.raw("i", &shapes.id(input)?.to_string());
        line.some_text("ix", input.text("locationName"));
        line.some_text("in", input.get("xmlNamespace").and_then(|namespace| namespace.text("uri")));
    }
    if let Some(output) = operation.get("output") {
        line.raw("o", &shapes.id(output)?.to_string());
        line.some_text("w", output.text("resultWrapper"));
    }
    let mut errors = Vec::new();
    for error in operation.list("errors") {
        errors.push(shapes.id(error)?.to_string());
    }
    line.list("e", &errors);
    let without_auth = operation.list("auth").iter().any(|kind| kind.as_str() == Some("smithy.api#noAuth"));
    line.flag("x", without_auth || operation.text("authtype") == Some("none"));
    if let Some(actions) = iam.exceptions.get(name).or_else(|| iam.exceptions.get("*")) {
        line.raw("a", &actions_json(actions, method));
    }
    if let Some(pages) = pages {
        line.raw("p", &paginator(pages)?);
    }
    Ok(line.finish())
}

/// `a+b` is both; `a|b` stays one entry; `{GET|PUT}` is the operation's method.
fn actions_json(actions: &str, method: &str) -> String {
    let with_method = match actions.split_once('{') {
        Some((prefix, _)) => format!("{prefix}{method}"),
        None => actions.to_string(),
    };
    let all: Vec<String> = with_method.split('+').filter(|action| !action.is_empty()).map(quoted).collect();
    format!("[{}]", all.join(","))
}

fn paginator(pages: &Json) -> anyhow::Result<String> {
    let joined = |key: &str| -> anyhow::Result<String> {
        match pages.get(key).with_context(|| format!("a paginator without {key}"))? {
            Json::String(text) => Ok(text.clone()),
            several => Ok(several.elements().iter().filter_map(Json::as_str).collect::<Vec<_>>().join(",")),
        }
    };
    let mut object = ObjectWriter::default();
    object.text("i", &joined("input_token")?);
    object.text("o", &joined("output_token")?);
    object.some_text("l", pages.text("limit_key"));
    let results = match pages.get("result_key") {
        Some(Json::String(one)) => vec![quoted(one)],
        Some(several) => several.elements().iter().filter_map(Json::as_str).map(quoted).collect(),
        None => Vec::new(),
    };
    object.list("r", &results);
    Ok(object.finish())
}

fn kind(shape: &Json) -> anyhow::Result<&'static str> {
    if shape.flag("document") {
        return Ok("doc");
    }
    Ok(match shape.text("type").context("no type")? {
        "boolean" => "bool",
        "integer" => "int",
        "long" => "long",
        "float" => "float",
        "double" => "double",
        "string" | "character" => "str",
        "blob" => "blob",
        "timestamp" => "time",
        "structure" => "struct",
        "list" => "list",
        "map" => "map",
        other => bail!("unknown type {other}"),
    })
}

fn shape_line(name: &str, shape: &Json, shapes: &Shapes<'_>) -> anyhow::Result<String> {
    let mut line = ObjectWriter::default();
    line.text("n", name);
    line.raw("k", &quoted(kind(shape)?));
    let fields = shape.get("members").map_or(&[][..], Json::entries);
    let required: HashSet<&str> = shape.list("required").iter().filter_map(Json::as_str).collect();
    let mut members = Vec::new();
    for (member_name, member) in fields {
        members.push(member_object(member_name, member, required.contains(member_name.as_str()), shapes)?);
    }
    line.list("m", &members);
    let mut elements = Vec::new();
    for part in ["member", "key", "value"].into_iter().filter_map(|part| shape.get(part)) {
        elements.push(member_object("", part, false, shapes)?);
    }
    line.list("e", &elements);
    line.flag("f", shape.flag("flattened"));
    line.flag("u", shape.flag("union"));
    if let Some(payload) = shape.text("payload") {
        let position = fields.iter().position(|(member_name, _)| member_name == payload);
        line.raw("p", &position.with_context(|| format!("no member is called {payload}"))?.to_string());
    }
    for key in ["min", "max"] {
        if let Some(bound) = shape.number(key) {
            line.raw(key, &bound.to_string());
        }
    }
    line.some_text("re", shape.text("pattern"));
    line.list("en", &shape.list("enum").iter().filter_map(Json::as_str).map(quoted).collect::<Vec<_>>());
    line.flag("se", shape.flag("sensitive"));
    line.flag("st", shape.flag("streaming"));
    line.flag("es", shape.flag("eventstream"));
    timestamp_format(&mut line, shape)?;
    namespace(&mut line, shape)?;
    line.some_text("xn", shape.text("locationName"));
    if shape.flag("exception") {
        line.raw("er", &error(shape));
    }
    Ok(line.finish())
}

/// An error's code and status: 400, or 500 for a fault, where the model gives none.
fn error(shape: &Json) -> String {
    let traits = shape.get("error").unwrap_or(&Json::Null);
    let fault = shape.flag("fault") || traits.flag("fault");
    let status = traits.number("httpStatusCode").unwrap_or(if fault { 500.0 } else { 400.0 });
    let mut object = ObjectWriter::default();
    object.some_text("c", traits.text("code"));
    object.raw("s", &status.to_string());
    object.flag("f", traits.flag("senderFault") || (!fault && status < 500.0));
    object.finish()
}

fn member_object(name: &str, member: &Json, required: bool, shapes: &Shapes<'_>) -> anyhow::Result<String> {
    let mut object = ObjectWriter::default();
    if !name.is_empty() {
        object.text("n", name);
    }
    object.raw("t", &shapes.id(member)?.to_string());
    object.flag("r", required);
    match member.text("location") {
        None => {}
        Some(location @ ("header" | "headers" | "uri" | "querystring" | "statusCode")) => {
            object.text("l", location);
        }
        Some(other) => bail!("{name} has unknown location {other}"),
    }
    object.some_text("ln", member.text("locationName"));
    object.some_text("q", member.text("queryName"));
    object.flag("f", member.flag("flattened"));
    object.flag("xa", member.flag("xmlAttribute"));
    namespace(&mut object, member)?;
    timestamp_format(&mut object, member)?;
    object.flag("j", member.flag("jsonvalue"));
    object.flag("id", member.flag("idempotencyToken"));
    object.flag("h", member.flag("hostLabel"));
    object.flag("st", member.flag("streaming"));
    object.flag("ep", member.flag("eventpayload"));
    object.flag("eh", member.flag("eventheader"));
    Ok(object.finish())
}

fn namespace(object: &mut ObjectWriter, part: &Json) -> anyhow::Result<()> {
    if let Some(given) = part.get("xmlNamespace") {
        let mut namespace = ObjectWriter::default();
        namespace.text("u", given.text("uri").context("a namespace without uri")?);
        namespace.some_text("p", given.text("prefix"));
        object.raw("ns", &namespace.finish());
    }
    Ok(())
}

fn timestamp_format(object: &mut ObjectWriter, part: &Json) -> anyhow::Result<()> {
    match part.text("timestampFormat") {
        None => {}
        Some("iso8601") => object.text("tf", "iso"),
        Some("rfc822") => object.text("tf", "http"),
        Some("unixTimestamp") => object.text("tf", "epoch"),
        Some(other) => bail!("unknown timestamp format {other}"),
    }
    Ok(())
}
