//! Network ACLs. Every VPC has its default one, which lets everything through; there is no operation here to make
//! more or to change their entries.

use ironbird_api::ec2;
use ironbird_rig::error::InternalError;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, subnet, tag};

/// All network ACLs.
pub struct NetworkAcls;

impl Table for NetworkAcls {
    const NAME: &'static str = "ec2.network-acls";
    type Record = NetworkAcl;
}

/// A network ACL with the entries of a default one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// `acl-…`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
}

/// Number, action: an entry that allows all traffic, then the one that denies what is left. Both directions.
const ENTRIES: [(i32, &str); 2] = [(100, "allow"), (32_767, "deny")];

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<NetworkAcls>().read::<ec2::DescribeNetworkAcls>(describe_network_acls)
}

impl Resource for NetworkAcls {
    const KIND: Kind = kinds::NETWORK_ACL;
    const FILTERS: &'static [&'static str] = &[
        "association.association-id",
        "association.network-acl-id",
        "association.subnet-id",
        "default",
        "entry.cidr",
        "entry.egress",
        "entry.protocol",
        "entry.rule-action",
        "entry.rule-number",
        "network-acl-id",
        "owner-id",
        "vpc-id",
    ];
    type View = ec2::NetworkAcl;

    fn id(acl: &NetworkAcl) -> &str {
        &acl.id
    }

    fn has(ctx: &Ctx<'_>, acl: &NetworkAcl, name: &str, test: Test<'_>) -> bool {
        let mut subnets = subnet::of_vpc(ctx, &acl.vpc_id).filter(|subnet| subnet.network_acl_id == acl.id);
        match name {
            "association.association-id" => subnets.any(|subnet| test(&subnet.network_acl_association_id)),
            "association.network-acl-id" => subnets.next().is_some() && test(&acl.id),
            "association.subnet-id" => subnets.any(|subnet| test(&subnet.id)),
            "default" => test(flag(true)),
            "entry.cidr" => test("0.0.0.0/0"),
            "entry.egress" => test(flag(true)) || test(flag(false)),
            "entry.protocol" => test("-1"),
            "entry.rule-action" => ENTRIES.iter().any(|(_, action)| test(action)),
            "entry.rule-number" => ENTRIES.iter().any(|(number, _)| test(&number.to_string())),
            "network-acl-id" => test(&acl.id),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "vpc-id" => test(&acl.vpc_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, acl: &NetworkAcl) -> ec2::NetworkAcl {
        let subnets = subnet::of_vpc(ctx, &acl.vpc_id).filter(|subnet| subnet.network_acl_id == acl.id);
        let associations = subnets.map(|subnet| ec2::NetworkAclAssociation {
            network_acl_association_id: Some(subnet.network_acl_association_id.clone()),
            network_acl_id: Some(acl.id.clone()),
            subnet_id: Some(subnet.id.clone()),
        });
        let both = [true, false].into_iter().flat_map(|egress| ENTRIES.map(|entry| (egress, entry)));
        let entries = both.map(|(egress, (number, action))| ec2::NetworkAclEntry {
            cidr_block: Some("0.0.0.0/0".to_owned()),
            egress: Some(egress),
            protocol: Some("-1".to_owned()),
            rule_action: Some(action.to_owned()),
            rule_number: Some(number),
            ..Default::default()
        });
        ec2::NetworkAcl {
            associations: Some(associations.collect()),
            entries: Some(entries.collect()),
            is_default: Some(true),
            network_acl_id: Some(acl.id.clone()),
            tags: tag::of(ctx, &acl.id),
            vpc_id: Some(acl.vpc_id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
        }
    }
}

/// Makes the default network ACL of a new VPC.
pub(crate) fn make_default(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let acl = NetworkAcl { id: ctx.fresh_id("acl")?, vpc_id: vpc_id.to_owned() };
    tag::apply(ctx, None, kinds::NETWORK_ACL.resource_type, &acl.id)?;
    ctx.put::<NetworkAcls>(ctx.scope().key(&acl.id), acl)
}

/// Id of the default network ACL of a VPC.
pub(crate) fn default_id(ctx: &Ctx<'_>, vpc_id: &str) -> Result<String> {
    let found = resource::all::<NetworkAcls>(ctx).find(|acl| acl.vpc_id == vpc_id).map(|acl| acl.id.clone());
    found.ok_or_else(|| InternalError::Broken(format!("{vpc_id} has no network ACL")).into())
}

/// Removes the network ACLs of a VPC.
pub(crate) fn remove_of_vpc(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let id = default_id(ctx, vpc_id)?;
    ctx.delete::<NetworkAcls>(&ctx.scope().key(&id))?;
    tag::remove_all(ctx, &id)
}

fn describe_network_acls(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeNetworkAclsRequest,
) -> Result<ec2::DescribeNetworkAclsResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<NetworkAcls>(
        ctx,
        &Ask {
            ids: input.network_acl_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeNetworkAclsResult { network_acls: Some(page.items), next_token: page.next })
}
