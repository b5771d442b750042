//! What AWS's own signer for Rust signs, we verify; and no longer once something in it has changed.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::{self, sign_chunk};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use ironbird_sigv4::{
    ChunkDecoder, ChunkMode, Credential, Error, Expected, KeyCache, Location, LookupError, Payload,
    PayloadCheck, Request, SecretKey, verify,
};
use proptest::prelude::*;
use proptest::sample::select;

const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const LIFETIME: u64 = 3_600;

#[derive(Clone, Debug)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    service: &'static str,
    token: Option<String>,
    signed_at: u64,
    presigned: bool,
    /// The payload comes in signed chunks, later.
    is_chunked: bool,
}

const CHUNKED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{1,12}".prop_map(|text| encode(&text)),
        2 => "\\PC{1,6}".prop_map(|text| encode(&text)),
        1 => select(vec!["", ".", "..", "%2F", "a..b", "..."]).prop_map(str::to_owned),
    ]
}

fn pair() -> impl Strategy<Value = String> {
    let text = || prop_oneof!["[ -~]{0,8}", "\\PC{0,4}"];
    prop_oneof![
        4 => (text(), text()).prop_map(|(name, value)| format!("{}={}", encode(&name), encode(&value))),
        1 => "[a-z]{1,3}",
        1 => "[a-c+]{1,2}=[a-c+]{0,2}",
    ]
}

fn header() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof!["x-amz-[a-f]{1,3}", "[a-d]{1,2}-test", Just("content-type".to_owned())];
    (name, "[!-~][ -~]{0,20}")
}

fn sent() -> impl Strategy<Value = Sent> {
    let parts = (
        select(vec!["GET", "POST", "PUT", "DELETE", "HEAD"]),
        prop::collection::vec(segment(), 0..5),
        prop::collection::vec(pair(), 0..6),
        prop::collection::vec(header(), 0..4),
        prop::collection::vec(any::<u8>(), 0..40),
    );
    let rest = (
        select(vec!["s3", "ec2", "dynamodb", "lambda", "execute-api"]),
        prop::option::of("[A-Za-z0-9/+=]{8,40}"),
        0..4_000_000_000_u64,
        any::<bool>(),
    );
    (parts, rest).prop_map(
        |((method, segments, pairs, headers, body), (service, token, signed_at, presigned))| Sent {
            method: method.to_owned(),
            path: format!("/{}", segments.join("/")),
            query: pairs.join("&"),
            headers,
            body,
            service,
            token,
            signed_at,
            presigned,
            is_chunked: false,
        },
    )
}

/// Signs with AWS's library, and adds to the request what it says.
fn signed(mut sent: Sent) -> Sent {
    let credentials = Credentials::new(ACCESS_KEY, SECRET, sent.token.clone(), None, "test");
    let identity = credentials.into();
    let is_s3 = sent.service == "s3";
    let mut settings = SigningSettings::default();
    if is_s3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if sent.presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(LIFETIME));
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name(sent.service)
        .time(UNIX_EPOCH + Duration::from_secs(sent.signed_at))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    sent.headers.push(("host".to_owned(), "example.amazonaws.com".to_owned()));
    let question_mark = if sent.query.is_empty() { "" } else { "?" };
    let uri = format!("https://example.amazonaws.com{}{question_mark}{}", sent.path, sent.query);
    let body = match sent.is_chunked {
        true => SignableBody::Precomputed(CHUNKED.to_owned()),
        false if is_s3 && sent.presigned => SignableBody::UnsignedPayload,
        false => SignableBody::Bytes(&sent.body),
    };
    let headers = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let request = SignableRequest::new(&sent.method, uri, headers, body).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let (new_headers, new_parameters) = instructions.into_parts();
    for header in new_headers {
        sent.headers.push((header.name().to_owned(), header.value().to_owned()));
    }
    for (name, value) in new_parameters {
        let separator = if sent.query.is_empty() { "" } else { "&" };
        sent.query = format!("{}{separator}{name}={}", sent.query, encode(&value));
    }
    sent
}

fn header_map(sent: &Sent) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in &sent.headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    map
}

