//! AWS's signing test suite (awslabs/aws-c-auth, `tests/aws-signing-test-suite`, Apache-2.0), seen from the server: the
//! facts of every signed request, one a line in `vectors.jsonl`. Each must verify, and must not once anything in it changes.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use http::{HeaderMap, HeaderName, HeaderValue};
use ironbird_sigv4::{
    Error, Expected, KeyCache, LookupError, PathRule, Payload, Request, SecretKey, Verified, verify,
};
use serde::Deserialize;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SIGNED_AT: i64 = 1_440_938_160;

#[derive(Clone, Debug, Deserialize)]
struct Vector {
    name: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    #[serde(default = "yes")]
    normalize: bool,
    token: Option<String>,
    refused: Option<String>,
}

fn yes() -> bool {
    true
}

/// Cases of the suite that say nothing about Signature Version 4.
#[derive(Deserialize)]
struct NotApplicable {
    not_applicable: String,
    cases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Vector(Vector),
    NotApplicable(NotApplicable),
}

fn lines() -> Vec<Line> {
    include_str!("vectors.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn vectors() -> Vec<Vector> {
    lines()
        .into_iter()
        .filter_map(|line| if let Line::Vector(vector) = line { Some(vector) } else { None })
        .collect()
}

fn header_map(headers: &[(String, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let header_name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(header_name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
}

fn check(vector: &Vector, headers: &HeaderMap) -> Result<Verified<'static>, Error> {
    let request = Request {
        method: &vector.method,
        authority: None,
        path: &vector.path,
        query: &vector.query,
        headers,
        payload: Payload::Bytes(vector.body.as_bytes()),
    };
    let path = (!vector.normalize).then_some(PathRule::Verbatim);
    let expected = Expected { region: Some("us-east-1"), services: &["service"], now: SIGNED_AT + 60, path };
    let verified = verify(&request, &expected, &KeyCache::new(4), |access_key, token| {
        if access_key != "AKIDEXAMPLE" {
            return Err(LookupError::UnknownAccessKey);
        }
        if token != vector.token.as_deref() {
            return Err(LookupError::InvalidToken);
        }
        Ok(SecretKey::new(SECRET))
    })?;
    Ok(Verified {
        credential: verified.credential.into_owned(),
        session_token: verified.session_token.map(|token| token.into_owned().into()),
        location: verified.location,
        signed_at: verified.signed_at,
        expires_at: verified.expires_at,
        payload: verified.payload,
    })
}

#[test]
fn every_vector_verifies() {
    let mut count = 0;
    for vector in vectors().iter().filter(|vector| vector.refused.is_none()) {
        match check(vector, &header_map(&vector.headers)) {
            Ok(verified) => assert_eq!(verified.signed_at, SIGNED_AT),
            Err(error) => panic!("{}: {error:#?}", vector.name),
        }
        count += 1;
    }
    assert_eq!(count, 76);
}

#[test]
fn the_other_version_is_recognized_and_refused() {
    let others: Vec<Vector> = vectors().into_iter().filter(|vector| vector.refused.is_some()).collect();
    assert_eq!(others.len(), 2);
    for vector in others {
        let error = check(&vector, &header_map(&vector.headers)).unwrap_err();
        assert!(matches!(error, Error::SignatureV4a { .. }), "{}: {error}", vector.name);
    }
    let excluded = lines()
        .into_iter()
        .filter_map(|line| if let Line::NotApplicable(it) = line { Some(it) } else { None });
    for it in excluded {
        assert!(it.not_applicable.starts_with("sigv4a"));
        assert_eq!(it.cases.len(), 40);
    }
}

/// Changes every byte of a text in turn, to another that may stand there.
fn altered(text: &str) -> impl Iterator<Item = String> + '_ {
    text.char_indices().map(move |(at, character)| {
        let other = if character == 'x' { 'y' } else { 'x' };
        let mut changed = text.to_owned();
        changed.replace_range(at..at + character.len_utf8(), other.encode_utf8(&mut [0; 4]));
        changed
    })
}

fn must_fail(vector: &Vector, what: &str) {
    if let Ok(verified) = check(vector, &header_map(&vector.headers)) {
        panic!("{} verifies with {what}: {verified:#?}", vector.name);
    }
}

/// The names that `SignedHeaders` lists.
fn signed_headers(vector: &Vector) -> Vec<String> {
    let authorization = vector.headers.iter().find(|(name, _)| name == "authorization");
    let list = match authorization {
        Some((_, value)) => {
            value.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap().to_owned()
        }
        None => vector
            .query
            .split("X-Amz-SignedHeaders=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .replace("%3B", ";"),
    };
    list.split(';').map(str::to_owned).collect()
}

#[test]
fn every_change_is_refused() {
    let mut changes = 0;
    for vector in vectors().iter().filter(|vector| vector.refused.is_none()) {
        let other_method = Vector { method: "PUT".to_owned(), ..vector.clone() };
        must_fail(&other_method, "another method");
        must_fail(&Vector { body: vector.body.clone() + "x", ..vector.clone() }, "another body");
        must_fail(&Vector { path: vector.path.clone() + "/x", ..vector.clone() }, "another path");
        let separator = if vector.query.is_empty() { "" } else { "&" };
        must_fail(
            &Vector { query: vector.query.clone() + separator + "x=y", ..vector.clone() },
            "another parameter",
        );
        must_fail(&Vector { token: Some("other".to_owned()), ..vector.clone() }, "another token");
        for query in altered(&vector.query) {
            changes += 1;
            must_fail(&Vector { query: query.clone(), ..vector.clone() }, &query);
        }
        let signed = signed_headers(vector);
        for index in 0..vector.headers.len() {
            let (name, value) = &vector.headers[index];
            if name != "authorization" && !signed.contains(name) {
                continue;
            }
            let mut fewer = vector.clone();
            fewer.headers.remove(index);
            must_fail(&fewer, &format!("no {name}"));
            // White space at the ends, or next to more of it, is not signed.
            let text = value.trim();
            for changed in altered(text) {
                if changed.split_whitespace().collect::<String>().len()
                    == text.split_whitespace().collect::<String>().len()
                {
                    changes += 1;
                    let mut other = vector.clone();
                    other.headers[index].1 = changed.clone();
                    must_fail(&other, &format!("{name}: {changed}"));
                }
            }
        }
    }
    assert!(changes > 10_000, "only {changes} changes were tried");
}
