//! XML bodies: restXml in both directions, and the answers of the query protocols.

mod decode;
mod encode;
mod read;
mod tag;
mod write;

pub(crate) use decode::Decoder;
pub(crate) use encode::{Encoder, Style};
pub(crate) use read::{Element, Reader};
pub(crate) use tag::Tag;
pub(crate) use write::Writer;
