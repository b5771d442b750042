//! What networks and storage cost: meters in AWS's usage types, with the prices of us-east-1, where alone they are
//! known here. Elsewhere the usage is counted and has no price.

use ironbird_rig::catalogue::{unit_prices, usage};
use ironbird_rig::metering::{self, Usage};
use ironbird_rig::{Ctx, Result};

use crate::volume::Shape;

/// Hours of the month that prices by the month are meant for. Source: the examples on AWS's EBS price page.
const HOURS_A_MONTH: i64 = 730;

/// One thing that is paid for.
struct Item {
    service: &'static str,
    /// Usage type without the Region's code.
    usage_type: String,
    operation: &'static str,
    unit: &'static str,
    /// How many units.
    units: u64,
    /// Nano-dollars an hour of one unit in us-east-1, if it is known.
    hourly: Option<i64>,
}

fn open(ctx: &mut Ctx<'_>, resource: &str, item: Item) -> Result<()> {
    let region = ctx.region().code();
    let usage_type = match usage::billing_code(region) {
        Some("") => item.usage_type,
        Some(code) => format!("{code}-{}", item.usage_type),
        None => format!("{region}-{}", item.usage_type),
    };
    let usage = Usage {
        service: item.service.to_owned(),
        usage_type,
        operation: item.operation.to_owned(),
        resource: resource.to_owned(),
        unit: item.unit.to_owned(),
        hourly: item.hourly.filter(|_| region == unit_prices::REGION),
        units: item.units,
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

fn by_the_hour(service: &str, item: &str) -> Option<i64> {
    unit_prices::us_east_1(service, item).map(|price| price.0)
}

fn by_the_month(service: &str, item: &str) -> Option<i64> {
    by_the_hour(service, item).map(|price| price / HOURS_A_MONTH)
}

/// Hours of something in a VPC.
fn vpc(usage_type: &str, operation: &'static str, units: u64, price: (&str, &str)) -> Item {
    Item {
        service: "AmazonVPC",
        usage_type: usage_type.to_owned(),
        operation,
        unit: "Hrs",
        units,
        hourly: by_the_hour(price.0, price.1),
    }
}

const PUBLIC_IPV4: (&str, &str) = ("vpc", "public IPv4 (in use or idle)");

/// Begins to charge for an elastic address that stands for nothing.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn idle_address(ctx: &mut Ctx<'_>, allocation: &str) -> Result<()> {
    open(ctx, allocation, vpc("PublicIPv4:IdleAddress", "AllocateAddressVPC", 1, PUBLIC_IPV4))
}

/// Charges for an elastic address in use, and no more for an idle one.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn used_address(ctx: &mut Ctx<'_>, allocation: &str) -> Result<()> {
    end(ctx, allocation)?;
    open(ctx, allocation, vpc("PublicIPv4:InUseAddress", "AssociateAddressVPC", 1, PUBLIC_IPV4))
}

/// Begins to charge for a NAT gateway.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn nat_gateway(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let item = Item { service: "AmazonEC2", ..vpc("NatGateway-Hours", "NatGateway", 1, ("nat", "gateway")) };
    open(ctx, id, item)
}

/// Charges for an interface endpoint in so many subnets from now on.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn endpoint(ctx: &mut Ctx<'_>, id: &str, subnets: usize) -> Result<()> {
    end(ctx, id)?;
    let units = u64::try_from(subnets).unwrap_or(0);
    if units == 0 {
        return Ok(());
    }
    open(ctx, id, vpc("VpcEndpoint-Hours", "VpcEndpoint", units, ("vpc", "interface endpoint")))
}

/// Something of EBS that is paid for by the month; the unit says that hours are counted.
fn ebs(usage_type: &str, operation: &'static str, unit: &'static str, units: i32, item: &str) -> Item {
    Item {
        service: "AmazonEC2",
        usage_type: usage_type.to_owned(),
        operation,
        unit,
        units: u64::try_from(units).unwrap_or(0),
        hourly: by_the_month("ebs", item),
    }
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
    let (usage_type, item) = match shape.kind.as_str() {
        "gp3" => ("EBS:VolumeUsage.gp3", "gp3 storage"),
        "gp2" => ("EBS:VolumeUsage.gp2", "gp2"),
        "io1" => ("EBS:VolumeUsage.piops", "io1 storage"),
        "io2" => ("EBS:VolumeUsage.io2", "io2 storage"),
        "st1" => ("EBS:VolumeUsage.st1", "st1"),
        "sc1" => ("EBS:VolumeUsage.sc1", "sc1"),
        _ => ("EBS:VolumeUsage", "standard magnetic"),
    };
    open(ctx, id, ebs(usage_type, "CreateVolume", "GB-hours", shape.size, item))?;
    let (usage_type, item, free) = match shape.kind.as_str() {
        "gp3" => ("EBS:VolumeP-IOPS.gp3", "gp3 IOPS over 3000", FREE_IOPS),
        "io1" => ("EBS:VolumeP-IOPS.piops", "io1 IOPS", 0),
        "io2" => ("EBS:VolumeP-IOPS.io2", "io2 IOPS", 0),
        _ => return Ok(()),
    };
    let paid = shape.iops.unwrap_or(0).saturating_sub(free);
    if paid > 0 {
        open(ctx, id, ebs(usage_type, "CreateVolume", "IOPS-hours", paid, item))?;
    }
    let paid = shape.throughput.unwrap_or(0).saturating_sub(FREE_THROUGHPUT);
    if paid > 0 {
        let item = "gp3 throughput over 125";
        open(ctx, id, ebs("EBS:VolumeP-Throughput.gp3", "CreateVolume", "MiBps-hours", paid, item))?;
    }
    Ok(())
}

/// Begins to charge for a snapshot: for all of its volume, since nobody knows here how much of it was written.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn snapshot(ctx: &mut Ctx<'_>, id: &str, size: i32) -> Result<()> {
    open(ctx, id, ebs("EBS:SnapshotUsage", "CreateSnapshot", "GB-hours", size, "snapshot standard"))
}
