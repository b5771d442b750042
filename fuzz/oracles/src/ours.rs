//! What our engine says to a case.

use std::sync::Arc;

use anyhow::Context as _;
use ironbird_iam::{Applicable, Caller, Context, Decision, Kind, Level, Policy, Request, Source, decide};
use serde_json::Value;

use crate::Verdict;
use crate::case::{ROLE, SESSION};

pub fn verdict(case: &Value) -> anyhow::Result<Verdict> {
    let text = |name: &str| case[name].as_str().with_context(|| format!("a case has no {name}"));
    let principal = text("principal")?;
    let caller =
        if principal == SESSION { Caller::assumed_role(SESSION, ROLE) } else { Caller::user(principal) };
    let identity = sources(Kind::Managed, &case["identity"])?;
    let boundary = source(Kind::Managed, &case["boundary"])?;
    let session = source(Kind::Session, &case["session"])?;
    let resource = source(Kind::Resource, &case["resourcePolicy"])?;
    let endpoint = source(Kind::Endpoint, &case["endpoint"])?;
    let service_control = levels(Kind::ServiceControl, &case["serviceControl"])?;
    let resource_control = levels(Kind::ResourceControl, &case["resourceControl"])?;
    let policies = Applicable {
        identity: &identity,
        boundary: boundary.first(),
        session: (!session.is_empty()).then_some(session.as_slice()),
        service_control: &service_control,
        resource_control: &resource_control,
        resource: resource.first(),
        endpoint: endpoint.first(),
    };
    let mut context = Context::new();
    for (key, value) in case["context"].as_object().context("a case has no context")? {
        let one = value.as_str().map(str::to_owned).into_iter();
        let many =
            value.as_array().into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned));
        context.set_many(key, one.chain(many).collect());
    }
    let request = Request::new(&caller, text("action")?, text("resource")?, &context);
    let request = request.of_account(text("resourceAccount")?);
    Ok(match decide(&request, &policies) {
        Decision::Allowed(_) => Verdict::Allowed,
        Decision::Denied(denial) if denial.explicit.is_some() => Verdict::Explicit,
        Decision::Denied(_) => Verdict::Implicit,
    })
}

fn levels(kind: Kind, list: &Value) -> anyhow::Result<Vec<Level>> {
    let all = list.as_array().into_iter().flatten();
    all.map(|policies| Ok(Level { name: "level".into(), policies: sources(kind, policies)? })).collect()
}

fn sources(kind: Kind, list: &Value) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for document in list.as_array().into_iter().flatten() {
        sources.extend(source(kind, document)?);
    }
    Ok(sources)
}

/// The policy, if there is one.
fn source(kind: Kind, document: &Value) -> anyhow::Result<Vec<Source>> {
    if document.is_null() {
        return Ok(Vec::new());
    }
    let policy = Policy::parse(kind, &document.to_string()).with_context(|| document.to_string())?;
    Ok(vec![Source { name: "policy".into(), policy: Arc::new(policy) }])
}
