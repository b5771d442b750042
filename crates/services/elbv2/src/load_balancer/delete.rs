//! DeleteLoadBalancer: with its listeners and their rules. Target groups stay, and nobody uses them any more.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::LoadBalancers;
use super::{find, meter, network};
use crate::{error, listener};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::DeleteLoadBalancer>(delete_load_balancer)
}

fn delete_load_balancer(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteLoadBalancerInput,
) -> Result<api::DeleteLoadBalancerOutput> {
    let found = match find(ctx, &input.load_balancer_arn) {
        // One that is gone is deleted.
        Err(refused) if refused.code() == "LoadBalancerNotFound" => {
            return Ok(api::DeleteLoadBalancerOutput {});
        }
        found => found?.clone(),
    };
    if found.attribute("deletion_protection.enabled") == "true" {
        let message =
            format!("Load balancer '{}' cannot be deleted because deletion protection is enabled", found.arn);
        return Err(error::not_permitted(message));
    }
    ctx.delete::<LoadBalancers>(&ctx.scope().key(&found.name))?;
    meter::end(ctx, &found)?;
    listener::delete_all(ctx, &found.name)?;
    for zone in &found.zones {
        network::leave(ctx, zone)?;
    }
    Ok(api::DeleteLoadBalancerOutput {})
}
