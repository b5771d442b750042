//! Why a request was refused, as facts. The wording that clients see is in [`Error::reply`].

use thiserror::Error as Failure;

/// A part of an `Authorization` header that a client left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderPart {
    /// `Credential=…`
    Credential,
    /// `Signature=…`
    Signature,
    /// `SignedHeaders=…`
    SignedHeaders,
    /// The `X-Amz-Date` or `Date` header.
    Date,
}

/// What is wrong with `X-Amz-Expires`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadExpires {
    /// Not a whole number.
    NotANumber,
    /// Zero or negative.
    NotPositive,
    /// More than [`crate::MAX_EXPIRES`].
    TooLong,
}

/// The elements of a credential scope that are not what the endpoint expects; `None` is an element that was right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The Region given, and the one expected.
    pub region: Option<(String, String)>,
    /// The service given, and the one expected.
    pub service: Option<(String, String)>,
    /// The terminator given.
    pub terminator: Option<String>,
    /// The day given, and the time of signing in ISO 8601 basic format, whose day it should have been.
    pub date: Option<(String, String)>,
    /// The credential came in the query string.
    pub presigned: bool,
}

/// A signature that is not the one calculated, with what it was calculated from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The access key that the request named.
    pub access_key: String,
    /// The signature given.
    pub provided: String,
    /// What was hashed. Header values that are not UTF-8 show as replacement characters.
    pub canonical_request: String,
    /// What was signed.
    pub string_to_sign: String,
}

