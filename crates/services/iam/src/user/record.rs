//! What is kept of a user.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_rig::credentials::Password;
use ironbird_rig::{Error, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::service_credential::ServiceCredential;
use crate::document::Kind;
use crate::error;
use crate::holder::{Holder, Holdings};
use crate::named::{Head, Named};
use crate::policy::attachment::Holding;
use crate::tag::Tags;

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) head: Head,
    pub(crate) tags: Tags,
    pub(crate) holdings: Holdings,
    /// Names of the groups that it is in.
    pub(crate) groups: BTreeSet<String>,
    /// Access keys by their id. What signs with them is with all credentials that the rig hands out.
    pub(crate) keys: BTreeMap<String, AccessKey>,
    pub(crate) login: Option<Login>,
    /// Service-specific credentials by their id.
    #[serde(default)]
    pub(crate) service_credentials: BTreeMap<String, ServiceCredential>,
}

/// An access key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) created: Timestamp,
    pub(crate) active: bool,
}

/// What the user signs in to the console with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) created: Timestamp,
    pub(crate) password: Password,
    pub(crate) changed: Timestamp,
    /// Whether it must be changed at the next sign-in.
    pub(crate) reset: bool,
    /// Passwords before, the newest last.
    pub(crate) earlier: Vec<Password>,
}

impl Table for User {
    const NAME: &'static str = "iam.users";
    type Record = Self;
}

impl Named for User {
    const RESOURCE: &'static str = "user";
    const ID_PREFIX: &'static str = "AIDA";
    const QUOTA: (&'static str, usize) = ("UsersPerAccount", 5000);

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn missing(name: &str) -> Error {
        error::no_such_entity(format!("The user with name {name} cannot be found."))
    }

    fn taken(name: &str) -> Error {
        error::already_exists(format!("User with name {name} already exists."))
    }
}

impl Holder for User {
    const HOLDING: Holding = Holding::User;
    const INLINE: Kind = Kind::InlineUser;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerUser";

    fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    fn tags(&self) -> Vec<(String, String)> {
        self.tags.pairs()
    }

    fn holdings_mut(&mut self) -> &mut Holdings {
        &mut self.holdings
    }
}
