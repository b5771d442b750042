//! What is kept of a managed policy.

use std::collections::BTreeMap;

use ironbird_rig::{Error, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::named::{Head, Named};
use crate::tag::Tags;

/// A managed policy of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Managed {
    pub(crate) head: Head,
    pub(crate) description: Option<String>,
    /// When the default version last became another one.
    pub(crate) updated: Timestamp,
    pub(crate) tags: Tags,
    pub(crate) versions: BTreeMap<u32, Version>,
    pub(crate) default: u32,
    /// Number of the last version that was made: none is given twice.
    pub(crate) last: u32,
}

/// A version of a managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) document: String,
    pub(crate) created: Timestamp,
}

impl Table for Managed {
    const NAME: &'static str = "iam.policies";
    type Record = Self;
}

impl Named for Managed {
    const RESOURCE: &'static str = "policy";
    const ID_PREFIX: &'static str = "ANPA";
    const QUOTA: (&'static str, usize) = ("PoliciesPerAccount", 1500);

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn missing(name: &str) -> Error {
        error::no_such_entity(format!("Policy {name} was not found."))
    }

    fn taken(name: &str) -> Error {
        error::already_exists(format!(
            "A policy called {name} already exists. Duplicate names are not allowed."
        ))
    }
}
