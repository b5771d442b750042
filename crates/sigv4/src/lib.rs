//! Verification of AWS Signature Version 4, the server's side of it.
//!
//! This crate knows no service, no store and no clock: the time is an argument (seconds since 1970), secrets come
//! through a closure, and the answer is who signed what, when. Signing is left to libraries.
//!
//! - [`Credential::parse`] says who a request claims to come from, without verifying anything: enough for routing and
//!   for worlds that do not check signatures.
//! - [`verify`] checks a request signed in its `Authorization` header or in its query string (presigned).
//! - [`ChunkDecoder`] takes an `aws-chunked` body apart, and checks the chain of its chunk signatures.
//! - [`Error::reply`] words a refusal as AWS does, for each protocol [`Family`].
//!
//! ```
//! use http::HeaderMap;
//! use ironbird_sigv4::{Expected, KeyCache, LookupError, Payload, Request, SecretKey, verify};
//!
//! let mut headers = HeaderMap::new();
//! headers.insert("host", "example.amazonaws.com".parse().unwrap());
//! headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
//! headers.insert(
//!     "authorization",
//!     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
//!      SignedHeaders=host;x-amz-date, \
//!      Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
//!         .parse()
//!         .unwrap(),
//! );
//! let request = Request {
//!     method: "GET",
//!     authority: None,
//!     path: "/",
//!     query: "",
//!     headers: &headers,
//!     payload: Payload::Bytes(b""),
//! };
//! let expected = Expected { region: Some("us-east-1"), services: &["service"], now: 1_440_938_160, path: None };
//! let verified = verify(&request, &expected, &KeyCache::default(), |access_key, _token| match access_key {
//!     "AKIDEXAMPLE" => Ok(SecretKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
//!     _ => Err(LookupError::UnknownAccessKey),
//! })
//! .unwrap();
//! assert_eq!(verified.credential.access_key(), "AKIDEXAMPLE");
//! ```

mod authorization;
mod canonical;
mod credential;
mod encoding;
mod error;
mod key;
mod payload;
mod reply;
mod reply_s3;
mod streaming;
mod time;
mod verify;

pub use authorization::Location;
pub use canonical::PathRule;
pub use credential::Credential;
pub use error::{BadExpires, ChunkError, Error, HeaderPart, Mismatch, Scope};
pub use key::{KeyCache, SecretKey};
pub use payload::{ChunkMode, Payload, PayloadCheck};
pub use reply::{Family, Reply};
pub use streaming::{ChunkDecoder, ChunkSigner, Trailers};
pub use verify::{Expected, LookupError, Request, Verified, verify};

/// How far a request's date may be from the server's clock, in seconds, either way: 15 minutes, as AWS documents for
/// Signature Version 4 ("Troubleshoot signed requests": RequestTimeTooSkewed, RequestExpired).
pub const MAX_SKEW: i64 = 15 * 60;

/// The longest that a presigned request may stay valid, in seconds: a week.
pub const MAX_EXPIRES: i64 = 7 * 24 * 60 * 60;
