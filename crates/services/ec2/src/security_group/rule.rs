//! The rules of security groups, one record each.

use std::fmt;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::{SecurityGroup, SecurityGroups};
use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, tag};

/// All rules.
pub(super) struct Rules;

impl Table for Rules {
    const NAME: &'static str = "ec2.security-group-rules";
    type Record = Rule;
}

/// A rule of a security group. It allows; there are no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `sgr-…`; empty until it is kept.
    pub id: String,
    /// Group that it is of.
    pub group_id: String,
    /// Whether it is for what goes out.
    pub egress: bool,
    /// What it is for.
    pub protocol: Protocol,
    /// Who may be at the other end.
    pub peer: Peer,
    /// What the caller said of it.
    pub description: Option<String>,
}

/// Protocol and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// Everything.
    All,
    /// TCP (6), UDP (17), ICMP (1) or ICMPv6 (58): first and last port, or type and code; -1 is all.
    Ports {
        /// Number of the protocol.
        number: u8,
        /// First port, or type.
        from: i32,
        /// Last port, or code.
        to: i32,
    },
    /// Any other protocol by its number; it has no ports.
    Number(u8),
}

impl Protocol {
    /// As requests and answers have it: `tcp`, `-1`, `50`.
    pub fn name(self) -> String {
        match self {
            Self::All => "-1".to_owned(),
            Self::Ports { number: 6, .. } => "tcp".to_owned(),
            Self::Ports { number: 17, .. } => "udp".to_owned(),
            Self::Ports { number: 1, .. } => "icmp".to_owned(),
            Self::Ports { number: 58, .. } => "icmpv6".to_owned(),
            Self::Ports { number, .. } | Self::Number(number) => number.to_string(),
        }
    }

    /// First port or type, if there are any.
    pub const fn first_port(self) -> Option<i32> {
        match self {
            Self::Ports { from, .. } => Some(from),
            Self::All | Self::Number(_) => None,
        }
    }

    /// Last port or code, if there are any.
    pub const fn last_port(self) -> Option<i32> {
        match self {
            Self::Ports { to, .. } => Some(to),
            Self::All | Self::Number(_) => None,
        }
    }
}

/// The other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer {
    /// IPv4 addresses.
    Ipv4(Cidr),
    /// IPv6 addresses.
    Ipv6(Cidr6),
    /// Addresses of a prefix list.
    PrefixList(String),
    /// Members of a group of the same account.
    Group(String),
}

impl Peer {
    /// All IPv4 addresses.
    pub fn everywhere() -> Self {
        Self::Ipv4(Cidr::new(std::net::Ipv4Addr::UNSPECIFIED, 0).expect("0 is a length of a prefix"))
    }

    /// All IPv6 addresses.
    pub fn everywhere_ipv6() -> Self {
        Self::Ipv6(Cidr6::new(std::net::Ipv6Addr::UNSPECIFIED, 0).expect("0 is a length of a prefix"))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(block) => block.fmt(f),
            Self::Ipv6(block) => block.fmt(f),
            Self::PrefixList(id) | Self::Group(id) => f.write_str(id),
        }
    }
}

/// In the words of `InvalidPermission.Duplicate`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "peer: {}, ", self.peer)?;
        match self.protocol {
            Protocol::All => f.write_str("ALL, ALLOW"),
            Protocol::Number(number) => write!(f, "{number}, ALLOW"),
            Protocol::Ports { from, to, number } if number == 1 || number == 58 => {
                write!(f, "{}, type: {from}, code: {to}, ALLOW", self.protocol.name().to_uppercase())
            }
            Protocol::Ports { from, to, .. } => {
                let name = self.protocol.name().to_uppercase();
                write!(f, "{name}, from port: {from}, to port: {to}, ALLOW")
            }
        }
    }
}

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Rules>().read::<ec2::DescribeSecurityGroupRules>(describe_security_group_rules)
}

