//! Which addresses of a subnet are taken.

use std::net::{Ipv4Addr, Ipv6Addr};

use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table};

use super::reservations::Reserved;
use super::{Subnet, Subnets};
use crate::{error, resource};

/// The addresses taken: (scope, subnet, address).
struct Addresses;

impl Table for Addresses {
    const NAME: &'static str = "ec2.addresses";
    /// Always true: being there says all.
    type Record = bool;
}

/// The IPv6 addresses taken: (scope, subnet, upper half, lower half).
struct Ipv6Addresses;

impl Table for Ipv6Addresses {
    const NAME: &'static str = "ec2.ipv6-addresses";
    /// Always true: being there says all.
    type Record = bool;
}

/// How often an IPv6 address is drawn: of a block with so many, one of the first is free unless nearly all are reserved.
const MOST_DRAWS: u32 = 4096;

/// Adds this module's tables.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Addresses>().table::<Ipv6Addresses>()
}

/// Takes a free address of the subnet, drawn by the seed.
///
/// # Errors
/// `InsufficientFreeAddressesInSubnet` when there is none.
pub fn take_address(ctx: &mut Ctx<'_>, subnet_id: &str) -> Result<Ipv4Addr> {
    let subnet = resource::find::<Subnets>(ctx, subnet_id)?.clone();
    if subnet.available() == 0 {
        return Err(exhausted(subnet_id));
    }
    let (first, count) = assignable(&subnet);
    let start = ctx.fresh_seed("ec2.address")?.rng().below(count);
    let candidates = (0..count).map(|step| Ipv4Addr::from_bits(first + ((start + step) % count) as u32));
    let reserved = Reserved::of(ctx, subnet_id);
    let free =
        candidates.into_iter().find(|address| !reserved.has(*address) && !is_taken(ctx, subnet_id, *address));
    let address = free.ok_or_else(|| exhausted(subnet_id))?;
    mark(ctx, subnet_id, address)?;
    Ok(address)
}

/// Takes a certain address of the subnet.
///
/// # Errors
/// `InvalidParameterValue` for an address outside, or one of AWS's own; `InvalidIPAddress.InUse`.
pub fn take_given_address(ctx: &mut Ctx<'_>, subnet_id: &str, address: Ipv4Addr) -> Result<()> {
    let subnet = resource::find::<Subnets>(ctx, subnet_id)?;
    if !subnet.cidr.contains(address) {
        let message = format!("Address {address} does not fall within the subnet's address range");
        return Err(error::invalid_value(message));
    }
    let (first, count) = assignable(subnet);
    let offset = u64::from(address.to_bits()).checked_sub(u64::from(first));
    if offset.is_none_or(|offset| offset >= count) {
        let message = format!("Address {address} is in subnet's reserved address range");
        return Err(error::invalid_value(message));
    }
    if is_taken(ctx, subnet_id, address) {
        return Err(Error::client("InvalidIPAddress.InUse", format!("Address {address} is in use.")));
    }
    mark(ctx, subnet_id, address)
}

/// Gives an address back.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn release_address(ctx: &mut Ctx<'_>, subnet_id: &str, address: Ipv4Addr) -> Result<()> {
    let key = ctx.scope().key(subnet_id).number(address.to_bits().into());
    if ctx.delete::<Addresses>(&key)? {
        let subnet_key = ctx.scope().key(subnet_id);
        ctx.update::<Subnets, _>(&subnet_key, |subnet| subnet.used = subnet.used.saturating_sub(1))?;
    }
    Ok(())
}

/// Takes these IPv6 addresses of the subnet, and so many more that the seed draws.
///
/// # Errors
/// `InvalidParameterValue` where the subnet has no such addresses, or not this one; `InvalidIPAddress.InUse`.
pub fn take_ipv6_addresses(
    ctx: &mut Ctx<'_>,
    subnet_id: &str,
    given: &[Ipv6Addr],
    more: u32,
) -> Result<Vec<Ipv6Addr>> {
    if given.is_empty() && more == 0 {
        return Ok(Vec::new());
    }
    let subnet = resource::find::<Subnets>(ctx, subnet_id)?;
    let Some(block) = subnet.ipv6.as_ref().map(|block| block.cidr) else {
        let message = format!("The subnet '{subnet_id}' does not have an IPv6 CIDR block.");
        return Err(error::invalid_value(message));
    };
    let mut taken = Vec::new();
    for address in given {
        if !block.contains(*address) {
            let message = format!("Address {address} does not fall within the subnet's address range");
            return Err(error::invalid_value(message));
        }
        if ctx.peek::<Ipv6Addresses>(&ipv6_key(ctx, subnet_id, *address)).is_some() {
            return Err(Error::client("InvalidIPAddress.InUse", format!("Address {address} is in use.")));
        }
        ctx.put::<Ipv6Addresses>(ipv6_key(ctx, subnet_id, *address), true)?;
        taken.push(*address);
    }
    let host = u128::MAX.checked_shr(block.length().into()).unwrap_or(0);
    let reserved = Reserved::of(ctx, subnet_id);
    for _ in 0..more {
        let mut address = None;
        for _ in 0..MOST_DRAWS {
            let bits = u128::from(ctx.fresh_seed("ec2.ipv6-address")?.bits());
            let drawn = Ipv6Addr::from_bits(block.first().to_bits() | bits & host);
            let is_taken = ctx.peek::<Ipv6Addresses>(&ipv6_key(ctx, subnet_id, drawn)).is_some();
            if !is_taken && !reserved.has_ipv6(drawn) {
                address = Some(drawn);
                break;
            }
        }
        let address = address.ok_or_else(|| exhausted(subnet_id))?;
        ctx.put::<Ipv6Addresses>(ipv6_key(ctx, subnet_id, address), true)?;
        taken.push(address);
    }
    Ok(taken)
}

