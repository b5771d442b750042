//! Parameters to values.

use super::Dialect;
use super::params::{Groups, Param, parse, split_leaf};
use crate::field::{Field, List, Map, Slot, Structure};
use crate::limits::check_size;
use crate::names;
use crate::rejection::Rejection;
use crate::schema::{Kind, Member, Shape, TimestampFormat};
use crate::text::{self, Reading};
use crate::walk::{Walk, fresh_entry, misfit, slot, timestamp_format};

/// Parameters that belong to the protocol or to older forms of signatures, not to the operation.
const COMMON: [&str; 10] = [
    "Action",
    "Version",
    "AWSAccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SecurityToken",
    "Timestamp",
    "Expires",
    "AuthParams",
];

/// Fills `into` from the parameters of the body and the query string. What the operation does not have is
/// noted in `walk`.
pub(crate) fn decode(
    walk: &mut Walk<'_>,
    dialect: Dialect,
    shape: Option<&Shape>,
    parts: &crate::http::RequestParts<'_>,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    check_size("body", parts.body.len(), parts.limits.body)?;
    check_size("query string", parts.query.len(), parts.limits.uri)?;
    let body = std::str::from_utf8(parts.body).map_err(|_| Rejection::malformed("the body is not UTF-8"))?;
    let params = parse([body, parts.query], parts.limits)?;
    let members = shape.map_or(&[][..], |shape| &shape.members);
    let mut decoder = Decoder { walk, dialect };
    decoder.members(members, &params, 0, 0, into)
}

struct Decoder<'d, 'a> {
    walk: &'d mut Walk<'a>,
    dialect: Dialect,
}

impl Decoder<'_, '_> {
    /// Fills the members of a structure from `params`, whose keys agree up to byte `at`, where the segment
    /// that names a member starts.
    fn members(
        &mut self,
        members: &[Member],
        params: &[Param<'_>],
        at: usize,
        depth: usize,
        into: &mut dyn Structure,
    ) -> Result<(), Rejection> {
        self.walk.enter(members.len(), depth)?;
        for (segment, run) in Groups::new(params, at) {
            match self.find(members, segment) {
                Some((index, member)) => {
                    let place = into.field_mut(index);
                    let filled = self.field(member, run, at + segment.len(), depth, place);
                    filled.map_err(|rejection| rejection.at(segment))?;
                }
                None if depth == 0 && is_common(segment) => {}
                None => self.note(run),
            }
        }
        Ok(())
    }

    fn find<'m>(&self, members: &'m [Member], segment: &str) -> Option<(usize, &'m Member)> {
        members.iter().enumerate().find(|(_, member)| match self.dialect {
            Dialect::Ec2 => names::is_ec2(member, segment),
            Dialect::Aws => names::xml(member, self.walk.target(member)) == segment,
        })
    }

