//! The AWS wire protocols, without any knowledge of a service.
//!
//! A [`schema::Service`] describes an API as data; a value gives its fields to the codecs through one
//! object-safe trait, [`field::Field`]. A codec is therefore written once per protocol, for all services and
//! both directions: a server decodes requests and encodes responses, a client does the reverse.

pub mod field;
pub mod schema;
pub mod timestamp;
pub mod value;
