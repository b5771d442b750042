//! Subnets, and the addresses in them.

use std::net::Ipv4Addr;

use ironbird_api::{Empty, ec2};
use ironbird_rig::catalogue::Zone;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::cidr::Cidr;
use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpc::Ipv6Block;
use crate::{availability_zones, error, kinds, network_acl, network_interface, route_table, tag, vpc};

mod addresses;
mod attributes;
mod blocks;
mod reservations;

pub use addresses::{
    release_address, release_ipv6_address, take_address, take_given_address, take_ipv6_addresses,
};

/// All subnets.
pub struct Subnets;

impl Table for Subnets {
    const NAME: &'static str = "ec2.subnets";
    type Record = Subnet;
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its addresses.
    pub cidr: Cidr,
    /// Zone by name.
    pub zone: String,
    /// Zone by id.
    pub zone_id: String,
    /// Whether it is the zone's part of the default VPC.
    pub is_default: bool,
    /// Whether instances get a public address unless they say otherwise.
    pub map_public_ip_on_launch: bool,
    /// `ip-name` or `resource-name`.
    pub hostname_type: String,
    /// Whether names made of instance ids are to be answered with addresses.
    pub resource_name_dns_a: bool,
    /// The same for IPv6 addresses.
    pub resource_name_dns_aaaa: bool,
    /// IPv6 addresses.
    pub ipv6: Option<Ipv6Block>,
    /// Whether interfaces get an IPv6 address unless they say otherwise.
    pub assign_ipv6: bool,
    /// Whether IPv4 addresses are to be answered as IPv6 ones.
    pub dns64: bool,
    /// Addresses that interfaces have.
    pub used: u32,
    /// Network ACL of the subnet.
    pub network_acl_id: String,
    /// Id of the association with the network ACL, `aclassoc-…`.
    pub network_acl_association_id: String,
}

/// Subnets of one VPC: the quota of a new account. Source: "Amazon VPC quotas".
const MAX_SUBNETS: usize = 200;
/// The first four addresses and the last one of a subnet are AWS's.
const RESERVED: u64 = 5;

impl Subnet {
    /// Addresses that nobody has.
    pub fn available(&self) -> u64 {
        self.cidr.size().saturating_sub(RESERVED + u64::from(self.used))
    }
}

const IPV6_ONLY: &str = "subnets have IPv4 addresses";
const IPAM: &str = "IP address manager pools are not modeled";

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Subnets>()
        .read::<ec2::DescribeSubnets>(describe_subnets)
        .write::<ec2::CreateSubnet>(create_subnet)
        .refuses::<ec2::CreateSubnet>(&[
            ("Ipv6NetmaskLength", IPAM),
            ("Ipv6IpamPoolId", IPAM),
            ("Ipv4IpamPoolId", IPAM),
            ("Ipv4NetmaskLength", IPAM),
            ("OutpostArn", "Outposts are not modeled"),
        ])
        .write::<ec2::DeleteSubnet>(delete_subnet)
        .write::<ec2::CreateDefaultSubnet>(create_default_subnet);
    let definition = reservations::register(addresses::register(definition));
    blocks::register(attributes::register(definition))
}