/// What is wrong with an `aws-chunked` body.
#[derive(Clone, Debug, PartialEq, Eq, Failure)]
pub enum ChunkError {
    /// A chunk header, or the end of a chunk, that does not parse.
    #[error("chunk {chunk} is malformed: {what}")]
    Malformed {
        /// Counted from one.
        chunk: u64,
        /// What was expected instead.
        what: &'static str,
    },
    /// A chunk below 8192 bytes that is not the last.
    #[error("chunk {chunk} has {size} bytes; only the last chunk may have fewer than 8192")]
    TooSmall {
        /// Counted from one.
        chunk: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// A chunk above the decoder's limit.
    #[error("chunk {chunk} announces {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Counted from one.
        chunk: u64,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The trailing headers do not parse, are too many, or are not signed where they must be.
    #[error("the trailing headers are malformed: {what}")]
    Trailer {
        /// What was expected instead.
        what: &'static str,
    },
    /// The body ended before its last chunk.
    #[error("the body ended before its last chunk")]
    Truncated,
    /// The chunks do not add up to `x-amz-decoded-content-length`.
    #[error("the chunks hold {decoded} bytes or more, x-amz-decoded-content-length says {expected}")]
    Length {
        /// Bytes in the chunks seen so far.
        decoded: u64,
        /// Bytes announced.
        expected: u64,
    },
    /// A chunk or trailer signature is not the one calculated.
    #[error("the signature of {what} does not match")]
    Signature {
        /// `chunk 3` or `the trailing headers`.
        what: String,
        /// The access key that signed the request.
        access_key: String,
        /// The signature given.
        provided: String,
        /// What was signed.
        string_to_sign: String,
    },
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Failure)]
pub enum Error {
    /// The request carries no signature.
    #[error("the request is not signed")]
    MissingToken,
    /// Both an `Authorization` header and a signature in the query string.
    #[error("the request is signed both in its Authorization header and in its query string")]
    SignedTwice,
    /// An `Authorization` header of another scheme, such as `Bearer`.
    #[error("the Authorization header has the scheme `{scheme}`, not AWS4-HMAC-SHA256")]
    UnsupportedScheme {
        /// The first word of the header.
        scheme: String,
    },
    /// A Signature Version 4 algorithm other than HMAC with SHA-256.
    #[error("the signing algorithm `{algorithm}` is not AWS4-HMAC-SHA256")]
    UnsupportedAlgorithm {
        /// The algorithm named.
        algorithm: String,
        /// Named in the query string.
        presigned: bool,
    },
    /// Signature Version 4A (`AWS4-ECDSA-P256-SHA256`), which needs the client's public key and is not verified here.
    #[error("signature version 4a (AWS4-ECDSA-P256-SHA256) is not verified: sign with AWS4-HMAC-SHA256")]
    SignatureV4a {
        /// Signed in the query string.
        presigned: bool,
    },
    /// Signature Version 2, in the header (`AWS AKID:…`) or the query string (`AWSAccessKeyId=…`).
    #[error("signature version 2 is not verified: sign with AWS4-HMAC-SHA256")]
    SignatureV2,
    /// A part of the `Authorization` header without an equal sign.
    #[error("`{part}` in the Authorization header is not a key=value pair")]
    MalformedPair {
        /// The part.
        part: String,
        /// The whole header.
        header: String,
    },
    /// Parts that the `Authorization` header lacks.
    #[error("the Authorization header lacks {missing:?}")]
    MissingHeaderParts {
        /// In AWS's order.
        missing: Vec<HeaderPart>,
        /// The whole header.
        header: String,
    },
    /// Parameters that a presigned request lacks.
    #[error("the query string lacks {missing:?}")]
    MissingQueryParameters {
        /// In AWS's order.
        missing: Vec<&'static str>,
    },
    /// A credential that is not five elements.
    #[error("the credential `{text}` is not accesskey/date/region/service/aws4_request")]
    BadCredential {
        /// The credential given.
        text: String,
        /// Given in the query string.
        presigned: bool,
    },
    /// A date that is not ISO 8601 basic format (nor, in a `Date` header, an HTTP date).
    #[error("the date `{text}` is not in the form 20150830T123600Z")]
    BadDate {
        /// The date given.
        text: String,
        /// Given in the query string.
        presigned: bool,
    },
    /// The credential scope is for another endpoint or day.
    #[error("the credential scope does not fit this endpoint: {0:?}")]
    Scope(Box<Scope>),
    /// `host` is not among the signed headers.
    #[error("the host header is not signed")]
    HostNotSigned,
    /// Headers that the service wants signed and that are not.
    #[error("these headers are not signed: {names:?}")]
    HeadersNotSigned {
        /// Lower-case names.
        names: Vec<String>,
    },
    /// Signed more than [`crate::MAX_SKEW`] ago.
    #[error("signed at {signed_at}, too long before {now}")]
    TooOld {
        /// Seconds since 1970.
        signed_at: i64,
        /// Seconds since 1970.
        now: i64,
    },
    /// Signed more than [`crate::MAX_SKEW`] ahead.
    #[error("signed at {signed_at}, too long after {now}")]
    NotYetValid {
        /// Seconds since 1970.
        signed_at: i64,
        /// Seconds since 1970.
        now: i64,
        /// Signed in the query string.
        presigned: bool,
    },
    /// A presigned request past its `X-Amz-Expires`.
    #[error("signed at {signed_at} for {expires} seconds, it is now {now}")]
    Expired {
        /// Seconds since 1970.
        signed_at: i64,
        /// Seconds.
        expires: i64,
        /// Seconds since 1970.
        now: i64,
    },
    /// `X-Amz-Expires` is not a number of seconds from 1 to 604800.
    #[error("X-Amz-Expires `{text}` is not a number of seconds from 1 to 604800")]
    BadExpires {
        /// The value given.
        text: String,
        /// What is wrong with it.
        problem: BadExpires,
    },
    /// Nobody has this access key.
    #[error("the access key `{access_key}` is not known")]
    UnknownAccessKey {
        /// The access key given.
        access_key: String,
    },
    /// The session token does not belong to the access key, or is missing, or is garbage.
    #[error("the session token is not valid for this access key")]
    InvalidToken,
    /// The session is over.
    #[error("the session token has expired")]
    ExpiredToken,
    /// The signature is not the one calculated.
    #[error("the signature does not match")]
    SignatureMismatch(Box<Mismatch>),
    /// `x-amz-content-sha256` is required here and missing.
    #[error("the x-amz-content-sha256 header is missing")]
    MissingContentSha256,
    /// `x-amz-content-sha256` holds something else than a hash or one of its constants.
    #[error("x-amz-content-sha256 `{value}` is neither a SHA-256 in hexadecimal nor a known constant")]
    BadContentSha256 {
        /// The value given.
        value: String,
    },
    /// `x-amz-content-sha256` names a kind of payload that exists on AWS and is not verified here.
    #[error("payloads of the kind {value} are not verified")]
    UnsupportedPayload {
        /// The value given.
        value: String,
    },
    /// The body does not have the hash that was signed.
    #[error("the body hashes to {computed}, x-amz-content-sha256 says {declared}")]
    ContentSha256Mismatch {
        /// The hash given, in hexadecimal.
        declared: String,
        /// The hash of the body, in hexadecimal.
        computed: String,
    },
    /// The chunked body is broken.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
}
