//! What a subnet is cut off from in each scope of `aws:network:disrupt-connectivity`, as blocks of addresses. The scopes are
//! those of the FIS actions reference; which rules FIS makes of them, it does not say.

use std::net::Ipv4Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use crate::{error, role};

/// The blocks; none where it is everything.
///
/// # Errors
/// `ValidationException` where the scope does not go with its parameters or the subnet's VPC; EC2's own.
pub(super) fn blocks(
    ctx: &mut Ctx<'_>,
    scope: &str,
    prefix_list: Option<&str>,
    subnet: &str,
) -> Result<Option<Vec<String>>> {
    match (scope, prefix_list) {
        ("prefix-list", Some(id)) => entries(ctx, id).map(Some),
        ("prefix-list", None) => Err(error::validation("Scope prefix-list needs a prefixListIdentifier.")),
        (_, Some(_)) => Err(error::validation("prefixListIdentifier goes with scope prefix-list only.")),
        ("s3" | "dynamodb", None) => {
            let id = list_of(ctx, scope)?;
            entries(ctx, &id).map(Some)
        }
        ("availability-zone", None) => in_other_zones(ctx, subnet).map(Some),
        ("vpc", None) => outside_vpc(ctx, subnet).map(Some),
        _ => Ok(None),
    }
}

fn filter(name: &str, value: &str) -> Option<Vec<ec2::Filter>> {
    Some(vec![ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) }])
}

/// The id of the prefix list of a service's addresses in the Region.
fn list_of(ctx: &mut Ctx<'_>, service: &str) -> Result<String> {
    let name = format!("com.amazonaws.{}.{service}", ctx.region());
    let input = ec2::DescribeManagedPrefixListsRequest {
        filters: filter("prefix-list-name", &name),
        ..Default::default()
    };
    let found = role::call::<ec2::DescribeManagedPrefixLists>(ctx, &input)?.prefix_lists;
    let id = found.into_iter().flatten().find_map(|list| list.prefix_list_id);
    id.ok_or_else(|| error::validation(format!("There is no prefix list {name}.")))
}

fn entries(ctx: &mut Ctx<'_>, id: &str) -> Result<Vec<String>> {
    let mut blocks = Vec::new();
    let mut next_token = None;
    loop {
        let input = ec2::GetManagedPrefixListEntriesRequest {
            prefix_list_id: id.to_owned(),
            next_token,
            ..Default::default()
        };
        let answer = role::call::<ec2::GetManagedPrefixListEntries>(ctx, &input)?;
        blocks.extend(answer.entries.into_iter().flatten().filter_map(|entry| entry.cidr));
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(blocks);
        }
    }
}

fn subnets(ctx: &mut Ctx<'_>, name: &str, value: &str) -> Result<Vec<ec2::Subnet>> {
    let input = ec2::DescribeSubnetsRequest { filters: filter(name, value), ..Default::default() };
    Ok(role::call::<ec2::DescribeSubnets>(ctx, &input)?.subnets.unwrap_or_default())
}

fn find(ctx: &mut Ctx<'_>, subnet: &str) -> Result<ec2::Subnet> {
    let found = subnets(ctx, "subnet-id", subnet)?.into_iter().next();
    found.ok_or_else(|| error::validation(format!("Subnet {subnet} does not exist.")))
}

/// The blocks of the VPC's subnets in other zones.
fn in_other_zones(ctx: &mut Ctx<'_>, subnet: &str) -> Result<Vec<String>> {
    let own = find(ctx, subnet)?;
    let all = subnets(ctx, "vpc-id", own.vpc_id.as_deref().unwrap_or_default())?;
    let others = all.into_iter().filter(|other| other.availability_zone != own.availability_zone);
    let blocks = others.flat_map(|other| {
        let v6 = other.ipv6_cidr_block_association_set.into_iter().flatten();
        other.cidr_block.into_iter().chain(v6.filter_map(|block| block.ipv6_cidr_block))
    });
    Ok(blocks.collect())
}

