//! `network/interfaces/macs/`: the interfaces of an instance, by their hardware addresses.

use ironbird_api::ec2;
use ironbird_rig::Ctx;
use serde_json::{Map, Value, json};

use crate::subnet::Subnets;
use crate::vpc::Vpcs;

/// The names under `network/interfaces/macs/`.
pub(super) fn of(ctx: &Ctx<'_>, shown: &ec2::Instance) -> Value {
    let interfaces = shown.network_interfaces.iter().flatten();
    let named = interfaces.map(|interface| (text(&interface.mac_address), one(ctx, interface)));
    Value::Object(named.collect())
}

fn one(ctx: &Ctx<'_>, interface: &ec2::InstanceNetworkInterface) -> Value {
    let attachment = interface.attachment.as_ref();
    let number = |of: fn(&ec2::InstanceNetworkInterfaceAttachment) -> Option<i32>| {
        attachment.and_then(of).unwrap_or(0).to_string()
    };
    let groups = || interface.groups.iter().flatten();
    let addresses = || interface.private_ip_addresses.iter().flatten();
    let mut all = json!({
        "device-number": number(|attachment| attachment.device_index),
        "interface-id": text(&interface.network_interface_id),
        "local-hostname": text(&interface.private_dns_name),
        "local-ipv4s": lines(addresses().map(|it| &it.private_ip_address)),
        "mac": text(&interface.mac_address),
        "network-card-index": number(|attachment| attachment.network_card_index),
        "owner-id": text(&interface.owner_id),
        "security-group-ids": lines(groups().map(|group| &group.group_id)),
        "security-groups": lines(groups().map(|group| &group.group_name)),
        "subnet-id": text(&interface.subnet_id),
        "vpc-id": text(&interface.vpc_id),
    });
    let ipv6 = lines(interface.ipv6_addresses.iter().flatten().map(|it| &it.ipv6_address));
    if !ipv6.is_empty() {
        all["ipv6s"] = ipv6.into();
    }
    public(interface, &mut all);
    blocks(ctx, interface, &mut all);
    all
}

/// The public addresses, and which private address each stands for.
fn public(interface: &ec2::InstanceNetworkInterface, all: &mut Value) {
    let mut pairs = Map::new();
    for address in interface.private_ip_addresses.iter().flatten() {
        if let Some(public) = address.association.as_ref().and_then(|it| it.public_ip.clone()) {
            pairs.insert(public, text(&address.private_ip_address).into());
        }
    }
    if pairs.is_empty() {
        return;
    }
    all["public-ipv4s"] = pairs.keys().cloned().collect::<Vec<_>>().join("\n").into();
    all["ipv4-associations"] = Value::Object(pairs);
    if let Some(name) = interface.association.as_ref().and_then(|it| it.public_dns_name.clone()) {
        all["public-hostname"] = name.into();
    }
}

/// The blocks of the subnet and of the VPC.
fn blocks(ctx: &Ctx<'_>, interface: &ec2::InstanceNetworkInterface, all: &mut Value) {
    if let Some(subnet) = ctx.peek::<Subnets>(&ctx.scope().key(&text(&interface.subnet_id))) {
        all["subnet-ipv4-cidr-block"] = subnet.cidr.to_string().into();
        if let Some(block) = &subnet.ipv6 {
            all["subnet-ipv6-cidr-blocks"] = block.cidr.to_string().into();
        }
    }
    if let Some(vpc) = ctx.peek::<Vpcs>(&ctx.scope().key(&text(&interface.vpc_id))) {
        let blocks: Vec<String> = vpc.blocks().map(|(_, block)| block.to_string()).collect();
        all["vpc-ipv4-cidr-block"] = vpc.cidr.to_string().into();
        all["vpc-ipv4-cidr-blocks"] = blocks.join("\n").into();
        let ipv6: Vec<String> = vpc.ipv6.iter().map(|block| block.cidr.to_string()).collect();
        if !ipv6.is_empty() {
            all["vpc-ipv6-cidr-blocks"] = ipv6.join("\n").into();
        }
    }
}

fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}

/// A line each.
fn lines<'a>(values: impl Iterator<Item = &'a Option<String>>) -> String {
    values.flatten().map(String::as_str).collect::<Vec<_>>().join("\n")
}