fn check_at(sent: &Sent, now: i64, keys: &KeyCache) -> Result<(), Error> {
    let headers = header_map(sent);
    let request = Request {
        method: &sent.method,
        authority: None,
        path: &sent.path,
        query: &sent.query,
        headers: &headers,
        payload: Payload::Bytes(&sent.body),
    };
    let expected = Expected { region: Some("eu-central-1"), services: &[sent.service], now, path: None };
    let verified = verify(&request, &expected, keys, |access_key, token| {
        if access_key != ACCESS_KEY {
            return Err(LookupError::UnknownAccessKey);
        }
        if token != sent.token.as_deref() {
            return Err(LookupError::InvalidToken);
        }
        Ok(SecretKey::new(SECRET))
    })?;
    assert_eq!(verified.credential.region(), "eu-central-1");
    assert_eq!(verified.location == Location::Query, sent.presigned);
    assert_eq!(Credential::parse(&headers, &sent.query).unwrap(), Some(verified.credential));
    Ok(())
}

fn check(sent: &Sent) -> Result<(), Error> {
    check_at(sent, sent.signed_at as i64, &KeyCache::new(1))
}

/// The text that holds credential and signature.
fn signature_text(sent: &mut Sent) -> &mut String {
    if sent.presigned {
        return &mut sent.query;
    }
    &mut sent.headers.iter_mut().find(|(name, _)| name == "authorization").unwrap().1
}

