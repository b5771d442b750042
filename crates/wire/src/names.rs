//! What members are called on the wire, which each protocol decides for itself.

use crate::schema::{Kind, Member, Protocol, Service, Shape};

/// Name of a member in JSON and REST bindings.
pub(crate) fn plain(member: &Member) -> &str {
    member.location_name.as_deref().unwrap_or(&member.name)
}

/// Whether this use of a list or map is written without an element around it.
pub(crate) fn flattened(member: &Member, target: &Shape) -> bool {
    member.flattened || target.flattened
}

/// Name of a member in XML and in awsQuery requests. A list that is flattened wherever it is used takes the
/// name of its elements, if they have one (older models are written so); one that is flattened only here
/// takes the member's.
pub(crate) fn xml<'a>(member: &'a Member, target: &'a Shape) -> &'a str {
    let by_elements = target.kind == Kind::List && target.flattened && !member.flattened;
    let element = target.elements.first().filter(|_| by_elements);
    element.and_then(|element| element.location_name.as_deref()).unwrap_or_else(|| plain(member))
}

/// Whether `segment` names the member in an ec2Query request: its query name, else its location name with a
/// capital, else its own name, with or without one.
pub(crate) fn is_ec2(member: &Member, segment: &str) -> bool {
    if let Some(name) = &member.query_name {
        return name == segment;
    }
    if member.location_name.is_none() && member.name == segment {
        return true;
    }
    let (Some(first), Some(wanted)) = (segment.chars().next(), plain(member).chars().next()) else {
        return false;
    };
    first == wanted.to_ascii_uppercase() && segment[first.len_utf8()..] == plain(member)[wanted.len_utf8()..]
}

/// Appends the name that [`is_ec2`] looks for first.
pub(crate) fn push_ec2(out: &mut String, member: &Member) {
    if let Some(name) = &member.query_name {
        out.push_str(name);
        return;
    }
    let name = plain(member);
    if let Some(first) = name.chars().next() {
        out.push(first.to_ascii_uppercase());
        out.push_str(&name[first.len_utf8()..]);
    }
}

/// Name of a list's elements in XML and awsQuery.
pub(crate) fn element(element: &Member) -> &str {
    element.location_name.as_deref().unwrap_or("member")
}

/// Names of a map's keys and values in XML and awsQuery.
pub(crate) fn entry<'a>(key: &'a Member, value: &'a Member) -> (&'a str, &'a str) {
    (key.location_name.as_deref().unwrap_or("key"), value.location_name.as_deref().unwrap_or("value"))
}

/// The service's name in targets and paths of the RPC protocols.
pub(crate) fn target_prefix(service: &Service) -> &str {
    service.metadata.target_prefix.as_deref().unwrap_or(&service.metadata.name)
}

/// Whether errors carry the shape's name rather than the code on the wire.
pub(crate) const fn errors_by_shape(protocol: Protocol) -> bool {
    !matches!(protocol, Protocol::AwsQuery | Protocol::Ec2Query)
}
