//! The body of a REST message: one member as payload, or the members that travel nowhere else.

use http::header::HeaderMap;

use crate::field::{Field, Slot, Structure, View};
use crate::http::set;
use crate::rejection::{Reason, Rejection};
use crate::schema::{Kind, Member, Protocol, Service, Shape, ShapeId};
use crate::walk::{Bindings, Walk, misfit, slot};
use crate::{json, xml};

/// Which root element an XML body gets.
pub(crate) struct Root<'a> {
    pub(crate) name: &'a str,
    pub(crate) namespace: Option<&'a str>,
}

/// Fills the members that travel in the body.
pub(crate) fn decode_body(
    walk: &mut Walk<'_>,
    protocol: Protocol,
    shape: &Shape,
    body: &[u8],
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    let Some((index, member)) = payload(shape) else {
        if !shape.members.iter().any(|member| walk.bindings.in_body(member)) {
            // Nothing in the body concerns the operation; clients may send an empty object.
            return Ok(());
        }
        return match protocol {
            Protocol::RestXml => decode_xml(walk, shape, body, into),
            _ => json::decode(walk, shape, body, into),
        };
    };
    // Locations inside the payload mean nothing.
    walk.bindings = Bindings::None;
    let filled = decode_payload(walk, protocol, member, body, into.field_mut(index));
    filled.map_err(|rejection| rejection.at(&member.name))
}

fn payload(shape: &Shape) -> Option<(usize, &Member)> {
    shape.payload.and_then(|index| Some((index, shape.members.get(index)?)))
}

fn decode_payload(
    walk: &mut Walk<'_>,
    protocol: Protocol,
    member: &Member,
    body: &[u8],
    field: &mut dyn Field,
) -> Result<(), Rejection> {
    let shape = walk.target(member);
    if shape.event_stream {
        return Err(Rejection::new(Reason::Unsupported, "event streams are not supported"));
    }
    match shape.kind {
        Kind::Blob | Kind::String if body.is_empty() => Ok(()),
        Kind::Blob | Kind::String => match slot(field, shape) {
            Slot::Blob(into) => {
                *into = body.to_vec();
                Ok(())
            }
            Slot::String(into) => {
                let text =
                    std::str::from_utf8(body).map_err(|_| Rejection::malformed("the body is not UTF-8"))?;
                text.clone_into(into);
                Ok(())
            }
            _ => Err(misfit(shape)),
        },
        _ if body.iter().all(u8::is_ascii_whitespace) => Ok(()),
        _ if protocol == Protocol::RestJson1 => json::decode_field(walk, member, body, field),
        _ => match slot(field, shape) {
            Slot::Structure(into) => decode_xml(walk, shape, body, into),
            _ => Err(misfit(shape)),
        },
    }
}

fn decode_xml(
    walk: &mut Walk<'_>,
    shape: &Shape,
    body: &[u8],
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let text = std::str::from_utf8(body).map_err(|_| Rejection::malformed("the body is not UTF-8"))?;
    let mut decoder = xml::Decoder { walk, reader: xml::Reader::new(text) };
    let root = decoder.reader.root()?;
    decoder.structure(shape, &root, 0, into)?;
    decoder.reader.finish()
}

/// Writes the body and, where the headers have none yet, its content type.
pub(crate) fn encode_body(
    service: &Service,
    protocol: Protocol,
    id: ShapeId,
    value: &dyn Structure,
    root: &Root<'_>,
    bindings: Bindings,
    headers: &mut HeaderMap,
) -> Vec<u8> {
    let (body, content_type) = match payload(service.shape(id)) {
        Some((index, member)) => encode_payload(service, protocol, member, value.field(index).view(), root),
        None => encode_members(service, protocol, id, value, root, bindings),
    };
    if !content_type.is_empty() && !headers.contains_key("content-type") {
        set(headers, "content-type", content_type);
    }
    body
}

fn encode_members(
    service: &Service,
    protocol: Protocol,
    id: ShapeId,
    value: &dyn Structure,
    root: &Root<'_>,
    bindings: Bindings,
) -> (Vec<u8>, &'static str) {
    let shape = service.shape(id);
    let mut located =
        shape.members.iter().enumerate().filter(|(_, member)| bindings.in_body(member)).peekable();
    // An answer in JSON is an object even where it says nothing.
    if protocol == Protocol::RestJson1 && (located.peek().is_some() || bindings == Bindings::Response) {
        let mut encoder = json::Encoder::new(service);
        encoder.structure(shape, value, bindings);
        return (encoder.out.into_bytes(), "application/json");
    }
    if located.all(|(index, _)| matches!(value.field(index).view(), View::Absent | View::Null)) {
        return (Vec::new(), if bindings == Bindings::Response { "application/xml" } else { "" });
    }
    let mut encoder = xml::Encoder::new(service, xml::Style::Rest);
    encoder.root(root.name, root.namespace, id, value, bindings);
    (encoder.writer.out.into_bytes(), "application/xml")
}

fn encode_payload(
    service: &Service,
    protocol: Protocol,
    member: &Member,
    view: View<'_>,
    root: &Root<'_>,
) -> (Vec<u8>, &'static str) {
    let shape = service.shape(member.target);
    match view {
        View::Blob(bytes) => (bytes.to_vec(), "application/octet-stream"),
        View::String(text) => (text.as_bytes().to_vec(), "text/plain"),
        View::Absent | View::Null => match (protocol, shape.kind) {
            (Protocol::RestJson1, Kind::Structure) if !shape.union => (b"{}".to_vec(), "application/json"),
            _ => (Vec::new(), ""),
        },
        View::Structure(value) if protocol == Protocol::RestXml => {
            let name = member.location_name.as_deref().or(shape.xml_name.as_deref()).unwrap_or(&shape.name);
            let namespace =
                member.xml_namespace.as_ref().map(|namespace| namespace.uri.as_str()).or(root.namespace);
            let mut encoder = xml::Encoder::new(service, xml::Style::Rest);
            encoder.root(name, namespace, member.target, value, Bindings::None);
            (encoder.writer.out.into_bytes(), "application/xml")
        }
        value => {
            let mut encoder = json::Encoder::new(service);
            encoder.value(member, value);
            (encoder.out.into_bytes(), "application/json")
        }
    }
}
