//! Price protection: types that match the attributes but cost far more than they need to are left out.
//!
//! The price to compare with is that of the reference type: the lowest priced current generation C, M or R type that
//! matches; failing that, the lowest priced current generation type; failing that, the lowest priced type of the
//! previous generation.
//!
//! When no Spot parameter is given, AWS applies a protection of its own, whose rule it does not publish. Here that is
//! the published default of `SpotMaxPricePercentageOverLowestPrice`, 100 percent above the lowest price.

use ironbird_rig::catalogue::{InstanceType, NanoUsd};

use super::Requirements;
use super::select::{Exclusion, Mismatch, Seen};

/// Percent at and above which protection is off, and types whose price is not known stay in as well.
pub const OFF_PERCENT: i64 = 999_999;

const DEFAULT_ON_DEMAND_PERCENT: i64 = 20;
const DEFAULT_SPOT_PERCENT: i64 = 100;

/// How the capacity is bought; the thresholds differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purchase {
    /// At the list price.
    OnDemand,
    /// At the Spot price.
    Spot,
}

/// What prices are compared for: `TargetCapacityUnitType` of a fleet, `DesiredCapacityType` of an Auto Scaling group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum PriceBasis {
    /// A whole instance (`units`).
    #[default]
    Instance,
    /// One vCPU (`vcpu`).
    Vcpu,
    /// One MiB of memory (`memory-mib`).
    MemoryMib,
}

impl PriceBasis {
    /// The basis of a `TargetCapacityUnitType`.
    pub fn parse(unit: &str) -> Option<Self> {
        match unit {
            "units" => Some(Self::Instance),
            "vcpu" => Some(Self::Vcpu),
            "memory-mib" => Some(Self::MemoryMib),
            _ => None,
        }
    }

    /// How many units of capacity an instance of the type is.
    pub fn units(self, entry: &InstanceType) -> u64 {
        match self {
            Self::Instance => 1,
            Self::Vcpu => u64::from(entry.vcpu.default_vcpus),
            Self::MemoryMib => entry.memory_mib,
        }
    }
}

/// A type that matches, and what an hour of it costs.
#[derive(Clone, Copy, Debug)]
pub struct Priced {
    /// The type.
    pub instance_type: &'static InstanceType,
    /// On-Demand price, if known.
    pub on_demand: Option<NanoUsd>,
    /// Spot price, if known.
    pub spot: Option<NanoUsd>,
}

impl Priced {
    fn price(&self, purchase: Purchase) -> Option<NanoUsd> {
        match purchase {
            Purchase::OnDemand => self.on_demand,
            Purchase::Spot => self.spot,
        }
    }
}

/// The outcome of price protection.
#[derive(Clone, Debug, Default)]
pub struct Protected {
    /// The types that stay, in the order given.
    pub kept: Vec<Priced>,
    /// The types that cost too much, or whose price is not known. [`Seen::Amount`] is the price in USD an hour, of an
    /// instance.
    pub excluded: Vec<Exclusion>,
    /// The type whose price was compared with; none if no price is known.
    pub reference: Option<&'static InstanceType>,
}

/// The rule that applies to one purchase option.
struct Threshold {
    /// The parameter it comes from.
    parameter: &'static str,
    /// Percent of the reference price that a price may be.
    percent: i64,
    /// The price of the reference type that counts.
    reference: Purchase,
    /// Whether everything stays.
    off: bool,
}

/// Leaves out the types that the requirements' price protection excludes.
pub fn protect(
    requirements: &Requirements,
    purchase: Purchase,
    basis: PriceBasis,
    types: &[Priced],
) -> Protected {
    let threshold = threshold(requirements, purchase);
    let reference = reference(threshold.reference, basis, types);
    let mut outcome =
        Protected { reference: reference.map(|found| found.instance_type), ..Protected::default() };
    let limit = reference.and_then(|found| found.price(threshold.reference).map(|price| (found, price)));
    for candidate in types {
        let price = candidate.price(purchase);
        let fits = match (price, limit) {
            (Some(price), Some((found, limit))) => {
                let units = i128::from(basis.units(candidate.instance_type));
                let limit_units = i128::from(basis.units(found.instance_type));
                // price / units <= limit / limit_units * percent / 100, without rounding
                i128::from(price.0) * limit_units * 100
                    <= i128::from(limit.0) * units * i128::from(threshold.percent)
            }
            _ => false,
        };
        if fits || threshold.off {
            outcome.kept.push(*candidate);
            continue;
        }
        let seen = price.map_or(Seen::Unknown, |known| Seen::Amount(known.as_usd()));
        let mismatch = Mismatch { attribute: threshold.parameter, seen };
        outcome.excluded.push(Exclusion { instance_type: candidate.instance_type, mismatch });
    }
    outcome
}

