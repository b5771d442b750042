//! Values to JSON.

use crate::error::is_message;
use crate::field::{List, Map, Structure, View};
use crate::names;
use crate::schema::{Member, Service, Shape, TimestampFormat};
use crate::text::{self, Writing};
use crate::walk::{Bindings, timestamp_format};

/// Writes values of one service.
pub(crate) struct Encoder<'a> {
    service: &'a Service,
    pub(crate) out: String,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(service: &'a Service) -> Self {
        Self { service, out: String::with_capacity(512) }
    }

    /// Writes the members of a structure that travel in the body.
    pub(crate) fn structure(&mut self, shape: &Shape, value: &dyn Structure, bindings: Bindings) {
        self.out.push('{');
        self.members(shape, value, |member| bindings.in_body(member));
        self.out.push('}');
    }

    /// Writes the members that `wanted` picks, after whatever is already in the braces.
    fn members(&mut self, shape: &Shape, value: &dyn Structure, wanted: impl Fn(&Member) -> bool) {
        for (index, member) in shape.members.iter().enumerate() {
            let view = value.field(index).view();
            if matches!(view, View::Absent | View::Null) || !wanted(member) {
                continue;
            }
            self.key(names::plain(member));
            self.value(member, view);
        }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.string(key);
        self.out.push(':');
    }

    fn comma(&mut self) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
    }

    /// Writes one value, null if it is absent.
    pub(crate) fn value(&mut self, member: &Member, view: View<'_>) {
        let shape = self.service.shape(member.target);
        match view {
            View::Absent | View::Null => self.out.push_str("null"),
            View::String(text) => self.string(text),
            View::Structure(value) => self.structure(shape, value, Bindings::None),
            View::List(list) => self.list(shape, list),
            View::Map(map) => self.map(shape, map),
            View::Document(document) => self.out.push_str(&document.to_string()),
            View::Float(number) if !number.is_finite() => self.quoted(&view, TimestampFormat::EpochSeconds),
            View::Double(number) if !number.is_finite() => self.quoted(&view, TimestampFormat::EpochSeconds),
            View::Blob(_) => self.quoted(&view, TimestampFormat::EpochSeconds),
            View::Timestamp(_) => match timestamp_format(member, shape, TimestampFormat::EpochSeconds) {
                TimestampFormat::EpochSeconds => self.bare(&view, TimestampFormat::EpochSeconds),
                format => self.quoted(&view, format),
            },
            scalar => self.bare(&scalar, TimestampFormat::EpochSeconds),
        }
    }

    fn bare(&mut self, view: &View<'_>, format: TimestampFormat) {
        text::write(&mut self.out, view, Writing { format, millis: false });
    }

    /// A scalar whose text needs no escaping, in quotes.
    fn quoted(&mut self, view: &View<'_>, format: TimestampFormat) {
        self.out.push('"');
        self.bare(view, format);
        self.out.push('"');
    }

    fn list(&mut self, shape: &Shape, list: &dyn List) {
        self.out.push('[');
        if let Some(element) = shape.elements.first() {
            for index in 0..list.len() {
                self.comma();
                self.value(element, list.get(index).view());
            }
        }
        self.out.push(']');
    }

    fn map(&mut self, shape: &Shape, map: &dyn Map) {
        self.out.push('{');
        if let Some(element) = shape.elements.get(1) {
            map.each(&mut |key, field| {
                self.key(key);
                self.value(element, field.view());
            });
        }
        self.out.push('}');
    }

    fn string(&mut self, text: &str) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.out.push('"');
        // Without an early way out this loop is done many bytes at a time; most text needs nothing else.
        let special =
            text.bytes().fold(false, |found, byte| found | (byte < 0x20 || byte == b'"' || byte == b'\\'));
        if !special {
            self.out.push_str(text);
            self.out.push('"');
            return;
        }
        let mut plain_from = 0;
        for (index, byte) in text.bytes().enumerate() {
            let short = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..=0x1f => "\\u00",
                _ => continue,
            };
            self.out.push_str(&text[plain_from..index]);
            self.out.push_str(short);
            if short == "\\u00" {
                self.out.push(char::from(DIGITS[usize::from(byte >> 4)]));
                self.out.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
            plain_from = index + 1;
        }
        self.out.push_str(&text[plain_from..]);
        self.out.push('"');
    }
}

/// The body of an error: the code unless it is in a header, the text, and the members beside it.
pub(crate) fn error_body(
    service: &Service,
    code: Option<&str>,
    message: &str,
    detail: Option<(&Shape, &dyn Structure)>,
    bindings: Bindings,
) -> Vec<u8> {
    let mut encoder = Encoder::new(service);
    encoder.out.push('{');
    if let Some(code) = code {
        encoder.key("__type");
        encoder.string(code);
    }
    let modelled =
        detail.and_then(|(shape, _)| shape.members.iter().map(names::plain).find(|name| is_message(name)));
    if !message.is_empty() {
        encoder.key(modelled.unwrap_or("message"));
        encoder.string(message);
    }
    if let Some((shape, value)) = detail {
        encoder.members(shape, value, |member| bindings.in_body(member) && !is_message(names::plain(member)));
    }
    encoder.out.push('}');
    encoder.out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_json() {
        let service = crate::tests::empty_service();
        let mut encoder = Encoder::new(&service);
        let text = "a\"b\\c\n\u{1}é/";
        encoder.string(text);
        assert_eq!(serde_json::from_str::<String>(&encoder.out).unwrap(), text);
    }
}
