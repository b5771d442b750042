//! VPCs, and what every VPC comes with.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::cidr::Cidr;
use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::{dhcp_options, error, internet_gateway, kinds, network_acl, network_interface, route_table};
use crate::{security_group, subnet, tag};

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

const IPV6: &str = "IPv6 addresses are not modeled";

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const IPAM: &str = "IP address manager pools are not modeled";
    definition
        .table::<Vpcs>()
        .prepare(prepare)
        .read::<ec2::DescribeVpcs>(describe_vpcs)
        .write::<ec2::CreateVpc>(create_vpc)
        .refuses::<ec2::CreateVpc>(&[
            ("Ipv6CidrBlock", IPV6),
            ("Ipv6CidrBlockNetworkBorderGroup", IPV6),
            ("Ipv6NetmaskLength", IPV6),
            ("Ipv6Pool", IPV6),
            ("Ipv6IpamPoolId", IPAM),
            ("Ipv4IpamPoolId", IPAM),
            ("Ipv4NetmaskLength", IPAM),
            ("VpcEncryptionControl", "encryption controls are not modeled"),
        ])
        .write::<ec2::CreateDefaultVpc>(create_default_vpc)
        .write::<ec2::DeleteVpc>(delete_vpc)
        .read::<ec2::DescribeVpcAttribute>(describe_vpc_attribute)
        .write::<ec2::ModifyVpcAttribute>(modify_vpc_attribute)
        // There is no DNS server and no metric that could differ.
        .records::<ec2::ModifyVpcAttribute>(&["EnableDnsSupport", "EnableNetworkAddressUsageMetrics"])
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
            "cidr" | "cidr-block" | "cidr-block-association.cidr-block" => test(&vpc.cidr.to_string()),
            "cidr-block-association.association-id" => test(&vpc.association_id),
            "cidr-block-association.state" => test("associated"),
            "dhcp-options-id" | "dhcpOptionsId" => test(&vpc.dhcp_options_id),
            "instance-tenancy" => test(&vpc.tenancy),
            "is-default" | "isDefault" => test(flag(vpc.is_default)),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "state" => test("available"),
            "vpc-id" => test(&vpc.id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, vpc: &Vpc) -> ec2::Vpc {
        let association = ec2::VpcCidrBlockAssociation {
            association_id: Some(vpc.association_id.clone()),
            cidr_block: Some(vpc.cidr.to_string()),
            cidr_block_state: Some(ec2::VpcCidrBlockState {
                state: Some("associated".to_owned()),
                ..Default::default()
            }),
        };
        ec2::Vpc {
            owner_id: Some(ctx.scope().account.to_string()),
            instance_tenancy: Some(vpc.tenancy.clone()),
            cidr_block_association_set: Some(vec![association]),
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
    error::refuse_flag(input.amazon_provided_ipv6_cidr_block, "AmazonProvidedIpv6CidrBlock", IPV6)?;
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
    let vpc = make(ctx, block, tenancy, false)?;
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

fn delete_vpc(ctx: &mut Ctx<'_>, input: &ec2::DeleteVpcRequest) -> Result<Empty> {
    let id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    let busy = resource::all::<subnet::Subnets>(ctx).any(|subnet| subnet.vpc_id == id)
        || resource::all::<security_group::SecurityGroups>(ctx)
            .any(|group| group.vpc_id == id && !group.is_default())
        || internet_gateway::attached_to(ctx, &id).is_some()
        || network_interface::any_in_vpc(ctx, &id);
    if busy {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(Error::client("DependencyViolation", message));
    }
    security_group::remove_of_vpc(ctx, &id)?;
    route_table::remove_of_vpc(ctx, &id)?;
    network_acl::remove_of_vpc(ctx, &id)?;
    ctx.delete::<Vpcs>(&ctx.scope().key(&id))?;
    tag::remove_all(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn describe_vpc_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpcAttributeRequest,
) -> Result<ec2::DescribeVpcAttributeResult> {
    error::dry_run(input.dry_run)?;
    let vpc = resource::find::<Vpcs>(ctx, &input.vpc_id)?;
    let shown = |value| Some(ec2::AttributeBooleanValue { value: Some(value) });
    let mut result = ec2::DescribeVpcAttributeResult { vpc_id: Some(vpc.id.clone()), ..Default::default() };
    match input.attribute.as_str() {
        "enableDnsSupport" => result.enable_dns_support = shown(vpc.dns_support),
        "enableDnsHostnames" => result.enable_dns_hostnames = shown(vpc.dns_hostnames),
        "enableNetworkAddressUsageMetrics" => {
            result.enable_network_address_usage_metrics = shown(vpc.usage_metrics);
        }
        other => return Err(error::invalid_parameter_value(other, "attribute")),
    }
    Ok(result)
}

fn modify_vpc_attribute(ctx: &mut Ctx<'_>, input: &ec2::ModifyVpcAttributeRequest) -> Result<Empty> {
    let given = |value: &Option<ec2::AttributeBooleanValue>| value.as_ref().and_then(|value| value.value);
    let support = given(&input.enable_dns_support);
    let hostnames = given(&input.enable_dns_hostnames);
    let metrics = given(&input.enable_network_address_usage_metrics);
    let count = [support, hostnames, metrics].iter().flatten().count();
    if count != 1 {
        return Err(error::invalid_combination(format!("Exactly one attribute must be given, not {count}")));
    }
    let vpc = resource::find::<Vpcs>(ctx, &input.vpc_id)?;
    if hostnames == Some(true) && !vpc.dns_support {
        let message = "The vpc does not have DNS support enabled: enableDnsHostnames needs enableDnsSupport";
        return Err(error::invalid_combination(message));
    }
    resource::change::<Vpcs>(ctx, &input.vpc_id, |vpc| {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
        vpc.usage_metrics = metrics.unwrap_or(vpc.usage_metrics);
    })?;
    Ok(Empty {})
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use crate::testing::{call, code, world};

    fn default_vpc(world: &ironbird_rig::World) -> ec2::Vpc {
        let vpcs = call::<ec2::DescribeVpcs>(world, &Default::default()).unwrap().vpcs.unwrap();
        vpcs.into_iter().find(|vpc| vpc.is_default == Some(true)).unwrap()
    }

    #[test]
    fn an_account_begins_with_a_default_vpc() {
        let world = world();
        let vpc = default_vpc(&world);
        assert_eq!(vpc.cidr_block.as_deref(), Some("172.31.0.0/16"));
        let subnets = call::<ec2::DescribeSubnets>(&world, &Default::default()).unwrap().subnets.unwrap();
        assert_eq!(subnets.len(), 6);
        assert!(subnets.iter().all(|subnet| subnet.available_ip_address_count == Some(4091)));
        let groups = call::<ec2::DescribeSecurityGroups>(&world, &Default::default()).unwrap();
        assert_eq!(groups.security_groups.unwrap().len(), 1);
    }

    #[test]
    fn blocks_are_checked() {
        let world = world();
        let create = |block: &str| {
            let input = ec2::CreateVpcRequest { cidr_block: Some(block.to_owned()), ..Default::default() };
            call::<ec2::CreateVpc>(&world, &input)
        };
        let vpc = create("10.0.0.7/16").unwrap().vpc.unwrap();
        assert_eq!(vpc.cidr_block.as_deref(), Some("10.0.0.0/16"));
        assert_eq!(create("10.0.0.0/8").err().unwrap().code(), "InvalidVpc.Range");
        assert_eq!(create("10.0.0.0").err().unwrap().code(), "InvalidParameterValue");
        assert_eq!(code::<ec2::CreateVpc>(&world, &Default::default()), "MissingParameter");
    }

    #[test]
    fn what_is_in_use_stays() {
        let world = world();
        let vpc_id = default_vpc(&world).vpc_id.unwrap();
        let input = ec2::DeleteVpcRequest { vpc_id, ..Default::default() };
        assert_eq!(code::<ec2::DeleteVpc>(&world, &input), "DependencyViolation");
    }

    #[test]
    fn an_empty_vpc_goes_with_all_it_came_with() {
        let world = world();
        let input =
            ec2::CreateVpcRequest { cidr_block: Some("10.0.0.0/16".to_owned()), ..Default::default() };
        let vpc_id = call::<ec2::CreateVpc>(&world, &input).unwrap().vpc.unwrap().vpc_id.unwrap();
        let dry = ec2::DeleteVpcRequest { vpc_id: vpc_id.clone(), dry_run: Some(true) };
        assert_eq!(code::<ec2::DeleteVpc>(&world, &dry), "DryRunOperation");
        let input = ec2::DeleteVpcRequest { vpc_id, ..Default::default() };
        call::<ec2::DeleteVpc>(&world, &input).unwrap();
        assert_eq!(code::<ec2::DeleteVpc>(&world, &input), "InvalidVpcID.NotFound");
        let tables =
            call::<ec2::DescribeRouteTables>(&world, &Default::default()).unwrap().route_tables.unwrap();
        assert_eq!(tables.len(), 1);
    }

    #[test]
    fn there_is_one_default_vpc() {
        assert_eq!(code::<ec2::CreateDefaultVpc>(&world(), &Default::default()), "DefaultVpcAlreadyExists");
    }
}
