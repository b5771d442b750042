use ironbird_rig::catalogue::instance_types;

use super::*;

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// What keeps the type out of requirements that anything fits, but for what `change` sets.
fn why(name: &str, change: impl FnOnce(&mut Requirements)) -> Option<(&'static str, String)> {
    let mut requirements = Requirements::at_least(0, 0);
    requirements.bare_metal = Some("included".to_owned());
    requirements.burstable_performance = Some("included".to_owned());
    change(&mut requirements);
    let entry = instance_types::get(name).unwrap();
    mismatch(&requirements, &ImageNeeds::default(), entry)
        .map(|found| (found.attribute, found.seen.to_string()))
}

#[test]
fn no_requirement_excludes_nothing() {
    for entry in instance_types::all() {
        assert_eq!(why(entry.name, |_| {}), None, "{}", entry.name);
    }
}

#[test]
fn ranges_include_both_ends() {
    assert_eq!(why("m5.2xlarge", |r| r.vcpu_count = Some(Range::between(8, 8))), None);
    assert_eq!(
        why("m5.2xlarge", |r| r.vcpu_count = Some(Range::at_least(9))),
        Some(("VCpuCount", "8".into()))
    );
    assert_eq!(
        why("m5.2xlarge", |r| r.memory_mib = Some(Range::between(0, 32_767))),
        Some(("MemoryMiB", "32768".into()))
    );
    assert_eq!(why("r5.large", |r| r.memory_gib_per_vcpu = Some(Range::between(8.0, 8.0))), None);
    assert_eq!(
        why("m5.large", |r| r.memory_gib_per_vcpu = Some(Range::at_least(8.0))),
        Some(("MemoryGiBPerVCpu", "4".into()))
    );
    assert_eq!(why("m5.large", |r| r.network_interface_count = Some(Range::between(3, 3))), None);
    assert_eq!(
        why("m5.large", |r| r.network_bandwidth_gbps = Some(Range::at_least(1.0))),
        Some(("NetworkBandwidthGbps", "0.75".into()))
    );
}

#[test]
fn bare_metal_and_burstable_are_out_by_default() {
    let metal = "m5.metal";
    assert_eq!(why(metal, |r| r.bare_metal = None), Some(("BareMetal", "present".into())));
    assert_eq!(why(metal, |r| r.bare_metal = Some("required".into())), None);
    assert_eq!(
        why("m5.large", |r| r.bare_metal = Some("required".into())),
        Some(("BareMetal", "absent".into()))
    );
    let burstable = why("t3.large", |r| r.burstable_performance = None);
    assert_eq!(burstable, Some(("BurstablePerformance", "present".into())));
    assert_eq!(why("t3.large", |r| r.burstable_performance = Some("required".into())), None);
    assert!(why("m5.large", |r| r.burstable_performance = Some("required".into())).is_some());
}

#[test]
fn local_storage_is_in_by_default_and_can_be_asked_for() {
    assert_eq!(why("m5d.large", |_| {}), None);
    assert_eq!(
        why("m5d.large", |r| r.local_storage = Some("excluded".into())),
        Some(("LocalStorage", "present".into()))
    );
    assert_eq!(
        why("m5.large", |r| r.local_storage = Some("required".into())),
        Some(("LocalStorage", "absent".into()))
    );
    assert_eq!(why("m5d.large", |r| r.local_storage_types = words(&["ssd"])), None);
    assert_eq!(
        why("d3.xlarge", |r| r.local_storage_types = words(&["ssd"])),
        Some(("LocalStorageTypes", "hdd".into()))
    );
    assert_eq!(
        why("m5.large", |r| r.local_storage_types = words(&["ssd"])),
        Some(("LocalStorageTypes", "absent".into()))
    );
    assert_eq!(why("m5d.large", |r| r.total_local_storage_gb = Some(Range::between(75.0, 75.0))), None);
    assert_eq!(
        why("m5.large", |r| r.total_local_storage_gb = Some(Range::at_least(1.0))),
        Some(("TotalLocalStorageGB", "0".into()))
    );
}

#[test]
fn makers_generations_and_names() {
    assert_eq!(why("m6g.large", |r| r.cpu_manufacturers = words(&["amazon-web-services", "amd"])), None);
    assert_eq!(
        why("m5.large", |r| r.cpu_manufacturers = words(&["amd"])),
        Some(("CpuManufacturers", "intel".into()))
    );
    assert_eq!(
        why("m4.large", |r| r.instance_generations = words(&["current"])),
        Some(("InstanceGenerations", "previous".into()))
    );
    assert_eq!(why("m5.large", |r| r.allowed_instance_types = words(&["c5*", "m5.*"])), None);
    assert_eq!(
        why("m5a.large", |r| r.allowed_instance_types = words(&["c5*", "m5.*"])),
        Some(("AllowedInstanceTypes", "absent".into()))
    );
    assert_eq!(
        why("c5n.large", |r| r.excluded_instance_types = words(&["c5*.*"])),
        Some(("ExcludedInstanceTypes", "present".into()))
    );
}