/// Gives an IPv6 address back.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn release_ipv6_address(ctx: &mut Ctx<'_>, subnet_id: &str, address: Ipv6Addr) -> Result<()> {
    let key = ipv6_key(ctx, subnet_id, address);
    ctx.delete::<Ipv6Addresses>(&key).map(drop)
}

/// Whether any IPv6 address of the subnet is taken.
pub(super) fn any_ipv6(ctx: &Ctx<'_>, subnet_id: &str) -> bool {
    ctx.scan::<Ipv6Addresses>(&ctx.scope().key(subnet_id)).next().is_some()
}

fn ipv6_key(ctx: &Ctx<'_>, subnet_id: &str, address: Ipv6Addr) -> Key {
    let bits = address.to_bits();
    ctx.scope().key(subnet_id).number((bits >> 64) as u64).number(bits as u64)
}

fn is_taken(ctx: &Ctx<'_>, subnet_id: &str, address: Ipv4Addr) -> bool {
    ctx.peek::<Addresses>(&ctx.scope().key(subnet_id).number(address.to_bits().into())).is_some()
}

fn mark(ctx: &mut Ctx<'_>, subnet_id: &str, address: Ipv4Addr) -> Result<()> {
    ctx.put::<Addresses>(ctx.scope().key(subnet_id).number(address.to_bits().into()), true)?;
    resource::change::<Subnets>(ctx, subnet_id, |subnet| subnet.used += 1)
}

/// The first address that an interface may have, and how many there are: the first four and the last are AWS's.
fn assignable(subnet: &Subnet) -> (u32, u64) {
    (subnet.cidr.first().to_bits() + 4, subnet.cidr.size() - 5)
}

fn exhausted(subnet_id: &str) -> Error {
    Error::client(
        "InsufficientFreeAddressesInSubnet",
        format!(
            "There are not enough free addresses in subnet '{subnet_id}' to satisfy the requested number of instances."
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ironbird_api::ec2;
    use ironbird_rig::catalogue::geography;

    use super::{release_address, take_address, take_given_address};
    use crate::cidr::Cidr;
    use crate::resource;
    use crate::subnet::{Subnets, make};
    use crate::testing::{call, scope, world};
    use crate::vpc;

    #[test]
    fn every_address_is_given_once() {
        let world = world();
        call::<ec2::DescribeVpcs>(&world, &Default::default()).unwrap();
        let done = world.within(scope(), |ctx| {
            let vpc_id = vpc::default_vpc(ctx)?.id.clone();
            let zone = geography::zone("us-east-1a").unwrap();
            let block = Cidr::parse("10.0.0.0/28").unwrap();
            let subnet_id = make(ctx, &vpc_id, block, zone, false)?.id;
            let taken: BTreeSet<_> =
                (0..11).map(|_| take_address(ctx, &subnet_id)).collect::<Result<_, _>>()?;
            assert_eq!(taken.len(), 11);
            assert_eq!(taken.first().unwrap().to_string(), "10.0.0.4");
            assert_eq!(taken.last().unwrap().to_string(), "10.0.0.14");
            let code = |result: ironbird_rig::Result<_>| result.err().map(|error| error.code().to_owned());
            assert_eq!(
                take_address(ctx, &subnet_id).err().unwrap().code(),
                "InsufficientFreeAddressesInSubnet"
            );
            let given = "10.0.0.9".parse().unwrap();
            assert_eq!(code(take_given_address(ctx, &subnet_id, given)).unwrap(), "InvalidIPAddress.InUse");
            release_address(ctx, &subnet_id, given)?;
            assert_eq!(resource::find::<Subnets>(ctx, &subnet_id)?.available(), 1);
            assert_eq!(code(take_given_address(ctx, &subnet_id, given)), None);
            for address in ["10.0.0.3", "10.0.0.15", "10.0.1.4"] {
                let outcome = take_given_address(ctx, &subnet_id, address.parse().unwrap());
                assert_eq!(code(outcome).unwrap(), "InvalidParameterValue", "{address}");
            }
            Ok(())
        });
        done.unwrap();
    }
}
