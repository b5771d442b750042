//! Egress-only internet gateways: the way out for IPv6.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::once::Once;
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpc::Vpcs;
use crate::{error, kinds, tag};

/// All egress-only internet gateways.
pub struct EgressOnlyGateways;

impl Table for EgressOnlyGateways {
    const NAME: &'static str = "ec2.egress-only-internet-gateways";
    type Record = EgressOnlyGateway;
}

/// An egress-only internet gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressOnlyGateway {
    /// `eigw-…`
    pub id: String,
    /// VPC that it is made for.
    pub vpc_id: String,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<EgressOnlyGateways>()
        .read::<ec2::DescribeEgressOnlyInternetGateways>(describe_egress_only_internet_gateways)
        .write::<ec2::CreateEgressOnlyInternetGateway>(create_egress_only_internet_gateway)
        .write::<ec2::DeleteEgressOnlyInternetGateway>(delete_egress_only_internet_gateway)
}

impl Resource for EgressOnlyGateways {
    const KIND: Kind = kinds::EGRESS_ONLY_GATEWAY;
    const FILTERS: &'static [&'static str] = &[];
    const PAGES: std::ops::RangeInclusive<i32> = 5..=255;
    type View = ec2::EgressOnlyInternetGateway;

    fn id(gateway: &EgressOnlyGateway) -> &str {
        &gateway.id
    }

    fn has(_: &Ctx<'_>, _: &EgressOnlyGateway, _: &str, _: Test<'_>) -> bool {
        false
    }

    fn view(ctx: &Ctx<'_>, gateway: &EgressOnlyGateway) -> ec2::EgressOnlyInternetGateway {
        ec2::EgressOnlyInternetGateway {
            attachments: Some(vec![ec2::InternetGatewayAttachment {
                state: Some("attached".to_owned()),
                vpc_id: Some(gateway.vpc_id.clone()),
            }]),
            egress_only_internet_gateway_id: Some(gateway.id.clone()),
            tags: Some(tag::of(ctx, &gateway.id).unwrap_or_default()),
        }
    }
}

/// Whether a VPC has one.
pub(crate) fn any_in_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    resource::all::<EgressOnlyGateways>(ctx).any(|gateway| gateway.vpc_id == vpc_id)
}

fn describe_egress_only_internet_gateways(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeEgressOnlyInternetGatewaysRequest,
) -> Result<ec2::DescribeEgressOnlyInternetGatewaysResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<EgressOnlyGateways>(
        ctx,
        &Ask {
            ids: input.egress_only_internet_gateway_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeEgressOnlyInternetGatewaysResult {
        egress_only_internet_gateways: Some(page.items),
        next_token: page.next,
    })
}

fn create_egress_only_internet_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateEgressOnlyInternetGatewayRequest,
) -> Result<ec2::CreateEgressOnlyInternetGatewayResult> {
    let client_token = input.client_token.clone();
    let once = Once::of::<ec2::CreateEgressOnlyInternetGateway>(ctx, client_token.as_deref(), input);
    let id = match once.earlier(ctx)? {
        Some(id) => id,
        None => {
            let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
            let specifications = input.tag_specifications.as_deref();
            let resource_type = kinds::EGRESS_ONLY_GATEWAY.resource_type;
            tag::check_types(specifications, &[resource_type])?;
            let id = ctx.fresh_id("eigw")?;
            let gateway = EgressOnlyGateway { id: id.clone(), vpc_id };
            ctx.put::<EgressOnlyGateways>(ctx.scope().key(&id), gateway)?;
            tag::apply(ctx, specifications, resource_type, &id)?;
            once.keep(ctx, &id)?;
            id
        }
    };
    error::dry_run(input.dry_run)?;
    let shown = EgressOnlyGateways::view(ctx, resource::find::<EgressOnlyGateways>(ctx, &id)?);
    Ok(ec2::CreateEgressOnlyInternetGatewayResult { client_token, egress_only_internet_gateway: Some(shown) })
}

fn delete_egress_only_internet_gateway(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteEgressOnlyInternetGatewayRequest,
) -> Result<ec2::DeleteEgressOnlyInternetGatewayResult> {
    let id = &input.egress_only_internet_gateway_id;
    resource::find::<EgressOnlyGateways>(ctx, id)?;
    ctx.delete::<EgressOnlyGateways>(&ctx.scope().key(id))?;
    tag::remove_all(ctx, id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteEgressOnlyInternetGatewayResult { return_code: Some(true) })
}
