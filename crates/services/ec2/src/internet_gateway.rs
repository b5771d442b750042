//! Internet gateways: a VPC's way to public addresses and back.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpc::Vpcs;
use crate::{error, kinds, network_interface, route_table, tag};

/// All internet gateways.
pub struct InternetGateways;

impl Table for InternetGateways {
    const NAME: &'static str = "ec2.internet-gateways";
    type Record = InternetGateway;
}

/// An internet gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// `igw-…`
    pub id: String,
    /// VPC that it is attached to.
    pub vpc_id: Option<String>,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<InternetGateways>()
        .read::<ec2::DescribeInternetGateways>(describe_internet_gateways)
        .write::<ec2::CreateInternetGateway>(create_internet_gateway)
        .write::<ec2::DeleteInternetGateway>(delete_internet_gateway)
        .write::<ec2::AttachInternetGateway>(attach_internet_gateway)
        .write::<ec2::DetachInternetGateway>(detach_internet_gateway)
}

impl Resource for InternetGateways {
    const KIND: Kind = kinds::INTERNET_GATEWAY;
    const FILTERS: &'static [&'static str] =
        &["attachment.state", "attachment.vpc-id", "internet-gateway-id", "owner-id"];
    type View = ec2::InternetGateway;

    fn id(gateway: &InternetGateway) -> &str {
        &gateway.id
    }

    fn has(ctx: &Ctx<'_>, gateway: &InternetGateway, name: &str, test: Test<'_>) -> bool {
        match name {
            "attachment.state" => gateway.vpc_id.is_some() && test("available"),
            "attachment.vpc-id" => gateway.vpc_id.as_deref().is_some_and(test),
            "internet-gateway-id" => test(&gateway.id),
            "owner-id" => test(&ctx.scope().account.to_string()),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, gateway: &InternetGateway) -> ec2::InternetGateway {
        let attachment = |vpc_id: &String| ec2::InternetGatewayAttachment {
            state: Some("available".to_owned()),
            vpc_id: Some(vpc_id.clone()),
        };
        ec2::InternetGateway {
            attachments: Some(gateway.vpc_id.iter().map(attachment).collect()),
            internet_gateway_id: Some(gateway.id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
            tags: tag::of(ctx, &gateway.id),
        }
    }
}

/// The gateway of a VPC, if it has one: without it, nothing in the VPC has a public address that works.
pub fn attached_to<'t>(ctx: &'t Ctx<'_>, vpc_id: &str) -> Option<&'t InternetGateway> {
    resource::all::<InternetGateways>(ctx).find(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id))
}

/// Makes a gateway attached to a VPC; its id.
pub(crate) fn make(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<String> {
    Ok(make_one(ctx, Some(vpc_id))?.id)
}

fn make_one(ctx: &mut Ctx<'_>, vpc_id: Option<&str>) -> Result<InternetGateway> {
    let gateway = InternetGateway { id: ctx.fresh_id("igw")?, vpc_id: vpc_id.map(str::to_owned) };
    ctx.put::<InternetGateways>(ctx.scope().key(&gateway.id), gateway.clone())?;
    tag::apply(ctx, None, kinds::INTERNET_GATEWAY.resource_type, &gateway.id)?;
    Ok(gateway)
}

fn describe_internet_gateways(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeInternetGatewaysRequest,
) -> Result<ec2::DescribeInternetGatewaysResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<InternetGateways>(
        ctx,
        &Ask {
            ids: input.internet_gateway_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeInternetGatewaysResult { internet_gateways: Some(page.items), next_token: page.next })
}

fn create_internet_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateInternetGatewayRequest,
) -> Result<ec2::CreateInternetGatewayResult> {
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::INTERNET_GATEWAY.resource_type])?;
    let gateway = make_one(ctx, None)?;
    tag::apply(ctx, specifications, kinds::INTERNET_GATEWAY.resource_type, &gateway.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateInternetGatewayResult { internet_gateway: Some(InternetGateways::view(ctx, &gateway)) })
}

fn delete_internet_gateway(ctx: &mut Ctx<'_>, input: &ec2::DeleteInternetGatewayRequest) -> Result<Empty> {
    let gateway = resource::find::<InternetGateways>(ctx, &input.internet_gateway_id)?;
    let id = gateway.id.clone();
    if gateway.vpc_id.is_some() {
        return Err(error::has_dependencies("internetGateway", &id));
    }
    ctx.delete::<InternetGateways>(&ctx.scope().key(&id))?;
    tag::remove_all(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn attach_internet_gateway(ctx: &mut Ctx<'_>, input: &ec2::AttachInternetGatewayRequest) -> Result<Empty> {
    let gateway = resource::find::<InternetGateways>(ctx, &input.internet_gateway_id)?;
    let id = gateway.id.clone();
    if let Some(other) = &gateway.vpc_id {
        let message = format!("resource {id} is already attached to network {other}");
        return Err(Error::client("Resource.AlreadyAssociated", message));
    }
    let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    if attached_to(ctx, &vpc_id).is_some() {
        let message = format!("Network {vpc_id} already has an internet gateway attached");
        return Err(error::invalid_value(message));
    }
    resource::change::<InternetGateways>(ctx, &id, |gateway| gateway.vpc_id = Some(vpc_id))?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn detach_internet_gateway(ctx: &mut Ctx<'_>, input: &ec2::DetachInternetGatewayRequest) -> Result<Empty> {
    let gateway = resource::find::<InternetGateways>(ctx, &input.internet_gateway_id)?;
    let id = gateway.id.clone();
    if gateway.vpc_id.as_ref() != Some(&input.vpc_id) {
        let message = format!("resource {id} is not attached to network {}", input.vpc_id);
        return Err(Error::client("Gateway.NotAttached", message));
    }
    if network_interface::any_public_in_vpc(ctx, &input.vpc_id) {
        let message = format!(
            "Network {} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.",
            input.vpc_id
        );
        return Err(Error::client("DependencyViolation", message));
    }
    resource::change::<InternetGateways>(ctx, &id, |gateway| gateway.vpc_id = None)?;
    route_table::forget_gateway(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
