//! S3's wording of refusals, which is its own throughout, with the further elements of its error documents.

use std::fmt::Write;

use crate::MAX_SKEW;
use crate::error::{ChunkError, Error, HeaderPart, Scope};
use crate::reply::{Reply, bad_expires};
use crate::time::{format_basic, format_extended};

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. \
     Check your key and signing method.";
const MALFORMED: &str = "The authorization header is malformed; ";
const IN_QUERY: &str = "Error parsing the X-Amz-Credential parameter; ";
const BAD_CREDENTIAL: &str =
    "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
const CONTENT_SHA256_VALUES: &str = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
     STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
     STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, \
     STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";

type Details = Vec<(&'static str, String)>;

fn plain(code: &'static str, status: u16, message: impl Into<String>) -> Reply {
    Reply { code, message: message.into(), status, details: Vec::new() }
}

fn detailed(code: &'static str, status: u16, message: impl Into<String>, details: Details) -> Reply {
    Reply { code, message: message.into(), status, details }
}

fn bad_query(message: impl Into<String>) -> Reply {
    plain("AuthorizationQueryParametersError", 400, message)
}

fn bad_header(what: impl AsRef<str>) -> Reply {
    plain("AuthorizationHeaderMalformed", 400, MALFORMED.to_owned() + what.as_ref())
}

fn bad_argument(name: &str, value: String, message: impl Into<String>) -> Reply {
    let details = vec![("ArgumentName", name.to_owned()), ("ArgumentValue", value)];
    detailed("InvalidArgument", 400, message, details)
}

pub(crate) fn reply(error: &Error) -> Reply {
    match error {
        Error::MissingToken => plain("AccessDenied", 403, "Access Denied"),
        Error::SignedTwice => plain(
            "InvalidArgument",
            400,
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
             parameter or the Authorization header should be specified",
        ),
        Error::UnsupportedScheme { scheme } => {
            bad_argument("Authorization", scheme.clone(), "Unsupported Authorization Type")
        }
        Error::UnsupportedAlgorithm { presigned: true, .. } => {
            bad_query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"")
        }
        Error::UnsupportedAlgorithm { algorithm, .. } => {
            bad_argument("Authorization", algorithm.clone(), "Unsupported Authorization Type")
        }
        Error::SignatureV4a { presigned: true } => {
            bad_query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"")
        }
        Error::SignatureV4a { .. } | Error::SignatureV2 => plain(
            "InvalidRequest",
            400,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        ),
        Error::MalformedPair { part, .. } => {
            bad_header(format!("the authorization component \"{part}\" is malformed."))
        }
        Error::MissingHeaderParts { missing, .. } => missing_header_parts(missing),
        Error::MissingQueryParameters { .. } => bad_query(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
             X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ),
        Error::BadCredential { presigned: true, .. } => bad_query(IN_QUERY.to_owned() + BAD_CREDENTIAL),
        Error::BadCredential { .. } => bad_header(BAD_CREDENTIAL),
        Error::BadDate { presigned: true, .. } => {
            bad_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        Error::BadDate { .. } => {
            plain("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header")
        }
        Error::BadExpires { problem, .. } => bad_query(bad_expires(*problem)),
        Error::Scope(scope) => wrong_scope(scope),
        Error::HostNotSigned => headers_not_signed("host".to_owned()),
        Error::HeadersNotSigned { names } => headers_not_signed(names.join(", ")),
        Error::NotYetValid { presigned: true, .. } => plain("AccessDenied", 403, "Request is not valid yet"),
        Error::TooOld { signed_at, now } | Error::NotYetValid { signed_at, now, .. } => detailed(
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
            vec![
                ("RequestTime", format_basic(*signed_at)),
                ("ServerTime", format_extended(*now)),
                ("MaxAllowedSkewMilliseconds", (MAX_SKEW * 1_000).to_string()),
            ],
        ),
        Error::Expired { signed_at, expires, now } => detailed(
            "AccessDenied",
            403,
            "Request has expired",
            vec![
                ("X-Amz-Expires", expires.to_string()),
                ("Expires", format_extended(signed_at.saturating_add(*expires))),
                ("ServerTime", format_extended(*now)),
            ],
        ),
        Error::UnknownAccessKey { access_key } => detailed(
            "InvalidAccessKeyId",
            403,
            "The AWS Access Key Id you provided does not exist in our records.",
            vec![("AWSAccessKeyId", access_key.clone())],
        ),
        Error::InvalidToken => {
            plain("InvalidToken", 400, "The provided token is malformed or otherwise invalid.")
        }
        Error::ExpiredToken => plain("ExpiredToken", 400, "The provided token has expired."),
        Error::SignatureMismatch(it) => {
            mismatch(&it.access_key, &it.provided, &it.string_to_sign, Some(&it.canonical_request))
        }
        Error::MissingContentSha256 => {
            plain("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256")
        }
        Error::BadContentSha256 { value } => {
            bad_argument("x-amz-content-sha256", value.clone(), CONTENT_SHA256_VALUES)
        }
        Error::UnsupportedPayload { value } => plain(
            "NotImplemented",
            501,
            format!(
                "A header you provided implies functionality that is not implemented: x-amz-content-sha256: {value}"
            ),
        ),
        Error::ContentSha256Mismatch { declared, computed } => detailed(
            "XAmzContentSHA256Mismatch",
            400,
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            vec![
                ("ClientComputedContentSHA256", declared.clone()),
                ("S3ComputedContentSHA256", computed.clone()),
            ],
        ),
        Error::Chunk(chunk) => chunk_reply(chunk),
    }
}

