//! Randomness from a seed, named by what it is for, so that one more draw in one place changes nothing elsewhere.

use sha2::{Digest as _, Sha256};

/// A number from 0 up to, not including, `bound`; 0 where `bound` is 0.
pub fn below(bound: usize, seed: u64, what: &str, numbers: &[usize]) -> usize {
    let mut digest = Sha256::new();
    digest.update(seed.to_be_bytes());
    digest.update(what.as_bytes());
    for number in numbers {
        digest.update((*number as u64).to_be_bytes());
    }
    let bytes: [u8; 32] = digest.finalize().into();
    let mut head = [0_u8; 8];
    head.copy_from_slice(&bytes[..8]);
    // The high half of a product is free of modulo bias to within bound / 2^64.
    ((u128::from(u64::from_be_bytes(head)) * bound as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn draws_repeat_and_differ() {
        assert_eq!(below(1000, 7, "fault", &[3]), below(1000, 7, "fault", &[3]));
        let draws: std::collections::BTreeSet<usize> =
            (0..50).map(|index| below(1 << 40, 7, "fault", &[index])).collect();
        assert_eq!(draws.len(), 50);
        assert!((0..100).all(|index| below(3, 7, "fault", &[index]) < 3));
        assert_eq!(below(0, 7, "fault", &[]), 0);
    }
}
