//! The verification itself: the checks in the order in which AWS makes them, the signature last.

use std::borrow::Cow;

use http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::authorization::{ALGORITHM, Authorization, Location};
use crate::canonical::{PathRule, SignedHeaders, Unsigned, canonical_request, is_s3};
use crate::credential::{Credential, TERMINATOR};
use crate::encoding::{hex, hex_text, parse_hex};
use crate::error::{BadExpires, Error, Mismatch, Scope};
use crate::key::{KeyCache, SecretKey, SigningKey};
use crate::payload::{Declared, Payload, PayloadCheck, sha256_of};
use crate::streaming::ChunkSigner;
use crate::time::format_basic;
use crate::{MAX_EXPIRES, MAX_SKEW};

/// A request as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The authority of an HTTP/2 request (`:authority`), which stands for `host` where that header is missing.
    pub authority: Option<&'a str>,
    /// The path, not decoded.
    pub path: &'a str,
    /// The query string without its question mark, not decoded; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, as far as it is at hand.
    pub payload: Payload<'a>,
}

/// What the endpoint expects of a signature.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The Region of the endpoint; `None` accepts any.
    pub region: Option<&'a str>,
    /// The signing names of the endpoint; none at all accepts any.
    pub services: &'a [&'a str],
    /// Seconds since 1970.
    pub now: i64,
    /// How paths are made canonical; `None` goes by the signing name, as every AWS service does.
    pub path: Option<PathRule>,
}

/// Why there is no secret for an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// Nobody has this access key, or it is not active.
    UnknownAccessKey,
    /// The session token is missing, or not the one of this access key.
    InvalidToken,
    /// The session is over.
    ExpiredToken,
}

/// A request whose signature is right.
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    /// Who signed, for which day, Region and service.
    pub credential: Credential<'a>,
    /// The session token that came with temporary credentials. The lookup has seen it.
    pub session_token: Option<Cow<'a, str>>,
    /// Where the signature was.
    pub location: Location,
    /// When the request was signed, in seconds since 1970.
    pub signed_at: i64,
    /// When a presigned request ends, in seconds since 1970; `None` for one without `X-Amz-Expires`.
    pub expires_at: Option<i64>,
    /// What is left to check about the body.
    pub payload: PayloadCheck,
}

/// Verifies the signature of a request.
///
/// `lookup` is asked once, after everything about the request that needs no secret: with the access key and the
/// session token, if any. It answers with the secret, and judges the token.
///
/// # Errors
/// The first thing that is wrong; see [`Error`]. A request without any signature is [`Error::MissingToken`].
pub fn verify<'a>(
    request: &Request<'a>,
    expected: &Expected<'_>,
    keys: &KeyCache,
    lookup: impl FnOnce(&str, Option<&str>) -> Result<SecretKey, LookupError>,
) -> Result<Verified<'a>, Error> {
    let Some(authorization) = Authorization::read(request.headers, request.query)? else {
        let is_version_2 = is_version_2_form(request);
        return Err(if is_version_2 { Error::SignatureV2 } else { Error::MissingToken });
    };
    let location = authorization.location;
    let signed_at = authorization.date.seconds(location)?;
    let lifetime = authorization.expires.as_deref().map(expires).transpose()?;
    check_time(signed_at, lifetime, expected.now, location)?;

    let signed = SignedHeaders::read(&authorization.signed_headers);
    if authorization.algorithm != ALGORITHM {
        return Err(authorization.wrong_algorithm());
    }
    let credential = Credential::split(authorization.credential.clone(), location)?;
    let is_s3 = is_s3(credential.service());
    check_signed_headers(&signed, request.headers, is_s3)?;
    if is_s3 && location == Location::Query && lifetime.is_none() {
        return Err(Error::MissingQueryParameters { missing: vec!["X-Amz-Expires"] });
    }
    let signed_at_text = format_basic(signed_at);
    check_scope(&credential, &signed_at_text, expected, location)?;
    let body = body(request, &authorization, is_s3)?;

    let token = authorization.token;
    let secret = lookup(credential.access_key(), token.as_deref()).map_err(|refusal| match refusal {
        LookupError::UnknownAccessKey => {
            Error::UnknownAccessKey { access_key: credential.access_key().to_owned() }
        }
        LookupError::InvalidToken => Error::InvalidToken,
        LookupError::ExpiredToken => Error::ExpiredToken,
    })?;
    let key = keys.signing_key(&secret, &credential);

    let path_rule = expected.path.unwrap_or_else(|| PathRule::of_service(credential.service()));
    let attempt = |unsigned| {
        let canonical = canonical_request(request, &signed, path_rule, unsigned, body.hash_text.as_bytes());
        let string_to_sign = string_to_sign(&signed_at_text, credential.scope(), &canonical);
        let signature = hex(&key.sign(string_to_sign.as_bytes()));
        let is_right = bool::from(signature.as_slice().ct_eq(authorization.signature.as_bytes()));
        (is_right, canonical, string_to_sign)
    };
    let (is_right, canonical, string_to_sign) = match location {
        Location::Header => attempt(Unsigned::Nothing),
        Location::Query => attempt(Unsigned::Signature),
    };
    // Some services want the session token added to a presigned request after signing. The token needs no signature to
    // be trusted: the lookup has judged it together with the access key.
    let may_add_token_later = location == Location::Query && token.is_some() && !is_s3;
    let is_verified = is_right || (may_add_token_later && attempt(Unsigned::SignatureAndToken).0);
    if !is_verified {
        return Err(Error::SignatureMismatch(Box::new(Mismatch {
            access_key: credential.access_key().to_owned(),
            provided: authorization.signature.into_owned(),
            canonical_request: String::from_utf8_lossy(&canonical).into_owned(),
            string_to_sign,
        })));
    }

    let payload = body.check(&key, &credential, signed_at_text, &authorization.signature)?;
    let expires_at = lifetime.map(|seconds| signed_at + seconds);
    Ok(Verified { credential, session_token: token, location, signed_at, expires_at, payload })
}

