//! Network ACLs: the default one that every VPC comes with, which lets everything through, and others.

use ironbird_api::{Empty, ec2};
use ironbird_rig::error::InternalError;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::{Test, flag};
use crate::once::Once;
use crate::resource::{self, Ask, Kind, Resource};
use crate::subnet::Subnets;
use crate::vpc::Vpcs;
use crate::{error, kinds, subnet, tag};

mod entry;

pub use entry::{Entry, Peer};

/// All network ACLs.
pub struct NetworkAcls;

impl Table for NetworkAcls {
    const NAME: &'static str = "ec2.network-acls";
    type Record = NetworkAcl;
}

/// A network ACL. Besides its entries, it has one for each family of addresses and direction that denies what is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// `acl-…`
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Whether the VPC came with it.
    pub is_default: bool,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// What is emitted when a subnet has another ACL, or its ACL other entries, with the subnet's id.
const CHANGED: &str = "ec2.subnet-acl";

/// Network ACLs of one VPC: the quota of a new account. Source: "Amazon VPC quotas".
const MAX_ACLS: usize = 200;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<NetworkAcls>()
        .read::<ec2::DescribeNetworkAcls>(describe_network_acls)
        .write::<ec2::CreateNetworkAcl>(create_network_acl)
        .write::<ec2::DeleteNetworkAcl>(delete_network_acl)
        .write::<ec2::ReplaceNetworkAclAssociation>(replace_network_acl_association);
    entry::register(definition)
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
        "entry.icmp.code",
        "entry.icmp.type",
        "entry.ipv6-cidr",
        "entry.port-range.from",
        "entry.port-range.to",
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
        if let Some(field) = name.strip_prefix("entry.") {
            return acl.shown_entries(ctx).iter().any(|entry| entry::has(entry, field, test));
        }
        let mut subnets = subnet::of_vpc(ctx, &acl.vpc_id).filter(|subnet| subnet.network_acl_id == acl.id);
        match name {
            "association.association-id" => subnets.any(|subnet| test(&subnet.network_acl_association_id)),
            "association.network-acl-id" => subnets.next().is_some() && test(&acl.id),
            "association.subnet-id" => subnets.any(|subnet| test(&subnet.id)),
            "default" => test(flag(acl.is_default)),
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
        ec2::NetworkAcl {
            associations: Some(associations.collect()),
            entries: Some(acl.shown_entries(ctx)),
            is_default: Some(acl.is_default),
            network_acl_id: Some(acl.id.clone()),
            tags: Some(tag::of(ctx, &acl.id).unwrap_or_default()),
            vpc_id: Some(acl.vpc_id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
        }
    }
}

/// Changes the entries of an ACL, and tells of its subnets.
fn change_entries(ctx: &mut Ctx<'_>, acl: &NetworkAcl, change: impl FnOnce(&mut Vec<Entry>)) -> Result<()> {
    resource::change::<NetworkAcls>(ctx, &acl.id, |acl| change(&mut acl.entries))?;
    let subnets = subnet::of_vpc(ctx, &acl.vpc_id).filter(|subnet| subnet.network_acl_id == acl.id);
    let subnets: Vec<String> = subnets.map(|subnet| subnet.id.clone()).collect();
    subnets.iter().try_for_each(|subnet| ctx.emit(CHANGED, subnet))
}

/// Makes the default network ACL of a new VPC.
pub(crate) fn make_default(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let entries = [true, false].map(Entry::everything).to_vec();
    make(ctx, vpc_id, true, entries).map(drop)
}

/// Lets IPv6 through the default network ACL of a VPC that gets such addresses, if it lets all IPv4 through as it came.
/// Source: "Default network ACL" in the VPC user guide.
pub(crate) fn open_to_ipv6(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let id = default_id(ctx, vpc_id)?;
    let acl = resource::find::<NetworkAcls>(ctx, &id)?;
    if acl.entries != [true, false].map(Entry::everything) {
        return Ok(());
    }
    resource::change::<NetworkAcls>(ctx, &id, |acl| {
        acl.entries.extend([true, false].map(Entry::everything_ipv6));
    })
}

