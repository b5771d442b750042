//! DeleteNatGateway.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{NatGateway, NatGateways, State, TIMER, create, find};
use crate::instance::after;
use crate::{error, meter, network_interface};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<ec2::DeleteNatGateway>(delete_nat_gateway)
}

fn delete_nat_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteNatGatewayRequest,
) -> Result<ec2::DeleteNatGatewayResult> {
    let gateway = find(ctx, &input.nat_gateway_id)?.clone();
    let result = ec2::DeleteNatGatewayResult { nat_gateway_id: Some(gateway.id.clone()) };
    let key = ctx.scope().key(&gateway.id);
    match gateway.state {
        State::Deleting | State::Deleted => {}
        State::Failed => create::linger(ctx, &key, &gateway.id, State::Deleted)?,
        State::Pending | State::Available => {
            meter::end(ctx, &gateway.id)?;
            let due = after(ctx, "nat-gateway", &gateway.id, (30, 60));
            ctx.update::<NatGateways, _>(&key, |gateway| {
                gateway.state = State::Deleting;
                gateway.due = Some(due);
            })?;
            if due <= ctx.now() {
                finish(ctx, &gateway)?;
            } else {
                ctx.wake_at(due, TIMER, &gateway.id)?;
            }
        }
    }
    error::dry_run(input.dry_run)?;
    Ok(result)
}

/// Lets go of what a gateway had: its interface, and with that its addresses.
pub(super) fn finish(ctx: &mut Ctx<'_>, gateway: &NatGateway) -> Result<()> {
    network_interface::remove(ctx, &gateway.interface_id)?;
    let key = ctx.scope().key(&gateway.id);
    create::linger(ctx, &key, &gateway.id, State::Deleted)
}
