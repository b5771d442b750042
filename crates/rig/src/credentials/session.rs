//! What temporary credentials were begun with.

use std::collections::BTreeMap;

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::AccessKeys;
use crate::account::Principal;
use crate::context::Ctx;
use crate::store::Key;

/// A session: what was said when it began, and decides what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// When it began: `aws:TokenIssueTime`.
    pub issued: Timestamp,
    /// When its user gave a code of an MFA device, if it did.
    pub mfa: Option<Timestamp>,
    /// Who vouches for a federated user, and without whose rights it has none.
    pub issuer: Option<Principal>,
    /// An inline session policy.
    pub policy: Option<String>,
    /// ARNs of managed policies that are session policies.
    pub policy_arns: Vec<String>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Keys of those tags that sessions begun with this one keep.
    pub transitive: Vec<String>,
    /// Who is behind it, in chains of roles too.
    pub source_identity: Option<String>,
    /// The identity provider that vouched for it.
    pub provider: Option<String>,
    /// What the provider said, as condition keys: `idp.example.com:sub`.
    #[serde(default)]
    pub claims: BTreeMap<String, Vec<String>>,
    /// Who of a workforce it is for.
    #[serde(default)]
    pub person: Option<Person>,
}

/// Somebody who signed in to Identity Center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// ARN of the identity store.
    pub store: String,
    /// Id of the user there.
    pub user: String,
}

impl Session {
    /// One that began at `issued` with nothing else said.
    pub const fn new(issued: Timestamp) -> Self {
        Self {
            issued,
            mfa: None,
            issuer: None,
            policy: None,
            policy_arns: Vec::new(),
            tags: BTreeMap::new(),
            transitive: Vec::new(),
            source_identity: None,
            provider: None,
            claims: BTreeMap::new(),
            person: None,
        }
    }
}

/// The session that the call is made in, where it is made in one.
pub fn session<'t>(ctx: &'t Ctx<'_>) -> Option<&'t Session> {
    let id = ctx.origin().access_key.as_deref()?;
    ctx.peek::<AccessKeys>(&Key::new().text(id))?.session.as_deref()
}
