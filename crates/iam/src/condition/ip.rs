//! `IpAddress` and `NotIpAddress`: an address, or a network as its first address and the bits of its prefix.

use std::net::IpAddr;

#[derive(Clone, Debug)]
pub(super) struct Values {
    networks: Box<[Network]>,
}

#[derive(Clone, Copy, Debug)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Values {
    pub(super) fn new(texts: &[String]) -> Self {
        Self { networks: texts.iter().filter_map(|text| Network::parse(text)).collect() }
    }

    pub(super) fn any(&self, value: &str) -> bool {
        value.parse().is_ok_and(|address| self.networks.iter().any(|network| network.contains(address)))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        (prefix <= bits).then_some(Self { address, prefix })
    }

    fn contains(&self, other: IpAddr) -> bool {
        let prefix = u32::from(self.prefix);
        match (self.address, other) {
            (IpAddr::V4(mine), IpAddr::V4(other)) => {
                let differing = mine.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= prefix
            }
            (IpAddr::V6(mine), IpAddr::V6(other)) => {
                let differing = mine.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= prefix
            }
            _ => false,
        }
    }
}
