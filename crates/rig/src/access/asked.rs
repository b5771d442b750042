//! A request as authorization reads it: member by member, whatever its type.

use std::borrow::Cow;

use ironbird_wire::field::{Field, Structure, View};
use ironbird_wire::schema::{Operation, Service, ShapeId};

use super::wanted::Wanted;
use crate::context::Ctx;

/// Members are looked for so deep in a request; what is deeper names no resource.
const DEEPEST: u8 = 6;

/// A request, and the call that makes it.
pub struct Asked<'a, 'w> {
    /// The call.
    pub ctx: &'a Ctx<'w>,
    /// The service that is asked.
    pub service: &'a Service,
    /// What it is asked to do.
    pub operation: &'a Operation,
    pub(super) wanted: &'a Wanted<'a>,
    leaves: Vec<Leaf<'a>>,
    tags: Vec<(&'a str, &'a str)>,
}

/// A single value in a request.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// How many structures it is in, 0 for members of the request itself.
    pub depth: u8,
    /// The member that the innermost of them is the value of, or is in the list of; empty for members of the request itself.
    pub within: &'a str,
    /// The member that it is the value of, or is in the list of.
    pub name: &'a str,
    /// The value as text: `true`, `10`.
    pub text: Cow<'a, str>,
}

impl<'a, 'w> Asked<'a, 'w> {
    pub(super) fn new(
        ctx: &'a Ctx<'w>,
        service: &'a Service,
        operation: &'a Operation,
        input: &'a dyn Structure,
        wanted: &'a Wanted<'a>,
    ) -> Self {
        let mut asked = Self { ctx, service, operation, wanted, leaves: Vec::new(), tags: Vec::new() };
        if let Some(shape) = operation.input {
            asked.look(("", shape), input, 0, false);
        }
        asked
    }

    /// The values of members of that name, whatever its case: those nearest to the top, so that a group that a rule in the
    /// request mentions is not taken for the group that the request is about.
    pub fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> + use<'s, 'a, 'w> {
        let named = move |leaf: &&Leaf<'_>| leaf.name.eq_ignore_ascii_case(name);
        let nearest = self.leaves.iter().filter(named).map(|leaf| leaf.depth).min();
        self.leaves
            .iter()
            .filter(named)
            .filter(move |leaf| Some(leaf.depth) == nearest)
            .map(|leaf| leaf.text.as_ref())
    }

    /// The first value of a member of that name.
    pub fn value(&self, name: &str) -> Option<String> {
        self.values(name).next().map(str::to_owned)
    }

    /// The first value of a member of that name in the structure of that name: `IamInstanceProfile`, `Arn`.
    pub fn value_in(&self, within: &str, name: &str) -> Option<&str> {
        let found = self.leaves.iter().find(|leaf| leaf.within == within && leaf.name == name)?;
        Some(&found.text)
    }

    /// Every value of the request.
    pub fn leaves(&self) -> &[Leaf<'a>] {
        &self.leaves
    }

    /// The tags that the request gives.
    pub fn tags(&self) -> &[(&'a str, &'a str)] {
        &self.tags
    }

    /// Whether the request gives a member of that name.
    pub fn gives(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    fn look(&mut self, (within, shape): (&'a str, ShapeId), value: &'a dyn Structure, depth: u8, tags: bool) {
        let members = &self.service.shape(shape).members;
        if tags && let Some(tag) = self.tag(shape, value) {
            self.tags.push(tag);
        }
        for (index, member) in members.iter().enumerate() {
            let tags = tags || is_about_tags(&member.name);
            self.look_at((within, &member.name, member.target), value.field(index), depth, tags);
        }
    }

    fn look_at(
        &mut self,
        (within, name, shape): (&'a str, &'a str, ShapeId),
        value: &'a dyn Field,
        depth: u8,
        tags: bool,
    ) {
        let text: Cow<'a, str> = match value.view() {
            View::String(text) => text.into(),
            View::Boolean(value) => value.to_string().into(),
            View::Integer(value) => value.to_string().into(),
            View::Long(value) => value.to_string().into(),
            View::Float(value) => value.to_string().into(),
            View::Double(value) => value.to_string().into(),
            View::Structure(inner) if depth < DEEPEST => {
                return self.look((name, shape), inner, depth + 1, tags);
            }
            View::List(list) => {
                let element = self.service.shape(shape).elements[0].target;
                for at in 0..list.len() {
                    self.look_at((within, name, element), list.get(at), depth, tags);
                }
                return;
            }
            View::Map(map) if tags => {
                let given = &mut self.tags;
                map.each(&mut |key, value| {
                    if let View::String(value) = value.view() {
                        given.push((key, value));
                    }
                });
                return;
            }
            _ => return,
        };
        self.leaves.push(Leaf { depth, within, name, text });
    }

    /// A structure of a key and a value.
    fn tag(&self, shape: ShapeId, value: &'a dyn Structure) -> Option<(&'a str, &'a str)> {
        let members = &self.service.shape(shape).members;
        let text = |names: [&str; 2]| {
            let found = members
                .iter()
                .position(|member| names.iter().any(|name| member.name.eq_ignore_ascii_case(name)))?;
            match value.field(found).view() {
                View::String(text) => Some(text),
                _ => None,
            }
        };
        Some((text(["Key", "TagKey"])?, text(["Value", "TagValue"]).unwrap_or_default()))
    }
}

/// `Tags`, `TagSpecifications`, `tagList`; keys of tags to be removed are no tags.
fn is_about_tags(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("tag") && !name.contains("key") && !name.contains("filter")
}
