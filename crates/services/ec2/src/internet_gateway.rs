//! Internet gateways. The default VPC has one; there is no operation here to make more.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, tag};

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
    definition.table::<InternetGateways>().read::<ec2::DescribeInternetGateways>(describe_internet_gateways)
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
    let id = ctx.fresh_id("igw")?;
    let gateway = InternetGateway { id: id.clone(), vpc_id: Some(vpc_id.to_owned()) };
    ctx.put::<InternetGateways>(ctx.scope().key(&id), gateway)?;
    tag::apply(ctx, None, kinds::INTERNET_GATEWAY.resource_type, &id)?;
    Ok(id)
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
