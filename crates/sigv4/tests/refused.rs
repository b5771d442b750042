//! What is refused, in which order, and what is let through where AWS lets it through.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::cell::Cell;

use http::{HeaderMap, HeaderName};
use ironbird_sigv4::{
    Credential, Error, Expected, Family, KeyCache, LookupError, Payload, Request, SecretKey, verify,
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SIGNED_AT: i64 = 1_440_938_160;
/// The suite's `get-vanilla`, signed in the header.
const VANILLA: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    map
}

fn authorization(scope: &str, signed_headers: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={signed_headers}, Signature={VANILLA}"
    )
}

fn vanilla() -> HeaderMap {
    let text = authorization("20150830/us-east-1/service/aws4_request", "host;x-amz-date");
    headers(&[
        ("host", "example.amazonaws.com"),
        ("x-amz-date", "20150830T123600Z"),
        ("authorization", &text),
    ])
}

/// With the last header replaced.
fn with(name: &str, value: &str) -> HeaderMap {
    let mut map = vanilla();
    map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    map
}

fn check(headers: &HeaderMap, query: &str, body: &[u8], now: i64) -> Result<(), Error> {
    let request =
        Request { method: "GET", authority: None, path: "/", query, headers, payload: Payload::Bytes(body) };
    let expected = Expected { region: Some("us-east-1"), services: &["service"], now, path: None };
    verify(&request, &expected, &KeyCache::new(8), |access_key, _| match access_key {
        "AKIDEXAMPLE" => Ok(SecretKey::new(SECRET)),
        "AKIDEXPIRED" => Err(LookupError::ExpiredToken),
        "AKIDBADTOKEN" => Err(LookupError::InvalidToken),
        _ => Err(LookupError::UnknownAccessKey),
    })
    .map(|_| ())
}

fn error(headers: &HeaderMap) -> Error {
    check(headers, "", b"", SIGNED_AT).unwrap_err()
}

#[test]
fn requests_without_a_signature_are_told_apart() {
    assert_eq!(check(&HeaderMap::new(), "", b"", SIGNED_AT), Err(Error::MissingToken));
    assert_eq!(Credential::parse(&HeaderMap::new(), "Action=X"), Ok(None));
    assert!(matches!(error(&with("authorization", "Bearer token")), Error::UnsupportedScheme { .. }));
    assert_eq!(error(&with("authorization", "AWS AKID:signature=")), Error::SignatureV2);
    let form = headers(&[("content-type", "application/x-www-form-urlencoded; charset=utf-8")]);
    let body = b"Action=X&AWSAccessKeyId=AKID&SignatureVersion=2&Signature=s";
    assert_eq!(check(&form, "", body, SIGNED_AT), Err(Error::SignatureV2));
    assert_eq!(check(&form, "", b"Action=X", SIGNED_AT), Err(Error::MissingToken));
}

#[test]
fn the_clock_may_be_fifteen_minutes_off_either_way() {
    for (now, is_right) in [(-900, true), (900, true), (-901, false), (901, false)] {
        assert_eq!(check(&vanilla(), "", b"", SIGNED_AT + now).is_ok(), is_right, "{now}");
    }
    let old = check(&vanilla(), "", b"", SIGNED_AT + 901).unwrap_err().reply(Family::Query);
    assert_eq!((old.code, old.status), ("SignatureDoesNotMatch", 403));
    let message = "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)";
    assert_eq!(old.message, message);
}

#[test]
fn a_date_header_stands_in_for_x_amz_date() {
    let mut map = vanilla();
    map.remove("x-amz-date");
    assert!(matches!(error(&map), Error::MissingHeaderParts { .. }));
    map.insert("date", "Sun, 30 Aug 2015 12:36:00 GMT".parse().unwrap());
    // It is read (the scope's day fits), though the signature, which covers x-amz-date, does not match.
    assert!(matches!(error(&map), Error::SignatureMismatch(_)));
    map.insert("date", "yesterday".parse().unwrap());
    assert_eq!(error(&map), Error::BadDate { text: "yesterday".to_owned(), presigned: false });
}

#[test]
fn the_scope_must_fit() {
    let scope = |text: &str| match error(&with("authorization", &authorization(text, "host;x-amz-date"))) {
        Error::Scope(scope) => *scope,
        other => panic!("{other}"),
    };
    let pair = |given: &str, right: &str| Some((given.to_owned(), right.to_owned()));
    assert_eq!(scope("20150830/eu-west-1/service/aws4_request").region, pair("eu-west-1", "us-east-1"));
    assert_eq!(scope("20150830/us-east-1/other/aws4_request").service, pair("other", "service"));
    assert_eq!(scope("20150830/us-east-1/service/aws5").terminator, Some("aws5".to_owned()));
    assert_eq!(scope("20150829/us-east-1/service/aws4_request").date, pair("20150829", "20150830T123600Z"));
    let all = scope("a/b/c/d");
    assert!(all.region.is_some() && all.service.is_some() && all.terminator.is_some() && all.date.is_some());
}

