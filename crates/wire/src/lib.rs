//! The AWS wire protocols, without any knowledge of a service.
//!
//! A [`schema::Service`] describes an API as data; a value gives its fields to the codecs through one
//! object-safe trait, [`field::Field`]. A codec is therefore written once per protocol, for all services and
//! both directions: a server decodes requests and encodes responses, a client does the reverse.
//!
//! A server: [`route::Router::route`], [`decode_request`], [`validate::validate`], then [`encode_response`] or
//! [`encode_error`]. A client: [`encode_request`], then [`decode_response`] or [`decode_error`].
//!
//! Bodies are whole and in memory. Event streams are not carried: an operation that has one is refused with
//! [`rejection::Reason::Unsupported`].

mod cbor;
mod client;
mod error;
pub mod field;
pub mod http;
mod json;
pub mod limits;
mod names;
mod percent;
mod query;
pub mod redact;
pub mod rejection;
mod rest;
pub mod route;
pub mod schema;
mod server;
pub mod shared;
mod text;
pub mod timestamp;
pub mod validate;
pub mod value;
mod walk;
mod xml;

pub use client::{
    ErrorReply, decode_error, decode_error_detail, decode_response, encode_request, fill_idempotency_tokens,
};
pub use error::{ErrorView, encode_error};
pub use server::{decode_request, encode_response};

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::schema::{Metadata, Service, Shape, ShapeId, ShapeSource};

    #[derive(Debug)]
    struct NoShapes;

    impl ShapeSource for NoShapes {
        fn open(&self, _: ShapeId) -> Shape {
            unreachable!("the service has no shapes")
        }
    }

    /// For tests of what needs a service but no shape of it.
    pub(crate) fn empty_service() -> Service {
        Service::new(Metadata::default(), Vec::new(), 0, Arc::new(NoShapes))
    }
}
