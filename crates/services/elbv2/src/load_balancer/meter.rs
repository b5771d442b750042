//! What a load balancer costs: its hours, in AWS's usage type. Capacity units are not counted, for there is no traffic.

use ironbird_rig::catalogue::{items, usage};
use ironbird_rig::metering::{self, Usage};
use ironbird_rig::{Ctx, Result};

use super::record::{Kind, LoadBalancer};

/// Begins to charge for a load balancer.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn begin(ctx: &mut Ctx<'_>, load_balancer: &LoadBalancer) -> Result<()> {
    let item = match load_balancer.kind {
        Kind::Application => &items::APPLICATION_LOAD_BALANCER,
        Kind::Network => &items::NETWORK_LOAD_BALANCER,
        Kind::Gateway => &items::GATEWAY_LOAD_BALANCER,
    };
    let region = ctx.region().code();
    let usage = Usage {
        service: item.service.to_owned(),
        usage_type: usage::with_code(region, item.usage_type),
        operation: item.operation.to_owned(),
        resource: load_balancer.arn.clone(),
        unit: item.unit.to_owned(),
        hourly: item.hourly(region).map(|price| price.0),
        units: 1,
        minimum_seconds: 0,
        from: ctx.now(),
        until: None,
    };
    metering::tags_changed(ctx, &load_balancer.arn, load_balancer.tags.clone())?;
    metering::open(ctx, usage)
}

/// Ends the charge for a load balancer.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn end(ctx: &mut Ctx<'_>, load_balancer: &LoadBalancer) -> Result<()> {
    metering::close(ctx, &load_balancer.arn, None)
}
