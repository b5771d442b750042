//! An instance type as DescribeInstanceTypes shows it. What the catalogue does not know is left out.

use ironbird_api::ec2;
use ironbird_rig::catalogue::InstanceType;
use ironbird_rig::catalogue::instance_types::{Accelerator, AcceleratorKind, Ebs, Network};
use ironbird_rig::catalogue::words::Words;

fn list(words: Words) -> Option<Vec<String>> {
    Some(words.iter().map(str::to_owned).collect())
}

fn int(value: impl TryInto<i32>) -> Option<i32> {
    value.try_into().ok()
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

/// `supported` or `unsupported`.
pub(super) const fn support(supported: bool) -> &'static str {
    if supported { "supported" } else { "unsupported" }
}

/// Megabytes a second for Mbit/s.
pub(super) fn throughput(mbps: u32) -> f64 {
    f64::from(mbps) / 8.0
}

/// Everything that is known of a type.
pub(super) fn info(entry: &InstanceType) -> ec2::InstanceTypeInfo {
    let accelerator =
        |kinds: &[AcceleratorKind]| entry.accelerator.filter(|found| kinds.contains(&found.kind));
    ec2::InstanceTypeInfo {
        instance_type: text(entry.name),
        current_generation: Some(entry.current_generation),
        free_tier_eligible: Some(entry.free_tier_eligible),
        supported_usage_classes: list(entry.usage_classes),
        supported_root_device_types: list(entry.root_device_types),
        supported_virtualization_types: list(entry.virtualization_types),
        bare_metal: Some(entry.bare_metal),
        hypervisor: entry.hypervisor.and_then(text),
        processor_info: Some(processor(entry)),
        vcpu_info: Some(vcpu(entry)),
        memory_info: Some(ec2::MemoryInfo { size_in_mib: i64::try_from(entry.memory_mib).ok() }),
        instance_storage_supported: Some(entry.storage.is_some()),
        instance_storage_info: storage(entry),
        ebs_info: Some(ebs(entry)),
        network_info: Some(network(&entry.network)),
        gpu_info: accelerator(&[AcceleratorKind::Gpu]).map(gpu),
        fpga_info: accelerator(&[AcceleratorKind::Fpga]).map(fpga),
        placement_group_info: entry
            .placement_strategies
            .map(|strategies| ec2::PlacementGroupInfo { supported_strategies: list(strategies) }),
        inference_accelerator_info: accelerator(&[AcceleratorKind::Inference, AcceleratorKind::Neuron])
            .filter(|found| found.kind == AcceleratorKind::Inference || found.name.starts_with("Inferentia"))
            .map(inference),
        hibernation_supported: entry.hibernation,
        burstable_performance_supported: Some(entry.burstable),
        dedicated_hosts_supported: entry.dedicated_hosts,
        auto_recovery_supported: entry.auto_recovery,
        supported_boot_modes: entry.boot_modes.and_then(list),
        nitro_enclaves_support: entry.nitro_enclaves.map(support).and_then(text),
        nitro_tpm_support: entry
            .nitro_tpm_versions
            .map(|versions| support(!versions.is_empty()))
            .and_then(text),
        nitro_tpm_info: entry
            .nitro_tpm_versions
            .filter(|versions| !versions.is_empty())
            .map(|versions| ec2::NitroTpmInfo { supported_versions: list(versions) }),
        media_accelerator_info: accelerator(&[AcceleratorKind::Media]).map(media),
        neuron_info: accelerator(&[AcceleratorKind::Neuron]).map(neuron),
        ..Default::default()
    }
}

fn processor(entry: &InstanceType) -> ec2::ProcessorInfo {
    let processor = &entry.processor;
    ec2::ProcessorInfo {
        supported_architectures: list(processor.architectures),
        sustained_clock_speed_in_ghz: processor.clock_ghz,
        supported_features: list(processor.features).filter(|features| !features.is_empty()),
        manufacturer: text(processor.manufacturer.display_name()),
    }
}

fn vcpu(entry: &InstanceType) -> ec2::VCpuInfo {
    let numbers = |words: Words| {
        let numbers: Vec<i32> = words.numbers().filter_map(|number| number.try_into().ok()).collect();
        (!numbers.is_empty()).then_some(numbers)
    };
    ec2::VCpuInfo {
        default_vcpus: int(entry.vcpu.default_vcpus),
        default_cores: int(entry.vcpu.default_cores),
        default_threads_per_core: int(entry.vcpu.default_threads_per_core),
        valid_cores: numbers(entry.vcpu.valid_cores),
        valid_threads_per_core: numbers(entry.vcpu.valid_threads_per_core),
    }
}

fn storage(entry: &InstanceType) -> Option<ec2::InstanceStorageInfo> {
    let storage = entry.storage?;
    let disks = storage.disks.map(|(count, size)| {
        vec![ec2::DiskInfo {
            size_in_gb: i64::try_from(size).ok(),
            count: int(count),
            r#type: text(storage.kind.disk_type()),
        }]
    });
    Some(ec2::InstanceStorageInfo {
        total_size_in_gb: i64::try_from(storage.total_gb).ok(),
        disks,
        nvme_support: text(storage.kind.nvme_support()),
        encryption_support: entry.storage_encryption_support().and_then(text),
    })
}

