//! The `Credential` of a request: who signed, for which day, Region and service.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use http::HeaderMap;

use crate::authorization::{ALGORITHM, Authorization, Location};
use crate::error::Error;

/// The last element of every credential scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// `AKIDEXAMPLE/20150830/us-east-1/service/aws4_request`, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential<'a> {
    text: Cow<'a, str>,
    /// Where each of the five elements ends.
    ends: [usize; 5],
}

impl<'a> Credential<'a> {
    /// Who a request claims to come from, by its `Authorization` header or its query string. Nothing is verified, the
    /// scope least of all. `None` is a request that carries no signature.
    ///
    /// # Errors
    /// What is there but cannot be read: an `Authorization` header of another scheme, a missing or malformed
    /// credential, or a signature of another version (Signature Version 2, Signature Version 4A).
    pub fn parse(headers: &'a HeaderMap, query: &'a str) -> Result<Option<Credential<'a>>, Error> {
        let Some(authorization) = Authorization::read(headers, query)? else {
            return Ok(None);
        };
        if authorization.algorithm != ALGORITHM {
            return Err(authorization.wrong_algorithm());
        }
        Credential::split(authorization.credential, authorization.location).map(Some)
    }

    /// Splits the text of a credential. Trailing slashes are ignored, as AWS does.
    pub(crate) fn split(whole: Cow<'a, str>, location: Location) -> Result<Credential<'a>, Error> {
        let trimmed = whole.trim_end_matches('/').len();
        let text = match whole {
            Cow::Borrowed(borrowed) => Cow::Borrowed(&borrowed[..trimmed]),
            Cow::Owned(mut owned) => {
                owned.truncate(trimmed);
                Cow::Owned(owned)
            }
        };
        let mut slashes = text.match_indices('/').map(|(at, _)| at);
        let first_four = [slashes.next(), slashes.next(), slashes.next(), slashes.next()];
        let ends = match (first_four, slashes.next()) {
            ([Some(a), Some(b), Some(c), Some(d)], None) if a > 0 => [a, b, c, d, text.len()],
            _ => {
                return Err(Error::BadCredential {
                    text: text.into_owned(),
                    presigned: location == Location::Query,
                });
            }
        };
        Ok(Credential { text, ends })
    }

    fn element(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] + 1 };
        &self.text[Range { start, end: self.ends[index] }]
    }

    /// The access key id, `AKIDEXAMPLE`.
    pub fn access_key(&self) -> &str {
        self.element(0)
    }

    /// The day of the scope as the client wrote it, `20150830`.
    pub fn date(&self) -> &str {
        self.element(1)
    }

    /// The Region of the scope, `us-east-1`.
    pub fn region(&self) -> &str {
        self.element(2)
    }

    /// The service's signing name, `ec2`, `s3`, `execute-api`.
    pub fn service(&self) -> &str {
        self.element(3)
    }

    /// The last element, `aws4_request` if the client is right.
    pub fn terminator(&self) -> &str {
        self.element(4)
    }

    /// The scope, all but the access key: `20150830/us-east-1/service/aws4_request`.
    pub fn scope(&self) -> &str {
        &self.text[self.ends[0] + 1..]
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Credential<'static> {
        Credential { text: Cow::Owned(self.text.into_owned()), ends: self.ends }
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_elements_and_nothing_else() {
        let credential =
            Credential::split("AKID/20150830/us-east-1/ec2/aws4_request//".into(), Location::Header).unwrap();
        assert_eq!(credential.access_key(), "AKID");
        assert_eq!(credential.date(), "20150830");
        assert_eq!(credential.region(), "us-east-1");
        assert_eq!(credential.service(), "ec2");
        assert_eq!(credential.terminator(), "aws4_request");
        assert_eq!(credential.scope(), "20150830/us-east-1/ec2/aws4_request");
        for text in ["", "/", "AKID", "AKID/d/r/s", "AKID/d/r/s/t/more", "/d/r/s/t"] {
            assert!(Credential::split(text.into(), Location::Query).is_err(), "{text:?}");
        }
    }
}
