//! Encoded authorization messages: what a denial says in full, sealed, because whoever was denied need not be allowed to read it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::context::Ctx;
use crate::credentials::secret_bits;

fn key(ctx: &Ctx<'_>) -> LessSafeKey {
    let bits = secret_bits(ctx, "rig.authorization-message", 0);
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bits).expect("the key has the length of the algorithm's"))
}

/// Seals what a denial says.
pub(super) fn seal(ctx: &Ctx<'_>, details: &Value) -> String {
    let mut text = details.to_string().into_bytes();
    // The nonce follows from what is sealed: a rehearsal gives the same message again, and two messages never share one.
    let digest = Sha256::digest(&text);
    let mut nonce = [0; NONCE_LEN];
    nonce.copy_from_slice(&digest[..NONCE_LEN]);
    let sealed =
        key(ctx).seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text);
    sealed.expect("a message is far shorter than the algorithm's limit");
    URL_SAFE_NO_PAD.encode([&nonce[..], &text].concat())
}

/// Opens what [`seal`] made; none where this world did not make it.
pub fn open(ctx: &Ctx<'_>, sealed: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>()?;
    let mut text = text.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let opened = key(ctx).open_in_place(nonce, Aad::empty(), &mut text).ok()?;
    String::from_utf8(opened.to_vec()).ok()
}
