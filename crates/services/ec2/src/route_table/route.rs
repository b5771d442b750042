//! A route: for which addresses, to what, and whether that is there.

use std::fmt;

use ironbird_api::ec2;
use ironbird_rig::Ctx;
use serde::{Deserialize, Serialize};

use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::egress_only_gateway::EgressOnlyGateways;
use crate::filter::Test;
use crate::internet_gateway::InternetGateways;
use crate::nat_gateway::NatGateways;
use crate::network_interface::NetworkInterfaces;
use crate::vpc_endpoint::VpcEndpoints;
use crate::vpc_peering::VpcPeerings;
use crate::vpn_gateway::VpnGateways;

/// Origin of routes that a table is made with.
pub(super) const WITH_THE_TABLE: &str = "CreateRouteTable";
/// Origin of routes that were added.
pub(super) const CREATED: &str = "CreateRoute";

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Addresses that it is for.
    pub destination: Destination,
    /// Where packets go.
    pub target: Target,
    /// `CreateRouteTable` for local routes, `CreateRoute` for others.
    pub origin: String,
}

/// Addresses that a route is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// IPv4 addresses.
    Ipv4(Cidr),
    /// IPv6 addresses.
    Ipv6(Cidr6),
    /// Those of a prefix list, `pl-…`.
    PrefixList(String),
}

impl Destination {
    /// All IPv4 addresses.
    pub fn everywhere() -> Self {
        Self::Ipv4(Cidr::new(std::net::Ipv4Addr::UNSPECIFIED, 0).expect("0 is a length of a prefix"))
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(block) => block.fmt(f),
            Self::Ipv6(block) => block.fmt(f),
            Self::PrefixList(id) => f.write_str(id),
        }
    }
}

/// Where a route leads, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The VPC itself.
    Local,
    /// `igw-…`
    InternetGateway(String),
    /// `vgw-…`
    VpnGateway(String),
    /// `eigw-…`
    EgressOnly(String),
    /// `nat-…`
    Nat(String),
    /// `eni-…`, of an instance or not.
    Interface(String),
    /// `pcx-…`
    Peering(String),
    /// `vpce-…`
    Endpoint(String),
}

impl Target {
    /// Whether packets that go there arrive somewhere, from a table of `vpc_id`.
    fn is_there(&self, ctx: &Ctx<'_>, vpc_id: &str) -> bool {
        let here = |id: &String| ctx.scope().key(id);
        match self {
            Self::Local => true,
            Self::InternetGateway(id) => ctx
                .peek::<InternetGateways>(&here(id))
                .is_some_and(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id)),
            Self::VpnGateway(id) => ctx
                .peek::<VpnGateways>(&here(id))
                .is_some_and(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id)),
            Self::EgressOnly(id) => ctx.peek::<EgressOnlyGateways>(&here(id)).is_some(),
            Self::Nat(id) => ctx.peek::<NatGateways>(&here(id)).is_some_and(|gateway| gateway.is_live()),
            Self::Interface(id) => ctx
                .peek::<NetworkInterfaces>(&here(id))
                .is_some_and(|interface| interface.attachment.is_some()),
            Self::Peering(id) => {
                ctx.peek::<VpcPeerings>(&here(id)).is_some_and(|peering| peering.is_active())
            }
            Self::Endpoint(id) => ctx.peek::<VpcEndpoints>(&here(id)).is_some(),
        }
    }
}

impl Route {
    fn state(&self, ctx: &Ctx<'_>, vpc_id: &str) -> &'static str {
        if self.target.is_there(ctx, vpc_id) { "active" } else { "blackhole" }
    }

    /// As DescribeRouteTables shows it, in a table of `vpc_id`.
    pub(super) fn shown(&self, ctx: &Ctx<'_>, vpc_id: &str) -> ec2::Route {
        let mut shown = ec2::Route {
            origin: Some(self.origin.clone()),
            state: Some(self.state(ctx, vpc_id).to_owned()),
            ..Default::default()
        };
        match &self.destination {
            Destination::Ipv4(block) => shown.destination_cidr_block = Some(block.to_string()),
            Destination::Ipv6(block) => shown.destination_ipv6_cidr_block = Some(block.to_string()),
            Destination::PrefixList(id) => shown.destination_prefix_list_id = Some(id.clone()),
        }
        match &self.target {
            Target::Local => shown.gateway_id = Some("local".to_owned()),
            Target::InternetGateway(id) | Target::VpnGateway(id) | Target::Endpoint(id) => {
                shown.gateway_id = Some(id.clone());
            }
            Target::EgressOnly(id) => shown.egress_only_internet_gateway_id = Some(id.clone()),
            Target::Nat(id) => shown.nat_gateway_id = Some(id.clone()),
            Target::Peering(id) => shown.vpc_peering_connection_id = Some(id.clone()),
            Target::Interface(id) => {
                let instance = instance_of(ctx, id);
                shown.instance_owner_id = instance.map(|_| ctx.scope().account.to_string());
                shown.instance_id = instance.map(str::to_owned);
                shown.network_interface_id = Some(id.clone());
            }
        }
        shown
    }

    /// Whether its value under the filter `route.<field>` passes `test`.
    pub(super) fn has(&self, ctx: &Ctx<'_>, vpc_id: &str, field: &str, test: Test<'_>) -> bool {
        let shown = self.shown(ctx, vpc_id);
        let value = match field {
            "destination-cidr-block" => shown.destination_cidr_block,
            "destination-ipv6-cidr-block" => shown.destination_ipv6_cidr_block,
            "destination-prefix-list-id" => shown.destination_prefix_list_id,
            "egress-only-internet-gateway-id" => shown.egress_only_internet_gateway_id,
            "gateway-id" => shown.gateway_id,
            "instance-id" => shown.instance_id,
            "nat-gateway-id" => shown.nat_gateway_id,
            "origin" => shown.origin,
            "state" => shown.state,
            "vpc-peering-connection-id" => shown.vpc_peering_connection_id,
            _ => None,
        };
        value.is_some_and(|value| test(&value))
    }
}

fn instance_of<'t>(ctx: &'t Ctx<'_>, interface_id: &str) -> Option<&'t str> {
    let interface = ctx.peek::<NetworkInterfaces>(&ctx.scope().key(interface_id))?;
    interface.attachment.as_ref()?.instance_id()
}
