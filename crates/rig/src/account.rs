//! Who calls and where: accounts, Regions, principals.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::geography;
use crate::store::Key;

/// An AWS account: twelve decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Account(u64);

impl Account {
    /// The account that calls belong to unless their credentials name another.
    pub const DEFAULT: Self = Self(123_456_789_012);

    /// Reads twelve decimal digits; anything else is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().ok().map(Self) } else { None }
    }

    /// The digits as a number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// A Region of the catalogue, by its code: `eu-west-1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Region(&'static str);

impl Region {
    /// The Region that calls go to unless they name another.
    pub const DEFAULT: Self = Self("us-east-1");

    /// The Region of that code, if the catalogue has it.
    pub fn parse(code: &str) -> Option<Self> {
        geography::region(code).map(|facts| Self(facts.code))
    }

    /// `eu-west-1`
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// Names, partition and zones of the Region.
    pub fn facts(self) -> &'static geography::Region {
        geography::region(self.0).expect("a Region is made from the catalogue")
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(self) -> &'static str {
        self.facts().partition.id
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom(format!("unknown Region {code:?}")))
    }
}

/// The account and Region that most resources belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Owner.
    pub account: Account,
    /// Place.
    pub region: Region,
}

impl Scope {
    /// Key of everything in this account and Region; scan with it.
    pub fn prefix(self) -> Key {
        Key::new().number(self.account.0).text(self.region.0)
    }

    /// The account and Region that a key made by [`Scope::key`] begins with.
    pub fn of(key: &Key) -> Option<Self> {
        let (account, rest) = key.as_bytes().split_first_chunk::<8>()?;
        let region = rest.split(|byte| *byte == 0).next()?;
        let region = Region::parse(std::str::from_utf8(region).ok()?)?;
        let account = Account::parse(&format!("{:012}", u64::from_be_bytes(*account)))?;
        Some(Self { account, region })
    }

    /// Key of one resource in this account and Region.
    pub fn key(self, id: &str) -> Key {
        self.prefix().text(id)
    }
}

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// The account's root user.
    Root {
        /// Whose.
        account: Account,
    },
    /// An IAM user, by an access key or by credentials got with one.
    User {
        /// Whose user it is.
        account: Account,
        /// Name, without the path.
        name: String,
        /// `/`, or `/teams/a/`.
        path: String,
        /// Unique id, `AIDA…`.
        id: String,
    },
    /// A session of a role.
    AssumedRole {
        /// Account of the role.
        account: Account,
        /// Name of the role, without its path.
        role: String,
        /// Unique id of the role, `AROA…`.
        role_id: String,
        /// Name the caller gave the session.
        session: String,
    },
    /// A federated user.
    FederatedUser {
        /// Account that vouches.
        account: Account,
        /// Name given to GetFederationToken.
        name: String,
    },
    /// An AWS service acting on an account's behalf: `autoscaling.amazonaws.com`.
    Service {
        /// Account acted for.
        account: Account,
        /// Host name that stands for the service in policies.
        name: String,
    },
    /// Nobody: the call was not signed.
    Anonymous,
}

impl Principal {
    /// The account the principal belongs to; none for an unsigned call.
    pub fn account(&self) -> Option<Account> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::AssumedRole { account, .. }
            | Self::FederatedUser { account, .. }
            | Self::Service { account, .. } => Some(*account),
            Self::Anonymous => None,
        }
    }

    /// The ARN that sts:GetCallerIdentity answers, in `partition`.
    pub fn arn(&self, partition: &str) -> String {
        match self {
            Self::Root { account } => format!("arn:{partition}:iam::{account}:root"),
            Self::User { account, name, path, .. } => {
                format!("arn:{partition}:iam::{account}:user{path}{name}")
            }
            Self::AssumedRole { account, role, session, .. } => {
                format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
            }
            Self::FederatedUser { account, name } => {
                format!("arn:{partition}:sts::{account}:federated-user/{name}")
            }
            Self::Service { name, .. } => name.clone(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// Whether `arn` names the principal, or the role that it is a session of, whatever path the role has.
    pub fn answers_to(&self, arn: &str, partition: &str) -> bool {
        let own_role = |account: &Account, role: &str| {
            let roles = format!("arn:{partition}:iam::{account}:role/");
            arn.strip_prefix(&roles).and_then(|path| path.rsplit('/').next()) == Some(role)
        };
        match self {
            Self::AssumedRole { account, role, .. } if own_role(account, role) => true,
            _ => self.arn(partition) == arn,
        }
    }

    /// The unique id that sts:GetCallerIdentity answers.
    pub fn user_id(&self) -> String {
        match self {
            Self::Root { account } => account.to_string(),
            Self::User { id, .. } => id.clone(),
            Self::AssumedRole { role_id, session, .. } => format!("{role_id}:{session}"),
            Self::FederatedUser { account, name } => format!("{account}:{name}"),
            Self::Service { name, .. } => name.clone(),
            Self::Anonymous => "ANONYMOUS_PRINCIPAL".to_owned(),
        }
    }
}
