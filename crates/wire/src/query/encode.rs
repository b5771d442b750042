//! Values to parameters.

use super::Dialect;
use crate::field::{List, Map, Structure, View};
use crate::names;
use crate::percent;
use crate::schema::{Member, Operation, Service, Shape, TimestampFormat};
use crate::text::{self, Writing};
use crate::walk::timestamp_format;

/// The form-encoded body of a request.
pub(crate) fn encode(service: &Service, op: &Operation, dialect: Dialect, input: &dyn Structure) -> Vec<u8> {
    let mut encoder = Encoder {
        service,
        dialect,
        out: format!("Action={}&Version={}", op.name, service.metadata.api_version),
        key: String::new(),
        value: String::new(),
    };
    if let Some(shape) = op.input {
        encoder.members(service.shape(shape), input);
    }
    encoder.out.into_bytes()
}

struct Encoder<'a> {
    service: &'a Service,
    dialect: Dialect,
    out: String,
    /// Key of the value being written, not encoded.
    key: String,
    /// Text of the value being written, reused.
    value: String,
}

impl Encoder<'_> {
    fn members(&mut self, shape: &Shape, value: &dyn Structure) {
        for (index, member) in shape.members.iter().enumerate() {
            let view = value.field(index).view();
            if matches!(view, View::Absent | View::Null) {
                continue;
            }
            let outer = self.descend("");
            match self.dialect {
                Dialect::Ec2 => names::push_ec2(&mut self.key, member),
                Dialect::Aws => self.key.push_str(names::xml(member, self.service.shape(member.target))),
            }
            self.field(member, view);
            self.key.truncate(outer);
        }
    }

    /// Adds a segment to the key and gives the length to cut it back to.
    fn descend(&mut self, segment: &str) -> usize {
        let outer = self.key.len();
        if outer > 0 {
            self.key.push('.');
        }
        self.key.push_str(segment);
        outer
    }

    fn field(&mut self, member: &Member, view: View<'_>) {
        let shape = self.service.shape(member.target);
        match view {
            View::Structure(value) => self.members(shape, value),
            View::List(value) => self.list(member, shape, value),
            View::Map(value) => self.map(member, shape, value),
            scalar => {
                let format = timestamp_format(member, shape, TimestampFormat::Iso8601);
                let mut value = std::mem::take(&mut self.value);
                value.clear();
                text::write(&mut value, &scalar, Writing { format, millis: false });
                self.pair(&value);
                self.value = value;
            }
        }
    }

    /// An element or entry is there even if nothing is in it.
    fn element(&mut self, member: &Member, view: View<'_>) {
        let before = self.out.len();
        self.field(member, view);
        if self.out.len() == before {
            self.pair("");
        }
    }

    fn pair(&mut self, value: &str) {
        self.out.push('&');
        percent::encode(&mut self.out, &self.key, false);
        self.out.push('=');
        percent::encode(&mut self.out, value, false);
    }

    fn list(&mut self, member: &Member, shape: &Shape, list: &dyn List) {
        let Some(element) = shape.elements.first() else { return };
        let flat = self.dialect == Dialect::Ec2 || names::flattened(member, shape);
        if list.is_empty() {
            // ec2Query has no way to say it.
            if self.dialect == Dialect::Aws {
                self.pair("");
            }
            return;
        }
        let outer = if flat { self.key.len() } else { self.descend(names::element(element)) };
        for index in 0..list.len() {
            let inner = self.descend(&(index + 1).to_string());
            self.element(element, list.get(index).view());
            self.key.truncate(inner);
        }
        self.key.truncate(outer);
    }

    fn map(&mut self, member: &Member, shape: &Shape, map: &dyn Map) {
        let [key, value] = shape.elements.as_slice() else { return };
        let flat = self.dialect == Dialect::Ec2 || names::flattened(member, shape);
        let (key_name, value_name) = names::entry(key, value);
        let outer = if flat { self.key.len() } else { self.descend("entry") };
        let mut position = 0;
        map.each(&mut |text, field| {
            position += 1;
            let entry = self.descend(&position.to_string());
            let inner = self.descend(key_name);
            self.pair(text);
            self.key.truncate(inner);
            self.descend(value_name);
            self.element(value, field.view());
            self.key.truncate(entry);
        });
        self.key.truncate(outer);
    }
}
