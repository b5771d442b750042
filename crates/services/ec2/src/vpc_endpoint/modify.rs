//! ModifyVpcEndpoint.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::create::{add_subnet, check_words, checked_policy, set_private_dns, set_tables};
use super::{State, VpcEndpoint, VpcEndpoints, services};
use crate::{error, meter, network_interface, resource, security_group};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::ModifyVpcEndpoint>(modify_vpc_endpoint)
        // No packets flow that a policy could stop, and there is no DNS server.
        .records::<ec2::ModifyVpcEndpoint>(&[
            "PolicyDocument",
            "ResetPolicy",
            "PrivateDnsEnabled",
            "DnsOptions",
        ])
        .refuses::<ec2::ModifyVpcEndpoint>(&[
            ("SubnetConfigurations", "addresses of endpoints are drawn"),
            ("DnsOptions.PrivateDnsPreference", "preferences of private host names are not modeled"),
            ("DnsOptions.PrivateDnsSpecifiedDomains", "preferences of private host names are not modeled"),
        ])
}

/// A list after some of it was taken away and some added.
fn changed(own: &[String], add: Option<&[String]>, remove: Option<&[String]>) -> Vec<String> {
    let (add, remove) = (add.unwrap_or_default(), remove.unwrap_or_default());
    let mut list: Vec<String> = own.iter().filter(|id| !remove.contains(id)).cloned().collect();
    for id in add {
        if !list.contains(id) {
            list.push(id.clone());
        }
    }
    list
}

fn modify_vpc_endpoint(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyVpcEndpointRequest,
) -> Result<ec2::ModifyVpcEndpointResult> {
    let mut endpoint = resource::find::<VpcEndpoints>(ctx, &input.vpc_endpoint_id)?.clone();
    if endpoint.state == State::Deleting {
        let message = format!("The Vpc Endpoint Id '{}' is being deleted", endpoint.id);
        return Err(Error::client("IncorrectState", message));
    }
    match (input.reset_policy, &input.policy_document) {
        (Some(true), Some(_)) => return Err(error::exclusive("resetPolicy", "policyDocument")),
        (Some(true), None) => endpoint.policy = None,
        (_, Some(text)) => endpoint.policy = checked_policy(Some(text))?,
        (_, None) => {}
    }
    if let Some(word) = &input.ip_address_type {
        endpoint.ip_address_type.clone_from(word);
    }
    if let Some(dns) = &input.dns_options {
        if let Some(word) = &dns.dns_record_ip_type {
            endpoint.dns_record_ip_type.clone_from(word);
        }
        endpoint.inbound_only = dns.private_dns_only_for_inbound_resolver_endpoint.or(endpoint.inbound_only);
    }
    check_words(&endpoint)?;
    match endpoint.gateway {
        true => {
            let tables = changed(
                &endpoint.route_table_ids,
                input.add_route_table_ids.as_deref(),
                input.remove_route_table_ids.as_deref(),
            );
            set_tables(ctx, &mut endpoint, tables)?;
        }
        false => interface(ctx, &mut endpoint, input)?,
    }
    ctx.put::<VpcEndpoints>(ctx.scope().key(&endpoint.id), endpoint)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ModifyVpcEndpointResult { r#return: Some(true) })
}

fn interface(
    ctx: &mut Ctx<'_>,
    endpoint: &mut VpcEndpoint,
    input: &ec2::ModifyVpcEndpointRequest,
) -> Result<()> {
    if let Some(wanted) = input.private_dns_enabled {
        let service = services::find(ctx, &endpoint.service_name, false)?;
        set_private_dns(ctx, endpoint, &service, wanted)?;
    }
    if input.add_security_group_ids.is_some() || input.remove_security_group_ids.is_some() {
        let groups = changed(
            &endpoint.group_ids,
            input.add_security_group_ids.as_deref(),
            input.remove_security_group_ids.as_deref(),
        );
        endpoint.group_ids = security_group::checked_for_vpc(ctx, &endpoint.vpc_id, &groups)?;
        for (_, id) in &endpoint.subnets {
            network_interface::set_groups(ctx, id, &endpoint.group_ids)?;
        }
    }
    let before = endpoint.subnets.clone();
    for id in input.remove_subnet_ids.iter().flatten() {
        let Some(at) = endpoint.subnets.iter().position(|(subnet, _)| subnet == id) else { continue };
        let (_, gone) = endpoint.subnets.remove(at);
        network_interface::remove(ctx, &gone)?;
    }
    for id in input.add_subnet_ids.iter().flatten() {
        if !endpoint.subnets.iter().any(|(subnet, _)| subnet == id) {
            add_subnet(ctx, endpoint, id)?;
        }
    }
    if endpoint.state == State::Available && endpoint.subnets != before {
        meter::endpoint(ctx, &endpoint.id, endpoint.subnets.len())?;
    }
    Ok(())
}
