//! What a key pair is made of: drawing it, reading the public half, fingerprints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use ironbird_rig::seed::Seed;
use ironbird_rig::{Error, Result};
use md5::Md5;
use num_bigint::BigUint;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::crypto::{der, rsa};

/// A public key with what AWS says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// `rsa` or `ed25519`.
    pub(super) key_type: &'static str,
    /// `ssh-rsa AAAA…`, without a comment.
    pub(super) openssh: String,
    /// As AWS computes it.
    pub(super) fingerprint: String,
}

/// Draws a key pair: the public key, and the private key as CreateKeyPair answers it. The fingerprint of an RSA
/// key is the SHA-1 digest of the private key's PKCS #8 form, that of an Ed25519 key OpenSSH's.
pub(super) fn draw(key_type: &str, seed: Seed) -> Result<(PublicKey, String)> {
    match key_type {
        "rsa" => {
            let key = rsa::PrivateKey::draw(seed);
            let public = PublicKey {
                key_type: "rsa",
                openssh: openssh("ssh-rsa", &key.public_blob()),
                fingerprint: der::colons(&Sha1::digest(key.pkcs8())),
            };
            Ok((public, key.pem()))
        }
        "ed25519" => {
            let mut secret = [0; 32];
            let mut rng = seed.rng();
            for chunk in secret.chunks_exact_mut(8) {
                chunk.copy_from_slice(&rng.next().to_le_bytes());
            }
            let key = SigningKey::from_bytes(&secret);
            let public = key.verifying_key().to_bytes();
            let blob = ed25519_blob(&public);
            let shown = PublicKey {
                key_type: "ed25519",
                openssh: openssh("ssh-ed25519", &blob),
                fingerprint: sha256_fingerprint(&blob),
            };
            let check = rng.next() as u32;
            Ok((shown, der::pem("OPENSSH PRIVATE KEY", &openssh_private(&key, &blob, check), 70)))
        }
        other => Err(crate::error::invalid_parameter_value(other, "KeyType")),
    }
}

fn openssh(name: &str, blob: &[u8]) -> String {
    format!("{name} {}", STANDARD.encode(blob))
}

fn sha256_fingerprint(blob: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(blob))
}

fn ed25519_blob(public: &[u8]) -> Vec<u8> {
    [der::ssh_field(b"ssh-ed25519"), der::ssh_field(public)].concat()
}

/// The form of OpenSSH's `PROTOCOL.key`, without a passphrase.
fn openssh_private(key: &SigningKey, blob: &[u8], check: u32) -> Vec<u8> {
    let mut secret = [check.to_be_bytes(), check.to_be_bytes()].concat();
    secret.extend(blob);
    secret.extend(der::ssh_field(&key.to_keypair_bytes()));
    secret.extend(der::ssh_field(b""));
    // Padding to the block size of no cipher, which is eight bytes: 1, 2, 3, …
    let padding = (8 - secret.len() % 8) % 8;
    secret.extend((1..=8_u8).take(padding));
    let mut out = b"openssh-key-v1\0".to_vec();
    out.extend([der::ssh_field(b"none"), der::ssh_field(b"none"), der::ssh_field(b"")].concat());
    out.extend(1_u32.to_be_bytes());
    out.extend(der::ssh_field(blob));
    out.extend(der::ssh_field(&secret));
    out
}

/// Reads a public key in OpenSSH's form or that of RFC 4716. The fingerprint of an RSA key is the MD5 digest of
/// its X.509 form.
///
/// # Errors
/// `InvalidKey.Format` for anything else, other kinds of keys, and RSA keys of other sizes than AWS takes.
pub(super) fn read(material: &[u8]) -> Result<PublicKey> {
    parse(material)
        .ok_or_else(|| Error::client("InvalidKey.Format", "Key is not in valid OpenSSH public key format"))
}

fn parse(material: &[u8]) -> Option<PublicKey> {
    let text = std::str::from_utf8(material).ok()?.trim();
    let encoded = match text.strip_prefix("---- BEGIN SSH2 PUBLIC KEY ----") {
        Some(rest) => {
            let body = rest.split("---- END SSH2 PUBLIC KEY ----").next()?;
            body.lines().filter(|line| !line.contains(':')).map(str::trim).collect()
        }
        None => text.split_ascii_whitespace().nth(1)?.to_owned(),
    };
    let blob = STANDARD.decode(encoded).ok()?;
    let mut rest = blob.as_slice();
    match der::take_ssh_field(&mut rest)? {
        b"ssh-ed25519" => {
            let public = der::take_ssh_field(&mut rest).filter(|key| key.len() == 32 && rest.is_empty())?;
            let blob = ed25519_blob(public);
            Some(PublicKey {
                key_type: "ed25519",
                openssh: openssh("ssh-ed25519", &blob),
                fingerprint: sha256_fingerprint(&blob),
            })
        }
        b"ssh-rsa" => {
            let exponent = BigUint::from_bytes_be(der::take_ssh_field(&mut rest)?);
            let modulus = BigUint::from_bytes_be(der::take_ssh_field(&mut rest)?);
            let fits = rest.is_empty() && [1024, 2048, 4096].contains(&modulus.bits());
            fits.then(|| PublicKey {
                key_type: "rsa",
                openssh: openssh("ssh-rsa", &blob),
                fingerprint: der::colons(&Md5::digest(rsa::public_der(&modulus, &exponent))),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{draw, read};
    use ironbird_rig::seed::Seed;

    #[test]
    fn a_drawn_key_can_be_read_again() {
        let (public, private) = draw("ed25519", Seed::root(3)).unwrap();
        assert!(private.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA"));
        let commented = format!("{} someone@somewhere\n", public.openssh);
        assert_eq!(read(commented.as_bytes()).unwrap(), public);
        assert_eq!(draw("ed25519", Seed::root(3)).unwrap().1, private);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "ssh-rsa",
            "ssh-rsa AAAA",
            "ssh-dss AAAAB3NzaC1kc3M=",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
            "é",
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().code(), "InvalidKey.Format", "{text}");
        }
        assert_eq!(draw("dsa", Seed::root(1)).err().unwrap().code(), "InvalidParameterValue");
    }
}
