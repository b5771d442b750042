//! DescribeInstances.

use std::collections::HashMap;

use ironbird_api::{Shared, ec2};
use ironbird_rig::catalogue::geography;
use ironbird_rig::{Ctx, Result};

use super::record::{Instance, Instances, Launch, Launches};
use super::view;
use crate::filter::{Filters, Test, flag};
use crate::network_interface::{self, NetworkInterfaces};
use crate::page::{USUAL, Window};
use crate::resource::{self, Kind, Resource};
use crate::{error, kinds};

/// The filters there are, besides those on tags. Some ask for what no instance has here (kernels, prefixes, carrier
/// addresses, outposts…), so that none passes them.
const FILTERS: &[&str] = &[
    "affinity",
    "architecture",
    "availability-zone",
    "availability-zone-id",
    "block-device-mapping.attach-time",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.status",
    "block-device-mapping.volume-id",
    "boot-mode",
    "capacity-reservation-id",
    "capacity-reservation-specification.capacity-reservation-preference",
    "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
    "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
    "client-token",
    "current-instance-boot-mode",
    "dns-name",
    "ebs-optimized",
    "ena-support",
    "enclave-options.enabled",
    "hibernation-options.configured",
    "host-id",
    "hypervisor",
    "iam-instance-profile.arn",
    "iam-instance-profile.id",
    "iam-instance-profile.name",
    "image-id",
    "instance-id",
    "instance-lifecycle",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "instance.group-id",
    "instance.group-name",
    "ip-address",
    "ipv6-address",
    "kernel-id",
    "key-name",
    "launch-index",
    "launch-time",
    "maintenance-options.auto-recovery",
    "metadata-options.http-endpoint",
    "metadata-options.http-protocol-ipv4",
    "metadata-options.http-protocol-ipv6",
    "metadata-options.http-put-response-hop-limit",
    "metadata-options.http-tokens",
    "metadata-options.instance-metadata-tags",
    "metadata-options.state",
    "monitoring-state",
    "network-interface.addresses.association.allocation-id",
    "network-interface.addresses.association.association-id",
    "network-interface.addresses.association.carrier-ip",
    "network-interface.addresses.association.customer-owned-ip",
    "network-interface.addresses.association.ip-owner-id",
    "network-interface.addresses.association.public-dns-name",
    "network-interface.addresses.association.public-ip",
    "network-interface.addresses.primary",
    "network-interface.addresses.private-dns-name",
    "network-interface.addresses.private-ip-address",
    "network-interface.association.allocation-id",
    "network-interface.association.association-id",
    "network-interface.association.carrier-ip",
    "network-interface.association.customer-owned-ip",
    "network-interface.association.ip-owner-id",
    "network-interface.association.public-dns-name",
    "network-interface.association.public-ip",
    "network-interface.attachment.attach-time",
    "network-interface.attachment.attachment-id",
    "network-interface.attachment.delete-on-termination",
    "network-interface.attachment.device-index",
    "network-interface.attachment.instance-id",
    "network-interface.attachment.instance-owner-id",
    "network-interface.attachment.network-card-index",
    "network-interface.attachment.status",
    "network-interface.availability-zone",
    "network-interface.deny-all-igw-traffic",
    "network-interface.description",
    "network-interface.group-id",
    "network-interface.group-name",
    "network-interface.ipv4-prefixes.ipv4-prefix",
    "network-interface.ipv6-address",
    "network-interface.ipv6-addresses.ipv6-address",
    "network-interface.ipv6-addresses.is-primary-ipv6",
    "network-interface.ipv6-native",
    "network-interface.ipv6-prefixes.ipv6-prefix",
    "network-interface.mac-address",
    "network-interface.network-interface-id",
    "network-interface.operator.managed",
    "network-interface.operator.principal",
    "network-interface.outpost-arn",
    "network-interface.owner-id",
    "network-interface.private-dns-name",
    "network-interface.private-ip-address",
    "network-interface.public-dns-name",
    "network-interface.requester-id",
    "network-interface.requester-managed",
    "network-interface.source-dest-check",
    "network-interface.status",
    "network-interface.subnet-id",
    "network-interface.tag-key",
    "network-interface.tag-value",
    "network-interface.vpc-id",
    "network-performance-options.bandwidth-weighting",
    "operator.managed",
    "operator.principal",
    "outpost-arn",
    "owner-id",
    "placement-group-name",
    "placement-partition-number",
    "platform",
    "platform-details",
    "private-dns-name",
    "private-dns-name-options.enable-resource-name-dns-a-record",
    "private-dns-name-options.enable-resource-name-dns-aaaa-record",
    "private-dns-name-options.hostname-type",
    "private-ip-address",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "reason",
    "requester-id",
    "reservation-id",
    "root-device-name",
    "root-device-type",
    "source-dest-check",
    "spot-instance-request-id",
    "state-reason-code",
    "state-reason-message",
    "subnet-id",
    "tenancy",
    "tpm-support",
    "usage-operation",
    "usage-operation-update-time",
    "virtualization-type",
    "vpc-id",
];

