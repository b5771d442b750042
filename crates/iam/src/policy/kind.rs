//! What a policy is for, which decides what it may say and how long it may be.

/// Kinds of policy documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A managed policy: of users, groups and roles, or a permissions boundary.
    Managed,
    /// A user's inline policies.
    InlineUser,
    /// A group's inline policies.
    InlineGroup,
    /// A role's inline policies.
    InlineRole,
    /// Given along when a session begins.
    Session,
    /// Who may assume a role.
    Trust,
    /// On a resource; its service has its own limits and rules about resources.
    Resource,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
    /// Of a VPC endpoint.
    Endpoint,
}

impl Kind {
    /// How many characters a document may have, by default (IAM, Organizations and VPC quotas); those of inline policies are
    /// for all of a user's, group's or role's policies together. None where the resource's service says.
    pub const fn most_characters(self) -> Option<usize> {
        match self {
            Self::Managed => Some(6144),
            Self::InlineUser | Self::Session | Self::Trust => Some(2048),
            Self::InlineGroup | Self::ServiceControl | Self::ResourceControl => Some(5120),
            Self::InlineRole => Some(10_240),
            Self::Endpoint => Some(20_480),
            Self::Resource => None,
        }
    }

    /// How many characters of `document` count towards the limit: IAM leaves white space out.
    pub fn characters(self, document: &str) -> usize {
        match self {
            Self::Managed | Self::InlineUser | Self::InlineGroup | Self::InlineRole | Self::Trust => {
                document.chars().filter(|character| !character.is_whitespace()).count()
            }
            _ => document.chars().count(),
        }
    }

    /// Whether it is attached to whom it is about, and so names no principal.
    pub(super) const fn is_of_identity(self) -> bool {
        matches!(
            self,
            Self::Managed
                | Self::InlineUser
                | Self::InlineGroup
                | Self::InlineRole
                | Self::Session
                | Self::ServiceControl
        )
    }

    /// Whether IAM itself takes it, which knows only the newer version of the language.
    pub(super) const fn needs_version(self) -> bool {
        matches!(
            self,
            Self::Managed | Self::InlineUser | Self::InlineGroup | Self::InlineRole | Self::Session
        )
    }

    /// Whether its statements must say on what.
    pub(super) const fn needs_resource(self) -> bool {
        !matches!(self, Self::Trust | Self::Resource)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn iam_does_not_count_white_space() {
        let document = "{ \"Version\":\n\t\"ü\" }";
        assert_eq!(Kind::Managed.characters(document), 15);
        assert_eq!(Kind::Endpoint.characters(document), document.chars().count());
        assert_eq!(Kind::Resource.most_characters(), None);
    }
}
