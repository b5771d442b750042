//! All randomness, as a tree of seeds: a child is named by where it is used, so that one more draw in one
//! place changes nothing elsewhere.

/// A node of the seed tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The root for `number`, the user's `--seed`.
    pub const fn root(number: u64) -> Self {
        Self(mix(number ^ 0x1b_1d_5e_ed_0f_ab_1e_55))
    }

    /// The child named `label`.
    pub fn child(self, label: &str) -> Self {
        // FNV-1a over the label, then one round of mixing: the same on every platform and release.
        let hash = label.bytes().fold(self.0 ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(mix(hash))
    }

    /// The child numbered `index`.
    pub const fn nth(self, index: u64) -> Self {
        Self(mix(self.0.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
    }

    /// A generator that draws from this node.
    pub const fn rng(self) -> Rng {
        Rng { state: self.0 }
    }

    /// 64 bits that stand for this node.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// SplitMix64: small, fast, and enough for modeling. Not for secrets.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number from 0 up to, not including, `bound`; 0 where `bound` is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        // The high half of a product is free of modulo bias to within bound / 2^64.
        ((self.next() as u128 * bound as u128) >> 64) as u64
    }

    /// A number from 0.0 up to, not including, 1.0.
    pub const fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
const fn mix(value: u64) -> u64 {
    let a = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn children_differ_and_repeat() {
        let root = Seed::root(7);
        assert_eq!(root.child("ids").bits(), Seed::root(7).child("ids").bits());
        assert_ne!(root.child("ids").bits(), root.child("pools").bits());
        assert_ne!(root.child("ids").nth(0).bits(), root.child("ids").nth(1).bits());
        assert_ne!(root.bits(), Seed::root(8).bits());
    }

    #[test]
    fn draws_stay_in_bounds() {
        let mut rng = Seed::root(1).rng();
        for _ in 0..1000 {
            assert!(rng.below(7) < 7);
            assert!((0.0..1.0).contains(&rng.unit()));
        }
        assert_eq!(rng.below(0), 0);
    }
}
