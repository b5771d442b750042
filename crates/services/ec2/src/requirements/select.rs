//! Which types have the attributes.

use std::fmt;

use ironbird_rig::catalogue::InstanceType;
use ironbird_rig::catalogue::instance_types::{Accelerator, AcceleratorKind};

use super::{Inclusion, Range, Requirements, wildcard};

/// What the image (or, in the preview, the request) asks of a type beside the requirements. Empty: anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImageNeeds<'a> {
    /// Architectures of which the type must have one: `x86_64`, `arm64`…
    pub architectures: &'a [&'a str],
    /// Virtualization types of which it must have one: `hvm`, `paravirtual`.
    pub virtualization_types: &'a [&'a str],
    /// Root device types of which it must have one: `ebs`, `instance-store`.
    pub root_device_types: &'a [&'a str],
    /// Way of buying that it must allow: `on-demand`, `spot`, `capacity-block`.
    pub usage_class: Option<&'a str>,
}

/// What a type has in place of what was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// A quantity, in the attribute's unit.
    Amount(f64),
    /// A word of AWS's.
    Word(&'static str),
    /// The thing that was to be absent.
    Present,
    /// Not the thing that was to be present.
    Absent,
    /// The figure is not known: the newest types lack some, and what is not known does not match.
    Unknown,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => write!(f, "{amount}"),
            Self::Word(word) => f.write_str(word),
            Self::Present => f.write_str("present"),
            Self::Absent => f.write_str("absent"),
            Self::Unknown => f.write_str("not known"),
        }
    }
}

/// An attribute that a type does not have as asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mismatch {
    /// The member of `InstanceRequirements` (or of the request) by AWS's name: `VCpuCount`.
    pub attribute: &'static str,
    /// What the type has instead.
    pub seen: Seen,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.attribute, self.seen)
    }
}

/// A type that was left out, and why.
#[derive(Clone, Copy, Debug)]
pub struct Exclusion {
    /// The type.
    pub instance_type: &'static InstanceType,
    /// The first attribute that did not match, in the order of the checks.
    pub mismatch: Mismatch,
}

/// The outcome over a list of candidates.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The types that match, in the order of the candidates.
    pub matching: Vec<&'static InstanceType>,
    /// All others.
    pub excluded: Vec<Exclusion>,
}

/// Sorts the candidates (say, the types offered in a Region, by name) into those that match and those that do not.
///
/// The requirements should have passed [`validate`](super::validate::validate): a word that is none of AWS's matches
/// nothing, or counts as not given where the attribute has a default.
pub fn select(
    requirements: &Requirements,
    needs: &ImageNeeds<'_>,
    candidates: impl IntoIterator<Item = &'static InstanceType>,
) -> Selection {
    let mut selection = Selection::default();
    for instance_type in candidates {
        match mismatch(requirements, needs, instance_type) {
            None => selection.matching.push(instance_type),
            Some(mismatch) => selection.excluded.push(Exclusion { instance_type, mismatch }),
        }
    }
    selection
}

/// The first attribute that the type does not have as asked; none if it matches.
pub fn mismatch(
    requirements: &Requirements,
    needs: &ImageNeeds<'_>,
    entry: &InstanceType,
) -> Option<Mismatch> {
    named(requirements, entry)
        .or_else(|| image(needs, entry))
        .or_else(|| compute(requirements, entry))
        .or_else(|| storage_and_network(requirements, entry))
        .or_else(|| accelerators(requirements, entry.accelerator.as_ref()))
}

fn named(requirements: &Requirements, entry: &InstanceType) -> Option<Mismatch> {
    let fits = |patterns: &[String]| patterns.iter().any(|pattern| wildcard::matches(pattern, entry.name));
    if !requirements.allowed_instance_types.is_empty() && !fits(&requirements.allowed_instance_types) {
        return Some(Mismatch { attribute: "AllowedInstanceTypes", seen: Seen::Absent });
    }
    if fits(&requirements.excluded_instance_types) {
        return Some(Mismatch { attribute: "ExcludedInstanceTypes", seen: Seen::Present });
    }
    None
}

