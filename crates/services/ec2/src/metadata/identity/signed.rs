//! Signed data of PKCS #7 (RFC 2315) with the message inside and no certificate, as AWS has it.

use super::certificate::Owner;
use super::key::Key;
use crate::crypto::der;

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// A message that `owner`'s `key` has signed, in DER.
pub(super) fn signed(key: &Key, owner: &Owner, message: &[u8]) -> Vec<u8> {
    let signer = der::sequence(&[
        der::small(1),
        owner.reference(),
        key.digest_algorithm(),
        key.encryption_algorithm(),
        der::octets(&key.sign(message)),
    ]);
    let signed = der::sequence(&[
        der::small(1),
        der::set(&key.digest_algorithm()),
        content(DATA, &der::octets(message)),
        der::set(&signer),
    ]);
    content(SIGNED_DATA, &signed)
}

fn content(kind: &[u8], inside: &[u8]) -> Vec<u8> {
    der::sequence(&[der::identifier(kind), der::context(0, inside)])
}
