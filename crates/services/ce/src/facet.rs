//! What costs are told apart by: a dimension, or a cost allocation tag.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ironbird_api::ce as api;
use ironbird_rig::metering::{BillLine, TagColumn};
use ironbird_rig::{Account, Ctx, Result};

use crate::allocation::{self, AllocationTag};
use crate::dimension::Dimension;
use crate::validation;

/// Something that each line of a bill has a value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Facet {
    Dimension(Dimension),
    /// A tag, by its place among [`Columns`].
    Tag(usize),
}

impl Facet {
    /// Reads what to group by.
    ///
    /// # Errors
    /// `ValidationException` for what is not whole, `UnsupportedOperation` for what is not told apart here.
    pub(crate) fn of_group(definition: &api::GroupDefinition, columns: &mut Columns) -> Result<Self> {
        match (definition.r#type.as_deref(), definition.key.as_deref()) {
            (Some("DIMENSION"), Some(key)) => Dimension::parse(key).map(Self::Dimension),
            (Some("TAG"), Some(key)) => Ok(Self::Tag(columns.place(key))),
            (Some("DIMENSION" | "TAG"), None) | (None, _) => {
                Err(validation("A group definition needs Type and Key."))
            }
            (Some(other), _) => {
                Err(Ctx::unsupported(&format!("GroupBy.Type {other}"), "there are no cost categories"))
            }
        }
    }

    /// The line's value; none where it does not have the tag.
    pub(crate) fn value(self, line: &BillLine) -> Option<Cow<'_, str>> {
        match self {
            Self::Dimension(dimension) => Some(Cow::Owned(dimension.value(line))),
            Self::Tag(place) => line.tags.get(place)?.as_deref().map(Cow::Borrowed),
        }
    }

    /// The line's value as the key of a group: `team$red` of a tag, and `team$` of what does not have it.
    pub(crate) fn group_key(self, line: &BillLine, columns: &Columns) -> String {
        let value = self.value(line).unwrap_or_default();
        match self {
            Self::Dimension(_) => value.into_owned(),
            Self::Tag(place) => format!("{}${value}", columns.key(place)),
        }
    }
}

/// The tags that a request asks for, each once: the columns of the bills that answer it.
pub(crate) struct Columns {
    allocation: BTreeMap<String, AllocationTag>,
    asked: Vec<TagColumn>,
}

impl Columns {
    /// None yet, of those that `payer` activated at some time.
    pub(crate) fn new(ctx: &Ctx<'_>, payer: Account) -> Self {
        Self { allocation: allocation::tags(ctx, payer), asked: Vec::new() }
    }

    /// The place of a tag. One that was never activated is there, and nothing has a value of it.
    pub(crate) fn place(&mut self, key: &str) -> usize {
        if let Some(place) = self.asked.iter().position(|column| column.key == key) {
            return place;
        }
        let seen = self.allocation.get(key).map(AllocationTag::seen).unwrap_or_default();
        self.asked.push(TagColumn { key: key.to_owned(), seen });
        self.asked.len() - 1
    }

    /// The places of all tags that were activated at some time.
    pub(crate) fn every(&mut self) -> Vec<usize> {
        let keys: Vec<String> = self.allocation.keys().cloned().collect();
        keys.iter().map(|key| self.place(key)).collect()
    }

    /// The key of the tag at that place.
    pub(crate) fn key(&self, place: usize) -> &str {
        self.asked.get(place).map_or("", |column| &column.key)
    }

    /// What to ask of the meters.
    pub(crate) fn asked(&self) -> &[TagColumn] {
        &self.asked
    }
}
