//! The certificates of the keys: signed by themselves, of version 1 (RFC 5280).

use super::key::Key;
use crate::crypto::der;
use num_bigint::BigUint;

/// From when to when they are good, which no world's clock leaves.
const VALID: [&str; 2] = ["700101000000Z", "491231235959Z"];

/// What the certificate of a Region's key says of whose it is.
pub(super) struct Owner {
    pub(super) region: String,
    pub(super) serial: u64,
}

impl Owner {
    /// Issuer and serial number, by which signatures name the certificate.
    pub(super) fn reference(&self) -> Vec<u8> {
        der::sequence(&[self.name(), self.number()])
    }

    fn number(&self) -> Vec<u8> {
        der::integer(&BigUint::from(self.serial))
    }

    fn name(&self) -> Vec<u8> {
        // Organization: 2.5.4.10, common name: 2.5.4.3
        let parts = [(10, "Ironbird"), (3, &format!("Instance identity in {}", self.region))];
        let parts = parts.map(|(arc, text)| {
            der::set(&der::sequence(&[der::identifier(&[0x55, 0x04, arc]), der::printable(text)]))
        });
        der::sequence(&parts)
    }
}

/// The certificate in PEM.
pub(super) fn pem(key: &Key, owner: &Owner) -> String {
    let algorithm = key.signature_algorithm();
    let to_sign = der::sequence(&[
        owner.number(),
        algorithm.clone(),
        owner.name(),
        der::sequence(&VALID.map(der::time)),
        owner.name(),
        key.public_der(),
    ]);
    let signature = der::bits(&key.sign(&to_sign));
    der::pem("CERTIFICATE", &der::sequence(&[to_sign, algorithm, signature]), 64)
}
