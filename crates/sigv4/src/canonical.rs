//! The canonical request: the one byte string that a client's and a server's view of a request must agree on.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

use crate::encoding::{percent_decode, push_encoded};
use crate::verify::Request;

/// How the path becomes part of the canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRule {
    /// Dot segments and empty segments are removed (RFC 3986, 5.2.4), then the path, percent signs and all, is encoded
    /// once more: every service but S3.
    Normalized,
    /// The path as it is, encoded once: S3, whose keys may hold dots and slashes at will.
    Verbatim,
}

impl PathRule {
    /// The rule of the service with this signing name.
    pub fn of_service(signing_name: &str) -> PathRule {
        if is_s3(signing_name) { PathRule::Verbatim } else { PathRule::Normalized }
    }
}

/// Whether a signing name belongs to S3, whose endpoints have their own rules.
pub(crate) fn is_s3(signing_name: &str) -> bool {
    matches!(signing_name, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts")
}

/// Names of signed headers: lower case, sorted, each once.
pub(crate) struct SignedHeaders<'a>(Vec<Cow<'a, str>>);

impl<'a> SignedHeaders<'a> {
    pub(crate) fn read(list: &'a str) -> SignedHeaders<'a> {
        let lower = |name: &'a str| match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(name.to_ascii_lowercase()),
            false => Cow::Borrowed(name),
        };
        let mut names: Vec<Cow<'a, str>> =
            list.split(';').map(str::trim).filter(|it| !it.is_empty()).map(lower).collect();
        if !names.is_sorted() {
            names.sort_unstable();
        }
        // A name twice would multiply its value, which is how a small request becomes a large one.
        names.dedup();
        SignedHeaders(names)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|it| (**it).cmp(name)).is_ok()
    }

    pub(crate) fn has_host(&self) -> bool {
        self.contains("host") || self.contains(":authority")
    }
}

/// Which query parameters take no part in the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// All take part: the signature is in the header.
    Nothing,
    /// `X-Amz-Signature`.
    Signature,
    /// That and `X-Amz-Security-Token`, which some services want added after signing.
    SignatureAndToken,
}

impl Unsigned {
    fn covers(self, name: &str) -> bool {
        match self {
            Unsigned::Nothing => false,
            Unsigned::Signature => name == "X-Amz-Signature",
            Unsigned::SignatureAndToken => matches!(name, "X-Amz-Signature" | "X-Amz-Security-Token"),
        }
    }
}

/// Writes the canonical request.
pub(crate) fn canonical_request(
    request: &Request<'_>,
    signed: &SignedHeaders<'_>,
    path_rule: PathRule,
    unsigned: Unsigned,
    payload_hash: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(512 + request.path.len() + request.query.len());
    out.extend_from_slice(request.method.as_bytes());
    out.push(b'\n');
    push_path(&mut out, request.path, path_rule);
    out.push(b'\n');
    push_query(&mut out, request.query, unsigned);
    out.push(b'\n');
    for name in &signed.0 {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        push_header(&mut out, request, name);
        out.push(b'\n');
    }
    out.push(b'\n');
    for (index, name) in signed.0.iter().enumerate() {
        if index > 0 {
            out.push(b';');
        }
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b'\n');
    out.extend_from_slice(payload_hash);
    out
}

fn push_path(out: &mut Vec<u8>, path: &str, rule: PathRule) {
    if rule == PathRule::Verbatim {
        // Segment by segment, so that an encoded slash stays encoded.
        for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
            out.push(b'/');
            percent_decode(segment, false).for_each(|byte| push_encoded(out, byte, None));
        }
        return;
    }
    let is_plain = path.starts_with('/') && !path.contains("//") && !path.contains("/.");
    if is_plain {
        push_segment(out, path);
        return;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    for segment in &kept {
        out.push(b'/');
        push_segment(out, segment);
    }
    let is_folder = path.is_empty() || path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if kept.is_empty() || is_folder {
        out.push(b'/');
    }
}

fn push_segment(out: &mut Vec<u8>, segment: &str) {
    for byte in segment.bytes() {
        push_encoded(out, byte, Some(b'/'));
    }
}

fn push_query(out: &mut Vec<u8>, query: &str, unsigned: Unsigned) {
    if query.is_empty() {
        return;
    }
    // Every pair is encoded into one buffer, then the pairs are sorted by where they stand in it.
    let mut encoded = Vec::with_capacity(query.len() + 16);
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if unsigned.covers(name) {
            continue;
        }
        let start = encoded.len();
        percent_decode(name, true).for_each(|byte| push_encoded(&mut encoded, byte, None));
        let middle = encoded.len();
        percent_decode(value, true).for_each(|byte| push_encoded(&mut encoded, byte, None));
        pairs.push((start, middle, encoded.len()));
    }
    pairs.sort_by(|a, b| {
        let left = (&encoded[a.0..a.1], &encoded[a.1..a.2]);
        left.cmp(&(&encoded[b.0..b.1], &encoded[b.1..b.2]))
    });
    for (index, &(start, middle, end)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(&encoded[start..middle]);
        out.push(b'=');
        out.extend_from_slice(&encoded[middle..end]);
    }
}

