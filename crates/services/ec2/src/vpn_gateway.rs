//! Virtual private gateways: a VPC's end of a VPN. No tunnel runs here.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::page::Window;
use crate::resource::{self, Ask, Kind, Resource};
use crate::route_table::{self, RouteTables};
use crate::spot::request::seconds_from;
use crate::vpc::Vpcs;
use crate::{error, kinds, tag};

/// All virtual private gateways.
pub struct VpnGateways;

impl Table for VpnGateways {
    const NAME: &'static str = "ec2.vpn-gateways";
    type Record = VpnGateway;
}

/// A virtual private gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnGateway {
    /// `vgw-…`
    pub id: String,
    /// Its number as an autonomous system.
    pub asn: i64,
    /// Zone that was asked for.
    pub zone: Option<String>,
    /// VPC that it is attached to.
    pub vpc_id: Option<String>,
    /// Whether it was deleted, and is only shown.
    #[serde(default)]
    pub is_deleted: bool,
}

/// The timer handler's name.
const TIMER: &str = "ec2.vpn-gateway";

/// The number of a gateway that names none. Source: the API reference.
const DEFAULT_ASN: i64 = 64_512;
/// Numbers that a gateway may have: those for private use. Source: as above.
const ASNS: [std::ops::RangeInclusive<i64>; 2] = [64_512..=65_534, 4_200_000_000..=4_294_967_294];

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<VpnGateways>()
        .read::<ec2::DescribeVpnGateways>(describe_vpn_gateways)
        .write::<ec2::CreateVpnGateway>(create_vpn_gateway)
        // No VPN runs.
        .records::<ec2::CreateVpnGateway>(&["AmazonSideAsn", "AvailabilityZone"])
        .write::<ec2::DeleteVpnGateway>(delete_vpn_gateway)
        .write::<ec2::AttachVpnGateway>(attach_vpn_gateway)
        .write::<ec2::DetachVpnGateway>(detach_vpn_gateway)
        .timer(TIMER, forget)
}

impl Resource for VpnGateways {
    const KIND: Kind = kinds::VPN_GATEWAY;
    const FILTERS: &'static [&'static str] = &[
        "amazon-side-asn",
        "attachment.state",
        "attachment.vpc-id",
        "availability-zone",
        "state",
        "type",
        "vpn-gateway-id",
    ];
    type View = ec2::VpnGateway;

    fn id(gateway: &VpnGateway) -> &str {
        &gateway.id
    }

    fn has(_: &Ctx<'_>, gateway: &VpnGateway, name: &str, test: Test<'_>) -> bool {
        match name {
            "amazon-side-asn" => test(&gateway.asn.to_string()),
            "attachment.state" => gateway.vpc_id.is_some() && test("attached"),
            "attachment.vpc-id" => gateway.vpc_id.as_deref().is_some_and(test),
            "availability-zone" => gateway.zone.as_deref().is_some_and(test),
            "state" => test(state(gateway)),
            "type" => test("ipsec.1"),
            "vpn-gateway-id" => test(&gateway.id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, gateway: &VpnGateway) -> ec2::VpnGateway {
        ec2::VpnGateway {
            amazon_side_asn: Some(gateway.asn),
            tags: tag::of(ctx, &gateway.id),
            vpn_gateway_id: Some(gateway.id.clone()),
            state: Some(state(gateway).to_owned()),
            r#type: Some("ipsec.1".to_owned()),
            availability_zone: gateway.zone.clone(),
            vpc_attachments: Some(gateway.vpc_id.iter().map(|id| attachment(id, "attached")).collect()),
        }
    }
}

const fn state(gateway: &VpnGateway) -> &'static str {
    if gateway.is_deleted { "deleted" } else { "available" }
}

/// The gateway with this id, unless it was deleted.
///
/// # Errors
/// When there is none.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t VpnGateway> {
    let gateway = resource::find::<VpnGateways>(ctx, id)?;
    if gateway.is_deleted { Err(VpnGateways::KIND.not_found(id)) } else { Ok(gateway) }
}

fn attachment(vpc_id: &str, state: &str) -> ec2::VpcAttachment {
    ec2::VpcAttachment { vpc_id: Some(vpc_id.to_owned()), state: Some(state.to_owned()) }
}

/// The gateway of a VPC, if it has one.
pub(crate) fn attached_to<'t>(ctx: &'t Ctx<'_>, vpc_id: &str) -> Option<&'t VpnGateway> {
    resource::all::<VpnGateways>(ctx).find(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id))
}