fn image(needs: &ImageNeeds<'_>, entry: &InstanceType) -> Option<Mismatch> {
    let checks = [
        ("ArchitectureTypes", needs.architectures, entry.processor.architectures),
        ("VirtualizationTypes", needs.virtualization_types, entry.virtualization_types),
        ("RootDeviceType", needs.root_device_types, entry.root_device_types),
    ];
    for (attribute, wanted, has) in checks {
        if !wanted.is_empty() && !wanted.iter().any(|word| has.contains(word)) {
            return Some(Mismatch { attribute, seen: Seen::Absent });
        }
    }
    let class_missing = needs.usage_class.is_some_and(|class| !entry.usage_classes.contains(class));
    class_missing.then_some(Mismatch { attribute: "UsageClass", seen: Seen::Absent })
}

fn compute(requirements: &Requirements, entry: &InstanceType) -> Option<Mismatch> {
    let vcpus = i64::from(entry.vcpu.default_vcpus);
    let memory = i64::try_from(entry.memory_mib).unwrap_or(i64::MAX);
    let maker = entry.processor.manufacturer.as_str();
    let generation = if entry.current_generation { "current" } else { "previous" };
    whole("VCpuCount", requirements.vcpu_count, Some(vcpus))
        .or_else(|| whole("MemoryMiB", requirements.memory_mib, Some(memory)))
        .or_else(|| {
            fraction("MemoryGiBPerVCpu", requirements.memory_gib_per_vcpu, Some(entry.memory_gib_per_vcpu()))
        })
        .or_else(|| word("CpuManufacturers", &requirements.cpu_manufacturers, Some(maker)))
        .or_else(|| word("InstanceGenerations", &requirements.instance_generations, Some(generation)))
        .or_else(|| included("BareMetal", &requirements.bare_metal, Inclusion::Excluded, entry.bare_metal))
        .or_else(|| {
            let asked = &requirements.burstable_performance;
            included("BurstablePerformance", asked, Inclusion::Excluded, entry.burstable)
        })
        .or_else(|| {
            let missing = requirements.require_hibernate_support && entry.hibernation != Some(true);
            let seen = if entry.hibernation.is_some() { Seen::Absent } else { Seen::Unknown };
            missing.then_some(Mismatch { attribute: "RequireHibernateSupport", seen })
        })
}

fn storage_and_network(requirements: &Requirements, entry: &InstanceType) -> Option<Mismatch> {
    let network = &entry.network;
    let total = entry.storage.map_or(0.0, |storage| storage.total_gb as f64);
    // A type whose EBS connection is not optimized has no baseline at all; of the newest it is not known.
    let bandwidth = match entry.ebs.optimized_support {
        "unsupported" => Some(0),
        _ => entry.ebs.baseline_mbps.map(i64::from),
    };
    included("LocalStorage", &requirements.local_storage, Inclusion::Included, entry.storage.is_some())
        // "The type of local storage that is required": a type without any does not have it.
        .or_else(|| {
            let kind = entry.storage.map(|storage| storage.kind.disk_type());
            word("LocalStorageTypes", &requirements.local_storage_types, kind)
        })
        .or_else(|| fraction("TotalLocalStorageGB", requirements.total_local_storage_gb, Some(total)))
        .or_else(|| whole("BaselineEbsBandwidthMbps", requirements.baseline_ebs_bandwidth_mbps, bandwidth))
        .or_else(|| {
            let interfaces = Some(i64::from(network.max_interfaces));
            whole("NetworkInterfaceCount", requirements.network_interface_count, interfaces)
        })
        .or_else(|| {
            fraction("NetworkBandwidthGbps", requirements.network_bandwidth_gbps, Some(network.baseline_gbps))
        })
        .or_else(|| {
            let missing = requirements.require_encryption_in_transit && !network.encryption_in_transit;
            missing.then_some(Mismatch { attribute: "RequireEncryptionInTransit", seen: Seen::Absent })
        })
}

/// Types without accelerators count as having none of no memory, and never match a list of kinds, makers or names.
fn accelerators(requirements: &Requirements, accelerator: Option<&Accelerator>) -> Option<Mismatch> {
    let count = accelerator.map_or(0, device_count);
    let memory = match accelerator {
        None => Some(0),
        Some(devices) => devices.total_memory_mib.and_then(|total| i64::try_from(total).ok()),
    };
    whole("AcceleratorCount", requirements.accelerator_count, Some(count))
        .or_else(|| whole("AcceleratorTotalMemoryMiB", requirements.accelerator_total_memory_mib, memory))
        .or_else(|| {
            let kind = accelerator.and_then(kind_word);
            word("AcceleratorTypes", &requirements.accelerator_types, kind)
        })
        .or_else(|| {
            let maker = accelerator.and_then(|devices| maker_word(devices.manufacturer));
            word("AcceleratorManufacturers", &requirements.accelerator_manufacturers, maker)
        })
        .or_else(|| {
            let name = accelerator.and_then(|devices| name_word(devices.name));
            word("AcceleratorNames", &requirements.accelerator_names, name)
        })
}

