use super::super::table::Table;
use super::*;

#[test]
fn every_row_of_the_table_is_a_type() {
    let table = Table::open("instance_types.tsv", include_str!("../../../../../data/instance_types.tsv"));
    assert_eq!(all().len(), table.lines().count());
    assert_eq!(all().len(), 1_391);
    assert!(all().is_sorted_by(|one, next| one.name < next.name));
    for (position, entry) in all().iter().enumerate() {
        assert_eq!(entry.index(), position);
        assert_eq!(get(entry.name).unwrap().name, entry.name);
        assert_eq!(entry.vcpu.default_vcpus, entry.vcpu.default_cores * entry.vcpu.default_threads_per_core);
        assert!(
            !entry.processor.architectures.is_empty() && !entry.usage_classes.is_empty(),
            "{}",
            entry.name
        );
        assert!(entry.network.max_interfaces > 0 && entry.memory_mib > 0, "{}", entry.name);
    }
    assert!(get("m5").is_none() && get("m5.large ").is_none() && get("").is_none());
}

#[test]
fn described_types_lack_nothing_that_applies() {
    for entry in all().iter().filter(|entry| entry.source != FactSource::Karpenter) {
        assert!(entry.boot_modes.is_some() && entry.placement_strategies.is_some(), "{}", entry.name);
        assert!(entry.network.performance.is_some() && entry.hibernation.is_some(), "{}", entry.name);
        assert!(entry.storage.is_none_or(|storage| storage.disks.is_some()), "{}", entry.name);
        assert_eq!(entry.hypervisor.is_none(), entry.bare_metal, "{}", entry.name);
    }
}

#[test]
fn nothing_is_invented_for_the_newest_types() {
    let newest: Vec<_> = all().iter().filter(|entry| entry.source == FactSource::Karpenter).collect();
    assert_eq!(newest.len(), 110);
    for entry in newest {
        assert!(entry.hibernation.is_none() && entry.boot_modes.is_none(), "{}", entry.name);
        assert!(entry.ebs.baseline_mbps.is_none() && entry.network.peak_gbps.is_none(), "{}", entry.name);
        assert!(entry.nitro_tpm_versions.is_none() && entry.placement_strategies.is_none(), "{}", entry.name);
    }
}

#[test]
fn a_general_purpose_type() {
    let entry = get("m5d.large").unwrap();
    assert_eq!((entry.family(), entry.size()), ("m5d", "large"));
    assert_eq!((entry.vcpu.default_vcpus, entry.memory_mib), (2, 8_192));
    assert_eq!(entry.memory_gib_per_vcpu(), 4.0);
    assert_eq!(entry.hypervisor, Some("nitro"));
    assert_eq!(entry.processor.manufacturer.display_name(), "Intel");
    assert_eq!(entry.processor.clock_ghz, Some(3.1));
    let storage = entry.storage.unwrap();
    assert_eq!((storage.total_gb, storage.disks, storage.kind.disk_type()), (75, Some((1, 75)), "ssd"));
    assert_eq!(entry.storage_encryption_support(), Some("required"));
    assert_eq!((entry.network.baseline_gbps, entry.network.peak_gbps), (0.75, Some(10.0)));
    assert_eq!((entry.ebs.baseline_mbps, entry.ebs.maximum_mbps), (Some(650), Some(4_750)));
    assert_eq!(entry.vcpu.valid_threads_per_core.numbers().collect::<Vec<_>>(), [1, 2]);
    assert!(entry.nitro_tpm_versions.unwrap().contains("2.0"));
}

#[test]
fn accelerators_and_their_memory() {
    let p5 = get("p5.48xlarge").unwrap().accelerator.unwrap();
    assert_eq!(
        (p5.kind, p5.count, p5.name, p5.memory_mib()),
        (AcceleratorKind::Gpu, 8, "H100", Some(81_920))
    );
    let inf2 = get("inf2.48xlarge").unwrap().accelerator.unwrap();
    assert_eq!((inf2.kind, inf2.count, inf2.memory_mib()), (AcceleratorKind::Neuron, 12, Some(32_768)));
    // An eighth of a GPU: none of them whole.
    let fraction = get("g6f.large").unwrap().accelerator.unwrap();
    assert_eq!((fraction.count, fraction.memory_mib()), (0, Some(2_861)));
    assert!(get("m5.large").unwrap().accelerator.is_none());
}

#[test]
fn old_hardware_keeps_its_ways() {
    let m1 = get("m1.small").unwrap();
    assert!(m1.processor.architectures.contains("i386") && m1.virtualization_types.contains("paravirtual"));
    assert_eq!((m1.ebs_nvme_support(), m1.ebs.optimized_support), ("unsupported", "unsupported"));
    assert_eq!(m1.storage_encryption_support(), Some("unsupported"));
    assert_eq!(get("i3.large").unwrap().ebs_nvme_support(), "supported");
    assert_eq!(get("i3.metal").unwrap().ebs_nvme_support(), "required");
    assert_eq!(get("h1.2xlarge").unwrap().storage_encryption_support(), Some("required"));
    assert_eq!(get("m5.large").unwrap().ebs_nvme_support(), "required");
    assert_eq!(get("t2.micro").unwrap().network.ipv6_per_interface, Some(2));
}

#[test]
fn cards_share_the_network_evenly() {
    let p5 = get("p5.48xlarge").unwrap().network;
    let card = p5.card();
    assert_eq!((p5.cards, card.max_interfaces, card.baseline_gbps, card.performance), (32, 2, 100.0, None));
    let single = get("m5.large").unwrap().network.card();
    assert_eq!((single.max_interfaces, single.performance), (3, Some("Up to 10 Gigabit")));
    for entry in all().iter().filter(|entry| entry.source != FactSource::Karpenter) {
        assert_eq!(entry.network.max_interfaces % entry.network.cards, 0, "{}", entry.name);
    }
}
