//! What is wrong with a set of requirements.

use super::select::ACCELERATOR_NAMES;
use super::{Inclusion, Range, Requirements};

/// Sets of instance requirements that one fleet request may hold; a fifth is answered with `InvalidParameterValue`,
/// "Your request contains more than the maximum allowed number of InstanceRequirements (4)".
pub const MAX_SETS_PER_REQUEST: usize = 4;

/// Entries that `AllowedInstanceTypes` or `ExcludedInstanceTypes` may hold (EC2 model).
pub const MAX_PATTERNS: usize = 400;

/// Characters of one such entry at most (EC2 model).
pub const MAX_PATTERN_LENGTH: usize = 30;

/// Something wrong with a parameter. Parameters are named below `InstanceRequirements`: `VCpuCount.Min`.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// It has to be there.
    Missing {
        /// Which.
        parameter: String,
    },
    /// Two that exclude each other.
    Combination {
        /// The first of them.
        parameter: &'static str,
        /// The second of them.
        other: &'static str,
    },
    /// Its value makes no sense.
    Value {
        /// Which.
        parameter: String,
        /// The value given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// AWS knows it, this rig does not.
    Unsupported {
        /// Which.
        parameter: &'static str,
        /// What is lacking.
        reason: &'static str,
    },
}

impl Problem {
    /// EC2's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "MissingParameter",
            Self::Combination { .. } => "InvalidParameterCombination",
            Self::Value { .. } => "InvalidParameterValue",
            Self::Unsupported { .. } => "UnsupportedOperation",
        }
    }

    /// The message, in the form that EC2 uses for errors of that code. `path` is where the requirements stand in the
    /// request: `InstanceRequirements`, `LaunchTemplateData.InstanceRequirements`.
    pub fn message(&self, path: &str) -> String {
        match self {
            Self::Missing { parameter } => {
                format!("The request must contain the parameter {path}.{parameter}")
            }
            Self::Combination { parameter, other } => {
                format!("The parameter {path}.{parameter} cannot be used with the parameter {path}.{other}")
            }
            Self::Value { parameter, value, reason } => {
                format!("Value ({value}) for parameter {path}.{parameter} is invalid. {reason}")
            }
            Self::Unsupported { parameter, reason } => {
                format!("the parameter {path}.{parameter} is not supported here: {reason}")
            }
        }
    }
}

/// Everything that is wrong with the requirements, in the order of the parameters of the API; empty if nothing is.
/// EC2 answers with the first.
pub fn validate(requirements: &Requirements) -> Vec<Problem> {
    let mut problems = Vec::new();
    let found = &mut problems;
    required(found, "VCpuCount", requirements.vcpu_count);
    required(found, "MemoryMiB", requirements.memory_mib);
    words(
        found,
        "CpuManufacturers",
        &requirements.cpu_manufacturers,
        &["intel", "amd", "amazon-web-services", "apple"],
    );
    fractions(found, "MemoryGiBPerVCpu", requirements.memory_gib_per_vcpu);
    patterns(found, "ExcludedInstanceTypes", &requirements.excluded_instance_types);
    patterns(found, "AllowedInstanceTypes", &requirements.allowed_instance_types);
    if !requirements.allowed_instance_types.is_empty() && !requirements.excluded_instance_types.is_empty() {
        found
            .push(Problem::Combination { parameter: "AllowedInstanceTypes", other: "ExcludedInstanceTypes" });
    }
    words(found, "InstanceGenerations", &requirements.instance_generations, &["current", "previous"]);
    prices(found, requirements);
    inclusion(found, "BareMetal", &requirements.bare_metal);
    inclusion(found, "BurstablePerformance", &requirements.burstable_performance);
    wholes(found, "NetworkInterfaceCount", requirements.network_interface_count);
    inclusion(found, "LocalStorage", &requirements.local_storage);
    words(found, "LocalStorageTypes", &requirements.local_storage_types, &["hdd", "ssd"]);
    fractions(found, "TotalLocalStorageGB", requirements.total_local_storage_gb);
    wholes(found, "BaselineEbsBandwidthMbps", requirements.baseline_ebs_bandwidth_mbps);
    words(found, "AcceleratorTypes", &requirements.accelerator_types, &["gpu", "fpga", "inference", "media"]);
    wholes(found, "AcceleratorCount", requirements.accelerator_count);
    words(
        found,
        "AcceleratorManufacturers",
        &requirements.accelerator_manufacturers,
        &["amazon-web-services", "amd", "nvidia", "xilinx", "habana"],
    );
    let names = ACCELERATOR_NAMES.map(|(_, word)| word);
    words(found, "AcceleratorNames", &requirements.accelerator_names, &names);
    wholes(found, "AcceleratorTotalMemoryMiB", requirements.accelerator_total_memory_mib);
    fractions(found, "NetworkBandwidthGbps", requirements.network_bandwidth_gbps);
    if !requirements.baseline_performance_families.is_empty() {
        found.push(Problem::Unsupported {
            parameter: "BaselinePerformanceFactors",
            reason: "there are no figures of CPU performance to compare with",
        });
    }
    problems
}