/// Writes the values of a header, joined by commas, each trimmed and with runs of spaces made one. A signed header that
/// the request does not carry has an empty value, which cannot match unless the client signed it so.
fn push_header(out: &mut Vec<u8>, request: &Request<'_>, name: &str) {
    let is_host = name == "host" || name == ":authority";
    if is_host && (name == ":authority" || !request.headers.contains_key("host")) {
        let authority = request.authority.map(str::as_bytes);
        let host = request.headers.get("host").map(HeaderValue::as_bytes);
        push_collapsed(out, authority.or(host).unwrap_or_default());
        return;
    }
    for (index, value) in values(request.headers, name).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_collapsed(out, value.as_bytes());
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
    headers.get_all(name).into_iter()
}

fn push_collapsed(out: &mut Vec<u8>, value: &[u8]) {
    let mut after_space = false;
    for &byte in value.trim_ascii() {
        if byte == b' ' && after_space {
            continue;
        }
        after_space = byte == b' ';
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str, rule: PathRule) -> String {
        let mut out = Vec::new();
        push_path(&mut out, path, rule);
        String::from_utf8(out).unwrap()
    }

    fn query(query: &str, unsigned: Unsigned) -> String {
        let mut out = Vec::new();
        push_query(&mut out, query, unsigned);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn normalized_paths_lose_dots_and_gain_percent_signs() {
        let cases = [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/.", "/"),
            ("/..", "/"),
            ("/a/..", "/"),
            ("/a/../b", "/b"),
            ("/a/./b/", "/a/b/"),
            ("/a//b", "/a/b"),
            ("/a/b/.", "/a/b/"),
            ("/a.b/...", "/a.b/..."),
            ("/a%20b/~c(d)", "/a%2520b/~c%28d%29"),
            ("a", "/a"),
        ];
        for (raw, canonical) in cases {
            assert_eq!(path(raw, PathRule::Normalized), canonical, "{raw}");
        }
    }

    #[test]
    fn verbatim_paths_are_encoded_once() {
        let cases = [
            ("", "/"),
            ("/a//b/../c", "/a//b/../c"),
            ("/a%20b", "/a%20b"),
            ("/a b", "/a%20b"),
            ("/test$file.text", "/test%24file.text"),
            ("/test%24file.text", "/test%24file.text"),
            ("/%e1%88%b4", "/%E1%88%B4"),
            ("/a%2fb+c", "/a%2Fb%2Bc"),
            ("/a/", "/a/"),
            ("//a", "//a"),
        ];
        for (raw, canonical) in cases {
            assert_eq!(path(raw, PathRule::Verbatim), canonical, "{raw}");
        }
    }

    #[test]
    fn query_parameters_are_sorted_by_encoded_name_then_value() {
        assert_eq!(query("b=2&a=3&a=1&c", Unsigned::Nothing), "a=1&a=3&b=2&c=");
        assert_eq!(query("a-=1&a=2", Unsigned::Nothing), "a=2&a-=1");
        assert_eq!(query("x=a+b&y=a%20b&&z=%2b=", Unsigned::Nothing), "x=a%20b&y=a%20b&z=%2B%3D");
        assert_eq!(
            query("X-Amz-Signature=f&k=v&X-Amz-Security-Token=t", Unsigned::Signature),
            "X-Amz-Security-Token=t&k=v"
        );
        assert_eq!(query("X-Amz-Signature=f&k=v&X-Amz-Security-Token=t", Unsigned::SignatureAndToken), "k=v");
    }

    #[test]
    fn signed_headers_are_lower_case_sorted_and_unique() {
        let names = SignedHeaders::read("X-Amz-Date;host;host; ;a");
        assert_eq!(names.0, ["a", "host", "x-amz-date"]);
        assert!(names.contains("host") && names.has_host() && !names.contains("hos"));
        assert!(!SignedHeaders::read("x-amz-date").has_host());
    }

    #[test]
    fn header_values_are_trimmed_collapsed_and_joined() {
        let mut out = Vec::new();
        push_collapsed(&mut out, b"  \"a   b  c\"\t");
        assert_eq!(out, b"\"a b c\"");
    }
}