pub(super) fn describe_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeInstancesRequest,
) -> Result<ec2::DescribeInstancesResult> {
    let ids = input.instance_ids.as_deref().filter(|ids| !ids.is_empty());
    if ids.is_some() && input.max_results.is_some() {
        return Err(error::exclusive("instancesSet", "maxResults"));
    }
    let filters = Filters::read(input.filters.as_deref(), FILTERS, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    error::dry_run(input.dry_run)?;
    let ctx: &Ctx<'_> = ctx;
    let (items, next) = match ids {
        Some(ids) => {
            let mut named = resource::named::<Instances>(ctx, ids)?;
            named.sort_unstable_by(|left, right| left.id.cmp(&right.id));
            named.dedup_by(|left, right| left.id == right.id);
            (named.into_iter().filter_map(|record| chosen(ctx, &filters, record)).collect(), None)
        }
        None => {
            let all = ctx.scope().prefix();
            let page = window.scan::<Instances, _>(ctx, &all, |record| chosen(ctx, &filters, record));
            (page.items, page.next)
        }
    };
    Ok(ec2::DescribeInstancesResult { next_token: next, reservations: Some(grouped(ctx, items)) })
}

/// An instance that passes, under the id of its reservation.
fn chosen<'t>(
    ctx: &Ctx<'_>,
    filters: &Filters,
    record: &'t Instance,
) -> Option<(&'t str, Shared<ec2::Instance>)> {
    let passes = filters.pass(ctx, &record.id, |name, test| Instances::has(ctx, record, name, test));
    if passes { Some((&record.reservation_id, view::shared(ctx, &record.id)?)) } else { None }
}

/// Instances under their reservations, in the order in which these come up.
fn grouped(ctx: &Ctx<'_>, items: Vec<(&str, Shared<ec2::Instance>)>) -> Vec<ec2::Reservation> {
    let mut reservations: Vec<ec2::Reservation> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (id, shown) in items {
        let place = *places.entry(id).or_insert_with(|| {
            let launch = ctx.peek::<Launches>(&ctx.scope().key(id));
            reservations.extend(launch.map(|launch| view::reservation(ctx, launch)));
            reservations.len() - 1
        });
        reservations[place].instances.get_or_insert_default().push(shown);
    }
    reservations
}

/// The launch that an instance came from.
pub(super) fn launch_of<'t>(ctx: &'t Ctx<'_>, record: &Instance) -> Option<&'t Launch> {
    ctx.peek::<Launches>(&ctx.scope().key(&record.reservation_id))
}

/// Whether one of the values that an instance has under a filter passes.
fn has(ctx: &Ctx<'_>, record: &Instance, launch: &Launch, name: &str, test: Test<'_>) -> bool {
    match name {
        "instance-id" => return test(&record.id),
        "instance-state-name" => return test(record.state.name()),
        "instance-state-code" => return test(&record.state.code().to_string()),
        "instance-type" => return test(&record.settings(launch).instance_type),
        "reservation-id" => return test(&record.reservation_id),
        "image-id" => return test(&launch.image_id),
        "availability-zone" => return test(&launch.zone),
        "availability-zone-id" => return geography::zone(&launch.zone).is_some_and(|zone| test(zone.id)),
        "client-token" => return test(&launch.client_token),
        "capacity-reservation-id" => return record.reservation().is_some_and(test),
        "instance-lifecycle" => return view::lifecycle(launch).is_some_and(test),
        "key-name" => return launch.key_name.as_deref().is_some_and(test),
        "owner-id" => return test(&ctx.scope().account.to_string()),
        "requester-id" => return launch.requester.as_deref().is_some_and(test),
        _ => {}
    }
    if let Some(rest) = name.strip_prefix("network-interface.") {
        return of_interfaces(ctx, record, rest, test);
    }
    // The rest is rare enough to look at what would be shown.
    view::shared(ctx, &record.id).is_some_and(|shown| of_view(&shown, name, test))
}

