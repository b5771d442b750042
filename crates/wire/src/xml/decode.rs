//! XML to values.

use super::{Element, Reader};
use crate::field::{Field, List, Map, Slot, Structure};
use crate::names;
use crate::rejection::Rejection;
use crate::schema::{Kind, Member, Shape, TimestampFormat};
use crate::text::{self, Reading};
use crate::walk::{Walk, fresh_entry, misfit, slot, timestamp_format};

/// Reads values of one service from one document.
pub(crate) struct Decoder<'d, 'a, 'x> {
    pub(crate) walk: &'d mut Walk<'a>,
    pub(crate) reader: Reader<'x>,
}

impl Decoder<'_, '_, '_> {
    /// Fills a structure from the element just started, up to its end.
    pub(crate) fn structure(
        &mut self,
        shape: &Shape,
        element: &Element,
        depth: usize,
        into: &mut dyn Structure,
    ) -> Result<(), Rejection> {
        self.walk.enter(shape.members.len(), depth)?;
        self.attributes(shape, element, depth, into)?;
        let bindings = self.walk.bindings.at(depth);
        let (mut set, mut unknown) = (0_usize, 0_usize);
        while let Some(child) = self.reader.child()? {
            let found = shape.members.iter().enumerate().find(|(_, member)| {
                bindings.in_body(member)
                    && !member.xml_attribute
                    && names::xml(member, self.walk.target(member)) == child.name
            });
            let Some((index, member)) = found else {
                self.walk.note_unknown_in(shape, depth, &child.name);
                self.reader.skip()?;
                unknown += 1;
                continue;
            };
            set += 1;
            let filled = self.member(member, &child, depth, into.field_mut(index));
            filled.map_err(|rejection| rejection.at(&child.name))?;
        }
        if shape.union && (set, unknown) != (1, 0) && !self.walk.lenient {
            return Err(Rejection::malformed(format!(
                "exactly one member of '{}' must be given",
                shape.name
            )));
        }
        Ok(())
    }

    fn attributes(
        &mut self,
        shape: &Shape,
        element: &Element,
        depth: usize,
        into: &mut dyn Structure,
    ) -> Result<(), Rejection> {
        for (name, value) in &element.attributes {
            let found = shape.members.iter().enumerate();
            let found =
                found.filter(|(_, member)| member.xml_attribute).find(|(_, m)| names::plain(m) == name);
            let Some((index, member)) = found else {
                // Declarations of namespaces and of schema types are no members.
                if !name.starts_with("xmlns") && !name.starts_with("xsi:") {
                    self.walk.note_unknown_in(shape, depth, name);
                }
                continue;
            };
            let target = self.walk.target(member);
            let reading = self.reading(member, target);
            let filled = text::parse(slot(into.field_mut(index), target), value, reading);
            filled.map_err(|rejection| rejection.at(name))?;
        }
        Ok(())
    }

    /// Fills one member from the element just started.
    pub(crate) fn member(
        &mut self,
        member: &Member,
        element: &Element,
        depth: usize,
        field: &mut dyn Field,
    ) -> Result<(), Rejection> {
        let shape = self.walk.target(member);
        if !names::flattened(member, shape) {
            return self.field(member, shape, element, depth, field);
        }
        match slot(field, shape) {
            Slot::List(into) => {
                let [item] = shape.elements.as_slice() else { return Err(misfit(shape)) };
                let position = into.len();
                let filled = self.item(item, element, depth + 1, into);
                filled.map_err(|rejection| rejection.at_index(position))
            }
            Slot::Map(into) => self.entry(shape, depth + 1, into),
            _ => Err(misfit(shape)),
        }
    }

    fn field(
        &mut self,
        member: &Member,
        shape: &Shape,
        element: &Element,
        depth: usize,
        field: &mut dyn Field,
    ) -> Result<(), Rejection> {
        match slot(field, shape) {
            Slot::Structure(into) => self.structure(shape, element, depth + 1, into),
            Slot::List(into) => self.list(shape, depth + 1, into),
            Slot::Map(into) => self.map(shape, depth + 1, into),
            scalar => {
                let whole = self.reader.text()?;
                let is_text = matches!(shape.kind, Kind::String | Kind::Blob);
                let trimmed = if self.walk.lenient && !is_text { whole.trim() } else { &whole };
                text::parse(scalar, trimmed, self.reading(member, shape))
            }
        }
    }

    fn reading(&self, member: &Member, shape: &Shape) -> Reading {
        let format = timestamp_format(member, shape, TimestampFormat::Iso8601);
        Reading { format, lenient: self.walk.lenient }
    }

    fn list(&mut self, shape: &Shape, depth: usize, into: &mut dyn List) -> Result<(), Rejection> {
        self.walk.check_depth(depth)?;
        let [item] = shape.elements.as_slice() else { return Err(misfit(shape)) };
        let mut position = 0;
        while let Some(child) = self.reader.child()? {
            // Services are not true to their models in what they call elements, and clients never look.
            if child.name != names::element(item) && !self.walk.lenient {
                self.walk.note_unknown_in(shape, depth, &child.name);
                self.reader.skip()?;
                continue;
            }
            let filled = self.item(item, &child, depth, into);
            filled.map_err(|rejection| rejection.at_index(position))?;
            position += 1;
        }
        Ok(())
    }

    fn item(
        &mut self,
        item: &Member,
        element: &Element,
        depth: usize,
        into: &mut dyn List,
    ) -> Result<(), Rejection> {
        let target = self.walk.target(item);
        self.walk.spend()?;
        self.field(item, target, element, depth, into.push())
    }

    fn map(&mut self, shape: &Shape, depth: usize, into: &mut dyn Map) -> Result<(), Rejection> {
        self.walk.check_depth(depth)?;
        while let Some(child) = self.reader.child()? {
            if child.name == "entry" {
                self.entry(shape, depth, into)?;
            } else {
                self.walk.note_unknown_in(shape, depth, &child.name);
                self.reader.skip()?;
            }
        }
        Ok(())
    }

    /// One entry of a map from the element just started. The key must come first, as it always does.
    fn entry(&mut self, shape: &Shape, depth: usize, into: &mut dyn Map) -> Result<(), Rejection> {
        let [key, value] = shape.elements.as_slice() else { return Err(misfit(shape)) };
        let (key_name, value_name) = names::entry(key, value);
        let target = self.walk.target(value);
        let mut key_text: Option<String> = None;
        let mut filled = false;
        while let Some(child) = self.reader.child()? {
            if child.name == key_name && key_text.is_none() {
                key_text = Some(self.reader.text()?);
            } else if child.name == value_name && !filled {
                let Some(key_text) = key_text.clone() else {
                    return Err(Rejection::malformed("an entry of a map has its value before its key"));
                };
                self.walk.spend()?;
                let place = fresh_entry(into, &key_text)?;
                let read = self.field(value, target, &child, depth, place);
                read.map_err(|rejection| rejection.at(&key_text))?;
                filled = true;
            } else {
                self.walk.note_unknown_in(shape, depth, &child.name);
                self.reader.skip()?;
            }
        }
        if filled {
            Ok(())
        } else {
            Err(Rejection::malformed("an entry of a map lacks its key or its value"))
        }
    }
}
