//! Authorizing and revoking rules.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::rule::{self, Rule, Rules};
use super::{named, permission};
use crate::resource::{self, Resource};
use crate::{error, kinds, tag, vpc};

const PEERING: &str = "groups of peers are not modeled";
const NOT_ON_AWS: &str = "AWS does not support it here either; use IpPermissions";

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const COMMON: &[(&str, &str)] = &[
        ("IpPermissions.UserIdGroupPairs.VpcPeeringConnectionId", PEERING),
        ("IpPermissions.UserIdGroupPairs.PeeringStatus", PEERING),
    ];
    const EGRESS: &[(&str, &str)] = &[
        ("IpPermissions.UserIdGroupPairs.VpcPeeringConnectionId", PEERING),
        ("IpPermissions.UserIdGroupPairs.PeeringStatus", PEERING),
        ("SourceSecurityGroupName", NOT_ON_AWS),
        ("SourceSecurityGroupOwnerId", NOT_ON_AWS),
        ("IpProtocol", NOT_ON_AWS),
        ("FromPort", NOT_ON_AWS),
        ("ToPort", NOT_ON_AWS),
        ("CidrIp", NOT_ON_AWS),
    ];
    definition
        .write::<ec2::AuthorizeSecurityGroupIngress>(authorize_ingress)
        .refuses::<ec2::AuthorizeSecurityGroupIngress>(COMMON)
        .write::<ec2::AuthorizeSecurityGroupEgress>(authorize_egress)
        .refuses::<ec2::AuthorizeSecurityGroupEgress>(EGRESS)
        .write::<ec2::RevokeSecurityGroupIngress>(revoke_ingress)
        .refuses::<ec2::RevokeSecurityGroupIngress>(COMMON)
        .write::<ec2::RevokeSecurityGroupEgress>(revoke_egress)
        .refuses::<ec2::RevokeSecurityGroupEgress>(EGRESS)
}

fn authorize_ingress(
    ctx: &mut Ctx<'_>,
    input: &ec2::AuthorizeSecurityGroupIngressRequest,
) -> Result<ec2::AuthorizeSecurityGroupIngressResult> {
    let group_id = named(ctx, input.group_id.as_deref(), input.group_name.as_deref())?.id.clone();
    let permissions = ingress_permissions(input)?;
    let added = authorize(ctx, &group_id, false, &permissions, input.tag_specifications.as_deref())?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::AuthorizeSecurityGroupIngressResult { r#return: Some(true), security_group_rules: Some(added) })
}

fn authorize_egress(
    ctx: &mut Ctx<'_>,
    input: &ec2::AuthorizeSecurityGroupEgressRequest,
) -> Result<ec2::AuthorizeSecurityGroupEgressResult> {
    let group_id = named(ctx, Some(&input.group_id), None)?.id.clone();
    let permissions = input.ip_permissions.as_deref().unwrap_or_default();
    let added = authorize(ctx, &group_id, true, permissions, input.tag_specifications.as_deref())?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::AuthorizeSecurityGroupEgressResult { r#return: Some(true), security_group_rules: Some(added) })
}

fn ingress_permissions(input: &ec2::AuthorizeSecurityGroupIngressRequest) -> Result<Vec<ec2::IpPermission>> {
    let mut permissions = permission::flat(input)?;
    let listed = input.ip_permissions.as_deref().unwrap_or_default();
    if !permissions.is_empty() && !listed.is_empty() {
        return Err(error::exclusive("ipPermissions", "ipProtocol"));
    }
    permissions.extend_from_slice(listed);
    Ok(permissions)
}

fn authorize(
    ctx: &mut Ctx<'_>,
    group_id: &str,
    egress: bool,
    permissions: &[ec2::IpPermission],
    tags: Option<&[ec2::TagSpecification]>,
) -> Result<Vec<ec2::SecurityGroupRule>> {
    if permissions.is_empty() {
        return Err(error::missing_parameter("ipPermissions"));
    }
    let resource_type = kinds::SECURITY_GROUP_RULE.resource_type;
    tag::check_types(tags, &[resource_type])?;
    let mut added = Vec::new();
    for rule in permission::rules(ctx, group_id, egress, permissions)? {
        let rule = rule::add(ctx, rule)?;
        tag::apply(ctx, tags, resource_type, &rule.id)?;
        added.push(Rules::view(ctx, &rule));
    }
    Ok(added)
}

fn revoke_ingress(
    ctx: &mut Ctx<'_>,
    input: &ec2::RevokeSecurityGroupIngressRequest,
) -> Result<ec2::RevokeSecurityGroupIngressResult> {
    let group_id = named(ctx, input.group_id.as_deref(), input.group_name.as_deref())?.id.clone();
    // The two requests have these members in common.
    let permissions = ingress_permissions(&ec2::AuthorizeSecurityGroupIngressRequest {
        cidr_ip: input.cidr_ip.clone(),
        from_port: input.from_port,
        to_port: input.to_port,
        ip_protocol: input.ip_protocol.clone(),
        ip_permissions: input.ip_permissions.clone(),
        source_security_group_name: input.source_security_group_name.clone(),
        source_security_group_owner_id: input.source_security_group_owner_id.clone(),
        ..Default::default()
    })?;
    let (revoked, unknown) =
        revoke(ctx, &group_id, false, &permissions, input.security_group_rule_ids.as_deref())?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::RevokeSecurityGroupIngressResult {
        r#return: Some(true),
        unknown_ip_permissions: Some(unknown),
        revoked_security_group_rules: Some(revoked),
    })
}

fn revoke_egress(
    ctx: &mut Ctx<'_>,
    input: &ec2::RevokeSecurityGroupEgressRequest,
) -> Result<ec2::RevokeSecurityGroupEgressResult> {
    let group_id = named(ctx, Some(&input.group_id), None)?.id.clone();
    let permissions = input.ip_permissions.as_deref().unwrap_or_default();
    let (revoked, unknown) =
        revoke(ctx, &group_id, true, permissions, input.security_group_rule_ids.as_deref())?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::RevokeSecurityGroupEgressResult {
        r#return: Some(true),
        unknown_ip_permissions: Some(unknown),
        revoked_security_group_rules: Some(revoked),
    })
}

