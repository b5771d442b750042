//! VPCs, and what every VPC comes with.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::cidr::Cidr;
use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpn_gateway;
use crate::{dhcp_options, egress_only_gateway, error, internet_gateway, kinds, nat_gateway, network_acl};
use crate::{network_interface, route_table, security_group, subnet, tag, vpc_endpoint, vpc_peering};

mod attribute;
mod blocks;
mod classic_link;
#[cfg(test)]
mod tests;

pub use blocks::{Block, Ipv6Block};

/// All VPCs.
pub struct Vpcs;

impl Table for Vpcs {
    const NAME: &'static str = "ec2.vpcs";
    type Record = Vpc;
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-…`
    pub id: String,
    /// Its addresses.
    pub cidr: Cidr,
    /// Id of the association with its addresses, `vpc-cidr-assoc-…`.
    pub association_id: String,
    /// Further addresses.
    pub secondary: Vec<Block>,
    /// IPv6 addresses.
    pub ipv6: Vec<Ipv6Block>,
    /// DHCP options of its instances.
    pub dhcp_options_id: String,
    /// `default` or `dedicated`.
    pub tenancy: String,
    /// Whether it is the one that launches without a subnet go to.
    pub is_default: bool,
    /// Whether the Amazon DNS server answers.
    pub dns_support: bool,
    /// Whether instances with public addresses get public host names.
    pub dns_hostnames: bool,
    /// Whether usage metrics are on.
    pub usage_metrics: bool,
}

const IPV6_POOLS: &str = "IPv6 addresses of the account's own are not modeled; Amazon's are";
const IPAM: &str = "IP address manager pools are not modeled";

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Vpcs>()
        .prepare(prepare)
        .read::<ec2::DescribeVpcs>(describe_vpcs)
        .write::<ec2::CreateVpc>(create_vpc)
        .refuses::<ec2::CreateVpc>(&[
            ("Ipv6CidrBlock", IPV6_POOLS),
            ("Ipv6Pool", IPV6_POOLS),
            ("Ipv6NetmaskLength", IPAM),
            ("Ipv6IpamPoolId", IPAM),
            ("Ipv4IpamPoolId", IPAM),
            ("Ipv4NetmaskLength", IPAM),
            ("VpcEncryptionControl", "encryption controls are not modeled"),
        ])
        .write::<ec2::CreateDefaultVpc>(create_default_vpc)
        .write::<ec2::DeleteVpc>(delete_vpc)
        .read::<ec2::DescribeVpcClassicLink>(classic_link::describe_vpc_classic_link)
        .read::<ec2::DescribeVpcClassicLinkDnsSupport>(classic_link::describe_vpc_classic_link_dns_support);
    blocks::register(attribute::register(definition))
}

impl Resource for Vpcs {
    const KIND: Kind = kinds::VPC;
    const FILTERS: &'static [&'static str] = &[
        "cidr",
        "cidr-block",
        "cidr-block-association.association-id",
        "cidr-block-association.cidr-block",
        "cidr-block-association.state",
        "dhcp-options-id",
        "dhcpOptionsId",
        "instance-tenancy",
        "ipv6-cidr-block-association.association-id",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "ipv6-cidr-block-association.ipv6-pool",
        "ipv6-cidr-block-association.state",
        "is-default",
        "isDefault",
        "owner-id",
        "state",
        "vpc-id",
    ];
    type View = ec2::Vpc;

    fn id(vpc: &Vpc) -> &str {
        &vpc.id
    }

    fn has(ctx: &Ctx<'_>, vpc: &Vpc, name: &str, test: Test<'_>) -> bool {
        match name {
            "cidr" | "cidr-block" => test(&vpc.cidr.to_string()),
            "cidr-block-association.cidr-block" => vpc.blocks().any(|(_, block)| test(&block.to_string())),
            "cidr-block-association.association-id" => vpc.blocks().any(|(id, _)| test(id)),
            "cidr-block-association.state" => test("associated"),
            "dhcp-options-id" | "dhcpOptionsId" => test(&vpc.dhcp_options_id),
            "instance-tenancy" => test(&vpc.tenancy),
            "ipv6-cidr-block-association.association-id" => {
                vpc.ipv6.iter().any(|block| test(&block.association_id))
            }
            "ipv6-cidr-block-association.ipv6-cidr-block" => {
                vpc.ipv6.iter().any(|block| test(&block.cidr.to_string()))
            }
            "ipv6-cidr-block-association.ipv6-pool" => !vpc.ipv6.is_empty() && test("Amazon"),
            "ipv6-cidr-block-association.state" => !vpc.ipv6.is_empty() && test("associated"),
            "is-default" | "isDefault" => test(flag(vpc.is_default)),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "state" => test("available"),
            "vpc-id" => test(&vpc.id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, vpc: &Vpc) -> ec2::Vpc {
        let block = |(id, block)| blocks::shown(id, block, "associated");
        let ipv6 = |block| blocks::shown_ipv6(ctx, block, "associated");
        ec2::Vpc {
            owner_id: Some(ctx.scope().account.to_string()),
            instance_tenancy: Some(vpc.tenancy.clone()),
            ipv6_cidr_block_association_set: Some(vpc.ipv6.iter().map(ipv6).collect()),
            cidr_block_association_set: Some(vpc.blocks().map(block).collect()),
            is_default: Some(vpc.is_default),
            tags: tag::of(ctx, &vpc.id),
            vpc_id: Some(vpc.id.clone()),
            state: Some("available".to_owned()),
            cidr_block: Some(vpc.cidr.to_string()),
            dhcp_options_id: Some(vpc.dhcp_options_id.clone()),
            ..Default::default()
        }
    }
}

/// Addresses of every default VPC.
const DEFAULT_BLOCK: &str = "172.31.0.0/16";

/// Makes what an account has in a Region from the start.
fn prepare(ctx: &mut Ctx<'_>) -> Result<()> {
    make_default(ctx).map(drop)
}

/// The default VPC of the call's account and Region.
///
/// # Errors
/// `DefaultVpcDoesNotExist`, status 400, when it was deleted. RunInstances words it `VPCIdNotSpecified`.
pub fn default_vpc<'t>(ctx: &'t Ctx<'_>) -> Result<&'t Vpc> {
    resource::all::<Vpcs>(ctx).find(|vpc| vpc.is_default).ok_or_else(|| {
        Error::client("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
    })
}

fn make_default(ctx: &mut Ctx<'_>) -> Result<Vpc> {
    let block = Cidr::parse(DEFAULT_BLOCK).expect("the constant is a CIDR block");
    let vpc = make(ctx, block, "default", true)?;
    let gateway = internet_gateway::make(ctx, &vpc.id)?;
    route_table::add_default_route(ctx, &vpc.id, &gateway)?;
    for (zone, part) in ctx.region().facts().availability_zones().zip(block.split(20)) {
        subnet::make(ctx, &vpc.id, part, zone, true)?;
    }
    Ok(vpc)
}

/// Makes a VPC with its default security group, main route table and default network ACL.
fn make(ctx: &mut Ctx<'_>, cidr: Cidr, tenancy: &str, is_default: bool) -> Result<Vpc> {
    let vpc = Vpc {
        id: ctx.fresh_id("vpc")?,
        cidr,
        association_id: ctx.fresh_id("vpc-cidr-assoc")?,
        secondary: Vec::new(),
        ipv6: Vec::new(),
        dhcp_options_id: dhcp_options::default_id(ctx)?,
        tenancy: tenancy.to_owned(),
        is_default,
        dns_support: true,
        dns_hostnames: is_default,
        usage_metrics: false,
    };
    ctx.put::<Vpcs>(ctx.scope().key(&vpc.id), vpc.clone())?;
    tag::apply(ctx, None, kinds::VPC.resource_type, &vpc.id)?;
    route_table::make_main(ctx, &vpc)?;
    network_acl::make_default(ctx, &vpc.id)?;
    security_group::make_default(ctx, &vpc.id)?;
    Ok(vpc)
}

fn describe_vpcs(ctx: &mut Ctx<'_>, input: &ec2::DescribeVpcsRequest) -> Result<ec2::DescribeVpcsResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<Vpcs>(
        ctx,
        &Ask {
            ids: input.vpc_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeVpcsResult { vpcs: Some(page.items), next_token: page.next })
}

fn create_vpc(ctx: &mut Ctx<'_>, input: &ec2::CreateVpcRequest) -> Result<ec2::CreateVpcResult> {
    let Some(text) = &input.cidr_block else {
        return Err(error::missing("Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."));
    };
    let block = parse_block(text)?;
    if !(16..=28).contains(&block.length()) {
        return Err(Error::client("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let tenancy = input.instance_tenancy.as_deref().unwrap_or("default");
    if !["default", "dedicated"].contains(&tenancy) {
        return Err(error::invalid_parameter_value(tenancy, "instanceTenancy"));
    }
    tag::check_types(input.tag_specifications.as_deref(), &[kinds::VPC.resource_type])?;
    let mut vpc = make(ctx, block, tenancy, false)?;
    if input.amazon_provided_ipv6_cidr_block == Some(true) {
        vpc.ipv6 = vec![blocks::add_ipv6(ctx, &vpc, input.ipv6_cidr_block_network_border_group.as_deref())?];
    }
    tag::apply(ctx, input.tag_specifications.as_deref(), kinds::VPC.resource_type, &vpc.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateVpcResult { vpc: Some(Vpcs::view(ctx, &vpc)) })
}

/// Reads a request's `CidrBlock`.
pub(crate) fn parse_block(text: &str) -> Result<Cidr> {
    Cidr::parse(text).ok_or_else(|| {
        error::invalid_parameter_value_because(text, "cidrBlock", "This is not a valid CIDR block.")
    })
}

fn create_default_vpc(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateDefaultVpcRequest,
) -> Result<ec2::CreateDefaultVpcResult> {
    if default_vpc(ctx).is_ok() {
        let message = "A Default VPC already exists for this account in this region.";
        return Err(Error::client("DefaultVpcAlreadyExists", message));
    }
    let vpc = make_default(ctx)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateDefaultVpcResult { vpc: Some(Vpcs::view(ctx, &vpc)) })
}

/// Whether anything is in a VPC that it did not come with.
fn is_busy(ctx: &Ctx<'_>, id: &str) -> bool {
    resource::all::<subnet::Subnets>(ctx).any(|subnet| subnet.vpc_id == id)
        || resource::all::<security_group::SecurityGroups>(ctx)
            .any(|group| group.vpc_id == id && !group.is_default())
        || route_table::of_vpc(ctx, id).any(|table| !table.is_main())
        || internet_gateway::attached_to(ctx, id).is_some()
        || vpn_gateway::attached_to(ctx, id).is_some()
        || network_acl::any_own(ctx, id)
        || egress_only_gateway::any_in_vpc(ctx, id)
        || nat_gateway::any_in_vpc(ctx, id)
        || vpc_endpoint::any_in_vpc(ctx, id)
        || vpc_peering::any_of_vpc(ctx, id)
        || network_interface::any_in_vpc(ctx, id)
}

fn delete_vpc(ctx: &mut Ctx<'_>, input: &ec2::DeleteVpcRequest) -> Result<Empty> {
    let id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    if is_busy(ctx, &id) {
        return Err(error::has_dependencies("vpc", &id));
    }
    security_group::remove_of_vpc(ctx, &id)?;
    route_table::remove_of_vpc(ctx, &id)?;
    network_acl::remove_of_vpc(ctx, &id)?;
    ctx.delete::<Vpcs>(&ctx.scope().key(&id))?;
    tag::remove_all(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
