//! What of a payload the signature covers, as the request itself declares it in `x-amz-content-sha256`.

use sha2::{Digest, Sha256};

use crate::encoding::{hex_text, parse_hex};
use crate::error::Error;
use crate::streaming::ChunkSigner;

/// The body of a request, as far as the caller has it.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// Its SHA-256.
    Sha256([u8; 32]),
    /// Not read yet. Only a request that declares its payload in `x-amz-content-sha256` can be verified so.
    Later,
}

/// What is left to check about the payload once the request is verified.
#[derive(Clone, Debug)]
pub enum PayloadCheck {
    /// Nothing: its hash was signed and matches.
    Done,
    /// The caller gave [`Payload::Later`]: the body must hash to this, or the request is refused with
    /// [`Error::ContentSha256Mismatch`] ([`PayloadCheck::finish`]).
    Sha256([u8; 32]),
    /// The client chose not to sign it.
    Unsigned,
    /// It comes in chunks: a [`crate::ChunkDecoder`] must take it apart. The signer is there if chunks are signed.
    Chunked(ChunkMode, Option<Box<ChunkSigner>>),
}

impl PayloadCheck {
    /// Compares the hash of a body that was read later.
    ///
    /// # Errors
    /// [`Error::ContentSha256Mismatch`] if the signed hash is another.
    pub fn finish(&self, body_sha256: &[u8; 32]) -> Result<(), Error> {
        match self {
            PayloadCheck::Sha256(declared) if declared != body_sha256 => Err(Error::ContentSha256Mismatch {
                declared: hex_text(declared),
                computed: hex_text(body_sha256),
            }),
            _ => Ok(()),
        }
    }
}

/// How an `aws-chunked` body is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkMode {
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: every chunk is signed.
    Signed,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: every chunk is signed, and so are the headers that follow.
    SignedTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: chunks and the headers that follow are not signed.
    UnsignedTrailer,
}

impl ChunkMode {
    /// The mode that a value of `x-amz-content-sha256` names, if it names one.
    pub fn of_content_sha256(value: &str) -> Option<ChunkMode> {
        match value {
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Some(ChunkMode::Signed),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Some(ChunkMode::SignedTrailer),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Some(ChunkMode::UnsignedTrailer),
            _ => None,
        }
    }

    /// Whether chunks carry signatures.
    pub fn is_signed(self) -> bool {
        self != ChunkMode::UnsignedTrailer
    }

    /// Whether headers may follow the chunks.
    pub fn has_trailer(self) -> bool {
        self != ChunkMode::Signed
    }
}

/// A value of `x-amz-content-sha256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    Sha256([u8; 32]),
    Unsigned,
    Chunked(ChunkMode),
}

impl Declared {
    pub(crate) fn read(value: &str) -> Result<Declared, Error> {
        if value == "UNSIGNED-PAYLOAD" {
            return Ok(Declared::Unsigned);
        }
        if let Some(mode) = ChunkMode::of_content_sha256(value) {
            return Ok(Declared::Chunked(mode));
        }
        if let Some(sha256) = parse_hex(value.as_bytes()) {
            return Ok(Declared::Sha256(sha256));
        }
        match value {
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
            | "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
            | "STREAMING-AWS4-HMAC-SHA256-EVENTS" => {
                Err(Error::UnsupportedPayload { value: value.to_owned() })
            }
            _ => Err(Error::BadContentSha256 { value: value.to_owned() }),
        }
    }
}

/// The hash of a payload that is at hand.
pub(crate) fn sha256_of(payload: Payload<'_>) -> Option<[u8; 32]> {
    match payload {
        Payload::Bytes(bytes) => Some(Sha256::digest(bytes).into()),
        Payload::Sha256(sha256) => Some(sha256),
        Payload::Later => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_values_are_told_apart() {
        let zeros = "0".repeat(64);
        assert_eq!(Declared::read("UNSIGNED-PAYLOAD"), Ok(Declared::Unsigned));
        assert_eq!(Declared::read(&zeros), Ok(Declared::Sha256([0; 32])));
        assert_eq!(
            Declared::read("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            Ok(Declared::Chunked(ChunkMode::UnsignedTrailer))
        );
        assert!(matches!(
            Declared::read("STREAMING-AWS4-HMAC-SHA256-EVENTS"),
            Err(Error::UnsupportedPayload { .. })
        ));
        assert!(matches!(Declared::read("required"), Err(Error::BadContentSha256 { .. })));
    }

    #[test]
    fn a_body_read_later_must_have_the_declared_hash() {
        let check = PayloadCheck::Sha256(Sha256::digest(b"body").into());
        assert_eq!(check.finish(&Sha256::digest(b"body").into()), Ok(()));
        assert!(matches!(
            check.finish(&Sha256::digest(b"bodY").into()),
            Err(Error::ContentSha256Mismatch { .. })
        ));
    }
}
