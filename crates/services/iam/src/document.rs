//! Policy documents: looked at when they are given, and shown percent-encoded, as IAM does (RFC 3986).

use std::fmt::Write as _;

use ironbird_iam::Policy;
use ironbird_rig::Result;

use crate::error;

pub(crate) use ironbird_iam::Kind;

/// Checks that a document is a policy of its kind.
///
/// # Errors
/// `MalformedPolicyDocument`, as AWS words it.
pub(crate) fn check(kind: Kind, document: &str) -> Result<()> {
    match Policy::parse(kind, document) {
        Ok(_) => Ok(()),
        Err(malformed) => Err(error::malformed_policy(malformed.message())),
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
    let size: usize = documents.map(|document| kind.characters(document)).sum();
    let most = kind.most_characters().unwrap_or(usize::MAX);
    if size <= most {
        return Ok(());
    }
    Err(match kind {
        Kind::Managed => error::quota("PolicySize", most),
        Kind::Trust => error::quota("ACLSizePerRole", most),
        _ => error::limit_exceeded(format!("Maximum policy size of {most} bytes exceeded for {owner}")),
    })
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
        let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
        assert!(check(Kind::Managed, document).is_ok());
        assert!(check(Kind::Trust, document).is_err(), "a trust policy names a principal");
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
