//! Instances as the API shows them.

use ironbird_api::{Shared, ec2};
use ironbird_rig::catalogue::{InstanceType, geography, instance_types};
use ironbird_rig::{Ctx, Timestamp};

use super::network;
use super::options::Options;
use super::record::{Cause, Instance, Instances, Launch, Launches, Preference, Slot, State, Tenancy};
use crate::tag;

/// A state as the API shows it.
pub(crate) fn state(state: State) -> ec2::InstanceState {
    ec2::InstanceState { code: Some(state.code()), name: Some(state.name().to_owned()) }
}

/// One instance as `DescribeInstances` and `RunInstances` show it, made anew only when something of it has changed.
///
/// None where there is no such instance.
pub(crate) fn shared(ctx: &Ctx<'_>, id: &str) -> Option<Shared<ec2::Instance>> {
    let key = ctx.scope().key(id);
    ctx.memo("ec2.instance", &key, || {
        let record = ctx.peek::<Instances>(&key)?;
        let launch = ctx.peek::<Launches>(&ctx.scope().key(&record.reservation_id))?;
        Some(instance(ctx, record, launch).into())
    })
}

/// The same, made anew.
pub(super) fn instance(ctx: &Ctx<'_>, record: &Instance, launch: &Launch) -> ec2::Instance {
    let settings = record.settings(launch);
    let options = record.options(launch);
    let entry = instance_types::get(&settings.instance_type);
    let gone = record.state == State::Terminated;
    let text = |value: &str| Some(value.to_owned());
    let groups = network::group_identifiers(ctx, &settings.groups);
    let private_dns = network::private_dns_name(ctx, record, launch);
    let public_dns = network::public_dns_name(ctx, record);
    let interfaces = if gone { Vec::new() } else { network::interfaces(ctx, record, launch) };
    let primary = interfaces.first().and_then(|interface| interface.ipv6_addresses.as_deref());
    let ipv6_address = primary.and_then(|addresses| addresses.first()?.ipv6_address.clone());
    ec2::Instance {
        architecture: text(&launch.architecture),
        block_device_mappings: Some(block_devices(ctx, record)),
        client_token: text(&launch.client_token),
        ebs_optimized: Some(settings.ebs_optimized),
        ena_support: Some(true),
        // The API says so of Nitro as well.
        hypervisor: text("xen"),
        iam_instance_profile: record.profile(launch).map(|arn| super::profile::view(ctx, arn)),
        instance_lifecycle: launch.market.is_spot().then(|| "spot".to_owned()),
        network_interfaces: Some(interfaces),
        root_device_name: text(&launch.root_device),
        root_device_type: text("ebs"),
        security_groups: Some(groups),
        source_dest_check: (!gone).then_some(settings.source_dest_check),
        spot_instance_request_id: record.spot_request_id.clone(),
        state_reason: state_reason(record),
        tags: tag::of(ctx, &record.id),
        virtualization_type: text(&launch.virtualization),
        cpu_options: Some(cpu(options, entry)),
        capacity_reservation_id: record.reservation().map(ToOwned::to_owned),
        capacity_reservation_specification: Some(reservation_specification(record.preference(launch))),
        hibernation_options: Some(ec2::HibernationOptions { configured: Some(options.hibernation) }),
        licenses: licenses(options),
        metadata_options: Some(options.metadata.view()),
        enclave_options: Some(ec2::EnclaveOptions { enabled: Some(options.enclave) }),
        boot_mode: launch.boot_mode.clone(),
        platform_details: text(&launch.platform),
        usage_operation: text(&launch.usage_operation),
        usage_operation_update_time: Some(launch.created),
        private_dns_name_options: (!gone).then(|| names(options)),
        maintenance_options: Some(ec2::InstanceMaintenanceOptions {
            auto_recovery: text(options.auto_recovery.as_deref().unwrap_or("default")),
            reboot_migration: text(options.reboot_migration.as_deref().unwrap_or("default")),
        }),
        current_instance_boot_mode: text(boot_mode(launch)),
        network_performance_options: Some(ec2::InstanceNetworkPerformanceOptions {
            bandwidth_weighting: text(options.bandwidth_weighting.as_deref().unwrap_or("default")),
        }),
        operator: Some(ec2::OperatorResponse { managed: Some(false), ..Default::default() }),
        instance_id: text(&record.id),
        image_id: text(&launch.image_id),
        state: Some(state(record.state)),
        private_dns_name: Some(if gone { String::new() } else { private_dns }),
        public_dns_name: Some(public_dns.unwrap_or_default()),
        state_transition_reason: Some(transition_reason(record)),
        key_name: launch.key_name.clone(),
        ami_launch_index: Some(i32::try_from(record.index).unwrap_or(i32::MAX)),
        product_codes: Some(Vec::new()),
        instance_type: text(&settings.instance_type),
        launch_time: Some(record.launched),
        placement: Some(placement(record, launch)),
        platform: (launch.platform.starts_with("Windows")).then(|| "windows".to_owned()),
        monitoring: Some(ec2::Monitoring { state: text(monitoring(options)) }),
        subnet_id: (!gone).then(|| launch.subnet_id.clone()),
        vpc_id: (!gone).then(|| launch.vpc_id.clone()),
        private_ip_address: (!gone).then(|| record.private_ip.to_string()),
        public_ip_address: record.public_ip.map(|ip| ip.to_string()),
        ipv6_address,
        ..Default::default()
    }
}

/// An empty reservation to show instances in.
pub(crate) fn reservation(ctx: &Ctx<'_>, launch: &Launch) -> ec2::Reservation {
    ec2::Reservation {
        reservation_id: Some(launch.reservation_id.clone()),
        owner_id: Some(ctx.scope().account.to_string()),
        requester_id: launch.requester.clone(),
        // Groups belong to EC2-Classic, which is no more.
        groups: Some(Vec::new()),
        instances: Some(Vec::new()),
    }
}

