//! Laws that hold of all policies and requests, however they are made up.

use std::sync::Arc;

use ironbird_iam::{Applicable, Caller, Context, Kind, Level, Policy, Request, Source, consider, decide};
use proptest::prelude::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/Deploy";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Deploy/ci";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:red";

/// A statement from small vocabularies, so that it is often about the request.
fn statement(principal: bool) -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    let action = prop::sample::select(vec!["*", "sqs:*", "SQS:send*", "s3:*", "sqs:ReceiveMessage"]);
    let resource = prop::sample::select(vec!["*", "arn:aws:sqs:*:*:${aws:username}", "arn:aws:s3:::*"]);
    let condition = prop::sample::select(vec![
        "{}",
        r#"{"Bool": {"aws:SecureTransport": "true"}}"#,
        r#"{"StringNotEquals": {"aws:username": "blue"}}"#,
        r#"{"ForAllValues:StringLike": {"aws:TagKeys": ["a*", "b"]}}"#,
        r#"{"Null": {"aws:SourceIp": true}}"#,
    ]);
    let named = prop::sample::select(vec!["\"*\"", r#"{"AWS": "123456789012"}"#, r#"{"Service": "a.b"}"#]);
    let not = prop::sample::select(vec![("", ""), ("", ""), ("Not", ""), ("", "Not")]);
    (effect, action, resource, condition, named, not).prop_map(
        move |(effect, action, resource, condition, named, not)| {
            let principal = if principal { format!(r#""Principal": {named},"#) } else { String::new() };
            format!(
                r#"{{"Effect": "{effect}", {principal} "{}Action": "{action}", "{}Resource": "{resource}",
                "Condition": {condition}}}"#,
                not.0, not.1
            )
        },
    )
}

fn source(kind: Kind, principal: bool) -> impl Strategy<Value = Source> {
    prop::collection::vec(statement(principal), 1..4).prop_map(move |list| {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, list.join(","));
        Source { name: "policy".into(), policy: Arc::new(Policy::parse(kind, &document).expect("a policy")) }
    })
}

fn sources() -> impl Strategy<Value = Vec<Source>> {
    prop::collection::vec(source(Kind::Managed, false), 0..4)
}

fn context() -> impl Strategy<Value = Context> {
    let set = |name: &'static str, values: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(values), 0..3).prop_map(move |values| (name, values))
    };
    (
        set("aws:username", &["red", "blue"]),
        set("aws:SecureTransport", &["true", "false"]),
        set("aws:TagKeys", &["a", "c"]),
    )
        .prop_map(|(username, secure, tags)| {
            let mut context = Context::new();
            for (name, values) in [username, secure, tags] {
                context.set_many(name, values.into_iter().map(str::to_owned).collect());
            }
            context
        })
}

proptest! {
    #[test]
    fn documents_of_any_text_do_no_harm(text in ".{0,200}", inner in r#"[\[\]{}":,*$a-zA-Z0-9 ]{0,120}"#) {
        for kind in [Kind::Managed, Kind::Trust, Kind::Resource, Kind::ResourceControl] {
            let _ = Policy::parse(kind, &text);
            let _ = Policy::parse(kind, &format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{inner}}}]}}"#));
        }
    }

    #[test]
    fn what_narrows_never_allows_and_what_allows_never_denies(
        identity in sources(),
        more in source(Kind::Managed, false),
        resource in prop::option::of(source(Kind::Resource, true)),
        context in context(),
    ) {
        let caller = Caller::assumed_role(SESSION, ROLE);
        let request = Request::new(&caller, "sqs:SendMessage", QUEUE, &context);
        let base = Applicable { identity: &identity, resource: resource.as_ref(), ..Applicable::default() };
        let before = decide(&request, &base).is_allowed();
        let levels = [Level { name: "root".into(), policies: vec![more.clone()] }];
        let session = [more.clone()];
        for narrower in [
            Applicable { boundary: Some(&more), ..base },
            Applicable { session: Some(&session), ..base },
            Applicable { service_control: &levels, ..base },
        ] {
            prop_assert!(before || !decide(&request, &narrower).is_allowed());
        }
        let denies = consider(&request, &Applicable { identity: &session, ..Applicable::default() })
            .iter()
            .any(|trace| trace.miss.is_none() && trace.hit.statement.effect() == ironbird_iam::Effect::Deny);
        let wider: Vec<Source> = identity.iter().cloned().chain([more]).collect();
        let after = decide(&request, &Applicable { identity: &wider, ..base }).is_allowed();
        prop_assert_eq!(denies && after, false);
        prop_assert!(denies || after || !before);
    }

    #[test]
    fn decisions_agree_with_what_every_statement_says(
        identity in sources(),
        resource in prop::option::of(source(Kind::Resource, true)),
        context in context(),
    ) {
        let caller = Caller::assumed_role(SESSION, ROLE);
        let request = Request::new(&caller, "sqs:SendMessage", QUEUE, &context);
        let policies = Applicable { identity: &identity, resource: resource.as_ref(), ..Applicable::default() };
        let traces = consider(&request, &policies);
        let says = |effect| traces.iter().any(|t| t.miss.is_none() && t.hit.statement.effect() == effect);
        let decision = decide(&request, &policies);
        let explicit = decision.denial().is_some_and(|denial| denial.explicit.is_some());
        prop_assert_eq!(explicit, says(ironbird_iam::Effect::Deny));
        prop_assert!(!decision.is_allowed() || says(ironbird_iam::Effect::Allow));
    }
}
