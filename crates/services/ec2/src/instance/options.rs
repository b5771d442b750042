//! Launch options that are kept and given back. What most would do on AWS happens in the guest or on the host, neither
//! of which the rig has; those of the metadata service work.

use ironbird_api::ec2;
use ironbird_rig::Result;
use ironbird_rig::catalogue::InstanceType;
use serde::{Deserialize, Serialize};

use super::metadata_defaults::Defaults;
use crate::error;

/// The options of a launch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Options {
    pub(crate) metadata: Metadata,
    /// Detailed monitoring.
    pub(crate) monitoring: bool,
    pub(crate) hibernation: bool,
    pub(crate) enclave: bool,
    /// Cores and threads of a core, where they differ from the type's.
    pub(crate) cpu: Option<(i32, i32)>,
    pub(crate) amd_sev_snp: Option<String>,
    /// `enabled` or `disabled`
    #[serde(default)]
    pub(crate) nested_virtualization: Option<String>,
    /// `default` or `disabled`
    pub(crate) auto_recovery: Option<String>,
    /// `default` or `disabled`
    #[serde(default)]
    pub(crate) reboot_migration: Option<String>,
    /// `ip-name` or `resource-name`, and whether A and AAAA records are made.
    pub(crate) names: Option<(String, bool, bool)>,
    pub(crate) bandwidth_weighting: Option<String>,
    pub(crate) licenses: Vec<String>,
}

/// Options of the instance metadata service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) tokens: String,
    pub(crate) hop_limit: i32,
    pub(crate) endpoint: String,
    pub(crate) ipv6: String,
    pub(crate) tags: String,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            tokens: "optional".to_owned(),
            hop_limit: 1,
            endpoint: "enabled".to_owned(),
            ipv6: "disabled".to_owned(),
            tags: "disabled".to_owned(),
        }
    }
}

impl Options {
    /// Reads the options of a request. Images say whether tokens are required unless the request says otherwise.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a word or number that AWS does not take, `InvalidParameterCombination` for an
    /// enclave that hibernates.
    pub(super) fn read(
        input: &ec2::RunInstancesRequest,
        tokens_required: bool,
        defaults: Defaults,
    ) -> Result<Self> {
        let cpu = input.cpu_options.as_ref();
        let cores =
            cores_and_threads(cpu.and_then(|cpu| cpu.core_count), cpu.and_then(|cpu| cpu.threads_per_core))?;
        let names = input.private_dns_name_options.as_ref().map(|names| {
            (
                names.hostname_type.clone().unwrap_or_else(|| "ip-name".to_owned()),
                names.enable_resource_name_dns_a_record.unwrap_or(false),
                names.enable_resource_name_dns_aaaa_record.unwrap_or(false),
            )
        });
        let licenses = input.license_specifications.iter().flatten();
        let options = Self {
            metadata: Metadata::read(input.metadata_options.as_ref(), tokens_required, defaults)?,
            monitoring: input.monitoring.as_ref().is_some_and(|monitoring| monitoring.enabled),
            hibernation: input
                .hibernation_options
                .as_ref()
                .is_some_and(|options| options.configured == Some(true)),
            enclave: input.enclave_options.as_ref().is_some_and(|options| options.enabled == Some(true)),
            cpu: cores,
            amd_sev_snp: cpu.and_then(|cpu| cpu.amd_sev_snp.clone()),
            nested_virtualization: cpu.and_then(|cpu| cpu.nested_virtualization.clone()),
            reboot_migration: None,
            auto_recovery: input
                .maintenance_options
                .as_ref()
                .and_then(|options| options.auto_recovery.clone()),
            names,
            bandwidth_weighting: input
                .network_performance_options
                .as_ref()
                .and_then(|options| options.bandwidth_weighting.clone()),
            licenses: licenses.filter_map(|license| license.license_configuration_arn.clone()).collect(),
        };
        options.check()?;
        if options.hibernation && options.enclave {
            let message = "Hibernation and Nitro Enclaves cannot both be enabled on the same instance.";
            return Err(error::invalid_combination(message));
        }
        Ok(options)
    }

    /// The type of host name, and whether A and AAAA records are made for it.
    pub(super) fn names(&self) -> (String, bool, bool) {
        self.names.clone().unwrap_or_else(|| ("ip-name".to_owned(), false, false))
    }

    fn check(&self) -> Result<()> {
        let kind = self.names.as_ref().map(|(kind, ..)| kind.as_str());
        check_word(kind, &["ip-name", "resource-name"], "HostnameType")?;
        check_word(self.auto_recovery.as_deref(), &["default", "disabled"], "AutoRecovery")?;
        check_word(self.bandwidth_weighting.as_deref(), WEIGHTINGS, "BandwidthWeighting")?;
        check_word(self.amd_sev_snp.as_deref(), &["enabled", "disabled"], "AmdSevSnp")?;
        check_word(self.nested_virtualization.as_deref(), &["enabled", "disabled"], "NestedVirtualization")
    }
}

/// How a host's bandwidth is weighted.
pub(super) const WEIGHTINGS: &[&str] = &["default", "vpc-1", "ebs-1"];