type Revoked = (Vec<ec2::RevokedSecurityGroupRule>, Vec<ec2::IpPermission>);

/// Takes rules away, named by id or by what they let through. Rules that do not exist are an error, but in the
/// default VPC they are only listed in the answer, as the API reference says.
fn revoke(
    ctx: &mut Ctx<'_>,
    group_id: &str,
    egress: bool,
    permissions: &[ec2::IpPermission],
    rule_ids: Option<&[String]>,
) -> Result<Revoked> {
    let (found, unknown) = match rule_ids.filter(|ids| !ids.is_empty()) {
        Some(_) if !permissions.is_empty() => {
            return Err(error::exclusive("ipPermissions", "securityGroupRuleIds"));
        }
        Some(ids) => (by_ids(ctx, group_id, egress, ids)?, Vec::new()),
        None if permissions.is_empty() => return Err(error::missing_parameter("ipPermissions")),
        None => by_content(ctx, group_id, egress, permissions)?,
    };
    let is_default_vpc = || -> Result<bool> {
        let group = resource::find::<super::SecurityGroups>(ctx, group_id)?;
        Ok(resource::find::<vpc::Vpcs>(ctx, &group.vpc_id)?.is_default)
    };
    if !unknown.is_empty() && !is_default_vpc()? {
        let message = "The specified rule does not exist in this security group.";
        return Err(Error::client("InvalidPermission.NotFound", message));
    }
    for rule in &found {
        rule::remove(ctx, rule)?;
    }
    Ok((found.iter().map(Rule::revoked).collect(), permission::shown(ctx, unknown.iter())))
}

fn by_ids(ctx: &Ctx<'_>, group_id: &str, egress: bool, ids: &[String]) -> Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    for rule in resource::named::<Rules>(ctx, ids)? {
        if rule.group_id != group_id || rule.egress != egress {
            return Err(Rules::KIND.not_found(&rule.id));
        }
        if !rules.contains(rule) {
            rules.push(rule.clone());
        }
    }
    Ok(rules)
}

/// The group's rules that permissions stand for, and those that the group has not.
fn by_content(
    ctx: &Ctx<'_>,
    group_id: &str,
    egress: bool,
    permissions: &[ec2::IpPermission],
) -> Result<(Vec<Rule>, Vec<Rule>)> {
    let group = resource::find::<super::SecurityGroups>(ctx, group_id)?;
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for wanted in permission::rules(ctx, group_id, egress, permissions)? {
        match rule::of_group(ctx, group, egress).find(|rule| rule.same(&wanted)) {
            Some(rule) => found.push(rule.clone()),
            None => unknown.push(wanted),
        }
    }
    Ok((found, unknown))
}
