//! Attribute-based requirements: those that describe a type, and those that a group or template has, as one.

use ironbird_api::{autoscaling, ec2};
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::catalogue::protection::{PriceBasis, Priced, Purchase, Thresholds, protect};

/// Percent that we let an On-Demand price be above that of the reference type.
///
/// AWS's default is 20. Prices are compared for an instance, so that for the post's example it leaves 7 types (x86,
/// eu-west-1), all of the smallest size. 50 leaves 16, still none of the next size, which costs twice as much: the
/// most choice without ever paying for an instance that is twice as large.
pub const PROTECTION_PERCENT: i32 = 50;

/// What a group needs of a type, as far as it can be told from those that it runs on.
#[derive(Clone, Debug, PartialEq)]
pub struct Needs {
    /// The fewest and the most vCPUs.
    pub vcpus: (i32, i32),
    /// The least and the most memory in MiB.
    pub memory_mib: (i32, i32),
    /// The least and the most GiB of memory for each vCPU.
    pub gib_per_vcpu: (f64, f64),
    /// `x86_64` or `arm64`: the image only boots on one of them.
    pub architecture: String,
    /// Whether the type has disks of its own, which the application may use.
    pub has_disks: bool,
    /// Whether the type earns CPU credits; attribute-based selection leaves such types out unless told otherwise.
    pub is_burstable: bool,
    /// Whether the type is of a current generation: then those of previous ones are left out.
    pub is_current: bool,
    /// Percent that an On-Demand price may be above that of the reference type.
    pub protection_percent: i32,
}

impl Needs {
    /// What a plain type of this size stands for: at least what it has, at most twice that, the same memory for each vCPU.
    pub fn like(vcpus: i32, memory_mib: i32, architecture: &str) -> Self {
        let ratio = f64::from(memory_mib) / 1024.0 / f64::from(vcpus.max(1));
        Self {
            vcpus: (vcpus, vcpus.saturating_mul(2)),
            memory_mib: (memory_mib, memory_mib.saturating_mul(2)),
            gib_per_vcpu: (ratio, ratio),
            architecture: architecture.to_owned(),
            has_disks: false,
            is_burstable: false,
            is_current: true,
            protection_percent: PROTECTION_PERCENT,
        }
    }

    /// What the type has. None where the description lacks a figure, and for types that say too little about what
    /// another type must have: those with accelerators, on bare metal, or of neither architecture.
    pub fn of(info: &ec2::InstanceTypeInfo) -> Option<Self> {
        let special = info.bare_metal == Some(true)
            || info.gpu_info.is_some()
            || info.fpga_info.is_some()
            || info.inference_accelerator_info.is_some()
            || info.neuron_info.is_some()
            || info.media_accelerator_info.is_some();
        let architectures = info.processor_info.as_ref()?.supported_architectures.as_ref()?;
        let architecture =
            ["x86_64", "arm64"].into_iter().find(|name| architectures.iter().any(|own| own == name))?;
        if special {
            return None;
        }
        let vcpus = info.vcpu_info.as_ref()?.default_vcpus?;
        let memory_mib = i32::try_from(info.memory_info.as_ref()?.size_in_mib?).ok()?;
        Some(Self {
            has_disks: info.instance_storage_supported == Some(true),
            is_burstable: info.burstable_performance_supported == Some(true),
            is_current: info.current_generation == Some(true),
            ..Self::like(vcpus, memory_mib, architecture)
        })
    }

    /// What types that are used one for another have in common: all that lies between the smallest and twice it, or the
    /// largest. None without a type, and for types of both architectures, which need an image and an override each.
    pub fn common(types: &[Self]) -> Option<Self> {
        let (first, others) = types.split_first()?;
        let least = |value: fn(&Self) -> i32| types.iter().map(value).min().unwrap_or_default();
        // What each has itself is the lower end of what it stands for.
        let most = |value: fn(&Self) -> i32| types.iter().map(value).max().unwrap_or_default();
        let (vcpus, memory) = (least(|one| one.vcpus.0), least(|one| one.memory_mib.0));
        let mut common = Self {
            vcpus: (vcpus, vcpus.saturating_mul(2).max(most(|one| one.vcpus.0))),
            memory_mib: (memory, memory.saturating_mul(2).max(most(|one| one.memory_mib.0))),
            ..first.clone()
        };
        for other in others {
            if other.architecture != first.architecture {
                return None;
            }
            common.gib_per_vcpu.0 = common.gib_per_vcpu.0.min(other.gib_per_vcpu.0);
            common.gib_per_vcpu.1 = common.gib_per_vcpu.1.max(other.gib_per_vcpu.1);
            common.has_disks &= other.has_disks;
            common.is_burstable |= other.is_burstable;
            common.is_current &= other.is_current;
        }
        Some(common)
    }

