//! Blocks of addresses that a VPC has besides its first: AssociateVpcCidrBlock, DisassociateVpcCidrBlock.

use std::net::Ipv6Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use super::{IPAM, IPV6_POOLS, Vpc, Vpcs, parse_block};
use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::route_table::Destination;
use crate::{error, network_acl, resource, route_table, security_group, subnet};

/// A further block of IPv4 addresses of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// `vpc-cidr-assoc-…`
    pub association_id: String,
    /// The addresses.
    pub cidr: Cidr,
}

/// A block of IPv6 addresses of a VPC or a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipv6Block {
    /// `vpc-cidr-assoc-…` or `subnet-cidr-assoc-…`
    pub association_id: String,
    /// The addresses.
    pub cidr: Cidr6,
}

/// Blocks of IPv4 addresses of one VPC: the quota of a new account. Source: "Amazon VPC quotas".
const MAX_BLOCKS: usize = 5;
/// Blocks of IPv6 addresses of one VPC. Source: as above.
const MAX_IPV6_BLOCKS: usize = 5;

/// Where Amazon's pool of IPv6 addresses lies here: RFC 3849's block for documentation, so that nobody who connects
/// to an address of this world reaches a stranger's machine.
const POOL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0);
/// Bits of the prefix of a VPC's block.
const VPC_BITS: u8 = 56;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::AssociateVpcCidrBlock>(associate_vpc_cidr_block)
        .refuses::<ec2::AssociateVpcCidrBlock>(&[
            ("Ipv6CidrBlock", IPV6_POOLS),
            ("Ipv6Pool", IPV6_POOLS),
            ("Ipv4IpamPoolId", IPAM),
            ("Ipv4NetmaskLength", IPAM),
            ("Ipv6IpamPoolId", IPAM),
            ("Ipv6NetmaskLength", IPAM),
        ])
        .write::<ec2::DisassociateVpcCidrBlock>(disassociate_vpc_cidr_block)
}

impl Vpc {
    /// All blocks of IPv4 addresses, the first one first, each with the id of its association.
    pub fn blocks(&self) -> impl Iterator<Item = (&str, Cidr)> {
        let first = (self.association_id.as_str(), self.cidr);
        let others = self.secondary.iter().map(|block| (block.association_id.as_str(), block.cidr));
        std::iter::once(first).chain(others)
    }

    /// Whether all of `block` lies in one of the VPC's blocks.
    pub fn covers(&self, block: Cidr) -> bool {
        self.blocks().any(|(_, own)| own.covers(block))
    }
}

/// A block as the API shows it.
pub(super) fn shown(id: &str, block: Cidr, state: &str) -> ec2::VpcCidrBlockAssociation {
    ec2::VpcCidrBlockAssociation {
        association_id: Some(id.to_owned()),
        cidr_block: Some(block.to_string()),
        cidr_block_state: Some(self::state(state)),
    }
}

/// An IPv6 block as the API shows it. All of them are Amazon's.
pub(super) fn shown_ipv6(ctx: &Ctx<'_>, block: &Ipv6Block, state: &str) -> ec2::VpcIpv6CidrBlockAssociation {
    ec2::VpcIpv6CidrBlockAssociation {
        association_id: Some(block.association_id.clone()),
        ipv6_cidr_block: Some(block.cidr.to_string()),
        ipv6_cidr_block_state: Some(self::state(state)),
        network_border_group: Some(ctx.region().code().to_owned()),
        ipv6_pool: Some("Amazon".to_owned()),
        ipv6_address_attribute: Some("public".to_owned()),
        ip_source: Some("amazon".to_owned()),
    }
}

fn state(state: &str) -> ec2::VpcCidrBlockState {
    ec2::VpcCidrBlockState { state: Some(state.to_owned()), ..Default::default() }
}

