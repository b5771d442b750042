//! DescribeLoadBalancers, and DescribeCapacityReservation, which tools ask for with it.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::record::{LoadBalancer, LoadBalancers};
use super::{find, named};
use crate::{error, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::DescribeLoadBalancers>(describe_load_balancers)
        .read::<api::DescribeCapacityReservation>(describe_capacity_reservation)
}

fn describe_load_balancers(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeLoadBalancersInput,
) -> Result<api::DescribeLoadBalancersOutput> {
    let window = page::window(input.page_size, input.marker.as_deref())?;
    let arns = input.load_balancer_arns.as_deref().unwrap_or_default();
    let names = input.names.as_deref().unwrap_or_default();
    let ctx: &Ctx<'_> = ctx;
    let page = match (arns, names) {
        ([], []) => window.scan::<LoadBalancers, _>(ctx, &ctx.scope().prefix(), Some),
        _ => {
            let found = listed(ctx, arns, names)?;
            window.list(found.into_iter(), |found| ctx.scope().key(&found.name))
        }
    };
    let views = page.items.iter().map(|load_balancer| load_balancer.view(ctx));
    Ok(api::DescribeLoadBalancersOutput { load_balancers: Some(views.collect()), next_marker: page.next })
}

/// Those of ARNs or of names, by name.
fn listed<'t>(ctx: &'t Ctx<'_>, arns: &[String], names: &[String]) -> Result<Vec<&'t LoadBalancer>> {
    if !arns.is_empty() && !names.is_empty() {
        let message = "Load balancer names and load balancer ARNs cannot be specified at the same time";
        return Err(error::validation(message));
    }
    let mut found = Vec::with_capacity(arns.len() + names.len());
    for arn in arns {
        found.push(find(ctx, arn).map_err(|refused| match refused.code() {
            "LoadBalancerNotFound" => error::none_of("LoadBalancerNotFound", "load balancers"),
            _ => refused,
        })?);
    }
    let missing: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| named(ctx, name).is_none()).collect();
    if !missing.is_empty() {
        let message = format!("Load balancers '[{}]' not found", missing.join(", "));
        return Err(Error::client("LoadBalancerNotFound", message));
    }
    found.extend(names.iter().filter_map(|name| named(ctx, name)));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.dedup_by(|one, other| one.name == other.name);
    Ok(found)
}

/// No load balancer has any capacity reserved: ModifyCapacityReservation is refused.
fn describe_capacity_reservation(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeCapacityReservationInput,
) -> Result<api::DescribeCapacityReservationOutput> {
    find(ctx, &input.load_balancer_arn)?;
    Ok(api::DescribeCapacityReservationOutput::default())
}
