//! Where the engines are known to differ, and the documentation that decides.

use serde_json::Value;

use crate::Verdict;
use crate::case::SESSION;

pub fn iam_rs(case: &Value, _ours: Verdict, _theirs: Verdict) -> Option<&'static str> {
    let text = case.to_string();
    (text.contains("\"ArnEquals") || text.contains("\"ArnNotEquals")).then_some(
        "ArnEquals takes wildcards as ArnLike does (IAM user guide, \"Amazon Resource Name (ARN) condition operators\")",
    )
}

pub fn iam_simulate(case: &Value, ours: Verdict, _theirs: Verdict) -> Option<&'static str> {
    let controlled = case["resourceControl"].as_array().is_some_and(|levels| !levels.is_empty());
    if controlled && case["action"].as_str().is_some_and(|action| action.starts_with("ec2:")) {
        return Some(
            "resource control policies are about some services only, and EC2 is not one of them (Organizations user \
             guide); the engine's core leaves that to its caller",
        );
    }
    let direct = case["resourcePolicy"].to_string();
    let direct = direct.contains(SESSION) || direct.contains("\"*\"");
    let narrowed = case["session"].is_object() || case["boundary"].is_object();
    if ours == Verdict::Allowed && case["principal"] == SESSION && direct && narrowed {
        return Some(
            "what a resource's policy grants a session itself, no implicit denial of a session policy or boundary takes \
             away (IAM user guide, \"Policy evaluation for requests within a single account\")",
        );
    }
    let text = case.to_string();
    if text.contains("NotResource")
        && text.contains("${aws:username}")
        && case["context"]["aws:username"].is_null()
    {
        return Some(
            "a variable without a value is like nothing, so a NotResource that has one leaves nothing out (IAM user guide, \
             \"Policy variables with no value\")",
        );
    }
    None
}