fn threshold(requirements: &Requirements, purchase: Purchase) -> Threshold {
    let over = |parameter, percent: i64| Threshold {
        parameter,
        percent: percent.saturating_add(100),
        reference: purchase,
        off: percent >= OFF_PERCENT,
    };
    match purchase {
        Purchase::OnDemand => over(
            "OnDemandMaxPricePercentageOverLowestPrice",
            requirements
                .on_demand_max_price_percentage_over_lowest_price
                .unwrap_or(DEFAULT_ON_DEMAND_PERCENT),
        ),
        Purchase::Spot => match requirements.max_spot_price_as_percentage_of_optimal_on_demand_price {
            Some(percent) => Threshold {
                parameter: "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
                percent,
                reference: Purchase::OnDemand,
                off: percent >= OFF_PERCENT,
            },
            None => over(
                "SpotMaxPricePercentageOverLowestPrice",
                requirements.spot_max_price_percentage_over_lowest_price.unwrap_or(DEFAULT_SPOT_PERCENT),
            ),
        },
    }
}

/// The reference type; of equally priced ones the first.
fn reference(purchase: Purchase, basis: PriceBasis, types: &[Priced]) -> Option<Priced> {
    let lowest = |accept: &dyn Fn(&InstanceType) -> bool| {
        let priced = types.iter().filter(|candidate| accept(candidate.instance_type));
        let priced = priced.filter_map(|candidate| Some((candidate.price(purchase)?, candidate)));
        let cheapest = priced.min_by(|(price, candidate), (other_price, other)| {
            let units = i128::from(basis.units(candidate.instance_type));
            let other_units = i128::from(basis.units(other.instance_type));
            (i128::from(price.0) * other_units).cmp(&(i128::from(other_price.0) * units))
        });
        cheapest.map(|(_, candidate)| *candidate)
    };
    lowest(&|entry| entry.current_generation && is_c_m_or_r(entry))
        .or_else(|| lowest(&|entry| entry.current_generation))
        .or_else(|| lowest(&|_| true))
}

