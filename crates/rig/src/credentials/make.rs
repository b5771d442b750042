//! Ids of credentials: made from the seed and running numbers, so that a seed gives the same ones again, and no two calls do.

use crate::account::Account;
use crate::seed::Seed;

pub(super) const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `AKIA` or `ASIA` and sixteen letters of base 32, which hold the account where those of AWS do (bits 40 to 1 of the first
/// six bytes, after a leading one), so that tools that read it there find it.
pub fn access_key_id(prefix: &str, account: Account, salt: u64, number: u64) -> String {
    // Multiplying by an odd number and adding are one-to-one below 2^39: no two numbers give the same key.
    let unique = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(salt) & ((1 << 39) - 1);
    let first: u64 = (1 << 47) | (account.number() << 7) | (unique >> 32);
    let bits = (u128::from(first) << 32) | u128::from(unique & 0xffff_ffff);
    let letters = (0..16).rev().map(|place| char::from(BASE32[(bits >> (5 * place) & 31) as usize]));
    prefix.chars().chain(letters).collect()
}

/// A unique id with the given prefix (`AROA`) and seventeen letters, as IAM makes them, drawn from `seed`.
pub fn unique_id(prefix: &str, seed: Seed) -> String {
    let mut rng = seed.rng();
    let letters = (0..17).map(|_| char::from(BASE32[rng.below(32) as usize]));
    prefix.chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::access_key_id;
    use crate::account::Account;
    use std::collections::HashSet;

    /// As published: the account is the first six bytes of the decoded id, masked and shifted.
    fn account_of(id: &str) -> u64 {
        let value = |c: u8| super::BASE32.iter().position(|letter| *letter == c).unwrap() as u128;
        let bits = id.bytes().skip(4).fold(0_u128, |bits, c| bits << 5 | value(c));
        ((bits >> 32) as u64 & 0x7fff_ffff_ff80) >> 7
    }

    #[test]
    fn access_keys_carry_their_account_and_never_repeat() {
        let account = Account::parse("999999999999").unwrap();
        let ids: HashSet<String> =
            (0..10_000).map(|number| access_key_id("ASIA", account, 7, number)).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids.iter().take(100) {
            assert_eq!((id.len(), account_of(id)), (20, 999_999_999_999), "{id}");
        }
    }
}
