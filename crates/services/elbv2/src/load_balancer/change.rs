//! SetSubnets, SetSecurityGroups, SetIpAddressType.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{Kind, LoadBalancer};
use super::{create, find, network, save};
use crate::{error, uses};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const IPV6: &str = "addresses of nodes are not chosen by IPv6";
    definition
        .write::<api::SetSubnets>(set_subnets)
        .refuses::<api::SetSubnets>(&[
            ("EnablePrefixForIpv6SourceNat", IPV6),
            ("SubnetMappings.IPv6Address", IPV6),
            ("SubnetMappings.SourceNatIpv6Prefix", IPV6),
        ])
        .write::<api::SetSecurityGroups>(set_security_groups)
        // No packets flow that the groups could be asked about.
        .records::<api::SetSecurityGroups>(&["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"])
        .write::<api::SetIpAddressType>(set_ip_address_type)
}

fn set_subnets(ctx: &mut Ctx<'_>, input: &api::SetSubnetsInput) -> Result<api::SetSubnetsOutput> {
    let mut changed = find(ctx, &input.load_balancer_arn)?.clone();
    let (subnets, mappings) = (input.subnets.as_deref(), input.subnet_mappings.as_deref());
    let places = network::places(ctx, changed.kind, subnets, mappings)?;
    if places.iter().any(|place| place.vpc_id != changed.vpc_id) {
        return Err(error::configuration(format!("All subnets must belong to VPC '{}'", changed.vpc_id)));
    }
    if input.ip_address_type.is_some() {
        let asked = create::address_type(changed.kind, input.ip_address_type.as_deref())?;
        readdress(ctx, &mut changed, asked);
    }
    let before = std::mem::take(&mut changed.zones);
    for place in &places {
        let zone = match before.iter().find(|zone| zone.subnet_id == place.subnet_id) {
            Some(same) => same.clone(),
            None => network::enter(ctx, &changed, place)?,
        };
        changed.zones.push(zone);
    }
    for zone in before.iter().filter(|zone| !changed.zones.contains(zone)) {
        network::leave(ctx, zone)?;
    }
    let answer = api::SetSubnetsOutput {
        availability_zones: Some(changed.zones.iter().map(|zone| zone.view()).collect()),
        ip_address_type: Some(changed.ip_address_type.clone()),
        enable_prefix_for_ipv6_source_nat: None,
    };
    let name = changed.name.clone();
    save(ctx, changed)?;
    uses::load_balancer_changed(ctx, &name)?;
    Ok(answer)
}

fn set_security_groups(
    ctx: &mut Ctx<'_>,
    input: &api::SetSecurityGroupsInput,
) -> Result<api::SetSecurityGroupsOutput> {
    let mut changed = find(ctx, &input.load_balancer_arn)?.clone();
    if changed.kind == Kind::Network && changed.security_groups.is_empty() {
        let message =
            "You cannot set security groups for a Network Load Balancer that was created without any";
        return Err(error::configuration(message));
    }
    let groups = Some(input.security_groups.as_slice());
    changed.security_groups = network::groups(ctx, changed.kind, &changed.vpc_id, groups)?;
    let enforces = &input.enforce_security_group_inbound_rules_on_private_link_traffic;
    if enforces.is_some() {
        changed.enforces_private_link.clone_from(enforces);
    }
    network::regroup(ctx, &changed)?;
    let answer = api::SetSecurityGroupsOutput {
        security_group_ids: Some(changed.security_groups.clone()),
        enforce_security_group_inbound_rules_on_private_link_traffic: changed.enforces_private_link.clone(),
    };
    save(ctx, changed)?;
    Ok(answer)
}

fn set_ip_address_type(
    ctx: &mut Ctx<'_>,
    input: &api::SetIpAddressTypeInput,
) -> Result<api::SetIpAddressTypeOutput> {
    let mut changed = find(ctx, &input.load_balancer_arn)?.clone();
    let asked = create::address_type(changed.kind, Some(&input.ip_address_type))?;
    readdress(ctx, &mut changed, asked);
    let answer = api::SetIpAddressTypeOutput { ip_address_type: Some(changed.ip_address_type.clone()) };
    save(ctx, changed)?;
    Ok(answer)
}

/// Nodes that stand keep the addresses they have: only those that come have others.
fn readdress(ctx: &mut Ctx<'_>, load_balancer: &mut LoadBalancer, asked: String) {
    if load_balancer.ip_address_type != asked {
        ctx.without_effect("SetIpAddressType.IpAddressType");
        load_balancer.ip_address_type = asked;
    }
}
