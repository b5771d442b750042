//! Passwords: kept only as what PBKDF2 makes of them, and compared in constant time.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::context::Ctx;
use crate::error::Result;

/// Rounds of hashing. OWASP asks for 600,000 with SHA-256 (Password Storage Cheat Sheet).
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

/// A password that cannot be read.
#[derive(Clone, Serialize, Deserialize)]
pub struct Password {
    salt: String,
    hash: String,
}

impl Password {
    /// Hashes a password with a salt of its own, drawn below `label`.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn new(ctx: &mut Ctx<'_>, label: &str, plain: &str) -> Result<Self> {
        let salt = ctx.fresh_uuid(label)?;
        let mut hash = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt.as_bytes(), plain.as_bytes(), &mut hash);
        Ok(Self { salt, hash: STANDARD.encode(hash) })
    }

    /// A password that nobody has. To look at it takes as long as at any other, so that nobody learns who has none.
    pub fn nobodys() -> Self {
        Self { salt: String::new(), hash: STANDARD.encode([0; 32]) }
    }

    /// Whether this is what `plain` became.
    pub fn is(&self, plain: &str) -> bool {
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
