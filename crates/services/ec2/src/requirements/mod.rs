//! Attribute-based instance type selection, and the order in which pools of capacity are tried.
//!
//! Pure functions over the catalogue's figures: they know no API type, no store and no clock.
//!
//! 1. [`validate`](validate::validate) says what is wrong with a set of [`Requirements`];
//! 2. [`select`](select::select) gives the types that have the attributes, by name, and for every other type the
//!    attribute that excluded it;
//! 3. [`protect`](ironbird_rig::catalogue::protection::protect) takes away the types that are too dear for a purchase option;
//! 4. [`plan_on_demand`](allocation::plan_on_demand) and [`plan_spot`](allocation::plan_spot) order the pools (zone and
//!    type) by an allocation strategy.
//!
//! Auto Scaling and EC2 Fleet do all four. `GetInstanceTypesFromInstanceRequirements` and `GetSpotPlacementScores` stop
//! after the second: price protection is documented as not supported there ([`Requirements::price_parameters`] tells
//! which parameters then have no effect).
//!
//! Source of the rules: `InstanceRequirementsRequest`, `SpotOptionsRequest`, `OnDemandOptionsRequest` and
//! `FleetLaunchTemplateOverridesRequest` of the EC2 API reference, and "Specify attributes for instance type selection
//! for EC2 Fleet or Spot Fleet" in the EC2 user guide. Where these leave something open, the choice is said where it is
//! made.

pub mod allocation;
pub mod select;
pub mod validate;
mod wildcard;

#[cfg(test)]
mod post_tests;

use ironbird_rig::catalogue::protection::Thresholds;

pub use allocation::{OnDemandStrategy, Plan, Pool, SpotStrategy};
pub use select::{Exclusion, ImageNeeds, Mismatch, Seen, Selection};
pub use validate::Problem;

/// A minimum and a maximum, either of which may be left open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range<T> {
    /// The least value that fits.
    pub min: Option<T>,
    /// The greatest value that fits.
    pub max: Option<T>,
}

impl<T: PartialOrd + Copy> Range<T> {
    /// From `min` upwards.
    pub fn at_least(min: T) -> Self {
        Self { min: Some(min), max: None }
    }

    /// From `min` to `max`, both included.
    pub fn between(min: T, max: T) -> Self {
        Self { min: Some(min), max: Some(max) }
    }

    /// Whether neither end is given.
    pub fn is_open(&self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Whether the value is within both ends.
    pub fn contains(&self, value: T) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// The members of `InstanceRequirementsRequest`, by their names. Words are kept as they came;
/// [`validate`](validate::validate) finds those that are no words of AWS's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// vCPUs by default; the minimum is required.
    pub vcpu_count: Option<Range<i64>>,
    /// Memory in MiB; the minimum is required.
    pub memory_mib: Option<Range<i64>>,
    /// `intel`, `amd`, `amazon-web-services`, `apple`; empty: any.
    pub cpu_manufacturers: Vec<String>,
    /// Memory in GiB over vCPUs.
    pub memory_gib_per_vcpu: Option<Range<f64>>,
    /// Patterns of types to leave out. Not together with `allowed_instance_types`.
    pub excluded_instance_types: Vec<String>,
    /// Patterns of the only types to consider; empty: all.
    pub allowed_instance_types: Vec<String>,
    /// `current`, `previous`; empty: both.
    pub instance_generations: Vec<String>,
    /// Percent that a Spot price may be above that of the reference type.
    pub spot_max_price_percentage_over_lowest_price: Option<i64>,
    /// Percent of the reference type's On-Demand price that a Spot price may be. Not together with the above.
    pub max_spot_price_as_percentage_of_optimal_on_demand_price: Option<i64>,
    /// Percent that an On-Demand price may be above that of the reference type; 20 if not given.
    pub on_demand_max_price_percentage_over_lowest_price: Option<i64>,
    /// `included`, `required`, `excluded`; excluded if not given.
    pub bare_metal: Option<String>,
    /// `included`, `required`, `excluded`; excluded if not given.
    pub burstable_performance: Option<String>,
    /// Whether On-Demand instances must be able to hibernate.
    pub require_hibernate_support: bool,
    /// Network interfaces.
    pub network_interface_count: Option<Range<i64>>,
    /// `included`, `required`, `excluded`; included if not given.
    pub local_storage: Option<String>,
    /// `hdd`, `ssd`; empty: any, or none.
    pub local_storage_types: Vec<String>,
    /// Size of all instance store volumes in GB; 0 for a type without any.
    pub total_local_storage_gb: Option<Range<f64>>,
    /// EBS bandwidth that is always there, in Mbit/s.
    pub baseline_ebs_bandwidth_mbps: Option<Range<i64>>,
    /// `gpu`, `fpga`, `inference`, `media`; empty: any, or none.
    pub accelerator_types: Vec<String>,
    /// Accelerator devices; a maximum of 0 leaves out all types that have any.
    pub accelerator_count: Option<Range<i64>>,
    /// `amazon-web-services`, `amd`, `habana`, `nvidia`, `xilinx`; empty: any, or none.
    pub accelerator_manufacturers: Vec<String>,
    /// `a100`, `vu9p`…; empty: any, or none.
    pub accelerator_names: Vec<String>,
    /// Memory of all accelerators in MiB; 0 for a type without any.
    pub accelerator_total_memory_mib: Option<Range<i64>>,
    /// Network bandwidth that is always there, in Gbit/s.
    pub network_bandwidth_gbps: Option<Range<f64>>,
    /// Families of `BaselinePerformanceFactors.Cpu.References`. Refused: there are no figures of CPU performance.
    pub baseline_performance_families: Vec<String>,
    /// Whether traffic between instances must be encrypted in transit.
    pub require_encryption_in_transit: bool,
}

impl Requirements {
    /// Requirements of at least so many vCPUs and so much memory, with everything else at its default.
    pub fn at_least(vcpus: i64, memory_mib: i64) -> Self {
        Self {
            vcpu_count: Some(Range::at_least(vcpus)),
            memory_mib: Some(Range::at_least(memory_mib)),
            ..Self::default()
        }
    }

    /// What price protection goes by.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            on_demand_over_lowest: self.on_demand_max_price_percentage_over_lowest_price,
            spot_over_lowest: self.spot_max_price_percentage_over_lowest_price,
            spot_of_on_demand: self.max_spot_price_as_percentage_of_optimal_on_demand_price,
        }
    }

    /// The price protection parameters that are set: where price protection is not supported, they have no effect.
    pub fn price_parameters(&self) -> Vec<&'static str> {
        let parameters = [
            ("SpotMaxPricePercentageOverLowestPrice", self.spot_max_price_percentage_over_lowest_price),
            (
                "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
                self.max_spot_price_as_percentage_of_optimal_on_demand_price,
            ),
            (
                "OnDemandMaxPricePercentageOverLowestPrice",
                self.on_demand_max_price_percentage_over_lowest_price,
            ),
        ];
        parameters.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
    }
}

/// The words of `BareMetal`, `BurstablePerformance` and `LocalStorage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inclusion {
    /// With or without.
    Included,
    /// Only with.
    Required,
    /// Only without.
    Excluded,
}

impl Inclusion {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "included" => Some(Self::Included),
            "required" => Some(Self::Required),
            "excluded" => Some(Self::Excluded),
            _ => None,
        }
    }

    fn accepts(self, has: bool) -> bool {
        match self {
            Self::Included => true,
            Self::Required => has,
            Self::Excluded => !has,
        }
    }
}
