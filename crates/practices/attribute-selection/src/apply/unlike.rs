//! Where types that come in are unlike all that there were before: what the attributes cannot say, or were not asked to.

use std::collections::BTreeSet;

use ironbird_api::ec2::InstanceTypeInfo;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;

use crate::derive::described;
use crate::words::some;

/// What a type may have that no earlier one has, and why that may matter.
type Trait = (fn(&InstanceTypeInfo) -> bool, &'static str);

const TRAITS: [Trait; 7] = [
    (|info| is_made_by(info, "Intel"), "have Intel processors"),
    (|info| is_made_by(info, "AMD"), "have AMD processors"),
    (|info| info.instance_storage_supported == Some(true), "have disks of their own"),
    (|info| info.burstable_performance_supported == Some(true), "are burstable"),
    (|info| info.current_generation == Some(false), "are of a previous generation"),
    (
        |info| info.hypervisor.as_deref() == Some("nitro"),
        "run on Nitro: the image must have drivers for NVMe and ENA",
    ),
    (|info| info.gpu_info.is_some() || info.neuron_info.is_some(), "have accelerators"),
];

/// One line for each trait that only new types have.
///
/// # Errors
/// What the service answers.
pub async fn warnings<C: Cloud>(
    cloud: &C,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> Result<Vec<String>, CallError> {
    let new: Vec<String> = after.difference(before).cloned().collect();
    let earlier: Vec<String> = before.iter().cloned().collect();
    if new.is_empty() || earlier.is_empty() {
        return Ok(Vec::new());
    }
    let (earlier, new) = (described(cloud, &earlier).await?, described(cloud, &new).await?);
    let mut warnings = Vec::new();
    for (has, words) in TRAITS {
        let mut names: Vec<String> =
            new.iter().filter(|info| has(info)).filter_map(|info| info.instance_type.clone()).collect();
        if names.is_empty() || earlier.iter().any(has) {
            continue;
        }
        names.sort();
        warnings.push(format!("unlike any before, {} {words}: {}", names.len(), some(&names, 3)));
    }
    Ok(warnings)
}

fn is_made_by(info: &InstanceTypeInfo, maker: &str) -> bool {
    let own = info.processor_info.as_ref().and_then(|processor| processor.manufacturer.as_deref());
    own.is_some_and(|own| own.eq_ignore_ascii_case(maker))
}
