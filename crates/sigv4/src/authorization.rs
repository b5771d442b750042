//! Reading the signature's parts out of a request: from the `Authorization` header or from the query string.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE};

use crate::encoding::decode_value;
use crate::error::{Error, HeaderPart};
use crate::time::{parse_basic, parse_http_date};

/// The one algorithm that is verified.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signature Version 4A's algorithm.
const ALGORITHM_V4A: &str = "AWS4-ECDSA-P256-SHA256";

/// Where a request carries its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the `Authorization` header.
    Header,
    /// In the query string: a presigned request.
    Query,
}

/// The parts of a signature as they arrived, percent-decoded, not judged yet.
#[derive(Debug)]
pub(crate) struct Authorization<'a> {
    pub(crate) location: Location,
    pub(crate) algorithm: Cow<'a, str>,
    pub(crate) credential: Cow<'a, str>,
    pub(crate) signed_headers: Cow<'a, str>,
    pub(crate) signature: Cow<'a, str>,
    pub(crate) date: SignedDate<'a>,
    pub(crate) expires: Option<Cow<'a, str>>,
    pub(crate) token: Option<Cow<'a, str>>,
    /// `X-Amz-Content-Sha256` in the query string, or the header.
    pub(crate) content_sha256: Option<Cow<'a, str>>,
}

/// The date of a request, as text and by which rule it is to be read.
#[derive(Debug)]
pub(crate) enum SignedDate<'a> {
    /// ISO 8601 basic format only: `X-Amz-Date`.
    Amz(Cow<'a, str>),
    /// That, or an HTTP date: the `Date` header.
    Http(&'a str),
}

impl SignedDate<'_> {
    fn text(&self) -> &str {
        match self {
            SignedDate::Amz(text) => text,
            SignedDate::Http(text) => text,
        }
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(&self, location: Location) -> Result<i64, Error> {
        let seconds = match self {
            SignedDate::Amz(text) => parse_basic(text),
            SignedDate::Http(text) => parse_basic(text).or_else(|| parse_http_date(text)),
        };
        seconds.ok_or_else(|| Error::BadDate {
            text: self.text().to_owned(),
            presigned: location == Location::Query,
        })
    }
}

/// The first value of a header as text. A value that is not UTF-8 counts as absent: nothing read here may be such.
pub(crate) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?;
    std::str::from_utf8(value.as_bytes()).ok().map(str::trim)
}

impl<'a> Authorization<'a> {
    /// The signature's parts; `None` if the request carries no signature.
    pub(crate) fn read(headers: &'a HeaderMap, query: &'a str) -> Result<Option<Authorization<'a>>, Error> {
        let parameters = QueryParameters::read(query);
        let header = headers.get(AUTHORIZATION);
        match (header, parameters.is_presigned()) {
            (Some(_), true) => Err(Error::SignedTwice),
            (Some(value), false) => {
                let text = std::str::from_utf8(value.as_bytes())
                    .map_err(|_| Error::UnsupportedScheme { scheme: "not UTF-8".to_owned() })?;
                Authorization::from_header(text.trim(), headers).map(Some)
            }
            (None, true) => parameters.authorization(headers).map(Some),
            (None, false) if parameters.is_version_2() => Err(Error::SignatureV2),
            (None, false) => Ok(None),
        }
    }

    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. Parts may be separated by commas, blanks or
    /// both and come in any order; of repeated ones the last counts.
    fn from_header(text: &'a str, headers: &'a HeaderMap) -> Result<Authorization<'a>, Error> {
        let (algorithm, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if algorithm == "AWS" {
            return Err(Error::SignatureV2);
        }
        if !algorithm.starts_with("AWS4-") {
            return Err(Error::UnsupportedScheme { scheme: algorithm.to_owned() });
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        let separator = |character: char| character == ',' || character.is_whitespace();
        for part in rest.split(separator).filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(Error::MalformedPair { part: part.to_owned(), header: text.to_owned() });
            };
            match name {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                "Signature" => signature = Some(value),
                _ => {}
            }
        }
        let date = match header_text(headers, "x-amz-date") {
            Some(amz) => Some(SignedDate::Amz(Cow::Borrowed(amz))),
            None => header_text(headers, DATE.as_str()).map(SignedDate::Http),
        };
        let (Some(credential), Some(signed_headers), Some(signature), Some(date)) = (
            credential.filter(|it| !it.is_empty()),
            signed_headers,
            signature.filter(|it| !it.is_empty()),
            date,
        ) else {
            return Err(missing_header_parts(rest, headers, text));
        };
        Ok(Authorization {
            location: Location::Header,
            algorithm: Cow::Borrowed(algorithm),
            credential: Cow::Borrowed(credential),
            signed_headers: Cow::Borrowed(signed_headers),
            signature: Cow::Borrowed(signature),
            date,
            expires: None,
            token: header_token(headers),
            content_sha256: header_text(headers, "x-amz-content-sha256").map(Cow::Borrowed),
        })
    }

    /// The error for an algorithm that is not [`ALGORITHM`].
    pub(crate) fn wrong_algorithm(&self) -> Error {
        let presigned = self.location == Location::Query;
        if self.algorithm == ALGORITHM_V4A {
            return Error::SignatureV4a { presigned };
        }
        Error::UnsupportedAlgorithm { algorithm: self.algorithm.to_string(), presigned }
    }
}

