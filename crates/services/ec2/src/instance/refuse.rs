//! What RunInstances refuses, whether it stands in the request or in a launch template.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

/// Parameters refused, and why; the same as are registered for `RunInstances`.
pub(super) const PARAMETERS: &[(&str, &str)] = &[
    ("AdditionalInfo", "it is reserved"),
    ("ElasticGpuSpecification", "AWS has ended Elastic Graphics"),
    ("ElasticInferenceAccelerators", "AWS has ended Elastic Inference"),
    ("EnablePrimaryIpv6", "instances have IPv4 addresses only"),
    ("InstanceMarketOptions.SpotOptions.BlockDurationMinutes", "AWS has ended Spot blocks"),
    ("Ipv6AddressCount", "instances have IPv4 addresses only"),
    ("Ipv6Addresses", "instances have IPv4 addresses only"),
    ("KernelId", "there are no paravirtual images"),
    ("Operator", "there are no managed instances"),
    ("Placement.HostResourceGroupArn", "there are no host resource groups yet"),
    ("Placement.SpreadDomain", "it is reserved"),
    ("RamdiskId", "there are no paravirtual images"),
    ("SecondaryInterfaces", "instances have one network interface"),
    (
        "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationResourceGroupArn",
        "there are no resource groups yet",
    ),
];

/// Refuses in a merged request what the rig does not do.
///
/// # Errors
/// `UnsupportedOperation` that names the parameter.
pub(super) fn parameters(input: &ec2::RunInstancesRequest) -> Result<()> {
    let placement = input.placement.as_ref();
    let spot = input.instance_market_options.as_ref().and_then(|market| market.spot_options.as_ref());
    let target = input.capacity_reservation_specification.as_ref();
    let target = target.and_then(|specification| specification.capacity_reservation_target.as_ref());
    let given = [
        input.additional_info.is_some(),
        input.elastic_gpu_specification.is_some(),
        input.elastic_inference_accelerators.is_some(),
        input.enable_primary_ipv6.is_some(),
        spot.is_some_and(|spot| spot.block_duration_minutes.is_some()),
        input.ipv6_address_count.is_some(),
        input.ipv6_addresses.is_some(),
        input.kernel_id.is_some(),
        input.operator.is_some(),
        placement.is_some_and(|placement| placement.host_resource_group_arn.is_some()),
        placement.is_some_and(|placement| placement.spread_domain.is_some()),
        input.ramdisk_id.is_some(),
        input.secondary_interfaces.is_some(),
        target.is_some_and(|target| target.capacity_reservation_resource_group_arn.is_some()),
    ];
    for (is_given, (parameter, reason)) in given.into_iter().zip(PARAMETERS) {
        if is_given {
            return Err(Ctx::unsupported(parameter, reason));
        }
    }
    let market = input.instance_market_options.as_ref().and_then(|market| market.market_type.as_deref());
    if matches!(market, Some("capacity-block" | "interruptible-capacity-reservation")) {
        return Err(Ctx::unsupported("InstanceMarketOptions.MarketType", "only spot is supported"));
    }
    interfaces(input)
}

fn interfaces(input: &ec2::RunInstancesRequest) -> Result<()> {
    let interfaces = input.network_interfaces.as_deref().unwrap_or_default();
    if interfaces.len() > 1 {
        return Err(Ctx::unsupported("NetworkInterfaces", "instances have one network interface"));
    }
    let Some(given) = interfaces.first() else { return Ok(()) };
    if given.device_index.is_some_and(|index| index != 0) {
        let reason = "instances have one network interface, of index 0";
        return Err(Ctx::unsupported("NetworkInterfaces.DeviceIndex", reason));
    }
    let others = [
        ("NetworkInterfaceId", given.network_interface_id.is_some()),
        ("AssociateCarrierIpAddress", given.associate_carrier_ip_address.is_some()),
        ("PrivateIpAddresses", given.private_ip_addresses.is_some()),
        (
            "SecondaryPrivateIpAddressCount",
            given.secondary_private_ip_address_count.is_some_and(|count| count > 0),
        ),
        ("Ipv4Prefixes", given.ipv4_prefixes.is_some()),
        ("Ipv4PrefixCount", given.ipv4_prefix_count.is_some_and(|count| count > 0)),
        ("Ipv6AddressCount", given.ipv6_address_count.is_some_and(|count| count > 0)),
        ("Ipv6Addresses", given.ipv6_addresses.is_some()),
        ("Ipv6Prefixes", given.ipv6_prefixes.is_some()),
        ("Ipv6PrefixCount", given.ipv6_prefix_count.is_some_and(|count| count > 0)),
        ("PrimaryIpv6", given.primary_ipv6.is_some()),
        ("InterfaceType", given.interface_type.as_deref().is_some_and(|kind| kind != "interface")),
        ("NetworkCardIndex", given.network_card_index.is_some_and(|index| index > 0)),
        ("EnaSrdSpecification", given.ena_srd_specification.is_some()),
        ("EnaQueueCount", given.ena_queue_count.is_some()),
        ("ConnectionTrackingSpecification", given.connection_tracking_specification.is_some()),
    ];
    match others.into_iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => {
            let reason = "the rig's interfaces have one private IPv4 address and nothing else";
            Err(Ctx::unsupported(&format!("NetworkInterfaces.{name}"), reason))
        }
        None => Ok(()),
    }
}