/// `enabled` or `disabled`
fn monitoring(options: &Options) -> &'static str {
    if options.monitoring { "enabled" } else { "disabled" }
}

fn boot_mode(launch: &Launch) -> &'static str {
    match launch.boot_mode.as_deref() {
        Some("uefi" | "uefi-preferred") => "uefi",
        _ if launch.architecture == "arm64" => "uefi",
        _ => "legacy-bios",
    }
}

fn block_devices(ctx: &Ctx<'_>, record: &Instance) -> Vec<ec2::InstanceBlockDeviceMapping> {
    let mut devices = Vec::with_capacity(record.volumes.len());
    for id in &record.volumes {
        let Some(volume) = ctx.peek::<crate::volume::Volumes>(&ctx.scope().key(id)) else { continue };
        let Some(attachment) = &volume.attached else { continue };
        let ebs = ec2::EbsInstanceBlockDevice {
            attach_time: Some(attachment.attached),
            delete_on_termination: Some(attachment.delete_on_termination),
            status: Some("attached".to_owned()),
            volume_id: Some(id.clone()),
            ..Default::default()
        };
        devices.push(ec2::InstanceBlockDeviceMapping {
            device_name: Some(attachment.device.clone()),
            ebs: Some(ebs),
        });
    }
    devices
}

fn cpu(options: &Options, entry: Option<&'static InstanceType>) -> ec2::CpuOptions {
    let whole = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let (cores, threads) = match (options.cpu, entry) {
        (Some((cores, threads)), _) => (Some(cores), Some(threads)),
        (None, Some(entry)) => {
            (Some(whole(entry.vcpu.default_cores)), Some(whole(entry.vcpu.default_threads_per_core)))
        }
        (None, None) => (None, None),
    };
    ec2::CpuOptions {
        core_count: cores,
        threads_per_core: threads,
        amd_sev_snp: options.amd_sev_snp.clone(),
        nested_virtualization: options.nested_virtualization.clone(),
    }
}

fn reservation_specification(preference: &Preference) -> ec2::CapacityReservationSpecificationResponse {
    const ONLY: &str = "capacity-reservations-only";
    let (word, id, group) = match preference {
        Preference::Open => (Some("open"), None, None),
        Preference::None => (Some("none"), None, None),
        Preference::Only => (Some(ONLY), None, None),
        Preference::Target(id) => (None, Some(id), None),
        Preference::Group { arn, only } => (only.then_some(ONLY), None, Some(arn)),
    };
    let target = ec2::CapacityReservationTargetResponse {
        capacity_reservation_id: id.cloned(),
        capacity_reservation_resource_group_arn: group.cloned(),
    };
    ec2::CapacityReservationSpecificationResponse {
        capacity_reservation_preference: word.map(ToOwned::to_owned),
        capacity_reservation_target: (id.is_some() || group.is_some()).then_some(target),
    }
}

fn licenses(options: &Options) -> Option<Vec<ec2::LicenseConfiguration>> {
    let shown = |arn: &String| ec2::LicenseConfiguration { license_configuration_arn: Some(arn.clone()) };
    let licenses: Vec<_> = options.licenses.iter().map(shown).collect();
    (!licenses.is_empty()).then_some(licenses)
}

fn names(options: &Options) -> ec2::PrivateDnsNameOptionsResponse {
    let (kind, a, aaaa) = options.names();
    ec2::PrivateDnsNameOptionsResponse {
        hostname_type: Some(kind),
        enable_resource_name_dns_a_record: Some(a),
        enable_resource_name_dns_aaaa_record: Some(aaaa),
    }
}

fn placement(record: &Instance, launch: &Launch) -> ec2::Placement {
    let place = record.place(launch);
    let on_host = place.tenancy == Tenancy::Host;
    let host_id = match &record.slot {
        Slot::Host(id) => Some(id.clone()),
        _ => place.host_id.clone(),
    };
    ec2::Placement {
        availability_zone_id: geography::zone(&launch.zone).map(|zone| zone.id.to_owned()),
        affinity: on_host.then(|| if place.affinity { "host" } else { "default" }.to_owned()),
        group_name: Some(place.group.clone().unwrap_or_default()),
        partition_number: place.partition,
        host_id: host_id.filter(|_| on_host),
        tenancy: Some(place.tenancy.name().to_owned()),
        availability_zone: Some(launch.zone.clone()),
        host_resource_group_arn: place.host_group.clone(),
        group_id: place.group_id.clone(),
        ..Default::default()
    }
}

fn state_reason(record: &Instance) -> Option<ec2::StateReason> {
    if record.state.is_up() {
        return None;
    }
    let (code, message) = record.left?.0.reason();
    Some(ec2::StateReason { code: Some(code.to_owned()), message: Some(message.to_owned()) })
}

/// `User initiated (2026-01-01 00:00:00 GMT)`; empty while the instance is up.
fn transition_reason(record: &Instance) -> String {
    match record.left {
        Some((Cause::User | Cause::Hibernation, at)) if !record.state.is_up() => {
            format!("User initiated ({} GMT)", clock(at))
        }
        Some((cause, at)) if !record.state.is_up() => format!("{} ({} GMT)", cause.reason().0, clock(at)),
        _ => String::new(),
    }
}

fn clock(at: Timestamp) -> String {
    at.iso8601().trim_end_matches('Z').replace('T', " ")
}

/// Whether the instance is bought at a Spot price.
pub(crate) fn lifecycle(launch: &Launch) -> Option<&'static str> {
    launch.market.is_spot().then_some("spot")
}
