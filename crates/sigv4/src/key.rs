//! Secret keys, the signing keys derived from them, and a small cache of the latter.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::credential::{Credential, TERMINATOR};

/// A secret access key. Cheap to clone; never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Arc<str>);

impl SecretKey {
    /// Wraps a secret access key.
    pub fn new(secret: impl Into<Arc<str>>) -> SecretKey {
        SecretKey(secret.into())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn hmac(key: &[u8], message: &str) -> [u8; 32] {
    keyed(key).chain_update(message).finalize().into_bytes().into()
}

/// A key that signs for one day, Region and service, ready to use.
#[derive(Clone)]
pub(crate) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key: four HMACs, from the secret over date, Region and service to the terminator.
    pub(crate) fn derive(secret: &SecretKey, credential: &Credential<'_>) -> SigningKey {
        let start = ["AWS4", &secret.0].concat();
        let date_key = hmac(start.as_bytes(), credential.date());
        let region_key = hmac(&date_key, credential.region());
        let service_key = hmac(&region_key, credential.service());
        SigningKey(keyed(&hmac(&service_key, TERMINATOR)))
    }

    /// The signature of a string to sign.
    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(string_to_sign).finalize().into_bytes().into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

struct Entry {
    /// `AKIDEXAMPLE`, and the scope it signed for.
    access_key: Box<str>,
    scope: Box<str>,
    /// An entry only counts while the access key still has this secret.
    secret: SecretKey,
    key: SigningKey,
}

/// Derived signing keys by access key and scope. Bounded: each key has one place, and takes it from whoever was there.
pub struct KeyCache {
    places: Box<[Mutex<Option<Entry>>]>,
}

impl KeyCache {
    /// A cache of this many places; with none, every key is derived anew.
    pub fn new(places: usize) -> KeyCache {
        KeyCache { places: (0..places).map(|_| Mutex::new(None)).collect() }
    }

    /// The signing key for a credential whose secret is known.
    pub(crate) fn signing_key(&self, secret: &SecretKey, credential: &Credential<'_>) -> SigningKey {
        if self.places.is_empty() {
            return SigningKey::derive(secret, credential);
        }
        let mut hasher = DefaultHasher::new();
        (credential.access_key(), credential.scope()).hash(&mut hasher);
        let index = hasher.finish() % self.places.len() as u64;
        // A panic elsewhere cannot leave an entry half written: entries are replaced whole.
        let mut place = self.places[index as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = &*place
            && *entry.access_key == *credential.access_key()
            && *entry.scope == *credential.scope()
            && entry.secret == *secret
        {
            return entry.key.clone();
        }
        let key = SigningKey::derive(secret, credential);
        *place = Some(Entry {
            access_key: credential.access_key().into(),
            scope: credential.scope().into(),
            secret: secret.clone(),
            key: key.clone(),
        });
        key
    }
}

impl Default for KeyCache {
    /// 256 places, some 100 kB when full: enough for every service and Region that a busy world touches in a day.
    fn default() -> KeyCache {
        KeyCache::new(256)
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCache({} places)", self.places.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::Location;
    use crate::encoding::hex_text;

    fn credential(text: &str) -> Credential<'_> {
        Credential::split(text.into(), Location::Header).unwrap()
    }

    #[test]
    fn the_documented_example_signs() {
        // The worked example of "Create a signed AWS API request": ListUsers on 30 August 2015.
        let secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let key = SigningKey::derive(&secret, &credential("AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"));
        let string_to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
                              f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        let signature = key.sign(string_to_sign.as_bytes());
        assert_eq!(hex_text(&signature), "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    }

    #[test]
    fn a_cached_key_is_the_derived_one_until_the_secret_changes() {
        for places in [0, 1, 3] {
            let cache = KeyCache::new(places);
            for round in 0..3 {
                for text in [
                    "A/d/r/s/aws4_request",
                    "B/d/r/s/aws4_request",
                    "A/d/r/t/aws4_request",
                    "A/e/r/s/aws4_request",
                ] {
                    for secret in ["one", "two"].map(SecretKey::new) {
                        let expected = SigningKey::derive(&secret, &credential(text)).sign(b"x");
                        assert_eq!(
                            cache.signing_key(&secret, &credential(text)).sign(b"x"),
                            expected,
                            "round {round}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        assert!(!format!("{:?}", SecretKey::new("hunter2")).contains("hunter2"));
    }
}