fn describe_vpn_gateways(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpnGatewaysRequest,
) -> Result<ec2::DescribeVpnGatewaysResult> {
    error::dry_run(input.dry_run)?;
    let (ids, filters) = (input.vpn_gateway_ids.as_deref(), input.filters.as_deref());
    let ask = Ask { ids, filters, max_results: None, next_token: None };
    // The operation has no pages.
    let page = resource::describe_within::<VpnGateways>(ctx, &ask, &Window::whole())?;
    Ok(ec2::DescribeVpnGatewaysResult { vpn_gateways: Some(page.items) })
}

fn create_vpn_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateVpnGatewayRequest,
) -> Result<ec2::CreateVpnGatewayResult> {
    if input.r#type != "ipsec.1" {
        return Err(error::invalid_parameter_value(&input.r#type, "type"));
    }
    let asn = input.amazon_side_asn.unwrap_or(DEFAULT_ASN);
    if !ASNS.iter().any(|range| range.contains(&asn)) {
        return Err(error::invalid_parameter_value(&asn.to_string(), "amazonSideAsn"));
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::VPN_GATEWAY.resource_type])?;
    let id = ctx.fresh_id("vgw")?;
    let gateway =
        VpnGateway { id, asn, zone: input.availability_zone.clone(), vpc_id: None, is_deleted: false };
    ctx.put::<VpnGateways>(ctx.scope().key(&gateway.id), gateway.clone())?;
    tag::apply(ctx, specifications, kinds::VPN_GATEWAY.resource_type, &gateway.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateVpnGatewayResult { vpn_gateway: Some(VpnGateways::view(ctx, &gateway)) })
}

fn delete_vpn_gateway(ctx: &mut Ctx<'_>, input: &ec2::DeleteVpnGatewayRequest) -> Result<Empty> {
    let gateway = find(ctx, &input.vpn_gateway_id)?;
    let id = gateway.id.clone();
    if gateway.vpc_id.is_some() {
        let message = "The vpn gateway is in use.";
        return Err(Error::client("IncorrectState", message));
    }
    resource::change::<VpnGateways>(ctx, &id, |gateway| gateway.is_deleted = true)?;
    ctx.wake_at(seconds_from(ctx.now(), resource::SHOWN_DELETED), TIMER, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

/// The timer handler: a deleted gateway was shown for long enough.
fn forget(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<VpnGateways>(&ctx.scope().key(id))?;
    tag::remove_all(ctx, id)
}

fn attach_vpn_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::AttachVpnGatewayRequest,
) -> Result<ec2::AttachVpnGatewayResult> {
    let gateway = find(ctx, &input.vpn_gateway_id)?;
    let id = gateway.id.clone();
    if let Some(other) = gateway.vpc_id.as_ref().filter(|other| **other != input.vpc_id) {
        let message = format!("The vpn gateway {id} is already attached to VPC {other}.");
        return Err(Error::client("VpnGatewayAttachmentLimitExceeded", message));
    }
    let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    if let Some(other) = attached_to(ctx, &vpc_id).filter(|other| other.id != id) {
        let message = format!("The VPC {vpc_id} already has the vpn gateway {} attached.", other.id);
        return Err(error::invalid_value(message));
    }
    let shown = attachment(&vpc_id, "attaching");
    resource::change::<VpnGateways>(ctx, &id, |gateway| gateway.vpc_id = Some(vpc_id))?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::AttachVpnGatewayResult { vpc_attachment: Some(shown) })
}

fn detach_vpn_gateway(ctx: &mut Ctx<'_>, input: &ec2::DetachVpnGatewayRequest) -> Result<Empty> {
    let gateway = find(ctx, &input.vpn_gateway_id)?;
    let id = gateway.id.clone();
    if gateway.vpc_id.as_ref() != Some(&input.vpc_id) {
        let message =
            format!("The attachment with vpn gateway ID '{id}' and vpc ID '{}' does not exist", input.vpc_id);
        return Err(Error::client("InvalidVpnGatewayAttachment.NotFound", message));
    }
    resource::change::<VpnGateways>(ctx, &id, |gateway| gateway.vpc_id = None)?;
    route_table::forget_gateway(ctx, &id)?;
    let tables: Vec<String> = route_table::of_vpc(ctx, &input.vpc_id).map(|table| table.id.clone()).collect();
    for table in tables {
        resource::change::<RouteTables>(ctx, &table, |table| table.propagating.retain(|own| *own != id))?;
    }
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
