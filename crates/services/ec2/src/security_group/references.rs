//! Who names whom: DescribeSecurityGroupReferences, DescribeStaleSecurityGroups, GetSecurityGroupsForVpc.
//!
//! Groups of peer VPCs are not modeled: a rule names groups of its own account, which are never stale.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::rule::{Peer, Rules};
use super::{SecurityGroup, SecurityGroups};
use crate::filter::Filters;
use crate::page::Window;
use crate::vpc::Vpcs;
use crate::vpc_peering::VpcPeerings;
use crate::{error, resource, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeSecurityGroupReferences>(describe_security_group_references)
        .read::<ec2::DescribeStaleSecurityGroups>(describe_stale_security_groups)
        .read::<ec2::GetSecurityGroupsForVpc>(get_security_groups_for_vpc)
}

/// The connection between two VPCs, if there is one.
fn peering(ctx: &Ctx<'_>, one: &str, other: &str) -> Option<String> {
    let between = |it: &&crate::vpc_peering::VpcPeering| {
        let ends = [it.requester.vpc_id.as_str(), it.accepter.vpc_id.as_str()];
        it.is_active() && ends.contains(&one) && ends.contains(&other)
    };
    resource::all::<VpcPeerings>(ctx).find(between).map(|found| found.id.clone())
}

fn describe_security_group_references(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSecurityGroupReferencesRequest,
) -> Result<ec2::DescribeSecurityGroupReferencesResult> {
    error::dry_run(input.dry_run)?;
    let groups = resource::named::<SecurityGroups>(ctx, &input.group_id)?;
    let mut references: Vec<ec2::SecurityGroupReference> = Vec::new();
    for group in groups {
        for rule in resource::all::<Rules>(ctx) {
            if !matches!(&rule.peer, Peer::Group(id) if *id == group.id) {
                continue;
            }
            let from = ctx.peek::<SecurityGroups>(&ctx.scope().key(&rule.group_id));
            // Only references from other VPCs are told of.
            let Some(from) = from.filter(|from| from.vpc_id != group.vpc_id) else { continue };
            let reference = ec2::SecurityGroupReference {
                group_id: Some(group.id.clone()),
                referencing_vpc_id: Some(from.vpc_id.clone()),
                vpc_peering_connection_id: peering(ctx, &from.vpc_id, &group.vpc_id),
                ..Default::default()
            };
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
    }
    Ok(ec2::DescribeSecurityGroupReferencesResult { security_group_reference_set: Some(references) })
}

fn describe_stale_security_groups(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeStaleSecurityGroupsRequest,
) -> Result<ec2::DescribeStaleSecurityGroupsResult> {
    error::dry_run(input.dry_run)?;
    resource::find::<Vpcs>(ctx, &input.vpc_id)?;
    Window::read(input.max_results, input.next_token.as_deref(), 5..=255)?;
    Ok(ec2::DescribeStaleSecurityGroupsResult {
        stale_security_group_set: Some(Vec::new()),
        next_token: None,
    })
}

fn get_security_groups_for_vpc(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetSecurityGroupsForVpcRequest,
) -> Result<ec2::GetSecurityGroupsForVpcResult> {
    error::dry_run(input.dry_run)?;
    let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    let names = ["description", "group-id", "group-name", "owner-id", "primary-vpc-id"];
    let filters = Filters::read(input.filters.as_deref(), &names, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 5..=1000)?;
    let owner = ctx.scope().account.to_string();
    let passes = |group: &&SecurityGroup| {
        group.vpc_id == vpc_id
            && filters.pass(ctx, &group.id, |name, test| match name {
                "description" => test(&group.description),
                "group-id" => test(&group.id),
                "group-name" => test(&group.name),
                "owner-id" => test(&owner),
                _ => test(&group.vpc_id),
            })
    };
    let page = window.list(resource::all::<SecurityGroups>(ctx).filter(passes), |group| &group.id);
    let shown = |group: &SecurityGroup| ec2::SecurityGroupForVpc {
        description: Some(group.description.clone()),
        group_name: Some(group.name.clone()),
        owner_id: Some(owner.clone()),
        group_id: Some(group.id.clone()),
        tags: tag::of(ctx, &group.id),
        primary_vpc_id: Some(group.vpc_id.clone()),
    };
    let security_group_for_vpcs = Some(page.items.into_iter().map(shown).collect());
    Ok(ec2::GetSecurityGroupsForVpcResult { security_group_for_vpcs, next_token: page.next })
}
