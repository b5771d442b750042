//! The cost of one verification: `cargo bench -p ironbird-sigv4`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures real time and says so"
)]

use std::hint::black_box;
use std::time::Instant;

use http::HeaderMap;
use ironbird_sigv4::{
    ChunkDecoder, ChunkMode, Credential, Expected, KeyCache, Payload, Request, SecretKey, verify,
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn headers() -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in [
        ("host", "example.amazonaws.com"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", "13"),
        ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
        ("x-amz-date", "20150830T123600Z"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-length;content-type;host;x-amz-content-sha256;x-amz-date, \
             Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
        ),
    ] {
        map.insert(name, value.parse().expect("a header value"));
    }
    map
}

fn time(name: &str, rounds: u32, mut run: impl FnMut()) {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..rounds {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(rounds));
    }
    println!("{name:44} {:9.3} µs", best * 1e6);
}

fn main() {
    let map = headers();
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
                 &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                 &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
                 &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let mut presigned = HeaderMap::new();
    presigned.insert("host", "examplebucket.s3.amazonaws.com".parse().expect("a header value"));
    let secret = SecretKey::new(SECRET);
    let s3_secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

    let signed = |body| Request {
        method: "POST",
        authority: None,
        path: "/",
        query: "",
        headers: &map,
        payload: Payload::Bytes(body),
    };
    let expected =
        Expected { region: Some("us-east-1"), services: &["service"], now: 1_440_938_160, path: None };
    for (name, places) in [("header, cached key", 256), ("header, key derived each time", 0)] {
        let keys = KeyCache::new(places);
        let request = signed(b"Param1=value1");
        time(name, 100_000, || {
            let verified = verify(black_box(&request), &expected, &keys, |_, _| Ok(secret.clone()));
            black_box(verified.expect("the suite's vector"));
        });
    }

    let expected_s3 =
        Expected { region: Some("us-east-1"), services: &["s3"], now: 1_369_353_600, path: None };
    let keys = KeyCache::default();
    let request = Request {
        method: "GET",
        authority: None,
        path: "/test.txt",
        query,
        headers: &presigned,
        payload: Payload::Later,
    };
    time("presigned, cached key", 100_000, || {
        let verified = verify(black_box(&request), &expected_s3, &keys, |_, _| Ok(s3_secret.clone()));
        black_box(verified.expect("S3's documented example"));
    });
    time("credential only", 100_000, || {
        black_box(Credential::parse(black_box(&map), "").expect("a credential"));
    });

    let mut chunk = b"100000\r\n".to_vec();
    chunk.extend(std::iter::repeat_n(b'a', 1 << 20));
    chunk.extend_from_slice(b"\r\n0\r\n\r\n");
    time("unsigned chunks, 1 MiB", 1_000, || {
        let mut decoder = ChunkDecoder::new(ChunkMode::UnsignedTrailer, None, None);
        decoder
            .push(black_box(&chunk), |data| {
                black_box(data);
            })
            .expect("well-formed chunks");
        black_box(decoder.finish().expect("a whole body"));
    });
}
