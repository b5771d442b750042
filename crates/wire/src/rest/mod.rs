//! HTTP bindings of the REST protocols: path labels, query string, headers, status, payload.

mod body;
mod headers;
mod paths;
mod query;
mod template;

pub(crate) use body::{Root, decode_body, encode_body};
pub(crate) use headers::{decode_headers, encode_headers};
pub(crate) use paths::Paths;
pub(crate) use query::{decode_query, decode_uri, encode_uri};
