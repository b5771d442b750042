//! Public IPv4 addresses: who has which, and those that interfaces have for a while.

use std::net::Ipv4Addr;

use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table};

use super::NetworkInterfaces;
use crate::{meter, resource};

/// Public addresses in use, over all accounts and Regions.
struct PublicAddresses;

impl Table for PublicAddresses {
    const NAME: &'static str = "ec2.public-addresses";
    /// The interface or the allocation that has it.
    type Record = String;
}

/// Adds this module's table.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<PublicAddresses>()
}

/// First of the public addresses: RFC 2544's block for benchmarks, so that nobody who connects to an address of
/// this world reaches a stranger's machine.
const FIRST: u32 = Ipv4Addr::new(198, 18, 0, 0).to_bits();
/// How many there are.
const COUNT: u64 = 1 << 17;

/// The public addresses of the world.
pub struct Pool;

impl Pool {
    /// Takes a free address for `holder`, drawn by the seed.
    ///
    /// # Errors
    /// `InsufficientAddressCapacity` when there is none.
    pub fn take(ctx: &mut Ctx<'_>, holder: &str) -> Result<Ipv4Addr> {
        let start = ctx.fresh_seed("ec2.public-address")?.rng().below(COUNT);
        let candidates = (0..COUNT).map(|step| Ipv4Addr::from_bits(FIRST + ((start + step) % COUNT) as u32));
        let free =
            candidates.into_iter().find(|address| ctx.peek::<PublicAddresses>(&key(*address)).is_none());
        let Some(address) = free else {
            let message = "Not enough available addresses to satisfy your request.";
            return Err(Error::server("InsufficientAddressCapacity", message));
        };
        ctx.put::<PublicAddresses>(key(address), holder.to_owned())?;
        Ok(address)
    }

    /// Takes this address for `holder`; whether it was one of the pool's, and free.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn take_given(ctx: &mut Ctx<'_>, address: Ipv4Addr, holder: &str) -> Result<bool> {
        let in_pool = u64::from(address.to_bits()).checked_sub(FIRST.into()).is_some_and(|at| at < COUNT);
        if !in_pool || ctx.peek::<PublicAddresses>(&key(address)).is_some() {
            return Ok(false);
        }
        ctx.put::<PublicAddresses>(key(address), holder.to_owned())?;
        Ok(true)
    }

    /// Gives an address back.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn give_back(ctx: &mut Ctx<'_>, address: Ipv4Addr) -> Result<()> {
        ctx.delete::<PublicAddresses>(&key(address)).map(drop)
    }
}

fn key(address: Ipv4Addr) -> Key {
    Key::new().number(address.to_bits().into())
}

/// Gives the public address that an interface had for a while back, as stopping an instance does.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn release_public(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let at = ctx.scope().key(id);
    let address = ctx.update::<NetworkInterfaces, _>(&at, |interface| interface.public_address.take())?;
    let Some(address) = address.flatten() else { return Ok(()) };
    meter::end(ctx, id)?;
    Pool::give_back(ctx, address)
}

/// Takes a public address for an interface to have for a while, and begins to charge for it.
///
/// # Errors
/// `InsufficientAddressCapacity` when there is none.
pub(super) fn take(ctx: &mut Ctx<'_>, id: &str) -> Result<Ipv4Addr> {
    let address = Pool::take(ctx, id)?;
    meter::instance_address(ctx, id)?;
    Ok(address)
}

/// Gives an interface a new public address for a while, as starting an instance does.
///
/// # Errors
/// `InsufficientAddressCapacity` when there is none.
pub fn assign_public(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let address = take(ctx, id)?;
    resource::change::<NetworkInterfaces>(ctx, id, |interface| interface.public_address = Some(address))
}
