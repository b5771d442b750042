//! Entries of network ACLs: CreateNetworkAclEntry, ReplaceNetworkAclEntry, DeleteNetworkAclEntry.

use std::fmt;

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use super::{NetworkAcl, NetworkAcls, change_entries};
use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::filter::{Test, flag};
use crate::vpc::Vpcs;
use crate::{error, resource};

/// An entry of a network ACL. The lowest number that applies decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1 to 32,766.
    pub number: i32,
    /// Whether it is for what goes out.
    pub egress: bool,
    /// Number of the protocol; -1 is all.
    pub protocol: i32,
    /// Whether it allows rather than denies.
    pub allow: bool,
    /// Who is at the other end.
    pub peer: Peer,
    /// Ports of TCP and UDP.
    pub ports: Option<(i32, i32)>,
    /// Type and code of ICMP.
    pub icmp: Option<(i32, i32)>,
}

/// The other end of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer {
    /// IPv4 addresses.
    Ipv4(Cidr),
    /// IPv6 addresses.
    Ipv6(Cidr6),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(block) => block.fmt(f),
            Self::Ipv6(block) => block.fmt(f),
        }
    }
}

/// Number of the entries that deny what is left: IPv4, and IPv6 in VPCs that have such addresses.
const LAST_IPV4: i32 = 32_767;
const LAST_IPV6: i32 = 32_768;
/// Entries of one direction: AWS's quota can be raised to this. Source: "Amazon VPC quotas".
const MAX_ENTRIES: usize = 40;

impl Entry {
    /// The entry that allows all IPv4 traffic of one direction.
    pub(super) fn everything(egress: bool) -> Self {
        let everywhere = Cidr::new(std::net::Ipv4Addr::UNSPECIFIED, 0).expect("0 is a length of a prefix");
        Self {
            number: 100,
            egress,
            protocol: -1,
            allow: true,
            peer: Peer::Ipv4(everywhere),
            ports: None,
            icmp: None,
        }
    }

    /// The entry that allows all IPv6 traffic of one direction.
    pub(super) fn everything_ipv6(egress: bool) -> Self {
        let everywhere = Cidr6::new(std::net::Ipv6Addr::UNSPECIFIED, 0).expect("0 is a length of a prefix");
        Self { number: 101, peer: Peer::Ipv6(everywhere), ..Self::everything(egress) }
    }

