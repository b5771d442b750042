//! Security groups.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, network_interface, tag, vpc};

mod change;
mod modify;
mod permission;
mod references;
mod rule;
#[cfg(test)]
mod tests;

use crate::given::given;
use rule::{Peer, Protocol, Rule, Rules};

/// All security groups.
pub struct SecurityGroups;

impl Table for SecurityGroups {
    const NAME: &'static str = "ec2.security-groups";
    type Record = SecurityGroup;
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// `sg-…`
    pub id: String,
    /// Name, unique in the VPC.
    pub name: String,
    /// What the caller said of it.
    pub description: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Ids of its rules of both directions, the oldest first.
    pub rule_ids: Vec<String>,
}

impl SecurityGroup {
    /// Whether it is the group that its VPC came with.
    pub fn is_default(&self) -> bool {
        self.name == DEFAULT
    }
}

const DEFAULT: &str = "default";
/// Characters of a name or description, as the API reference says.
const MAX_TEXT: usize = 255;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<SecurityGroups>()
        .read::<ec2::DescribeSecurityGroups>(describe_security_groups)
        .write::<ec2::CreateSecurityGroup>(create_security_group)
        .write::<ec2::DeleteSecurityGroup>(delete_security_group);
    references::register(modify::register(change::register(rule::register(definition))))
}