/// Checks a word, if there is one, against those that AWS takes.
///
/// # Errors
/// `InvalidParameterValue`
pub(super) fn check_word(word: Option<&str>, allowed: &[&str], name: &str) -> Result<()> {
    match word {
        Some(word) if !allowed.contains(&word) => Err(error::invalid_parameter_value(word, name)),
        _ => Ok(()),
    }
}

/// Cores and threads of a core, which come together or not at all.
///
/// # Errors
/// `MissingParameter` for one without the other.
pub(super) fn cores_and_threads(cores: Option<i32>, threads: Option<i32>) -> Result<Option<(i32, i32)>> {
    if cores.is_some() != threads.is_some() {
        let message = "When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore.";
        return Err(error::missing(message));
    }
    Ok(cores.zip(threads))
}

/// Checks cores and threads of a core against those that a type can have; where these are not known, against its vCPUs.
/// Source: user guide, "Rules for specifying CPU options".
///
/// # Errors
/// `InvalidParameterValue`, and `InvalidParameterCombination` for bare metal.
pub(super) fn check_cpu(entry: &InstanceType, (cores, threads): (i32, i32)) -> Result<()> {
    if entry.bare_metal {
        let message =
            format!("CPU options cannot be specified for the bare metal instance type {}.", entry.name);
        return Err(error::invalid_combination(message));
    }
    let asked = [
        (cores, &entry.vcpu.valid_cores, "coreCount"),
        (threads, &entry.vcpu.valid_threads_per_core, "threadsPerCore"),
    ];
    for (number, valid, name) in asked {
        let text = number.to_string();
        if number < 1 || !valid.is_empty() && !valid.contains(&text) {
            return Err(error::invalid_parameter_value(&text, name));
        }
    }
    let vcpus = i64::from(cores) * i64::from(threads);
    if vcpus > i64::from(entry.vcpu.default_vcpus) {
        return Err(error::invalid_parameter_value(&cores.to_string(), "coreCount"));
    }
    Ok(())
}

impl Metadata {
    /// What a launch asks for goes over what the account wants, and that over what the image asks for.
    fn read(
        given: Option<&ec2::InstanceMetadataOptionsRequest>,
        tokens_required: bool,
        defaults: Defaults,
    ) -> Result<Self> {
        let mut options = Self::default();
        if tokens_required {
            "required".clone_into(&mut options.tokens);
            options.hop_limit = 2;
        }
        options.change(&defaults.options())?;
        if let Some(given) = given {
            options.change(given)?;
        }
        Ok(options)
    }

    /// Changes what is given; the rest stays.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a word or number that AWS does not take.
    pub(super) fn change(&mut self, given: &ec2::InstanceMetadataOptionsRequest) -> Result<()> {
        let words = [
            (&given.http_tokens, &mut self.tokens, ["optional", "required"], "HttpTokens"),
            (&given.http_endpoint, &mut self.endpoint, ["enabled", "disabled"], "HttpEndpoint"),
            (&given.http_protocol_ipv6, &mut self.ipv6, ["enabled", "disabled"], "HttpProtocolIpv6"),
            (&given.instance_metadata_tags, &mut self.tags, ["enabled", "disabled"], "InstanceMetadataTags"),
        ];
        for (word, option, allowed, name) in words {
            let Some(word) = word else { continue };
            if !allowed.contains(&word.as_str()) {
                return Err(error::invalid_parameter_value(word, name));
            }
            option.clone_from(word);
        }
        if let Some(limit) = given.http_put_response_hop_limit {
            if !(1..=64).contains(&limit) {
                return Err(error::invalid_parameter_value(&limit.to_string(), "HttpPutResponseHopLimit"));
            }
            self.hop_limit = limit;
        }
        Ok(())
    }

    /// As `DescribeInstances` shows it.
    pub(crate) fn view(&self) -> ec2::InstanceMetadataOptionsResponse {
        ec2::InstanceMetadataOptionsResponse {
            state: Some("applied".to_owned()),
            http_tokens: Some(self.tokens.clone()),
            http_put_response_hop_limit: Some(self.hop_limit),
            http_endpoint: Some(self.endpoint.clone()),
            http_protocol_ipv6: Some(self.ipv6.clone()),
            instance_metadata_tags: Some(self.tags.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Defaults, Options};
    use ironbird_api::ec2;

    #[test]
    fn words_of_the_metadata_service_are_checked() {
        let metadata = |tokens: &str, hops| ec2::RunInstancesRequest {
            metadata_options: Some(ec2::InstanceMetadataOptionsRequest {
                http_tokens: Some(tokens.to_owned()),
                http_put_response_hop_limit: Some(hops),
                ..Default::default()
            }),
            ..Default::default()
        };
        let options = Options::read(&metadata("optional", 64), true, Defaults::default()).unwrap();
        assert_eq!((options.metadata.tokens.as_str(), options.metadata.hop_limit), ("optional", 64));
        assert!(Options::read(&metadata("sometimes", 1), false, Defaults::default()).is_err());
        assert!(Options::read(&metadata("required", 65), false, Defaults::default()).is_err());
    }
}
