//! What networks and storage cost: meters in AWS's usage types, with the prices of us-east-1, where alone they are
//! known here. Elsewhere the usage is counted and has no price.

use ironbird_rig::catalogue::items::{self, Item};
use ironbird_rig::catalogue::usage;
use ironbird_rig::metering::{self, Usage};
use ironbird_rig::{Ctx, Result};

use crate::volume::Shape;

/// Begins to charge for so many units; for none there is no meter.
fn open(ctx: &mut Ctx<'_>, resource: &str, item: &Item, units: u64) -> Result<()> {
    if units == 0 {
        return Ok(());
    }
    let region = ctx.region().code();
    let usage = Usage {
        service: item.service.to_owned(),
        usage_type: usage::with_code(region, item.usage_type),
        operation: item.operation.to_owned(),
        resource: resource.to_owned(),
        unit: item.unit.to_owned(),
        hourly: item.hourly(region).map(|price| price.0),
        units,
        minimum_seconds: 0,
        from: ctx.now(),
        until: None,
    };
    metering::open(ctx, usage)
}

/// Ends all meters of a resource.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn end(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    metering::close(ctx, resource, None)
}

/// Begins to charge for an elastic address that stands for nothing.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn idle_address(ctx: &mut Ctx<'_>, allocation: &str) -> Result<()> {
    open(ctx, allocation, &items::IDLE_ADDRESS, 1)
}

/// Charges for an elastic address in use, and no more for an idle one.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn used_address(ctx: &mut Ctx<'_>, allocation: &str) -> Result<()> {
    end(ctx, allocation)?;
    open(ctx, allocation, &items::USED_ADDRESS, 1)
}

/// Begins to charge for the address that an interface has for a while.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn instance_address(ctx: &mut Ctx<'_>, interface_id: &str) -> Result<()> {
    open(ctx, interface_id, &items::INSTANCE_ADDRESS, 1)
}

/// Begins to charge for a NAT gateway.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn nat_gateway(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    open(ctx, id, &items::NAT_GATEWAY, 1)
}

/// Charges for an interface endpoint in so many subnets from now on.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn endpoint(ctx: &mut Ctx<'_>, id: &str, subnets: usize) -> Result<()> {
    end(ctx, id)?;
    open(ctx, id, &items::ENDPOINT, u64::try_from(subnets).unwrap_or(0))
}

/// What comes with a gp3 volume: IOPS, MiB/s. Source: "Amazon EBS volume types" in the EBS user guide.
const FREE_IOPS: i32 = 3_000;
const FREE_THROUGHPUT: i32 = 125;

/// Charges for a volume from now on, and no more for what it was before.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn volume(ctx: &mut Ctx<'_>, id: &str, shape: &Shape) -> Result<()> {
    end(ctx, id)?;
    let (storage, iops) = match shape.kind.as_str() {
        "gp3" => (&items::GP3, Some((&items::GP3_IOPS, FREE_IOPS))),
        "gp2" => (&items::GP2, None),
        "io1" => (&items::IO1, Some((&items::IO1_IOPS, 0))),
        "io2" => (&items::IO2, Some((&items::IO2_IOPS, 0))),
        "st1" => (&items::ST1, None),
        "sc1" => (&items::SC1, None),
        _ => (&items::MAGNETIC, None),
    };
    open(ctx, id, storage, count(shape.size))?;
    if let Some((item, free)) = iops {
        open(ctx, id, item, count(shape.iops.unwrap_or(0).saturating_sub(free)))?;
    }
    let paid = shape.throughput.unwrap_or(0).saturating_sub(FREE_THROUGHPUT);
    open(ctx, id, &items::GP3_THROUGHPUT, count(paid))
}

/// Begins to charge for a snapshot: for all of its volume, since nobody knows here how much of it was written.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn snapshot(ctx: &mut Ctx<'_>, id: &str, size: i32) -> Result<()> {
    open(ctx, id, &items::SNAPSHOT, count(size))
}

fn count(units: i32) -> u64 {
    u64::try_from(units).unwrap_or(0)
}