/// Changes one thing that the signature covers.
fn changed(sent: &Sent, what: usize, at: usize) -> Option<Sent> {
    let mut other = sent.clone();
    match what {
        0 => other.method.push('X'),
        1 => other.path.push_str("/z"),
        2 if !sent.path.contains("/..") => other.path.insert_str(0, "/z"),
        2 => return None,
        3 => {
            let separator = if sent.query.is_empty() { "" } else { "&" };
            other.query = format!("z={separator}{}", sent.query);
        }
        4 => {
            // S3 leaves the payload of presigned requests unsigned.
            let byte = at % sent.body.len().max(1);
            if sent.body.is_empty() || (sent.service == "s3" && sent.presigned) {
                return None;
            }
            other.body[byte] ^= 1 << (at % 8);
        }
        5 => {
            let (name, value) = &mut other.headers[at % sent.headers.len()];
            let is_signature = name == "authorization";
            value.insert(if is_signature { value.len() } else { at % (value.len() + 1) }, '0');
        }
        6 => {
            other.headers.remove(at % sent.headers.len());
        }
        7 => other.headers.push(("host".to_owned(), "other".to_owned())),
        8 => {
            // One digit of the signature.
            let text = signature_text(&mut other);
            let start = text.find("Signature=")? + "Signature=".len();
            let digit = start + at % 64;
            let replacement = if &text[digit..=digit] == "0" { "1" } else { "0" };
            text.replace_range(digit..=digit, replacement);
        }
        _ => {
            let text = signature_text(&mut other);
            *text = text.replacen("eu-central-1", "eu-central-2", 1);
        }
    }
    Some(other)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_sdk_signs_verifies(sent in sent()) {
        let sent = signed(sent);
        prop_assert_eq!(check(&sent), Ok(()));
    }

    #[test]
    fn what_has_changed_does_not(sent in sent(), what in 0..10_usize, at in any::<usize>()) {
        let sent = signed(sent);
        if let Some(other) = changed(&sent, what, at) {
            prop_assert!(check(&other).is_err(), "verifies: {:#?}", other);
        }
    }

    #[test]
    fn time_counts_to_the_second(sent in sent()) {
        let sent = signed(sent);
        let signed_at = sent.signed_at as i64;
        let last = signed_at + if sent.presigned { LIFETIME as i64 } else { 900 };
        let keys = KeyCache::new(1);
        prop_assert_eq!(check_at(&sent, signed_at - 900, &keys), Ok(()));
        prop_assert_eq!(check_at(&sent, last, &keys), Ok(()));
        let early = check_at(&sent, signed_at - 901, &keys);
        prop_assert!(matches!(early, Err(Error::NotYetValid { .. })), "{:?}", early);
        let late = check_at(&sent, last + 1, &keys);
        prop_assert!(matches!(late, Err(Error::TooOld { .. } | Error::Expired { .. })), "{:?}", late);
    }

    #[test]
    fn anything_at_all_is_answered(
        authorization in "(AWS4-HMAC-SHA256 )?(Credential=[!-~]{0,20}|SignedHeaders=[!-~]{0,9}|Signature=[!-~]{0,9}|[ -~]{0,9}|[, ]){0,8}",
        date in "(20[0-9]{6}T[0-9]{6}Z|[ -~]{0,20})",
        query in "(&?(X-Amz-(Algorithm=AWS4-HMAC-SHA256|Credential=[!-~]{0,12}|Date=20[0-9]{6}T[0-9]{6}Z|Expires=[0-9-]{1,4}|SignedHeaders=[a-z;%]{0,9}|Signature=[0-9]{3})|[!-~]{0,9})){0,9}",
        path in "\\PC{0,20}",
        now in any::<i64>(),
        is_presigned in any::<bool>(),
    ) {
        let mut headers = HeaderMap::new();
        if !is_presigned {
            headers.insert("authorization", authorization.parse().unwrap());
        }
        headers.insert("x-amz-date", date.parse().unwrap());
        let request =
            Request { method: "GET", authority: None, path: &path, query: &query, headers: &headers, payload: Payload::Later };
        let expected = Expected { region: None, services: &[], now, path: None };
        let outcome = verify(&request, &expected, &KeyCache::new(1), |_, _| Ok(SecretKey::new(SECRET)));
        prop_assert!(outcome.is_err());
    }

    #[test]
    fn chunks_that_the_sdk_signs_decode(
        sizes in prop::collection::vec(8_192..9_000_usize, 0..4),
        last in prop::option::of(1..50_usize),
        piece in 1..5_000_usize,
        flip in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "test");
        let identity = credentials.into();
        let signed_at = 1_369_353_600_u64;
        let sent = Sent {
            method: "PUT".to_owned(),
            path: "/bucket/key".to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            service: "s3",
            token: None,
            signed_at,
            presigned: false,
            is_chunked: true,
        };
        let sent = signed(sent);
        let headers = header_map(&sent);
        let mut previous = headers["authorization"].to_str().unwrap().split("Signature=").nth(1).unwrap().to_owned();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-central-1")
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_secs(signed_at))
            .settings(())
            .build()
            .unwrap();
        let mut body = Vec::new();
        let mut plain = Vec::new();
        for (number, size) in sizes.into_iter().chain(last).chain([0]).enumerate() {
            let data = vec![number as u8; size];
            let signature = sign_chunk(&Bytes::from(data.clone()), &previous, &params).unwrap().into_parts().1;
            body.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
            body.extend_from_slice(&data);
            body.extend_from_slice(b"\r\n");
            plain.extend_from_slice(&data);
            previous = signature;
        }
        if let Some(index) = flip {
            let at = index.index(body.len());
            body[at] ^= 1;
        }
        let request = Request {
            method: "PUT",
            authority: None,
            path: &sent.path,
            query: "",
            headers: &headers,
            payload: Payload::Later,
        };
        let expected = Expected { region: None, services: &[], now: signed_at as i64, path: None };
        let verified = verify(&request, &expected, &KeyCache::new(0), |_, _| Ok(SecretKey::new(SECRET))).unwrap();
        let PayloadCheck::Chunked(mode, signer) = verified.payload else { panic!("not chunked") };
        assert_eq!((mode, signer.is_some()), (ChunkMode::Signed, true));
        let mut decoder = ChunkDecoder::new(mode, signer, Some(plain.len() as u64));
        let mut decoded = Vec::new();
        let outcome = body
            .chunks(piece)
            .try_for_each(|input| decoder.push(input, |data| decoded.extend_from_slice(data)))
            .and_then(|()| decoder.finish());
        prop_assert_eq!(outcome.is_ok(), flip.is_none(), "{:?}", outcome);
        if flip.is_none() {
            prop_assert_eq!(decoded, plain);
        }
    }
}