/// The blocks of everything that is not in the VPC.
fn outside_vpc(ctx: &mut Ctx<'_>, subnet: &str) -> Result<Vec<String>> {
    let vpc_id = find(ctx, subnet)?.vpc_id.unwrap_or_default();
    let input = ec2::DescribeVpcsRequest { vpc_ids: Some(vec![vpc_id.clone()]), ..Default::default() };
    let vpc =
        role::call::<ec2::DescribeVpcs>(ctx, &input)?.vpcs.into_iter().flatten().next().unwrap_or_default();
    if vpc.ipv6_cidr_block_association_set.is_some_and(|blocks| !blocks.is_empty()) {
        let message = format!(
            "{vpc_id} has IPv6 blocks: more rules than a network ACL holds would be needed for scope vpc."
        );
        return Err(error::validation(message));
    }
    let own = vpc.cidr_block_association_set.into_iter().flatten();
    let own: Vec<(u32, u32)> = own.filter_map(|block| range(&block.cidr_block?)).collect();
    Ok(complement(own))
}

/// First and last address of a block.
fn range(block: &str) -> Option<(u32, u32)> {
    let (address, length) = block.split_once('/')?;
    let first = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let rest = u32::MAX.checked_shr(length.parse().ok()?).unwrap_or(0);
    Some((first, first | rest))
}

/// The fewest blocks with every address that is in none of the ranges.
fn complement(mut ranges: Vec<(u32, u32)>) -> Vec<String> {
    ranges.sort_unstable();
    let (mut blocks, mut next) = (Vec::new(), 0_u64);
    for (first, last) in ranges {
        cover(next, u64::from(first), &mut blocks);
        next = next.max(u64::from(last) + 1);
    }
    cover(next, 1 << 32, &mut blocks);
    blocks
}

/// Covers the addresses from `next` up to `end` with the fewest blocks.
fn cover(mut next: u64, end: u64, blocks: &mut Vec<String>) {
    while next < end {
        // As large as it can be where it begins, and no larger than what is left.
        let aligned = if next == 0 { 32 } else { next.trailing_zeros().min(32) };
        let bits = aligned.min((end - next).ilog2());
        let address = Ipv4Addr::from(u32::try_from(next).unwrap_or(u32::MAX));
        blocks.push(format!("{address}/{}", 32 - bits));
        next += 1 << bits;
    }
}

#[cfg(test)]
mod tests {
    use super::{complement, range};

    fn of(blocks: &[&str]) -> Vec<String> {
        complement(blocks.iter().filter_map(|block| range(block)).collect())
    }

    #[test]
    fn what_is_outside_of_blocks_is_covered_by_few() {
        assert_eq!(of(&[]), ["0.0.0.0/0"]);
        assert_eq!(of(&["0.0.0.0/0"]), Vec::<String>::new());
        assert_eq!(of(&["128.0.0.0/1"]), ["0.0.0.0/1"]);
        let outside = of(&["10.0.0.0/16"]);
        assert_eq!(outside.len(), 16);
        assert_eq!((outside[0].as_str(), outside[1].as_str()), ("0.0.0.0/5", "8.0.0.0/7"));
        // Blocks side by side, and one inside another.
        assert_eq!(of(&["10.0.0.0/17", "10.0.128.0/17", "10.0.3.0/24"]), outside);
    }

    #[test]
    fn every_address_is_either_inside_or_outside() {
        let inside = [range("10.1.0.0/16").unwrap(), range("172.16.0.0/12").unwrap()];
        let outside: Vec<_> =
            of(&["172.16.0.0/12", "10.1.0.0/16"]).iter().map(|block| range(block).unwrap()).collect();
        let mut all: Vec<(u32, u32)> = inside.into_iter().chain(outside).collect();
        all.sort_unstable();
        assert_eq!((all[0].0, all[all.len() - 1].1), (0, u32::MAX));
        assert!(all.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
    }
}
