//! ModifySubnetAttribute.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::Subnets;
use crate::{error, resource};

const OUTPOST: &str = "Outposts are not modeled";

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::ModifySubnetAttribute>(modify_subnet_attribute)
        // Names are always made of addresses, and there is no DNS server.
        .records::<ec2::ModifySubnetAttribute>(&[
            "EnableDns64",
            "PrivateDnsHostnameTypeOnLaunch",
            "EnableResourceNameDnsARecordOnLaunch",
            "EnableResourceNameDnsAAAARecordOnLaunch",
        ])
        .refuses::<ec2::ModifySubnetAttribute>(&[
            ("CustomerOwnedIpv4Pool", OUTPOST),
            ("EnableLniAtDeviceIndex", OUTPOST),
        ])
}

fn modify_subnet_attribute(ctx: &mut Ctx<'_>, input: &ec2::ModifySubnetAttributeRequest) -> Result<Empty> {
    let given = |value: &Option<ec2::AttributeBooleanValue>| value.as_ref().and_then(|value| value.value);
    let ipv6 = given(&input.assign_ipv6_address_on_creation);
    let dns64 = given(&input.enable_dns64);
    let customer = given(&input.map_customer_owned_ip_on_launch);
    let lni = given(&input.disable_lni_at_device_index);
    error::refuse_flag(customer, "MapCustomerOwnedIpOnLaunch", OUTPOST)?;
    error::refuse_flag(lni, "DisableLniAtDeviceIndex", OUTPOST)?;
    let public = given(&input.map_public_ip_on_launch);
    let dns_a = given(&input.enable_resource_name_dns_a_record_on_launch);
    let dns_aaaa = given(&input.enable_resource_name_dns_aaaa_record_on_launch);
    let hostname_type = input.private_dns_hostname_type_on_launch.as_deref();
    let unset = [customer, lni];
    let count = [public, ipv6, dns64, dns_a, dns_aaaa].iter().chain(&unset).flatten().count()
        + usize::from(hostname_type.is_some());
    if count != 1 {
        return Err(error::invalid_combination(format!("Exactly one attribute must be given, not {count}")));
    }
    if let Some(word) = hostname_type.filter(|word| !["ip-name", "resource-name"].contains(word)) {
        return Err(error::invalid_parameter_value(word, "privateDnsHostnameTypeOnLaunch"));
    }
    let subnet = resource::find::<Subnets>(ctx, &input.subnet_id)?;
    if (ipv6 == Some(true) || dns64 == Some(true)) && subnet.ipv6.is_none() {
        let message = format!("The subnet '{}' does not have an IPv6 CIDR block.", subnet.id);
        return Err(error::invalid_value(message));
    }
    resource::change::<Subnets>(ctx, &input.subnet_id, |subnet| {
        subnet.map_public_ip_on_launch = public.unwrap_or(subnet.map_public_ip_on_launch);
        subnet.assign_ipv6 = ipv6.unwrap_or(subnet.assign_ipv6);
        subnet.dns64 = dns64.unwrap_or(subnet.dns64);
        subnet.resource_name_dns_a = dns_a.unwrap_or(subnet.resource_name_dns_a);
        subnet.resource_name_dns_aaaa = dns_aaaa.unwrap_or(subnet.resource_name_dns_aaaa);
        if let Some(word) = hostname_type {
            word.clone_into(&mut subnet.hostname_type);
        }
    })?;
    Ok(Empty {})
}
