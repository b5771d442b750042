//! What a plan is made of: single things of an Identity Center, each of which is there with some fields, or is not.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What is set of a thing: `description` and the like. A thing that only is there or is not, has none.
pub type Fields = BTreeMap<String, String>;

/// One thing. Things are made in this order, and taken away in the opposite one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Item {
    /// A user: `given_name`, `family_name`, `display_name`, `email`, `email_type`.
    User {
        /// What the user signs in with.
        name: String,
    },
    /// A group: `description`.
    Group {
        /// Its name.
        name: String,
    },
    /// A user in a group.
    Member {
        /// The group's name.
        group: String,
        /// The user's.
        user: String,
    },
    /// A permission set: `description`, `session_duration`.
    Set {
        /// Its name.
        name: String,
    },
    /// An AWS managed policy in a permission set.
    Managed {
        /// The set's name.
        set: String,
        /// ARN of the policy.
        policy: String,
    },
    /// A customer managed policy in a permission set.
    Customer {
        /// The set's name.
        set: String,
        /// Path and name: `/teams/deploy`.
        policy: String,
    },
    /// The inline policy of a permission set: `policy`.
    Inline {
        /// The set's name.
        set: String,
    },
    /// The permissions boundary of a permission set: `policy`, an ARN, or path and name.
    Boundary {
        /// The set's name.
        set: String,
    },
    /// A permission set that somebody is assigned in an account.
    Assignment {
        /// The set's name.
        set: String,
        /// Account id.
        account: String,
        /// `USER` or `GROUP`.
        principal: String,
        /// The user's or group's name.
        name: String,
    },
    /// An account that administers Identity Center for the organization.
    Delegation {
        /// Its id.
        account: String,
    },
}

impl Item {
    /// The permission set whose roles change with it.
    pub fn of_set(&self) -> Option<&str> {
        match self {
            Self::Set { name: set }
            | Self::Managed { set, .. }
            | Self::Customer { set, .. }
            | Self::Inline { set }
            | Self::Boundary { set } => Some(set),
            _ => None,
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { name } => write!(f, "user {name}"),
            Self::Group { name } => write!(f, "group {name}"),
            Self::Member { group, user } => write!(f, "user {user} in group {group}"),
            Self::Set { name } => write!(f, "permission set {name}"),
            Self::Managed { set, policy } => write!(f, "policy {policy} in permission set {set}"),
            Self::Customer { set, policy } => {
                write!(f, "customer managed policy {policy} in permission set {set}")
            }
            Self::Inline { set } => write!(f, "inline policy of permission set {set}"),
            Self::Boundary { set } => write!(f, "boundary of permission set {set}"),
            Self::Assignment { set, account, principal, name } => {
                let principal = principal.to_lowercase();
                write!(f, "permission set {set} for {principal} {name} in account {account}")
            }
            Self::Delegation { account } => {
                write!(f, "account {account} as delegated administrator of Identity Center")
            }
        }
    }
}

/// What becomes of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Which.
    pub item: Item,
    /// How it is; none where it is not there.
    pub before: Option<Fields>,
    /// How it is to be.
    pub after: Option<Fields>,
}

impl Change {
    /// In words, a line for the thing and one for each field.
    pub fn text(&self) -> String {
        let sign = match (&self.before, &self.after) {
            (None, _) => '+',
            (_, None) => '-',
            _ => '~',
        };
        let mut text = format!("  {sign} {}", self.item);
        let none = Fields::new();
        let (before, after) = (self.before.as_ref().unwrap_or(&none), self.after.as_ref().unwrap_or(&none));
        for (name, new) in after {
            match before.get(name) {
                Some(old) if old == new => {}
                Some(old) if !old.is_empty() => text.push_str(&format!("\n      {name} {old} → {new}")),
                _ if new.is_empty() => {}
                _ => text.push_str(&format!("\n      {name} {new}")),
            }
        }
        text
    }
}

/// Path and name of a customer managed policy, of `deploy` or `/teams/deploy`.
pub fn with_path(policy: &str) -> String {
    if policy.starts_with('/') { policy.to_owned() } else { format!("/{policy}") }
}

/// `/teams/` and `deploy`, of `/teams/deploy`.
pub fn path_and_name(policy: &str) -> (&str, &str) {
    let at = policy.rfind('/').map_or(0, |slash| slash + 1);
    policy.split_at(at)
}

/// One field.
pub fn field(name: &str, value: impl Into<String>) -> Fields {
    Fields::from([(name.to_owned(), value.into())])
}

/// A policy without the white space that says nothing: a document is the same however it is written.
pub fn plain(policy: &str) -> String {
    let document: Result<serde_json::Value, _> = serde_json::from_str(policy);
    document.map_or_else(|_| policy.to_owned(), |document| document.to_string())
}