impl Resource for Subnets {
    const KIND: Kind = kinds::SUBNET;
    const FILTERS: &'static [&'static str] = &[
        "availability-zone",
        "availability-zone-id",
        "availabilityZone",
        "availabilityZoneId",
        "available-ip-address-count",
        "cidr",
        "cidr-block",
        "cidrBlock",
        "customer-owned-ipv4-pool",
        "default-for-az",
        "defaultForAz",
        "enable-dns64",
        "enable-lni-at-device-index",
        "ipv6-cidr-block-association.association-id",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "ipv6-cidr-block-association.state",
        "ipv6-native",
        "map-customer-owned-ip-on-launch",
        "map-public-ip-on-launch",
        "outpost-arn",
        "owner-id",
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
        "private-dns-name-options-on-launch.hostname-type",
        "state",
        "subnet-arn",
        "subnet-id",
        "vpc-id",
    ];
    type View = ec2::Subnet;

    fn id(subnet: &Subnet) -> &str {
        &subnet.id
    }

    fn has(ctx: &Ctx<'_>, subnet: &Subnet, name: &str, test: Test<'_>) -> bool {
        match name {
            "availability-zone" | "availabilityZone" => test(&subnet.zone),
            "availability-zone-id" | "availabilityZoneId" => test(&subnet.zone_id),
            "available-ip-address-count" => test(&subnet.available().to_string()),
            "cidr" | "cidr-block" | "cidrBlock" => test(&subnet.cidr.to_string()),
            "default-for-az" | "defaultForAz" => test(flag(subnet.is_default)),
            "enable-dns64" => test(flag(subnet.dns64)),
            "ipv6-cidr-block-association.association-id" => {
                subnet.ipv6.as_ref().is_some_and(|block| test(&block.association_id))
            }
            "ipv6-cidr-block-association.ipv6-cidr-block" => {
                subnet.ipv6.as_ref().is_some_and(|block| test(&block.cidr.to_string()))
            }
            "ipv6-cidr-block-association.state" => subnet.ipv6.is_some() && test("associated"),
            "ipv6-native" | "map-customer-owned-ip-on-launch" => test(flag(false)),
            "map-public-ip-on-launch" => test(flag(subnet.map_public_ip_on_launch)),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "private-dns-name-options-on-launch.hostname-type" => test(&subnet.hostname_type),
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record" => {
                test(flag(subnet.resource_name_dns_a))
            }
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record" => {
                test(flag(subnet.resource_name_dns_aaaa))
            }
            "state" => test("available"),
            "subnet-arn" => test(&arn(ctx, subnet)),
            "subnet-id" => test(&subnet.id),
            "vpc-id" => test(&subnet.vpc_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, subnet: &Subnet) -> ec2::Subnet {
        ec2::Subnet {
            availability_zone_id: Some(subnet.zone_id.clone()),
            map_customer_owned_ip_on_launch: Some(false),
            owner_id: Some(ctx.scope().account.to_string()),
            assign_ipv6_address_on_creation: Some(subnet.assign_ipv6),
            ipv6_cidr_block_association_set: Some(
                subnet.ipv6.iter().map(|block| blocks::shown(block, "associated")).collect(),
            ),
            tags: Some(tag::of(ctx, &subnet.id).unwrap_or_default()),
            subnet_arn: Some(arn(ctx, subnet)),
            enable_dns64: Some(subnet.dns64),
            ipv6_native: Some(false),
            private_dns_name_options_on_launch: Some(ec2::PrivateDnsNameOptionsOnLaunch {
                hostname_type: Some(subnet.hostname_type.clone()),
                enable_resource_name_dns_a_record: Some(subnet.resource_name_dns_a),
                enable_resource_name_dns_aaaa_record: Some(subnet.resource_name_dns_aaaa),
            }),
            subnet_id: Some(subnet.id.clone()),
            state: Some("available".to_owned()),
            vpc_id: Some(subnet.vpc_id.clone()),
            cidr_block: Some(subnet.cidr.to_string()),
            available_ip_address_count: i32::try_from(subnet.available()).ok(),
            availability_zone: Some(subnet.zone.clone()),
            default_for_az: Some(subnet.is_default),
            map_public_ip_on_launch: Some(subnet.map_public_ip_on_launch),
            ..Default::default()
        }
    }
}

fn arn(ctx: &Ctx<'_>, subnet: &Subnet) -> String {
    ctx.arn("ec2", &format!("subnet/{}", subnet.id))
}