/// A free block of Amazon's IPv6 addresses, drawn by the seed.
///
/// # Errors
/// `InvalidParameterValue` for a border group that is not the Region; `InsufficientAddressCapacity` when there is no
/// block left.
fn draw_ipv6(ctx: &mut Ctx<'_>, border_group: Option<&str>) -> Result<Ipv6Block> {
    if let Some(group) = border_group.filter(|group| *group != ctx.region().code()) {
        return Err(error::invalid_parameter_value(group, "ipv6CidrBlockNetworkBorderGroup"));
    }
    let count = 1_u64 << (VPC_BITS - 32);
    let start = ctx.fresh_seed("ec2.ipv6-block")?.rng().below(count);
    let nth = |step: u64| {
        let number = u128::from((start + step) % count);
        Cidr6::new(Ipv6Addr::from_bits(POOL.to_bits() | number << (128 - VPC_BITS)), VPC_BITS)
    };
    let is_free = |block: &Cidr6| {
        let all = ctx.scan::<Vpcs>(&Key::new());
        !all.into_iter().any(|(_, vpc)| vpc.ipv6.iter().any(|own| own.cidr == *block))
    };
    let Some(cidr) = (0..count).filter_map(nth).find(is_free) else {
        let message = "Not enough available addresses to satisfy your request.";
        return Err(Error::server("InsufficientAddressCapacity", message));
    };
    Ok(Ipv6Block { association_id: ctx.fresh_id("vpc-cidr-assoc")?, cidr })
}

fn associate_vpc_cidr_block(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssociateVpcCidrBlockRequest,
) -> Result<ec2::AssociateVpcCidrBlockResult> {
    let vpc = resource::find::<Vpcs>(ctx, &input.vpc_id)?.clone();
    let mut result = ec2::AssociateVpcCidrBlockResult { vpc_id: Some(vpc.id.clone()), ..Default::default() };
    match (&input.cidr_block, input.amazon_provided_ipv6_cidr_block) {
        (Some(_), Some(true)) => return Err(error::exclusive("cidrBlock", "amazonProvidedIpv6CidrBlock")),
        (Some(text), _) => {
            let block = add(ctx, &vpc, text)?;
            result.cidr_block_association = Some(shown(&block.association_id, block.cidr, "associating"));
        }
        (None, Some(true)) => {
            let block = add_ipv6(ctx, &vpc, input.ipv6_cidr_block_network_border_group.as_deref())?;
            result.ipv6_cidr_block_association = Some(shown_ipv6(ctx, &block, "associating"));
        }
        (None, _) => {
            let message = "Either 'cidrBlock' or 'amazonProvidedIpv6CidrBlock' should be provided.";
            return Err(error::missing(message));
        }
    }
    Ok(result)
}

fn add(ctx: &mut Ctx<'_>, vpc: &Vpc, text: &str) -> Result<Block> {
    let cidr = parse_block(text)?;
    check_allowed(vpc, cidr)?;
    if vpc.blocks().count() >= MAX_BLOCKS {
        return Err(too_many(vpc, MAX_BLOCKS));
    }
    let block = Block { association_id: ctx.fresh_id("vpc-cidr-assoc")?, cidr };
    resource::change::<Vpcs>(ctx, &vpc.id, |vpc| vpc.secondary.push(block.clone()))?;
    route_table::add_local(ctx, &vpc.id, Destination::Ipv4(cidr))?;
    Ok(block)
}

/// Gives a VPC a block of Amazon's IPv6 addresses.
///
/// # Errors
/// `CidrLimitExceeded`, and those of [`draw_ipv6`].
pub(super) fn add_ipv6(ctx: &mut Ctx<'_>, vpc: &Vpc, border_group: Option<&str>) -> Result<Ipv6Block> {
    if vpc.ipv6.len() >= MAX_IPV6_BLOCKS {
        return Err(too_many(vpc, MAX_IPV6_BLOCKS));
    }
    let block = draw_ipv6(ctx, border_group)?;
    resource::change::<Vpcs>(ctx, &vpc.id, |vpc| vpc.ipv6.push(block.clone()))?;
    route_table::add_local(ctx, &vpc.id, Destination::Ipv6(block.cidr))?;
    network_acl::open_to_ipv6(ctx, &vpc.id)?;
    security_group::open_to_ipv6(ctx, &vpc.id)?;
    Ok(block)
}

