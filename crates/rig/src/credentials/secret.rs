//! Secrets that only their holder knows: made so that nobody guesses them, and kept as no more than a fingerprint.

use aws_lc_rs::constant_time;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::secret_bits;
use crate::context::Ctx;
use crate::error::Result;

/// A new secret: the 43 letters of such [bits](fresh_secret_bits).
///
/// # Errors
/// In an operation registered as one that reads.
pub fn fresh_secret(ctx: &mut Ctx<'_>, label: &str) -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(fresh_secret_bits(ctx, label)?))
}

/// 256 bits that nobody guesses, and that no other call gets.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn fresh_secret_bits(ctx: &mut Ctx<'_>, label: &str) -> Result<[u8; 32]> {
    let number = ctx.next_number(label)?;
    Ok(secret_bits(ctx, label, number))
}

/// Whether two secrets are the same, in a time that does not depend on where they differ.
pub fn same(left: &str, right: &str) -> bool {
    constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// What is kept of a secret: enough to know it again, too little to tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a secret: its SHA-256. Secrets that are made here need no slower hash: they cannot be tried out.
    pub fn of(secret: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(secret)))
    }

    /// Whether this is the fingerprint of `secret`, in a time that does not depend on how much of it is right.
    pub fn is_of(&self, secret: &str) -> bool {
        same(&self.0, &Self::of(secret).0)
    }

    /// The fingerprint as text, to find something by it.
    pub fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn a_fingerprint_knows_its_secret_and_no_other() {
        let kept = Fingerprint::of("secret");
        assert!(kept.is_of("secret"));
        assert!(!kept.is_of("Secret") && !kept.is_of(""));
        // The vector of FIPS 180-2 for "abc".
        assert_eq!(Fingerprint::of("abc").text(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }
}
