//! Blocks of IPv4 addresses.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// A block of IPv4 addresses, `10.0.0.0/16`; bits behind the prefix are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    first: u32,
    length: u8,
}

impl Cidr {
    /// The block of `length` bits that `address` is in; none above 32 bits.
    pub fn new(address: Ipv4Addr, length: u8) -> Option<Self> {
        (length <= 32).then(|| Self { first: u32::from(address) & mask(length), length })
    }

    /// Reads `10.0.0.0/16`. Bits behind the prefix are cleared, as EC2 does.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        // `parse` alone would take a plus sign and leading zeros.
        if length.is_empty() || length.len() > 2 || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Self::new(address.parse().ok()?, length.parse().ok()?)
    }

    /// Bits of the prefix.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// The first address.
    pub const fn first(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first)
    }

    /// The last address.
    pub const fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first | !mask(self.length))
    }

    /// How many addresses there are.
    pub const fn size(self) -> u64 {
        1 << (32 - self.length)
    }

    /// Whether the address is in the block.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.length) == self.first
    }

    /// Whether all of `other` is in the block.
    pub fn covers(self, other: Self) -> bool {
        self.length <= other.length && self.contains(other.first())
    }

    /// Whether the blocks have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// The blocks of `length` bits inside, from the first on.
    pub fn split(self, length: u8) -> impl Iterator<Item = Self> {
        let count = if length >= self.length && length <= 32 { 1_u64 << (length - self.length) } else { 0 };
        (0..count).map(move |index| {
            let step = 1_u64 << (32 - length);
            // At most the last block of 0.0.0.0/0, so the sum stays below 2^32.
            Self { first: (u64::from(self.first) + index * step) as u32, length }
        })
    }
}

const fn mask(length: u8) -> u32 {
    match length {
        0 => 0,
        _ => u32::MAX << (32 - length),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first(), self.length)
    }
}

impl From<Cidr> for String {
    fn from(block: Cidr) -> Self {
        block.to_string()
    }
}

impl TryFrom<String> for Cidr {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no CIDR block"))
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr;

    fn block(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    #[test]
    fn reads_what_ec2_reads() {
        assert_eq!(block("100.68.0.18/18").to_string(), "100.68.0.0/18");
        assert_eq!(block("0.0.0.0/0").last().to_string(), "255.255.255.255");
        for text in
            ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/16", "10.0.0.0/+8", "10.0.0.0/", "::/0", "10.0.0.0/008"]
        {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }

    #[test]
    fn blocks_overlap_or_not() {
        assert!(block("10.0.0.0/16").overlaps(block("10.0.128.0/20")));
        assert!(block("10.0.128.0/20").overlaps(block("10.0.0.0/16")));
        assert!(!block("10.0.0.0/17").overlaps(block("10.0.128.0/17")));
        assert!(block("10.0.0.0/16").covers(block("10.0.0.0/16")));
        assert_eq!(block("10.0.0.0/28").size(), 16);
    }

    #[test]
    fn splits_into_blocks() {
        let parts: Vec<String> = block("172.31.0.0/16").split(20).map(String::from).collect();
        assert_eq!((parts.len(), parts[15].as_str()), (16, "172.31.240.0/20"));
        assert_eq!(block("255.255.255.0/24").split(32).last().unwrap().to_string(), "255.255.255.255/32");
        assert_eq!(block("10.0.0.0/24").split(16).count(), 0);
    }
}