/// Which parts a header lacks, in the order in which AWS lists them.
fn missing_header_parts(rest: &str, headers: &HeaderMap, header: &str) -> Error {
    let given = |name: &str| {
        let separator = |character: char| character == ',' || character.is_whitespace();
        rest.split(separator)
            .filter_map(|part| part.split_once('='))
            .any(|(key, value)| key == name && !value.is_empty())
    };
    let mut missing = Vec::new();
    if !given("Credential") {
        missing.push(HeaderPart::Credential);
    }
    if !given("Signature") {
        missing.push(HeaderPart::Signature);
    }
    if !rest.contains("SignedHeaders=") {
        missing.push(HeaderPart::SignedHeaders);
    }
    if header_text(headers, "x-amz-date").or_else(|| header_text(headers, DATE.as_str())).is_none() {
        missing.push(HeaderPart::Date);
    }
    Error::MissingHeaderParts { missing, header: header.to_owned() }
}

/// The session token of a request signed in its header; S3's directory buckets have a name of their own for it.
fn header_token(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    header_text(headers, "x-amz-security-token")
        .or_else(|| header_text(headers, "x-amz-s3session-token"))
        .map(Cow::Borrowed)
}

/// The authentication parameters of a query string, still percent-encoded. Of repeated ones the first counts.
#[derive(Default)]
struct QueryParameters<'a> {
    algorithm: Option<&'a str>,
    credential: Option<&'a str>,
    signature: Option<&'a str>,
    signed_headers: Option<&'a str>,
    date: Option<&'a str>,
    expires: Option<&'a str>,
    token: Option<&'a str>,
    content_sha256: Option<&'a str>,
    /// `AWSAccessKeyId`, of Signature Version 2.
    version_2_access_key: Option<&'a str>,
}

impl<'a> QueryParameters<'a> {
    fn read(query: &'a str) -> QueryParameters<'a> {
        let mut found = QueryParameters::default();
        if query.is_empty() {
            return found;
        }
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let slot = match name {
                "X-Amz-Algorithm" => &mut found.algorithm,
                "X-Amz-Credential" => &mut found.credential,
                "X-Amz-Signature" => &mut found.signature,
                "X-Amz-SignedHeaders" => &mut found.signed_headers,
                "X-Amz-Date" => &mut found.date,
                "X-Amz-Expires" => &mut found.expires,
                "X-Amz-Security-Token" | "X-Amz-S3session-Token" => &mut found.token,
                "X-Amz-Content-Sha256" => &mut found.content_sha256,
                "AWSAccessKeyId" => &mut found.version_2_access_key,
                _ => continue,
            };
            slot.get_or_insert(value);
        }
        found
    }