    fn shown(&self) -> ec2::NetworkAclEntry {
        let (ipv4, ipv6) = match self.peer {
            Peer::Ipv4(block) => (Some(block.to_string()), None),
            Peer::Ipv6(block) => (None, Some(block.to_string())),
        };
        ec2::NetworkAclEntry {
            cidr_block: ipv4,
            egress: Some(self.egress),
            icmp_type_code: self
                .icmp
                .map(|(kind, code)| ec2::IcmpTypeCode { code: Some(code), r#type: Some(kind) }),
            ipv6_cidr_block: ipv6,
            port_range: self.ports.map(|(from, to)| ec2::PortRange { from: Some(from), to: Some(to) }),
            protocol: Some(self.protocol.to_string()),
            rule_action: Some(if self.allow { "allow" } else { "deny" }.to_owned()),
            rule_number: Some(self.number),
        }
    }
}

impl NetworkAcl {
    /// All entries as the API shows them, the outgoing ones first, by number.
    pub(super) fn shown_entries(&self, ctx: &Ctx<'_>) -> Vec<ec2::NetworkAclEntry> {
        let has_ipv6 =
            ctx.peek::<Vpcs>(&ctx.scope().key(&self.vpc_id)).is_some_and(|vpc| !vpc.ipv6.is_empty());
        let mut entries: Vec<Entry> = self.entries.clone();
        for egress in [true, false] {
            let last = Entry { number: LAST_IPV4, allow: false, ..Entry::everything(egress) };
            if has_ipv6 {
                let last = Entry { number: LAST_IPV6, allow: false, ..Entry::everything_ipv6(egress) };
                entries.push(last);
            }
            entries.push(last);
        }
        entries.sort_by_key(|entry| (!entry.egress, entry.number));
        entries.iter().map(Entry::shown).collect()
    }
}

/// Whether an entry's value under the filter `entry.<field>` passes `test`.
pub(super) fn has(entry: &ec2::NetworkAclEntry, field: &str, test: Test<'_>) -> bool {
    let number = |value: Option<i32>| value.is_some_and(|value| test(&value.to_string()));
    match field {
        "cidr" => entry.cidr_block.as_deref().is_some_and(test),
        "ipv6-cidr" => entry.ipv6_cidr_block.as_deref().is_some_and(test),
        "egress" => test(flag(entry.egress == Some(true))),
        "icmp.code" => number(entry.icmp_type_code.as_ref().and_then(|icmp| icmp.code)),
        "icmp.type" => number(entry.icmp_type_code.as_ref().and_then(|icmp| icmp.r#type)),
        "port-range.from" => number(entry.port_range.as_ref().and_then(|ports| ports.from)),
        "port-range.to" => number(entry.port_range.as_ref().and_then(|ports| ports.to)),
        "protocol" => entry.protocol.as_deref().is_some_and(test),
        "rule-action" => entry.rule_action.as_deref().is_some_and(test),
        "rule-number" => number(entry.rule_number),
        _ => false,
    }
}

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::CreateNetworkAclEntry>(create_network_acl_entry)
        .write::<ec2::ReplaceNetworkAclEntry>(replace_network_acl_entry)
        .write::<ec2::DeleteNetworkAclEntry>(delete_network_acl_entry)
}

/// The number of a protocol, which requests give by number or name.
fn protocol(word: &str) -> Result<i32> {
    let number = match word.to_ascii_lowercase().as_str() {
        "all" => Some(-1),
        "tcp" => Some(6),
        "udp" => Some(17),
        "icmp" => Some(1),
        "icmpv6" | "ipv6-icmp" => Some(58),
        digits => digits.parse().ok().filter(|number| (-1..=255).contains(number)),
    };
    number.ok_or_else(|| {
        error::invalid_value(format!("Invalid value '{word}' for IP protocol. Unknown protocol."))
    })
}

fn entry(input: &ec2::CreateNetworkAclEntryRequest) -> Result<Entry> {
    if !(1..LAST_IPV4).contains(&input.rule_number) {
        let reason = "The rule number must be between 1 and 32766.";
        let number = input.rule_number.to_string();
        return Err(error::invalid_parameter_value_because(&number, "ruleNumber", reason));
    }
    let allow = match input.rule_action.to_ascii_lowercase().as_str() {
        "allow" => true,
        "deny" => false,
        _ => return Err(error::invalid_parameter_value(&input.rule_action, "ruleAction")),
    };
    let protocol = protocol(&input.protocol)?;
    let peer = match (&input.cidr_block, &input.ipv6_cidr_block) {
        (Some(_), Some(_)) => return Err(error::exclusive("cidrBlock", "ipv6CidrBlock")),
        (None, None) => return Err(error::missing("Either cidrBlock or ipv6CidrBlock should be provided.")),
        (Some(text), None) => Peer::Ipv4(crate::vpc::parse_block(text)?),
        (None, Some(text)) => Peer::Ipv6(Cidr6::parse(text).ok_or_else(|| {
            let reason = "This is not a valid IPv6 CIDR block.";
            error::invalid_parameter_value_because(text, "ipv6CidrBlock", reason)
        })?),
    };
    let ports = match (protocol, &input.port_range) {
        (6 | 17, Some(range)) => {
            let (from, to) = (range.from.unwrap_or(-1), range.to.unwrap_or(-1));
            if !(0..=65_535).contains(&from) || !(0..=65_535).contains(&to) || from > to {
                return Err(error::invalid_value(format!("Invalid port range ({from}, {to})")));
            }
            Some((from, to))
        }
        (6 | 17, None) => {
            let message = "The parameter PortRange is required for TCP and UDP";
            return Err(error::missing(message));
        }
        // Tools give ports with all protocols; they mean nothing then.
        _ => None,
    };
    let icmp = match (protocol, &input.icmp_type_code) {
        (1 | 58, Some(icmp)) => Some((icmp.r#type.unwrap_or(-1), icmp.code.unwrap_or(-1))),
        (1 | 58, None) => return Err(error::missing("The parameter IcmpTypeCode is required for ICMP")),
        _ => None,
    };
    Ok(Entry { number: input.rule_number, egress: input.egress, protocol, allow, peer, ports, icmp })
}

fn create_network_acl_entry(ctx: &mut Ctx<'_>, input: &ec2::CreateNetworkAclEntryRequest) -> Result<Empty> {
    let acl = resource::find::<NetworkAcls>(ctx, &input.network_acl_id)?.clone();
    let entry = entry(input)?;
    if acl.entries.iter().any(|other| other.number == entry.number && other.egress == entry.egress) {
        let message = format!("The network acl entry identified by {} already exists.", entry.number);
        return Err(Error::client("NetworkAclEntryAlreadyExists", message));
    }
    if acl.entries.iter().filter(|other| other.egress == entry.egress).count() >= MAX_ENTRIES {
        let message = "The maximum number of network acl entries has been reached.";
        return Err(Error::client("NetworkAclEntryLimitExceeded", message));
    }
    change_entries(ctx, &acl, |entries| entries.push(entry))?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn missing(acl: &NetworkAcl, number: i32) -> Error {
    let message = format!("The network acl entry identified by {number} in {} does not exist.", acl.id);
    Error::client("InvalidNetworkAclEntry.NotFound", message)
}

fn replace_network_acl_entry(ctx: &mut Ctx<'_>, input: &ec2::ReplaceNetworkAclEntryRequest) -> Result<Empty> {
    let acl = resource::find::<NetworkAcls>(ctx, &input.network_acl_id)?.clone();
    // The two requests have the same members.
    let new = entry(&ec2::CreateNetworkAclEntryRequest {
        dry_run: input.dry_run,
        network_acl_id: input.network_acl_id.clone(),
        rule_number: input.rule_number,
        protocol: input.protocol.clone(),
        rule_action: input.rule_action.clone(),
        egress: input.egress,
        cidr_block: input.cidr_block.clone(),
        ipv6_cidr_block: input.ipv6_cidr_block.clone(),
        icmp_type_code: input.icmp_type_code.clone(),
        port_range: input.port_range.clone(),
    })?;
    let same = |other: &Entry| other.number == new.number && other.egress == new.egress;
    let Some(at) = acl.entries.iter().position(same) else { return Err(missing(&acl, new.number)) };
    change_entries(ctx, &acl, |entries| entries[at] = new)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn delete_network_acl_entry(ctx: &mut Ctx<'_>, input: &ec2::DeleteNetworkAclEntryRequest) -> Result<Empty> {
    let acl = resource::find::<NetworkAcls>(ctx, &input.network_acl_id)?.clone();
    let same = |other: &Entry| other.number == input.rule_number && other.egress == input.egress;
    let Some(at) = acl.entries.iter().position(same) else { return Err(missing(&acl, input.rule_number)) };
    change_entries(ctx, &acl, |entries| {
        entries.remove(at);
    })?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}
