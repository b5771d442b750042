//! Where a load balancer stands: its subnets, and in each a node with a network interface. Subnets, groups and interfaces are
//! EC2's, and are looked up and made through EC2's operations.

use ironbird_api::{ec2, elbv2 as api};
use ironbird_rig::{Ctx, Error, Result};

use super::record::{Kind, LoadBalancer, Zone};
use crate::{PRINCIPAL, error};

/// Addresses that a subnet must have left. Source: the error that AWS answers.
const FREE_ADDRESSES: i32 = 8;

/// A subnet that a load balancer is to stand in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) subnet_id: String,
    pub(super) zone: String,
    pub(super) vpc_id: String,
    block: String,
    allocation: Option<String>,
    private: Option<String>,
}

/// Reads which subnets are asked for.
///
/// # Errors
/// `ValidationError` and `InvalidConfigurationRequest` where they do not suit the kind of load balancer, `SubnetNotFound`.
pub(super) fn places(
    ctx: &mut Ctx<'_>,
    kind: Kind,
    subnets: Option<&[String]>,
    mappings: Option<&[api::SubnetMapping]>,
) -> Result<Vec<Place>> {
    let mut places: Vec<Place> = match (subnets, mappings) {
        (Some(_), Some(_)) => {
            return Err(error::validation(
                "You must specify either subnets or subnet mappings, but not both",
            ));
        }
        (Some(ids), None) => {
            ids.iter().map(|id| Place { subnet_id: id.clone(), ..Default::default() }).collect()
        }
        (None, Some(mappings)) => {
            mappings.iter().map(|mapping| mapped(kind, mapping)).collect::<Result<_>>()?
        }
        (None, None) => Vec::new(),
    };
    for place in &mut places {
        let found = subnet(ctx, &place.subnet_id)?;
        place.zone = found.availability_zone.unwrap_or_default();
        place.vpc_id = found.vpc_id.unwrap_or_default();
        place.block = found.cidr_block.unwrap_or_default();
    }
    places.sort_by(|one, other| one.zone.cmp(&other.zone));
    if places.windows(2).any(|two| two[0].zone == two[1].zone) {
        let message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
        return Err(error::configuration(message));
    }
    if places.windows(2).any(|two| two[0].vpc_id != two[1].vpc_id) {
        return Err(error::configuration("All subnets must belong to the same VPC"));
    }
    match (kind, places.len()) {
        (Kind::Application, 0 | 1) => {
            let message = "At least two subnets in two different Availability Zones must be specified";
            Err(error::validation(message))
        }
        (_, 0) => Err(error::validation("At least one subnet must be specified")),
        _ => Ok(places),
    }
}

fn mapped(kind: Kind, mapping: &api::SubnetMapping) -> Result<Place> {
    let Some(subnet_id) = mapping.subnet_id.clone() else {
        return Err(error::validation("A subnet ID must be specified in a subnet mapping"));
    };
    if kind != Kind::Network && mapping.allocation_id.is_some() {
        let message = format!("Elastic IPs are not supported for load balancers with type '{}'", kind.word());
        return Err(error::configuration(message));
    }
    Ok(Place {
        subnet_id,
        allocation: mapping.allocation_id.clone(),
        private: mapping.private_ipv4_address.clone(),
        ..Default::default()
    })
}

fn subnet(ctx: &mut Ctx<'_>, id: &str) -> Result<ec2::Subnet> {
    let input = ec2::DescribeSubnetsRequest { subnet_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let missing = || Error::client("SubnetNotFound", format!("The subnet ID '{id}' does not exist"));
    let answer = match ctx.call::<ec2::DescribeSubnets>(PRINCIPAL, &input) {
        Err(refused) if refused.code().starts_with("InvalidSubnetID") => return Err(missing()),
        answer => answer?,
    };
    let found = answer.subnets.into_iter().flatten().next().ok_or_else(missing)?;
    if found.available_ip_address_count.is_some_and(|free| free < FREE_ADDRESSES) {
        let message = format!(
            "Not enough IP space available in {id}. ELB requires at least {FREE_ADDRESSES} free IP addresses in each subnet."
        );
        return Err(Error::client("InvalidSubnet", message));
    }
    Ok(found)
}

/// Checks that a VPC has a way to the internet.
///
/// # Errors
/// `InvalidSubnet` where it has none.
pub(super) fn needs_internet(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let filter = filter("attachment.vpc-id", vpc_id);
    let input = ec2::DescribeInternetGatewaysRequest { filters: Some(vec![filter]), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeInternetGateways>(PRINCIPAL, &input)?;
    match answer.internet_gateways.is_some_and(|gateways| !gateways.is_empty()) {
        true => Ok(()),
        false => Err(Error::client("InvalidSubnet", format!("VPC {vpc_id} has no internet gateway"))),
    }
}

fn filter(name: &str, value: &str) -> ec2::Filter {
    ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) }
}

