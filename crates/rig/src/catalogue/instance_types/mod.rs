//! Instance types: what `DescribeInstanceTypes` tells about each, as far as the table knows.
//!
//! 1,281 of the types were described by AWS and carry every figure below that applies to them. The newest 110
//! ([`FactSource::Karpenter`]) are known from a list with fewer columns: what is missing there is [`None`], never a
//! guess from a relative. Names and words are AWS's own (`arm64`, `on-demand`, `nvme-ssd`).

use std::sync::OnceLock;

use super::words::Words;

mod read;
#[cfg(test)]
mod tests;

/// Where the figures of a type come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactSource {
    /// `DescribeInstanceTypes` answers of about 2026-05.
    Described,
    /// `DescribeInstanceTypes` answers of 2024-01, of types that are no longer offered.
    Legacy,
    /// The instance type list of Karpenter's AWS provider, 2026-08: fewer columns.
    Karpenter,
}

/// Maker of the processor, in the words of `InstanceRequirements`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CpuManufacturer {
    /// Intel.
    Intel,
    /// AMD.
    Amd,
    /// AWS Graviton.
    AmazonWebServices,
    /// Apple.
    Apple,
}

impl CpuManufacturer {
    /// The word of `InstanceRequirements`: `amazon-web-services`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intel => "intel",
            Self::Amd => "amd",
            Self::AmazonWebServices => "amazon-web-services",
            Self::Apple => "apple",
        }
    }

    /// The name in `ProcessorInfo.Manufacturer` of `DescribeInstanceTypes`: `AWS`.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Intel => "Intel",
            Self::Amd => "AMD",
            Self::AmazonWebServices => "AWS",
            Self::Apple => "Apple",
        }
    }

    /// The maker of that word of `InstanceRequirements`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Intel, Self::Amd, Self::AmazonWebServices, Self::Apple]
            .into_iter()
            .find(|maker| maker.as_str() == word)
    }
}

/// One instance type.
#[derive(Debug)]
pub struct InstanceType {
    /// `m5.large`.
    pub name: &'static str,
    /// Where the figures come from.
    pub source: FactSource,
    /// Whether AWS counts it to the current generation.
    pub current_generation: bool,
    /// Whether the free tier covers it.
    pub free_tier_eligible: bool,
    /// Whether it is a whole machine without hypervisor.
    pub bare_metal: bool,
    /// Whether it earns and spends CPU credits (the T families).
    pub burstable: bool,
    /// `nitro` or `xen`; none on bare metal.
    pub hypervisor: Option<&'static str>,
    /// Ways it can be bought: `on-demand`, `spot`, `capacity-block`.
    pub usage_classes: Words,
    /// `ebs`, `instance-store`.
    pub root_device_types: Words,
    /// `hvm`, `paravirtual`.
    pub virtualization_types: Words,
    /// `legacy-bios`, `uefi`.
    pub boot_modes: Option<Words>,
    /// Strategies of placement groups that accept it: `cluster`, `partition`, `spread`.
    pub placement_strategies: Option<Words>,
    /// Whether Dedicated Hosts exist for it.
    pub dedicated_hosts: Option<bool>,
    /// Whether On-Demand instances of it can hibernate.
    pub hibernation: Option<bool>,
    /// Whether failed instances of it recover by themselves.
    pub auto_recovery: Option<bool>,
    /// Whether it can run Nitro Enclaves.
    pub nitro_enclaves: Option<bool>,
    /// Versions of NitroTPM it supports; known to be empty where it supports none.
    pub nitro_tpm_versions: Option<Words>,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Virtual processors.
    pub vcpu: Vcpu,
    /// Processor.
    pub processor: Processor,
    /// Instance store volumes, if it has any.
    pub storage: Option<Storage>,
    /// Network.
    pub network: Network,
    /// EBS connection.
    pub ebs: Ebs,
    /// Accelerator devices, if it has any.
    pub accelerator: Option<Accelerator>,
}

/// Virtual processors of a type.
#[derive(Clone, Copy, Debug)]
pub struct Vcpu {
    /// vCPUs by default: cores times threads.
    pub default_vcpus: u32,
    /// Cores by default.
    pub default_cores: u32,
    /// Threads a core by default.
    pub default_threads_per_core: u32,
    /// Numbers of cores that can be asked for; empty where there is no choice or it is not known.
    pub valid_cores: Words,
    /// Numbers of threads a core that can be asked for; empty as above.
    pub valid_threads_per_core: Words,
}