    /// The makers whose processors run the architecture.
    pub fn manufacturers(&self) -> Vec<String> {
        let makers: &[&str] =
            if self.architecture == "arm64" { &["amazon-web-services"] } else { &["intel", "amd"] };
        makers.iter().map(|maker| (*maker).to_owned()).collect()
    }

    /// In words: `8–16 vCPU, 64–128 GiB, 8 GiB per vCPU, intel or amd, up to 50 % above the reference price`.
    pub fn words(&self) -> String {
        let gib = |mib: i32| f64::from(mib) / 1024.0;
        let ratio = match self.gib_per_vcpu {
            (least, most) if least == most => format!("{least}"),
            (least, most) => format!("{least}–{most}"),
        };
        let mut words = format!(
            "{}–{} vCPU, {}–{} GiB, {ratio} GiB per vCPU, {}",
            self.vcpus.0,
            self.vcpus.1,
            gib(self.memory_mib.0),
            gib(self.memory_mib.1),
            self.manufacturers().join(" or "),
        );
        if self.has_disks {
            words.push_str(", disks of its own");
        }
        if self.is_burstable {
            words.push_str(", burstable or not");
        }
        if self.is_current {
            words.push_str(", current generations");
        }
        words + &format!(", up to {} % above the reference price", self.protection_percent)
    }

    /// As a group's override has it. Types with accelerators, which would count as any other, are left out: none of those
    /// that [`Needs::of`] reads has any.
    pub fn for_group(&self) -> autoscaling::InstanceRequirements {
        let (least, most) = self.gib_per_vcpu;
        autoscaling::InstanceRequirements {
            vcpu_count: autoscaling::VCpuCountRequest { min: self.vcpus.0, max: Some(self.vcpus.1) },
            memory_mib: autoscaling::MemoryMiBRequest {
                min: self.memory_mib.0,
                max: Some(self.memory_mib.1),
            },
            memory_gib_per_vcpu: Some(autoscaling::MemoryGiBPerVCpuRequest {
                min: Some(least),
                max: Some(most),
            }),
            cpu_manufacturers: Some(self.manufacturers()),
            local_storage: self.has_disks.then(|| "required".to_owned()),
            burstable_performance: self.is_burstable.then(|| "included".to_owned()),
            instance_generations: self.is_current.then(|| vec!["current".to_owned()]),
            accelerator_count: Some(autoscaling::AcceleratorCountRequest { min: None, max: Some(0) }),
            on_demand_max_price_percentage_over_lowest_price: Some(self.protection_percent),
            ..Default::default()
        }
    }
}

impl Needs {
    /// A policy that selects types by what is needed, over the template's image, On-Demand, the lowest priced first. What
    /// the group had of a distribution stays.
    pub fn policy(
        &self,
        template: autoscaling::LaunchTemplateSpecification,
        distribution: Option<autoscaling::InstancesDistribution>,
    ) -> autoscaling::MixedInstancesPolicy {
        let only = autoscaling::LaunchTemplateOverrides {
            instance_requirements: Some(self.for_group()),
            ..Default::default()
        };
        policy(template, vec![only], distribution)
    }
}

