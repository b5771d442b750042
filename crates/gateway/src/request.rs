//! A request that has arrived whole.

use std::borrow::Cow;
use std::net::SocketAddr;

use bytes::Bytes;
use http::request::Parts;
use ironbird_sigv4::{Credential, Error};
use ironbird_wire::http::RequestParts;
use ironbird_wire::limits::Limits;

/// A request, its body, and what it says of its caller.
pub struct Received<'a> {
    head: &'a Parts,
    body: &'a Bytes,
    peer: SocketAddr,
    credential: Result<Option<Credential<'a>>, Error>,
}

impl<'a> Received<'a> {
    /// A request with its body as it was sent.
    pub fn new(head: &'a Parts, body: &'a Bytes, peer: SocketAddr) -> Self {
        let credential = Credential::parse(&head.headers, head.uri.query().unwrap_or_default());
        Self { head, body, peer, credential }
    }

    /// As the wire sees it.
    pub fn parts(&self) -> RequestParts<'_> {
        self.parts_with(self.body)
    }

    /// The same with another body: one whose encodings have been undone.
    pub fn parts_with<'b>(&'b self, body: &'b [u8]) -> RequestParts<'b> {
        RequestParts {
            method: self.head.method.as_str(),
            path: self.head.uri.path(),
            query: self.head.uri.query().unwrap_or_default(),
            headers: &self.head.headers,
            body,
            limits: &Limits::DEFAULT,
        }
    }

    /// Who the request claims to come from, if that can be read.
    pub fn credential(&self) -> Option<&Credential<'a>> {
        self.credential.as_ref().ok().and_then(Option::as_ref)
    }

    /// The same, with what is wrong where it cannot be read.
    ///
    /// # Errors
    /// The credentials are there and malformed.
    pub fn checked_credential(&self) -> Result<Option<&Credential<'a>>, Error> {
        self.credential.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The session token of temporary credentials.
    pub fn session_token(&self) -> Option<Cow<'_, str>> {
        let in_header = self.header("x-amz-security-token").map(Cow::Borrowed);
        in_header.or_else(|| self.query_value("X-Amz-Security-Token"))
    }

    /// A parameter of the query string, decoded.
    fn query_value(&self, name: &str) -> Option<Cow<'_, str>> {
        let pairs = self.head.uri.query()?.split('&');
        let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1;
        Some(percent_decode(value))
    }

    /// The authority of an HTTP/2 request.
    pub fn authority(&self) -> Option<&str> {
        self.head.uri.authority().map(http::uri::Authority::as_str)
    }

    /// The host the client meant, with its port; empty where it said none.
    pub fn host(&self) -> &str {
        self.authority().or_else(|| self.header("host")).unwrap_or_default()
    }

    /// What the client says of itself.
    pub fn user_agent(&self) -> &str {
        self.header("user-agent").unwrap_or_default()
    }

    /// Where it came from, without the port.
    pub fn source(&self) -> String {
        self.peer.ip().to_string()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Undoes percent-encoding; a percent sign that begins no escape stands for itself.
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%'
            && let (Some(high), Some(low)) = (hex(bytes.get(at + 1)), hex(bytes.get(at + 2)))
        {
            decoded.push((high * 16 + low) as u8);
            at += 3;
            continue;
        }
        decoded.push(bytes[at]);
        at += 1;
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::percent_decode;

    #[test]
    fn escapes_are_undone() {
        assert_eq!(percent_decode("a%2Fb%3d"), "a/b=");
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%zz%4"), "%zz%4");
        assert_eq!(percent_decode("plain"), "plain");
    }
}
