//! Passwords: kept only as what PBKDF2 makes of them, and compared in constant time.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironbird_rig::{Ctx, Result};
use serde::{Deserialize, Serialize};

/// Rounds of hashing. OWASP asks for 600,000 with SHA-256 (Password Storage Cheat Sheet).
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

/// A password that cannot be read.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Password {
    salt: String,
    hash: String,
}

impl Password {
    /// Hashes a password with a salt of its own.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub(crate) fn new(ctx: &mut Ctx<'_>, plain: &str) -> Result<Self> {
        let salt = ctx.fresh_uuid("iam.password")?;
        let mut hash = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt.as_bytes(), plain.as_bytes(), &mut hash);
        Ok(Self { salt, hash: STANDARD.encode(hash) })
    }

    /// Whether this is what `plain` became.
    pub(crate) fn is(&self, plain: &str) -> bool {
        let Ok(hash) = STANDARD.decode(&self.hash) else { return false };
        let (salt, plain) = (self.salt.as_bytes(), plain.as_bytes());
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt, plain, &hash).is_ok()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}
