//! GetInstanceTypesFromInstanceRequirements: which types have the attributes, before anything is launched.

use ironbird_api::ec2;
use ironbird_rig::catalogue::offerings;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::page::Window;
use crate::requirements::{ImageNeeds, Range, Requirements, select, validate};
use crate::{convert, error};

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::GetInstanceTypesFromInstanceRequirements>(get_instance_types)
        // Price protection is not supported by this operation on AWS either.
        .records::<ec2::GetInstanceTypesFromInstanceRequirements>(&[
            "InstanceRequirements.SpotMaxPricePercentageOverLowestPrice",
            "InstanceRequirements.OnDemandMaxPricePercentageOverLowestPrice",
            "InstanceRequirements.MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
        ])
        .refuses::<ec2::GetInstanceTypesFromInstanceRequirements>(&[
            ("Context", "it is reserved"),
            (
                "InstanceRequirements.BaselinePerformanceFactors",
                "there are no figures of CPU performance to compare with",
            ),
        ])
}

/// Longest page.
const MAX: i32 = 1000;

fn get_instance_types(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetInstanceTypesFromInstanceRequirementsRequest,
) -> Result<ec2::GetInstanceTypesFromInstanceRequirementsResult> {
    let requirements = from_request(&input.instance_requirements);
    check(&requirements, "InstanceRequirements")?;
    check_words("ArchitectureType", &input.architecture_types, ARCHITECTURES)?;
    check_words("VirtualizationType", &input.virtualization_types, &["hvm", "paravirtual"])?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=MAX)?;
    error::dry_run(input.dry_run)?;
    let architectures: Vec<&str> = input.architecture_types.iter().map(String::as_str).collect();
    let virtualization_types: Vec<&str> = input.virtualization_types.iter().map(String::as_str).collect();
    let needs = ImageNeeds {
        architectures: &architectures,
        virtualization_types: &virtualization_types,
        ..ImageNeeds::default()
    };
    let candidates = offerings::in_region(ctx.region().code());
    let selection = select::select(&requirements, &needs, candidates);
    let page = window.list(selection.matching.into_iter(), |entry| entry.name);
    let view =
        |name: &str| ec2::InstanceTypeInfoFromInstanceRequirements { instance_type: Some(name.to_owned()) };
    Ok(ec2::GetInstanceTypesFromInstanceRequirementsResult {
        instance_types: Some(page.items.into_iter().map(|entry| view(entry.name)).collect()),
        next_token: page.next,
    })
}

const ARCHITECTURES: &[&str] = &["i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"];

fn check_words(parameter: &str, words: &[String], known: &[&str]) -> Result<()> {
    if words.is_empty() {
        return Err(error::missing_parameter(parameter));
    }
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        Some(word) => Err(error::invalid_parameter_value(word, parameter)),
        None => Ok(()),
    }
}

/// Refuses requirements that AWS refuses; `path` is where they stand in the request.
///
/// # Errors
/// The first of the problems, with its code.
pub fn check(requirements: &Requirements, path: &str) -> Result<()> {
    match validate::validate(requirements).first() {
        Some(problem) => Err(Error::client(problem.code(), problem.message(path))),
        None => Ok(()),
    }
}

macro_rules! range {
    ($range:expr) => {
        $range.as_ref().map(|range| Range { min: range.min.map(Into::into), max: range.max.map(Into::into) })
    };
}

fn words(words: Option<&Vec<String>>) -> Vec<String> {
    words.cloned().unwrap_or_default()
}