fn prices(found: &mut Vec<Problem>, requirements: &Requirements) {
    let spot = requirements.spot_max_price_percentage_over_lowest_price;
    let optimal = requirements.max_spot_price_as_percentage_of_optimal_on_demand_price;
    let on_demand = requirements.on_demand_max_price_percentage_over_lowest_price;
    if spot.is_some() && optimal.is_some() {
        found.push(Problem::Combination {
            parameter: "SpotMaxPricePercentageOverLowestPrice",
            other: "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
        });
    }
    let percentages = [
        ("SpotMaxPricePercentageOverLowestPrice", spot),
        ("MaxSpotPriceAsPercentageOfOptimalOnDemandPrice", optimal),
        ("OnDemandMaxPricePercentageOverLowestPrice", on_demand),
    ];
    for (parameter, value) in percentages {
        if let Some(percent) = value.filter(|percent| *percent < 0) {
            found.push(bad(parameter, percent, "It must not be negative."));
        }
    }
}

fn required(found: &mut Vec<Problem>, parameter: &str, range: Option<Range<i64>>) {
    match range {
        None => found.push(Problem::Missing { parameter: parameter.to_owned() }),
        Some(Range { min: None, .. }) => {
            found.push(Problem::Missing { parameter: format!("{parameter}.Min") })
        }
        Some(_) => wholes(found, parameter, range),
    }
}

fn wholes(found: &mut Vec<Problem>, parameter: &str, range: Option<Range<i64>>) {
    let Some(Range { min, max }) = range else { return };
    for (end, value) in [("Min", min), ("Max", max)] {
        if let Some(number) = value.filter(|number| *number < 0) {
            found.push(bad(&format!("{parameter}.{end}"), number, "It must not be negative."));
        }
    }
    if let (Some(least), Some(most)) = (min, max)
        && least > most
    {
        found.push(bad(
            &format!("{parameter}.Min"),
            least,
            &format!("It must not be above {parameter}.Max ({most})."),
        ));
    }
}

fn fractions(found: &mut Vec<Problem>, parameter: &str, range: Option<Range<f64>>) {
    let Some(Range { min, max }) = range else { return };
    for (end, value) in [("Min", min), ("Max", max)] {
        if let Some(number) = value.filter(|number| !number.is_finite() || *number < 0.0) {
            found.push(bad(
                &format!("{parameter}.{end}"),
                number,
                "It must be a number that is not negative.",
            ));
        }
    }
    if let (Some(least), Some(most)) = (min, max)
        && least > most
    {
        found.push(bad(
            &format!("{parameter}.Min"),
            least,
            &format!("It must not be above {parameter}.Max ({most})."),
        ));
    }
}

fn words(found: &mut Vec<Problem>, parameter: &str, given: &[String], known: &[&str]) {
    for word in given {
        if !known.contains(&word.as_str()) {
            found.push(bad(parameter, word, &format!("It must be one of {}.", known.join(", "))));
        }
    }
}

fn inclusion(found: &mut Vec<Problem>, parameter: &str, given: &Option<String>) {
    if let Some(word) = given
        && Inclusion::parse(word).is_none()
    {
        found.push(bad(parameter, word, "It must be one of included, required, excluded."));
    }
}

fn patterns(found: &mut Vec<Problem>, parameter: &str, given: &[String]) {
    if given.len() > MAX_PATTERNS {
        found.push(bad(parameter, given.len(), &format!("There can be at most {MAX_PATTERNS} entries.")));
    }
    for pattern in given {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'*' | b'-');
        if pattern.is_empty() || pattern.len() > MAX_PATTERN_LENGTH || !pattern.bytes().all(allowed) {
            let reason = format!(
                "An entry has 1 to {MAX_PATTERN_LENGTH} letters, digits, dots, hyphens and asterisks."
            );
            found.push(bad(parameter, pattern, &reason));
        }
    }
}

