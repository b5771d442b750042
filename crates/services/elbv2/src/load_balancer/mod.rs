//! Load balancers: made, described, changed, deleted.

mod attributes;
mod change;
mod create;
mod delete;
mod describe;
mod hosted_zone;
mod lifecycle;
mod meter;
mod network;
pub(crate) mod record;

use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::{arn, error};
pub(crate) use create::check_name;
use record::{LoadBalancer, LoadBalancers};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition.table::<LoadBalancers>();
    let modules = [
        create::register,
        describe::register,
        attributes::register,
        change::register,
        delete::register,
        lifecycle::register,
    ];
    modules.into_iter().fold(definition, |definition, register| register(definition))
}

/// The load balancer of an ARN.
///
/// # Errors
/// `LoadBalancerNotFound` where there is none, `ValidationError` for another ARN.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, given: &str) -> Result<&'t LoadBalancer> {
    let key = arn::key(ctx, arn::What::LoadBalancer, given)?;
    let found = ctx.peek::<LoadBalancers>(&key).filter(|found| found.arn == given);
    found.ok_or_else(|| error::no_load_balancer(given))
}

/// The load balancer of a name.
pub(crate) fn named<'t>(ctx: &'t Ctx<'_>, name: &str) -> Option<&'t LoadBalancer> {
    ctx.peek::<LoadBalancers>(&ctx.scope().key(name))
}

/// Keeps a load balancer.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn save(ctx: &mut Ctx<'_>, load_balancer: LoadBalancer) -> Result<()> {
    let key = ctx.scope().key(&load_balancer.name);
    ctx.put::<LoadBalancers>(key, load_balancer)
}
