//! Requests and responses as the codecs see them: whole bodies in memory, no connection.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::limits::Limits;

/// A request that came in, for a server to decode. The body is already free of any content encoding and of
/// signature framing.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// `GET`, `POST`…
    pub method: &'a str,
    /// Path as sent, still percent-encoded, without the query string.
    pub path: &'a str,
    /// Query string as sent, without the question mark; empty when there is none.
    pub query: &'a str,
    /// Header fields.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
    /// What the request may cost.
    pub limits: &'a Limits,
}

impl<'a> RequestParts<'a> {
    /// A request under the default limits; `uri` is the path with the query string.
    pub fn new(method: &'a str, uri: &'a str, headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        Self { method, path, query, headers, body, limits: &Limits::DEFAULT }
    }

    /// A header field as text, if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A request that a client encoded, to be sent to an endpoint. It is not signed.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`…
    pub method: String,
    /// Path and query string, percent-encoded, starting with a slash.
    pub uri: String,
    /// Header fields that the protocol asks for; host, date and authorization are the sender's.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// A response: encoded by a server, or received by a client.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Sets a header field whose name is of our making.
pub(crate) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Some(value) = header_value(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// `value` as a header field can carry it; characters that would end the field become question marks.
pub(crate) fn header_value(value: &str) -> Option<HeaderValue> {
    if let Ok(fits) = HeaderValue::from_bytes(value.as_bytes()) {
        return Some(fits);
    }
    let cleaned: String = value.chars().map(|c| if c.is_control() && c != '\t' { '?' } else { c }).collect();
    HeaderValue::from_bytes(cleaned.as_bytes()).ok()
}
