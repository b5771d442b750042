//! Reading a request's body: bounded in size and time, whatever the client announces.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};
use ironbird_sigv4::{ChunkDecoder, ChunkMode, PayloadCheck};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A client that sends nothing for this long is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body up to this size needs no leave; above it, room is counted in blocks of this size.
const SMALL: usize = 64 * 1024;

/// Bytes that larger bodies may take together.
const ROOM: usize = 512 * 1024 * 1024;

/// Bytes of a body that is too large which are read and thrown away.
const DRAINED: usize = 64 * 1024 * 1024;

/// Why there is no body.
#[derive(Debug)]
pub enum Unread {
    /// More bytes than the limit, announced or sent.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The client stopped sending.
    Slow,
    /// The client went away, or the framing is broken; nobody is there to be told.
    Cut,
    /// The content encoding cannot be undone.
    Encoding(String),
    /// The `aws-chunked` framing is broken, or its signatures are wrong.
    Chunks(ironbird_sigv4::Error),
}

/// A body, and the room it takes.
pub struct Read {
    /// The body as it was sent.
    pub bytes: Bytes,
    /// Held as long as the bytes are.
    #[expect(dead_code, reason = "given back when dropped")]
    room: Option<OwnedSemaphorePermit>,
}

/// What bodies of all connections may take at once.
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM / SMALL)))
    }
}

impl Room {
    /// Reads the whole body as it was sent. A client that `waits` to be told to go on has sent nothing of it yet.
    ///
    /// # Errors
    /// When it is too large, too slow, or cut.
    pub async fn read(&self, mut body: Incoming, waits: bool, limit: usize) -> Result<Read, Unread> {
        let (least, most) = (body.size_hint().lower(), body.size_hint().upper());
        if least > limit as u64 {
            if !waits {
                drain(body).await;
            }
            return Err(Unread::TooLarge { limit });
        }
        let most = most.map_or(limit, |most| usize::try_from(most).unwrap_or(limit)).min(limit);
        let mut room = None;
        let mut pieces = Pieces::default();
        loop {
            let frame = tokio::time::timeout(PATIENCE, body.frame()).await.map_err(|_| Unread::Slow)?;
            let Some(frame) = frame else { break };
            let Ok(data) = frame.map_err(|_| Unread::Cut)?.into_data() else { continue };
            if pieces.len() + data.len() > limit {
                drain(body).await;
                return Err(Unread::TooLarge { limit });
            }
            if room.is_none() && pieces.len() + data.len() > SMALL {
                room = Some(self.take(most).await?);
            }
            pieces.push(data);
        }
        Ok(Read { bytes: pieces.finish(), room })
    }

    /// Takes the room for all of a body at once, so that half-read bodies never wait for one another.
    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Unread> {
        let blocks = u32::try_from(bytes.div_ceil(SMALL)).unwrap_or(u32::MAX);
        let taking = Arc::clone(&self.0).acquire_many_owned(blocks);
        let taken = tokio::time::timeout(PATIENCE, taking).await.map_err(|_| Unread::Slow)?;
        taken.map_err(|_| Unread::Slow)
    }
}

/// Pieces of a body. Most bodies come in one piece, which then needs no copy.
#[derive(Default)]
struct Pieces {
    first: Bytes,
    all: BytesMut,
}

impl Pieces {
    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn push(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&piece);
    }

    fn finish(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

/// Reads on for a while and keeps nothing: many clients look for an answer only once they have sent everything.
async fn drain(mut body: Incoming) {
    let mut left = DRAINED;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(PATIENCE, body.frame()).await {
        let size = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Undoes the framing of a body that was signed in chunks, and its content encoding. `check` is what verifying the
/// signature left to do; without one (signatures are not looked at) the headers say whether there are chunks.
///
/// # Errors
/// When the framing or the encoding is broken, or the result is too large.
pub fn unwrap(
    headers: &HeaderMap,
    raw: Bytes,
    check: Option<PayloadCheck>,
    limit: usize,
) -> Result<Bytes, Unread> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let chunked = match check {
        Some(PayloadCheck::Chunked(mode, signer)) => Some((mode, signer)),
        Some(_) => None,
        None => text("x-amz-content-sha256").and_then(ChunkMode::of_content_sha256).map(|mode| (mode, None)),
    };
    let mut body = raw;
    if let Some((mode, signer)) = chunked {
        let length = text("x-amz-decoded-content-length").and_then(|length| length.trim().parse().ok());
        let mut decoder = ChunkDecoder::new(mode, signer, length).with_max_chunk(limit as u64);
        let mut decoded = BytesMut::new();
        decoder.push(&body, |piece| decoded.extend_from_slice(piece)).map_err(Unread::Chunks)?;
        decoder.finish().map_err(Unread::Chunks)?;
        body = decoded.freeze();
    }
    let encodings = text("content-encoding").unwrap_or_default();
    for encoding in encodings.split(',').map(str::trim).rev() {
        match encoding {
            "" | "identity" | "aws-chunked" => {}
            "gzip" => body = gunzip(&body, limit)?,
            other => return Err(Unread::Encoding(other.to_owned())),
        }
    }
    Ok(body)
}

fn gunzip(body: &[u8], limit: usize) -> Result<Bytes, Unread> {
    let mut plain = Vec::new();
    // One byte more than allowed is enough to know that there is too much.
    let mut reader = flate2::read::MultiGzDecoder::new(body).take(limit as u64 + 1);
    reader.read_to_end(&mut plain).map_err(|_| Unread::Encoding("gzip".to_owned()))?;
    if plain.len() > limit {
        return Err(Unread::TooLarge { limit });
    }
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Unread, unwrap};
    use bytes::Bytes;
    use http::HeaderMap;

    fn gzip(plain: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn gzip_is_undone_up_to_the_limit() {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", "gzip".parse().unwrap());
        assert_eq!(unwrap(&headers, gzip(b"Action=X"), None, 100).unwrap(), "Action=X");
        let bomb = gzip(&[b' '; 100_000]);
        assert!(bomb.len() < 1000);
        assert!(matches!(unwrap(&headers, bomb, None, 1000), Err(Unread::TooLarge { limit: 1000 })));
        assert!(matches!(unwrap(&headers, Bytes::from("no gzip"), None, 1000), Err(Unread::Encoding(_))));
        headers.insert("content-encoding", "br".parse().unwrap());
        assert!(
            matches!(unwrap(&headers, Bytes::new(), None, 10), Err(Unread::Encoding(name)) if name == "br")
        );
    }

    #[test]
    fn chunks_are_taken_apart() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER".parse().unwrap());
        headers.insert("content-encoding", "aws-chunked".parse().unwrap());
        let raw = Bytes::from("5\r\nhello\r\n0\r\n\r\n");
        assert_eq!(unwrap(&headers, raw, None, 100).unwrap(), "hello");
        assert!(matches!(unwrap(&headers, Bytes::from("5\r\nhel"), None, 100), Err(Unread::Chunks(_))));
    }
}
