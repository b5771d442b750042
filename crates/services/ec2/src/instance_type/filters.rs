//! The filters of DescribeInstanceTypes.

use ironbird_rig::catalogue::InstanceType;
use ironbird_rig::catalogue::words::Words;

use super::view::{support, throughput};
use crate::filter::{Test, flag};

/// Their names. Those whose figures the catalogue lacks (`network-info.bandwidth-weightings`, …) are left out, so that
/// they are refused rather than matched with nothing.
pub(super) const NAMES: &[&str] = &[
    "auto-recovery-supported",
    "bare-metal",
    "burstable-performance-supported",
    "current-generation",
    "dedicated-hosts-supported",
    "ebs-info.attachment-limit-type",
    "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.baseline-iops",
    "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-iops",
    "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
    "ebs-info.ebs-optimized-support",
    "ebs-info.encryption-support",
    "ebs-info.maximum-ebs-attachments",
    "ebs-info.nvme-support",
    "free-tier-eligible",
    "hibernation-supported",
    "hypervisor",
    "instance-storage-info.disk.count",
    "instance-storage-info.disk.size-in-gb",
    "instance-storage-info.disk.type",
    "instance-storage-info.encryption-support",
    "instance-storage-info.nvme-support",
    "instance-storage-info.total-size-in-gb",
    "instance-storage-supported",
    "instance-type",
    "memory-info.size-in-mib",
    "network-info.efa-info.maximum-efa-interfaces",
    "network-info.efa-supported",
    "network-info.ena-support",
    "network-info.encryption-in-transit-supported",
    "network-info.ipv4-addresses-per-interface",
    "network-info.ipv6-addresses-per-interface",
    "network-info.ipv6-supported",
    "network-info.maximum-network-cards",
    "network-info.maximum-network-interfaces",
    "network-info.network-performance",
    "nitro-enclaves-support",
    "nitro-tpm-info.supported-versions",
    "nitro-tpm-support",
    "processor-info.manufacturer",
    "processor-info.supported-architecture",
    "processor-info.supported-features",
    "processor-info.sustained-clock-speed-in-ghz",
    "supported-boot-mode",
    "supported-root-device-type",
    "supported-usage-class",
    "supported-virtualization-type",
    "vcpu-info.default-cores",
    "vcpu-info.default-threads-per-core",
    "vcpu-info.default-vcpus",
    "vcpu-info.valid-cores",
    "vcpu-info.valid-threads-per-core",
];

/// Whether the type has a value under the filter `name` that passes `test`.
pub(super) fn has(entry: &InstanceType, name: &str, test: Test<'_>) -> bool {
    match name.split_once('.') {
        Some(("ebs-info", rest)) => ebs(entry, rest, test),
        Some(("instance-storage-info", rest)) => storage(entry, rest, test),
        Some(("network-info", rest)) => network(entry, rest, test),
        Some(("processor-info", rest)) => processor(entry, rest, test),
        Some(("vcpu-info", rest)) => vcpu(entry, rest, test),
        Some(("memory-info", _)) => number(Some(entry.memory_mib), test),
        Some(("nitro-tpm-info", _)) => words(entry.nitro_tpm_versions, test),
        _ => plain(entry, name, test),
    }
}

fn plain(entry: &InstanceType, name: &str, test: Test<'_>) -> bool {
    match name {
        "auto-recovery-supported" => known_flag(entry.auto_recovery, test),
        "bare-metal" => test(flag(entry.bare_metal)),
        "burstable-performance-supported" => test(flag(entry.burstable)),
        "current-generation" => test(flag(entry.current_generation)),
        "dedicated-hosts-supported" => known_flag(entry.dedicated_hosts, test),
        "free-tier-eligible" => test(flag(entry.free_tier_eligible)),
        "hibernation-supported" => known_flag(entry.hibernation, test),
        "hypervisor" => entry.hypervisor.is_some_and(test),
        "instance-storage-supported" => test(flag(entry.storage.is_some())),
        "instance-type" => test(entry.name),
        "nitro-enclaves-support" => entry.nitro_enclaves.map(support).is_some_and(test),
        "nitro-tpm-support" => {
            entry.nitro_tpm_versions.map(|versions| support(!versions.is_empty())).is_some_and(test)
        }
        "supported-boot-mode" => words(entry.boot_modes, test),
        "supported-root-device-type" => words(Some(entry.root_device_types), test),
        "supported-usage-class" => words(Some(entry.usage_classes), test),
        "supported-virtualization-type" => words(Some(entry.virtualization_types), test),
        _ => false,
    }
}

