//! CreateRoute, ReplaceRoute, DeleteRoute, and which virtual private gateways may add routes.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::route::{CREATED, Destination, Route, Target, WITH_THE_TABLE};
use super::{RouteTable, RouteTables};
use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::egress_only_gateway::EgressOnlyGateways;
use crate::instance::record::Instances;
use crate::internet_gateway::InternetGateways;
use crate::nat_gateway::NatGateways;
use crate::network_interface::{self, NetworkInterfaces};
use crate::prefix_list;
use crate::vpc::Vpcs;
use crate::vpc_endpoint::VpcEndpoints;
use crate::vpc_peering::VpcPeerings;
use crate::vpn_gateway;
use crate::{error, kinds, resource};

/// Routes of one table that were added: the quota of a new account. Source: "Amazon VPC quotas".
const MAX_ROUTES: usize = 500;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const ELSEWHERE: &[(&str, &str)] = &[
        ("TransitGatewayId", "transit gateways are not modeled"),
        ("LocalGatewayId", "Outposts are not modeled"),
        ("CarrierGatewayId", "Wavelength Zones are not modeled"),
        ("CoreNetworkArn", "core networks are not modeled"),
        ("OdbNetworkArn", "database networks are not modeled"),
    ];
    definition
        .write::<ec2::CreateRoute>(create_route)
        .refuses::<ec2::CreateRoute>(ELSEWHERE)
        .write::<ec2::ReplaceRoute>(replace_route)
        .refuses::<ec2::ReplaceRoute>(ELSEWHERE)
        .write::<ec2::DeleteRoute>(delete_route)
        .write::<ec2::EnableVgwRoutePropagation>(enable_vgw_route_propagation)
        // No virtual private gateway learns routes here.
        .records::<ec2::EnableVgwRoutePropagation>(&["GatewayId"])
        .write::<ec2::DisableVgwRoutePropagation>(disable_vgw_route_propagation)
}

/// What a request says of a target, as CreateRoute and ReplaceRoute have it.
struct Wanted<'a> {
    gateway: Option<&'a str>,
    egress_only: Option<&'a str>,
    nat: Option<&'a str>,
    interface: Option<&'a str>,
    instance: Option<&'a str>,
    peering: Option<&'a str>,
    endpoint: Option<&'a str>,
}

impl Wanted<'_> {
    /// The target, if the request names exactly one that the table's VPC can reach.
    fn target(&self, ctx: &Ctx<'_>, table: &RouteTable) -> Result<Target> {
        let given = [
            self.gateway,
            self.egress_only,
            self.nat,
            self.interface,
            self.instance,
            self.peering,
            self.endpoint,
        ];
        if given.iter().flatten().count() != 1 {
            let message = "The request must contain exactly one of egressOnlyInternetGatewayId, gatewayId, instanceId, natGatewayId, networkInterfaceId, vpcEndpointId, vpcPeeringConnectionId";
            let code = if given.iter().all(Option::is_none) {
                "MissingParameter"
            } else {
                "InvalidParameterCombination"
            };
            return Err(Error::client(code, message));
        }
        let (target, vpc_ids) = if let Some(id) = self.gateway {
            gateway(ctx, id)?
        } else if let Some(id) = self.egress_only {
            let found = resource::find::<EgressOnlyGateways>(ctx, id)?;
            (Target::EgressOnly(id.to_owned()), vec![found.vpc_id.clone()])
        } else if let Some(id) = self.nat {
            let found = ctx.peek::<NatGateways>(&ctx.scope().key(id)).filter(|gateway| gateway.is_live());
            let found = found.ok_or_else(|| kinds::NAT_GATEWAY.not_found(id))?;
            (Target::Nat(id.to_owned()), vec![found.vpc_id.clone()])
        } else if let Some(id) = self.interface {
            let found = resource::find::<NetworkInterfaces>(ctx, id)?;
            (Target::Interface(id.to_owned()), vec![found.vpc_id.clone()])
        } else if let Some(id) = self.instance {
            let found = interface_of(ctx, id)?;
            (Target::Interface(found.0), vec![found.1])
        } else if let Some(id) = self.peering {
            let found = resource::find::<VpcPeerings>(ctx, id)?;
            let ends = [found.requester.vpc_id.clone(), found.accepter.vpc_id.clone()];
            (Target::Peering(id.to_owned()), ends.to_vec())
        } else {
            let id = self.endpoint.unwrap_or_default();
            let found = resource::find::<VpcEndpoints>(ctx, id)?;
            let message = format!(
                "Route table contains unsupported route target: {}. VPC Endpoints of this type cannot be used as route targets.",
                found.id
            );
            // Only Gateway Load Balancer endpoints can be, and none is modeled.
            return Err(Error::client("RouteNotSupported", message));
        };
        if vpc_ids.contains(&table.vpc_id) {
            return Ok(target);
        }
        let what = match &target {
            Target::InternetGateway(id) | Target::VpnGateway(id) => format!("network gateway {id}"),
            Target::EgressOnly(id) => format!("egress only internet gateway {id}"),
            Target::Nat(id) => format!("nat gateway {id}"),
            Target::Interface(id) => format!("interface {id}"),
            Target::Peering(id) => format!("vpc peering connection {id}"),
            Target::Local | Target::Endpoint(_) => String::new(),
        };
        let message = format!("route table {} and {what} belong to different networks", table.id);
        Err(error::invalid_value(message))
    }
}

