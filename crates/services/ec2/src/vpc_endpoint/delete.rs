//! DeleteVpcEndpoints.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{State, TIMER, VpcEndpoint, VpcEndpoints};
use crate::instance::after;
use crate::{error, kinds, meter, network_interface, prefix_list, resource, route_table, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<ec2::DeleteVpcEndpoints>(delete_vpc_endpoints)
}

fn delete_vpc_endpoints(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteVpcEndpointsRequest,
) -> Result<ec2::DeleteVpcEndpointsResult> {
    let mut unsuccessful = Vec::new();
    for id in &input.vpc_endpoint_ids {
        kinds::VPC_ENDPOINT.check(id)?;
        match ctx.get::<VpcEndpoints>(&ctx.scope().key(id)) {
            Some(endpoint) => delete(ctx, &endpoint)?,
            None => unsuccessful.push(ec2::UnsuccessfulItem {
                error: Some(ec2::UnsuccessfulItemError {
                    code: Some("InvalidVpcEndpoint.NotFound".to_owned()),
                    message: Some(format!("The Vpc Endpoint Id '{id}' does not exist")),
                }),
                resource_id: Some(id.clone()),
            }),
        }
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteVpcEndpointsResult { unsuccessful: Some(unsuccessful) })
}

fn delete(ctx: &mut Ctx<'_>, endpoint: &VpcEndpoint) -> Result<()> {
    if endpoint.gateway {
        if let Some(list) = prefix_list::of_service(ctx, &endpoint.service_name) {
            route_table::set_endpoint(ctx, &endpoint.vpc_id, &endpoint.id, &list.id, &[])?;
        }
        return finish(ctx, endpoint);
    }
    if endpoint.state == State::Deleting {
        return Ok(());
    }
    meter::end(ctx, &endpoint.id)?;
    let due = after(ctx, "vpc-endpoint", &endpoint.id, (30, 60));
    if due <= ctx.now() {
        return finish(ctx, endpoint);
    }
    resource::change::<VpcEndpoints>(ctx, &endpoint.id, |endpoint| {
        endpoint.state = State::Deleting;
        endpoint.due = Some(due);
    })?;
    ctx.wake_at(due, TIMER, &endpoint.id)?;
    Ok(())
}

/// Forgets an endpoint and gives its interfaces back.
pub(super) fn finish(ctx: &mut Ctx<'_>, endpoint: &VpcEndpoint) -> Result<()> {
    for (_, interface) in &endpoint.subnets {
        network_interface::remove(ctx, interface)?;
    }
    ctx.delete::<VpcEndpoints>(&ctx.scope().key(&endpoint.id))?;
    tag::remove_all(ctx, &endpoint.id)
}