impl Resource for Rules {
    const KIND: Kind = kinds::SECURITY_GROUP_RULE;
    const FILTERS: &'static [&'static str] = &["group-id", "security-group-rule-id"];
    type View = ec2::SecurityGroupRule;

    fn id(rule: &Rule) -> &str {
        &rule.id
    }

    fn has(_ctx: &Ctx<'_>, rule: &Rule, name: &str, test: Test<'_>) -> bool {
        match name {
            "group-id" => test(&rule.group_id),
            "security-group-rule-id" => test(&rule.id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, rule: &Rule) -> ec2::SecurityGroupRule {
        let owner = ctx.scope().account.to_string();
        let mut shown = ec2::SecurityGroupRule {
            security_group_rule_id: Some(rule.id.clone()),
            group_id: Some(rule.group_id.clone()),
            group_owner_id: Some(owner),
            is_egress: Some(rule.egress),
            ip_protocol: Some(rule.protocol.name()),
            // What has no ports shows -1 here, and nothing in DescribeSecurityGroups.
            from_port: Some(rule.protocol.first_port().unwrap_or(-1)),
            to_port: Some(rule.protocol.last_port().unwrap_or(-1)),
            description: rule.description.clone(),
            tags: Some(tag::of(ctx, &rule.id).unwrap_or_default()),
            security_group_rule_arn: Some(ctx.arn("ec2", &format!("security-group-rule/{}", rule.id))),
            ..Default::default()
        };
        match &rule.peer {
            Peer::Ipv4(block) => shown.cidr_ipv4 = Some(block.to_string()),
            Peer::Ipv6(block) => shown.cidr_ipv6 = Some(block.to_string()),
            Peer::PrefixList(id) => shown.prefix_list_id = Some(id.clone()),
            Peer::Group(id) => {
                let group = ctx.peek::<SecurityGroups>(&ctx.scope().key(id));
                shown.referenced_group_info = Some(ec2::ReferencedSecurityGroup {
                    vpc_id: group.map(|group| group.vpc_id.clone()),
                    group_id: Some(id.clone()),
                    user_id: Some(ctx.scope().account.to_string()),
                    ..Default::default()
                });
            }
        }
        shown
    }
}

impl Rule {
    /// A rule without description that is not kept yet.
    pub fn new(group_id: &str, egress: bool, protocol: Protocol, peer: Peer) -> Self {
        Self { id: String::new(), group_id: group_id.to_owned(), egress, protocol, peer, description: None }
    }

    /// Whether the two let the same through: descriptions do not count.
    pub fn same(&self, other: &Self) -> bool {
        self.egress == other.egress && self.protocol == other.protocol && self.peer == other.peer
    }

    /// Whether it has a value under the filter `ip-permission.<field>` that passes `test`.
    pub(super) fn has(&self, ctx: &Ctx<'_>, field: &str, test: Test<'_>) -> bool {
        match (field, &self.peer) {
            ("cidr", Peer::Ipv4(block)) => test(&block.to_string()),
            ("ipv6-cidr", Peer::Ipv6(block)) => test(&block.to_string()),
            ("prefix-list-id", Peer::PrefixList(id)) => test(id),
            ("group-id", Peer::Group(id)) => test(id),
            ("group-name", Peer::Group(id)) => super::name(ctx, id).is_some_and(test),
            ("user-id", Peer::Group(_)) => test(&ctx.scope().account.to_string()),
            ("protocol", _) => test(&self.protocol.name()),
            ("from-port", _) => self.protocol.first_port().is_some_and(|port| test(&port.to_string())),
            ("to-port", _) => self.protocol.last_port().is_some_and(|port| test(&port.to_string())),
            _ => false,
        }
    }

    /// As the answer of a revocation has it.
    pub(super) fn revoked(&self) -> ec2::RevokedSecurityGroupRule {
        let mut shown = ec2::RevokedSecurityGroupRule {
            security_group_rule_id: Some(self.id.clone()),
            group_id: Some(self.group_id.clone()),
            is_egress: Some(self.egress),
            ip_protocol: Some(self.protocol.name()),
            from_port: Some(self.protocol.first_port().unwrap_or(-1)),
            to_port: Some(self.protocol.last_port().unwrap_or(-1)),
            description: self.description.clone(),
            ..Default::default()
        };
        match &self.peer {
            Peer::Ipv4(block) => shown.cidr_ipv4 = Some(block.to_string()),
            Peer::Ipv6(block) => shown.cidr_ipv6 = Some(block.to_string()),
            Peer::PrefixList(id) => shown.prefix_list_id = Some(id.clone()),
            Peer::Group(id) => shown.referenced_group_id = Some(id.clone()),
        }
        shown
    }
}

/// Rules of one direction that one group may have: the quota of a new account.
pub(super) const MAX_RULES: usize = 60;

/// The error beyond that.
pub(super) fn too_many() -> Error {
    let message = "The maximum number of rules per security group has been reached.";
    Error::client("RulesPerSecurityGroupLimitExceeded", message)
}

/// The rules of one direction of a group, the oldest first.
pub(super) fn of_group<'t>(
    ctx: &'t Ctx<'_>,
    group: &'t SecurityGroup,
    egress: bool,
) -> impl Iterator<Item = &'t Rule> {
    let records = group.rule_ids.iter().filter_map(|id| ctx.peek::<Rules>(&ctx.scope().key(id)));
    records.filter(move |rule| rule.egress == egress)
}

