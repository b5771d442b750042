//! `aws:network:disrupt-connectivity`: subnets get a network ACL that lets less through, as FIS does it on AWS.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};
use serde::{Deserialize, Serialize};

use super::parameter::{DURATION, Form, Parameter};
use super::{Begun, Definition, Hold, Permission, Work, denied};
use crate::{error, role};

/// What is cut off, as FIS names it.
const SCOPES: &[&str] = &["all", "availability-zone", "dynamodb", "prefix-list", "s3", "vpc"];

const PREFIX_LIST: &str = "prefixListIdentifier";

pub(super) static DISRUPT: Definition = Definition {
    id: "aws:network:disrupt-connectivity",
    description: "Cuts subnets off, from everything or from a part of it, by a network ACL.",
    target: Some(("Subnets", "aws:ec2:subnet")),
    permission: Permission::OfCalls,
    parameters: &[
        DURATION,
        Parameter {
            name: "scope",
            description: "What is cut off",
            required: true,
            form: Form::OneOf(SCOPES),
        },
        Parameter {
            name: PREFIX_LIST,
            description: "The prefix list that is cut off, where that is the scope",
            required: false,
            form: Form::Words,
        },
    ],
    begin: close,
};

/// A subnet that is cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    subnet: String,
    /// The ACL it had.
    before: String,
    /// The one it has meanwhile.
    meanwhile: String,
}

fn close(ctx: &mut Ctx<'_>, work: &Work<'_>) -> Result<Begun> {
    let mut closed = Vec::new();
    for subnet in work.ids() {
        let Some((acl, association)) = current(ctx, &subnet)? else {
            return Err(error::validation(format!("Subnet {subnet} has no network ACL.")));
        };
        let denied =
            denied::blocks(ctx, work.text("scope").unwrap_or_default(), work.text(PREFIX_LIST), &subnet)?;
        let meanwhile = create(ctx, &acl)?;
        // A new network ACL denies everything until it has rules.
        if let Some(blocks) = denied {
            fill(ctx, &acl, &meanwhile, &blocks)?;
        }
        replace(ctx, &association, &meanwhile)?;
        let before = acl.network_acl_id.unwrap_or_default();
        closed.push(Closed { subnet, before, meanwhile });
    }
    Ok(Begun { until: work.until(ctx, "duration"), hold: Hold::Closed(closed) })
}

/// Makes a network ACL in the VPC of another one.
fn create(ctx: &mut Ctx<'_>, like: &ec2::NetworkAcl) -> Result<String> {
    let tag = ec2::Tag { key: Some("managedByFIS".to_owned()), value: Some("true".to_owned()) };
    let tags = ec2::TagSpecification { resource_type: Some("network-acl".to_owned()), tags: Some(vec![tag]) };
    let input = ec2::CreateNetworkAclRequest {
        vpc_id: like.vpc_id.clone().unwrap_or_default(),
        tag_specifications: Some(vec![tags]),
        ..Default::default()
    };
    let made = role::call::<ec2::CreateNetworkAcl>(ctx, &input)?;
    Ok(made.network_acl.and_then(|acl| acl.network_acl_id).unwrap_or_default())
}

/// Gives `new` rules that deny the blocks, before those of the ACL that it stands in for.
fn fill(ctx: &mut Ctx<'_>, acl: &ec2::NetworkAcl, new: &str, blocks: &[String]) -> Result<()> {
    for (number, block) in (1..).zip(blocks) {
        for egress in [false, true] {
            let is_v6 = block.contains(':');
            let input = ec2::CreateNetworkAclEntryRequest {
                network_acl_id: new.to_owned(),
                rule_number: number,
                rule_action: "deny".to_owned(),
                protocol: "-1".to_owned(),
                egress,
                cidr_block: (!is_v6).then(|| block.clone()),
                ipv6_cidr_block: is_v6.then(|| block.clone()),
                ..Default::default()
            };
            role::call::<ec2::CreateNetworkAclEntry>(ctx, &input)?;
        }
    }
    let shift = i32::try_from(blocks.len()).unwrap_or(i32::MAX);
    for entry in
        acl.entries.iter().flatten().filter(|entry| entry.rule_number.is_some_and(|at| at < LAST_RULE))
    {
        let input = ec2::CreateNetworkAclEntryRequest {
            network_acl_id: new.to_owned(),
            rule_number: entry.rule_number.unwrap_or_default().saturating_add(shift),
            rule_action: entry.rule_action.clone().unwrap_or_default(),
            protocol: entry.protocol.clone().unwrap_or_default(),
            egress: entry.egress.unwrap_or_default(),
            cidr_block: entry.cidr_block.clone(),
            ipv6_cidr_block: entry.ipv6_cidr_block.clone(),
            icmp_type_code: entry.icmp_type_code.clone(),
            port_range: entry.port_range.clone(),
            ..Default::default()
        };
        role::call::<ec2::CreateNetworkAclEntry>(ctx, &input)?;
    }
    Ok(())
}

/// The rule that every network ACL ends with: what no rule decides is denied.
const LAST_RULE: i32 = 32_767;

/// Gives subnets back the ACLs that they had. One that has another by now keeps it.
///
/// # Errors
/// EC2's own.
pub(super) fn open(ctx: &mut Ctx<'_>, closed: &[Closed]) -> Result<()> {
    for Closed { subnet, before, meanwhile } in closed {
        if let Some((acl, association)) = current(ctx, subnet)?
            && acl.network_acl_id.as_ref() == Some(meanwhile)
        {
            replace(ctx, &association, before)?;
        }
        let input = ec2::DeleteNetworkAclRequest { network_acl_id: meanwhile.clone(), ..Default::default() };
        match role::call::<ec2::DeleteNetworkAcl>(ctx, &input) {
            Err(gone) if gone.code() == "InvalidNetworkAclID.NotFound" => {}
            other => {
                other?;
            }
        }
    }
    Ok(())
}

fn replace(ctx: &mut Ctx<'_>, association: &str, acl: &str) -> Result<()> {
    let input = ec2::ReplaceNetworkAclAssociationRequest {
        association_id: association.to_owned(),
        network_acl_id: acl.to_owned(),
        ..Default::default()
    };
    role::call::<ec2::ReplaceNetworkAclAssociation>(ctx, &input)?;
    Ok(())
}

/// The network ACL of a subnet, and the id of their association.
fn current(ctx: &mut Ctx<'_>, subnet: &str) -> Result<Option<(ec2::NetworkAcl, String)>> {
    let filter =
        ec2::Filter { name: Some("association.subnet-id".to_owned()), values: Some(vec![subnet.to_owned()]) };
    let input = ec2::DescribeNetworkAclsRequest { filters: Some(vec![filter]), ..Default::default() };
    let answer = role::call::<ec2::DescribeNetworkAcls>(ctx, &input)?;
    let Some(acl) = answer.network_acls.into_iter().flatten().next() else { return Ok(None) };
    let association = acl.associations.iter().flatten().find(|one| one.subnet_id.as_deref() == Some(subnet));
    let association = association.and_then(|one| one.network_acl_association_id.clone());
    Ok(association.map(|association| (acl, association)))
}
