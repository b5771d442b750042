//! Customer gateways: the other end of a VPN, as its owner describes it. No tunnel runs here.

use std::net::Ipv4Addr;

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::page::Window;
use crate::resource::{self, Ask, Kind, Resource};
use crate::spot::request::seconds_from;
use crate::{error, kinds, tag};

/// All customer gateways.
struct CustomerGateways;

impl Table for CustomerGateways {
    const NAME: &'static str = "ec2.customer-gateways";
    type Record = CustomerGateway;
}

/// A customer gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CustomerGateway {
    /// `cgw-…`
    id: String,
    /// Its number as an autonomous system.
    asn: i64,
    /// Its address.
    address: Option<String>,
    certificate_arn: Option<String>,
    device_name: Option<String>,
    /// Whether it was deleted, and is only shown.
    #[serde(default)]
    is_deleted: bool,
}

/// The timer handler's name.
const TIMER: &str = "ec2.customer-gateway";

/// The number of a gateway that names none. Source: the API reference.
const DEFAULT_ASN: i64 = 65_000;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<CustomerGateways>()
        .read::<ec2::DescribeCustomerGateways>(describe_customer_gateways)
        .write::<ec2::CreateCustomerGateway>(create_customer_gateway)
        // No VPN runs.
        .records::<ec2::CreateCustomerGateway>(&[
            "BgpAsn",
            "BgpAsnExtended",
            "CertificateArn",
            "DeviceName",
            "IpAddress",
            "PublicIp",
        ])
        .write::<ec2::DeleteCustomerGateway>(delete_customer_gateway)
        .timer(TIMER, forget)
}

impl Resource for CustomerGateways {
    const KIND: Kind = kinds::CUSTOMER_GATEWAY;
    const FILTERS: &'static [&'static str] =
        &["bgp-asn", "customer-gateway-id", "ip-address", "state", "type"];
    type View = ec2::CustomerGateway;

    fn id(gateway: &CustomerGateway) -> &str {
        &gateway.id
    }

    fn has(_: &Ctx<'_>, gateway: &CustomerGateway, name: &str, test: Test<'_>) -> bool {
        match name {
            "bgp-asn" => test(&gateway.asn.to_string()),
            "customer-gateway-id" => test(&gateway.id),
            "ip-address" => gateway.address.as_deref().is_some_and(test),
            "state" => test(state(gateway)),
            "type" => test("ipsec.1"),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, gateway: &CustomerGateway) -> ec2::CustomerGateway {
        let fits = i32::try_from(gateway.asn).is_ok();
        ec2::CustomerGateway {
            certificate_arn: gateway.certificate_arn.clone(),
            device_name: gateway.device_name.clone(),
            tags: tag::of(ctx, &gateway.id),
            bgp_asn_extended: (!fits).then(|| gateway.asn.to_string()),
            customer_gateway_id: Some(gateway.id.clone()),
            state: Some(state(gateway).to_owned()),
            r#type: Some("ipsec.1".to_owned()),
            ip_address: gateway.address.clone(),
            bgp_asn: fits.then(|| gateway.asn.to_string()),
        }
    }
}

const fn state(gateway: &CustomerGateway) -> &'static str {
    if gateway.is_deleted { "deleted" } else { "available" }
}

fn describe_customer_gateways(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeCustomerGatewaysRequest,
) -> Result<ec2::DescribeCustomerGatewaysResult> {
    error::dry_run(input.dry_run)?;
    let (ids, filters) = (input.customer_gateway_ids.as_deref(), input.filters.as_deref());
    let ask = Ask { ids, filters, max_results: None, next_token: None };
    // The operation has no pages.
    let page = resource::describe_within::<CustomerGateways>(ctx, &ask, &Window::whole())?;
    Ok(ec2::DescribeCustomerGatewaysResult { customer_gateways: Some(page.items) })
}

fn create_customer_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateCustomerGatewayRequest,
) -> Result<ec2::CreateCustomerGatewayResult> {
    if input.r#type != "ipsec.1" {
        return Err(error::invalid_parameter_value(&input.r#type, "type"));
    }
    let asn = match (input.bgp_asn, input.bgp_asn_extended) {
        (Some(_), Some(_)) => return Err(error::exclusive("bgpAsn", "bgpAsnExtended")),
        (given, extended) => given.map(i64::from).or(extended).unwrap_or(DEFAULT_ASN),
    };
    if !(1..=4_294_967_295).contains(&asn) {
        return Err(error::invalid_parameter_value(&asn.to_string(), "bgpAsn"));
    }
    let address = input.ip_address.clone().or_else(|| input.public_ip.clone());
    if address.is_none() && input.certificate_arn.is_none() {
        return Err(error::missing_parameter("ipAddress"));
    }
    if let Some(other) = address.as_deref().filter(|text| text.parse::<Ipv4Addr>().is_err()) {
        return Err(error::invalid_parameter_value(other, "ipAddress"));
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::CUSTOMER_GATEWAY.resource_type])?;
    let certificate_arn = input.certificate_arn.clone();
    let device_name = input.device_name.clone();
    let same = |other: &&CustomerGateway| {
        !other.is_deleted
            && other.asn == asn
            && other.address == address
            && other.certificate_arn == certificate_arn
    };
    // The same gateway once more is no other, as on AWS.
    let existing = resource::all::<CustomerGateways>(ctx).find(same).cloned();
    let gateway = match existing {
        Some(gateway) => gateway,
        None => {
            let id = ctx.fresh_id("cgw")?;
            let gateway =
                CustomerGateway { id, asn, address, certificate_arn, device_name, is_deleted: false };
            ctx.put::<CustomerGateways>(ctx.scope().key(&gateway.id), gateway.clone())?;
            gateway
        }
    };
    tag::apply(ctx, specifications, kinds::CUSTOMER_GATEWAY.resource_type, &gateway.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateCustomerGatewayResult { customer_gateway: Some(CustomerGateways::view(ctx, &gateway)) })
}

fn delete_customer_gateway(ctx: &mut Ctx<'_>, input: &ec2::DeleteCustomerGatewayRequest) -> Result<Empty> {
    let gateway = resource::find::<CustomerGateways>(ctx, &input.customer_gateway_id)?;
    let id = gateway.id.clone();
    if gateway.is_deleted {
        return Err(CustomerGateways::KIND.not_found(&id));
    }
    resource::change::<CustomerGateways>(ctx, &id, |gateway| gateway.is_deleted = true)?;
    ctx.wake_at(seconds_from(ctx.now(), resource::SHOWN_DELETED), TIMER, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

/// The timer handler: a deleted gateway was shown for long enough.
fn forget(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<CustomerGateways>(&ctx.scope().key(id))?;
    tag::remove_all(ctx, id)
}
