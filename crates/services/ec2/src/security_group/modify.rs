//! Changing rules in place: ModifySecurityGroupRules, and the descriptions of rules.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::rule::{self, Rule, Rules};
use super::{SecurityGroups, named, permission};
use crate::error;
use crate::resource::{self, Resource};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::ModifySecurityGroupRules>(modify_security_group_rules)
        .write::<ec2::UpdateSecurityGroupRuleDescriptionsIngress>(update_descriptions_ingress)
        .write::<ec2::UpdateSecurityGroupRuleDescriptionsEgress>(update_descriptions_egress)
}

/// A rule of the group, by id.
fn of_group(ctx: &Ctx<'_>, group_id: &str, id: &str) -> Result<Rule> {
    let rule = resource::find::<Rules>(ctx, id)?;
    if rule.group_id != group_id {
        return Err(Rules::KIND.not_found(id));
    }
    Ok(rule.clone())
}

/// What a rule can be about, as AWS lists it.
const TARGETS: &str = "cidrIp, cidrIpv6, prefixListId, or referencedGroupId";

/// The rule that takes the place of `old`, as a request describes it.
fn replacement(ctx: &Ctx<'_>, old: &Rule, given: &ec2::SecurityGroupRuleRequest) -> Result<Rule> {
    let targets = [&given.cidr_ipv4, &given.cidr_ipv6, &given.prefix_list_id, &given.referenced_group_id];
    match targets.into_iter().flatten().count() {
        0 => return Err(error::missing(format!("The request must contain exactly one of: {TARGETS}"))),
        1 => {}
        _ => return Err(error::invalid_combination(format!("Only one of {TARGETS} can be specified"))),
    }
    let with_ports = matches!(given.ip_protocol.as_deref(), Some("tcp" | "udp" | "6" | "17"));
    if with_ports && (given.from_port.is_none() || given.to_port.is_none()) {
        // Worded otherwise than where rules are added.
        let message = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.";
        return Err(error::invalid_value(message));
    }
    let range = |cidr: &String| ec2::IpRange { cidr_ip: Some(cidr.clone()), description: None };
    let range6 = |cidr: &String| ec2::Ipv6Range { cidr_ipv6: Some(cidr.clone()), description: None };
    let list = |id: &String| ec2::PrefixListId { prefix_list_id: Some(id.clone()), description: None };
    let pair = |id: &String| ec2::UserIdGroupPair { group_id: Some(id.clone()), ..Default::default() };
    let permission = ec2::IpPermission {
        ip_protocol: given.ip_protocol.clone(),
        from_port: given.from_port,
        to_port: given.to_port,
        ip_ranges: given.cidr_ipv4.as_ref().map(|cidr| vec![range(cidr)]),
        ipv6_ranges: given.cidr_ipv6.as_ref().map(|cidr| vec![range6(cidr)]),
        prefix_list_ids: given.prefix_list_id.as_ref().map(|id| vec![list(id)]),
        user_id_group_pairs: given.referenced_group_id.as_ref().map(|id| vec![pair(id)]),
    };
    let mut rules = permission::rules(ctx, &old.group_id, old.egress, &[permission])?;
    let Some(mut new) = rules.pop() else { return Err(error::missing_parameter("IpProtocol")) };
    new.id.clone_from(&old.id);
    new.description = given.description.as_deref().map(permission::checked_description).transpose()?;
    Ok(new)
}

fn modify_security_group_rules(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifySecurityGroupRulesRequest,
) -> Result<ec2::ModifySecurityGroupRulesResult> {
    resource::find::<SecurityGroups>(ctx, &input.group_id)?;
    if input.security_group_rules.is_empty() {
        return Err(error::missing_parameter("SecurityGroupRule"));
    }
    for update in &input.security_group_rules {
        let old = of_group(ctx, &input.group_id, &update.security_group_rule_id)?;
        let Some(given) = &update.security_group_rule else {
            return Err(error::missing_parameter("SecurityGroupRule"));
        };
        let new = replacement(ctx, &old, given)?;
        let group = resource::find::<SecurityGroups>(ctx, &input.group_id)?;
        if rule::of_group(ctx, group, new.egress).any(|other| other.id != new.id && other.same(&new)) {
            let message = format!("the specified rule \"{new}\" already exists");
            return Err(Error::client("InvalidPermission.Duplicate", message));
        }
        ctx.put::<Rules>(ctx.scope().key(&new.id), new)?;
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::ModifySecurityGroupRulesResult { r#return: Some(true) })
}

/// What both directions have in common.
struct Descriptions<'a> {
    group_id: Option<&'a str>,
    group_name: Option<&'a str>,
    permissions: &'a [ec2::IpPermission],
    by_rule: &'a [ec2::SecurityGroupRuleDescription],
    egress: bool,
}

impl Descriptions<'_> {
    fn update(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        let group = named(ctx, self.group_id, self.group_name)?.clone();
        if self.permissions.is_empty() && self.by_rule.is_empty() {
            return Err(error::missing_parameter("ipPermissions or securityGroupRuleDescriptions"));
        }
        if !self.permissions.is_empty() && !self.by_rule.is_empty() {
            return Err(error::exclusive("ipPermissions", "securityGroupRuleDescriptions"));
        }
        let mut changes: Vec<(String, Option<String>)> = Vec::new();
        for wanted in permission::rules(ctx, &group.id, self.egress, self.permissions)? {
            let found = rule::of_group(ctx, &group, self.egress).find(|rule| rule.same(&wanted));
            let Some(rule) = found else {
                let message = "The specified rule does not exist in this security group.";
                return Err(Error::client("InvalidPermission.NotFound", message));
            };
            changes.push((rule.id.clone(), wanted.description));
        }
        for given in self.by_rule {
            let id = given.security_group_rule_id.as_deref().unwrap_or_default();
            let rule = of_group(ctx, &group.id, id)?;
            if rule.egress != self.egress {
                return Err(Rules::KIND.not_found(id));
            }
            let description =
                given.description.as_deref().map(permission::checked_description).transpose()?;
            changes.push((rule.id, description));
        }
        for (id, description) in changes {
            resource::change::<Rules>(ctx, &id, |rule| rule.description = description)?;
        }
        Ok(())
    }
}

fn update_descriptions_ingress(
    ctx: &mut Ctx<'_>,
    input: &ec2::UpdateSecurityGroupRuleDescriptionsIngressRequest,
) -> Result<ec2::UpdateSecurityGroupRuleDescriptionsIngressResult> {
    let descriptions = Descriptions {
        group_id: input.group_id.as_deref(),
        group_name: input.group_name.as_deref(),
        permissions: input.ip_permissions.as_deref().unwrap_or_default(),
        by_rule: input.security_group_rule_descriptions.as_deref().unwrap_or_default(),
        egress: false,
    };
    descriptions.update(ctx)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::UpdateSecurityGroupRuleDescriptionsIngressResult { r#return: Some(true) })
}

fn update_descriptions_egress(
    ctx: &mut Ctx<'_>,
    input: &ec2::UpdateSecurityGroupRuleDescriptionsEgressRequest,
) -> Result<ec2::UpdateSecurityGroupRuleDescriptionsEgressResult> {
    let descriptions = Descriptions {
        group_id: input.group_id.as_deref(),
        group_name: input.group_name.as_deref(),
        permissions: input.ip_permissions.as_deref().unwrap_or_default(),
        by_rule: input.security_group_rule_descriptions.as_deref().unwrap_or_default(),
        egress: true,
    };
    descriptions.update(ctx)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::UpdateSecurityGroupRuleDescriptionsEgressResult { r#return: Some(true) })
}