fn gateway(ctx: &Ctx<'_>, id: &str) -> Result<(Target, Vec<String>)> {
    let text = id.to_owned();
    if id.starts_with("vgw-") {
        let found = vpn_gateway::find(ctx, id)?;
        return Ok((Target::VpnGateway(text), found.vpc_id.iter().cloned().collect()));
    }
    if id.starts_with("vpce-") {
        let message = format!(
            "Route table contains unsupported route target: {id}. VPC Endpoints of this type cannot be used as route targets."
        );
        return Err(Error::client("RouteNotSupported", message));
    }
    let found = resource::find::<InternetGateways>(ctx, id)?;
    Ok((Target::InternetGateway(text), found.vpc_id.iter().cloned().collect()))
}

/// The one interface of an instance, and its VPC.
fn interface_of(ctx: &Ctx<'_>, instance_id: &str) -> Result<(String, String)> {
    resource::find::<Instances>(ctx, instance_id)?;
    let mut interfaces = network_interface::of_instance(ctx, instance_id);
    let Some(first) = interfaces.next() else {
        let message = format!("There are no interfaces attached to instance '{instance_id}'.");
        return Err(Error::client("InvalidInstanceID", message));
    };
    if interfaces.next().is_some() {
        return Err(network_interface::several(instance_id));
    }
    Ok((first.id.clone(), first.vpc_id.clone()))
}

/// The destination of a request, which names exactly one.
fn destination(
    ctx: &Ctx<'_>,
    ipv4: Option<&str>,
    ipv6: Option<&str>,
    list: Option<&str>,
) -> Result<Destination> {
    match (ipv4, ipv6, list) {
        (Some(text), None, None) => Cidr::parse(text).map(Destination::Ipv4).ok_or_else(|| {
            let reason = "This is not a valid CIDR block.";
            error::invalid_parameter_value_because(text, "destinationCidrBlock", reason)
        }),
        (None, Some(text), None) => Cidr6::parse(text).map(Destination::Ipv6).ok_or_else(|| {
            let reason = "This is not a valid IPv6 CIDR block.";
            error::invalid_parameter_value_because(text, "destinationIpv6CidrBlock", reason)
        }),
        (None, None, Some(id)) => {
            prefix_list::check(ctx, id)?;
            Ok(Destination::PrefixList(id.to_owned()))
        }
        (None, None, None) => Err(error::missing_parameter("destinationCidrBlock")),
        _ => {
            let message = "The request must contain exactly one of destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId";
            Err(error::invalid_combination(message))
        }
    }
}