/// A policy with overrides by attributes over a template, On-Demand unless a distribution says otherwise, which stays
/// but for the strategies that go by an order of types.
pub fn policy(
    template: autoscaling::LaunchTemplateSpecification,
    overrides: Vec<autoscaling::LaunchTemplateOverrides>,
    distribution: Option<autoscaling::InstancesDistribution>,
) -> autoscaling::MixedInstancesPolicy {
    let on_demand = || autoscaling::InstancesDistribution {
        on_demand_base_capacity: Some(0),
        on_demand_percentage_above_base_capacity: Some(100),
        ..Default::default()
    };
    let mut distribution = distribution.unwrap_or_else(on_demand);
    // Attribute-based selection only knows this strategy for On-Demand.
    distribution.on_demand_allocation_strategy = Some("lowest-price".to_owned());
    if distribution.spot_allocation_strategy.as_deref() == Some("capacity-optimized-prioritized") {
        distribution.spot_allocation_strategy = Some("capacity-optimized".to_owned());
    }
    autoscaling::MixedInstancesPolicy {
        launch_template: Some(autoscaling::LaunchTemplate {
            launch_template_specification: Some(template),
            overrides: Some(overrides),
        }),
        instances_distribution: Some(distribution),
    }
}

/// Requirements with the architecture they are asked for, as the preview takes them.
pub fn preview(
    architecture: &str,
    requirements: ec2::InstanceRequirementsRequest,
) -> ec2::GetInstanceTypesFromInstanceRequirementsRequest {
    ec2::GetInstanceTypesFromInstanceRequirementsRequest {
        architecture_types: vec![architecture.to_owned()],
        virtualization_types: vec!["hvm".to_owned()],
        instance_requirements: requirements,
        ..Default::default()
    }
}

/// Copies requirements member by member into the form that the preview takes.
macro_rules! as_request {
    ($from:expr, $minimum:expr, $factors:expr) => {{
        let from = $from;
        ec2::InstanceRequirementsRequest {
            vcpu_count: $minimum(from).0,
            memory_mib: $minimum(from).1,
            memory_gib_per_vcpu: from
                .memory_gib_per_vcpu
                .as_ref()
                .map(|range| ec2::MemoryGiBPerVCpuRequest { min: range.min, max: range.max }),
            network_interface_count: from
                .network_interface_count
                .as_ref()
                .map(|range| ec2::NetworkInterfaceCountRequest { min: range.min, max: range.max }),
            total_local_storage_gb: from
                .total_local_storage_gb
                .as_ref()
                .map(|range| ec2::TotalLocalStorageGBRequest { min: range.min, max: range.max }),
            baseline_ebs_bandwidth_mbps: from
                .baseline_ebs_bandwidth_mbps
                .as_ref()
                .map(|range| ec2::BaselineEbsBandwidthMbpsRequest { min: range.min, max: range.max }),
            accelerator_count: from
                .accelerator_count
                .as_ref()
                .map(|range| ec2::AcceleratorCountRequest { min: range.min, max: range.max }),
            accelerator_total_memory_mib: from
                .accelerator_total_memory_mib
                .as_ref()
                .map(|range| ec2::AcceleratorTotalMemoryMiBRequest { min: range.min, max: range.max }),
            network_bandwidth_gbps: from
                .network_bandwidth_gbps
                .as_ref()
                .map(|range| ec2::NetworkBandwidthGbpsRequest { min: range.min, max: range.max }),
            cpu_manufacturers: from.cpu_manufacturers.clone(),
            excluded_instance_types: from.excluded_instance_types.clone(),
            instance_generations: from.instance_generations.clone(),
            spot_max_price_percentage_over_lowest_price: from.spot_max_price_percentage_over_lowest_price,
            max_spot_price_as_percentage_of_optimal_on_demand_price: from
                .max_spot_price_as_percentage_of_optimal_on_demand_price,
            on_demand_max_price_percentage_over_lowest_price: from
                .on_demand_max_price_percentage_over_lowest_price,
            bare_metal: from.bare_metal.clone(),
            burstable_performance: from.burstable_performance.clone(),
            require_hibernate_support: from.require_hibernate_support,
            local_storage: from.local_storage.clone(),
            local_storage_types: from.local_storage_types.clone(),
            accelerator_types: from.accelerator_types.clone(),
            accelerator_manufacturers: from.accelerator_manufacturers.clone(),
            accelerator_names: from.accelerator_names.clone(),
            allowed_instance_types: from.allowed_instance_types.clone(),
            baseline_performance_factors: $factors,
            require_encryption_in_transit: None,
        }
    }};
}