    fn note(&mut self, run: &[Param<'_>]) {
        for param in run {
            self.walk.note_unknown(&param.key);
        }
    }

    /// Fills one field from the parameters at and below its key, which ends at byte `end`.
    fn field(
        &mut self,
        member: &Member,
        run: &[Param<'_>],
        end: usize,
        depth: usize,
        field: &mut dyn Field,
    ) -> Result<(), Rejection> {
        let shape = self.walk.target(member);
        let (leaves, below) = split_leaf(run, end);
        let leaf = match leaves {
            [] => None,
            [leaf] => Some(leaf),
            _ => return Err(Rejection::malformed("the parameter is given more than once")),
        };
        match shape.kind {
            Kind::Structure | Kind::List | Kind::Map => {
                self.aggregate(member, shape, leaf, below, end, depth, field)
            }
            _ => {
                self.note(below);
                let Some(leaf) = leaf else { return Ok(()) };
                let format = timestamp_format(member, shape, TimestampFormat::Iso8601);
                text::parse(slot(field, shape), &leaf.value, Reading { format, lenient: self.walk.lenient })
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the leaf and the rest of one run")]
    fn aggregate(
        &mut self,
        member: &Member,
        shape: &Shape,
        leaf: Option<&Param<'_>>,
        below: &[Param<'_>],
        end: usize,
        depth: usize,
        field: &mut dyn Field,
    ) -> Result<(), Rejection> {
        // `Names=` is an empty collection; `Names=x` is nothing that the protocols have.
        if let Some(leaf) = leaf.filter(|leaf| !leaf.value.is_empty()) {
            self.walk.note_unknown(&leaf.key);
            return Ok(());
        }
        if leaf.is_none() && below.is_empty() {
            return Ok(());
        }
        let at = end + 1;
        match slot(field, shape) {
            Slot::Structure(into) => self.members(&shape.members, below, at, depth + 1, into),
            Slot::List(into) => self.list(member, shape, below, at, depth + 1, into),
            Slot::Map(into) => self.map(member, shape, below, at, depth + 1, into),
            _ => Err(misfit(shape)),
        }
    }

    fn list(
        &mut self,
        member: &Member,
        shape: &Shape,
        params: &[Param<'_>],
        at: usize,
        depth: usize,
        into: &mut dyn List,
    ) -> Result<(), Rejection> {
        self.walk.check_depth(depth)?;
        let [element] = shape.elements.as_slice() else { return Err(misfit(shape)) };
        if self.dialect == Dialect::Ec2 || names::flattened(member, shape) {
            return self.items(element, params, at, depth, into);
        }
        for (segment, run) in Groups::new(params, at) {
            if segment != names::element(element) && segment != "member" {
                self.note(run);
                continue;
            }
            let (leaf, below) = split_leaf(run, at + segment.len());
            self.note(leaf);
            let filled = self.items(element, below, at + segment.len() + 1, depth, into);
            filled.map_err(|rejection| rejection.at(segment))?;
        }
        Ok(())
    }

    /// Fills a list from keys that go on with an index.
    fn items(
        &mut self,
        element: &Member,
        params: &[Param<'_>],
        at: usize,
        depth: usize,
        into: &mut dyn List,
    ) -> Result<(), Rejection> {
        for (segment, run) in self.numbered(params, at)? {
            self.walk.spend()?;
            let filled = self.field(element, run, at + segment.len(), depth, into.push());
            filled.map_err(|rejection| rejection.at(segment))?;
        }
        Ok(())
    }

    /// The runs of `params` by ascending index. Gaps cost nothing: only what is there is counted.
    fn numbered<'p, 'v>(
        &mut self,
        params: &'p [Param<'v>],
        at: usize,
    ) -> Result<Vec<(&'p str, &'p [Param<'v>])>, Rejection> {
        let mut items = Vec::new();
        for (segment, run) in Groups::new(params, at) {
            let digits = !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit());
            match segment.parse::<u32>() {
                Ok(index) if digits => items.push((index, segment, run)),
                _ => self.note(run),
            }
        }
        items.sort_by_key(|(index, ..)| *index);
        if let Some(twice) = items.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Rejection::malformed("two parameters have the same index").at(twice[0].1));
        }
        Ok(items.into_iter().map(|(_, segment, run)| (segment, run)).collect())
    }

    fn map(
        &mut self,
        member: &Member,
        shape: &Shape,
        params: &[Param<'_>],
        at: usize,
        depth: usize,
        into: &mut dyn Map,
    ) -> Result<(), Rejection> {
        self.walk.check_depth(depth)?;
        if self.dialect == Dialect::Ec2 || names::flattened(member, shape) {
            return self.entries(shape, params, at, depth, into);
        }
        for (segment, run) in Groups::new(params, at) {
            if segment != "entry" {
                self.note(run);
                continue;
            }
            let (leaf, below) = split_leaf(run, at + segment.len());
            self.note(leaf);
            let filled = self.entries(shape, below, at + segment.len() + 1, depth, into);
            filled.map_err(|rejection| rejection.at(segment))?;
        }
        Ok(())
    }

    fn entries(
        &mut self,
        shape: &Shape,
        params: &[Param<'_>],
        at: usize,
        depth: usize,
        into: &mut dyn Map,
    ) -> Result<(), Rejection> {
        for (segment, run) in self.numbered(params, at)? {
            self.walk.spend()?;
            let filled = self.entry(shape, run, at + segment.len(), depth, into);
            filled.map_err(|rejection| rejection.at(segment))?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        shape: &Shape,
        run: &[Param<'_>],
        end: usize,
        depth: usize,
        into: &mut dyn Map,
    ) -> Result<(), Rejection> {
        let [key, value] = shape.elements.as_slice() else { return Err(misfit(shape)) };
        let (key_name, value_name) = names::entry(key, value);
        let (leaf, below) = split_leaf(run, end);
        self.note(leaf);
        let mut key_text = None;
        let mut value_run = None;
        for (segment, params) in Groups::new(below, end + 1) {
            if segment == value_name {
                value_run = Some(params);
            } else if let ([param], true) =
                (params, segment == key_name && params[0].key.len() == end + 1 + segment.len())
            {
                key_text = Some(param.value.to_string());
            } else {
                self.note(params);
            }
        }
        let Some(key_text) = key_text else {
            return Err(Rejection::malformed("an entry of a map has no key").at(key_name));
        };
        let place = fresh_entry(into, &key_text)?;
        let Some(params) = value_run else {
            return Err(Rejection::malformed("an entry of a map has no value").at(value_name));
        };
        let filled = self.field(value, params, end + 1 + value_name.len(), depth, place);
        filled.map_err(|rejection| rejection.at(value_name))
    }
}

fn is_common(segment: &str) -> bool {
    COMMON.contains(&segment) || segment.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("X-Amz-"))
}