/// `X-Amz-Expires` in seconds.
fn expires(text: &str) -> Result<i64, Error> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let problem = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        BadExpires::NotANumber
    } else if text.starts_with('-') || digits.bytes().all(|byte| byte == b'0') {
        BadExpires::NotPositive
    } else {
        match digits.parse() {
            Ok(seconds @ ..=MAX_EXPIRES) => return Ok(seconds),
            _ => BadExpires::TooLong,
        }
    };
    Err(Error::BadExpires { text: text.to_owned(), problem })
}

fn check_time(signed_at: i64, lifetime: Option<i64>, now: i64, location: Location) -> Result<(), Error> {
    if signed_at > now.saturating_add(MAX_SKEW) {
        return Err(Error::NotYetValid { signed_at, now, presigned: location == Location::Query });
    }
    match lifetime {
        Some(expires) if now > signed_at + expires => Err(Error::Expired { signed_at, expires, now }),
        None if signed_at < now.saturating_sub(MAX_SKEW) => Err(Error::TooOld { signed_at, now }),
        _ => Ok(()),
    }
}

/// `host` must be signed everywhere. S3 wants every `x-amz-` header signed as well; other services accept them unsigned,
/// whatever the documentation asks of clients.
fn check_signed_headers(signed: &SignedHeaders<'_>, headers: &HeaderMap, is_s3: bool) -> Result<(), Error> {
    let mut names = Vec::new();
    if !signed.has_host() {
        if !is_s3 {
            return Err(Error::HostNotSigned);
        }
        names.push("host".to_owned());
    }
    if is_s3 {
        // SDKs leave these out of presigned requests; they change nothing that a signature protects.
        let is_free = |name: &str| matches!(name, "x-amz-user-agent" | "x-amz-checksum-mode");
        let amz = headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("x-amz-"));
        names.extend(amz.filter(|name| !signed.contains(name) && !is_free(name)).map(str::to_owned));
    }
    if names.is_empty() { Ok(()) } else { Err(Error::HeadersNotSigned { names }) }
}