#[test]
fn the_host_must_be_signed() {
    let text = authorization("20150830/us-east-1/service/aws4_request", "x-amz-date");
    assert_eq!(error(&with("authorization", &text)), Error::HostNotSigned);
}

#[test]
fn outside_s3_other_headers_may_go_unsigned() {
    assert_eq!(check(&with("x-amz-target", "Service.Operation"), "", b"", SIGNED_AT), Ok(()));
    assert_eq!(check(&with("x-amz-content-sha256", "required"), "", b"", SIGNED_AT), Ok(()));
}

#[test]
fn the_authority_of_http_2_is_the_host() {
    let mut map = vanilla();
    map.remove("host");
    let expected = Expected { region: None, services: &[], now: SIGNED_AT, path: None };
    for (authority, is_right) in
        [(Some("example.amazonaws.com"), true), (Some("example.com"), false), (None, false)]
    {
        let payload = Payload::Bytes(b"");
        let request = Request { method: "GET", authority, path: "/", query: "", headers: &map, payload };
        let outcome = verify(&request, &expected, &KeyCache::new(1), |_, _| Ok(SecretKey::new(SECRET)));
        assert_eq!(outcome.is_ok(), is_right, "{authority:?}");
    }
}

#[test]
fn the_lookup_decides_about_keys_and_tokens() {
    let as_user = |access_key: &str| {
        let text = authorization("20150830/us-east-1/service/aws4_request", "host;x-amz-date");
        error(&with("authorization", &text.replace("AKIDEXAMPLE", access_key)))
    };
    assert_eq!(as_user("AKIDNOBODY"), Error::UnknownAccessKey { access_key: "AKIDNOBODY".to_owned() });
    assert_eq!(as_user("AKIDEXPIRED"), Error::ExpiredToken);
    assert_eq!(as_user("AKIDBADTOKEN"), Error::InvalidToken);
}

#[test]
fn the_lookup_is_not_asked_about_hopeless_requests() {
    let asked = Cell::new(0);
    let text = authorization("20150830/eu-west-1/service/aws4_request", "host;x-amz-date");
    for map in [with("authorization", &text), with("x-amz-date", "20150830T000000Z"), HeaderMap::new()] {
        let payload = Payload::Bytes(b"");
        let request =
            Request { method: "GET", authority: None, path: "/", query: "", headers: &map, payload };
        let expected = Expected { region: Some("us-east-1"), services: &[], now: SIGNED_AT, path: None };
        let outcome = verify(&request, &expected, &KeyCache::new(1), |_, _| {
            asked.set(asked.get() + 1);
            Ok(SecretKey::new(SECRET))
        });
        assert!(outcome.is_err());
    }
    assert_eq!(asked.get(), 0);
}

#[test]
fn a_body_not_at_hand_needs_a_declared_hash() {
    let map = vanilla();
    let request = Request {
        method: "GET",
        authority: None,
        path: "/",
        query: "",
        headers: &map,
        payload: Payload::Later,
    };
    let expected = Expected { region: None, services: &[], now: SIGNED_AT, path: None };
    let outcome = verify(&request, &expected, &KeyCache::new(1), |_, _| Ok(SecretKey::new(SECRET)));
    assert_eq!(outcome.unwrap_err(), Error::MissingContentSha256);
}

#[test]
fn a_credential_is_read_without_verifying_anything() {
    let map = with("authorization", &authorization("20990101/mars-1/anything/aws4_request", "nothing"));
    let credential = Credential::parse(&map, "").unwrap().unwrap();
    assert_eq!(
        (credential.access_key(), credential.region(), credential.service()),
        ("AKIDEXAMPLE", "mars-1", "anything")
    );
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20990101%2Fmars-1%2Fs3%2Faws4_request\
                 &X-Amz-Date=x&X-Amz-SignedHeaders=host&X-Amz-Signature=x";
    let empty = HeaderMap::new();
    let credential = Credential::parse(&empty, query).unwrap().unwrap();
    assert_eq!((credential.access_key(), credential.region(), credential.service()), ("AK", "mars-1", "s3"));
    let version_4a = query.replace("HMAC-SHA256", "ECDSA-P256-SHA256");
    assert_eq!(Credential::parse(&empty, &version_4a), Err(Error::SignatureV4a { presigned: true }));
}

#[test]
fn a_mismatch_shows_its_work() {
    let mut map = vanilla();
    map.insert("host", "other.example.com".parse().unwrap());
    let Error::SignatureMismatch(mismatch) = error(&map) else { panic!() };
    assert!(mismatch.canonical_request.starts_with("GET\n/\n\nhost:other.example.com\n"));
    assert!(
        mismatch
            .string_to_sign
            .starts_with("AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/")
    );
}
