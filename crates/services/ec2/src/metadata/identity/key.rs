//! The keys that identity documents are signed with: of a Region, the same for all accounts, as AWS's are.

use ironbird_rig::{Ctx, Result, Table};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::crypto::{der, dsa, rsa};

/// RSA keys, which take their time to draw: (account, Region).
pub(in crate::metadata) struct Keys;

impl Table for Keys {
    const NAME: &'static str = "ec2.identity-keys";
    type Record = rsa::Signer;
}

/// A key, with the digest that AWS signs with it.
pub(super) enum Key {
    /// With SHA-256.
    Rsa(rsa::Signer),
    /// With SHA-1.
    Dsa(dsa::PrivateKey),
}

impl Key {
    /// The Region's RSA key.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub(super) fn rsa(ctx: &mut Ctx<'_>) -> Result<Self> {
        let key = ctx.scope().prefix();
        if let Some(kept) = ctx.peek::<Keys>(&key) {
            return Ok(Self::Rsa(kept.clone()));
        }
        let seed = ctx.seed().child("ec2.identity-rsa").child(ctx.region().code());
        let signer = rsa::PrivateKey::draw(seed).signer();
        ctx.put::<Keys>(key, signer.clone())?;
        Ok(Self::Rsa(signer))
    }

    /// The Region's DSA key.
    pub(super) fn dsa(ctx: &Ctx<'_>) -> Self {
        Self::Dsa(dsa::PrivateKey::draw(ctx.seed().child("ec2.identity-dsa").child(ctx.region().code())))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.sign(&Sha256::digest(message)),
            Self::Dsa(key) => key.sign(&Sha1::digest(message)),
        }
    }

    /// The public key as X.509 has it.
    pub(super) fn public_der(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.public_der(),
            Self::Dsa(key) => key.public_der(),
        }
    }

    /// Algorithm identifier of the digest.
    pub(super) fn digest_algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => der::algorithm(rsa::SHA_256),
            // SHA-1: 1.3.14.3.2.26
            Self::Dsa(_) => der::algorithm(&[0x2b, 0x0e, 0x03, 0x02, 0x1a]),
        }
    }

    /// Algorithm identifier of signatures over a digest.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            // sha256WithRSAEncryption: 1.2.840.113549.1.1.11
            Self::Rsa(_) => der::algorithm(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]),
            // dsa-with-sha1, which has no parameters: 1.2.840.10040.4.3
            Self::Dsa(_) => der::sequence(&[der::identifier(&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03])]),
        }
    }

    /// Algorithm identifier that PKCS #7 has beside a signature.
    pub(super) fn encryption_algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => der::rsa_algorithm(),
            Self::Dsa(_) => self.signature_algorithm(),
        }
    }
}