fn of_view(shown: &ec2::Instance, name: &str, test: Test<'_>) -> bool {
    let text = |value: &Option<String>| value.as_deref().is_some_and(test);
    if let Some(rest) = name.strip_prefix("block-device-mapping.") {
        return shown.block_device_mappings.iter().flatten().any(|device| of_device(device, rest, test));
    }
    if let Some(rest) = name.strip_prefix("metadata-options.") {
        return shown.metadata_options.as_ref().is_some_and(|options| of_metadata(options, rest, test));
    }
    if let Some(rest) = name.strip_prefix("private-dns-name-options.") {
        return shown.private_dns_name_options.as_ref().is_some_and(|options| of_names(options, rest, test));
    }
    let groups = || shown.security_groups.iter().flatten();
    let placement = shown.placement.as_ref();
    let profile = shown.iam_instance_profile.as_ref().and_then(|profile| profile.arn.as_deref());
    let specification = shown.capacity_reservation_specification.as_ref();
    match name {
        "affinity" => placement.is_some_and(|placement| text(&placement.affinity)),
        "architecture" => text(&shown.architecture),
        "capacity-reservation-specification.capacity-reservation-preference" => {
            specification.is_some_and(|given| text(&given.capacity_reservation_preference))
        }
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id" => {
            let target = specification.and_then(|given| given.capacity_reservation_target.as_ref());
            target.is_some_and(|target| text(&target.capacity_reservation_id))
        }
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn" =>
        {
            let target = specification.and_then(|given| given.capacity_reservation_target.as_ref());
            target.is_some_and(|target| text(&target.capacity_reservation_resource_group_arn))
        }
        "boot-mode" => text(&shown.boot_mode),
        "current-instance-boot-mode" => text(&shown.current_instance_boot_mode),
        "dns-name" => text(&shown.public_dns_name),
        "ebs-optimized" => shown.ebs_optimized.is_some_and(|value| test(flag(value))),
        "ena-support" => shown.ena_support.is_some_and(|value| test(flag(value))),
        "enclave-options.enabled" => {
            let enabled = shown.enclave_options.as_ref().and_then(|options| options.enabled);
            test(flag(enabled == Some(true)))
        }
        "hibernation-options.configured" => {
            let configured = shown.hibernation_options.as_ref().and_then(|options| options.configured);
            test(flag(configured == Some(true)))
        }
        "host-id" => placement.is_some_and(|placement| text(&placement.host_id)),
        "hypervisor" => text(&shown.hypervisor),
        "iam-instance-profile.arn" => profile.is_some_and(test),
        "iam-instance-profile.id" => {
            shown.iam_instance_profile.as_ref().is_some_and(|profile| text(&profile.id))
        }
        "iam-instance-profile.name" => {
            profile.and_then(|arn| arn.rsplit_once('/')).is_some_and(|(_, name)| test(name))
        }
        "instance.group-id" => groups().any(|group| text(&group.group_id)),
        "instance.group-name" => groups().any(|group| text(&group.group_name)),
        "ip-address" => text(&shown.public_ip_address),
        "ipv6-address" => {
            let interfaces = shown.network_interfaces.iter().flatten();
            interfaces.flat_map(|it| it.ipv6_addresses.iter().flatten()).any(|it| text(&it.ipv6_address))
        }
        "launch-index" => shown.ami_launch_index.is_some_and(|index| test(&index.to_string())),
        "launch-time" => shown.launch_time.is_some_and(|time| test(&time.iso8601_millis())),
        "maintenance-options.auto-recovery" => {
            shown.maintenance_options.as_ref().is_some_and(|options| text(&options.auto_recovery))
        }
        "monitoring-state" => shown.monitoring.as_ref().is_some_and(|monitoring| text(&monitoring.state)),
        "network-performance-options.bandwidth-weighting" => {
            let options = shown.network_performance_options.as_ref();
            options.is_some_and(|options| text(&options.bandwidth_weighting))
        }
        // Nothing is managed by a service.
        "operator.managed" => test(flag(false)),
        "placement-group-name" => placement.is_some_and(|placement| text(&placement.group_name)),
        "placement-partition-number" => {
            let number = placement.and_then(|placement| placement.partition_number);
            number.is_some_and(|number| test(&number.to_string()))
        }
        "platform" => text(&shown.platform),
        "platform-details" => text(&shown.platform_details),
        "private-dns-name" => text(&shown.private_dns_name),
        "private-ip-address" => text(&shown.private_ip_address),
        "product-code" => shown.product_codes.iter().flatten().any(|code| text(&code.product_code_id)),
        "reason" => text(&shown.state_transition_reason),
        "root-device-name" => text(&shown.root_device_name),
        "root-device-type" => text(&shown.root_device_type),
        "source-dest-check" => shown.source_dest_check.is_some_and(|value| test(flag(value))),
        "spot-instance-request-id" => text(&shown.spot_instance_request_id),
        "state-reason-code" => shown.state_reason.as_ref().is_some_and(|reason| text(&reason.code)),
        "state-reason-message" => shown.state_reason.as_ref().is_some_and(|reason| text(&reason.message)),
        "subnet-id" => text(&shown.subnet_id),
        "tenancy" => placement.is_some_and(|placement| text(&placement.tenancy)),
        "usage-operation" => text(&shown.usage_operation),
        "usage-operation-update-time" => {
            shown.usage_operation_update_time.is_some_and(|time| test(&time.iso8601_millis()))
        }
        "virtualization-type" => text(&shown.virtualization_type),
        "vpc-id" => text(&shown.vpc_id),
        _ => false,
    }
}