/// Whether the family is a C, M or R family: the letter, then the number of the generation (`mac2` is none).
fn is_c_m_or_r(entry: &InstanceType) -> bool {
    let mut letters = entry.family().chars();
    matches!(letters.next(), Some('c' | 'm' | 'r'))
        && letters.next().is_some_and(|next| next.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use ironbird_rig::catalogue::instance_types;

    use super::*;

    fn priced(list: &[(&str, Option<i64>, Option<i64>)]) -> Vec<Priced> {
        let one = |(name, on_demand, spot): &(&str, Option<i64>, Option<i64>)| Priced {
            instance_type: instance_types::get(name).unwrap(),
            on_demand: on_demand.map(NanoUsd),
            spot: spot.map(NanoUsd),
        };
        list.iter().map(one).collect()
    }

    fn kept(
        requirements: &Requirements,
        purchase: Purchase,
        basis: PriceBasis,
        types: &[Priced],
    ) -> Vec<&'static str> {
        protect(requirements, purchase, basis, types)
            .kept
            .iter()
            .map(|entry| entry.instance_type.name)
            .collect()
    }

    #[test]
    fn twenty_percent_on_demand_and_twice_the_price_on_spot() {
        let types = priced(&[
            ("m7i.large", Some(100), Some(30)),
            ("m7a.large", Some(120), Some(60)),
            ("r7i.large", Some(121), Some(61)),
        ]);
        let default = Requirements::at_least(0, 0);
        assert_eq!(
            kept(&default, Purchase::OnDemand, PriceBasis::Instance, &types),
            ["m7i.large", "m7a.large"]
        );
        assert_eq!(kept(&default, Purchase::Spot, PriceBasis::Instance, &types), ["m7i.large", "m7a.large"]);
        let mut own = default;
        own.on_demand_max_price_percentage_over_lowest_price = Some(0);
        own.spot_max_price_percentage_over_lowest_price = Some(104);
        assert_eq!(kept(&own, Purchase::OnDemand, PriceBasis::Instance, &types), ["m7i.large"]);
        assert_eq!(kept(&own, Purchase::Spot, PriceBasis::Instance, &types).len(), 3);
    }

    #[test]
    fn the_reference_is_a_current_c_m_or_r_type() {
        let types = priced(&[
            ("m4.large", Some(50), None),
            ("i3.large", Some(60), None),
            ("mac2.metal", Some(10), None),
            ("c6i.large", Some(100), None),
        ]);
        let protected =
            protect(&Requirements::at_least(0, 0), Purchase::OnDemand, PriceBasis::Instance, &types);
        assert_eq!(protected.reference.unwrap().name, "c6i.large");
        assert_eq!(protected.kept.len(), 4);
        let without = priced(&[("m4.large", Some(50), None), ("i3.large", Some(60), None)]);
        let protected =
            protect(&Requirements::at_least(0, 0), Purchase::OnDemand, PriceBasis::Instance, &without);
        assert_eq!(protected.reference.unwrap().name, "i3.large");
        let old = priced(&[("m4.large", Some(50), None), ("c4.large", Some(45), None)]);
        let protected =
            protect(&Requirements::at_least(0, 0), Purchase::OnDemand, PriceBasis::Instance, &old);
        assert_eq!(protected.reference.unwrap().name, "c4.large");
    }

    #[test]
    fn prices_can_be_compared_for_vcpus_and_memory() {
        // An instance of eight vCPUs costs four times as much, which is the same for a vCPU.
        let types = priced(&[
            ("m7i.large", Some(100), None),
            ("m7i.2xlarge", Some(400), None),
            ("c6i.large", Some(90), None),
        ]);
        let default = Requirements::at_least(0, 0);
        assert_eq!(
            kept(&default, Purchase::OnDemand, PriceBasis::Instance, &types),
            ["m7i.large", "c6i.large"]
        );
        assert_eq!(kept(&default, Purchase::OnDemand, PriceBasis::Vcpu, &types).len(), 3);
        // For memory the M types are the cheapest, and the C type has half as much of it.
        assert_eq!(
            kept(&default, Purchase::OnDemand, PriceBasis::MemoryMib, &types),
            ["m7i.large", "m7i.2xlarge"]
        );
    }

    #[test]
    fn a_share_of_the_on_demand_price() {
        let mut requirements = Requirements::at_least(0, 0);
        requirements.max_spot_price_as_percentage_of_optimal_on_demand_price = Some(50);
        let types = priced(&[("m7i.large", Some(100), Some(50)), ("m7a.large", Some(90), Some(46))]);
        let protected = protect(&requirements, Purchase::Spot, PriceBasis::Instance, &types);
        assert_eq!(protected.reference.unwrap().name, "m7a.large");
        assert!(protected.kept.is_empty());
        let mismatch = protected.excluded[0].mismatch;
        assert_eq!(mismatch.attribute, "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice");
    }

    #[test]
    fn unknown_prices_are_out_unless_protection_is_off() {
        let types = priced(&[
            ("m7i.large", Some(100), None),
            ("m7a.large", None, None),
            ("x1.32xlarge", Some(9_999), None),
        ]);
        let mut requirements = Requirements::at_least(0, 0);
        let protected = protect(&requirements, Purchase::OnDemand, PriceBasis::Instance, &types);
        assert_eq!(protected.kept.len(), 1);
        assert_eq!(protected.excluded[0].mismatch.seen, Seen::Unknown);
        requirements.on_demand_max_price_percentage_over_lowest_price = Some(OFF_PERCENT);
        assert_eq!(kept(&requirements, Purchase::OnDemand, PriceBasis::Instance, &types).len(), 3);
        requirements.on_demand_max_price_percentage_over_lowest_price = Some(i64::MAX);
        assert_eq!(kept(&requirements, Purchase::OnDemand, PriceBasis::Instance, &types).len(), 3);
    }
}