fn make(ctx: &mut Ctx<'_>, vpc_id: &str, is_default: bool, entries: Vec<Entry>) -> Result<NetworkAcl> {
    let acl = NetworkAcl { id: ctx.fresh_id("acl")?, vpc_id: vpc_id.to_owned(), is_default, entries };
    tag::apply(ctx, None, kinds::NETWORK_ACL.resource_type, &acl.id)?;
    ctx.put::<NetworkAcls>(ctx.scope().key(&acl.id), acl.clone())?;
    Ok(acl)
}

/// The network ACLs of a VPC.
fn of_vpc<'t, 'w>(ctx: &'t Ctx<'w>, vpc_id: &'t str) -> impl Iterator<Item = &'t NetworkAcl> + use<'t, 'w> {
    resource::all::<NetworkAcls>(ctx).filter(move |acl| acl.vpc_id == vpc_id)
}

/// Whether a VPC has others than the default one.
pub(crate) fn any_own(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    of_vpc(ctx, vpc_id).any(|acl| !acl.is_default)
}

/// Id of the default network ACL of a VPC.
pub(crate) fn default_id(ctx: &Ctx<'_>, vpc_id: &str) -> Result<String> {
    let found = of_vpc(ctx, vpc_id).find(|acl| acl.is_default).map(|acl| acl.id.clone());
    found.ok_or_else(|| InternalError::Broken(format!("{vpc_id} has no network ACL")).into())
}

/// Removes the default network ACL of a VPC; whoever removes the VPC has seen that it has no other.
pub(crate) fn remove_of_vpc(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let id = default_id(ctx, vpc_id)?;
    remove(ctx, &id)
}

fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<NetworkAcls>(&ctx.scope().key(id))?;
    tag::remove_all(ctx, id)
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

fn create_network_acl(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateNetworkAclRequest,
) -> Result<ec2::CreateNetworkAclResult> {
    let client_token = input.client_token.clone();
    let once = Once::of::<ec2::CreateNetworkAcl>(ctx, client_token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        let shown = NetworkAcls::view(ctx, resource::find::<NetworkAcls>(ctx, &id)?);
        return Ok(ec2::CreateNetworkAclResult { network_acl: Some(shown), client_token });
    }
    let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::NETWORK_ACL.resource_type])?;
    if of_vpc(ctx, &vpc_id).count() >= MAX_ACLS {
        let message = "The maximum number of network ACLs has been reached.";
        return Err(Error::client("NetworkAclLimitExceeded", message));
    }
    let acl = make(ctx, &vpc_id, false, Vec::new())?;
    tag::apply(ctx, specifications, kinds::NETWORK_ACL.resource_type, &acl.id)?;
    once.keep(ctx, &acl.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateNetworkAclResult { network_acl: Some(NetworkAcls::view(ctx, &acl)), client_token })
}

fn delete_network_acl(ctx: &mut Ctx<'_>, input: &ec2::DeleteNetworkAclRequest) -> Result<Empty> {
    let acl = resource::find::<NetworkAcls>(ctx, &input.network_acl_id)?;
    let id = acl.id.clone();
    if acl.is_default {
        let message = format!("cannot delete default network ACL {id}");
        return Err(error::invalid_value(message));
    }
    if subnet::of_vpc(ctx, &acl.vpc_id).any(|subnet| subnet.network_acl_id == id) {
        return Err(error::has_dependencies("networkAcl", &id));
    }
    remove(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn replace_network_acl_association(
    ctx: &mut Ctx<'_>,
    input: &ec2::ReplaceNetworkAclAssociationRequest,
) -> Result<ec2::ReplaceNetworkAclAssociationResult> {
    let acl = resource::find::<NetworkAcls>(ctx, &input.network_acl_id)?.clone();
    let id = &input.association_id;
    let found = resource::all::<Subnets>(ctx).find(|it| it.network_acl_association_id == *id).cloned();
    let Some(home) = found else {
        let message = format!("The association ID '{id}' does not exist");
        return Err(Error::client("InvalidAssociationID.NotFound", message));
    };
    if home.vpc_id != acl.vpc_id {
        let message = format!("network ACL {} and subnet {} belong to different networks", acl.id, home.id);
        return Err(error::invalid_value(message));
    }
    let new = ctx.fresh_id("aclassoc")?;
    resource::change::<Subnets>(ctx, &home.id, |subnet| {
        subnet.network_acl_id.clone_from(&acl.id);
        subnet.network_acl_association_id.clone_from(&new);
    })?;
    ctx.emit(CHANGED, &home.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ReplaceNetworkAclAssociationResult { new_association_id: Some(new) })
}
