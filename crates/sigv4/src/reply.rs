//! Refusals worded as AWS words them.
//!
//! Sources: the "Common errors" pages of the API references; "Troubleshoot signed requests for AWS APIs"; EC2's "Error
//! codes"; S3's "Error responses"; and messages of live endpoints as users have published them. Where AWS is known to
//! have no wording of its own (Signature Version 4A and 2 are simply accepted or not there), ours says what to do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::error::{BadExpires, ChunkError, Error, HeaderPart, Scope};
use crate::time::format_basic;
use crate::{MAX_SKEW, reply_s3};

/// Services that word refusals alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// awsQuery: IAM, STS, Auto Scaling, CloudFormation, SNS…
    Query,
    /// ec2Query: EC2.
    Ec2,
    /// awsJson 1.0 and 1.1: DynamoDB, SQS, KMS…
    Json,
    /// rpcv2Cbor: CloudWatch and others, which word refusals as the JSON services do.
    Cbor,
    /// restJson1: Lambda, API Gateway, EKS…
    RestJson,
    /// restXml other than S3: Route 53, CloudFront, which word refusals as the query services do.
    RestXml,
    /// S3.
    S3,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The error code.
    pub code: &'static str,
    /// The message.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// Further elements of S3's error document, in their order; empty for all other families.
    pub details: Vec<(&'static str, String)>,
}

/// The kinds of refusal that the services other than S3 tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    MissingToken,
    Incomplete,
    Signature,
    Outdated,
    AccessKey,
    ExpiredToken,
}

pub(crate) const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. \
     Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

impl Error {
    /// The code, message and status with which a service of this family refuses.
    pub fn reply(&self, family: Family) -> Reply {
        if family == Family::S3 {
            return reply_s3::reply(self);
        }
        let (kind, message) = kind_and_message(self);
        let (code, status) = code_and_status(kind, family);
        let message = match (family, kind) {
            (Family::Ec2, Kind::MissingToken) => {
                "The request must contain the parameter AWSAccessKeyId".to_owned()
            }
            (Family::Ec2, Kind::Outdated | Kind::ExpiredToken) => "Request has expired.".to_owned(),
            (Family::Ec2, Kind::Signature | Kind::AccessKey) => {
                "AWS was not able to validate the provided access credentials".to_owned()
            }
            (Family::RestJson, Kind::MissingToken) => "Missing Authentication Token".to_owned(),
            _ => message,
        };
        Reply { code, message, status, details: Vec::new() }
    }
}

fn code_and_status(kind: Kind, family: Family) -> (&'static str, u16) {
    match family {
        Family::Ec2 => match kind {
            Kind::MissingToken => ("MissingParameter", 400),
            Kind::Incomplete => ("IncompleteSignature", 400),
            Kind::Signature | Kind::AccessKey => ("AuthFailure", 401),
            Kind::Outdated | Kind::ExpiredToken => ("RequestExpired", 400),
        },
        Family::Json | Family::Cbor | Family::RestJson => {
            let code = match kind {
                Kind::MissingToken => "MissingAuthenticationTokenException",
                Kind::Incomplete => "IncompleteSignatureException",
                Kind::Signature | Kind::Outdated => "InvalidSignatureException",
                Kind::AccessKey => "UnrecognizedClientException",
                Kind::ExpiredToken => "ExpiredTokenException",
            };
            (code, if family == Family::RestJson { 403 } else { 400 })
        }
        Family::Query | Family::RestXml | Family::S3 => match kind {
            Kind::MissingToken => ("MissingAuthenticationToken", 403),
            Kind::Incomplete => ("IncompleteSignature", 400),
            Kind::Signature | Kind::Outdated => ("SignatureDoesNotMatch", 403),
            Kind::AccessKey => ("InvalidClientTokenId", 403),
            Kind::ExpiredToken => ("ExpiredToken", 403),
        },
    }
}

