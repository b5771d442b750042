//! JSON bodies: awsJson 1.0 and 1.1, restJson1.

mod decode;
mod document;
mod encode;

pub(crate) use decode::{decode, decode_field, error_parts};
pub(crate) use encode::{Encoder, error_body};

use crate::schema::Protocol;

/// Content type of bodies.
pub(crate) const fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AwsJson10 => "application/x-amz-json-1.0",
        Protocol::AwsJson11 => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}