fn check_scope(
    credential: &Credential<'_>,
    signed_at: &str,
    expected: &Expected<'_>,
    location: Location,
) -> Result<(), Error> {
    let region = expected.region.filter(|&region| region != credential.region());
    let is_service = expected.services.is_empty() || expected.services.contains(&credential.service());
    let is_terminator = credential.terminator() == TERMINATOR;
    let is_date = signed_at.get(..8) == Some(credential.date());
    if region.is_none() && is_service && is_terminator && is_date {
        return Ok(());
    }
    let given = |text: &str| text.to_owned();
    Err(Error::Scope(Box::new(Scope {
        region: region.map(|it| (given(credential.region()), given(it))),
        service: (!is_service).then(|| (given(credential.service()), given(expected.services[0]))),
        terminator: (!is_terminator).then(|| given(credential.terminator())),
        date: (!is_date).then(|| (given(credential.date()), given(signed_at))),
        presigned: location == Location::Query,
    })))
}

fn string_to_sign(signed_at: &str, scope: &str, canonical: &[u8]) -> String {
    let mut text = String::with_capacity(192);
    for line in [ALGORITHM, signed_at, scope] {
        text.push_str(line);
        text.push('\n');
    }
    let digest: [u8; 32] = Sha256::digest(canonical).into();
    text.extend(hex(&digest).map(char::from));
    text
}

/// The payload's part in the canonical request, and what the request declares about it.
struct Body<'a> {
    hash_text: Cow<'a, str>,
    declared: Option<Declared>,
    /// The hash of the body, if the body is at hand.
    computed: Option<[u8; 32]>,
}

fn body<'a>(
    request: &Request<'_>,
    authorization: &Authorization<'a>,
    is_s3: bool,
) -> Result<Body<'a>, Error> {
    let mut given = authorization.content_sha256.clone();
    let declared = match given.as_deref().map(Declared::read).transpose() {
        // What S3 refuses, other services do not look at.
        Err(Error::BadContentSha256 { .. }) if !is_s3 => {
            given = None;
            None
        }
        other => other?,
    };
    let is_hash = matches!(declared, None | Some(Declared::Sha256(_)));
    // Other services hash what they got, whatever the header says; S3 takes the header's word, then compares.
    let computed = if is_hash && !(is_s3 && declared.is_none()) { sha256_of(request.payload) } else { None };
    let hash_text = match (given, computed) {
        (Some(text), None) => text,
        (Some(text), Some(_)) if is_s3 => text,
        (_, Some(sha256)) => Cow::Owned(hex_text(&sha256)),
        (None, None) if is_s3 && authorization.location == Location::Query => {
            Cow::Borrowed("UNSIGNED-PAYLOAD")
        }
        (None, None) => return Err(Error::MissingContentSha256),
    };
    Ok(Body { hash_text, declared, computed })
}

impl Body<'_> {
    /// What is left to check, now that the signature is right.
    fn check(
        &self,
        key: &SigningKey,
        credential: &Credential<'_>,
        signed_at: String,
        signature: &str,
    ) -> Result<PayloadCheck, Error> {
        match self.declared {
            Some(Declared::Sha256(declared)) => {
                let check = PayloadCheck::Sha256(declared);
                let Some(computed) = self.computed else {
                    return Ok(check);
                };
                check.finish(&computed).map(|()| PayloadCheck::Done)
            }
            Some(Declared::Chunked(mode)) => {
                let seed = parse_hex(signature.as_bytes()).filter(|_| mode.is_signed());
                let signer =
                    seed.map(|seed| Box::new(ChunkSigner::new(key.clone(), credential, signed_at, seed)));
                Ok(PayloadCheck::Chunked(mode, signer))
            }
            Some(Declared::Unsigned) => Ok(PayloadCheck::Unsigned),
            None if self.computed.is_some() => Ok(PayloadCheck::Done),
            None => Ok(PayloadCheck::Unsigned),
        }
    }
}

/// A form of the query protocol signed with Signature Version 2 carries its access key among its fields.
fn is_version_2_form(request: &Request<'_>) -> bool {
    let Payload::Bytes(body) = request.payload else {
        return false;
    };
    let content_type = request.headers.get("content-type").map(|value| value.as_bytes());
    let is_form = content_type.is_some_and(|value| value.starts_with(b"application/x-www-form-urlencoded"));
    is_form && body.split(|&byte| byte == b'&').any(|field| field.starts_with(b"AWSAccessKeyId="))
}