/// What the services other than S3 and EC2 say.
fn kind_and_message(error: &Error) -> (Kind, String) {
    let incomplete = |message: String| (Kind::Incomplete, message);
    let signature = |message: &str| (Kind::Signature, message.to_owned());
    match error {
        Error::MissingToken | Error::UnsupportedScheme { .. } => {
            (Kind::MissingToken, "Request is missing Authentication Token".to_owned())
        }
        Error::SignedTwice => signature(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        ),
        Error::UnsupportedAlgorithm { algorithm, .. } => {
            incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}' (only AWS4-HMAC-SHA256 for now). "))
        }
        Error::SignatureV4a { .. } => incomplete(
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). \
             Signature Version 4A is not verified here."
                .to_owned(),
        ),
        Error::SignatureV2 => incomplete(
            "AWS Signature Version 2 is not supported. Please use AWS Signature Version 4 (AWS4-HMAC-SHA256).".to_owned(),
        ),
        Error::MalformedPair { header, .. } => incomplete(format!(
            "Invalid key=value pair (missing equal-sign) in Authorization header \
             (hashed with SHA-256 and encoded with Base64): '{}'.",
            hashed(header)
        )),
        Error::MissingHeaderParts { missing, header } => incomplete(missing_header_parts(missing, header)),
        Error::MissingQueryParameters { missing } => incomplete(missing_query_parameters(missing)),
        Error::BadCredential { text, .. } => incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{text}'"
        )),
        Error::BadDate { text, .. } => incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )),
        Error::BadExpires { problem, .. } => incomplete(bad_expires(*problem).to_owned()),
        Error::Scope(scope) => signature(&scope_message(scope)),
        Error::HostNotSigned => signature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
        Error::HeadersNotSigned { names } => {
            let sentences = names.iter().map(|name| format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."));
            signature(&sentences.collect::<Vec<_>>().join(" "))
        }
        Error::TooOld { signed_at, now } => (Kind::Outdated, outdated(*signed_at, *now, MAX_SKEW)),
        Error::Expired { signed_at, expires, now } => (Kind::Outdated, outdated(*signed_at, *now, *expires)),
        Error::NotYetValid { signed_at, now, .. } => signature(&format!(
            "Signature not yet current: {} is still later than {} ({} + {}.)",
            format_basic(*signed_at),
            format_basic(now.saturating_add(MAX_SKEW)),
            format_basic(*now),
            span(MAX_SKEW)
        )),
        Error::UnknownAccessKey { .. } | Error::InvalidToken => {
            (Kind::AccessKey, "The security token included in the request is invalid.".to_owned())
        }
        Error::ExpiredToken => {
            (Kind::ExpiredToken, "The security token included in the request is expired".to_owned())
        }
        Error::SignatureMismatch(_) | Error::ContentSha256Mismatch { .. } => signature(MISMATCH),
        Error::MissingContentSha256 | Error::BadContentSha256 { .. } | Error::UnsupportedPayload { .. } => {
            incomplete(body_message(error))
        }
        Error::Chunk(ChunkError::Signature { .. }) => signature(MISMATCH),
        Error::Chunk(chunk) => incomplete(chunk.to_string()),
    }
}

/// Messages about `x-amz-content-sha256`, of which only S3 has any.
fn body_message(error: &Error) -> String {
    reply_s3::reply(error).message
}

/// AWS no longer repeats an `Authorization` header that it could not read, but its hash.
fn hashed(header: &str) -> String {
    STANDARD.encode(Sha256::digest(header))
}

fn missing_header_parts(missing: &[HeaderPart], header: &str) -> String {
    let mut message = String::new();
    for part in missing {
        message.push_str(match part {
            HeaderPart::Credential => "Authorization header requires 'Credential' parameter. ",
            HeaderPart::Signature => "Authorization header requires 'Signature' parameter. ",
            HeaderPart::SignedHeaders => "Authorization header requires 'SignedHeaders' parameter. ",
            HeaderPart::Date => {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            }
        });
    }
    message + "(Hashed with SHA-256 and encoded with Base64) Authorization=" + &hashed(header)
}

fn missing_query_parameters(missing: &[&str]) -> String {
    let sentences = missing.iter().map(|name| format!("AWS query-string parameters must include '{name}'. "));
    sentences.collect::<String>() + "Re-examine the query-string parameters."
}

pub(crate) fn bad_expires(problem: BadExpires) -> &'static str {
    match problem {
        BadExpires::NotANumber => "X-Amz-Expires should be a number",
        BadExpires::NotPositive => "X-Amz-Expires must be non-negative",
        BadExpires::TooLong => {
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds"
        }
    }
}

fn scope_message(scope: &Scope) -> String {
    let mut sentences = Vec::new();
    if let Some((given, _)) = &scope.region {
        sentences.push(format!("Credential should be scoped to a valid region, not '{given}'."));
    }
    if let Some((_, expected)) = &scope.service {
        sentences.push(format!("Credential should be scoped to correct service: '{expected}'."));
    }
    if let Some(given) = &scope.terminator {
        sentences.push(format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{given}'."
        ));
    }
    if let Some((given, signed_at)) = &scope.date {
        let day = signed_at.get(..8).unwrap_or(signed_at);
        sentences.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{given}' != '{day}', from '{signed_at}'."
        ));
    }
    sentences.join(" ")
}

fn outdated(signed_at: i64, now: i64, allowed: i64) -> String {
    format!(
        "Signature expired: {} is now earlier than {} ({} - {}.)",
        format_basic(signed_at),
        format_basic(now.saturating_sub(allowed)),
        format_basic(now),
        span(allowed)
    )
}

