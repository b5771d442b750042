//! What route tables are associated with: subnets, gateways, or, the main one, all other subnets of its VPC.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use super::{RouteTable, RouteTables};
use crate::internet_gateway::InternetGateways;
use crate::subnet::Subnets;
use crate::vpn_gateway;
use crate::{error, resource};

/// An association of a route table; without subnet or gateway, it makes the table its VPC's main one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// `rtbassoc-…`
    pub id: String,
    /// Subnet.
    pub subnet_id: Option<String>,
    /// Internet or virtual private gateway.
    pub gateway_id: Option<String>,
}

impl Association {
    /// One that makes a table the main one.
    pub(super) fn main(ctx: &mut Ctx<'_>) -> Result<Self> {
        Ok(Self { id: ctx.fresh_id("rtbassoc")?, subnet_id: None, gateway_id: None })
    }

    /// Whether it makes its table the main one.
    pub fn is_main(&self) -> bool {
        self.subnet_id.is_none() && self.gateway_id.is_none()
    }

    /// As the API shows it.
    pub(super) fn shown(&self, table_id: &str) -> ec2::RouteTableAssociation {
        ec2::RouteTableAssociation {
            main: Some(self.is_main()),
            route_table_association_id: Some(self.id.clone()),
            route_table_id: Some(table_id.to_owned()),
            subnet_id: self.subnet_id.clone(),
            gateway_id: self.gateway_id.clone(),
            association_state: Some(associated()),
            ..Default::default()
        }
    }
}

fn associated() -> ec2::RouteTableAssociationState {
    ec2::RouteTableAssociationState { state: Some("associated".to_owned()), ..Default::default() }
}

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::AssociateRouteTable>(associate_route_table)
        .refuses::<ec2::AssociateRouteTable>(&[(
            "PublicIpv4Pool",
            "pools of public addresses are not modeled",
        )])
        .write::<ec2::DisassociateRouteTable>(disassociate_route_table)
        .write::<ec2::ReplaceRouteTableAssociation>(replace_route_table_association)
}

fn associate_route_table(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssociateRouteTableRequest,
) -> Result<ec2::AssociateRouteTableResult> {
    let table = resource::find::<RouteTables>(ctx, &input.route_table_id)?.clone();
    let (other, what) = match (&input.subnet_id, &input.gateway_id) {
        (Some(_), Some(_)) => return Err(error::exclusive("subnetId", "gatewayId")),
        (None, None) => return Err(error::missing_parameter("subnetId or gatewayId")),
        (Some(id), None) => {
            (Some(resource::find::<Subnets>(ctx, id)?.vpc_id.clone()), format!("subnet {id}"))
        }
        (None, Some(id)) => (vpc_of_gateway(ctx, id)?, format!("network gateway {id}")),
    };
    if other.as_deref() != Some(table.vpc_id.as_str()) {
        let message = format!("route table {} and {what} belong to different networks", table.id);
        return Err(error::invalid_value(message));
    }
    let same = |it: &Association| it.subnet_id == input.subnet_id && it.gateway_id == input.gateway_id;
    let result = |id| ec2::AssociateRouteTableResult {
        association_id: Some(id),
        association_state: Some(associated()),
    };
    if let Some(existing) = table.associations.iter().find(|it| same(it)) {
        error::dry_run(input.dry_run)?;
        return Ok(result(existing.id.clone()));
    }
    if super::of_vpc(ctx, &table.vpc_id).any(|other| other.associations.iter().any(same)) {
        let message = format!(
            "the specified association for route table {} conflicts with an existing association",
            table.id
        );
        return Err(Error::client("Resource.AlreadyAssociated", message));
    }
    let association = Association {
        id: ctx.fresh_id("rtbassoc")?,
        subnet_id: input.subnet_id.clone(),
        gateway_id: input.gateway_id.clone(),
    };
    let id = association.id.clone();
    resource::change::<RouteTables>(ctx, &table.id, |table| table.associations.push(association))?;
    error::dry_run(input.dry_run)?;
    Ok(result(id))
}

fn vpc_of_gateway(ctx: &Ctx<'_>, id: &str) -> Result<Option<String>> {
    match id.starts_with("vgw-") {
        true => Ok(vpn_gateway::find(ctx, id)?.vpc_id.clone()),
        false => Ok(resource::find::<InternetGateways>(ctx, id)?.vpc_id.clone()),
    }
}

/// The table that has the association, and the association.
fn find(ctx: &Ctx<'_>, id: &str) -> Result<(RouteTable, Association)> {
    let pair = |table: &RouteTable| {
        let association = table.associations.iter().find(|it| it.id == id)?;
        Some((table.clone(), association.clone()))
    };
    resource::all::<RouteTables>(ctx).find_map(pair).ok_or_else(|| {
        Error::client("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
    })
}

fn disassociate_route_table(ctx: &mut Ctx<'_>, input: &ec2::DisassociateRouteTableRequest) -> Result<Empty> {
    let (table, association) = find(ctx, &input.association_id)?;
    if association.is_main() {
        let message = format!("cannot disassociate the main route table association {}", association.id);
        return Err(error::invalid_value(message));
    }
    take(ctx, &table, &association)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn take(ctx: &mut Ctx<'_>, table: &RouteTable, association: &Association) -> Result<()> {
    resource::change::<RouteTables>(ctx, &table.id, |table| {
        table.associations.retain(|it| it.id != association.id);
    })
}

fn replace_route_table_association(
    ctx: &mut Ctx<'_>,
    input: &ec2::ReplaceRouteTableAssociationRequest,
) -> Result<ec2::ReplaceRouteTableAssociationResult> {
    let (old, association) = find(ctx, &input.association_id)?;
    let new = resource::find::<RouteTables>(ctx, &input.route_table_id)?;
    if new.vpc_id != old.vpc_id {
        let message = format!("route tables {} and {} belong to different networks", old.id, new.id);
        return Err(error::invalid_value(message));
    }
    if new.id == old.id {
        error::dry_run(input.dry_run)?;
        return Ok(ec2::ReplaceRouteTableAssociationResult {
            new_association_id: Some(association.id),
            association_state: Some(associated()),
        });
    }
    let new_id = new.id.clone();
    let moved = Association { id: ctx.fresh_id("rtbassoc")?, ..association.clone() };
    let result = ec2::ReplaceRouteTableAssociationResult {
        new_association_id: Some(moved.id.clone()),
        association_state: Some(associated()),
    };
    take(ctx, &old, &association)?;
    resource::change::<RouteTables>(ctx, &new_id, |table| table.associations.push(moved))?;
    error::dry_run(input.dry_run)?;
    Ok(result)
}

/// Ends the associations of a subnet that goes.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn forget_subnet(ctx: &mut Ctx<'_>, subnet_id: &str) -> Result<()> {
    forget(ctx, |it| it.subnet_id.as_deref() == Some(subnet_id))
}

/// Ends the associations of a gateway that is detached.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn forget_gateway(ctx: &mut Ctx<'_>, gateway_id: &str) -> Result<()> {
    forget(ctx, |it| it.gateway_id.as_deref() == Some(gateway_id))
}

fn forget(ctx: &mut Ctx<'_>, ends: impl Fn(&Association) -> bool) -> Result<()> {
    let concerned = resource::all::<RouteTables>(ctx).filter(|table| table.associations.iter().any(&ends));
    let ids: Vec<String> = concerned.map(|table| table.id.clone()).collect();
    for id in ids {
        resource::change::<RouteTables>(ctx, &id, |table| table.associations.retain(|it| !ends(it)))?;
    }
    Ok(())
}
