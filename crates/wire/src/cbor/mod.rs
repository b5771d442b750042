//! CBOR bodies (RFC 8949), as rpcv2Cbor has them.

mod decode;
mod encode;
mod read;
mod write;

pub(crate) use decode::{decode, error_parts};
pub(crate) use encode::{encode, error_body};
