//! VPC endpoints: gateways to S3 and DynamoDB in route tables, and interfaces to other services in subnets.
//!
//! Times are ours, of AWS's size: an interface endpoint is made in one to two minutes and gone in half a minute to one.
//! A gateway endpoint is there at once.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, security_group, tag};

mod create;
mod delete;
mod modify;
mod services;

/// All VPC endpoints.
pub struct VpcEndpoints;

impl Table for VpcEndpoints {
    const NAME: &'static str = "ec2.vpc-endpoints";
    type Record = VpcEndpoint;
}

/// A VPC endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// `vpce-…`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Service that it leads to, `com.amazonaws.us-east-1.s3`.
    pub service_name: String,
    /// Whether it is a gateway rather than an interface.
    pub gateway: bool,
    /// Where it is in its life.
    pub state: State,
    /// When it gets to the next state.
    pub due: Option<Timestamp>,
    /// When it was asked for.
    pub created: Timestamp,
    /// Who may do what through it; none: everybody everything.
    pub policy: Option<String>,
    /// Route tables of a gateway.
    pub route_table_ids: Vec<String>,
    /// Subnets of an interface, each with the interface in it.
    pub subnets: Vec<(String, String)>,
    /// Security groups of an interface.
    pub group_ids: Vec<String>,
    /// Whether the service's usual host names are to lead here.
    pub private_dns: bool,
    /// `ipv4`, `dualstack`, `ipv6`
    pub ip_address_type: String,
    /// Which addresses the host names are to be answered with.
    pub dns_record_ip_type: String,
    /// Whether its private names are for the resolver's inbound endpoints only.
    pub inbound_only: Option<bool>,
}

/// Where an endpoint is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Being made.
    Pending,
    /// There.
    Available,
    /// Going.
    Deleting,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Deleting => "deleting",
        }
    }
}

/// The timer handler's name.
const TIMER: &str = "ec2.vpc-endpoint";

const GATEWAY_POLICY: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
const INTERFACE_POLICY: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<VpcEndpoints>()
        .timer(TIMER, create::wake)
        .read::<ec2::DescribeVpcEndpoints>(describe_vpc_endpoints);
    services::register(modify::register(delete::register(create::register(definition))))
}

impl Resource for VpcEndpoints {
    const KIND: Kind = kinds::VPC_ENDPOINT;
    const FILTERS: &'static [&'static str] = &[
        "ip-address-type",
        "service-name",
        "service-region",
        "vpc-endpoint-id",
        "vpc-endpoint-state",
        "vpc-endpoint-type",
        "vpc-id",
    ];
    type View = ec2::VpcEndpoint;

    fn id(endpoint: &VpcEndpoint) -> &str {
        &endpoint.id
    }

    fn has(ctx: &Ctx<'_>, endpoint: &VpcEndpoint, name: &str, test: Test<'_>) -> bool {
        match name {
            "ip-address-type" => test(&endpoint.ip_address_type),
            "service-name" => test(&endpoint.service_name),
            "service-region" => test(ctx.region().code()),
            "vpc-endpoint-id" => test(&endpoint.id),
            "vpc-endpoint-state" => test(endpoint.state.name()),
            "vpc-endpoint-type" => test(kind(endpoint.gateway)),
            "vpc-id" => test(&endpoint.vpc_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, endpoint: &VpcEndpoint) -> ec2::VpcEndpoint {
        let default = if endpoint.gateway { GATEWAY_POLICY } else { INTERFACE_POLICY };
        let group = |it: ec2::GroupIdentifier| ec2::SecurityGroupIdentifier {
            group_id: it.group_id,
            group_name: it.group_name,
        };
        let groups = security_group::identifiers(ctx, &endpoint.group_ids);
        ec2::VpcEndpoint {
            vpc_endpoint_id: Some(endpoint.id.clone()),
            vpc_endpoint_type: Some(kind(endpoint.gateway).to_owned()),
            vpc_id: Some(endpoint.vpc_id.clone()),
            service_name: Some(endpoint.service_name.clone()),
            state: Some(endpoint.state.name().to_owned()),
            policy_document: Some(endpoint.policy.clone().unwrap_or_else(|| default.to_owned())),
            route_table_ids: Some(endpoint.route_table_ids.clone()),
            subnet_ids: Some(endpoint.subnets.iter().map(|(subnet, _)| subnet.clone()).collect()),
            groups: Some(groups.into_iter().map(group).collect()),
            ip_address_type: Some(endpoint.ip_address_type.clone()),
            dns_options: Some(ec2::DnsOptions {
                dns_record_ip_type: Some(endpoint.dns_record_ip_type.clone()),
                private_dns_only_for_inbound_resolver_endpoint: endpoint.inbound_only,
                ..Default::default()
            }),
            private_dns_enabled: Some(endpoint.private_dns),
            requester_managed: Some(false),
            network_interface_ids: Some(endpoint.subnets.iter().map(|(_, id)| id.clone()).collect()),
            dns_entries: Some(services::dns_entries(ctx, endpoint)),
            creation_timestamp: Some(endpoint.created),
            tags: Some(tag::of(ctx, &endpoint.id).unwrap_or_default()),
            owner_id: Some(ctx.scope().account.to_string()),
            service_region: (!endpoint.gateway).then(|| ctx.region().code().to_owned()),
            ..Default::default()
        }
    }
}

const fn kind(gateway: bool) -> &'static str {
    if gateway { "Gateway" } else { "Interface" }
}

/// Whether a VPC has any.
pub(crate) fn any_in_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    resource::all::<VpcEndpoints>(ctx).any(|endpoint| endpoint.vpc_id == vpc_id)
}

/// Forgets a route table that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_table(ctx: &mut Ctx<'_>, table_id: &str) -> Result<()> {
    let has = |endpoint: &&VpcEndpoint| endpoint.route_table_ids.iter().any(|id| id == table_id);
    let ids: Vec<String> =
        resource::all::<VpcEndpoints>(ctx).filter(has).map(|endpoint| endpoint.id.clone()).collect();
    for id in ids {
        resource::change::<VpcEndpoints>(ctx, &id, |endpoint| {
            endpoint.route_table_ids.retain(|own| own != table_id);
        })?;
    }
    Ok(())
}

fn describe_vpc_endpoints(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpcEndpointsRequest,
) -> Result<ec2::DescribeVpcEndpointsResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<VpcEndpoints>(
        ctx,
        &Ask {
            ids: input.vpc_endpoint_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeVpcEndpointsResult { vpc_endpoints: Some(page.items), next_token: page.next })
}
