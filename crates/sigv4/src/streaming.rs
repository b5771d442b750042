//! `aws-chunked` bodies: chunks that each carry a signature chained to the one before, and headers that follow them.
//!
//! The decoder holds one line of text and a hash, never a chunk: data goes out as it comes in, and a chunk's signature
//! is known to be right only at its end. Nothing may be kept of a body until [`ChunkDecoder::finish`] has agreed.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::credential::Credential;
use crate::encoding::{hex, hex_text};
use crate::error::{ChunkError, Error};
use crate::key::SigningKey;
use crate::payload::ChunkMode;

/// Every chunk but the last has at least this many bytes (S3 documentation, "Transferring payload in multiple chunks").
const MIN_CHUNK: u64 = 8_192;
/// By default no chunk may have more bytes than the largest object that one PutObject can make.
const MAX_CHUNK: u64 = 5 << 30;
/// The longest line, in bytes. A signed chunk's header has at most 98.
const MAX_LINE: usize = 1_024;
/// The most headers that may follow the chunks.
const MAX_TRAILERS: usize = 16;
/// The header that signs the others.
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// Headers that followed the chunks, in their order, names in lower case; the signature is not among them.
pub type Trailers = Vec<(String, String)>;

/// What verifies the signatures of chunks: made by [`crate::verify`].
#[derive(Clone, Debug)]
pub struct ChunkSigner {
    key: SigningKey,
    access_key: String,
    signed_at: String,
    scope: String,
    /// The signature before: the request's own to begin with.
    previous: [u8; 32],
}

impl ChunkSigner {
    pub(crate) fn new(
        key: SigningKey,
        credential: &Credential<'_>,
        signed_at: String,
        seed: [u8; 32],
    ) -> ChunkSigner {
        let access_key = credential.access_key().to_owned();
        ChunkSigner { key, access_key, signed_at, scope: credential.scope().to_owned(), previous: seed }
    }

