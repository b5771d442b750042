//! What RunInstances refuses, whether it stands in the request or in a launch template.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

/// Parameters refused, and why; the same as are registered for `RunInstances`.
pub(super) const PARAMETERS: &[(&str, &str)] = &[
    ("AdditionalInfo", "it is reserved"),
    ("ElasticGpuSpecification", "AWS has ended Elastic Graphics"),
    ("ElasticInferenceAccelerators", "AWS has ended Elastic Inference"),
    ("EnablePrimaryIpv6", "primary IPv6 addresses are not modeled"),
    ("InstanceMarketOptions.SpotOptions.BlockDurationMinutes", "AWS has ended Spot blocks"),
    ("KernelId", "there are no paravirtual images"),
    ("Operator", "there are no managed instances"),
    ("Placement.SpreadDomain", "it is reserved"),
    ("RamdiskId", "there are no paravirtual images"),
    ("SecondaryInterfaces", "secondary subnets are not modeled"),
];

/// Refuses in a merged request what the rig does not do.
///
/// # Errors
/// `UnsupportedOperation` that names the parameter.
pub(super) fn parameters(input: &ec2::RunInstancesRequest) -> Result<()> {
    let placement = input.placement.as_ref();
    let spot = input.instance_market_options.as_ref().and_then(|market| market.spot_options.as_ref());
    let given = [
        input.additional_info.is_some(),
        input.elastic_gpu_specification.is_some(),
        input.elastic_inference_accelerators.is_some(),
        input.enable_primary_ipv6.is_some(),
        spot.is_some_and(|spot| spot.block_duration_minutes.is_some()),
        input.kernel_id.is_some(),
        input.operator.is_some(),
        placement.is_some_and(|placement| placement.spread_domain.is_some()),
        input.ramdisk_id.is_some(),
        input.secondary_interfaces.is_some(),
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
    for given in input.network_interfaces.iter().flatten() {
        let others = [
            ("AssociateCarrierIpAddress", given.associate_carrier_ip_address.is_some()),
            ("Ipv4Prefixes", given.ipv4_prefixes.is_some()),
            ("Ipv4PrefixCount", given.ipv4_prefix_count.is_some_and(|count| count > 0)),
            ("Ipv6Prefixes", given.ipv6_prefixes.is_some()),
            ("Ipv6PrefixCount", given.ipv6_prefix_count.is_some_and(|count| count > 0)),
            ("PrimaryIpv6", given.primary_ipv6.is_some()),
            ("InterfaceType", given.interface_type.as_deref().is_some_and(|kind| kind != "interface")),
            ("EnaSrdSpecification", given.ena_srd_specification.is_some()),
            ("EnaQueueCount", given.ena_queue_count.is_some()),
            ("ConnectionTrackingSpecification", given.connection_tracking_specification.is_some()),
        ];
        if let Some((name, _)) = others.into_iter().find(|(_, is_given)| *is_given) {
            let reason = "the rig's interfaces have private addresses, IPv4 and IPv6, and nothing else";
            return Err(Ctx::unsupported(&format!("NetworkInterfaces.{name}"), reason));
        }
    }
    Ok(())
}
