//! Hours of Dedicated Hosts.

use ironbird_rig::catalogue::NanoUsd;
use ironbird_rig::catalogue::hosts::{self, HostKind};

use super::{Text, instance};

/// A kind of host in a Region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hosted {
    pub(crate) region: &'static str,
    pub(crate) kind: &'static HostKind,
}

/// The attributes of hosts.
pub(super) const NAMES: [&str; 18] = [
    "instanceType",
    "instanceFamily",
    "physicalCores",
    "operatingSystem",
    "licenseModel",
    "preInstalledSw",
    "tenancy",
    "capacitystatus",
    "instanceCapacityMedium",
    "instanceCapacityLarge",
    "instanceCapacityXlarge",
    "instanceCapacity2xlarge",
    "instanceCapacity4xlarge",
    "instanceCapacity8xlarge",
    "instanceCapacity12xlarge",
    "instanceCapacity16xlarge",
    "instanceCapacity24xlarge",
    "instanceCapacityMetal",
];

impl Hosted {
    pub(super) fn price(&self) -> Option<NanoUsd> {
        hosts::price(self.region, self.kind.family).map(|(price, _)| price)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<Text> {
        Some(match name {
            "instanceType" => self.kind.family.into(),
            "instanceFamily" => instance::instance_family(self.kind.family).into(),
            "physicalCores" => self.kind.cores.to_string().into(),
            "operatingSystem" => "Linux".into(),
            "licenseModel" => "No License required".into(),
            "preInstalledSw" => "NA".into(),
            "tenancy" => "Host".into(),
            "capacitystatus" => "AllocatedHost".into(),
            _ => {
                let size = name.strip_prefix("instanceCapacity")?.to_ascii_lowercase();
                let (_, count) = self.kind.sizes.iter().find(|(own, _)| *own == size)?;
                count.to_string().into()
            }
        })
    }
}
