//! Values to CBOR.

use super::write;
use crate::error::is_message;
use crate::field::{List, Map, Structure, View};
use crate::names;
use crate::schema::{Member, Service, Shape};
use crate::timestamp::Timestamp;

/// The body for a structure.
pub(crate) fn encode(service: &Service, shape: &Shape, value: &dyn Structure) -> Vec<u8> {
    let mut encoder = Encoder { service, out: Vec::with_capacity(256) };
    encoder.structure(shape, value);
    encoder.out
}

/// The body of an error: code, text and the members beside it.
pub(crate) fn error_body(
    service: &Service,
    code: &str,
    message: &str,
    detail: Option<(&Shape, &dyn Structure)>,
) -> Vec<u8> {
    let mut encoder = Encoder { service, out: Vec::with_capacity(128) };
    let beside = |member: &Member| !is_message(names::plain(member));
    let modelled =
        detail.and_then(|(shape, _)| shape.members.iter().map(names::plain).find(|name| is_message(name)));
    let count = detail.map_or(0, |(shape, value)| present(shape, value, beside));
    write::head(&mut encoder.out, 5, count + if message.is_empty() { 1 } else { 2 });
    write::text(&mut encoder.out, "__type");
    write::text(&mut encoder.out, code);
    if !message.is_empty() {
        write::text(&mut encoder.out, modelled.unwrap_or("message"));
        write::text(&mut encoder.out, message);
    }
    if let Some((shape, value)) = detail {
        encoder.members(shape, value, beside);
    }
    encoder.out
}

/// How many of the members that `wanted` picks are set.
fn present(shape: &Shape, value: &dyn Structure, wanted: impl Fn(&Member) -> bool) -> u64 {
    let set = |(index, member): &(usize, &Member)| wanted(member) && !is_absent(&value.field(*index).view());
    shape.members.iter().enumerate().filter(set).count() as u64
}

const fn is_absent(view: &View<'_>) -> bool {
    matches!(view, View::Absent | View::Null)
}

struct Encoder<'a> {
    service: &'a Service,
    out: Vec<u8>,
}

impl Encoder<'_> {
    fn structure(&mut self, shape: &Shape, value: &dyn Structure) {
        write::head(&mut self.out, 5, present(shape, value, |_| true));
        self.members(shape, value, |_| true);
    }

    fn members(&mut self, shape: &Shape, value: &dyn Structure, wanted: impl Fn(&Member) -> bool) {
        for (index, member) in shape.members.iter().enumerate() {
            let view = value.field(index).view();
            if wanted(member) && !is_absent(&view) {
                write::text(&mut self.out, names::plain(member));
                self.value(member, view);
            }
        }
    }

    fn value(&mut self, member: &Member, view: View<'_>) {
        let shape = self.service.shape(member.target);
        let out = &mut self.out;
        match view {
            View::Absent | View::Null => write::null(out),
            View::Boolean(value) => write::boolean(out, value),
            View::Integer(value) => write::integer(out, i64::from(value)),
            View::Long(value) => write::integer(out, value),
            View::Float(value) => write::float(out, value),
            View::Double(value) => write::double(out, value),
            View::String(value) => write::text(out, value),
            View::Blob(value) => write::bytes(out, value),
            View::Timestamp(value) => timestamp(out, value),
            View::Structure(value) => self.structure(shape, value),
            View::List(list) => self.list(shape, list),
            View::Map(map) => self.map(shape, map),
            // The protocol has no documents; their text is the least surprising stand-in.
            View::Document(document) => write::text(out, &document.to_string()),
        }
    }

    fn list(&mut self, shape: &Shape, list: &dyn List) {
        let Some(element) = shape.elements.first() else { return write::head(&mut self.out, 4, 0) };
        write::head(&mut self.out, 4, list.len() as u64);
        for index in 0..list.len() {
            self.value(element, list.get(index).view());
        }
    }

    fn map(&mut self, shape: &Shape, map: &dyn Map) {
        let Some(element) = shape.elements.get(1) else { return write::head(&mut self.out, 5, 0) };
        write::head(&mut self.out, 5, map.len() as u64);
        map.each(&mut |key, field| {
            write::text(&mut self.out, key);
            self.value(element, field.view());
        });
    }
}

/// Tag 1 on an integer, or on a double where there are milliseconds.
fn timestamp(out: &mut Vec<u8>, value: Timestamp) {
    write::head(out, 6, 1);
    match value.millis_of_second() {
        0 => write::integer(out, value.secs()),
        millis => write::double(out, value.secs() as f64 + millis as f64 / 1000.0),
    }
}