/// A group's requirements as the preview takes them.
pub fn of_group(requirements: &autoscaling::InstanceRequirements) -> ec2::InstanceRequirementsRequest {
    let minimum = |from: &autoscaling::InstanceRequirements| {
        let (vcpus, memory) = (&from.vcpu_count, &from.memory_mib);
        (
            ec2::VCpuCountRangeRequest { min: vcpus.min, max: vcpus.max },
            ec2::MemoryMiBRequest { min: memory.min, max: memory.max },
        )
    };
    let references = requirements.baseline_performance_factors.as_ref().map(|factors| {
        let cpu = factors.cpu.as_ref().and_then(|cpu| cpu.references.as_ref());
        families(cpu.into_iter().flatten().map(|reference| reference.instance_family.as_deref()))
    });
    as_request!(requirements, minimum, references)
}

/// A launch template's or fleet's requirements as the preview takes them.
pub fn of_template(requirements: &ec2::InstanceRequirements) -> ec2::InstanceRequirementsRequest {
    let minimum = |from: &ec2::InstanceRequirements| {
        let vcpus = from.vcpu_count.as_ref();
        let memory = from.memory_mib.as_ref();
        (
            ec2::VCpuCountRangeRequest {
                min: vcpus.and_then(|range| range.min).unwrap_or(0),
                max: vcpus.and_then(|range| range.max),
            },
            ec2::MemoryMiBRequest {
                min: memory.and_then(|range| range.min).unwrap_or(0),
                max: memory.and_then(|range| range.max),
            },
        )
    };
    let references = requirements.baseline_performance_factors.as_ref().map(|factors| {
        let cpu = factors.cpu.as_ref().and_then(|cpu| cpu.references.as_ref());
        families(cpu.into_iter().flatten().map(|reference| reference.instance_family.as_deref()))
    });
    let mut request = as_request!(requirements, minimum, references);
    request.require_encryption_in_transit = requirements.require_encryption_in_transit;
    request
}

fn families<'a>(names: impl Iterator<Item = Option<&'a str>>) -> ec2::BaselinePerformanceFactorsRequest {
    let reference = |name: Option<&str>| ec2::PerformanceFactorReferenceRequest {
        instance_family: name.map(str::to_owned),
    };
    let references = names.map(reference).collect();
    ec2::BaselinePerformanceFactorsRequest {
        cpu: Some(ec2::CpuPerformanceFactorRequest { references: Some(references) }),
    }
}

/// What On-Demand price protection leaves of `types` in `region`, by the catalogue's prices: the types that stay, and
/// the type whose price was compared with.
pub fn protected(
    region: &str,
    percent: Option<i32>,
    basis: PriceBasis,
    types: &[String],
) -> (Vec<&'static str>, Option<&'static str>) {
    let thresholds = Thresholds { on_demand_over_lowest: percent.map(i64::from), ..Thresholds::default() };
    protected_for(Purchase::OnDemand, &thresholds, region, basis, types)
}

/// The price protection that requirements ask for.
pub fn thresholds(requirements: &ec2::InstanceRequirementsRequest) -> Thresholds {
    let optimal = requirements.max_spot_price_as_percentage_of_optimal_on_demand_price;
    Thresholds {
        on_demand_over_lowest: requirements.on_demand_max_price_percentage_over_lowest_price.map(i64::from),
        spot_over_lowest: requirements.spot_max_price_percentage_over_lowest_price.map(i64::from),
        spot_of_on_demand: optimal.map(i64::from),
    }
}