/// Processor of a type.
#[derive(Clone, Copy, Debug)]
pub struct Processor {
    /// `x86_64`, `arm64`, `i386`, `x86_64_mac`, `arm64_mac`.
    pub architectures: Words,
    /// Who makes it.
    pub manufacturer: CpuManufacturer,
    /// Sustained clock speed in GHz.
    pub clock_ghz: Option<f64>,
    /// `amd-sev-snp`, `nested-virtualization`.
    pub features: Words,
}

/// Kind of an instance store volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageKind {
    /// Hard disk on a Xen or Nitro instance's own bus.
    Hdd,
    /// Solid state disk that is not NVMe.
    Ssd,
    /// Hard disk behind NVMe.
    NvmeHdd,
    /// NVMe solid state disk.
    NvmeSsd,
}

impl StorageKind {
    /// `hdd` or `ssd`, as in `DiskInfo.Type` and `LocalStorageTypes`.
    pub fn disk_type(self) -> &'static str {
        match self {
            Self::Hdd | Self::NvmeHdd => "hdd",
            Self::Ssd | Self::NvmeSsd => "ssd",
        }
    }

    /// `InstanceStorageInfo.NvmeSupport`.
    pub fn nvme_support(self) -> &'static str {
        match self {
            Self::Hdd | Self::Ssd => "unsupported",
            Self::NvmeHdd | Self::NvmeSsd => "required",
        }
    }
}

/// Instance store volumes of a type.
#[derive(Clone, Copy, Debug)]
pub struct Storage {
    /// Size of all disks together, in GB.
    pub total_gb: u64,
    /// Kind of the disks.
    pub kind: StorageKind,
    /// How many disks, and the size of each in GB.
    pub disks: Option<(u32, u64)>,
}

/// Network of a type.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// AWS's phrase: `Up to 10 Gigabit`.
    pub performance: Option<&'static str>,
    /// Bandwidth that is always there, in Gbit/s, over all cards.
    pub baseline_gbps: f64,
    /// Bandwidth at best, in Gbit/s, over all cards.
    pub peak_gbps: Option<f64>,
    /// Network cards.
    pub cards: u32,
    /// Network interfaces at most.
    pub max_interfaces: u32,
    /// IPv4 addresses an interface.
    pub ipv4_per_interface: u32,
    /// IPv6 addresses an interface; 0 where IPv6 is not supported.
    pub ipv6_per_interface: Option<u32>,
    /// `required`, `supported`, `unsupported`: the Elastic Network Adapter.
    pub ena_support: &'static str,
    /// Elastic Fabric Adapter interfaces at most; 0 where unsupported.
    pub max_efa_interfaces: Option<u32>,
    /// Whether traffic between instances of such types is encrypted in transit.
    pub encryption_in_transit: bool,
    /// Branch interfaces that a trunk interface can carry (containers).
    pub branch_interfaces: Option<u32>,
}

/// One network card of a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkCard {
    /// AWS's phrase for the card; not known where there are several cards.
    pub performance: Option<&'static str>,
    /// Bandwidth that is always there, in Gbit/s.
    pub baseline_gbps: f64,
    /// Bandwidth at best, in Gbit/s.
    pub peak_gbps: Option<f64>,
    /// Network interfaces at most.
    pub max_interfaces: u32,
}

impl Network {
    /// Each of the [`cards`](Self::cards): an even share of the whole. That is what AWS describes for all types but
    /// p6-b300.48xlarge, whose first card has 50 Gbit/s less than the others.
    pub fn card(&self) -> NetworkCard {
        let cards = self.cards.max(1);
        NetworkCard {
            performance: self.performance.filter(|_| cards == 1),
            baseline_gbps: self.baseline_gbps / f64::from(cards),
            peak_gbps: self.peak_gbps.map(|peak| peak / f64::from(cards)),
            max_interfaces: self.max_interfaces / cards,
        }
    }
}

