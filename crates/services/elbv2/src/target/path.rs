//! Whether a load balancer's nodes reach a target: network ACLs may cut subnets off, as experiments that disrupt connectivity do.
//!
//! EC2 says when the ACL of a subnet changes, and it is then looked up once; nearly all let everything through, and nothing is kept of
//! those. ACLs hold at the edge of a subnet: a node in a target's own subnet reaches it whatever they say, but is of no use where
//! the subnet is cut off, for nobody reaches the node. A node counts by the first address of its subnet.

use std::net::Ipv4Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::judge;
use super::record::{Target, Targets};
use super::registration::holds;
use crate::load_balancer::record::{LoadBalancer, Zone};
use crate::{PRINCIPAL, load_balancer, uses};

/// Subnets whose ACL does not let everything through: (account, Region, subnet).
struct Edges;

impl Table for Edges {
    const NAME: &'static str = "elbv2.edges";
    type Record = Edge;
}

/// The rules at the edge of a subnet, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Edge {
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Rule {
    number: i32,
    egress: bool,
    allows: bool,
    /// `-1` for all, `6` for TCP, …
    protocol: String,
    block: String,
    ports: Option<(i32, i32)>,
}

/// Timer that hears of a subnet.
const HEARD: &str = "elbv2.subnet";

/// The number of TCP, over which checks are made.
const TCP: &str = "6";

/// A port that answers come back to. Nodes use those from 1024 on; any of them stands for all here.
const EPHEMERAL: i32 = 49_152;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Edges>().timer(HEARD, hear).listen("ec2.subnet-acl", HEARD)
}

/// EC2 says that a subnet has another ACL, or its ACL other rules.
fn hear(ctx: &mut Ctx<'_>, subnet: &str) -> Result<()> {
    let filter =
        ec2::Filter { name: Some("association.subnet-id".to_owned()), values: Some(vec![subnet.to_owned()]) };
    let input = ec2::DescribeNetworkAclsRequest { filters: Some(vec![filter]), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeNetworkAcls>(PRINCIPAL, &input)?;
    let entries = answer.network_acls.into_iter().flatten().next().and_then(|acl| acl.entries);
    let mut rules: Vec<Rule> = entries.into_iter().flatten().filter_map(rule).collect();
    rules.sort_by_key(|rule| rule.number);
    let key = ctx.scope().key(subnet);
    let edge = Edge { rules };
    match edge.is_open() {
        true => ctx.delete::<Edges>(&key).map(drop)?,
        false => ctx.put::<Edges>(key, edge)?,
    }
    let keys: Vec<Key> = ctx
        .scan::<Targets>(&ctx.scope().prefix())
        .filter(|(_, target)| {
            target.subnet.as_deref() == Some(subnet) || is_reached_from(ctx, target, subnet)
        })
        .map(|(key, _)| key.clone())
        .collect();
    judge::consider(ctx, &keys)
}

/// Whether a node in the subnet checks a target.
fn is_reached_from(ctx: &Ctx<'_>, target: &Target, subnet: &str) -> bool {
    let users = uses::load_balancers(ctx, &target.group);
    let mut users = users.iter().filter_map(|name| load_balancer::named(ctx, name));
    users.any(|user| user.zones.iter().any(|zone| zone.subnet_id == subnet))
}

/// A rule of an ACL, if it is about IPv4.
fn rule(entry: ec2::NetworkAclEntry) -> Option<Rule> {
    Some(Rule {
        number: entry.rule_number?,
        egress: entry.egress?,
        allows: entry.rule_action.as_deref() == Some("allow"),
        protocol: entry.protocol?,
        block: entry.cidr_block?,
        ports: entry.port_range.and_then(|range| range.from.zip(range.to)),
    })
}

impl Edge {
    /// Whether the first rule of each direction lets everything through.
    fn is_open(&self) -> bool {
        [false, true].into_iter().all(|egress| {
            let first = self.rules.iter().find(|rule| rule.egress == egress);
            first.is_some_and(|rule| rule.allows && rule.protocol == "-1" && rule.block == "0.0.0.0/0")
        })
    }

    /// Whether TCP to a port passes, out or in, to or from an address.
    fn passes(&self, egress: bool, other: Ipv4Addr, port: i32) -> bool {
        let decides = |rule: &&Rule| {
            rule.egress == egress
                && (rule.protocol == "-1" || rule.protocol == TCP)
                && holds(&rule.block, other)
                && rule.ports.is_none_or(|(from, to)| (from..=to).contains(&port))
        };
        self.rules.iter().find(decides).is_some_and(|rule| rule.allows)
    }
}

/// Whether checks of a load balancer reach a target on a port.
pub(super) fn is_open(ctx: &Ctx<'_>, user: &LoadBalancer, target: &Target, port: i32) -> bool {
    let (Some(subnet), Some(address)) = (&target.subnet, &target.address) else { return true };
    let Ok(address) = address.parse::<Ipv4Addr>() else { return true };
    let crosses = user.attribute("load_balancing.cross_zone.enabled") == "true";
    let asks = |zone: &&Zone| {
        zone.subnet_id != *subnet && (crosses || target.home.as_ref().is_none_or(|home| zone.name == *home))
    };
    let own = edge(ctx, subnet);
    let mut nodes = user.zones.iter().filter(asks).peekable();
    let at_home = user.zones.iter().any(|zone| zone.subnet_id == *subnet);
    if nodes.peek().is_none() || (at_home && own.is_none()) {
        return true;
    }
    nodes.any(|zone| {
        let Some(node) = zone.first_address() else { return true };
        let there = edge(ctx, &zone.subnet_id);
        let passes = |edge: Option<&Edge>, egress, other, port| {
            edge.is_none_or(|edge| edge.passes(egress, other, port))
        };
        passes(there, true, address, port)
            && passes(own, false, node, port)
            && passes(own, true, node, EPHEMERAL)
            && passes(there, false, address, EPHEMERAL)
    })
}

fn edge<'t>(ctx: &'t Ctx<'_>, subnet: &str) -> Option<&'t Edge> {
    ctx.peek::<Edges>(&ctx.scope().key(subnet))
}

#[cfg(test)]
mod tests {
    use super::{Edge, Rule};

    fn rule(number: i32, allows: bool, block: &str, ports: Option<(i32, i32)>) -> Rule {
        let protocol = if ports.is_some() { "6" } else { "-1" }.to_owned();
        Rule { number, egress: false, allows, protocol, block: block.to_owned(), ports }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let edge = Edge {
            rules: vec![
                rule(1, false, "10.0.1.0/24", None),
                rule(2, true, "10.0.0.0/16", Some((80, 80))),
                rule(32_767, false, "0.0.0.0/0", None),
            ],
        };
        let passes = |other: &str, port| edge.passes(false, other.parse().unwrap(), port);
        assert!(!passes("10.0.1.7", 80) && passes("10.0.2.7", 80));
        assert!(!passes("10.0.2.7", 81) && !passes("10.1.0.1", 80));
        assert!(!edge.passes(true, "10.0.2.7".parse().unwrap(), 80) && !edge.is_open());
        let both = |rule: Rule| [rule.clone(), Rule { egress: true, ..rule }].to_vec();
        assert!(Edge { rules: both(rule(100, true, "0.0.0.0/0", None)) }.is_open());
    }
}
