//! Why a decision is what it is: what every statement about the action made of the request, and what would have allowed it.

use super::{Applicable, Class, Decision, Hit, Request, Source};
use crate::condition::Clause;
use crate::policy::Effect;

/// A statement about a request's action, and whether it is about the request.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    /// The statement.
    pub hit: Hit<'a>,
    /// What keeps it from being about the request; none where it is.
    pub miss: Option<Miss<'a>>,
}

/// What keeps a statement from being about a request whose action it names.
#[derive(Clone, Copy, Debug)]
pub enum Miss<'a> {
    /// It names other principals.
    Principal,
    /// It names other resources.
    Resource,
    /// This condition does not hold.
    Condition(&'a Clause),
}

/// Every statement about the request's action, in the order of classes and as they are attached.
pub fn consider<'a>(request: &Request<'_>, policies: &Applicable<'a>) -> Vec<Trace<'a>> {
    let mut traces = Vec::new();
    let bounded = policies.boundary.is_some();
    for (class, source) in sources(request, policies) {
        for (position, statement) in source.policy.about(request.service()) {
            if !statement.actions.include(&request.folded) {
                continue;
            }
            let named = statement
                .principals
                .as_ref()
                .is_none_or(|list| list.names(request.caller, bounded).is_some());
            let resources = statement.resources.as_ref();
            let miss = if !named {
                Some(Miss::Principal)
            } else if resources.is_some_and(|list| !list.include(request.resource, request.context)) {
                Some(Miss::Resource)
            } else {
                statement
                    .conditions()
                    .iter()
                    .find(|clause| !clause.holds(request.context))
                    .map(Miss::Condition)
            };
            traces.push(Trace { hit: Hit { class, source, position, statement }, miss });
        }
    }
    traces
}

fn sources<'a>(
    request: &Request<'_>,
    policies: &Applicable<'a>,
) -> impl Iterator<Item = (Class, &'a Source)> {
    let of = |class: Class, list: &'a [Source]| list.iter().map(move |source| (class, source));
    let scps = super::service_control(request, policies).iter();
    let rcps = super::resource_control(request, policies).iter();
    let resource_class = request.resource_class();
    scps.flat_map(move |level| of(Class::ServiceControl, &level.policies))
        .chain(rcps.flat_map(move |level| of(Class::ResourceControl, &level.policies)))
        .chain(policies.endpoint.map(|source| (Class::Endpoint, source)))
        .chain(policies.resource.map(|source| (resource_class, source)))
        .chain(of(Class::Identity, policies.identity))
        .chain(policies.boundary.map(|source| (Class::Boundary, source)))
        .chain(of(Class::Session, policies.session.unwrap_or_default()))
}

/// For people: why a request is denied and what would have allowed it. None where it is allowed.
pub fn advice(request: &Request<'_>, policies: &Applicable<'_>, decision: &Decision<'_>) -> Option<String> {
    let denial = decision.denial()?;
    if let Some(hit) = denial.explicit {
        return Some(format!(
            "{} denies it; no Allow outweighs that: change the statement, or what it is about",
            place(&hit)
        ));
    }
    let class = denial.class.name();
    let at = denial.level.map(|level| format!(" attached to {level}")).unwrap_or_default();
    let wanted = format!("{} on {}", request.action, request.resource);
    let mut advice = format!("no {class}{at} has an Allow for {wanted}");
    let close = consider(request, policies);
    let close = close.iter().find(|trace| {
        trace.hit.class == denial.class
            && trace.hit.statement.effect() == Effect::Allow
            && trace.miss.is_some()
    });
    if let Some(Trace { hit, miss: Some(miss) }) = close {
        let why = match miss {
            Miss::Principal => format!("it names other principals than {}", request.caller.shown()),
            Miss::Resource => "it names other resources".to_owned(),
            Miss::Condition(clause) => condition(clause, request),
        };
        advice.push_str(&format!("; {} comes closest, but {why}", place(hit)));
    }
    Some(advice)
}

/// A statement as people find it again.
fn place(hit: &Hit<'_>) -> String {
    let sid = hit.statement.sid().map(|sid| format!(" ({sid})")).unwrap_or_default();
    format!("statement {}{sid} of {} {}", hit.position + 1, hit.class.name(), hit.source.name)
}

fn condition(clause: &Clause, request: &Request<'_>) -> String {
    let wanted: Vec<&str> = clause.values().collect();
    let given = match request.context.values(clause.key()) {
        [] => "which the request does not have".to_owned(),
        values => format!("which is {}", values.join(", ")),
    };
    format!("it wants {} {} {}, {given}", clause.key(), clause.operator(), wanted.join(" or "))
}
