//! Any chunked body, in pieces of any size: the same outcome and data as in one piece, never more data than came in.
#![no_main]

use ironbird_sigv4::{ChunkDecoder, ChunkMode, Trailers};
use libfuzzer_sys::fuzz_target;

fn decode(mode: ChunkMode, body: &[u8], piece: usize) -> Option<(Vec<u8>, Trailers)> {
    let mut decoder = ChunkDecoder::new(mode, None, None);
    let mut decoded = Vec::new();
    for input in body.chunks(piece) {
        decoder.push(input, |data| decoded.extend_from_slice(data)).ok()?;
    }
    assert!(decoded.len() <= body.len());
    decoder.finish().ok().map(|trailers| (decoded, trailers))
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, body)) = data.split_first() else { return };
    let mode = match choice % 3 {
        0 => ChunkMode::Signed,
        1 => ChunkMode::SignedTrailer,
        _ => ChunkMode::UnsignedTrailer,
    };
    let whole = decode(mode, body, body.len().max(1));
    let piece = usize::from(choice / 3) % 7 + 1;
    assert_eq!(whole, decode(mode, body, piece));
});
