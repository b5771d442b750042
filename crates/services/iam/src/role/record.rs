//! What is kept of a role.

use ironbird_rig::{Error, Principal, Result, Table};
use serde::{Deserialize, Serialize};

use crate::document::Kind;
use crate::error;
use crate::holder::{Holder, Holdings};
use crate::named::{Head, Named};
use crate::policy::attachment::Holding;
use crate::tag::Tags;

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) head: Head,
    /// Its trust policy: who may assume it.
    pub(crate) trust: String,
    pub(crate) description: Option<String>,
    /// Most seconds of a session.
    pub(crate) max_session: i32,
    pub(crate) tags: Tags,
    pub(crate) holdings: Holdings,
    /// The service that alone may change it: one that it is linked to (`autoscaling.amazonaws.com`), or one that keeps it for
    /// its users (`sso.amazonaws.com`).
    pub(crate) service: Option<String>,
}

/// What the paths of service-linked roles begin with.
pub(crate) const LINKED: &str = "/aws-service-role/";

/// What the paths of roles begin with that a service keeps for its users; the service's host name follows.
pub(crate) const RESERVED: &str = "/aws-reserved/";

impl Role {
    /// Whether it is a service-linked role.
    pub(crate) fn is_linked(&self) -> bool {
        self.head.path.starts_with(LINKED)
    }
}

impl Table for Role {
    const NAME: &'static str = "iam.roles";
    type Record = Self;
}

impl Named for Role {
    const RESOURCE: &'static str = "role";
    const ID_PREFIX: &'static str = "AROA";
    const QUOTA: (&'static str, usize) = ("RolesPerAccount", 1000);

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn missing(name: &str) -> Error {
        error::no_such_entity(format!("The role with name {name} cannot be found."))
    }

    fn taken(name: &str) -> Error {
        error::already_exists(format!("Role with name {name} already exists."))
    }
}

impl Holder for Role {
    const HOLDING: Holding = Holding::Role;
    const INLINE: Kind = Kind::InlineRole;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerRole";

    fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    fn tags(&self) -> Vec<(String, String)> {
        self.tags.pairs()
    }

    fn holdings_mut(&mut self) -> &mut Holdings {
        &mut self.holdings
    }

    fn modifiable(&self, caller: &Principal) -> Result<()> {
        match (&self.service, caller) {
            (None, _) => Ok(()),
            (Some(service), Principal::Service { name, .. }) if name == service => Ok(()),
            (Some(_), _) => Err(error::protected_role(&self.head.name)),
        }
    }
}
