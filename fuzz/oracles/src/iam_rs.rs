//! What iam-rs says to a case of identity policies.

use anyhow::Context as _;
use iam_rs::{
    Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, Principal, PrincipalId, evaluate_policies,
};
use serde_json::Value;

use crate::Verdict;

pub fn verdict(case: &Value) -> anyhow::Result<Verdict> {
    let policies: Vec<IAMPolicy> = serde_json::from_value(case["identity"].clone())?;
    let text = |name: &str| case[name].as_str().with_context(|| format!("a case has no {name}"));
    let mut context = Context::new();
    for (key, value) in case["context"].as_object().context("a case has no context")? {
        context.insert(key.clone(), typed(key, value));
    }
    let request = IAMRequest {
        principal: Principal::Aws(PrincipalId::String(text("principal")?.to_owned())),
        action: text("action")?.to_owned(),
        resource: Arn::parse(text("resource")?)?,
        context,
    };
    Ok(match evaluate_policies(&policies, &request)? {
        Decision::Allow => Verdict::Allowed,
        Decision::Deny => Verdict::Explicit,
        Decision::NotApplicable => Verdict::Implicit,
    })
}

/// A value of the kind that the engine expects of the key.
fn typed(key: &str, value: &Value) -> ContextValue {
    let Some(text) = value.as_str() else {
        let items = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        return ContextValue::StringList(items.map(str::to_owned).collect());
    };
    match key {
        "s3:max-keys" => ContextValue::Number(text.parse().unwrap_or_default()),
        "aws:SecureTransport" => ContextValue::Boolean(text == "true"),
        _ => ContextValue::String(text.to_owned()),
    }
}
