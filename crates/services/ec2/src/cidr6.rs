//! Blocks of IPv6 addresses.

use std::fmt;
use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

/// A block of IPv6 addresses, `2001:db8::/56`; bits behind the prefix are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr6 {
    first: u128,
    length: u8,
}

impl Cidr6 {
    /// The block of `length` bits that `address` is in; none above 128 bits.
    pub fn new(address: Ipv6Addr, length: u8) -> Option<Self> {
        (length <= 128).then(|| Self { first: address.to_bits() & mask(length), length })
    }

    /// Reads `2001:db8::/56`. Bits behind the prefix are cleared, as EC2 does.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        // `parse` alone would take a plus sign and leading zeros.
        if length.is_empty() || length.len() > 3 || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Self::new(address.parse().ok()?, length.parse().ok()?)
    }

    /// Bits of the prefix.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// The first address.
    pub const fn first(self) -> Ipv6Addr {
        Ipv6Addr::from_bits(self.first)
    }

    /// Whether the address is in the block.
    pub fn contains(self, address: Ipv6Addr) -> bool {
        address.to_bits() & mask(self.length) == self.first
    }

    /// Whether all of `other` is in the block.
    pub fn covers(self, other: Self) -> bool {
        self.length <= other.length && self.contains(other.first())
    }

    /// Whether the blocks have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

const fn mask(length: u8) -> u128 {
    match length {
        0 => 0,
        _ => u128::MAX << (128 - length),
    }
}

impl fmt::Display for Cidr6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first(), self.length)
    }
}

impl From<Cidr6> for String {
    fn from(block: Cidr6) -> Self {
        block.to_string()
    }
}

impl TryFrom<String> for Cidr6 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no IPv6 CIDR block"))
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr6;

    #[test]
    fn reads_what_ec2_reads() {
        let block = Cidr6::parse("2001:0db8:1234:1a00::7/56").unwrap();
        assert_eq!(block.to_string(), "2001:db8:1234:1a00::/56");
        assert_eq!(Cidr6::parse("::/0").unwrap().to_string(), "::/0");
        for text in ["", "::", "::/129", "10.0.0.0/8", "::/+8", "::/", "::/0008"] {
            assert_eq!(Cidr6::parse(text), None, "{text}");
        }
    }

    #[test]
    fn blocks_overlap_or_not() {
        let block = |text| Cidr6::parse(text).unwrap();
        assert!(block("2001:db8::/56").covers(block("2001:db8:0:42::/64")));
        assert!(block("2001:db8:0:42::/64").overlaps(block("2001:db8::/56")));
        assert!(!block("2001:db8:0:42::/64").overlaps(block("2001:db8:0:43::/64")));
    }
}
