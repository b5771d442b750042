//! Members in the path and the query string of a request.

use super::template::{Segment, Template};
use crate::field::{Field, Slot, Structure, View};
use crate::http::RequestParts;
use crate::names;
use crate::percent;
use crate::rejection::Rejection;
use crate::schema::{Location, Member, Operation, Service, Shape, TimestampFormat};
use crate::text::{self, Reading, Writing};
use crate::walk::{Walk, misfit, slot, timestamp_format};

/// Fills the members that travel in path labels.
pub(crate) fn decode_uri(
    walk: &mut Walk<'_>,
    op: &Operation,
    shape: &Shape,
    path: &str,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    let labels = Template::parse(&op.uri).labels(path);
    let labels = labels.ok_or_else(|| Rejection::malformed("the path is not the operation's"))?;
    for (name, encoded) in labels {
        let mut members = shape.members.iter().enumerate();
        let found =
            members.find(|(_, member)| member.location == Location::Uri && names::plain(member) == name);
        let Some((index, member)) = found else { continue };
        let decoded = percent::decode(encoded, false)?;
        let filled = scalar(walk, member, &decoded, into.field_mut(index));
        filled.map_err(|rejection| rejection.at(name))?;
    }
    Ok(())
}

fn scalar(walk: &Walk<'_>, member: &Member, text: &str, field: &mut dyn Field) -> Result<(), Rejection> {
    let shape = walk.target(member);
    let format = timestamp_format(member, shape, TimestampFormat::Iso8601);
    text::parse(slot(field, shape), text, Reading { format, lenient: walk.lenient })
}

/// Fills the members that travel in the query string.
pub(crate) fn decode_query(
    walk: &mut Walk<'_>,
    op: &Operation,
    shape: &Shape,
    parts: &RequestParts<'_>,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    let literals = Template::parse(&op.uri).query;
    let mut seen = vec![false; shape.members.len()];
    let mut count = 0_usize;
    for (key, value) in percent::pairs(parts.query) {
        count += 1;
        if count > parts.limits.parameters {
            return Err(Rejection::too_large(format!(
                "there are more than {} parameters",
                parts.limits.parameters
            )));
        }
        let key = percent::decode(key, true)?;
        let value = percent::decode(value, true)?;
        let mut members = shape.members.iter().enumerate();
        let named = members.find(|(_, member)| {
            member.location == Location::QueryString && names::plain(member) == key && !is_map(walk, member)
        });
        let Some((index, member)) = named else {
            let known = literals.iter().any(|(name, _)| *name == key) || common(&key);
            if !known && !into_map(walk, shape, &key, &value, into)? {
                walk.note_unknown(&key);
            }
            continue;
        };
        let filled = if let Slot::List(list) = slot(into.field_mut(index), walk.target(member)) {
            let [element] = walk.target(member).elements.as_slice() else { return Err(misfit(shape)) };
            walk.spend()?;
            scalar(walk, element, &value, list.push())
        } else if seen[index] {
            Err(Rejection::malformed("the parameter is given more than once"))
        } else {
            scalar(walk, member, &value, into.field_mut(index))
        };
        seen[index] = true;
        filled.map_err(|rejection| rejection.at(&key))?;
    }
    Ok(())
}

/// Parts of a signature in the query string.
fn common(key: &str) -> bool {
    key.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("X-Amz-")) || key == "x-id"
}

fn is_map(walk: &Walk<'_>, member: &Member) -> bool {
    walk.target(member).kind == crate::schema::Kind::Map
}

/// Puts a parameter that no other member has into the map that takes all such, if there is one.
fn into_map(
    walk: &mut Walk<'_>,
    shape: &Shape,
    key: &str,
    text: &str,
    into: &mut dyn Structure,
) -> Result<bool, Rejection> {
    let mut members = shape.members.iter().enumerate();
    let found = members.find(|(_, member)| member.location == Location::QueryString && is_map(walk, member));
    let Some((index, member)) = found else { return Ok(false) };
    let target = walk.target(member);
    let Slot::Map(map) = slot(into.field_mut(index), target) else { return Err(misfit(target)) };
    let [_, value] = target.elements.as_slice() else { return Err(misfit(target)) };
    let value_shape = walk.target(value);
    walk.spend()?;
    let filled = match slot(map.entry(key.to_owned()), value_shape) {
        Slot::List(list) => {
            let [element] = value_shape.elements.as_slice() else { return Err(misfit(value_shape)) };
            scalar(walk, element, text, list.push())
        }
        place => {
            text::parse(place, text, Reading { format: TimestampFormat::Iso8601, lenient: walk.lenient })
        }
    };
    filled.map_err(|rejection| rejection.at(key))?;
    Ok(true)
}

