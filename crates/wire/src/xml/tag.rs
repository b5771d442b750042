//! Tags made once per member, since the same ones are written thousands of times in an answer.

use super::Writer;
use crate::names;
use crate::schema::{Kind, Member, Service, Shape};

/// The tags around a member's value, or around each element where it is a flattened list.
#[derive(Debug)]
pub(crate) struct Tag {
    /// `<name>`, with the namespace that the member declares.
    pub(crate) open: Box<str>,
    /// `</name>`
    pub(crate) close: Box<str>,
}

impl Tag {
    pub(crate) fn new(service: &Service, member: &Member) -> Self {
        let shape = service.shape(member.target);
        let name = names::xml(member, shape);
        let items = names::flattened(member, shape) && shape.kind == Kind::List;
        let declaring = if items { shape.elements.first() } else { Some(member) };
        Self::named(name, declaring)
    }

    /// For the elements of a list.
    fn element(element: &Member) -> Self {
        Self::named(names::element(element), Some(element))
    }

    fn named(name: &str, declaring: Option<&Member>) -> Self {
        let mut writer = Writer::default();
        writer.open_tag(name);
        writer.namespace(declaring.and_then(|member| member.xml_namespace.as_ref()));
        writer.close_tag();
        Self { open: writer.out.into(), close: format!("</{name}>").into() }
    }

    /// The tags of a shape's members, of its elements, or of its keys and values.
    pub(crate) fn all(service: &Service, shape: &Shape) -> Box<[Self]> {
        match shape.kind {
            Kind::List => shape.elements.iter().map(Self::element).collect(),
            Kind::Map => match shape.elements.as_slice() {
                [key, value] => {
                    let (key_name, value_name) = names::entry(key, value);
                    [Self::named(key_name, Some(key)), Self::named(value_name, Some(value))].into()
                }
                _ => Box::default(),
            },
            _ => shape.members.iter().map(|member| Self::new(service, member)).collect(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.close[2..self.close.len() - 1]
    }
}