fn ebs(entry: &InstanceType) -> ec2::EbsInfo {
    let Ebs { baseline_mbps, maximum_mbps, baseline_iops, maximum_iops, .. } = entry.ebs;
    let optimized = baseline_mbps.is_some().then(|| ec2::EbsOptimizedInfo {
        baseline_bandwidth_in_mbps: baseline_mbps.and_then(int),
        baseline_throughput_in_mbps: baseline_mbps.map(throughput),
        baseline_iops: baseline_iops.and_then(int),
        maximum_bandwidth_in_mbps: maximum_mbps.and_then(int),
        maximum_throughput_in_mbps: maximum_mbps.map(throughput),
        maximum_iops: maximum_iops.and_then(int),
    });
    ec2::EbsInfo {
        ebs_optimized_support: text(entry.ebs.optimized_support),
        // All described types answer this.
        encryption_support: text("supported"),
        ebs_optimized_info: optimized,
        nvme_support: text(entry.ebs_nvme_support()),
        maximum_ebs_attachments: entry.ebs.max_attachments.and_then(int),
        attachment_limit_type: entry.ebs.attachment_limit_type.and_then(text),
        ..Default::default()
    }
}

fn network(network: &Network) -> ec2::NetworkInfo {
    // How the figures of several cards divide is not known.
    let card = (network.cards == 1).then(|| {
        vec![ec2::NetworkCardInfo {
            network_card_index: Some(0),
            network_performance: network.performance.and_then(text),
            maximum_network_interfaces: int(network.max_interfaces),
            baseline_bandwidth_in_gbps: Some(network.baseline_gbps),
            peak_bandwidth_in_gbps: network.peak_gbps,
            ..Default::default()
        }]
    });
    ec2::NetworkInfo {
        network_performance: network.performance.and_then(text),
        maximum_network_interfaces: int(network.max_interfaces),
        maximum_network_cards: int(network.cards),
        default_network_card_index: Some(0),
        network_cards: card,
        ipv4_addresses_per_interface: int(network.ipv4_per_interface),
        ipv6_addresses_per_interface: network.ipv6_per_interface.and_then(int),
        ipv6_supported: network.ipv6_per_interface.map(|count| count > 0),
        ena_support: text(network.ena_support),
        efa_supported: network.max_efa_interfaces.map(|count| count > 0),
        efa_info: network
            .max_efa_interfaces
            .filter(|count| *count > 0)
            .map(|count| ec2::EfaInfo { maximum_efa_interfaces: int(count) }),
        encryption_in_transit_supported: Some(network.encryption_in_transit),
        ..Default::default()
    }
}

fn gpu(found: Accelerator) -> ec2::GpuInfo {
    let device = ec2::GpuDeviceInfo {
        name: text(found.name),
        manufacturer: text(found.manufacturer),
        count: int(found.count),
        memory_info: Some(ec2::GpuDeviceMemoryInfo { size_in_mib: found.memory_mib().and_then(int) }),
        ..Default::default()
    };
    ec2::GpuInfo { gpus: Some(vec![device]), total_gpu_memory_in_mib: found.total_memory_mib.and_then(int) }
}

fn fpga(found: Accelerator) -> ec2::FpgaInfo {
    let device = ec2::FpgaDeviceInfo {
        name: text(found.name),
        manufacturer: text(found.manufacturer),
        count: int(found.count),
        memory_info: Some(ec2::FpgaDeviceMemoryInfo { size_in_mib: found.memory_mib().and_then(int) }),
    };
    ec2::FpgaInfo {
        fpgas: Some(vec![device]),
        total_fpga_memory_in_mib: found.total_memory_mib.and_then(int),
    }
}

fn inference(found: Accelerator) -> ec2::InferenceAcceleratorInfo {
    let device = ec2::InferenceDeviceInfo {
        count: int(found.count),
        name: text(found.name),
        manufacturer: text(found.manufacturer),
        memory_info: found.memory_mib().map(|size| ec2::InferenceDeviceMemoryInfo { size_in_mib: int(size) }),
    };
    ec2::InferenceAcceleratorInfo {
        accelerators: Some(vec![device]),
        total_inference_memory_in_mib: found.total_memory_mib.and_then(int),
    }
}

fn media(found: Accelerator) -> ec2::MediaAcceleratorInfo {
    let device = ec2::MediaDeviceInfo {
        count: int(found.count),
        name: text(found.name),
        manufacturer: text(found.manufacturer),
        memory_info: found.memory_mib().map(|size| ec2::MediaDeviceMemoryInfo { size_in_mib: int(size) }),
    };
    ec2::MediaAcceleratorInfo {
        accelerators: Some(vec![device]),
        total_media_memory_in_mib: found.total_memory_mib.and_then(int),
    }
}

fn neuron(found: Accelerator) -> ec2::NeuronInfo {
    let device = ec2::NeuronDeviceInfo {
        count: int(found.count),
        name: text(found.name),
        // Cores are not in the catalogue.
        core_info: None,
        memory_info: found.memory_mib().map(|size| ec2::NeuronDeviceMemoryInfo { size_in_mib: int(size) }),
    };
    ec2::NeuronInfo {
        neuron_devices: Some(vec![device]),
        total_neuron_device_memory_in_mib: found.total_memory_mib.and_then(int),
    }
}