    /// Checks a signature, which becomes the one before the next.
    fn check(&mut self, algorithm: &str, hashes: &str, provided: &str, what: &str) -> Result<(), ChunkError> {
        let mut string_to_sign = String::with_capacity(320);
        let previous = hex_text(&self.previous);
        for line in [algorithm, &self.signed_at, &self.scope, &previous] {
            string_to_sign.push_str(line);
            string_to_sign.push('\n');
        }
        string_to_sign.push_str(hashes);
        let signature = self.key.sign(string_to_sign.as_bytes());
        if bool::from(hex(&signature).as_slice().ct_eq(provided.as_bytes())) {
            self.previous = signature;
            return Ok(());
        }
        Err(ChunkError::Signature {
            what: what.to_owned(),
            access_key: self.access_key.clone(),
            provided: provided.to_owned(),
            string_to_sign,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Within the line that opens a chunk.
    Header,
    /// Within the data of a chunk, this many bytes before its end.
    Data(u64),
    /// After the data of a chunk, this many bytes before the next.
    DataEnd(u8),
    /// Within the lines after the last chunk.
    Trailer,
    /// After everything.
    Done,
    /// After an error.
    Failed,
}

/// Takes an `aws-chunked` body apart as it arrives.
#[derive(Debug)]
pub struct ChunkDecoder {
    mode: ChunkMode,
    signer: Option<Box<ChunkSigner>>,
    expected_length: Option<u64>,
    max_chunk: u64,
    state: State,
    line: Vec<u8>,
    /// Counted from one; zero before the first.
    chunk: u64,
    chunk_size: u64,
    chunk_hash: Sha256,
    chunk_signature: String,
    decoded: u64,
    trailers: Trailers,
    is_trailer_signed: bool,
}

impl ChunkDecoder {
    /// A decoder of a body of this kind. Without a signer (where signatures are not verified) those of the chunks are
    /// read and not looked at. `decoded_length` is `x-amz-decoded-content-length`, which the chunks must add up to.
    pub fn new(
        mode: ChunkMode,
        signer: Option<Box<ChunkSigner>>,
        decoded_length: Option<u64>,
    ) -> ChunkDecoder {
        ChunkDecoder {
            mode,
            signer,
            expected_length: decoded_length,
            max_chunk: MAX_CHUNK,
            state: State::Header,
            line: Vec::new(),
            chunk: 0,
            chunk_size: 0,
            chunk_hash: Sha256::new(),
            chunk_signature: String::new(),
            decoded: 0,
            trailers: Vec::new(),
            is_trailer_signed: false,
        }
    }

    /// The same with another limit on the size of a chunk, in bytes; by default 5 GiB.
    pub fn with_max_chunk(mut self, bytes: u64) -> ChunkDecoder {
        self.max_chunk = bytes;
        self
    }

    /// Takes the next piece of the body, of any size, and hands the data in it to `sink`.
    ///
    /// # Errors
    /// [`Error::Chunk`]; the decoder takes nothing more after one.
    pub fn push(&mut self, input: &[u8], mut sink: impl FnMut(&[u8])) -> Result<(), Error> {
        let outcome = self.advance(input, &mut sink);
        if outcome.is_err() {
            self.state = State::Failed;
        }
        outcome.map_err(Error::from)
    }

    /// Whether the whole body has been seen.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Ends the body: the headers that followed the chunks.
    ///
    /// # Errors
    /// [`Error::Chunk`] if the body is not complete, or shorter than announced.
    pub fn finish(self) -> Result<Trailers, Error> {
        // Some clients leave out the empty line after a signed trailer, which says all there is to say.
        let is_complete = self.is_done()
            || (self.state == State::Trailer && self.is_trailer_signed && self.line.is_empty());
        if !is_complete {
            return Err(ChunkError::Truncated.into());
        }
        match self.expected_length {
            Some(expected) if expected != self.decoded => {
                Err(ChunkError::Length { decoded: self.decoded, expected }.into())
            }
            _ => Ok(self.trailers),
        }
    }

    fn advance(&mut self, mut input: &[u8], sink: &mut impl FnMut(&[u8])) -> Result<(), ChunkError> {
        while let Some(&first) = input.first() {
            match self.state {
                State::Data(left) => {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let (data, rest) = input.split_at(take);
                    if self.signer.is_some() {
                        self.chunk_hash.update(data);
                    }
                    sink(data);
                    input = rest;
                    self.state = match left - take as u64 {
                        0 => State::DataEnd(2),
                        still_left => State::Data(still_left),
                    };
                }
                State::DataEnd(left) => {
                    if first != if left == 2 { b'\r' } else { b'\n' } {
                        return Err(self.malformed("a line end after the data"));
                    }
                    input = &input[1..];
                    self.state = State::DataEnd(left - 1);
                    if left == 1 {
                        self.check_chunk()?;
                        self.state = State::Header;
                    }
                }
                State::Header | State::Trailer => {
                    let Some(line) = self.take_line(&mut input)? else {
                        return Ok(());
                    };
                    if self.state == State::Header {
                        self.open_chunk(&line)?
                    } else {
                        self.read_trailer(&line)?
                    }
                }
                State::Done => return Err(self.malformed("nothing after the last chunk")),
                State::Failed => return Err(self.malformed("nothing after an error")),
            }
        }
        Ok(())
    }

    fn malformed(&self, what: &'static str) -> ChunkError {
        ChunkError::Malformed { chunk: self.chunk.max(1), what }
    }

    /// The next line without its end, once all of it is there.
    fn take_line(&mut self, input: &mut &[u8]) -> Result<Option<String>, ChunkError> {
        let end = input.iter().position(|&byte| byte == b'\n');
        let (piece, rest) = input.split_at(end.map_or(input.len(), |at| at + 1));
        *input = rest;
        if self.line.len() + piece.len() > MAX_LINE {
            return Err(self.malformed("a line of at most 1024 bytes"));
        }
        self.line.extend_from_slice(piece);
        if end.is_none() {
            return Ok(None);
        }
        let whole = std::mem::take(&mut self.line);
        let text = String::from_utf8(whole).map_err(|_| self.malformed("a line of text"))?;
        let line = text
            .strip_suffix("\r\n")
            .or_else(|| text.strip_suffix('\n').filter(|_| self.state == State::Trailer));
        let line = line.ok_or_else(|| self.malformed("a line that ends in CR LF"))?;
        Ok(Some(line.to_owned()))
    }

    /// Reads `400;chunk-signature=…` (or `400`, where chunks are not signed).
    fn open_chunk(&mut self, line: &str) -> Result<(), ChunkError> {
        self.chunk += 1;
        let (size, signature) = match (self.mode.is_signed(), line.split_once(";chunk-signature=")) {
            (true, Some((size, signature))) => (size, signature),
            (true, None) => return Err(self.malformed("size;chunk-signature=signature")),
            (false, _) => (line, ""),
        };
        let is_size = (1..=16).contains(&size.len()) && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parsed = if is_size { u64::from_str_radix(size, 16).ok() } else { None };
        let size = parsed.ok_or_else(|| self.malformed("a size in hexadecimal"))?;
        if size > 0 && self.chunk > 1 && self.chunk_size < MIN_CHUNK {
            return Err(ChunkError::TooSmall { chunk: self.chunk - 1, size: self.chunk_size });
        }
        if size > self.max_chunk {
            return Err(ChunkError::TooLarge { chunk: self.chunk, size, limit: self.max_chunk });
        }
        self.decoded = self.decoded.saturating_add(size);
        match self.expected_length {
            Some(expected) if self.decoded > expected => {
                return Err(ChunkError::Length { decoded: self.decoded, expected });
            }
            _ => {}
        }
        self.chunk_size = size;
        self.chunk_signature = signature.to_owned();
        if size > 0 {
            self.state = State::Data(size);
            return Ok(());
        }
        self.check_chunk()?;
        self.state = State::Trailer;
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        let Some(signer) = &mut self.signer else {
            return Ok(());
        };
        let empty: [u8; 32] = Sha256::digest(b"").into();
        let data: [u8; 32] = self.chunk_hash.finalize_reset().into();
        let hashes = format!("{}\n{}", hex_text(&empty), hex_text(&data));
        let what = format!("chunk {}", self.chunk);
        signer.check("AWS4-HMAC-SHA256-PAYLOAD", &hashes, &self.chunk_signature, &what)
    }

    /// Reads a line after the last chunk: a header, or the empty line that ends the body.
    fn read_trailer(&mut self, line: &str) -> Result<(), ChunkError> {
        let trailer = |what| ChunkError::Trailer { what };
        if line.is_empty() {
            if self.mode == ChunkMode::SignedTrailer && !self.is_trailer_signed {
                return Err(trailer("x-amz-trailer-signature after the other headers"));
            }
            self.state = State::Done;
            return Ok(());
        }
        if !self.mode.has_trailer() {
            return Err(self.malformed("an empty line after the last chunk"));
        }
        if self.is_trailer_signed {
            return Err(trailer("nothing after x-amz-trailer-signature"));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| trailer("name:value"))?;
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        if name == TRAILER_SIGNATURE {
            return self.check_trailer(value);
        }
        if self.trailers.len() == MAX_TRAILERS {
            return Err(trailer("at most 16 headers"));
        }
        self.trailers.push((name, value.to_owned()));
        Ok(())
    }

    fn check_trailer(&mut self, provided: &str) -> Result<(), ChunkError> {
        if self.mode != ChunkMode::SignedTrailer {
            return Err(ChunkError::Trailer { what: "no x-amz-trailer-signature after unsigned chunks" });
        }
        self.is_trailer_signed = true;
        let Some(signer) = &mut self.signer else {
            return Ok(());
        };
        let mut sorted: Vec<&(String, String)> = self.trailers.iter().collect();
        sorted.sort();
        let mut canonical = String::new();
        for (name, value) in sorted {
            // Writing to a String does not fail.
            let _ = writeln!(canonical, "{name}:{value}");
        }
        let digest: [u8; 32] = Sha256::digest(canonical).into();
        signer.check("AWS4-HMAC-SHA256-TRAILER", &hex_text(&digest), provided, "the trailing headers")
    }
}