fn missing_header_parts(missing: &[HeaderPart]) -> Reply {
    match missing {
        [HeaderPart::Date] => {
            plain("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header")
        }
        [HeaderPart::Credential, ..] => bad_header("missing Credential."),
        [HeaderPart::Signature, ..] => bad_header("missing Signature."),
        _ => bad_header("missing SignedHeaders."),
    }
}

/// S3 names one wrong element at a time.
fn wrong_scope(scope: &Scope) -> Reply {
    let start = if scope.presigned { IN_QUERY } else { MALFORMED };
    let code =
        if scope.presigned { "AuthorizationQueryParametersError" } else { "AuthorizationHeaderMalformed" };
    if let Some(given) = &scope.terminator {
        let message = format!("{start}incorrect terminal \"{given}\". This endpoint uses \"aws4_request\".");
        return plain(code, 400, message);
    }
    if let Some((given, expected)) = &scope.service {
        let message =
            format!("{start}incorrect service \"{given}\". This endpoint belongs to \"{expected}\".");
        return plain(code, 400, message);
    }
    if let Some((given, expected)) = &scope.region {
        let message = format!("{start}the region '{given}' is wrong; expecting '{expected}'");
        return detailed(code, 400, message, vec![("Region", expected.clone())]);
    }
    let (given, signed_at) = scope.date.as_ref().map_or(("", ""), |(given, at)| (given, at));
    let is_day = given.len() == 8 && given.bytes().all(|byte| byte.is_ascii_digit());
    if !is_day {
        let message = format!(
            "{start}incorrect date format \"{given}\". This date in the credential must be in the format \"yyyyMMdd\"."
        );
        return plain(code, 400, message);
    }
    let message = if scope.presigned {
        let day = signed_at.get(..8).unwrap_or(signed_at);
        format!("Invalid credential date \"{given}\". This date is not the same as X-Amz-Date: \"{day}\".")
    } else {
        format!("{start}Invalid credential date. Date is not the same as X-Amz-Date.")
    };
    plain(code, 400, message)
}

fn headers_not_signed(names: String) -> Reply {
    let message = "There were headers present in the request which were not signed";
    detailed("AccessDenied", 403, message, vec![("HeadersNotSigned", names)])
}

