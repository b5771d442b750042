//! Route tables: the main one that every VPC comes with, and others, with their routes and what they are associated
//! with.

use ironbird_api::{Empty, ec2};
use ironbird_rig::error::InternalError;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::{Test, flag};
use crate::once::Once;
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpc::{Vpc, Vpcs};
use crate::{error, kinds, tag};

mod association;
mod change;
mod route;
#[cfg(test)]
mod tests;

pub use association::{Association, forget_gateway, forget_subnet};
pub use route::{Destination, Route, Target};

/// All route tables.
pub struct RouteTables;

impl Table for RouteTables {
    const NAME: &'static str = "ec2.route-tables";
    type Record = RouteTable;
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// `rtb-…`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// What it is associated with.
    pub associations: Vec<Association>,
    /// Its routes, the local ones first.
    pub routes: Vec<Route>,
    /// Virtual private gateways that may propagate routes to it.
    pub propagating: Vec<String>,
}

/// Route tables of one VPC: the quota of a new account. Source: "Amazon VPC quotas".
const MAX_TABLES: usize = 200;

impl RouteTable {
    /// Whether subnets of the VPC without a table of their own use it.
    pub fn is_main(&self) -> bool {
        self.associations.iter().any(Association::is_main)
    }
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<RouteTables>()
        .read::<ec2::DescribeRouteTables>(describe_route_tables)
        .write::<ec2::CreateRouteTable>(create_route_table)
        .write::<ec2::DeleteRouteTable>(delete_route_table);
    association::register(change::register(definition))
}

impl Resource for RouteTables {
    const KIND: Kind = kinds::ROUTE_TABLE;
    const FILTERS: &'static [&'static str] = &[
        "association.gateway-id",
        "association.main",
        "association.route-table-association-id",
        "association.route-table-id",
        "association.subnet-id",
        "owner-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.destination-ipv6-cidr-block",
        "route.destination-prefix-list-id",
        "route.egress-only-internet-gateway-id",
        "route.gateway-id",
        "route.instance-id",
        "route.nat-gateway-id",
        "route.origin",
        "route.state",
        "route.transit-gateway-id",
        "route.vpc-peering-connection-id",
        "vpc-id",
    ];
    type View = ec2::RouteTable;

    fn id(table: &RouteTable) -> &str {
        &table.id
    }

    fn has(ctx: &Ctx<'_>, table: &RouteTable, name: &str, test: Test<'_>) -> bool {
        if let Some(field) = name.strip_prefix("route.") {
            return table.routes.iter().any(|route| route.has(ctx, &table.vpc_id, field, test));
        }
        let mut associations = table.associations.iter();
        match name {
            "association.gateway-id" => associations.any(|it| it.gateway_id.as_deref().is_some_and(test)),
            "association.main" => associations.any(|it| test(flag(it.is_main()))),
            "association.route-table-association-id" => associations.any(|it| test(&it.id)),
            "association.route-table-id" => associations.next().is_some() && test(&table.id),
            "association.subnet-id" => associations.any(|it| it.subnet_id.as_deref().is_some_and(test)),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "route-table-id" => test(&table.id),
            "vpc-id" => test(&table.vpc_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, table: &RouteTable) -> ec2::RouteTable {
        let gateway = |id: &String| ec2::PropagatingVgw { gateway_id: Some(id.clone()) };
        ec2::RouteTable {
            associations: Some(table.associations.iter().map(|it| it.shown(&table.id)).collect()),
            propagating_vgws: Some(table.propagating.iter().map(gateway).collect()),
            route_table_id: Some(table.id.clone()),
            routes: Some(table.routes.iter().map(|route| route.shown(ctx, &table.vpc_id)).collect()),
            tags: Some(tag::of(ctx, &table.id).unwrap_or_default()),
            vpc_id: Some(table.vpc_id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
        }
    }
}

/// Makes a table with the local routes of its VPC.
fn make(ctx: &mut Ctx<'_>, vpc: &Vpc) -> Result<RouteTable> {
    let local =
        |destination| Route { destination, target: Target::Local, origin: route::WITH_THE_TABLE.to_owned() };
    let ipv4 = vpc.blocks().map(|(_, block)| local(Destination::Ipv4(block)));
    let ipv6 = vpc.ipv6.iter().map(|block| local(Destination::Ipv6(block.cidr)));
    let table = RouteTable {
        id: ctx.fresh_id("rtb")?,
        vpc_id: vpc.id.clone(),
        associations: Vec::new(),
        routes: ipv4.chain(ipv6).collect(),
        propagating: Vec::new(),
    };
    tag::apply(ctx, None, kinds::ROUTE_TABLE.resource_type, &table.id)?;
    ctx.put::<RouteTables>(ctx.scope().key(&table.id), table.clone())?;
    Ok(table)
}

/// Makes the main route table of a new VPC.
pub(crate) fn make_main(ctx: &mut Ctx<'_>, vpc: &Vpc) -> Result<()> {
    let table = make(ctx, vpc)?;
    let main = Association::main(ctx)?;
    resource::change::<RouteTables>(ctx, &table.id, |table| table.associations.push(main))
}

/// Adds a route to everywhere through a gateway to the main table of a VPC.
pub(crate) fn add_default_route(ctx: &mut Ctx<'_>, vpc_id: &str, gateway_id: &str) -> Result<()> {
    let route = Route {
        destination: Destination::everywhere(),
        target: Target::InternetGateway(gateway_id.to_owned()),
        origin: route::CREATED.to_owned(),
    };
    let id = main_of(ctx, vpc_id)?.id.clone();
    resource::change::<RouteTables>(ctx, &id, |table| table.routes.push(route))
}

/// The main table of a VPC.
///
/// # Errors
/// An internal error when it has none.
pub(crate) fn main_of<'t>(ctx: &'t Ctx<'_>, vpc_id: &str) -> Result<&'t RouteTable> {
    let found = of_vpc(ctx, vpc_id).find(|table| table.is_main());
    found.ok_or_else(|| InternalError::Broken(format!("{vpc_id} has no main route table")).into())
}

/// The tables of a VPC.
pub fn of_vpc<'t, 'w>(ctx: &'t Ctx<'w>, vpc_id: &str) -> impl Iterator<Item = &'t RouteTable> + use<'t, 'w> {
    let vpc_id = vpc_id.to_owned();
    resource::all::<RouteTables>(ctx).filter(move |table| table.vpc_id == vpc_id)
}

/// Adds the local route of a new block to the tables of a VPC.
pub(crate) fn add_local(ctx: &mut Ctx<'_>, vpc_id: &str, destination: Destination) -> Result<()> {
    let route = Route { destination, target: Target::Local, origin: route::WITH_THE_TABLE.to_owned() };
    for id in ids_of_vpc(ctx, vpc_id) {
        resource::change::<RouteTables>(ctx, &id, |table| {
            let locals = table.routes.iter().filter(|route| route.target == Target::Local).count();
            table.routes.insert(locals, route.clone());
        })?;
    }
    Ok(())
}

/// Removes the local route of a block that goes from the tables of a VPC.
pub(crate) fn remove_local(ctx: &mut Ctx<'_>, vpc_id: &str, destination: &Destination) -> Result<()> {
    for id in ids_of_vpc(ctx, vpc_id) {
        resource::change::<RouteTables>(ctx, &id, |table| {
            table
                .routes
                .retain(|route| route.origin != route::WITH_THE_TABLE || route.destination != *destination);
        })?;
    }
    Ok(())
}

/// Puts the routes of a gateway endpoint into these tables of a VPC, and out of its others.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn set_endpoint(
    ctx: &mut Ctx<'_>,
    vpc_id: &str,
    endpoint_id: &str,
    prefix_list_id: &str,
    tables: &[String],
) -> Result<()> {
    let route = Route {
        destination: Destination::PrefixList(prefix_list_id.to_owned()),
        target: Target::Endpoint(endpoint_id.to_owned()),
        origin: route::CREATED.to_owned(),
    };
    for id in ids_of_vpc(ctx, vpc_id) {
        resource::change::<RouteTables>(ctx, &id, |table| {
            table.routes.retain(|other| other.target != route.target);
            if tables.contains(&id) {
                table.routes.push(route.clone());
            }
        })?;
    }
    Ok(())
}

