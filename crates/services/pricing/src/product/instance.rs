//! Hours of instances, and of slots that wait for them.

use ironbird_rig::catalogue::instance_types::{AcceleratorKind, StorageKind};
use ironbird_rig::catalogue::prices::{self, Platform, Tenancy};
use ironbird_rig::catalogue::usage::{self, InstanceUsage};
use ironbird_rig::catalogue::{InstanceType, NanoUsd, hosts};

use super::Text;

/// An instance type in a Region, with what runs on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instance {
    pub(crate) region: &'static str,
    pub(crate) entry: &'static InstanceType,
    pub(crate) platform: Platform,
    pub(crate) standing: Standing,
}

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// An instance.
    Used,
    /// A slot of a Capacity Reservation that no instance uses.
    Unused,
    /// A slot of a Capacity Reservation as such.
    Reserved,
    /// An instance on a Dedicated Host.
    OnHost,
}

impl Standing {
    pub(crate) const ALL: [Self; 4] = [Self::Used, Self::Unused, Self::Reserved, Self::OnHost];

    fn usage(self) -> InstanceUsage {
        match self {
            Self::Used => InstanceUsage::OnDemand,
            Self::Unused => InstanceUsage::UnusedReservation,
            Self::Reserved => InstanceUsage::Reservation,
            Self::OnHost => InstanceUsage::OnHost,
        }
    }
}

/// The attributes of instances.
pub(super) const NAMES: [&str; 22] = [
    "instanceType",
    "instanceFamily",
    "currentGeneration",
    "vcpu",
    "memory",
    "storage",
    "networkPerformance",
    "clockSpeed",
    "physicalProcessor",
    "processorArchitecture",
    "gpu",
    "gpuMemory",
    "normalizationSizeFactor",
    "operatingSystem",
    "licenseModel",
    "preInstalledSw",
    "tenancy",
    "capacitystatus",
    "marketoption",
    "availabilityzone",
    "enhancedNetworkingSupported",
    "vpcnetworkingsupport",
];

impl Instance {
    pub(super) fn usage_type(&self) -> String {
        usage::instance_usage_type(self.region, self.standing.usage(), self.entry.name)
    }

    pub(super) fn product_family(&self) -> &'static str {
        if self.entry.bare_metal { "Compute Instance (bare metal)" } else { "Compute Instance" }
    }

    pub(super) fn price(&self) -> Option<NanoUsd> {
        let name = self.entry.name;
        let price = prices::on_demand(self.region, name, self.platform, Tenancy::Default)?.hourly;
        match self.standing {
            Standing::Used | Standing::Unused => Some(price),
            Standing::Reserved => Some(NanoUsd(0)),
            // The host is paid for. What an operating system costs there is in no table.
            Standing::OnHost => {
                hosts::get(self.entry.family())?.fits(name)?;
                hosts::price(self.region, self.entry.family())?;
                (self.platform == Platform::Linux).then_some(NanoUsd(0))
            }
        }
    }

    /// `On Demand Linux m5.large`
    pub(super) fn described(&self) -> String {
        let standing = match self.standing {
            Standing::Used => "On Demand",
            Standing::Unused => "Unused Reservation",
            Standing::Reserved => "Reservation",
            Standing::OnHost => "Dedicated Host",
        };
        format!("{standing} {} {}", operating_system(self.platform), self.entry.name)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<Text> {
        let entry = self.entry;
        let gpu = entry.accelerator.filter(|it| it.kind == AcceleratorKind::Gpu);
        Some(match name {
            "instanceType" => entry.name.into(),
            "instanceFamily" => instance_family(entry.family()).into(),
            "currentGeneration" => yes(entry.current_generation),
            "vcpu" => entry.vcpu.default_vcpus.to_string().into(),
            "memory" => gib(entry.memory_mib),
            "storage" => storage(entry)?,
            "networkPerformance" => entry.network.performance?.into(),
            "clockSpeed" => format!("{} GHz", entry.processor.clock_ghz?).into(),
            "physicalProcessor" => match entry.processor.manufacturer.display_name() {
                "AWS" => "AWS Graviton Processor".into(),
                // Which of a maker's processors it is, is in no table.
                _ => return None,
            },
            "processorArchitecture" if entry.processor.architectures.contains("i386") => {
                "32-bit or 64-bit".into()
            }
            "processorArchitecture" => "64-bit".into(),
            "gpu" => gpu.filter(|gpu| gpu.count > 0)?.count.to_string().into(),
            "gpuMemory" => gib(gpu?.total_memory_mib?),
            "normalizationSizeFactor" => size_factor(entry.size())?,
            "operatingSystem" => operating_system(self.platform).into(),
            "licenseModel" => "No License required".into(),
            "preInstalledSw" | "availabilityzone" => "NA".into(),
            "tenancy" if self.standing == Standing::OnHost => "Host".into(),
            "tenancy" => "Shared".into(),
            "capacitystatus" => match self.standing {
                Standing::Used | Standing::OnHost => "Used".into(),
                Standing::Unused => "UnusedCapacityReservation".into(),
                Standing::Reserved => "AllocatedCapacityReservation".into(),
            },
            "marketoption" => "OnDemand".into(),
            "enhancedNetworkingSupported" => yes(entry.network.ena_support != "unsupported"),
            "vpcnetworkingsupport" => "true".into(),
            _ => return None,
        })
    }
}

fn yes(holds: bool) -> Text {
    if holds { "Yes".into() } else { "No".into() }
}

fn gib(mib: u64) -> Text {
    format!("{} GiB", mib as f64 / 1024.0).into()
}

fn storage(entry: &InstanceType) -> Option<Text> {
    let Some(storage) = entry.storage else { return Some("EBS only".into()) };
    let (count, size) = storage.disks?;
    let media = match storage.kind {
        StorageKind::NvmeSsd => " NVMe SSD",
        StorageKind::NvmeHdd => " NVMe HDD",
        StorageKind::Ssd => " SSD",
        StorageKind::Hdd => " HDD",
    };
    Some(format!("{count} x {size} GB{media}").into())
}

fn operating_system(platform: Platform) -> &'static str {
    match platform {
        Platform::Linux => "Linux",
        Platform::Windows => "Windows",
        Platform::Rhel => "RHEL",
        Platform::Suse => "SUSE",
    }
}

/// What families are for. Source: "Amazon EC2 instance types", in the words of the price list.
pub(super) fn instance_family(family: &str) -> &'static str {
    let letters = family.split(|letter: char| letter.is_ascii_digit()).next().unwrap_or(family);
    match letters {
        "t" if family == "t1" => "Micro instances",
        "inf" | "trn" | "dl" => "Machine Learning ASIC Instances",
        "f" => "FPGA Instances",
        "vt" => "Media Accelerator Instances",
        "g" | "gr" | "p" => "GPU instance",
        "d" | "h" | "i" | "im" | "is" => "Storage optimized",
        "hpc" | "c" | "cc" => "Compute optimized",
        "r" | "x" | "z" | "cr" => "Memory optimized",
        high if high.starts_with("u-") || high == "u" => "Memory optimized",
        _ => "General purpose",
    }
}

/// By size, as reservations of one size cover others: `xlarge` is 8, `4xlarge` 32.
fn size_factor(size: &str) -> Option<Text> {
    Some(match size {
        "nano" => "0.25".into(),
        "micro" => "0.5".into(),
        "small" => "1".into(),
        "medium" => "2".into(),
        "large" => "4".into(),
        "xlarge" => "8".into(),
        _ => (size.strip_suffix("xlarge")?.parse::<u32>().ok()? * 8).to_string().into(),
    })
}
