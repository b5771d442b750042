//! `IpPermission`: several rules of the same protocol and ports in one structure, as requests and answers have them.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::rule::{self, MAX_RULES, Peer, Protocol, Rule};
use super::{SecurityGroups, by_name};
use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::{error, prefix_list, resource};

/// Characters of a rule's description.
const MAX_DESCRIPTION: usize = 255;

/// Rules as DescribeSecurityGroups shows them: those of the same protocol and ports together.
pub(super) fn shown<'t>(ctx: &Ctx<'_>, rules: impl Iterator<Item = &'t Rule>) -> Vec<ec2::IpPermission> {
    let mut permissions: Vec<(Protocol, ec2::IpPermission)> = Vec::new();
    for rule in rules {
        let known = permissions.iter().position(|(protocol, _)| *protocol == rule.protocol);
        let at = known.unwrap_or_else(|| {
            permissions.push((rule.protocol, empty(rule.protocol)));
            permissions.len() - 1
        });
        let permission = &mut permissions[at].1;
        let description = rule.description.clone();
        match &rule.peer {
            Peer::Ipv4(block) => permission
                .ip_ranges
                .get_or_insert_default()
                .push(ec2::IpRange { description, cidr_ip: Some(block.to_string()) }),
            Peer::Ipv6(block) => permission
                .ipv6_ranges
                .get_or_insert_default()
                .push(ec2::Ipv6Range { description, cidr_ipv6: Some(block.to_string()) }),
            Peer::PrefixList(id) => permission
                .prefix_list_ids
                .get_or_insert_default()
                .push(ec2::PrefixListId { description, prefix_list_id: Some(id.clone()) }),
            Peer::Group(id) => {
                permission.user_id_group_pairs.get_or_insert_default().push(ec2::UserIdGroupPair {
                    description,
                    user_id: Some(ctx.scope().account.to_string()),
                    group_id: Some(id.clone()),
                    ..Default::default()
                })
            }
        }
    }
    permissions.into_iter().map(|(_, permission)| permission).collect()
}

fn empty(protocol: Protocol) -> ec2::IpPermission {
    ec2::IpPermission {
        ip_protocol: Some(protocol.name()),
        from_port: protocol.first_port(),
        to_port: protocol.last_port(),
        user_id_group_pairs: Some(Vec::new()),
        ip_ranges: Some(Vec::new()),
        ipv6_ranges: Some(Vec::new()),
        prefix_list_ids: Some(Vec::new()),
    }
}

