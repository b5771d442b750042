//! Any request at all: verification answers, never panics, and accepts nothing whose signature it did not calculate.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use ironbird_sigv4::{
    Credential, Expected, Family, KeyCache, LookupError, Payload, Request, SecretKey, verify,
};
use libfuzzer_sys::fuzz_target;

// Lines: method, path, query, then headers as `name:value`; the body follows an empty line.
fuzz_target!(|data: &[u8]| {
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, &b""[..]),
    };
    let Ok(head) = std::str::from_utf8(head) else { return };
    let mut lines = head.split('\n');
    let (method, path, query) =
        (lines.next().unwrap_or(""), lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let mut headers = HeaderMap::new();
    for line in lines.take(64) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            headers.append(name, value);
        }
    }
    let _ = Credential::parse(&headers, query);
    let request =
        Request { method, authority: None, path, query, headers: &headers, payload: Payload::Bytes(body) };
    let expected = Expected { region: None, services: &[], now: 1_440_938_160, path: None };
    let outcome = verify(&request, &expected, &KeyCache::new(1), |access_key, _| match access_key {
        "AKIDEXAMPLE" => Ok(SecretKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
        _ => Err(LookupError::UnknownAccessKey),
    });
    if let Err(error) = outcome {
        for family in [Family::Query, Family::Ec2, Family::Json, Family::RestJson, Family::S3] {
            let reply = error.reply(family);
            assert!((400..=501).contains(&reply.status));
        }
    }
});