fn too_many(vpc: &Vpc, most: usize) -> Error {
    let message = format!("This network {} has met its maximum number of allowed CIDRs: {most}", vpc.id);
    Error::client("CidrLimitExceeded", message)
}

/// Blocks of which a VPC may have either one only. Source: "IPv4 CIDR block association restrictions" in the VPC user
/// guide.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"];
/// Blocks that are nobody's to take. Source: as above.
const FORBIDDEN: [&str; 5] = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "172.31.0.0/16"];

/// Whether a further block suits a VPC.
fn check_allowed(vpc: &Vpc, block: Cidr) -> Result<()> {
    let refused = |message: String| Err(Error::client("InvalidVpc.Range", message));
    if !(16..=28).contains(&block.length()) {
        return refused(format!("The CIDR '{block}' is invalid."));
    }
    if vpc.blocks().any(|(_, own)| own.overlaps(block)) {
        return refused(format!("The CIDR '{block}' conflicts with another CIDR of the VPC."));
    }
    let lies_in = |block: Cidr, text: &&&str| Cidr::parse(text).is_some_and(|range| range.overlaps(block));
    let range_of = |block: Cidr| PRIVATE.iter().find(|text| lies_in(block, text));
    let other_range = range_of(block).is_some_and(|range| range_of(vpc.cidr) != Some(range));
    if other_range || FORBIDDEN.iter().any(|text| lies_in(block, &text)) {
        return refused(format!(
            "The CIDR '{block}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Subnets.html"
        ));
    }
    Ok(())
}

fn disassociate_vpc_cidr_block(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisassociateVpcCidrBlockRequest,
) -> Result<ec2::DisassociateVpcCidrBlockResult> {
    let id = input.association_id.as_str();
    let has = |vpc: &&Vpc| {
        vpc.blocks().any(|(own, _)| own == id) || vpc.ipv6.iter().any(|own| own.association_id == id)
    };
    let Some(vpc) = resource::all::<Vpcs>(ctx).find(has).cloned() else {
        let message = format!("The vpc CIDR block association ID '{id}' does not exist");
        return Err(Error::client("InvalidVpcCidrBlockAssociationID.NotFound", message));
    };
    if vpc.association_id == id {
        let message = format!(
            "The vpc CIDR block with association ID {id} may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
        );
        return Err(error::not_permitted(message));
    }
    let mut result =
        ec2::DisassociateVpcCidrBlockResult { vpc_id: Some(vpc.id.clone()), ..Default::default() };
    if let Some(block) = vpc.secondary.iter().find(|block| block.association_id == id) {
        if subnet::of_vpc(ctx, &vpc.id).any(|subnet| block.cidr.covers(subnet.cidr)) {
            return Err(in_use(id));
        }
        resource::change::<Vpcs>(ctx, &vpc.id, |vpc| {
            vpc.secondary.retain(|block| block.association_id != id);
        })?;
        route_table::remove_local(ctx, &vpc.id, &Destination::Ipv4(block.cidr))?;
        result.cidr_block_association = Some(shown(id, block.cidr, "disassociating"));
    }
    if let Some(block) = vpc.ipv6.iter().find(|block| block.association_id == id) {
        let holds = |own: &Ipv6Block| block.cidr.covers(own.cidr);
        if subnet::of_vpc(ctx, &vpc.id).any(|subnet| subnet.ipv6.as_ref().is_some_and(holds)) {
            return Err(in_use(id));
        }
        resource::change::<Vpcs>(ctx, &vpc.id, |vpc| vpc.ipv6.retain(|block| block.association_id != id))?;
        route_table::remove_local(ctx, &vpc.id, &Destination::Ipv6(block.cidr))?;
        result.ipv6_cidr_block_association = Some(shown_ipv6(ctx, block, "disassociating"));
    }
    Ok(result)
}

fn in_use(id: &str) -> Error {
    let message =
        format!("The vpc CIDR block with association ID {id} has subnets and cannot be disassociated.");
    Error::client("InvalidCidrBlock.InUse", message)
}