fn span(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min", seconds / 60) } else { format!("{seconds} sec") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Family; 7] = [
        Family::Query,
        Family::Ec2,
        Family::Json,
        Family::Cbor,
        Family::RestJson,
        Family::RestXml,
        Family::S3,
    ];

    fn codes(error: &Error) -> Vec<(&'static str, u16)> {
        ALL.iter().map(|&family| error.reply(family)).map(|reply| (reply.code, reply.status)).collect()
    }

    #[test]
    fn each_family_has_its_codes() {
        let access_key = "AKID".to_owned();
        assert_eq!(
            codes(&Error::UnknownAccessKey { access_key }),
            [
                ("InvalidClientTokenId", 403),
                ("AuthFailure", 401),
                ("UnrecognizedClientException", 400),
                ("UnrecognizedClientException", 400),
                ("UnrecognizedClientException", 403),
                ("InvalidClientTokenId", 403),
                ("InvalidAccessKeyId", 403),
            ]
        );
        assert_eq!(
            codes(&Error::MissingToken),
            [
                ("MissingAuthenticationToken", 403),
                ("MissingParameter", 400),
                ("MissingAuthenticationTokenException", 400),
                ("MissingAuthenticationTokenException", 400),
                ("MissingAuthenticationTokenException", 403),
                ("MissingAuthenticationToken", 403),
                ("AccessDenied", 403),
            ]
        );
        assert_eq!(
            codes(&Error::TooOld { signed_at: 0, now: 10_000 }),
            [
                ("SignatureDoesNotMatch", 403),
                ("RequestExpired", 400),
                ("InvalidSignatureException", 400),
                ("InvalidSignatureException", 400),
                ("InvalidSignatureException", 403),
                ("SignatureDoesNotMatch", 403),
                ("RequestTimeTooSkewed", 403),
            ]
        );
    }

    #[test]
    fn times_are_shown_as_aws_shows_them() {
        let (signed_at, now) = (1_619_966_440, 1_619_977_603);
        let message = Error::TooOld { signed_at, now }.reply(Family::Query).message;
        let expected = "Signature expired: 20210502T144040Z is now earlier than 20210502T173143Z \
                        (20210502T174643Z - 15 min.)";
        assert_eq!(message, expected);
        let message = Error::NotYetValid { signed_at: now, now: signed_at, presigned: false }
            .reply(Family::Json)
            .message;
        let expected = "Signature not yet current: 20210502T174643Z is still later than 20210502T145540Z \
                        (20210502T144040Z + 15 min.)";
        assert_eq!(message, expected);
        let message = Error::Expired { signed_at, expires: 90, now }.reply(Family::Query).message;
        assert!(message.ends_with("(20210502T174643Z - 90 sec.)"), "{message}");
    }

    #[test]
    fn what_is_missing_is_named_and_the_header_only_hashed() {
        let missing = vec![HeaderPart::Credential, HeaderPart::Date];
        let message = Error::MissingHeaderParts { missing, header: "AWS4-HMAC-SHA256 x=secret".to_owned() }
            .reply(Family::Json)
            .message;
        assert!(message.starts_with(
            "Authorization header requires 'Credential' parameter. Authorization header requires existence"
        ));
        assert!(!message.contains("secret"));
        let missing = vec!["X-Amz-Signature", "X-Amz-Date"];
        let message = Error::MissingQueryParameters { missing }.reply(Family::Query).message;
        let expected = "AWS query-string parameters must include 'X-Amz-Signature'. \
                        AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.";
        assert_eq!(message, expected);
    }

    #[test]
    fn every_wrong_element_of_a_scope_is_named() {
        let scope = Scope {
            region: Some(("c".into(), "us-east-1".into())),
            service: Some(("d".into(), "dynamodb".into())),
            terminator: Some("e".into()),
            date: Some(("b".into(), "20130609T095204Z".into())),
            presigned: false,
        };
        let expected = "Credential should be scoped to a valid region, not 'c'. \
                        Credential should be scoped to correct service: 'dynamodb'. \
                        Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. \
                        Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                        'b' != '20130609', from '20130609T095204Z'.";
        assert_eq!(Error::Scope(Box::new(scope)).reply(Family::Json).message, expected);
    }

    #[test]
    fn far_times_are_worded_without_panicking() {
        for now in [i64::MIN, i64::MAX] {
            for family in ALL {
                assert!(!Error::TooOld { signed_at: 0, now }.reply(family).message.is_empty());
                assert!(!Error::Expired { signed_at: 0, expires: 1, now }.reply(family).message.is_empty());
            }
        }
    }
}
