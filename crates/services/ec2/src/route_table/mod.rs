//! Route tables. Every VPC has its main one; there is no operation here to make more or to change their routes.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpc::Vpc;
use crate::{error, kinds, tag};

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
    /// Id of the association that makes it the VPC's main table, `rtbassoc-…`.
    pub main_association_id: String,
    /// Its routes, the local one first.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Addresses that it is for.
    pub destination: String,
    /// `local` or `igw-…`.
    pub gateway_id: String,
    /// `CreateRouteTable` for the local route, `CreateRoute` for others.
    pub origin: String,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<RouteTables>().read::<ec2::DescribeRouteTables>(describe_route_tables)
}

impl Resource for RouteTables {
    const KIND: Kind = kinds::ROUTE_TABLE;
    const FILTERS: &'static [&'static str] = &[
        "association.main",
        "association.route-table-association-id",
        "association.route-table-id",
        "association.subnet-id",
        "association.gateway-id",
        "owner-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.gateway-id",
        "route.origin",
        "route.state",
        "vpc-id",
    ];
    type View = ec2::RouteTable;

    fn id(table: &RouteTable) -> &str {
        &table.id
    }

    fn has(ctx: &Ctx<'_>, table: &RouteTable, name: &str, test: Test<'_>) -> bool {
        let mut routes = table.routes.iter();
        match name {
            "association.main" => test(flag(true)),
            "association.route-table-association-id" => test(&table.main_association_id),
            "association.route-table-id" | "route-table-id" => test(&table.id),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "route.destination-cidr-block" => routes.any(|route| test(&route.destination)),
            "route.gateway-id" => routes.any(|route| test(&route.gateway_id)),
            "route.origin" => routes.any(|route| test(&route.origin)),
            "route.state" => test("active"),
            "vpc-id" => test(&table.vpc_id),
            // A main table is associated with a subnet only implicitly, which this filter does not see.
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, table: &RouteTable) -> ec2::RouteTable {
        let association = ec2::RouteTableAssociation {
            main: Some(true),
            route_table_association_id: Some(table.main_association_id.clone()),
            route_table_id: Some(table.id.clone()),
            association_state: Some(ec2::RouteTableAssociationState {
                state: Some("associated".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let route = |route: &Route| ec2::Route {
            destination_cidr_block: Some(route.destination.clone()),
            gateway_id: Some(route.gateway_id.clone()),
            origin: Some(route.origin.clone()),
            state: Some("active".to_owned()),
            ..Default::default()
        };
        ec2::RouteTable {
            associations: Some(vec![association]),
            propagating_vgws: Some(Vec::new()),
            route_table_id: Some(table.id.clone()),
            routes: Some(table.routes.iter().map(route).collect()),
            tags: tag::of(ctx, &table.id),
            vpc_id: Some(table.vpc_id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
        }
    }
}

/// Makes the main route table of a new VPC.
pub(crate) fn make_main(ctx: &mut Ctx<'_>, vpc: &Vpc) -> Result<()> {
    let local = Route {
        destination: vpc.cidr.to_string(),
        gateway_id: "local".to_owned(),
        origin: "CreateRouteTable".to_owned(),
    };
    let table = RouteTable {
        id: ctx.fresh_id("rtb")?,
        vpc_id: vpc.id.clone(),
        main_association_id: ctx.fresh_id("rtbassoc")?,
        routes: vec![local],
    };
    tag::apply(ctx, None, kinds::ROUTE_TABLE.resource_type, &table.id)?;
    ctx.put::<RouteTables>(ctx.scope().key(&table.id), table)
}

/// Adds a route to everywhere through a gateway to the main table of a VPC.
pub(crate) fn add_default_route(ctx: &mut Ctx<'_>, vpc_id: &str, gateway_id: &str) -> Result<()> {
    let route = Route {
        destination: "0.0.0.0/0".to_owned(),
        gateway_id: gateway_id.to_owned(),
        origin: "CreateRoute".to_owned(),
    };
    for id in ids_of_vpc(ctx, vpc_id) {
        resource::change::<RouteTables>(ctx, &id, |table| table.routes.push(route.clone()))?;
    }
    Ok(())
}

/// Removes the route tables of a VPC.
pub(crate) fn remove_of_vpc(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    for id in ids_of_vpc(ctx, vpc_id) {
        ctx.delete::<RouteTables>(&ctx.scope().key(&id))?;
        tag::remove_all(ctx, &id)?;
    }
    Ok(())
}

fn ids_of_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> Vec<String> {
    let tables = resource::all::<RouteTables>(ctx).filter(|table| table.vpc_id == vpc_id);
    tables.map(|table| table.id.clone()).collect()
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