/// What price protection leaves of `types` for one way of buying, as [`protected`].
pub fn protected_for(
    purchase: Purchase,
    thresholds: &Thresholds,
    region: &str,
    basis: PriceBasis,
    types: &[String],
) -> (Vec<&'static str>, Option<&'static str>) {
    let known = types.iter().filter_map(|name| instance_types::get(name));
    let priced: Vec<Priced> = known.map(|entry| Priced::usually(region, entry)).collect();
    let outcome = protect(thresholds, purchase, basis, &priced);
    let kept = outcome.kept.iter().map(|kept| kept.instance_type.name).collect();
    (kept, outcome.reference.map(|entry| entry.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(vcpus: i32, memory_mib: i64) -> ec2::InstanceTypeInfo {
        ec2::InstanceTypeInfo {
            processor_info: Some(ec2::ProcessorInfo {
                supported_architectures: Some(vec!["x86_64".to_owned()]),
                ..Default::default()
            }),
            vcpu_info: Some(ec2::VCpuInfo { default_vcpus: Some(vcpus), ..Default::default() }),
            current_generation: Some(true),
            memory_info: Some(ec2::MemoryInfo { size_in_mib: Some(memory_mib) }),
            ..Default::default()
        }
    }

    #[test]
    fn the_posts_example_is_what_its_type_needs() {
        let needs = Needs::of(&info(8, 65_536)).unwrap();
        let group = needs.for_group();
        assert_eq!((group.vcpu_count.min, group.memory_mib.min), (8, 65_536));
        assert_eq!((group.vcpu_count.max, group.memory_mib.max), (Some(16), Some(131_072)));
        assert_eq!(group.memory_gib_per_vcpu.as_ref().and_then(|ratio| ratio.min), Some(8.0));
        assert_eq!(group.accelerator_count.as_ref().and_then(|count| count.max), Some(0));
        assert_eq!(group.instance_generations.as_deref(), Some(&["current".to_owned()][..]));
        assert_eq!(group.cpu_manufacturers.as_deref(), Some(&["intel".to_owned(), "amd".to_owned()][..]));
        let request = of_group(&group);
        assert_eq!((request.vcpu_count.max, request.memory_mib.min), (Some(16), 65_536));
    }

    #[test]
    fn several_types_have_what_lies_between_them_in_common() {
        let of = |vcpus, memory| Needs::of(&info(vcpus, memory)).unwrap();
        let common = Needs::common(&[of(4, 16_384), of(4, 8_192)]).unwrap();
        assert_eq!((common.vcpus, common.memory_mib), ((4, 8), (8_192, 16_384)));
        assert_eq!(common.gib_per_vcpu, (2.0, 4.0));
        assert_eq!(Needs::common(&[of(2, 8_192), of(16, 65_536)]).unwrap().vcpus, (2, 16));
        let disks = Needs { has_disks: true, is_burstable: true, ..of(4, 16_384) };
        let both = Needs::common(&[of(4, 16_384), disks]).unwrap();
        assert!(!both.has_disks && both.is_burstable && both.is_current);
        let old = Needs { is_current: false, ..of(4, 16_384) };
        let both = Needs::common(&[of(4, 16_384), old]).unwrap();
        assert_eq!(both.for_group().instance_generations, None);
        assert_eq!(Needs::common(&[of(4, 16_384), Needs::like(4, 16_384, "arm64")]), None);
        assert_eq!(Needs::common(&[]), None);
    }

    #[test]
    fn a_type_that_says_too_little_about_others_is_left_alone() {
        let metal = ec2::InstanceTypeInfo { bare_metal: Some(true), ..info(96, 786_432) };
        assert_eq!(Needs::of(&metal), None);
        assert_eq!(Needs::of(&ec2::InstanceTypeInfo::default()), None);
    }

    #[test]
    fn half_above_the_reference_is_more_choice_but_no_larger_size() {
        let entries = instance_types::all().iter().filter(|entry| {
            let memory_ratio = entry.memory_mib / u64::from(entry.vcpu.default_vcpus) == 8192;
            let makers = ["intel", "amd"].contains(&entry.processor.manufacturer.as_str());
            memory_ratio && makers && entry.vcpu.default_vcpus >= 8 && !entry.bare_metal && !entry.burstable
        });
        let names: Vec<String> = entries.map(|entry| entry.name.to_owned()).collect();
        let kept = |percent| protected("us-east-1", percent, PriceBasis::Instance, &names).0;
        assert!(kept(None).len() < 10, "{:?}", kept(None));
        let ours = kept(Some(PROTECTION_PERCENT));
        assert!(ours.len() >= 10, "{ours:?}");
        assert!(ours.iter().all(|name| name.ends_with(".2xlarge")), "{ours:?}");
    }
}