    fn is_presigned(&self) -> bool {
        self.algorithm.is_some() || self.credential.is_some() || self.signature.is_some()
    }

    fn is_version_2(&self) -> bool {
        self.version_2_access_key.is_some()
    }

    fn authorization(self, headers: &'a HeaderMap) -> Result<Authorization<'a>, Error> {
        let full = |value: Option<&'a str>| value.filter(|it| !it.is_empty());
        let (Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)) = (
            full(self.algorithm),
            full(self.credential),
            full(self.signature),
            full(self.signed_headers),
            full(self.date),
        ) else {
            let missing = [
                ("X-Amz-Algorithm", self.algorithm),
                ("X-Amz-Credential", self.credential),
                ("X-Amz-Signature", self.signature),
                ("X-Amz-SignedHeaders", self.signed_headers),
                ("X-Amz-Date", self.date),
            ];
            let missing =
                missing.into_iter().filter(|&(_, value)| full(value).is_none()).map(|(name, _)| name);
            return Err(Error::MissingQueryParameters { missing: missing.collect() });
        };
        let header_sha256 = || header_text(headers, "x-amz-content-sha256").map(Cow::Borrowed);
        Ok(Authorization {
            location: Location::Query,
            algorithm: decode_value(algorithm),
            credential: decode_value(credential),
            signed_headers: decode_value(signed_headers),
            signature: decode_value(signature),
            date: SignedDate::Amz(decode_value(date)),
            expires: self.expires.map(decode_value),
            token: full(self.token).map(decode_value),
            content_sha256: full(self.content_sha256).map(decode_value).or_else(header_sha256),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert(AUTHORIZATION, authorization.parse().unwrap());
        map.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
        map
    }

    #[test]
    fn spacing_and_order_do_not_matter() {
        for text in [
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=f00",
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=host,Signature=f00",
            "AWS4-HMAC-SHA256   Signature=f00 ,  SignedHeaders=host Credential=a/b/c/d/e ",
            "AWS4-HMAC-SHA256\tSignature=0,Signature=f00,,SignedHeaders=host,Credential=a/b/c/d/e,Other=1",
        ] {
            let map = headers(text);
            let read = Authorization::read(&map, "").unwrap().unwrap();
            assert_eq!(
                (&*read.credential, &*read.signed_headers, &*read.signature),
                ("a/b/c/d/e", "host", "f00")
            );
        }
    }

    #[test]
    fn missing_parts_are_listed_in_order() {
        let mut map = headers("AWS4-HMAC-SHA256 Credential=,X=1");
        map.remove("x-amz-date");
        let Err(Error::MissingHeaderParts { missing, .. }) = Authorization::read(&map, "") else { panic!() };
        use HeaderPart::*;
        assert_eq!(missing, [Credential, Signature, SignedHeaders, Date]);
        let empty = HeaderMap::new();
        let Err(Error::MissingQueryParameters { missing }) =
            Authorization::read(&empty, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=")
        else {
            panic!()
        };
        assert_eq!(missing, ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"]);
    }

    #[test]
    fn other_schemes_are_told_apart() {
        let read =
            |text: &str, query: &str| Authorization::read(&headers(text), query).map(|_| ()).unwrap_err();
        assert_eq!(read("Bearer abc", ""), Error::UnsupportedScheme { scheme: "Bearer".to_owned() });
        assert_eq!(read("AWS AKID:sig=", ""), Error::SignatureV2);
        assert_eq!(read("AWS4-HMAC-SHA256 Credential=a", "X-Amz-Algorithm=x"), Error::SignedTwice);
        assert!(matches!(read("AWS4-HMAC-SHA256 Credential", ""), Error::MalformedPair { .. }));
        let empty = HeaderMap::new();
        let version_2 = Authorization::read(&empty, "AWSAccessKeyId=A&Signature=b&Expires=1").unwrap_err();
        assert_eq!(version_2, Error::SignatureV2);
        assert!(Authorization::read(&empty, "Action=Describe").unwrap().is_none());
    }
}
