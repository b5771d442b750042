//! What a browser sends: a path, the fields of a query or a form, cookies, and the mark that shows that a form is ours.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method};
use ironbird_rig::World;
use ironbird_rig::credentials::{Fingerprint, fresh_secret, same};
use serde_json::{Map, Value};

use super::page::Page;
use crate::own::own_scope;
use crate::request::percent_decode;

/// Where the pages are, and what their cookies are for.
pub(super) const PLACE: &str = "/_ironbird/sign-in";

/// The cookie that forms are marked with, and the one of a sign-in.
const MARKS: &str = "ironbird-form";
const SIGN_IN: &str = "ironbird-sign-in";

/// Seconds that a browser keeps a cookie: as long as a sign-in lasts.
const KEPT: u32 = 8 * 3600;

/// One request of a browser.
pub(super) struct Visit {
    pub(super) method: Method,
    /// Below [`PLACE`].
    pub(super) path: Vec<String>,
    /// As it was sent.
    pub(super) query: String,
    /// Of the form where one was sent, of the query otherwise.
    pub(super) fields: Map<String, Value>,
    cookies: BTreeMap<String, String>,
}

impl Visit {
    /// Reads a request.
    ///
    /// # Errors
    /// What to answer where a form is none.
    pub(super) fn read(head: &Parts, body: &Bytes) -> Result<Self, Page> {
        let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let query = head.uri.query().unwrap_or_default().to_owned();
        let fields = if head.method == Method::POST {
            let is_form =
                text(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
            let form = std::str::from_utf8(body).ok().filter(|_| is_form);
            fields(form.ok_or_else(|| Page::new("That is not a form").status(415))?)
        } else {
            fields(&query)
        };
        let path = head.uri.path().strip_prefix(PLACE).unwrap_or_default();
        let path = path.split('/').filter(|step| !step.is_empty());
        let cookies = text(COOKIE).unwrap_or_default().split(';').filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        Ok(Self {
            method: head.method.clone(),
            path: path.map(|step| percent_decode(step).into_owned()).collect(),
            query,
            fields,
            cookies: cookies.collect(),
        })
    }

    /// A field; empty where it was not sent.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The token of the sign-in that the browser keeps; empty where it keeps none.
    pub(super) fn token(&self) -> &str {
        self.cookies.get(SIGN_IN).map_or("", String::as_str)
    }

    /// The mark for forms of this browser, and the cookie to set where it has none yet. Another site can send a form in the
    /// browser's name, but cannot know its mark.
    pub(super) fn mark(&self, world: &World) -> (String, Option<String>) {
        if let Some(kept) = self.cookies.get(MARKS) {
            return (mark_of(kept), None);
        }
        let fresh = world.within(own_scope(world), |ctx| fresh_secret(ctx, "gateway.form"));
        // Without randomness there is no mark, and no form is taken.
        let fresh = fresh.unwrap_or_default();
        (mark_of(&fresh), Some(cookie(MARKS, &fresh, KEPT)))
    }

    /// Whether the form that was sent is one that this browser was given.
    pub(super) fn is_marked(&self) -> bool {
        let kept = self.cookies.get(MARKS).filter(|kept| !kept.is_empty());
        kept.is_some_and(|kept| same(self.field("mark"), &mark_of(kept)))
    }
}

fn mark_of(kept: &str) -> String {
    Fingerprint::of(&format!("form {kept}")).text().to_owned()
}

fn fields(text: &str) -> Map<String, Value> {
    let decode = |text: &str| percent_decode(&text.replace('+', " ")).into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value).into())).collect()
}

fn cookie(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path={PLACE}; Max-Age={seconds}; HttpOnly; SameSite=Lax")
}

/// The cookie that keeps a sign-in.
pub(super) fn keep(token: &str) -> String {
    cookie(SIGN_IN, token, KEPT)
}

/// The cookie that forgets it.
pub(super) fn forget() -> String {
    cookie(SIGN_IN, "", 0)
}

/// Where to go after signing in: a page of ours, whatever the form says.
pub(super) fn next(place: &str) -> &str {
    let is_ours = place == PLACE || place.strip_prefix(PLACE).is_some_and(|rest| rest.starts_with('/'));
    let is_plain = place.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_ours && is_plain { place } else { PLACE }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn signing_in_leads_to_a_page_of_ours() {
        for place in ["/_ironbird/sign-in", "/_ironbird/sign-in/d-1/device?user_code=A-B"] {
            assert_eq!(next(place), place);
        }
        for place in [
            "",
            "https://example.com/",
            "//example.com/_ironbird/sign-in/",
            "/_ironbird/sign-in.example.com",
            "/_ironbird/sign-in/\r\nSet-Cookie: a=b",
            "/\\example.com",
        ] {
            assert_eq!(next(place), "/_ironbird/sign-in", "{place}");
        }
    }
}