/// Whether a rule of another group names this one.
pub(super) fn referenced_elsewhere(ctx: &Ctx<'_>, group_id: &str) -> bool {
    let names = |rule: &Rule| matches!(&rule.peer, Peer::Group(id) if id == group_id);
    resource::all::<Rules>(ctx).any(|rule| rule.group_id != group_id && names(rule))
}

/// Keeps a rule under a new id, and gives it back.
pub(super) fn add(ctx: &mut Ctx<'_>, mut rule: Rule) -> Result<Rule> {
    let group = resource::find::<SecurityGroups>(ctx, &rule.group_id)?;
    let (mut count, mut exists) = (0, false);
    for other in of_group(ctx, group, rule.egress) {
        count += 1;
        exists |= other.same(&rule);
    }
    if exists {
        let message = format!("the specified rule \"{rule}\" already exists");
        return Err(Error::client("InvalidPermission.Duplicate", message));
    }
    if count == MAX_RULES {
        return Err(too_many());
    }
    rule.id = ctx.fresh_id("sgr")?;
    resource::change::<SecurityGroups>(ctx, &rule.group_id, |group| group.rule_ids.push(rule.id.clone()))?;
    ctx.put::<Rules>(ctx.scope().key(&rule.id), rule.clone())?;
    tag::apply(ctx, None, kinds::SECURITY_GROUP_RULE.resource_type, &rule.id)?;
    Ok(rule)
}

/// Forgets a rule.
pub(super) fn remove(ctx: &mut Ctx<'_>, rule: &Rule) -> Result<()> {
    resource::change::<SecurityGroups>(ctx, &rule.group_id, |group| {
        group.rule_ids.retain(|id| *id != rule.id)
    })?;
    ctx.delete::<Rules>(&ctx.scope().key(&rule.id))?;
    tag::remove_all(ctx, &rule.id)
}

fn describe_security_group_rules(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSecurityGroupRulesRequest,
) -> Result<ec2::DescribeSecurityGroupRulesResult> {
    error::dry_run(input.dry_run)?;
    check_groups(input.filters.as_deref())?;
    let page = resource::describe::<Rules>(
        ctx,
        &Ask {
            ids: input.security_group_rule_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeSecurityGroupRulesResult {
        security_group_rules: Some(page.items),
        next_token: page.next,
    })
}

/// AWS refuses a filter on what is no id of a group.
fn check_groups(filters: Option<&[ec2::Filter]>) -> Result<()> {
    let named = filters.unwrap_or_default().iter().filter(|it| it.name.as_deref() == Some("group-id"));
    let wrong = named.flat_map(|it| it.values.iter().flatten()).find(|id| !id.starts_with("sg-"));
    match wrong {
        Some(id) => {
            let message = format!("The security group ID '{id}' is malformed");
            Err(Error::client(kinds::SECURITY_GROUP.malformed, message))
        }
        None => Ok(()),
    }
}
