//! The example of "How to prepare your application to scale reliably with Amazon EC2" (2022): at least 8 vCPUs, at
//! least 64 GiB, 8 GiB for each vCPU, "up to 73 instance types".

use ironbird_rig::catalogue::protection::{PriceBasis, Priced, Purchase, protect};
use ironbird_rig::catalogue::{InstanceType, offerings};

use super::select::{ImageNeeds, Selection, select};
use super::{Range, Requirements};

fn example() -> Requirements {
    let mut requirements = Requirements::at_least(8, 64 * 1024);
    requirements.memory_gib_per_vcpu = Some(Range::between(8.0, 8.0));
    requirements
}

fn in_region(region: &str, needs: &ImageNeeds<'_>) -> Selection {
    select(&example(), needs, offerings::in_region(region))
}

fn priced(region: &str, types: &[&'static InstanceType]) -> Vec<Priced> {
    types.iter().map(|entry| Priced::usually(region, entry)).collect()
}

/// Families that were there when the post was written, in spring 2022, and have 8 GiB for each vCPU in some size. The
/// list is reconstructed from launch dates; i4i, r6id and r6a came within the next months.
const FAMILIES_OF_2022: [&str; 15] = [
    "d3", "dl1", "i3en", "p3dn", "r5", "r5a", "r5ad", "r5b", "r5d", "r5dn", "r5n", "r6g", "r6gd", "r6i",
    "z1d",
];

/// The post's number, "up to 73": all architectures, without price protection, as the preview in the console does it.
/// Ireland never had dl1.
#[test]
fn the_types_of_2022_are_up_to_73() {
    for (region, expected) in [("us-east-1", 73), ("eu-west-1", 72)] {
        let matching = in_region(region, &ImageNeeds::default()).matching;
        let then = matching.iter().filter(|entry| FAMILIES_OF_2022.contains(&entry.family()));
        assert_eq!(then.count(), expected, "{region}");
    }
}

/// Today's number is larger because of the families that came since (r6a, r6id, r7, r8, i4, i7, x8…), and differs
/// between Regions because not all of them are offered everywhere.
#[test]
fn the_types_of_2026_are_three_times_as_many() {
    let x86 = ImageNeeds { architectures: &["x86_64"], ..ImageNeeds::default() };
    let arm = ImageNeeds { architectures: &["arm64"], ..ImageNeeds::default() };
    for (region, all, intel_and_amd) in [("us-east-1", 262, 195), ("eu-west-1", 208, 155)] {
        let counts = [ImageNeeds::default(), x86, arm].map(|needs| in_region(region, &needs).matching.len());
        assert_eq!(counts, [all, intel_and_amd, all - intel_and_amd], "{region}");
    }
}

/// A group launches far fewer of them by default: prices are compared for an instance, so that only the smallest
/// sizes are within 20 percent of the lowest price. With vCPUs as the unit, sizes do not matter.
#[test]
fn price_protection_leaves_few_of_them() {
    let x86 = ImageNeeds { architectures: &["x86_64"], ..ImageNeeds::default() };
    for (region, reference, by_instance, by_vcpu) in
        [("us-east-1", "r5a.2xlarge", 7, 46), ("eu-west-1", "r6a.2xlarge", 7, 45)]
    {
        let types = priced(region, &in_region(region, &x86).matching);
        let instances = protect(&example().thresholds(), Purchase::OnDemand, PriceBasis::Instance, &types);
        assert_eq!(instances.reference.map(|entry| entry.name), Some(reference), "{region}");
        assert_eq!(instances.kept.len(), by_instance, "{region}");
        assert!(instances.kept.iter().all(|kept| kept.instance_type.size() == "2xlarge"));
        let vcpus = protect(&example().thresholds(), Purchase::OnDemand, PriceBasis::Vcpu, &types);
        assert_eq!(vcpus.kept.len(), by_vcpu, "{region}");
        let mut open = example();
        open.on_demand_max_price_percentage_over_lowest_price = Some(999_999);
        let unprotected = protect(&open.thresholds(), Purchase::OnDemand, PriceBasis::Instance, &types);
        assert_eq!(unprotected.kept.len(), types.len(), "{region}");
    }
}

/// Every type that is left out says why.
#[test]
fn what_keeps_the_others_out() {
    let selection = in_region("us-east-1", &ImageNeeds::default());
    let mut reasons = std::collections::BTreeMap::new();
    for exclusion in &selection.excluded {
        *reasons.entry(exclusion.mismatch.attribute).or_insert(0) += 1;
    }
    let attributes: Vec<_> = reasons.keys().copied().collect();
    assert_eq!(attributes, ["BareMetal", "MemoryGiBPerVCpu", "MemoryMiB", "VCpuCount"]);
    assert_eq!(reasons.values().sum::<i32>(), 1_243 - 262);
}