/// The rules that permissions of a request stand for.
///
/// # Errors
/// `InvalidParameterValue`, `InvalidGroup.NotFound` and `MissingParameter`, as AWS words them.
pub(super) fn rules(
    ctx: &Ctx<'_>,
    group_id: &str,
    egress: bool,
    permissions: &[ec2::IpPermission],
) -> Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    if permissions.iter().map(count).sum::<usize>() > MAX_RULES {
        return Err(rule::too_many());
    }
    for permission in permissions {
        let protocol = protocol(permission)?;
        let peers = peers(ctx, permission)?;
        if peers.is_empty() {
            let message =
                "Invalid value '' for ipRanges, ipv6Ranges, groups or prefixListIds: one of them is needed.";
            return Err(error::missing(message));
        }
        for (peer, description) in peers {
            let mut rule = Rule::new(group_id, egress, protocol, peer);
            rule.description = description.map(checked_description).transpose()?;
            if rules.iter().any(|other| other.same(&rule)) {
                let message = "The same permission must not appear multiple times";
                return Err(error::invalid_value(message));
            }
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// How many rules a permission stands for.
fn count(permission: &ec2::IpPermission) -> usize {
    permission.ip_ranges.as_ref().map_or(0, Vec::len)
        + permission.ipv6_ranges.as_ref().map_or(0, Vec::len)
        + permission.prefix_list_ids.as_ref().map_or(0, Vec::len)
        + permission.user_id_group_pairs.as_ref().map_or(0, Vec::len)
}

fn protocol(permission: &ec2::IpPermission) -> Result<Protocol> {
    let Some(word) = permission.ip_protocol.as_deref() else {
        let message =
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.";
        return Err(error::invalid_value(message));
    };
    let number = match word.to_ascii_lowercase().as_str() {
        "-1" | "all" => return Ok(Protocol::All),
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        "icmpv6" => 58,
        digits => digits.parse().map_err(|_| {
            error::invalid_value(format!("Invalid value '{word}' for IP protocol. Unknown protocol."))
        })?,
    };
    match number {
        6 | 17 => ports(permission, number),
        1 | 58 => icmp(permission, number),
        _ => Ok(Protocol::Number(number)),
    }
}

fn ports(permission: &ec2::IpPermission, number: u8) -> Result<Protocol> {
    let (Some(from), Some(to)) = (permission.from_port, permission.to_port) else {
        let message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.";
        return Err(error::invalid_value(message));
    };
    // Both -1 means all ports.
    let (from, to) = if (from, to) == (-1, -1) { (0, 65_535) } else { (from, to) };
    for port in [from, to] {
        if !(0..=65_535).contains(&port) {
            let message = format!("Invalid value '{port}' for portRange. Ports must be between 0 and 65535.");
            return Err(error::invalid_value(message));
        }
    }
    if from > to {
        let name = if number == 6 { "TCP" } else { "UDP" };
        return Err(error::invalid_value(format!("Invalid {name} port range ({from}, {to})")));
    }
    Ok(Protocol::Ports { number, from, to })
}

fn icmp(permission: &ec2::IpPermission, number: u8) -> Result<Protocol> {
    let (from, to) = (permission.from_port.unwrap_or(-1), permission.to_port.unwrap_or(-1));
    for value in [from, to] {
        if !(-1..=255).contains(&value) {
            return Err(error::invalid_value(format!("ICMP code ({to}), type ({from}) out of range")));
        }
    }
    Ok(Protocol::Ports { number, from, to })
}

type Described<'a> = (Peer, Option<&'a str>);

fn peers<'a>(ctx: &Ctx<'_>, permission: &'a ec2::IpPermission) -> Result<Vec<Described<'a>>> {
    let mut peers: Vec<Described<'a>> = Vec::new();
    for range in permission.ip_ranges.as_deref().unwrap_or_default() {
        let text = range.cidr_ip.as_deref().ok_or_else(|| error::missing_parameter("CidrIp"))?;
        peers.push((Peer::Ipv4(block(text)?), range.description.as_deref()));
    }
    for range in permission.ipv6_ranges.as_deref().unwrap_or_default() {
        let text = range.cidr_ipv6.as_deref().ok_or_else(|| error::missing_parameter("CidrIpv6"))?;
        peers.push((Peer::Ipv6(ipv6_block(text)?), range.description.as_deref()));
    }
    for list in permission.prefix_list_ids.as_deref().unwrap_or_default() {
        let id = list.prefix_list_id.as_deref().ok_or_else(|| error::missing_parameter("PrefixListId"))?;
        prefix_list::check(ctx, id)?;
        peers.push((Peer::PrefixList(id.to_owned()), list.description.as_deref()));
    }
    for pair in permission.user_id_group_pairs.as_deref().unwrap_or_default() {
        peers.push((Peer::Group(group(ctx, pair)?), pair.description.as_deref()));
    }
    Ok(peers)
}

fn malformed(text: &str) -> Error {
    error::invalid_value(format!("CIDR block {text} is malformed"))
}

fn block(text: &str) -> Result<Cidr> {
    Cidr::parse(text).ok_or_else(|| malformed(text))
}

fn ipv6_block(text: &str) -> Result<Cidr6> {
    Cidr6::parse(text).ok_or_else(|| malformed(text))
}

fn group(ctx: &Ctx<'_>, pair: &ec2::UserIdGroupPair) -> Result<String> {
    let shown = pair.group_id.as_deref().or(pair.group_name.as_deref()).unwrap_or_default();
    let own = ctx.scope().account.to_string();
    if pair.user_id.as_deref().is_some_and(|user| user != own) {
        // Groups of other accounts are reached through peering, which is not modeled.
        return Err(crate::kinds::SECURITY_GROUP.not_found(shown));
    }
    let found = match (&pair.group_id, &pair.group_name) {
        (Some(id), _) => resource::find::<SecurityGroups>(ctx, id)?,
        (None, Some(name)) => by_name(ctx, name)?,
        (None, None) => return Err(error::missing_parameter("GroupId")),
    };
    Ok(found.id.clone())
}

/// Checks the description of a rule.
///
/// # Errors
/// `InvalidParameterValue`.
pub(super) fn checked_description(text: &str) -> Result<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" ._-:/()#,@[]+=&;{}!$*".contains(&byte);
    if text.len() > MAX_DESCRIPTION || !text.bytes().all(allowed) {
        let message = "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";
        return Err(error::invalid_value(message));
    }
    Ok(text.to_owned())
}

/// The permission that the members `CidrIp`, `IpProtocol`, `FromPort` and `ToPort` of a request stand for, or those
/// that `SourceSecurityGroupName` does: all TCP, UDP and ICMP from a group of the default VPC.
pub(super) fn flat(input: &ec2::AuthorizeSecurityGroupIngressRequest) -> Result<Vec<ec2::IpPermission>> {
    let Some(source) = &input.source_security_group_name else {
        if input.ip_protocol.is_none() && input.cidr_ip.is_none() {
            return Ok(Vec::new());
        }
        let range = ec2::IpRange { cidr_ip: input.cidr_ip.clone(), description: None };
        return Ok(vec![ec2::IpPermission {
            ip_protocol: input.ip_protocol.clone(),
            from_port: input.from_port,
            to_port: input.to_port,
            ip_ranges: Some(vec![range]),
            ..Default::default()
        }]);
    };
    if input.cidr_ip.is_some() || input.ip_protocol.is_some() {
        return Err(error::exclusive("sourceSecurityGroupName", "cidrIp or ipProtocol"));
    }
    let pair = ec2::UserIdGroupPair {
        group_name: Some(source.clone()),
        user_id: input.source_security_group_owner_id.clone(),
        ..Default::default()
    };
    let permission = |protocol: &str, from, to| ec2::IpPermission {
        ip_protocol: Some(protocol.to_owned()),
        from_port: Some(from),
        to_port: Some(to),
        user_id_group_pairs: Some(vec![pair.clone()]),
        ..Default::default()
    };
    Ok(vec![permission("tcp", 0, 65_535), permission("udp", 0, 65_535), permission("icmp", -1, -1)])
}
