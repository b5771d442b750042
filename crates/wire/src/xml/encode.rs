//! Values to XML.

use super::Writer;
use crate::field::{List, Map, Structure, View};
use crate::names;
use crate::schema::{Member, Service, Shape, TimestampFormat, XmlNamespace};
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

/// Writes values of one service.
pub(crate) struct Encoder<'a> {
    pub(crate) service: &'a Service,
    pub(crate) writer: Writer,
    style: Style,
    /// A scalar's text before it is escaped, reused.
    scratch: String,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(service: &'a Service, style: Style) -> Self {
        Self { service, writer: Writer::new(), style, scratch: String::new() }
    }

    /// Writes the members of a structure that travel in the body, without an element around them.
    pub(crate) fn members(&mut self, shape: &Shape, value: &dyn Structure, bindings: Bindings) {
        for (index, member) in shape.members.iter().enumerate() {
            if bindings.in_body(member) && !member.xml_attribute {
                self.member(member, value.field(index).view());
            }
        }
    }

    /// Writes one member, which may be absent.
    pub(crate) fn member(&mut self, member: &Member, view: View<'_>) {
        if matches!(view, View::Absent | View::Null) {
            return;
        }
        let shape = self.service.shape(member.target);
        self.named(names::xml(member, shape), member, shape, view);
    }

    /// Writes a root element: the shape with its own namespace, or the one given.
    pub(crate) fn root(
        &mut self,
        name: &str,
        namespace: Option<&str>,
        shape: &Shape,
        value: &dyn Structure,
        bindings: Bindings,
    ) {
        self.writer.open_tag(name);
        match (&shape.xml_namespace, namespace) {
            (Some(own), _) => self.namespace(Some(own)),
            (None, Some(uri)) => self.writer.attribute("xmlns", uri),
            (None, None) => {}
        }
        self.attributes(shape, value);
        self.writer.close_tag();
        self.members(shape, value, bindings);
        self.writer.end(name);
    }

    fn named(&mut self, name: &str, member: &Member, shape: &Shape, view: View<'_>) {
        match view {
            View::List(list) if names::flattened(member, shape) => self.flat_list(name, shape, list),
            View::Map(map) if names::flattened(member, shape) => {
                let namespace = member.xml_namespace.as_ref();
                map.each(&mut |key, value| self.entry(name, namespace, shape, key, value.view()));
            }
            View::List(list) if list.is_empty() => self.empty(name, member),
            View::List(list) => {
                self.start(name, member);
                self.list(shape, list);
                self.writer.end(name);
            }
            View::Map(map) if map.is_empty() => self.empty(name, member),
            View::Map(map) => {
                self.start(name, member);
                self.map(shape, map);
                self.writer.end(name);
            }
            View::Structure(value) => {
                self.writer.open_tag(name);
                let own = shape.xml_namespace.as_ref().filter(|_| self.style == Style::Rest);
                self.namespace(member.xml_namespace.as_ref().or(own));
                if self.style == Style::Rest {
                    self.attributes(shape, value);
                }
                self.writer.close_tag();
                self.members(shape, value, Bindings::None);
                self.writer.end(name);
            }
            View::Absent | View::Null => self.empty(name, member),
            View::String("") => self.empty(name, member),
            View::String(text) => {
                self.start(name, member);
                self.writer.text(text);
                self.writer.end(name);
            }
            View::Document(document) => {
                self.start(name, member);
                self.writer.text(&document.to_string());
                self.writer.end(name);
            }
            // Nothing in the text of the other scalars needs escaping.
            scalar => {
                self.start(name, member);
                let format = timestamp_format(member, shape, TimestampFormat::Iso8601);
                text::write(
                    &mut self.writer.out,
                    &scalar,
                    Writing { format, millis: self.style == Style::Ec2 },
                );
                self.writer.end(name);
            }
        }
    }

    fn list(&mut self, shape: &Shape, list: &dyn List) {
        let Some(element) = shape.elements.first() else { return };
        let target = self.service.shape(element.target);
        let name = names::element(element);
        for index in 0..list.len() {
            self.named(name, element, target, list.get(index).view());
        }
    }

    fn flat_list(&mut self, name: &str, shape: &Shape, list: &dyn List) {
        let Some(element) = shape.elements.first() else { return };
        let target = self.service.shape(element.target);
        for index in 0..list.len() {
            self.named(name, element, target, list.get(index).view());
        }
    }

    fn map(&mut self, shape: &Shape, map: &dyn Map) {
        map.each(&mut |key, value| self.entry("entry", None, shape, key, value.view()));
    }

    fn entry(
        &mut self,
        name: &str,
        namespace: Option<&XmlNamespace>,
        shape: &Shape,
        key_text: &str,
        view: View<'_>,
    ) {
        let [key, value] = shape.elements.as_slice() else { return };
        let (key_name, value_name) = names::entry(key, value);
        self.writer.open_tag(name);
        self.namespace(namespace);
        self.writer.close_tag();
        self.named(key_name, key, self.service.shape(key.target), View::String(key_text));
        self.named(value_name, value, self.service.shape(value.target), view);
        self.writer.end(name);
    }

    fn start(&mut self, name: &str, member: &Member) {
        self.writer.open_tag(name);
        self.namespace(member.xml_namespace.as_ref());
        self.writer.close_tag();
    }

    fn empty(&mut self, name: &str, member: &Member) {
        self.writer.open_tag(name);
        self.namespace(member.xml_namespace.as_ref());
        self.writer.out.push_str("/>");
    }

    fn namespace(&mut self, namespace: Option<&XmlNamespace>) {
        let Some(XmlNamespace { uri, prefix }) = namespace else { return };
        match prefix {
            Some(prefix) => self.writer.attribute(&format!("xmlns:{prefix}"), uri),
            None => self.writer.attribute("xmlns", uri),
        }
    }

    fn attributes(&mut self, shape: &Shape, value: &dyn Structure) {
        for (index, member) in shape.members.iter().enumerate().filter(|(_, member)| member.xml_attribute) {
            let view = value.field(index).view();
            let target = self.service.shape(member.target);
            let format = timestamp_format(member, target, TimestampFormat::Iso8601);
            self.scratch.clear();
            if text::write(&mut self.scratch, &view, Writing { format, millis: self.style == Style::Ec2 }) {
                self.writer.attribute(names::plain(member), &self.scratch);
            }
        }
    }
}
