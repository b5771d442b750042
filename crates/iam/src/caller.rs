//! Who makes a request.

use crate::arn::Arn;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An account's root user.
    Root {
        /// `arn:aws:iam::123456789012:root`
        arn: String,
        /// Twelve digits.
        account: String,
    },
    /// A user, with long-term credentials or a session of its own.
    User {
        /// `arn:aws:iam::123456789012:user/team/anna`
        arn: String,
        /// Twelve digits.
        account: String,
    },
    /// A session of a role.
    AssumedRole {
        /// `arn:aws:sts::123456789012:assumed-role/Deploy/ci`
        arn: String,
        /// `arn:aws:iam::123456789012:role/team/Deploy`
        role: String,
        /// Twelve digits.
        account: String,
    },
    /// A federated user's session (GetFederationToken).
    FederatedUser {
        /// `arn:aws:sts::123456789012:federated-user/guest`
        arn: String,
        /// The user that asked for it.
        user: String,
        /// Twelve digits.
        account: String,
    },
    /// Somebody whom an identity provider vouches for, before a role is assumed.
    Federated {
        /// `arn:aws:iam::123456789012:saml-provider/Corp`, or `accounts.google.com`.
        provider: String,
    },
    /// A service on its own account.
    Service {
        /// `ec2.amazonaws.com`
        name: String,
    },
    /// Nobody in particular: a request without a signature.
    Anonymous,
}

impl Caller {
    /// The root user of an account.
    pub fn root(arn: impl Into<String>) -> Self {
        let arn = arn.into();
        let account = account(&arn);
        Self::Root { arn, account }
    }

    /// A user.
    pub fn user(arn: impl Into<String>) -> Self {
        let arn = arn.into();
        let account = account(&arn);
        Self::User { arn, account }
    }

    /// A session, and the role that it is of.
    pub fn assumed_role(arn: impl Into<String>, role: impl Into<String>) -> Self {
        let arn = arn.into();
        let account = account(&arn);
        Self::AssumedRole { arn, role: role.into(), account }
    }

    /// A federated user, and the user that asked for the session.
    pub fn federated_user(arn: impl Into<String>, user: impl Into<String>) -> Self {
        let arn = arn.into();
        let account = account(&arn);
        Self::FederatedUser { arn, user: user.into(), account }
    }

    /// A service.
    pub fn of_service(name: impl Into<String>) -> Self {
        Self::Service { name: name.into() }
    }

    /// Its ARN, where it has one.
    pub fn arn(&self) -> Option<&str> {
        match self {
            Self::Root { arn, .. }
            | Self::User { arn, .. }
            | Self::AssumedRole { arn, .. }
            | Self::FederatedUser { arn, .. } => Some(arn),
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// The role or user whose session it is.
    pub fn issuer_arn(&self) -> Option<&str> {
        match self {
            Self::AssumedRole { role, .. } => Some(role),
            Self::FederatedUser { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The account that it is of.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account, .. }
            | Self::User { account, .. }
            | Self::AssumedRole { account, .. }
            | Self::FederatedUser { account, .. } => Some(account),
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// Its name where it is a service.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Service { name } => Some(name),
            _ => None,
        }
    }

    /// The identity provider that vouches for it.
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Federated { provider } => Some(provider),
            _ => None,
        }
    }

    /// Whether it is an account's root user.
    pub const fn is_root(&self) -> bool {
        matches!(self, Self::Root { .. })
    }

    /// Whether it is a session of a service-linked role, which control policies do not restrict.
    pub fn is_service_linked(&self) -> bool {
        match self {
            Self::AssumedRole { role, .. } => {
                Arn::parse(role).is_some_and(|arn| arn.resource.starts_with("role/aws-service-role/"))
            }
            _ => false,
        }
    }

    /// What an access-denied message calls it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Service { name } => name,
            Self::Federated { provider } => provider,
            Self::Anonymous => "anonymous",
            _ => self.arn().unwrap_or_default(),
        }
    }
}

/// The account in an ARN; empty where the text is none.
fn account(arn: &str) -> String {
    Arn::parse(arn).map(|arn| arn.account.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Caller;

    #[test]
    fn service_linked_roles_are_known_by_their_path() {
        let session = "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling";
        let role = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
        let caller = Caller::assumed_role(session, role);
        assert!(caller.is_service_linked());
        assert_eq!(caller.account(), Some("123456789012"));
        assert!(!Caller::assumed_role(session, "arn:aws:iam::123456789012:role/Deploy").is_service_linked());
    }
}