/// The requirements of a request, member by member.
pub fn from_request(request: &ec2::InstanceRequirementsRequest) -> Requirements {
    let vcpus = &request.vcpu_count;
    let memory = &request.memory_mib;
    let families = request.baseline_performance_factors.as_ref().and_then(|factors| factors.cpu.as_ref());
    let families = families.and_then(|cpu| cpu.references.as_ref());
    Requirements {
        vcpu_count: Some(Range { min: Some(vcpus.min.into()), max: vcpus.max.map(Into::into) }),
        memory_mib: Some(Range { min: Some(memory.min.into()), max: memory.max.map(Into::into) }),
        cpu_manufacturers: words(request.cpu_manufacturers.as_ref()),
        memory_gib_per_vcpu: range!(request.memory_gib_per_vcpu),
        excluded_instance_types: words(request.excluded_instance_types.as_ref()),
        allowed_instance_types: words(request.allowed_instance_types.as_ref()),
        instance_generations: words(request.instance_generations.as_ref()),
        spot_max_price_percentage_over_lowest_price: request
            .spot_max_price_percentage_over_lowest_price
            .map(Into::into),
        max_spot_price_as_percentage_of_optimal_on_demand_price: request
            .max_spot_price_as_percentage_of_optimal_on_demand_price
            .map(Into::into),
        on_demand_max_price_percentage_over_lowest_price: request
            .on_demand_max_price_percentage_over_lowest_price
            .map(Into::into),
        bare_metal: request.bare_metal.clone(),
        burstable_performance: request.burstable_performance.clone(),
        require_hibernate_support: request.require_hibernate_support == Some(true),
        network_interface_count: range!(request.network_interface_count),
        local_storage: request.local_storage.clone(),
        local_storage_types: words(request.local_storage_types.as_ref()),
        total_local_storage_gb: range!(request.total_local_storage_gb),
        baseline_ebs_bandwidth_mbps: range!(request.baseline_ebs_bandwidth_mbps),
        accelerator_types: words(request.accelerator_types.as_ref()),
        accelerator_count: range!(request.accelerator_count),
        accelerator_manufacturers: words(request.accelerator_manufacturers.as_ref()),
        accelerator_names: words(request.accelerator_names.as_ref()),
        accelerator_total_memory_mib: range!(request.accelerator_total_memory_mib),
        network_bandwidth_gbps: range!(request.network_bandwidth_gbps),
        baseline_performance_families: families
            .into_iter()
            .flatten()
            .filter_map(|reference| reference.instance_family.clone())
            .collect(),
        require_encryption_in_transit: request.require_encryption_in_transit == Some(true),
    }
}

/// The same for requirements as the API shows them, in which nothing is required.
///
/// # Errors
/// An internal error when the two shapes no longer agree.
pub fn from_shown(shown: &ec2::InstanceRequirements) -> Result<Requirements> {
    let from = convert::output::<ec2::DescribeLaunchTemplateVersions>(
        "LaunchTemplateVersions.LaunchTemplateData.InstanceRequirements",
    )?;
    let to = convert::input::<ec2::GetInstanceTypesFromInstanceRequirements>("InstanceRequirements")?;
    let request: ec2::InstanceRequirementsRequest = convert::convert(from, shown, to)?;
    Ok(from_request(&request))
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use crate::testing::{call, code, world};

    fn request() -> ec2::GetInstanceTypesFromInstanceRequirementsRequest {
        ec2::GetInstanceTypesFromInstanceRequirementsRequest {
            architecture_types: vec!["x86_64".to_owned()],
            virtualization_types: vec!["hvm".to_owned()],
            instance_requirements: ec2::InstanceRequirementsRequest {
                vcpu_count: ec2::VCpuCountRangeRequest { min: 2, max: Some(2) },
                memory_mib: ec2::MemoryMiBRequest { min: 8192, max: Some(8192) },
                ..Default::default()
            },
            ..Default::default()
        }
    }

    #[test]
    fn finds_what_has_the_attributes() {
        let output = call::<ec2::GetInstanceTypesFromInstanceRequirements>(&world(), &request()).unwrap();
        let names: Vec<String> =
            output.instance_types.unwrap().into_iter().filter_map(|info| info.instance_type).collect();
        assert!(names.contains(&"m5.large".to_owned()));
        for name in ["m6g.large", "t3.large", "c5.large"] {
            assert!(!names.contains(&name.to_owned()), "{name}");
        }
    }

    #[test]
    fn pages_hold_what_was_asked() {
        let world = world();
        let first =
            ec2::GetInstanceTypesFromInstanceRequirementsRequest { max_results: Some(3), ..request() };
        let output = call::<ec2::GetInstanceTypesFromInstanceRequirements>(&world, &first).unwrap();
        assert_eq!(output.instance_types.unwrap().len(), 3);
        assert!(output.next_token.is_some());
    }

    #[test]
    fn wrong_words_are_refused() {
        let wrong = ec2::GetInstanceTypesFromInstanceRequirementsRequest {
            architecture_types: vec!["riscv".to_owned()],
            ..request()
        };
        assert_eq!(
            code::<ec2::GetInstanceTypesFromInstanceRequirements>(&world(), &wrong),
            "InvalidParameterValue"
        );
    }
}
