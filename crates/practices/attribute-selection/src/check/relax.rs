//! What each attribute costs: it is left out, and the preview asked again. That works on a real account, too.

use std::collections::BTreeSet;

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_rig::catalogue::protection::Purchase;
use serde_json::{Value, json};

use crate::subject::{Subject, Wanted};
use crate::words::{as_json, from_json};

/// All that can be left out, without the ends of ranges.
pub const ATTRIBUTES: [&str; 21] = [
    "AcceleratorCount",
    "AcceleratorManufacturers",
    "AcceleratorNames",
    "AcceleratorTotalMemoryMiB",
    "AcceleratorTypes",
    "AllowedInstanceTypes",
    "BareMetal",
    "BaselineEbsBandwidthMbps",
    "BaselinePerformanceFactors",
    "BurstablePerformance",
    "CpuManufacturers",
    "ExcludedInstanceTypes",
    "InstanceGenerations",
    "LocalStorage",
    "LocalStorageTypes",
    "MemoryGiBPerVCpu",
    "NetworkBandwidthGbps",
    "NetworkInterfaceCount",
    "RequireEncryptionInTransit",
    "RequireHibernateSupport",
    "TotalLocalStorageGB",
];

/// One attribute left out.
pub struct Relaxed {
    /// The attribute, by the API's name, with the end of its range: `VCpuCount.Max`.
    pub attribute: String,
    /// Where it stands.
    pub place: String,
    /// How many types there are without it.
    pub left: usize,
}

impl Relaxed {
    /// The attribute without the end of its range.
    fn member(&self) -> &str {
        self.attribute.split('.').next().unwrap_or_default()
    }
}

/// Leaves out each attribute in turn, of all selections or of one; those that give more types, most first.
///
/// # Errors
/// What the service answers.
pub async fn each<C: Cloud>(
    cloud: &C,
    subject: &Subject,
    purchase: Purchase,
    only: Option<usize>,
) -> Result<Vec<Relaxed>, CallError> {
    let before = match only {
        Some(_) => 0,
        None => subject.launchable(purchase, None).len(),
    };
    let mut tried = Vec::new();
    for (index, selection) in subject.selections.iter().enumerate() {
        let Some(wanted) = selection.wanted.as_ref().filter(|_| only.is_none_or(|only| only == index)) else {
            continue;
        };
        for (attribute, request) in without_each(&wanted.request) {
            let relaxed = Wanted::preview(cloud, wanted.architecture.clone(), request).await?;
            let left = match only {
                Some(_) => relaxed.left(subject, purchase).0.len(),
                None => subject.launchable(purchase, Some((index, &relaxed))).len(),
            };
            if left > before {
                tried.push(Relaxed { attribute, place: selection.place.clone(), left });
            }
        }
    }
    // Equal ones stay in the order in which they stand; of the ends of a range and both, the one that gives most.
    tried.sort_by_key(|one| std::cmp::Reverse(one.left));
    let mut known = BTreeSet::new();
    tried.retain(|one: &Relaxed| known.insert((one.member().to_owned(), one.place.clone())));
    Ok(tried)
}

/// The requirements without one of their attributes, by the name that [`each`] gives it; none where they have none such.
pub fn without(
    request: &ec2::InstanceRequirementsRequest,
    attribute: &str,
) -> Option<ec2::InstanceRequirementsRequest> {
    let found = without_each(request).into_iter().find(|(name, _)| name == attribute);
    found.map(|(_, relaxed)| relaxed)
}

/// The requirements without each of their attributes, the ends of a range each by itself. Price protection is none of
/// them: the preview does not apply it.
fn without_each(
    request: &ec2::InstanceRequirementsRequest,
) -> Vec<(String, ec2::InstanceRequirementsRequest)> {
    let Some(Value::Object(all)) = as_json(request) else { return Vec::new() };
    let mut relaxed = Vec::new();
    let mut add = |name: String, changed: Value| {
        let mut members = all.clone();
        let member = name.split('.').next().unwrap_or_default().to_owned();
        match changed {
            Value::Null => members.remove(&member),
            changed => members.insert(member, changed),
        };
        relaxed.extend(from_json(&Value::Object(members)).map(|request| (name, request)));
    };
    for (name, value) in &all {
        if name.contains("Price") {
            continue;
        }
        // The least vCPUs and memory must be given: 0 asks for nothing.
        let is_required = matches!(name.as_str(), "VCpuCount" | "MemoryMiB");
        let Value::Object(range) = value else {
            add(name.clone(), Value::Null);
            continue;
        };
        for end in range.keys() {
            let mut open = range.clone();
            match (is_required, end.as_str()) {
                (true, "Min") if range[end] == json!(0) => continue,
                (true, "Min") => open.insert(end.clone(), json!(0)),
                _ => open.remove(end),
            };
            let changed = if open.is_empty() { Value::Null } else { Value::Object(open) };
            add(format!("{name}.{end}"), changed);
        }
        // One value for both ends is one wish.
        if !is_required && range.len() == 2 {
            add(name.clone(), Value::Null);
        }
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attribute_is_left_out_once() {
        let request = ec2::InstanceRequirementsRequest {
            vcpu_count: ec2::VCpuCountRangeRequest { min: 32, max: Some(36) },
            memory_mib: ec2::MemoryMiBRequest { min: 0, max: None },
            memory_gib_per_vcpu: Some(ec2::MemoryGiBPerVCpuRequest { min: Some(2.0), max: Some(2.0) }),
            cpu_manufacturers: Some(vec!["intel".to_owned()]),
            on_demand_max_price_percentage_over_lowest_price: Some(20),
            ..Default::default()
        };
        let all = without_each(&request);
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "CpuManufacturers",
            "MemoryGiBPerVCpu",
            "MemoryGiBPerVCpu.Max",
            "MemoryGiBPerVCpu.Min",
            "VCpuCount.Max",
            "VCpuCount.Min",
        ];
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
        let of = |name: &str| &all.iter().find(|(known, _)| known == name).unwrap().1;
        assert_eq!(of("CpuManufacturers").cpu_manufacturers, None);
        assert_eq!(of("CpuManufacturers").vcpu_count.max, Some(36));
        assert_eq!((of("VCpuCount.Min").vcpu_count.min, of("VCpuCount.Max").vcpu_count.max), (0, None));
        assert!(of("MemoryGiBPerVCpu").memory_gib_per_vcpu.is_none());
    }
}