/// The security groups that a load balancer has: those asked for, else its VPC's default group, where its kind has any.
///
/// # Errors
/// `InvalidConfigurationRequest` for groups that are not there, not of the VPC, or not for this kind.
pub(super) fn groups(
    ctx: &mut Ctx<'_>,
    kind: Kind,
    vpc_id: &str,
    asked: Option<&[String]>,
) -> Result<Vec<String>> {
    let asked = asked.unwrap_or_default();
    if kind == Kind::Gateway && !asked.is_empty() {
        let message = "Security groups are not supported for load balancers with type 'gateway'";
        return Err(error::configuration(message));
    }
    if asked.is_empty() && kind != Kind::Application {
        return Ok(Vec::new());
    }
    let mut input = ec2::DescribeSecurityGroupsRequest::default();
    match asked {
        [] => input.filters = Some(vec![filter("vpc-id", vpc_id), filter("group-name", "default")]),
        ids => input.group_ids = Some(ids.to_vec()),
    }
    let invalid = || error::configuration("One or more security groups are invalid");
    let answer = match ctx.call::<ec2::DescribeSecurityGroups>(PRINCIPAL, &input) {
        Err(refused) if refused.code().starts_with("InvalidGroup") => return Err(invalid()),
        answer => answer?,
    };
    let found: Vec<ec2::SecurityGroup> = answer.security_groups.unwrap_or_default();
    if found.iter().any(|group| group.vpc_id.as_deref() != Some(vpc_id)) {
        return Err(invalid());
    }
    match asked {
        [] => Ok(found.into_iter().filter_map(|group| group.group_id).collect()),
        ids => Ok(ids.to_vec()),
    }
}

/// Puts a node into a subnet.
///
/// # Errors
/// What EC2 refuses, as this service words it.
pub(super) fn enter(ctx: &mut Ctx<'_>, of: &LoadBalancer, place: &Place) -> Result<Zone> {
    let kind = match of.kind {
        Kind::Application => None,
        Kind::Network => Some("network_load_balancer".to_owned()),
        Kind::Gateway => Some("gateway_load_balancer".to_owned()),
    };
    let dual = of.ip_address_type != "ipv4";
    let input = ec2::CreateNetworkInterfaceRequest {
        subnet_id: place.subnet_id.clone(),
        description: Some(format!("ELB {}", of.path())),
        groups: Some(of.security_groups.clone()).filter(|groups| !groups.is_empty()),
        private_ip_address: place.private.clone(),
        interface_type: kind,
        ipv6_address_count: dual.then_some(1),
        ..Default::default()
    };
    let made = ctx.call::<ec2::CreateNetworkInterface>(PRINCIPAL, &input).map_err(reworded)?;
    let interface_id = made.network_interface.and_then(|made| made.network_interface_id).unwrap_or_default();
    let elastic = match &place.allocation {
        Some(allocation) => Some((allocation.clone(), associate(ctx, allocation, &interface_id)?)),
        None => None,
    };
    Ok(Zone {
        name: place.zone.clone(),
        subnet_id: place.subnet_id.clone(),
        block: place.block.clone(),
        interface_id,
        elastic,
        private: place.private.clone(),
    })
}

/// Gives a node an elastic address; the address.
fn associate(ctx: &mut Ctx<'_>, allocation: &str, interface_id: &str) -> Result<String> {
    let named = Some(vec![allocation.to_owned()]);
    let input = ec2::DescribeAddressesRequest { allocation_ids: named, ..Default::default() };
    let missing =
        || Error::client("AllocationIdNotFound", format!("The allocation ID '{allocation}' does not exist"));
    let answer = ctx.call::<ec2::DescribeAddresses>(PRINCIPAL, &input).map_err(|refused| {
        if refused.code().starts_with("InvalidAllocationID") { missing() } else { refused }
    })?;
    let address = answer.addresses.into_iter().flatten().next().and_then(|address| address.public_ip);
    let address = address.ok_or_else(missing)?;
    let input = ec2::AssociateAddressRequest {
        allocation_id: Some(allocation.to_owned()),
        network_interface_id: Some(interface_id.to_owned()),
        allow_reassociation: Some(false),
        ..Default::default()
    };
    ctx.call::<ec2::AssociateAddress>(PRINCIPAL, &input).map_err(reworded)?;
    Ok(address)
}

/// Takes a node out of its subnet.
///
/// # Errors
/// Faults of ours only: an interface that is gone already is none.
pub(super) fn leave(ctx: &mut Ctx<'_>, zone: &Zone) -> Result<()> {
    let id = zone.interface_id.clone();
    let input = ec2::DeleteNetworkInterfaceRequest { network_interface_id: id, ..Default::default() };
    match ctx.call::<ec2::DeleteNetworkInterface>(PRINCIPAL, &input) {
        Err(error @ Error::Internal(_)) => Err(error),
        _ => Ok(()),
    }
}

/// Gives the nodes of a load balancer its security groups.
///
/// # Errors
/// What EC2 refuses, as this service words it.
pub(super) fn regroup(ctx: &mut Ctx<'_>, of: &LoadBalancer) -> Result<()> {
    for zone in &of.zones {
        let input = ec2::ModifyNetworkInterfaceAttributeRequest {
            network_interface_id: zone.interface_id.clone(),
            groups: Some(of.security_groups.clone()),
            ..Default::default()
        };
        ctx.call::<ec2::ModifyNetworkInterfaceAttribute>(PRINCIPAL, &input).map_err(reworded)?;
    }
    Ok(())
}

/// What EC2 refused, as a refusal of this service.
fn reworded(refused: Error) -> Error {
    match &refused {
        Error::Service(error) if error.status < 500 => error::configuration(error.message.clone()),
        _ => refused,
    }
}
