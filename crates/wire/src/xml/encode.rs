//! Values to XML.

use super::{Tag, Writer};
use crate::field::{List, Map, Structure, View};
use crate::names;
use crate::schema::{Member, Service, Shape, ShapeId, TimestampFormat, XmlNamespace};
use crate::text::{self, Writing};
use crate::walk::{Bindings, timestamp_format};

/// The ways in which the protocols differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// awsQuery
    Query,
    /// ec2Query, which prints milliseconds even where they are zero.
    Ec2,
    /// restXml, in which namespaces of structures count wherever these are used.
    Rest,
}

/// Most bytes that a list sets aside before its elements are written.
const MOST_AHEAD: usize = 1 << 20;

/// Writes values of one service.
pub(crate) struct Encoder<'a> {
    pub(crate) service: &'a Service,
    pub(crate) writer: Writer,
    style: Style,
    /// An attribute's text before it is escaped, reused.
    scratch: String,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(service: &'a Service, style: Style) -> Self {
        Self { service, writer: Writer::new(), style, scratch: String::new() }
    }

    /// Writes the members of a structure that travel in the body, without an element around them.
    pub(crate) fn members(&mut self, id: ShapeId, value: &dyn Structure, bindings: Bindings) {
        let service = self.service;
        let members = service.shape(id).members.iter().zip(service.tags(id));
        for (index, (member, tag)) in members.enumerate() {
            let view = value.field(index).view();
            let absent = matches!(view, View::Absent | View::Null);
            if !absent && bindings.in_body(member) && !member.xml_attribute {
                self.named(tag, member, view);
            }
        }
    }

    /// Writes one member on its own, which may be absent.
    pub(crate) fn member(&mut self, member: &Member, view: View<'_>) {
        if !matches!(view, View::Absent | View::Null) {
            self.named(&Tag::new(self.service, member), member, view);
        }
    }

    /// Writes a root element: the shape with its own namespace, or the one given.
    pub(crate) fn root(
        &mut self,
        name: &str,
        namespace: Option<&str>,
        id: ShapeId,
        value: &dyn Structure,
        bindings: Bindings,
    ) {
        let shape = self.service.shape(id);
        self.writer.open_tag(name);
        match (&shape.xml_namespace, namespace) {
            (Some(own), _) => self.writer.namespace(Some(own)),
            (None, Some(uri)) => self.writer.attribute("xmlns", uri),
            (None, None) => {}
        }
        self.attributes(shape, value);
        self.writer.close_tag();
        self.members(id, value, bindings);
        self.writer.end(name);
    }

    fn named(&mut self, tag: &Tag, member: &Member, view: View<'_>) {
        match view {
            View::Absent | View::Null | View::String("") => self.empty(tag),
            View::String(text) => {
                self.writer.out.push_str(&tag.open);
                self.writer.text(text);
                self.writer.out.push_str(&tag.close);
            }
            View::Structure(value) => self.structure(tag, member, value),
            View::List(list) => self.list(tag, member, list),
            View::Map(map) => self.map(tag, member, map),
            View::Document(document) => {
                self.writer.out.push_str(&tag.open);
                self.writer.text(&document.to_string());
                self.writer.out.push_str(&tag.close);
            }
            // Nothing in the text of the other scalars needs escaping.
            scalar => {
                let shape = self.service.shape(member.target);
                let format = timestamp_format(member, shape, TimestampFormat::Iso8601);
                self.writer.out.push_str(&tag.open);
                let writing = self.writing(format);
                text::write(&mut self.writer.out, &scalar, writing);
                self.writer.out.push_str(&tag.close);
            }
        }
    }

    fn writing(&self, format: TimestampFormat) -> Writing {
        Writing { format, millis: self.style == Style::Ec2 }
    }

    fn empty(&mut self, tag: &Tag) {
        self.writer.out.push_str(&tag.open[..tag.open.len() - 1]);
        self.writer.out.push_str("/>");
    }

    fn structure(&mut self, tag: &Tag, member: &Member, value: &dyn Structure) {
        if self.style == Style::Rest {
            let shape = self.service.shape(member.target);
            self.writer.open_tag(tag.name());
            self.writer.namespace(member.xml_namespace.as_ref().or(shape.xml_namespace.as_ref()));
            self.attributes(shape, value);
            self.writer.close_tag();
        } else {
            self.writer.out.push_str(&tag.open);
        }
        self.content(member.target, value);
        self.writer.out.push_str(&tag.close);
    }

    /// The members of a structure inside another, written once where the value keeps what is written of it.
    fn content(&mut self, id: ShapeId, value: &dyn Structure) {
        let Some(written) = value.written() else { return self.members(id, value, Bindings::None) };
        if let Some(text) = written.get(self.style) {
            return self.writer.out.push_str(text);
        }
        let start = self.writer.out.len();
        self.members(id, value, Bindings::None);
        written.keep(self.style, &self.writer.out[start..]);
    }

    fn list(&mut self, tag: &Tag, member: &Member, list: &dyn List) {
        let shape = self.service.shape(member.target);
        let ([element], [element_tag]) = (shape.elements.as_slice(), self.service.tags(member.target)) else {
            return;
        };
        let flattened = names::flattened(member, shape);
        if flattened {
            for index in 0..list.len() {
                self.named(tag, element, list.get(index).view());
            }
            return;
        }
        if list.is_empty() {
            return self.empty(tag);
        }
        self.writer.out.push_str(&tag.open);
        let start = self.writer.out.len();
        self.named(element_tag, element, list.get(0).view());
        // The others are likely to be about as long, and a long answer is then not copied again as it grows.
        let each = (self.writer.out.len() - start) * 17 / 16;
        self.writer.out.reserve((list.len() - 1).saturating_mul(each).min(MOST_AHEAD));
        for index in 1..list.len() {
            self.named(element_tag, element, list.get(index).view());
        }
        self.writer.out.push_str(&tag.close);
    }

    fn map(&mut self, tag: &Tag, member: &Member, map: &dyn Map) {
        let shape = self.service.shape(member.target);
        if names::flattened(member, shape) {
            map.each(&mut |key, value| self.entry(&tag.open, &tag.close, member.target, key, value.view()));
            return;
        }
        if map.is_empty() {
            return self.empty(tag);
        }
        self.writer.out.push_str(&tag.open);
        map.each(&mut |key, value| self.entry("<entry>", "</entry>", member.target, key, value.view()));
        self.writer.out.push_str(&tag.close);
    }

    fn entry(&mut self, open: &str, close: &str, id: ShapeId, key_text: &str, view: View<'_>) {
        let elements = (self.service.shape(id).elements.as_slice(), self.service.tags(id));
        let ([key, value], [key_tag, value_tag]) = elements else { return };
        self.writer.out.push_str(open);
        self.named(key_tag, key, View::String(key_text));
        self.named(value_tag, value, view);
        self.writer.out.push_str(close);
    }

    fn attributes(&mut self, shape: &Shape, value: &dyn Structure) {
        for (index, member) in shape.members.iter().enumerate().filter(|(_, member)| member.xml_attribute) {
            let view = value.field(index).view();
            let target = self.service.shape(member.target);
            let format = timestamp_format(member, target, TimestampFormat::Iso8601);
            let writing = self.writing(format);
            self.scratch.clear();
            if text::write(&mut self.scratch, &view, writing) {
                self.writer.attribute(names::plain(member), &self.scratch);
            }
        }
    }
}

impl Writer {
    /// A declaration of a namespace, inside a start tag.
    pub(super) fn namespace(&mut self, namespace: Option<&XmlNamespace>) {
        let Some(XmlNamespace { uri, prefix }) = namespace else { return };
        match prefix {
            Some(prefix) => self.attribute(&format!("xmlns:{prefix}"), uri),
            None => self.attribute("xmlns", uri),
        }
    }
}