/// The subnets of a VPC, by id.
pub fn of_vpc<'t, 'w>(ctx: &'t Ctx<'w>, vpc_id: &'t str) -> impl Iterator<Item = &'t Subnet> + use<'t, 'w> {
    resource::all::<Subnets>(ctx).filter(move |subnet| subnet.vpc_id == vpc_id)
}

/// The default subnet of a zone, by the zone's name.
pub fn default_of_zone<'t>(ctx: &'t Ctx<'_>, zone: &str) -> Option<&'t Subnet> {
    resource::all::<Subnets>(ctx).find(|subnet| subnet.is_default && subnet.zone == zone)
}

/// Makes a subnet of what has been checked. Default subnets give public addresses.
pub(crate) fn make(
    ctx: &mut Ctx<'_>,
    vpc_id: &str,
    cidr: Cidr,
    zone: &Zone,
    is_default: bool,
) -> Result<Subnet> {
    let subnet = Subnet {
        id: ctx.fresh_id("subnet")?,
        vpc_id: vpc_id.to_owned(),
        cidr,
        zone: zone.name.to_owned(),
        zone_id: zone.id.to_owned(),
        is_default,
        map_public_ip_on_launch: is_default,
        hostname_type: "ip-name".to_owned(),
        resource_name_dns_a: false,
        resource_name_dns_aaaa: false,
        ipv6: None,
        assign_ipv6: false,
        dns64: false,
        used: 0,
        network_acl_id: network_acl::default_id(ctx, vpc_id)?,
        network_acl_association_id: ctx.fresh_id("aclassoc")?,
    };
    ctx.put::<Subnets>(ctx.scope().key(&subnet.id), subnet.clone())?;
    tag::apply(ctx, None, kinds::SUBNET.resource_type, &subnet.id)?;
    Ok(subnet)
}

fn describe_subnets(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSubnetsRequest,
) -> Result<ec2::DescribeSubnetsResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<Subnets>(
        ctx,
        &Ask {
            ids: input.subnet_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeSubnetsResult { subnets: Some(page.items), next_token: page.next })
}

fn create_subnet(ctx: &mut Ctx<'_>, input: &ec2::CreateSubnetRequest) -> Result<ec2::CreateSubnetResult> {
    error::refuse_flag(input.ipv6_native, "Ipv6Native", IPV6_ONLY)?;
    let owner = resource::find::<vpc::Vpcs>(ctx, &input.vpc_id)?;
    let Some(text) = &input.cidr_block else {
        return Err(error::missing("Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."));
    };
    let block = vpc::parse_block(text)?;
    if !(16..=28).contains(&block.length()) || !owner.covers(block) {
        return Err(Error::client("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    if of_vpc(ctx, &owner.id).any(|other| other.cidr.overlaps(block)) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(Error::client("InvalidSubnet.Conflict", message));
    }
    let zone = match (&input.availability_zone, &input.availability_zone_id) {
        (None, None) => emptiest_zone(ctx, &owner.id)?,
        (name, id) => availability_zones::find(ctx, name.as_deref(), id.as_deref())?,
    };
    tag::check_types(input.tag_specifications.as_deref(), &[kinds::SUBNET.resource_type])?;
    if of_vpc(ctx, &input.vpc_id).count() >= MAX_SUBNETS {
        let message = "The maximum number of subnets has been reached.";
        return Err(Error::client("SubnetLimitExceeded", message));
    }
    let mut subnet = make(ctx, &input.vpc_id, block, zone, false)?;
    if let Some(text) = &input.ipv6_cidr_block {
        subnet.ipv6 = Some(blocks::add(ctx, &subnet, text)?);
    }
    tag::apply(ctx, input.tag_specifications.as_deref(), kinds::SUBNET.resource_type, &subnet.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateSubnetResult { subnet: Some(Subnets::view(ctx, &subnet)) })
}

/// Where a subnet goes that names no zone. AWS only says that it picks one; ours is the zone with the fewest
/// subnets of the VPC, the first by letter.
fn emptiest_zone(ctx: &Ctx<'_>, vpc_id: &str) -> Result<&'static Zone> {
    let zones = ctx.region().facts().availability_zones();
    let count = |zone: &&Zone| of_vpc(ctx, vpc_id).filter(|subnet| subnet.zone == zone.name).count();
    zones.min_by_key(count).ok_or_else(|| error::missing_parameter("availabilityZone"))
}

fn delete_subnet(ctx: &mut Ctx<'_>, input: &ec2::DeleteSubnetRequest) -> Result<Empty> {
    let id = resource::find::<Subnets>(ctx, &input.subnet_id)?.id.clone();
    if network_interface::any_in_subnet(ctx, &id) {
        return Err(error::has_dependencies("subnet", &id));
    }
    route_table::forget_subnet(ctx, &id)?;
    reservations::forget(ctx, &id)?;
    ctx.delete::<Subnets>(&ctx.scope().key(&id))?;
    tag::remove_all(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn create_default_subnet(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateDefaultSubnetRequest,
) -> Result<ec2::CreateDefaultSubnetResult> {
    error::refuse_flag(input.ipv6_native, "Ipv6Native", IPV6_ONLY)?;
    let zone = availability_zones::find(
        ctx,
        input.availability_zone.as_deref(),
        input.availability_zone_id.as_deref(),
    )?;
    let owner = vpc::default_vpc(ctx)?.clone();
    if let Some(existing) = default_of_zone(ctx, zone.name) {
        let message = format!("'{}' is already the default subnet in {}.", existing.id, zone.name);
        return Err(Error::client("DefaultSubnetAlreadyExistsInAvailabilityZone", message));
    }
    let is_free = |part: &Cidr| !of_vpc(ctx, &owner.id).any(|other| other.cidr.overlaps(*part));
    let Some(block) = owner.cidr.split(20).find(is_free) else {
        let message = "there is no free block of 4,096 addresses in the default VPC";
        return Err(Error::client("InsufficientFreeAddressesInVpc", message));
    };
    let subnet = make(ctx, &owner.id, block, zone, true)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateDefaultSubnetResult { subnet: Some(Subnets::view(ctx, &subnet)) })
}

/// The private host name of an instance with this address: `ip-10-0-0-5.ec2.internal`.
pub fn private_dns_name(ctx: &Ctx<'_>, address: Ipv4Addr) -> String {
    let dashed = address.to_string().replace('.', "-");
    match ctx.region().code() {
        "us-east-1" => format!("ip-{dashed}.ec2.internal"),
        region => format!("ip-{dashed}.{region}.compute.internal"),
    }
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;
    use ironbird_rig::World;

    use crate::testing::{call, code, world};

    fn vpc(world: &World) -> String {
        let input =
            ec2::CreateVpcRequest { cidr_block: Some("10.0.0.0/16".to_owned()), ..Default::default() };
        call::<ec2::CreateVpc>(world, &input).unwrap().vpc.unwrap().vpc_id.unwrap()
    }

    fn request(vpc_id: &str, block: &str) -> ec2::CreateSubnetRequest {
        ec2::CreateSubnetRequest {
            vpc_id: vpc_id.to_owned(),
            cidr_block: Some(block.to_owned()),
            ..Default::default()
        }
    }

    #[test]
    fn blocks_lie_in_the_vpc_and_apart() {
        let world = world();
        let vpc_id = vpc(&world);
        call::<ec2::CreateSubnet>(&world, &request(&vpc_id, "10.0.0.0/24")).unwrap();
        for (block, expected) in [
            ("10.0.0.128/25", "InvalidSubnet.Conflict"),
            ("10.1.0.0/24", "InvalidSubnet.Range"),
            ("10.0.1.0/29", "InvalidSubnet.Range"),
            ("nonsense", "InvalidParameterValue"),
        ] {
            assert_eq!(code::<ec2::CreateSubnet>(&world, &request(&vpc_id, block)), expected, "{block}");
        }
        assert_eq!(
            code::<ec2::CreateSubnet>(&world, &request("vpc-1a2b3c4d", "10.0.0.0/24")),
            "InvalidVpcID.NotFound"
        );
    }

    #[test]
    fn subnets_without_a_zone_are_spread() {
        let world = world();
        let vpc_id = vpc(&world);
        let zones: Vec<String> = (0..3)
            .map(|number| {
                let output =
                    call::<ec2::CreateSubnet>(&world, &request(&vpc_id, &format!("10.0.{number}.0/24")));
                output.unwrap().subnet.unwrap().availability_zone.unwrap()
            })
            .collect();
        assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1c"]);
    }

    #[test]
    fn a_default_subnet_can_be_made_again() {
        let world = world();
        let input = ec2::CreateDefaultSubnetRequest {
            availability_zone: Some("us-east-1b".to_owned()),
            ..Default::default()
        };
        assert_eq!(
            code::<ec2::CreateDefaultSubnet>(&world, &input),
            "DefaultSubnetAlreadyExistsInAvailabilityZone"
        );
        let subnets = call::<ec2::DescribeSubnets>(&world, &Default::default()).unwrap().subnets.unwrap();
        let second =
            subnets.into_iter().find(|it| it.availability_zone.as_deref() == Some("us-east-1b")).unwrap();
        let delete = ec2::DeleteSubnetRequest { subnet_id: second.subnet_id.unwrap(), ..Default::default() };
        call::<ec2::DeleteSubnet>(&world, &delete).unwrap();
        let again = call::<ec2::CreateDefaultSubnet>(&world, &input).unwrap().subnet.unwrap();
        assert_eq!(again.cidr_block.as_deref(), Some("172.31.16.0/20"));
        assert_eq!(again.map_public_ip_on_launch, Some(true));
    }
}