fn of_device(device: &ec2::InstanceBlockDeviceMapping, name: &str, test: Test<'_>) -> bool {
    if name == "device-name" {
        return device.device_name.as_deref().is_some_and(test);
    }
    let Some(ebs) = &device.ebs else { return false };
    match name {
        "attach-time" => ebs.attach_time.is_some_and(|time| test(&time.iso8601_millis())),
        "delete-on-termination" => ebs.delete_on_termination.is_some_and(|value| test(flag(value))),
        "status" => ebs.status.as_deref().is_some_and(test),
        "volume-id" => ebs.volume_id.as_deref().is_some_and(test),
        _ => false,
    }
}

fn of_names(options: &ec2::PrivateDnsNameOptionsResponse, name: &str, test: Test<'_>) -> bool {
    let is = |value: Option<bool>| test(flag(value == Some(true)));
    match name {
        "enable-resource-name-dns-a-record" => is(options.enable_resource_name_dns_a_record),
        "enable-resource-name-dns-aaaa-record" => is(options.enable_resource_name_dns_aaaa_record),
        "hostname-type" => options.hostname_type.as_deref().is_some_and(test),
        _ => false,
    }
}

/// Host names are the instance's matter; all else, DescribeNetworkInterfaces has under the same names.
fn of_interfaces(ctx: &Ctx<'_>, record: &Instance, name: &str, test: Test<'_>) -> bool {
    if matches!(name, "private-dns-name" | "addresses.private-dns-name") {
        let names = |shown: &Shared<ec2::Instance>| {
            let interfaces = shown.network_interfaces.iter().flatten();
            let addresses = interfaces.flat_map(|it| it.private_ip_addresses.iter().flatten());
            addresses
                .filter(|it| name != "private-dns-name" || it.primary == Some(true))
                .any(|it| it.private_dns_name.as_deref().is_some_and(test))
        };
        return view::shared(ctx, &record.id).is_some_and(|shown| names(&shown));
    }
    network_interface::of_instance(ctx, &record.id)
        .any(|interface| NetworkInterfaces::has(ctx, interface, name, test))
}

fn of_metadata(options: &ec2::InstanceMetadataOptionsResponse, name: &str, test: Test<'_>) -> bool {
    let text = |value: &Option<String>| value.as_deref().is_some_and(test);
    match name {
        // The endpoint has an IPv4 address whenever it is there.
        "http-endpoint" | "http-protocol-ipv4" => text(&options.http_endpoint),
        "http-protocol-ipv6" => text(&options.http_protocol_ipv6),
        "http-put-response-hop-limit" => {
            options.http_put_response_hop_limit.is_some_and(|limit| test(&limit.to_string()))
        }
        "http-tokens" => text(&options.http_tokens),
        "instance-metadata-tags" => text(&options.instance_metadata_tags),
        "state" => text(&options.state),
        _ => false,
    }
}

impl Resource for Instances {
    const KIND: Kind = kinds::INSTANCE;
    const FILTERS: &'static [&'static str] = FILTERS;
    type View = Option<Shared<ec2::Instance>>;

    fn id(record: &Instance) -> &str {
        &record.id
    }

    fn has(ctx: &Ctx<'_>, record: &Instance, name: &str, test: Test<'_>) -> bool {
        let launch = ctx.peek::<Launches>(&ctx.scope().key(&record.reservation_id));
        launch.is_some_and(|launch| has(ctx, record, launch, name, test))
    }

    fn view(ctx: &Ctx<'_>, record: &Instance) -> Self::View {
        view::shared(ctx, &record.id)
    }
}