/// Removes the main route table of a VPC; whoever removes the VPC has seen that it has no other.
pub(crate) fn remove_of_vpc(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    ids_of_vpc(ctx, vpc_id).iter().try_for_each(|id| remove(ctx, id))
}

fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<RouteTables>(&ctx.scope().key(id))?;
    tag::remove_all(ctx, id)
}

fn ids_of_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> Vec<String> {
    of_vpc(ctx, vpc_id).map(|table| table.id.clone()).collect()
}

fn describe_route_tables(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeRouteTablesRequest,
) -> Result<ec2::DescribeRouteTablesResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<RouteTables>(
        ctx,
        &Ask {
            ids: input.route_table_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeRouteTablesResult { route_tables: Some(page.items), next_token: page.next })
}

fn create_route_table(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateRouteTableRequest,
) -> Result<ec2::CreateRouteTableResult> {
    let token = input.client_token.clone();
    let once = Once::of::<ec2::CreateRouteTable>(ctx, input.client_token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        let table = resource::find::<RouteTables>(ctx, &id)?;
        let shown = RouteTables::view(ctx, table);
        return Ok(ec2::CreateRouteTableResult { route_table: Some(shown), client_token: token });
    }
    let vpc = resource::find::<Vpcs>(ctx, &input.vpc_id)?.clone();
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::ROUTE_TABLE.resource_type])?;
    if of_vpc(ctx, &vpc.id).count() >= MAX_TABLES {
        let message = "The maximum number of route tables has been reached.";
        return Err(Error::client("RouteTableLimitExceeded", message));
    }
    let table = make(ctx, &vpc)?;
    tag::apply(ctx, specifications, kinds::ROUTE_TABLE.resource_type, &table.id)?;
    once.keep(ctx, &table.id)?;
    error::dry_run(input.dry_run)?;
    let shown = RouteTables::view(ctx, &table);
    Ok(ec2::CreateRouteTableResult { route_table: Some(shown), client_token: token })
}

fn delete_route_table(ctx: &mut Ctx<'_>, input: &ec2::DeleteRouteTableRequest) -> Result<Empty> {
    let table = resource::find::<RouteTables>(ctx, &input.route_table_id)?;
    let id = table.id.clone();
    if !table.associations.is_empty() {
        return Err(error::has_dependencies("routeTable", &id));
    }
    remove(ctx, &id)?;
    crate::vpc_endpoint::forget_table(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