fn mismatch(
    access_key: &str,
    provided: &str,
    string_to_sign: &str,
    canonical_request: Option<&str>,
) -> Reply {
    let mut details = vec![
        ("AWSAccessKeyId", access_key.to_owned()),
        ("StringToSign", string_to_sign.to_owned()),
        ("SignatureProvided", provided.to_owned()),
        ("StringToSignBytes", spelled(string_to_sign)),
    ];
    if let Some(canonical) = canonical_request {
        details.push(("CanonicalRequest", canonical.to_owned()));
        details.push(("CanonicalRequestBytes", spelled(canonical)));
    }
    detailed("SignatureDoesNotMatch", 403, MISMATCH, details)
}

/// Text byte by byte in hexadecimal, as S3 shows it next to the text itself.
fn spelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        let separator = if out.is_empty() { "" } else { " " };
        // Writing to a String does not fail.
        let _ = write!(out, "{separator}{byte:02x}");
    }
    out
}

fn chunk_reply(error: &ChunkError) -> Reply {
    match error {
        ChunkError::TooSmall { chunk, size } => detailed(
            "InvalidChunkSizeError",
            400,
            "Only the last chunk is allowed to have a size less than 8192 bytes",
            vec![("Chunk", chunk.to_string()), ("BadChunkSize", size.to_string())],
        ),
        ChunkError::TooLarge { size, limit, .. } => detailed(
            "EntityTooLarge",
            400,
            "Your proposed upload exceeds the maximum allowed size",
            vec![("ProposedSize", size.to_string()), ("MaxSizeAllowed", limit.to_string())],
        ),
        ChunkError::Trailer { .. } => plain(
            "MalformedTrailerError",
            400,
            "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        ),
        ChunkError::Malformed { .. } | ChunkError::Truncated | ChunkError::Length { .. } => {
            plain("IncompleteBody", 400, "The request body terminated unexpectedly")
        }
        ChunkError::Signature { access_key, provided, string_to_sign, .. } => {
            mismatch(access_key, provided, string_to_sign, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::BadExpires;
    use crate::reply::Family;

    #[test]
    fn a_wrong_region_is_named_with_the_right_one() {
        let region = Some(("us-east-1".to_owned(), "eu-west-1".to_owned()));
        let header = Scope { region: region.clone(), ..Scope::default() };
        let answer = Error::Scope(Box::new(header)).reply(Family::S3);
        assert_eq!(answer.code, "AuthorizationHeaderMalformed");
        let message =
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'";
        assert_eq!(answer.message, message);
        assert_eq!(answer.details, [("Region", "eu-west-1".to_owned())]);
        let query = Scope { region, presigned: true, ..Scope::default() };
        let answer = Error::Scope(Box::new(query)).reply(Family::S3);
        assert_eq!(answer.code, "AuthorizationQueryParametersError");
        let message = "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; expecting 'eu-west-1'";
        assert_eq!(answer.message, message);
    }

    #[test]
    fn a_mismatch_shows_what_was_calculated() {
        let answer = mismatch("AKID", "f00", "ab\n", Some("é"));
        assert_eq!((answer.code, answer.status), ("SignatureDoesNotMatch", 403));
        let get =
            |name: &str| answer.details.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str());
        assert_eq!(get("StringToSignBytes"), Some("61 62 0a"));
        assert_eq!(get("CanonicalRequestBytes"), Some("c3 a9"));
        assert_eq!(get("SignatureProvided"), Some("f00"));
    }

    #[test]
    fn presigned_limits_are_worded_by_s3() {
        let answer =
            Error::BadExpires { text: "604801".into(), problem: BadExpires::TooLong }.reply(Family::S3);
        assert_eq!((answer.code, answer.status), ("AuthorizationQueryParametersError", 400));
        let answer =
            Error::Expired { signed_at: 1_440_938_160, expires: 60, now: 1_440_939_000 }.reply(Family::S3);
        assert_eq!(
            (answer.code, answer.status, &*answer.message),
            ("AccessDenied", 403, "Request has expired")
        );
        assert_eq!(answer.details[1], ("Expires", "2015-08-30T12:37:00Z".to_owned()));
    }
}