#[test]
fn accelerators_are_allowed_unless_something_is_said() {
    assert_eq!(why("p5.48xlarge", |_| {}), None);
    let none = |r: &mut Requirements| r.accelerator_count = Some(Range { min: None, max: Some(0) });
    assert_eq!(why("p5.48xlarge", none), Some(("AcceleratorCount", "8".into())));
    assert_eq!(why("g6f.large", none), Some(("AcceleratorCount", "1".into())));
    assert_eq!(why("m5.large", none), None);
    assert_eq!(why("g5.xlarge", |r| r.accelerator_types = words(&["gpu"])), None);
    assert_eq!(
        why("m5.large", |r| r.accelerator_types = words(&["gpu"])),
        Some(("AcceleratorTypes", "absent".into()))
    );
    assert_eq!(why("inf2.xlarge", |r| r.accelerator_types = words(&["inference"])), None);
    assert_eq!(why("f1.2xlarge", |r| r.accelerator_names = words(&["vu9p"])), None);
    assert_eq!(why("g5.xlarge", |r| r.accelerator_manufacturers = words(&["nvidia"])), None);
    assert_eq!(
        why("g4ad.xlarge", |r| r.accelerator_manufacturers = words(&["nvidia"])),
        Some(("AcceleratorManufacturers", "amd".into()))
    );
    assert_eq!(
        why("p4d.24xlarge", |r| r.accelerator_total_memory_mib = Some(Range::at_least(327_680))),
        None
    );
    assert_eq!(
        why("m5.large", |r| r.accelerator_total_memory_mib = Some(Range::at_least(1))),
        Some(("AcceleratorTotalMemoryMiB", "0".into()))
    );
}

#[test]
fn what_is_not_known_does_not_match() {
    assert_eq!(
        why("c9g.large", |r| r.require_hibernate_support = true),
        Some(("RequireHibernateSupport", "not known".into()))
    );
    assert_eq!(
        why("c9g.large", |r| r.baseline_ebs_bandwidth_mbps = Some(Range::at_least(1))),
        Some(("BaselineEbsBandwidthMbps", "not known".into()))
    );
    assert_eq!(
        why("m1.small", |r| r.baseline_ebs_bandwidth_mbps = Some(Range::at_least(1))),
        Some(("BaselineEbsBandwidthMbps", "0".into()))
    );
    assert_eq!(why("m5.large", |r| r.require_hibernate_support = true), None);
    assert_eq!(
        why("m5.large", |r| r.require_encryption_in_transit = true),
        Some(("RequireEncryptionInTransit", "absent".into()))
    );
    assert_eq!(why("m5n.large", |r| r.require_encryption_in_transit = true), None);
}

#[test]
fn the_image_narrows_the_choice() {
    let requirements = Requirements::at_least(2, 0);
    let why_image = |name: &str, needs: ImageNeeds<'_>| {
        mismatch(&requirements, &needs, instance_types::get(name).unwrap()).map(|found| found.attribute)
    };
    let arm =
        ImageNeeds { architectures: &["arm64"], virtualization_types: &["hvm"], ..ImageNeeds::default() };
    assert_eq!(why_image("m6g.large", arm), None);
    assert_eq!(why_image("m5.large", arm), Some("ArchitectureTypes"));
    let paravirtual = ImageNeeds { virtualization_types: &["paravirtual"], ..ImageNeeds::default() };
    assert_eq!(why_image("m5.large", paravirtual), Some("VirtualizationTypes"));
    let spot = ImageNeeds { usage_class: Some("spot"), ..ImageNeeds::default() };
    assert_eq!(why_image("m5.large", spot), None);
    let on_demand_only = instance_types::all().iter().find(|entry| {
        !entry.usage_classes.contains("spot") && !entry.bare_metal && entry.vcpu.default_vcpus >= 2
    });
    assert_eq!(why_image(on_demand_only.unwrap().name, spot), Some("UsageClass"));
    let store = ImageNeeds { root_device_types: &["instance-store"], ..ImageNeeds::default() };
    assert_eq!(why_image("m5.large", store), Some("RootDeviceType"));
}

#[test]
fn every_candidate_is_either_in_or_out() {
    let requirements = Requirements::at_least(8, 65_536);
    let selection = select(&requirements, &ImageNeeds::default(), instance_types::all());
    assert_eq!(selection.matching.len() + selection.excluded.len(), instance_types::all().len());
    assert!(selection.matching.is_sorted_by_key(|entry| entry.name));
    assert!(
        selection.matching.iter().all(|entry| entry.vcpu.default_vcpus >= 8 && entry.memory_mib >= 65_536)
    );
}

#[test]
fn every_accelerator_of_the_vocabulary_is_spelled_as_described() {
    let described = |name: &str| {
        instance_types::all()
            .iter()
            .any(|entry| entry.accelerator.is_some_and(|devices| devices.name == name))
    };
    // K520 left with the g2 family.
    for (name, _) in ACCELERATOR_NAMES.iter().filter(|(name, _)| *name != "K520") {
        assert!(described(name), "{name}");
    }
}
