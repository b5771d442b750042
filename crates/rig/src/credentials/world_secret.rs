//! What a world keeps to itself, and what follows from it: every secret that it hands out.
//!
//! The secret of a live world is drawn from the system's randomness when the world is new, and kept with its state: who knows the
//! seed, which is no secret, knows nothing of it. That of a rehearsal follows from the seed, so that a run gives the same again.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::context::Ctx;
use crate::store::{Key, Store, StoreError, Table, Transaction};

/// Name of the table that has the world's secret: two worlds that are equal otherwise differ in it.
pub const WORLD_SECRET: &str = "rig.secret";

/// The secret of the world: one record.
pub(crate) struct WorldSecret;

impl Table for WorldSecret {
    const NAME: &'static str = WORLD_SECRET;
    type Record = [u8; 32];
}

/// Gives a live world its secret, unless it has one.
///
/// # Errors
/// When the system has no randomness, or the store could not keep it.
pub(crate) fn ensure(store: &Store) -> Result<(), StoreError> {
    if store.read().peek::<WorldSecret>(&Key::new()).is_some() {
        return Ok(());
    }
    let mut transaction = store.write();
    renew(&mut transaction)?;
    transaction.commit()?.wait()
}

/// Gives a live world another secret, so that what follows from the one before is never given again.
///
/// # Errors
/// When the system has no randomness.
///
/// # Panics
/// In a transaction that reads.
pub(crate) fn renew(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    let mut secret = [0; 32];
    let none = |_| StoreError::File { action: "make a secret for", cause: "no randomness".to_owned() };
    SystemRandom::new().fill(&mut secret).map_err(none)?;
    transaction.put::<WorldSecret>(Key::new(), secret).expect("the transaction is one that writes");
    Ok(())
}

/// Bits that nobody guesses who does not know the world's secret: the same again for the same purpose and number.
pub fn secret_bits(ctx: &Ctx<'_>, purpose: &str, number: u64) -> [u8; 32] {
    let of_seed = ctx.seed().bits().to_be_bytes();
    let secret: &[u8] = ctx.peek::<WorldSecret>(&Key::new()).map_or(&of_seed, |secret| secret);
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.chain_update(purpose).chain_update(number.to_be_bytes()).finalize().into_bytes().into()
}

/// A secret access key: forty characters of such bits.
pub(crate) fn secret_key(ctx: &Ctx<'_>, purpose: &str, number: u64) -> String {
    STANDARD.encode(&secret_bits(ctx, purpose, number)[..30])
}