/// The path and query string for `input`.
///
/// # Errors
/// When a member that the path needs is absent or empty.
pub(crate) fn encode_uri(
    service: &Service,
    op: &Operation,
    shape: Option<&Shape>,
    input: &dyn Structure,
) -> Result<String, Rejection> {
    let template = Template::parse(&op.uri);
    let mut uri = String::new();
    for segment in &template.segments {
        uri.push('/');
        match segment {
            Segment::Literal(text) => uri.push_str(text),
            Segment::Label(name) => push_label(service, shape, input, name, false, &mut uri)?,
            Segment::Greedy(name) => push_label(service, shape, input, name, true, &mut uri)?,
        }
    }
    let path = op.uri.split_once('?').map_or(op.uri.as_str(), |(path, _)| path);
    if uri.is_empty() || (path.len() > 1 && path.ends_with('/')) {
        uri.push('/');
    }
    let mut query = Query { service, separator: '?', uri, taken: Vec::new() };
    for (name, value) in &template.query {
        query.literal(name, *value);
    }
    if let Some(shape) = shape {
        query.members(shape, input);
    }
    Ok(query.uri)
}

fn push_label(
    service: &Service,
    shape: Option<&Shape>,
    input: &dyn Structure,
    name: &str,
    greedy: bool,
    uri: &mut String,
) -> Result<(), Rejection> {
    let mut members = shape.map_or(&[][..], |shape| &shape.members).iter().enumerate();
    let found = members.find(|(_, member)| member.location == Location::Uri && names::plain(member) == name);
    let mut text = String::new();
    if let Some((index, member)) = found {
        write_scalar(service, member, &input.field(index).view(), &mut text);
    }
    if text.is_empty() {
        return Err(Rejection::malformed("the path cannot be built without this member").at(name));
    }
    percent::encode(uri, &text, greedy);
    Ok(())
}

fn write_scalar(service: &Service, member: &Member, view: &View<'_>, out: &mut String) -> bool {
    let format = timestamp_format(member, service.shape(member.target), TimestampFormat::Iso8601);
    text::write(out, view, Writing { format, millis: false })
}

/// A query string in the making.
struct Query<'a> {
    service: &'a Service,
    separator: char,
    uri: String,
    /// Names that members of their own have; a map does not send them again.
    taken: Vec<String>,
}

impl Query<'_> {
    fn literal(&mut self, name: &str, value: Option<&str>) {
        self.uri.push(self.separator);
        self.separator = '&';
        self.uri.push_str(name);
        if let Some(value) = value {
            self.uri.push('=');
            self.uri.push_str(value);
        }
        self.taken.push(name.to_owned());
    }

    fn members(&mut self, shape: &Shape, input: &dyn Structure) {
        let located = |(_, member): &(usize, &Member)| member.location == Location::QueryString;
        let mut maps = Vec::new();
        for (index, member) in shape.members.iter().enumerate().filter(located) {
            match input.field(index).view() {
                View::Absent | View::Null => {}
                View::Map(map) => maps.push((member, map)),
                view => {
                    self.values(names::plain(member), member, &view);
                    self.taken.push(names::plain(member).to_owned());
                }
            }
        }
        for (member, map) in maps {
            let Some(value) = self.service.shape(member.target).elements.get(1) else { continue };
            map.each(&mut |key, field| {
                if !self.taken.iter().any(|name| name == key) {
                    self.values(key, value, &field.view());
                }
            });
        }
    }

    /// One pair, or one for each element of a list.
    fn values(&mut self, name: &str, member: &Member, view: &View<'_>) {
        let mut text = String::new();
        if let View::List(list) = view {
            let Some(element) = self.service.shape(member.target).elements.first() else { return };
            for index in 0..list.len() {
                text.clear();
                write_scalar(self.service, element, &list.get(index).view(), &mut text);
                self.pair(name, &text);
            }
        } else if write_scalar(self.service, member, view, &mut text) {
            self.pair(name, &text);
        }
    }

    fn pair(&mut self, name: &str, text: &str) {
        self.uri.push(self.separator);
        self.separator = '&';
        percent::encode(&mut self.uri, name, false);
        self.uri.push('=');
        percent::encode(&mut self.uri, text, false);
    }
}
