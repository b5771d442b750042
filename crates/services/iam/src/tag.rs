//! Tags. Keys that differ only in their case are the same key (IAM user guide, "Rules for tagging in IAM").

use std::collections::BTreeMap;

use ironbird_api::iam as api;
use ironbird_rig::page::Page;
use ironbird_rig::{Key, Result};
use serde::{Deserialize, Serialize};

use crate::{error, page};

/// Tags that a thing may have.
const MOST: usize = 50;

/// Tags by their keys in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Tags(BTreeMap<String, (String, String)>);

impl Tags {
    /// The tags that something is made with.
    ///
    /// # Errors
    /// Those of [`Tags::set`].
    pub(crate) fn new(given: Option<&[api::Tag]>) -> Result<Self> {
        let mut tags = Self::default();
        tags.set(given.unwrap_or_default())?;
        Ok(tags)
    }

    /// Adds tags, or gives those that are there another value.
    ///
    /// # Errors
    /// `InvalidInput` for keys that are given twice or are AWS's own, `LimitExceeded` for too many.
    pub(crate) fn set(&mut self, given: &[api::Tag]) -> Result<()> {
        let mut seen = BTreeMap::new();
        for tag in given {
            let key = tag.key.to_lowercase();
            if key.starts_with("aws:") {
                let message = format!("Invalid tag key {}: keys that begin with aws: are reserved.", tag.key);
                return Err(error::invalid_input(message));
            }
            if seen.insert(key, (tag.key.clone(), tag.value.clone())).is_some() {
                let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
                return Err(error::invalid_input(message));
            }
        }
        self.0.extend(seen);
        if self.0.len() > MOST {
            return Err(error::limit_exceeded(format!(
                "The number of tags has reached the maximum limit of {MOST}."
            )));
        }
        Ok(())
    }

    /// Removes tags; those that are not there are left out.
    pub(crate) fn remove(&mut self, keys: &[String]) {
        for key in keys {
            self.0.remove(&key.to_lowercase());
        }
    }

    /// Keys and values.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        self.0.values().cloned().collect()
    }

    /// The tags as an answer has them.
    pub(crate) fn view(&self) -> Vec<api::Tag> {
        self.0.values().map(tag).collect()
    }

    /// The same, none where there are none.
    pub(crate) fn some(&self) -> Option<Vec<api::Tag>> {
        Some(self.view()).filter(|tags| !tags.is_empty())
    }

    /// A page of them.
    ///
    /// # Errors
    /// `ValidationError` for a marker that is not ours.
    pub(crate) fn page(&self, max_items: Option<i32>, marker: Option<&str>) -> Result<Page<api::Tag>> {
        let window = page::window(max_items, marker)?;
        let page = window.list(self.0.iter(), |(key, _)| Key::new().text(key));
        Ok(Page { items: page.items.into_iter().map(|(_, pair)| tag(pair)).collect(), next: page.next })
    }
}

fn tag((key, value): &(String, String)) -> api::Tag {
    api::Tag { key: key.clone(), value: value.clone() }
}