fn bad(parameter: &str, value: impl ToString, reason: &str) -> Problem {
    // Values come from the caller: keep what is repeated back short.
    let value: String = value.to_string().chars().take(100).collect();
    Problem::Value { parameter: parameter.to_owned(), value, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: impl FnOnce(&mut Requirements)) -> Vec<String> {
        let mut requirements = Requirements::at_least(1, 1);
        change(&mut requirements);
        let found = validate(&requirements);
        found.iter().map(|problem| format!("{}: {}", problem.code(), problem.message("R"))).collect()
    }

    #[test]
    fn nothing_wrong() {
        assert!(problems(|_| {}).is_empty());
        assert!(problems(|r| r.vcpu_count = Some(Range::between(0, 0))).is_empty());
        assert!(
            problems(|r| r.allowed_instance_types = vec!["c5*.*".into(), "m7i.metal-24xl".into()]).is_empty()
        );
        assert!(problems(|r| r.on_demand_max_price_percentage_over_lowest_price = Some(999_999)).is_empty());
    }

    #[test]
    fn the_two_required_minimums() {
        assert_eq!(
            validate(&Requirements::default()),
            [
                Problem::Missing { parameter: "VCpuCount".into() },
                Problem::Missing { parameter: "MemoryMiB".into() }
            ]
        );
        assert_eq!(
            problems(|r| r.memory_mib = Some(Range { min: None, max: Some(5) })),
            ["MissingParameter: The request must contain the parameter R.MemoryMiB.Min"]
        );
    }

    #[test]
    fn minimum_above_maximum_and_negative_numbers() {
        assert_eq!(
            problems(|r| r.vcpu_count = Some(Range::between(9, 8))),
            ["InvalidParameterValue: Value (9) for parameter R.VCpuCount.Min is invalid. \
             It must not be above VCpuCount.Max (8)."]
        );
        assert_eq!(problems(|r| r.accelerator_count = Some(Range::at_least(-1))).len(), 1);
        assert_eq!(problems(|r| r.total_local_storage_gb = Some(Range::at_least(f64::NAN))).len(), 1);
        assert_eq!(problems(|r| r.memory_gib_per_vcpu = Some(Range::between(2.0, 1.0))).len(), 1);
        assert_eq!(problems(|r| r.spot_max_price_percentage_over_lowest_price = Some(-1)).len(), 1);
    }

    #[test]
    fn parameters_that_exclude_each_other() {
        let both = problems(|r| {
            r.allowed_instance_types = vec!["m5.*".into()];
            r.excluded_instance_types = vec!["c5.*".into()];
        });
        assert_eq!(
            both,
            [
                "InvalidParameterCombination: The parameter R.AllowedInstanceTypes cannot be used with the parameter \
             R.ExcludedInstanceTypes"
            ]
        );
        let spot = problems(|r| {
            r.spot_max_price_percentage_over_lowest_price = Some(100);
            r.max_spot_price_as_percentage_of_optimal_on_demand_price = Some(60);
        });
        assert_eq!(spot.len(), 1);
    }

    #[test]
    fn words_and_patterns() {
        assert_eq!(problems(|r| r.cpu_manufacturers = vec!["intel".into(), "via".into()]).len(), 1);
        assert_eq!(problems(|r| r.bare_metal = Some("maybe".into())).len(), 1);
        assert_eq!(problems(|r| r.accelerator_names = vec!["a100".into(), "abacus".into()]).len(), 1);
        assert_eq!(problems(|r| r.excluded_instance_types = vec![String::new()]).len(), 1);
        assert_eq!(problems(|r| r.excluded_instance_types = vec!["m5 large".into()]).len(), 1);
        assert_eq!(problems(|r| r.excluded_instance_types = vec!["m".repeat(31)]).len(), 1);
        assert_eq!(problems(|r| r.excluded_instance_types = vec!["m5.*".into(); 401]).len(), 1);
        // What is said back stays short, however long the value was.
        let long = problems(|r| r.local_storage = Some("x".repeat(1_000_000)));
        assert!(long[0].len() < 300);
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        let found = problems(|r| r.baseline_performance_families = vec!["c6i".into()]);
        assert!(
            found[0].starts_with("UnsupportedOperation: ") && found[0].contains("BaselinePerformanceFactors")
        );
    }
}
