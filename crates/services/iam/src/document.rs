//! Policy documents: looked at when they are given, and shown percent-encoded, as IAM does (RFC 3986).

use std::fmt::Write as _;

use ironbird_rig::Result;

use crate::error;

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A version of a managed policy.
    Managed,
    /// An inline policy of a user, a group, a role.
    InlineUser,
    InlineGroup,
    InlineRole,
    /// Who may assume a role.
    Trust,
}

impl Kind {
    /// Characters that a document may have; all inline policies of one user, group or role together. White space does not
    /// count (IAM user guide, "IAM and AWS STS quotas").
    const fn most_characters(self) -> usize {
        match self {
            Self::Managed => 6144,
            Self::InlineUser | Self::Trust => 2048,
            Self::InlineGroup => 5120,
            Self::InlineRole => 10_240,
        }
    }
}

/// Checks the form of a document. What its statements say is not looked at yet.
///
/// # Errors
/// `MalformedPolicyDocument`.
pub(crate) fn check(_kind: Kind, document: &str) -> Result<()> {
    match serde_json::from_str::<serde_json::Value>(document) {
        Ok(serde_json::Value::Object(members)) if members.contains_key("Statement") => Ok(()),
        Ok(_) => Err(error::malformed_policy("Syntax errors in policy.")),
        Err(_) => Err(error::malformed_policy("This policy contains invalid Json")),
    }
}

/// Checks the size of a document, and of those that count with it.
///
/// # Errors
/// `LimitExceeded`, worded for the kind and for whose document it is.
pub(crate) fn check_size<'d>(
    kind: Kind,
    documents: impl Iterator<Item = &'d String>,
    owner: &str,
) -> Result<()> {
    let size: usize = documents.map(|document| characters(document)).sum();
    let most = kind.most_characters();
    if size <= most {
        return Ok(());
    }
    Err(match kind {
        Kind::Managed => error::quota("PolicySize", most),
        Kind::Trust => error::quota("ACLSizePerRole", most),
        Kind::InlineUser | Kind::InlineGroup | Kind::InlineRole => {
            error::limit_exceeded(format!("Maximum policy size of {most} bytes exceeded for {owner}"))
        }
    })
}

fn characters(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}

/// A document as answers have it: everything but letters, digits and `-_.~` as `%XX`.
pub(crate) fn encode(document: &str) -> String {
    let mut encoded = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Kind, check, check_size, encode};

    #[test]
    fn documents_are_shown_encoded() {
        assert_eq!(encode("{\"a-b_c.d~e\": \"é*\"}\n"), "%7B%22a-b_c.d~e%22%3A%20%22%C3%A9%2A%22%7D%0A");
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for document in ["", "[]", "{", "\"x\"", "{}", "{\"Statement\": [}"] {
            assert_eq!(
                check(Kind::Trust, document).unwrap_err().code(),
                "MalformedPolicyDocument",
                "{document}"
            );
        }
        assert!(check(Kind::Managed, "{\"Statement\": []}").is_ok());
    }

    #[test]
    fn white_space_does_not_count() {
        let fits = format!("{}{}", " ".repeat(5000), "x".repeat(2048));
        assert!(check_size(Kind::Trust, std::iter::once(&fits), "role a").is_ok());
        let longer = fits + "x";
        let refusal = check_size(Kind::Trust, std::iter::once(&longer), "role a").unwrap_err();
        assert_eq!(refusal.message(), "Cannot exceed quota for ACLSizePerRole: 2048");
    }
}
