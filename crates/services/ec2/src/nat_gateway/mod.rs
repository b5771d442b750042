//! NAT gateways: `pending` before `available`, `deleting` before `deleted`, and shown for an hour after that.
//!
//! Times are ours, of AWS's size: a gateway is made in one to two minutes and gone in half a minute to one.

use std::net::Ipv4Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, tag};

mod addresses;
mod create;
mod delete;
#[cfg(test)]
mod tests;

/// All NAT gateways.
pub struct NatGateways;

impl Table for NatGateways {
    const NAME: &'static str = "ec2.nat-gateways";
    type Record = NatGateway;
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// `nat-…`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Whether it translates to public addresses.
    pub public: bool,
    /// Where it is in its life.
    pub state: State,
    /// When it gets to the next state.
    pub due: Option<Timestamp>,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it was gone.
    pub deleted: Option<Timestamp>,
    /// Its interface.
    pub interface_id: String,
    /// Its addresses, the primary one first.
    pub addresses: Vec<NatAddress>,
    /// Why it failed: code and message.
    pub failure: Option<(String, String)>,
}

/// An address of a NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatAddress {
    /// Private address.
    pub private: Ipv4Addr,
    /// Elastic address: allocation, association, address. Kept for the record of a gateway that is gone.
    pub elastic: Option<(String, String, Ipv4Addr)>,
}

/// Where a NAT gateway is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Being made.
    Pending,
    /// Could not be made.
    Failed,
    /// There.
    Available,
    /// Going.
    Deleting,
    /// Gone.
    Deleted,
}

impl State {
    /// As the API has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Available => "available",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }
}

impl NatGateway {
    /// Whether routes to it are active.
    pub const fn is_live(&self) -> bool {
        matches!(self.state, State::Pending | State::Available)
    }
}

/// The timer handler's name.
const TIMER: &str = "ec2.nat-gateway";

/// How long a gateway that failed or is gone is shown, in seconds: "for about an hour", says the VPC user guide.
const SHOWN_AFTERWARDS: i64 = 3600;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<NatGateways>()
        .timer(TIMER, create::wake)
        .read::<ec2::DescribeNatGateways>(describe_nat_gateways);
    addresses::register(delete::register(create::register(definition)))
}

impl Resource for NatGateways {
    const KIND: Kind = kinds::NAT_GATEWAY;
    const FILTERS: &'static [&'static str] =
        &["connectivity-type", "nat-gateway-id", "state", "subnet-id", "vpc-id"];
    type View = ec2::NatGateway;

    fn id(gateway: &NatGateway) -> &str {
        &gateway.id
    }

    fn has(_: &Ctx<'_>, gateway: &NatGateway, name: &str, test: Test<'_>) -> bool {
        match name {
            "connectivity-type" => test(connectivity(gateway)),
            "nat-gateway-id" => test(&gateway.id),
            "state" => test(gateway.state.name()),
            "subnet-id" => test(&gateway.subnet_id),
            "vpc-id" => test(&gateway.vpc_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, gateway: &NatGateway) -> ec2::NatGateway {
        let failure = gateway.failure.as_ref();
        let addresses = gateway.addresses.iter().enumerate();
        ec2::NatGateway {
            create_time: Some(gateway.created),
            delete_time: gateway.deleted,
            failure_code: failure.map(|(code, _)| code.clone()),
            failure_message: failure.map(|(_, message)| message.clone()),
            nat_gateway_addresses: Some(
                addresses.map(|(at, address)| address.shown(gateway, at == 0)).collect(),
            ),
            nat_gateway_id: Some(gateway.id.clone()),
            state: Some(gateway.state.name().to_owned()),
            subnet_id: Some(gateway.subnet_id.clone()),
            vpc_id: Some(gateway.vpc_id.clone()),
            tags: tag::of(ctx, &gateway.id),
            connectivity_type: Some(connectivity(gateway).to_owned()),
            ..Default::default()
        }
    }
}

const fn connectivity(gateway: &NatGateway) -> &'static str {
    if gateway.public { "public" } else { "private" }
}

impl NatAddress {
    /// As the API shows it.
    fn shown(&self, gateway: &NatGateway, is_primary: bool) -> ec2::NatGatewayAddress {
        let elastic = self.elastic.as_ref();
        let status = match gateway.state {
            State::Pending => "associating",
            State::Failed => "failed",
            State::Available => "succeeded",
            State::Deleting | State::Deleted => "disassociating",
        };
        ec2::NatGatewayAddress {
            allocation_id: elastic.map(|(allocation, ..)| allocation.clone()),
            network_interface_id: Some(gateway.interface_id.clone()).filter(|id| !id.is_empty()),
            private_ip: Some(self.private.to_string()),
            public_ip: elastic.map(|(.., public)| public.to_string()),
            association_id: elastic.map(|(_, association, _)| association.clone()),
            is_primary: Some(is_primary),
            status: Some(status.to_owned()),
            ..Default::default()
        }
    }
}

/// Whether a VPC has one that is not gone.
pub(crate) fn any_in_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    let here = |gateway: &NatGateway| {
        gateway.vpc_id == vpc_id && !matches!(gateway.state, State::Deleted | State::Failed)
    };
    resource::all::<NatGateways>(ctx).any(here)
}

/// The gateway that an operation on gateways names.
///
/// # Errors
/// `NatGatewayMalformed`, `NatGatewayNotFound`.
fn find<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t NatGateway> {
    kinds::NAT_GATEWAY.check(id)?;
    ctx.peek::<NatGateways>(&ctx.scope().key(id)).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> ironbird_rig::Error {
    ironbird_rig::Error::client("NatGatewayNotFound", format!("NatGateway {id} was not found"))
}

fn describe_nat_gateways(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeNatGatewaysRequest,
) -> Result<ec2::DescribeNatGatewaysResult> {
    error::dry_run(input.dry_run)?;
    for id in input.nat_gateway_ids.as_deref().unwrap_or_default() {
        find(ctx, id)?;
    }
    let page = resource::describe::<NatGateways>(
        ctx,
        &Ask {
            ids: input.nat_gateway_ids.as_deref(),
            filters: input.filter.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeNatGatewaysResult { nat_gateways: Some(page.items), next_token: page.next })
}
