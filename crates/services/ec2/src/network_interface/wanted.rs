//! Which addresses are asked of an interface.

use std::net::{Ipv4Addr, Ipv6Addr};

use ironbird_api::ec2;
use ironbird_rig::Result;

use crate::error;

/// Secondary addresses that one request may ask for: more than any instance type takes.
const MAX_ADDRESSES: u32 = 255;

/// The addresses that an interface is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Primary private address; drawn by the seed if not given.
    pub primary: Option<Ipv4Addr>,
    /// Secondary private addresses.
    pub secondary: Vec<Ipv4Addr>,
    /// How many more secondary private addresses, drawn by the seed.
    pub more: u32,
    /// IPv6 addresses.
    pub ipv6: Vec<Ipv6Addr>,
    /// How many more IPv6 addresses, drawn by the seed; as the subnet says if neither is given.
    pub ipv6_more: Option<u32>,
}

impl Wanted {
    /// Reads what a request says of IPv4: the primary address alone, and a list that may hold the primary one too.
    ///
    /// # Errors
    /// `InvalidParameterValue`, `InvalidParameterCombination`.
    pub fn ipv4(
        primary: Option<&str>,
        listed: Option<&[ec2::PrivateIpAddressSpecification]>,
        more: Option<i32>,
    ) -> Result<Self> {
        let mut wanted = Self {
            primary: primary.map(address).transpose()?,
            more: count(more, "secondaryPrivateIpAddressCount")?,
            ..Self::default()
        };
        for given in listed.unwrap_or_default() {
            let address = address(given.private_ip_address.as_deref().unwrap_or_default())?;
            if given.primary != Some(true) {
                wanted.secondary.push(address);
                continue;
            }
            if wanted.primary.is_some_and(|other| other != address) {
                let message = "Only one primary private IP address can be specified.";
                return Err(error::invalid_combination(message));
            }
            wanted.primary = Some(address);
        }
        if !wanted.secondary.is_empty() && wanted.more > 0 {
            return Err(error::exclusive("privateIpAddresses", "secondaryPrivateIpAddressCount"));
        }
        Ok(wanted)
    }

    /// Reads what a request says of IPv6.
    ///
    /// # Errors
    /// As [`Self::ipv4`].
    pub fn ipv6<'a>(named: impl Iterator<Item = &'a str>, more: Option<i32>) -> Result<Self> {
        let ipv6 = named.map(ipv6_address).collect::<Result<Vec<_>>>()?;
        let ipv6_more = more.map(|it| count(Some(it), "ipv6AddressCount")).transpose()?;
        if !ipv6.is_empty() && ipv6_more.is_some_and(|more| more > 0) {
            return Err(error::exclusive("ipv6Addresses", "ipv6AddressCount"));
        }
        Ok(Self { ipv6, ipv6_more, ..Self::default() })
    }

    /// The same with the IPv6 addresses of `other`.
    #[must_use]
    pub fn with_ipv6_of(self, other: Self) -> Self {
        Self { ipv6: other.ipv6, ipv6_more: other.ipv6_more, ..self }
    }

    /// Whether an address is given by name.
    pub fn names_any(&self) -> bool {
        self.primary.is_some() || !self.secondary.is_empty() || !self.ipv6.is_empty()
    }

    /// IPv4 addresses in all.
    pub fn ipv4_count(&self) -> usize {
        1 + self.secondary.len() + usize::try_from(self.more).unwrap_or(usize::MAX)
    }

    /// IPv6 addresses in all.
    pub fn ipv6_count(&self) -> usize {
        self.ipv6.len() + usize::try_from(self.ipv6_more.unwrap_or(0)).unwrap_or(usize::MAX)
    }
}

/// Reads an IPv4 address of a request.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn address(text: &str) -> Result<Ipv4Addr> {
    text.parse().map_err(|_| error::invalid_value(format!("Invalid IPv4 address: {text}")))
}

/// Reads an IPv6 address of a request.
///
/// # Errors
/// `InvalidParameterValue`.
pub(super) fn ipv6_address(text: &str) -> Result<Ipv6Addr> {
    text.parse().map_err(|_| error::invalid_value(format!("Invalid IPv6 address: {text}")))
}

/// A count of addresses in a request.
///
/// # Errors
/// `InvalidParameterValue` for less than none, or more than any interface takes.
pub(super) fn count(given: Option<i32>, parameter: &str) -> Result<u32> {
    let given = given.unwrap_or(0);
    match u32::try_from(given) {
        Ok(count) if count <= MAX_ADDRESSES => Ok(count),
        _ => Err(error::invalid_parameter_value(&given.to_string(), parameter)),
    }
}