/// EBS connection of a type.
#[derive(Clone, Copy, Debug)]
pub struct Ebs {
    /// `default`, `supported`, `unsupported`: optimized for EBS.
    pub optimized_support: &'static str,
    /// Bandwidth that is always there, in Mbit/s.
    pub baseline_mbps: Option<u32>,
    /// Bandwidth at best, in Mbit/s.
    pub maximum_mbps: Option<u32>,
    /// Operations a second that are always there.
    pub baseline_iops: Option<u32>,
    /// Operations a second at best.
    pub maximum_iops: Option<u32>,
    /// Volumes at most.
    pub max_attachments: Option<u32>,
    /// `shared` or `dedicated`: whether interfaces count against the volumes.
    pub attachment_limit_type: Option<&'static str>,
}

/// Kind of an accelerator, as the table has it. `DescribeInstanceTypes` tells of `Neuron` devices in `NeuronInfo`, and
/// of Inferentia in `InferenceAcceleratorInfo` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcceleratorKind {
    /// Graphics processor, or Habana Gaudi.
    Gpu,
    /// Field programmable gate array.
    Fpga,
    /// AWS Inferentia or Trainium.
    Neuron,
    /// Another inference chip (Qualcomm AI100).
    Inference,
    /// Video transcoder.
    Media,
}

/// Accelerator devices of a type.
#[derive(Clone, Copy, Debug)]
pub struct Accelerator {
    /// What they are.
    pub kind: AcceleratorKind,
    /// How many; 0 where the instance has a fraction of one (`g6f`).
    pub count: u32,
    /// `NVIDIA`, `AMD`, `AWS`, `Habana`, `Xilinx`, `Qualcomm`.
    pub manufacturer: &'static str,
    /// `A10G`, `Inferentia2`, `Virtex UltraScale (VU9P)`.
    pub name: &'static str,
    /// Memory of all devices together, in MiB.
    pub total_memory_mib: Option<u64>,
}

impl Accelerator {
    /// Memory of one device in MiB; of the fraction, where the instance has a fraction of one.
    pub fn memory_mib(&self) -> Option<u64> {
        self.total_memory_mib.map(|total| total / u64::from(self.count.max(1)))
    }
}

impl InstanceType {
    /// What stands before the dot: `m5`, `u-6tb1`, `mac2-m2`.
    pub fn family(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(family, _)| family)
    }

    /// What stands after the dot: `large`, `metal-24xl`.
    pub fn size(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(_, size)| size)
    }

    /// Memory in GiB for each vCPU.
    pub fn memory_gib_per_vcpu(&self) -> f64 {
        self.memory_mib as f64 / 1024.0 / f64::from(self.vcpu.default_vcpus)
    }

    /// `EbsInfo.NvmeSupport`, by the rule that all described types follow: bare metal and Nitro need NVMe, Xen has
    /// none, i3 on Xen has both.
    pub fn ebs_nvme_support(&self) -> &'static str {
        match self.hypervisor {
            Some("xen") if self.family() == "i3" => "supported",
            Some("xen") => "unsupported",
            _ => "required",
        }
    }

    /// `InstanceStorageInfo.EncryptionSupport`, by the rule that all described types follow: NVMe disks are always
    /// encrypted, others never, h1 excepted. None without instance store.
    pub fn storage_encryption_support(&self) -> Option<&'static str> {
        let storage = self.storage?;
        let required = storage.kind.nvme_support() == "required" || self.family() == "h1";
        Some(if required { "required" } else { "unsupported" })
    }

    /// Position in [`all`], for compact tables in memory. It changes when a type is added: never store it.
    pub fn index(&self) -> usize {
        index_of(self.name).unwrap_or_default()
    }
}

/// All types by name, in byte order.
pub fn all() -> &'static [InstanceType] {
    static TYPES: OnceLock<Vec<InstanceType>> = OnceLock::new();
    TYPES.get_or_init(|| read::types(include_str!("../../../../../data/instance_types.tsv")))
}

/// The type of that name.
pub fn get(name: &str) -> Option<&'static InstanceType> {
    index_of(name).map(|index| &all()[index])
}

fn index_of(name: &str) -> Option<usize> {
    all().binary_search_by(|entry| entry.name.cmp(name)).ok()
}