/// Devices as the requirements count them. A fraction of a GPU (`g6f`) counts as one device: it shows as one to the
/// instance, and a maximum of 0 is documented to leave out everything accelerated.
fn device_count(accelerator: &Accelerator) -> i64 {
    i64::from(accelerator.count.max(1))
}

/// The word of `AcceleratorTypes`. Trainium has none: `DescribeInstanceTypes` counts it to no kind but Neuron.
fn kind_word(accelerator: &Accelerator) -> Option<&'static str> {
    match accelerator.kind {
        AcceleratorKind::Gpu => Some("gpu"),
        AcceleratorKind::Fpga => Some("fpga"),
        AcceleratorKind::Inference => Some("inference"),
        AcceleratorKind::Media => Some("media"),
        AcceleratorKind::Neuron => accelerator.name.starts_with("Inferentia").then_some("inference"),
    }
}

/// The word of `AcceleratorManufacturers`; Qualcomm has none.
fn maker_word(manufacturer: &str) -> Option<&'static str> {
    match manufacturer {
        "AWS" => Some("amazon-web-services"),
        "AMD" => Some("amd"),
        "Habana" => Some("habana"),
        "NVIDIA" => Some("nvidia"),
        "Xilinx" => Some("xilinx"),
        _ => None,
    }
}

/// Names of `DescribeInstanceTypes` and the words of `AcceleratorNames`; devices newer than the vocabulary have none.
pub(super) const ACCELERATOR_NAMES: [(&str, &str); 19] = [
    ("A100", "a100"),
    ("A10G", "a10g"),
    ("Gaudi HL-205", "gaudi-hl-205"),
    ("H100", "h100"),
    ("Inferentia", "inferentia"),
    ("Inferentia2", "inferentia2"),
    ("K520", "k520"),
    ("K80", "k80"),
    ("L4", "l4"),
    ("L40S", "l40s"),
    ("M60", "m60"),
    ("Radeon Pro V520", "radeon-pro-v520"),
    ("T4", "t4"),
    ("T4g", "t4g"),
    ("Trainium", "trainium"),
    ("Trainium2", "trainium2"),
    ("U30", "u30"),
    ("V100", "v100"),
    ("Virtex UltraScale (VU9P)", "vu9p"),
];

fn name_word(name: &str) -> Option<&'static str> {
    ACCELERATOR_NAMES.iter().find(|(described, _)| *described == name).map(|(_, word)| *word)
}

fn whole(attribute: &'static str, range: Option<Range<i64>>, has: Option<i64>) -> Option<Mismatch> {
    let asked = range.filter(|asked| !asked.is_open())?;
    match has {
        Some(value) if asked.contains(value) => None,
        Some(value) => Some(Mismatch { attribute, seen: Seen::Amount(value as f64) }),
        None => Some(Mismatch { attribute, seen: Seen::Unknown }),
    }
}

fn fraction(attribute: &'static str, range: Option<Range<f64>>, has: Option<f64>) -> Option<Mismatch> {
    let asked = range.filter(|asked| !asked.is_open())?;
    match has {
        Some(value) if asked.contains(value) => None,
        Some(value) => Some(Mismatch { attribute, seen: Seen::Amount(value) }),
        None => Some(Mismatch { attribute, seen: Seen::Unknown }),
    }
}

fn word(attribute: &'static str, wanted: &[String], has: Option<&'static str>) -> Option<Mismatch> {
    if wanted.is_empty() || has.is_some_and(|word| wanted.iter().any(|other| other == word)) {
        return None;
    }
    Some(Mismatch { attribute, seen: has.map_or(Seen::Absent, Seen::Word) })
}

fn included(
    attribute: &'static str,
    asked: &Option<String>,
    default: Inclusion,
    has: bool,
) -> Option<Mismatch> {
    let inclusion = asked.as_deref().and_then(Inclusion::parse).unwrap_or(default);
    let seen = if has { Seen::Present } else { Seen::Absent };
    (!inclusion.accepts(has)).then_some(Mismatch { attribute, seen })
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