fn ebs(entry: &InstanceType, name: &str, test: Test<'_>) -> bool {
    let ebs = &entry.ebs;
    match name {
        "attachment-limit-type" => ebs.attachment_limit_type.is_some_and(test),
        "ebs-optimized-info.baseline-bandwidth-in-mbps" => number(ebs.baseline_mbps, test),
        "ebs-optimized-info.baseline-iops" => number(ebs.baseline_iops, test),
        "ebs-optimized-info.baseline-throughput-in-mbps" => decimal(ebs.baseline_mbps.map(throughput), test),
        "ebs-optimized-info.maximum-bandwidth-in-mbps" => number(ebs.maximum_mbps, test),
        "ebs-optimized-info.maximum-iops" => number(ebs.maximum_iops, test),
        "ebs-optimized-info.maximum-throughput-in-mbps" => decimal(ebs.maximum_mbps.map(throughput), test),
        "ebs-optimized-support" => test(ebs.optimized_support),
        "encryption-support" => test("supported"),
        "maximum-ebs-attachments" => number(ebs.max_attachments, test),
        "nvme-support" => test(entry.ebs_nvme_support()),
        _ => false,
    }
}

fn storage(entry: &InstanceType, name: &str, test: Test<'_>) -> bool {
    let Some(storage) = entry.storage else { return false };
    match name {
        "disk.count" => number(storage.disks.map(|(count, _)| count), test),
        "disk.size-in-gb" => number(storage.disks.map(|(_, size)| size), test),
        "disk.type" => test(storage.kind.disk_type()),
        "encryption-support" => entry.storage_encryption_support().is_some_and(test),
        "nvme-support" => test(storage.kind.nvme_support()),
        "total-size-in-gb" => number(Some(storage.total_gb), test),
        _ => false,
    }
}

fn network(entry: &InstanceType, name: &str, test: Test<'_>) -> bool {
    let network = &entry.network;
    match name {
        "efa-info.maximum-efa-interfaces" => {
            number(network.max_efa_interfaces.filter(|count| *count > 0), test)
        }
        "efa-supported" => known_flag(network.max_efa_interfaces.map(|count| count > 0), test),
        "ena-support" => test(network.ena_support),
        "encryption-in-transit-supported" => test(flag(network.encryption_in_transit)),
        "ipv4-addresses-per-interface" => number(Some(network.ipv4_per_interface), test),
        "ipv6-addresses-per-interface" => number(network.ipv6_per_interface, test),
        "ipv6-supported" => known_flag(network.ipv6_per_interface.map(|count| count > 0), test),
        "maximum-network-cards" => number(Some(network.cards), test),
        "maximum-network-interfaces" => number(Some(network.max_interfaces), test),
        "network-performance" => network.performance.is_some_and(test),
        _ => false,
    }
}

fn processor(entry: &InstanceType, name: &str, test: Test<'_>) -> bool {
    let processor = &entry.processor;
    match name {
        "manufacturer" => test(processor.manufacturer.display_name()),
        "supported-architecture" => words(Some(processor.architectures), test),
        "supported-features" => words(Some(processor.features), test),
        "sustained-clock-speed-in-ghz" => decimal(processor.clock_ghz, test),
        _ => false,
    }
}

fn vcpu(entry: &InstanceType, name: &str, test: Test<'_>) -> bool {
    let vcpu = &entry.vcpu;
    match name {
        "default-cores" => number(Some(vcpu.default_cores), test),
        "default-threads-per-core" => number(Some(vcpu.default_threads_per_core), test),
        "default-vcpus" => number(Some(vcpu.default_vcpus), test),
        "valid-cores" => words(Some(vcpu.valid_cores), test),
        "valid-threads-per-core" => words(Some(vcpu.valid_threads_per_core), test),
        _ => false,
    }
}

fn known_flag(value: Option<bool>, test: Test<'_>) -> bool {
    value.map(flag).is_some_and(test)
}

fn words(words: Option<Words>, test: Test<'_>) -> bool {
    words.is_some_and(|words| words.iter().any(test))
}

fn number(value: Option<impl ToString>, test: Test<'_>) -> bool {
    value.is_some_and(|value| test(&value.to_string()))
}

/// As the API writes it: a whole number of GHz keeps its `.0`.
fn decimal(value: Option<f64>, test: Test<'_>) -> bool {
    value.is_some_and(|value| test(&format!("{value:?}")) || test(&value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, has};
    use ironbird_rig::catalogue::instance_types;

    #[test]
    fn every_name_finds_something() {
        for name in NAMES {
            let found = instance_types::all().iter().any(|entry| has(entry, name, &|_| true));
            assert!(found, "{name}");
        }
    }
}
