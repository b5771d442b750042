//! The `Principal` and `NotPrincipal` of a statement.

use crate::arn::Arn;
use crate::caller::Caller;

/// Whom a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// `*`: everyone, also without credentials.
    Everyone,
    /// An account, by its number: whoever its administrators let.
    Account(Box<str>),
    /// A user, role, session or federated user, by its ARN.
    Arn(Box<str>),
    /// What is left of a user or role that was deleted: its unique id.
    Id(Box<str>),
    /// A service, `ec2.amazonaws.com`.
    Service(Box<str>),
    /// An identity provider: its ARN, or the host of a well-known one.
    Federated(Box<str>),
    /// The canonical id of an account, which only S3 knows.
    CanonicalUser(Box<str>),
}

/// How directly a statement names a caller. The order is the one in which more follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// By its account: its administrators decide.
    Account,
    /// By the role or user whose session it is.
    Issuer,
    /// By itself, or with everyone.
    Itself,
}

impl Principal {
    /// One entry under `kind`; an error says what is wrong with it.
    pub(super) fn new(kind: &str, text: &str) -> Result<Self, String> {
        match kind {
            "AWS" => Self::aws(text),
            "Service" if text == "*" => Err("a service cannot be `*`".to_owned()),
            "Service" if text.is_empty() || text.contains(['*', '?', ' ', '/']) => {
                Err(format!("`{text}` is no service, such as `ec2.amazonaws.com`"))
            }
            "Service" => Ok(Self::Service(text.into())),
            "Federated" if text.is_empty() => Err("an identity provider needs a name".to_owned()),
            "Federated" => Ok(Self::Federated(text.into())),
            "CanonicalUser" if text.is_empty() => Err("a canonical user needs an id".to_owned()),
            "CanonicalUser" => Ok(Self::CanonicalUser(text.into())),
            other => Err(format!(
                "`{other}` is no kind of principal; there are AWS, Service, Federated and CanonicalUser"
            )),
        }
    }

    fn aws(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Everyone);
        }
        if is_account(text) {
            return Ok(Self::Account(text.into()));
        }
        let Some(arn) = Arn::parse(text) else {
            let id = text.len() >= 16
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            return if id { Ok(Self::Id(text.into())) } else { Err(wrong(text)) };
        };
        if !matches!(arn.service, "iam" | "sts") || !arn.region.is_empty() || !is_account(arn.account) {
            return Err(wrong(text));
        }
        match (arn.service, arn.resource.split_once('/')) {
            ("iam", None) if arn.resource == "root" => Ok(Self::Account(arn.account.into())),
            ("iam", Some(("user" | "role", name)))
            | ("sts", Some(("assumed-role" | "federated-user", name)))
                if !name.is_empty() && !name.contains(['*', '?']) =>
            {
                Ok(Self::Arn(text.into()))
            }
            _ => Err(wrong(text)),
        }
    }

    /// How directly this names `caller`, if it does.
    pub fn names(&self, caller: &Caller) -> Option<Nearness> {
        match self {
            Self::Everyone => Some(Nearness::Itself),
            Self::Account(account) => {
                // An account's root user is what an account's ARN names.
                let nearness = if caller.is_root() { Nearness::Itself } else { Nearness::Account };
                (caller.account() == Some(account)).then_some(nearness)
            }
            Self::Arn(arn) if caller.arn() == Some(arn) => Some(Nearness::Itself),
            Self::Arn(arn) => (caller.issuer_arn() == Some(arn)).then_some(Nearness::Issuer),
            Self::Service(name) => (caller.service() == Some(name)).then_some(Nearness::Itself),
            Self::Federated(name) => (caller.provider() == Some(name)).then_some(Nearness::Itself),
            Self::CanonicalUser(_) | Self::Id(_) => None,
        }
    }
}

fn wrong(text: &str) -> String {
    format!("`{text}` is no account, user, role or session; a part of a name cannot be a wildcard")
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whom a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principals {
    These(Box<[Principal]>),
    AllBut(Box<[Principal]>),
}

impl Principals {
    /// How directly the statement names `caller`, if it is about it. `bounded` is whether the caller has a permissions
    /// boundary.
    pub(crate) fn names(&self, caller: &Caller, bounded: bool) -> Option<Nearness> {
        match self {
            Self::These(list) => list.iter().filter_map(|principal| principal.names(caller)).max(),
            // AWS: a caller is left out only when the list has it, the user or role behind it and its account; one with a
            // permissions boundary is never left out.
            Self::AllBut(list) => {
                let listed = |wanted: Nearness| list.iter().any(|p| p.names(caller) == Some(wanted));
                let everyone = list.contains(&Principal::Everyone);
                let left_out = everyone
                    || (listed(Nearness::Itself)
                        && (caller.account().is_none() || caller.is_root() || listed(Nearness::Account))
                        && (caller.issuer_arn().is_none() || listed(Nearness::Issuer)));
                (bounded || !left_out).then_some(Nearness::Itself)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Nearness, Principal};
    use crate::caller::Caller;

    #[test]
    fn principals_are_told_apart() {
        let aws = |text: &str| Principal::new("AWS", text);
        assert_eq!(aws("*"), Ok(Principal::Everyone));
        assert_eq!(aws("123456789012"), Ok(Principal::Account("123456789012".into())));
        assert_eq!(aws("arn:aws:iam::123456789012:root"), aws("123456789012"));
        assert!(matches!(aws("arn:aws:iam::123456789012:user/a/b"), Ok(Principal::Arn(_))));
        assert!(matches!(aws("AIDAEXAMPLEEXAMPLE12"), Ok(Principal::Id(_))));
        for text in [
            "",
            "bob",
            "12345678901",
            "arn:aws:iam::123456789012:role/a*",
            "arn:aws:iam::123456789012:group/a",
        ] {
            assert!(aws(text).is_err(), "{text}");
        }
        assert!(Principal::new("Service", "*").is_err());
        assert!(Principal::new("Aws", "*").is_err());
    }

    #[test]
    fn a_session_is_named_in_three_ways() {
        let caller = Caller::assumed_role(
            "arn:aws:sts::123456789012:assumed-role/Deploy/ci",
            "arn:aws:iam::123456789012:role/team/Deploy",
        );
        for (text, expected) in [
            ("123456789012", Some(Nearness::Account)),
            ("arn:aws:iam::123456789012:role/team/Deploy", Some(Nearness::Issuer)),
            ("arn:aws:sts::123456789012:assumed-role/Deploy/ci", Some(Nearness::Itself)),
            ("arn:aws:sts::123456789012:assumed-role/Deploy/other", None),
            ("arn:aws:iam::123456789012:role/Deploy", None),
            ("210987654321", None),
        ] {
            assert_eq!(Principal::new("AWS", text).unwrap().names(&caller), expected, "{text}");
        }
    }
}
