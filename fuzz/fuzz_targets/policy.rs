//! Policies of every kind and a request: reading them does no harm, and what was read is decided on, twice alike.
#![no_main]

use std::sync::Arc;

use ironbird_iam::{
    Applicable, Caller, Context, Kind, Policy, Request, Source, access_denied, advice, decide,
};
use libfuzzer_sys::fuzz_target;

const KINDS: [Kind; 6] =
    [Kind::Managed, Kind::Trust, Kind::Resource, Kind::Session, Kind::ResourceControl, Kind::Endpoint];

// The first byte picks the kind; lines follow: action, resource, keys as `name=value` up to an empty line, the document.
fuzz_target!(|data: &[u8]| {
    let Some((&pick, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let kind = KINDS[usize::from(pick) % KINDS.len()];
    let (head, document) = text.split_once("\n\n").unwrap_or(("", text));
    let policy = match Policy::parse(kind, document) {
        Ok(policy) => Arc::new(policy),
        Err(malformed) => {
            assert!(!malformed.message().is_empty() && !malformed.detail().is_empty());
            return;
        }
    };
    let mut lines = head.lines();
    let (action, resource) = (lines.next().unwrap_or("s3:GetObject"), lines.next().unwrap_or("*"));
    let mut context = Context::new();
    for (name, value) in lines.filter_map(|line| line.split_once('=')) {
        context.set(name, value);
    }
    let source = [Source { name: "fuzzed".into(), policy }];
    let caller = Caller::user("arn:aws:iam::123456789012:user/anna");
    let request = Request::new(&caller, action, resource, &context);
    let identity = Applicable { identity: &source, ..Applicable::default() };
    for policies in [identity, Applicable { resource: source.first(), ..identity }] {
        let decision = decide(&request, &policies);
        assert_eq!(decision.is_allowed(), decide(&request, &policies).is_allowed());
        let advice = advice(&request, &policies, &decision);
        assert_eq!(advice.is_none(), decision.is_allowed());
        if let Some(denial) = decision.denial() {
            assert!(access_denied(&request, denial).starts_with("User: "));
        }
    }
});