impl Resource for SecurityGroups {
    const KIND: Kind = kinds::SECURITY_GROUP;
    const FILTERS: &'static [&'static str] = &[
        "description",
        "egress.ip-permission.cidr",
        "egress.ip-permission.from-port",
        "egress.ip-permission.group-id",
        "egress.ip-permission.group-name",
        "egress.ip-permission.ipv6-cidr",
        "egress.ip-permission.prefix-list-id",
        "egress.ip-permission.protocol",
        "egress.ip-permission.to-port",
        "egress.ip-permission.user-id",
        "group-id",
        "group-name",
        "ip-permission.cidr",
        "ip-permission.from-port",
        "ip-permission.group-id",
        "ip-permission.group-name",
        "ip-permission.ipv6-cidr",
        "ip-permission.prefix-list-id",
        "ip-permission.protocol",
        "ip-permission.to-port",
        "ip-permission.user-id",
        "owner-id",
        "vpc-id",
    ];
    type View = ec2::SecurityGroup;

    fn id(group: &SecurityGroup) -> &str {
        &group.id
    }

    fn has(ctx: &Ctx<'_>, group: &SecurityGroup, name: &str, test: Test<'_>) -> bool {
        if let Some(field) = name.strip_prefix("egress.ip-permission.") {
            return rule::of_group(ctx, group, true).any(|rule| rule.has(ctx, field, test));
        }
        if let Some(field) = name.strip_prefix("ip-permission.") {
            return rule::of_group(ctx, group, false).any(|rule| rule.has(ctx, field, test));
        }
        match name {
            "description" => test(&group.description),
            "group-id" => test(&group.id),
            "group-name" => test(&group.name),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "vpc-id" => test(&group.vpc_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, group: &SecurityGroup) -> ec2::SecurityGroup {
        ec2::SecurityGroup {
            group_id: Some(group.id.clone()),
            ip_permissions_egress: Some(permission::shown(ctx, rule::of_group(ctx, group, true))),
            tags: tag::of(ctx, &group.id),
            vpc_id: Some(group.vpc_id.clone()),
            security_group_arn: Some(arn(ctx, &group.id)),
            owner_id: Some(ctx.scope().account.to_string()),
            group_name: Some(group.name.clone()),
            description: Some(group.description.clone()),
            ip_permissions: Some(permission::shown(ctx, rule::of_group(ctx, group, false))),
        }
    }
}

fn arn(ctx: &Ctx<'_>, id: &str) -> String {
    ctx.arn("ec2", &format!("security-group/{id}"))
}

/// Ids of the groups that have a rule for a prefix list.
pub(crate) fn using_prefix_list(ctx: &Ctx<'_>, id: &str) -> Vec<String> {
    let names = |rule: &&Rule| matches!(&rule.peer, Peer::PrefixList(own) if own == id);
    resource::all::<Rules>(ctx).filter(names).map(|rule| rule.group_id.clone()).collect()
}

/// The name of a group.
pub fn name<'t>(ctx: &'t Ctx<'_>, id: &str) -> Option<&'t str> {
    ctx.peek::<SecurityGroups>(&ctx.scope().key(id)).map(|group| group.name.as_str())
}

/// Groups as instances and interfaces show them.
pub fn identifiers(ctx: &Ctx<'_>, ids: &[String]) -> Vec<ec2::GroupIdentifier> {
    let shown = |id: &String| ec2::GroupIdentifier {
        group_id: Some(id.clone()),
        group_name: name(ctx, id).map(str::to_owned),
    };
    ids.iter().map(shown).collect()
}

/// The groups for something in a VPC: those given, which must be of that VPC, or its default group.
///
/// # Errors
/// `InvalidGroup.NotFound`, or `InvalidParameter` for a group of another VPC.
pub fn checked_for_vpc(ctx: &Ctx<'_>, vpc_id: &str, ids: &[String]) -> Result<Vec<String>> {
    if ids.is_empty() {
        return Ok(vec![default_of_vpc(ctx, vpc_id)?.id.clone()]);
    }
    for id in ids {
        let group = resource::find::<SecurityGroups>(ctx, id)?;
        if group.vpc_id != vpc_id {
            let message = format!("Security group {id} and the subnet belong to different networks.");
            return Err(Error::client("InvalidParameter", message));
        }
    }
    let mut unique: Vec<String> = Vec::with_capacity(ids.len());
    for id in ids {
        if !unique.contains(id) {
            unique.push(id.clone());
        }
    }
    Ok(unique)
}

/// Ids of the groups of these names in the default VPC, where alone groups go by name.
///
/// # Errors
/// `InvalidGroup.NotFound`; `DefaultVpcDoesNotExist`.
pub fn ids_by_name(ctx: &Ctx<'_>, names: &[String]) -> Result<Vec<String>> {
    names.iter().map(|name| Ok(by_name(ctx, name)?.id.clone())).collect()
}

fn by_name<'t>(ctx: &'t Ctx<'_>, name: &str) -> Result<&'t SecurityGroup> {
    let vpc_id = vpc::default_vpc(ctx)?.id.as_str();
    in_vpc(ctx, vpc_id, name).ok_or_else(|| {
        let message = format!("The security group '{name}' does not exist in default VPC '{vpc_id}'");
        Error::client("InvalidGroup.NotFound", message)
    })
}

fn in_vpc<'t>(ctx: &'t Ctx<'_>, vpc_id: &str, name: &str) -> Option<&'t SecurityGroup> {
    resource::all::<SecurityGroups>(ctx).find(|group| group.vpc_id == vpc_id && group.name == name)
}

/// The group that a VPC came with.
///
/// # Errors
/// `InvalidGroup.NotFound` when the VPC is gone.
pub fn default_of_vpc<'t>(ctx: &'t Ctx<'_>, vpc_id: &str) -> Result<&'t SecurityGroup> {
    in_vpc(ctx, vpc_id, DEFAULT).ok_or_else(|| kinds::SECURITY_GROUP.not_found(DEFAULT))
}

/// The group that an operation names by id, or by name in the default VPC.
fn named<'t>(ctx: &'t Ctx<'_>, id: Option<&str>, name: Option<&str>) -> Result<&'t SecurityGroup> {
    match (id, name) {
        (Some(id), _) => resource::find::<SecurityGroups>(ctx, id),
        (None, Some(name)) => by_name(ctx, name),
        (None, None) => Err(error::missing_parameter("groupName or groupId")),
    }
}

/// Makes the default group of a new VPC: its members reach one another, and everything outside.
pub(crate) fn make_default(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let id = make(ctx, DEFAULT, "default VPC security group", vpc_id)?;
    let from_itself = Rule::new(&id, false, Protocol::All, Peer::Group(id.clone()));
    rule::add(ctx, from_itself)?;
    Ok(())
}

/// Makes a group with the rule that lets everything out; its id.
fn make(ctx: &mut Ctx<'_>, name: &str, description: &str, vpc_id: &str) -> Result<String> {
    let id = ctx.fresh_id("sg")?;
    let group = SecurityGroup {
        id: id.clone(),
        name: name.to_owned(),
        description: description.to_owned(),
        vpc_id: vpc_id.to_owned(),
        rule_ids: Vec::new(),
    };
    ctx.put::<SecurityGroups>(ctx.scope().key(&id), group)?;
    tag::apply(ctx, None, kinds::SECURITY_GROUP.resource_type, &id)?;
    rule::add(ctx, Rule::new(&id, true, Protocol::All, Peer::everywhere()))?;
    let has_ipv6 = ctx.peek::<vpc::Vpcs>(&ctx.scope().key(vpc_id)).is_some_and(|vpc| !vpc.ipv6.is_empty());
    if has_ipv6 {
        rule::add(ctx, Rule::new(&id, true, Protocol::All, Peer::everywhere_ipv6()))?;
    }
    Ok(id)
}

/// Lets IPv6 out of the groups of a VPC that gets such addresses, as far as they let just all IPv4 out as they came.
/// Source: "Default security groups for your VPCs" in the VPC user guide.
pub(crate) fn open_to_ipv6(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let as_it_came = |group: &&SecurityGroup| {
        let all = Rule::new(&group.id, true, Protocol::All, Peer::everywhere());
        let mut rules = rule::of_group(ctx, group, true);
        group.vpc_id == vpc_id && rules.next().is_some_and(|rule| rule.same(&all)) && rules.next().is_none()
    };
    let groups = resource::all::<SecurityGroups>(ctx).filter(as_it_came);
    let ids: Vec<String> = groups.map(|group| group.id.clone()).collect();
    for id in ids {
        rule::add(ctx, Rule::new(&id, true, Protocol::All, Peer::everywhere_ipv6()))?;
    }
    Ok(())
}

/// Removes the groups of a VPC that goes.
pub(crate) fn remove_of_vpc(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let groups = resource::all::<SecurityGroups>(ctx).filter(|group| group.vpc_id == vpc_id);
    let ids: Vec<String> = groups.map(|group| group.id.clone()).collect();
    ids.iter().try_for_each(|id| remove(ctx, id))
}

fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(group) = ctx.get::<SecurityGroups>(&key) else { return Ok(()) };
    for rule_id in &group.rule_ids {
        ctx.delete::<Rules>(&ctx.scope().key(rule_id))?;
        tag::remove_all(ctx, rule_id)?;
    }
    ctx.delete::<SecurityGroups>(&key)?;
    tag::remove_all(ctx, id)
}