/// What lies in the VPC goes nowhere else, but through an interface.
fn check_outside(
    ctx: &Ctx<'_>,
    table: &RouteTable,
    destination: &Destination,
    target: &Target,
) -> Result<()> {
    let vpc = resource::find::<Vpcs>(ctx, &table.vpc_id)?;
    let inside = match destination {
        Destination::Ipv4(block) => vpc.covers(*block),
        Destination::Ipv6(block) => vpc.ipv6.iter().any(|own| own.cidr.covers(*block)),
        Destination::PrefixList(_) => false,
    };
    if inside && !matches!(target, Target::Interface(_) | Target::Nat(_)) {
        let message = format!(
            "The destination CIDR block {destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance."
        );
        return Err(error::invalid_value(message));
    }
    let is_ipv6 = matches!(destination, Destination::Ipv6(_));
    if matches!(target, Target::EgressOnly(_)) && !is_ipv6 {
        let message = format!(
            "The destination {destination} needs a target for IPv4; egress-only internet gateways are for IPv6"
        );
        return Err(error::invalid_value(message));
    }
    Ok(())
}

fn create_route(ctx: &mut Ctx<'_>, input: &ec2::CreateRouteRequest) -> Result<ec2::CreateRouteResult> {
    let table = resource::find::<RouteTables>(ctx, &input.route_table_id)?.clone();
    let destination = destination(
        ctx,
        input.destination_cidr_block.as_deref(),
        input.destination_ipv6_cidr_block.as_deref(),
        input.destination_prefix_list_id.as_deref(),
    )?;
    let wanted = Wanted {
        gateway: input.gateway_id.as_deref(),
        egress_only: input.egress_only_internet_gateway_id.as_deref(),
        nat: input.nat_gateway_id.as_deref(),
        interface: input.network_interface_id.as_deref(),
        instance: input.instance_id.as_deref(),
        peering: input.vpc_peering_connection_id.as_deref(),
        endpoint: input.vpc_endpoint_id.as_deref(),
    };
    let target = wanted.target(ctx, &table)?;
    let done = ec2::CreateRouteResult { r#return: Some(true) };
    if let Some(existing) = table.routes.iter().find(|route| route.destination == destination) {
        // The same route once more is no mistake.
        if existing.target == target {
            error::dry_run(input.dry_run)?;
            return Ok(done);
        }
        let message = format!("The route identified by {destination} already exists.");
        return Err(Error::client("RouteAlreadyExists", message));
    }
    check_outside(ctx, &table, &destination, &target)?;
    if table.routes.iter().filter(|route| route.origin == CREATED).count() >= MAX_ROUTES {
        let message = "The maximum number of routes in the route table has been reached.";
        return Err(Error::client("RouteLimitExceeded", message));
    }
    let route = Route { destination, target, origin: CREATED.to_owned() };
    resource::change::<RouteTables>(ctx, &table.id, |table| table.routes.push(route))?;
    error::dry_run(input.dry_run)?;
    Ok(done)
}

fn replace_route(ctx: &mut Ctx<'_>, input: &ec2::ReplaceRouteRequest) -> Result<Empty> {
    let table = resource::find::<RouteTables>(ctx, &input.route_table_id)?.clone();
    let destination = destination(
        ctx,
        input.destination_cidr_block.as_deref(),
        input.destination_ipv6_cidr_block.as_deref(),
        input.destination_prefix_list_id.as_deref(),
    )?;
    let Some(existing) = table.routes.iter().find(|route| route.destination == destination) else {
        let message = format!(
            "There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
        );
        return Err(error::invalid_value(message));
    };
    if matches!(existing.target, Target::Endpoint(_)) {
        return Err(of_endpoint("replace", existing));
    }
    let is_local = existing.origin == WITH_THE_TABLE;
    let local = input.local_target == Some(true) || input.gateway_id.as_deref() == Some("local");
    let target = if local {
        if !is_local {
            let message = format!("The route {destination} is not a local route; localTarget cannot be set.");
            return Err(error::invalid_value(message));
        }
        Target::Local
    } else {
        let wanted = Wanted {
            gateway: input.gateway_id.as_deref(),
            egress_only: input.egress_only_internet_gateway_id.as_deref(),
            nat: input.nat_gateway_id.as_deref(),
            interface: input.network_interface_id.as_deref(),
            instance: input.instance_id.as_deref(),
            peering: input.vpc_peering_connection_id.as_deref(),
            endpoint: input.vpc_endpoint_id.as_deref(),
        };
        let target = wanted.target(ctx, &table)?;
        check_outside(ctx, &table, &destination, &target)?;
        target
    };
    resource::change::<RouteTables>(ctx, &table.id, |table| {
        let route = table.routes.iter_mut().find(|route| route.destination == destination);
        if let Some(route) = route {
            route.target = target;
        }
    })?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn of_endpoint(done: &str, route: &Route) -> Error {
    let message = format!(
        "cannot {done} VPC endpoint route {} in a route table; change the route tables of the endpoint",
        route.destination
    );
    error::invalid_value(message)
}

fn delete_route(ctx: &mut Ctx<'_>, input: &ec2::DeleteRouteRequest) -> Result<Empty> {
    let table = resource::find::<RouteTables>(ctx, &input.route_table_id)?.clone();
    let destination = destination(
        ctx,
        input.destination_cidr_block.as_deref(),
        input.destination_ipv6_cidr_block.as_deref(),
        input.destination_prefix_list_id.as_deref(),
    )?;
    let Some(existing) = table.routes.iter().find(|route| route.destination == destination) else {
        let kind = match &destination {
            Destination::Ipv4(_) => "destination-cidr-block",
            Destination::Ipv6(_) => "destination-ipv6-cidr-block",
            Destination::PrefixList(_) => "destination-prefix-list-id",
        };
        let message = format!("no route with {kind} {destination} in route table {}", table.id);
        return Err(Error::client("InvalidRoute.NotFound", message));
    };
    if existing.origin == WITH_THE_TABLE {
        let message = format!("cannot remove local route {destination} in route table {}", table.id);
        return Err(error::invalid_value(message));
    }
    if matches!(existing.target, Target::Endpoint(_)) {
        return Err(of_endpoint("remove", existing));
    }
    resource::change::<RouteTables>(ctx, &table.id, |table| {
        table.routes.retain(|route| route.destination != destination);
    })?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn enable_vgw_route_propagation(
    ctx: &mut Ctx<'_>,
    input: &ec2::EnableVgwRoutePropagationRequest,
) -> Result<Empty> {
    let table = resource::find::<RouteTables>(ctx, &input.route_table_id)?.clone();
    let gateway = vpn_gateway::find(ctx, &input.gateway_id)?;
    if gateway.vpc_id.as_deref() != Some(table.vpc_id.as_str()) {
        let message =
            format!("The virtual private gateway {} is not attached to VPC {}", gateway.id, table.vpc_id);
        return Err(Error::client("Gateway.NotAttached", message));
    }
    resource::change::<RouteTables>(ctx, &table.id, |table| {
        if !table.propagating.contains(&input.gateway_id) {
            table.propagating.push(input.gateway_id.clone());
        }
    })?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn disable_vgw_route_propagation(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisableVgwRoutePropagationRequest,
) -> Result<Empty> {
    let id = resource::find::<RouteTables>(ctx, &input.route_table_id)?.id.clone();
    vpn_gateway::find(ctx, &input.gateway_id)?;
    resource::change::<RouteTables>(ctx, &id, |table| {
        table.propagating.retain(|gateway| *gateway != input.gateway_id);
    })?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
