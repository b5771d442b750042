//! IPv6 addresses of subnets: AssociateSubnetCidrBlock, DisassociateSubnetCidrBlock.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::addresses::any_ipv6;
use super::{IPAM, Subnet, Subnets, of_vpc};
use crate::cidr6::Cidr6;
use crate::vpc::{Ipv6Block, Vpcs};
use crate::{error, resource};

/// Lengths of a subnet's prefix. Source: "IPv6 subnet sizing" in the VPC user guide.
const LENGTHS: [u8; 6] = [44, 48, 52, 56, 60, 64];

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::AssociateSubnetCidrBlock>(associate_subnet_cidr_block)
        .refuses::<ec2::AssociateSubnetCidrBlock>(&[("Ipv6IpamPoolId", IPAM), ("Ipv6NetmaskLength", IPAM)])
        .write::<ec2::DisassociateSubnetCidrBlock>(disassociate_subnet_cidr_block)
}

/// A block as the API shows it.
pub(super) fn shown(block: &Ipv6Block, state: &str) -> ec2::SubnetIpv6CidrBlockAssociation {
    ec2::SubnetIpv6CidrBlockAssociation {
        association_id: Some(block.association_id.clone()),
        ipv6_cidr_block: Some(block.cidr.to_string()),
        ipv6_cidr_block_state: Some(ec2::SubnetCidrBlockState {
            state: Some(state.to_owned()),
            ..Default::default()
        }),
        ipv6_address_attribute: Some("public".to_owned()),
        ip_source: Some("amazon".to_owned()),
    }
}

/// Gives a subnet a block of its VPC's IPv6 addresses.
///
/// # Errors
/// `InvalidParameterValue` for what is no block, `InvalidSubnet.Range` outside the VPC's, `InvalidSubnet.Conflict`.
pub(super) fn add(ctx: &mut Ctx<'_>, subnet: &Subnet, text: &str) -> Result<Ipv6Block> {
    let cidr = Cidr6::parse(text).ok_or_else(|| {
        let reason = "This is not a valid IPv6 CIDR block.";
        error::invalid_parameter_value_because(text, "ipv6CidrBlock", reason)
    })?;
    let vpc = resource::find::<Vpcs>(ctx, &subnet.vpc_id)?;
    if !LENGTHS.contains(&cidr.length()) || !vpc.ipv6.iter().any(|own| own.cidr.covers(cidr)) {
        return Err(Error::client("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let overlaps = |other: &Subnet| other.ipv6.as_ref().is_some_and(|own| own.cidr.overlaps(cidr));
    if of_vpc(ctx, &subnet.vpc_id).any(overlaps) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(Error::client("InvalidSubnet.Conflict", message));
    }
    let block = Ipv6Block { association_id: ctx.fresh_id("subnet-cidr-assoc")?, cidr };
    resource::change::<Subnets>(ctx, &subnet.id, |subnet| subnet.ipv6 = Some(block.clone()))?;
    Ok(block)
}

fn associate_subnet_cidr_block(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssociateSubnetCidrBlockRequest,
) -> Result<ec2::AssociateSubnetCidrBlockResult> {
    let subnet = resource::find::<Subnets>(ctx, &input.subnet_id)?.clone();
    let Some(text) = &input.ipv6_cidr_block else { return Err(error::missing_parameter("ipv6CidrBlock")) };
    if subnet.ipv6.is_some() {
        let message = format!("This network {} has met its maximum number of allowed CIDRs: 1", subnet.id);
        return Err(Error::client("CidrLimitExceeded", message));
    }
    let block = add(ctx, &subnet, text)?;
    Ok(ec2::AssociateSubnetCidrBlockResult {
        ipv6_cidr_block_association: Some(shown(&block, "associating")),
        subnet_id: Some(subnet.id),
    })
}

fn disassociate_subnet_cidr_block(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisassociateSubnetCidrBlockRequest,
) -> Result<ec2::DisassociateSubnetCidrBlockResult> {
    let id = &input.association_id;
    let has = |subnet: &&Subnet| subnet.ipv6.as_ref().is_some_and(|block| block.association_id == *id);
    let Some(subnet) = resource::all::<Subnets>(ctx).find(has).cloned() else {
        let message = format!("The subnet CIDR block with association ID '{id}' does not exist");
        return Err(Error::client("InvalidSubnetCidrBlockAssociationID.NotFound", message));
    };
    if any_ipv6(ctx, &subnet.id) {
        let message = format!("The subnet CIDR block with association ID {id} has addresses in use.");
        return Err(Error::client("InvalidCidrBlock.InUse", message));
    }
    resource::change::<Subnets>(ctx, &subnet.id, |subnet| {
        subnet.ipv6 = None;
        subnet.assign_ipv6 = false;
        subnet.dns64 = false;
    })?;
    Ok(ec2::DisassociateSubnetCidrBlockResult {
        ipv6_cidr_block_association: subnet.ipv6.as_ref().map(|block| shown(block, "disassociating")),
        subnet_id: Some(subnet.id),
    })
}