fn describe_security_groups(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSecurityGroupsRequest,
) -> Result<ec2::DescribeSecurityGroupsResult> {
    error::dry_run(input.dry_run)?;
    let mut ids = input.group_ids.clone().unwrap_or_default();
    ids.extend(ids_by_name(ctx, input.group_names.as_deref().unwrap_or_default())?);
    let page = resource::describe::<SecurityGroups>(
        ctx,
        &Ask {
            ids: Some(&ids),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeSecurityGroupsResult { security_groups: Some(page.items), next_token: page.next })
}

fn create_security_group(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateSecurityGroupRequest,
) -> Result<ec2::CreateSecurityGroupResult> {
    check_text("GroupName", &input.group_name)?;
    check_text("GroupDescription", &input.description)?;
    if input.group_name.starts_with("sg-") {
        let reason = "Group names may not be in the format sg-*.";
        return Err(error::invalid_parameter_value_because(&input.group_name, "GroupName", reason));
    }
    if input.group_name == DEFAULT {
        return Err(error::invalid_value("Cannot use reserved security group name: default"));
    }
    tag::check_types(input.tag_specifications.as_deref(), &[kinds::SECURITY_GROUP.resource_type])?;
    let owner = match given(&input.vpc_id) {
        Some(id) => resource::find::<vpc::Vpcs>(ctx, id)?,
        None => vpc::default_vpc(ctx)?,
    };
    let vpc_id = owner.id.clone();
    if in_vpc(ctx, &vpc_id, &input.group_name).is_some() {
        let message = format!("The security group '{}' already exists for VPC '{vpc_id}'", input.group_name);
        return Err(Error::client("InvalidGroup.Duplicate", message));
    }
    let id = make(ctx, &input.group_name, &input.description, &vpc_id)?;
    tag::apply(ctx, input.tag_specifications.as_deref(), kinds::SECURITY_GROUP.resource_type, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateSecurityGroupResult {
        tags: tag::of(ctx, &id),
        security_group_arn: Some(arn(ctx, &id)),
        group_id: Some(id),
    })
}

/// Names and descriptions: up to 255 of the characters that the API reference lists.
fn check_text(parameter: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(error::missing_parameter(parameter));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" ._-:/()#,@[]+=&;{}!$*".contains(&byte);
    let reason = if !text.is_ascii() {
        "Character sets beyond ASCII are not supported."
    } else if text.len() > MAX_TEXT {
        "The maximum length is 255 characters."
    } else if !text.bytes().all(allowed) {
        "Valid characters are a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*"
    } else {
        return Ok(());
    };
    Err(error::invalid_parameter_value_because(text, parameter, reason))
}

fn delete_security_group(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteSecurityGroupRequest,
) -> Result<ec2::DeleteSecurityGroupResult> {
    let group = named(ctx, input.group_id.as_deref(), input.group_name.as_deref())?;
    let id = group.id.clone();
    if group.is_default() {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Error::client("CannotDelete", message));
    }
    if network_interface::any_with_group(ctx, &id) || rule::referenced_elsewhere(ctx, &id) {
        return Err(error::has_dependent(&id));
    }
    remove(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteSecurityGroupResult { r#return: Some(true), group_id: Some(id) })
}
