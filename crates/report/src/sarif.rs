//! Findings as SARIF 2.1.0, the OASIS format for results of static analysis.
//!
//! Each finding is a result with its ARN as a logical location, and with a physical location where it is about a
//! file. What could not be read is a notification of the run with level `error`, and then the run says that it was
//! not successful: a viewer must not take the silence of an undecided rule for a pass.

use crate::escape::uri_path;
use crate::finding::{Finding, Findings, Rule, Unread};
use serde::Serialize;
use std::collections::BTreeMap;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    automation_details: Automation,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Vec<ResultObject>,
    properties: RunProperties,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: String,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct Automation {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<RuleReference>,
}

#[derive(Serialize)]
struct RuleReference {
    id: String,
    index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    kind: &'static str,
    level: &'static str,
    message: Message,
    locations: [LocationObject; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    properties: ResultProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Physical>,
    logical_locations: [Logical; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct ResultProperties {
    advice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    figure: Option<String>,
}

#[derive(Serialize)]
struct RunProperties {
    target: String,
    read: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    figures: Vec<String>,
}

/// Findings as an indented SARIF log with a line end.
pub fn findings(model: &Findings) -> String {
    let (name, version) = match model.software.split_once(' ') {
        Some((name, version)) => (name.to_string(), Some(version.to_string())),
        None => (model.software.clone(), None),
    };
    let ordered = model.ordered();
    let mut seen_before: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let results = ordered
        .iter()
        .map(|finding| {
            // The text may change with every figure in it, so a finding is known again by what it is about.
            let nth = seen_before.entry((&finding.rule, &finding.resource)).or_default();
            *nth += 1;
            result(model, finding, *nth)
        })
        .collect();
    let run = Run {
        tool: Tool { driver: Driver { name, version, rules: model.rules.iter().map(descriptor).collect() } },
        automation_details: Automation { id: format!("{}/", model.practice) },
        column_kind: "unicodeCodePoints",
        invocations: [Invocation {
            execution_successful: model.unread.is_empty(),
            exit_code: model.exit_code(),
            tool_execution_notifications: model.unread.iter().flat_map(|u| notifications(model, u)).collect(),
        }],
        results,
        properties: RunProperties {
            target: model.target.line(),
            read: model.read.iter().map(|read| read.what.clone()).collect(),
            figures: model.figures.iter().map(|figure| figure.line()).collect(),
        },
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    let mut text = serde_json::to_string_pretty(&log).expect("the log has only string keys");
    text.push('\n');
    text
}

fn descriptor(rule: &Rule) -> Descriptor {
    Descriptor {
        id: rule.id.to_string(),
        short_description: Message { text: rule.title.to_string() },
        full_description: Message { text: rule.help.to_string() },
        help: Message { text: rule.help.to_string() },
        default_configuration: Configuration { level: rule.severity.name() },
    }
}

fn rule_index(model: &Findings, id: &str) -> Option<usize> {
    model.rules.iter().position(|rule| rule.id == id)
}

fn result(model: &Findings, finding: &Finding, nth: usize) -> ResultObject {
    let physical_location = finding.location.as_ref().map(|location| Physical {
        artifact_location: Artifact { uri: uri_path(&location.file) },
        // Lines count from 1; a 0 would make the whole log invalid.
        region: location.line.filter(|line| *line > 0).map(|start_line| Region { start_line }),
    });
    ResultObject {
        rule_id: finding.rule.to_string(),
        rule_index: rule_index(model, &finding.rule),
        kind: "fail",
        level: finding.severity.name(),
        message: Message { text: format!("{} {}", finding.seen, finding.advice) },
        locations: [LocationObject {
            physical_location,
            logical_locations: [Logical { fully_qualified_name: finding.resource.clone(), kind: "resource" }],
        }],
        partial_fingerprints: BTreeMap::from([(
            "ironbird/v1",
            format!("{}:{}:{nth}", finding.rule, finding.resource),
        )]),
        properties: ResultProperties {
            advice: finding.advice.clone(),
            figure: finding.figure.as_ref().map(|figure| figure.line()),
        },
    }
}

/// One notification for each rule left undecided, as a notification can name only one.
fn notifications(model: &Findings, unread: &Unread) -> Vec<Notification> {
    let undecided: Vec<usize> =
        (0..model.rules.len()).filter(|index| unread.touches(&model.rules[*index])).collect();
    let about = unread.resource.as_ref().map(|resource| format!(" of {resource}")).unwrap_or_default();
    let text = format!("could not read {}{about}: {}", unread.what, unread.why);
    if undecided.is_empty() {
        return vec![Notification { level: "error", message: Message { text }, associated_rule: None }];
    }
    undecided
        .into_iter()
        .map(|index| Notification {
            level: "error",
            message: Message { text: text.clone() },
            associated_rule: Some(RuleReference { id: model.rules[index].id.to_string(), index }),
        })
        .collect()
}
