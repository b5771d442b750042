//! Price protection: types that match the attributes but cost far more than they need to are left out.
//!
//! The price to compare with is that of the reference type: the lowest priced current generation C, M or R type that
//! matches; failing that, the lowest priced current generation type; failing that, the lowest priced type of the
//! previous generation.
//!
//! When no Spot parameter is given, AWS applies a protection of its own, whose rule it does not publish. Here that is
//! the published default of `SpotMaxPricePercentageOverLowestPrice`, 100 percent above the lowest price.
//!
//! Fleets and groups apply the same rule, so it is here, below both.

use super::{InstanceType, NanoUsd, prices, spot};

/// Percent at and above which protection is off, and types whose price is not known stay in as well.
pub const OFF_PERCENT: i64 = 999_999;

const DEFAULT_ON_DEMAND_PERCENT: i64 = 20;
const DEFAULT_SPOT_PERCENT: i64 = 100;

/// The price protection parameters of a set of requirements, in percent; none where they are not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Thresholds {
    /// `OnDemandMaxPricePercentageOverLowestPrice`.
    pub on_demand_over_lowest: Option<i64>,
    /// `SpotMaxPricePercentageOverLowestPrice`.
    pub spot_over_lowest: Option<i64>,
    /// `MaxSpotPriceAsPercentageOfOptimalOnDemandPrice`.
    pub spot_of_on_demand: Option<i64>,
}

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
    /// What the type usually costs in the Region, with Linux.
    pub fn usually(region: &str, instance_type: &'static InstanceType) -> Self {
        Self {
            instance_type,
            on_demand: prices::on_demand_linux(region, instance_type.name).map(|price| price.hourly),
            spot: spot::base_price(region, instance_type.name).map(|(price, _)| price),
        }
    }

    fn price(&self, purchase: Purchase) -> Option<NanoUsd> {
        match purchase {
            Purchase::OnDemand => self.on_demand,
            Purchase::Spot => self.spot,
        }
    }
}

/// A type that price protection leaves out.
#[derive(Clone, Copy, Debug)]
pub struct TooDear {
    /// The type.
    pub instance_type: &'static InstanceType,
    /// The parameter that leaves it out.
    pub parameter: &'static str,
    /// What an hour of an instance costs, if known.
    pub price: Option<NanoUsd>,
}

/// The outcome of price protection.
#[derive(Clone, Debug, Default)]
pub struct Protected {
    /// The types that stay, in the order given.
    pub kept: Vec<Priced>,
    /// The types that cost too much, or whose price is not known.
    pub excluded: Vec<TooDear>,
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

/// Leaves out the types that cost more than the thresholds allow.
pub fn protect(
    thresholds: &Thresholds,
    purchase: Purchase,
    basis: PriceBasis,
    types: &[Priced],
) -> Protected {
    let threshold = threshold(thresholds, purchase);
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
        let parameter = threshold.parameter;
        outcome.excluded.push(TooDear { instance_type: candidate.instance_type, parameter, price });
    }
    outcome
}

fn threshold(given: &Thresholds, purchase: Purchase) -> Threshold {
    let over = |parameter, percent: i64| Threshold {
        parameter,
        percent: percent.saturating_add(100),
        reference: purchase,
        off: percent >= OFF_PERCENT,
    };
    match purchase {
        Purchase::OnDemand => over(
            "OnDemandMaxPricePercentageOverLowestPrice",
            given.on_demand_over_lowest.unwrap_or(DEFAULT_ON_DEMAND_PERCENT),
        ),
        Purchase::Spot => match given.spot_of_on_demand {
            Some(percent) => Threshold {
                parameter: "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
                percent,
                reference: Purchase::OnDemand,
                off: percent >= OFF_PERCENT,
            },
            None => over(
                "SpotMaxPricePercentageOverLowestPrice",
                given.spot_over_lowest.unwrap_or(DEFAULT_SPOT_PERCENT),
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
    use super::super::instance_types;
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
        thresholds: &Thresholds,
        purchase: Purchase,
        basis: PriceBasis,
        types: &[Priced],
    ) -> Vec<&'static str> {
        protect(thresholds, purchase, basis, types)
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
        let default = Thresholds::default();
        assert_eq!(
            kept(&default, Purchase::OnDemand, PriceBasis::Instance, &types),
            ["m7i.large", "m7a.large"]
        );
        assert_eq!(kept(&default, Purchase::Spot, PriceBasis::Instance, &types), ["m7i.large", "m7a.large"]);
        let mut own = default;
        own.on_demand_over_lowest = Some(0);
        own.spot_over_lowest = Some(104);
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
        let protected = protect(&Thresholds::default(), Purchase::OnDemand, PriceBasis::Instance, &types);
        assert_eq!(protected.reference.unwrap().name, "c6i.large");
        assert_eq!(protected.kept.len(), 4);
        let without = priced(&[("m4.large", Some(50), None), ("i3.large", Some(60), None)]);
        let protected = protect(&Thresholds::default(), Purchase::OnDemand, PriceBasis::Instance, &without);
        assert_eq!(protected.reference.unwrap().name, "i3.large");
        let old = priced(&[("m4.large", Some(50), None), ("c4.large", Some(45), None)]);
        let protected = protect(&Thresholds::default(), Purchase::OnDemand, PriceBasis::Instance, &old);
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
        let default = Thresholds::default();
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
        let thresholds = Thresholds { spot_of_on_demand: Some(50), ..Thresholds::default() };
        let types = priced(&[("m7i.large", Some(100), Some(50)), ("m7a.large", Some(90), Some(46))]);
        let protected = protect(&thresholds, Purchase::Spot, PriceBasis::Instance, &types);
        assert_eq!(protected.reference.unwrap().name, "m7a.large");
        assert!(protected.kept.is_empty());
        assert_eq!(protected.excluded[0].parameter, "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice");
    }

    #[test]
    fn unknown_prices_are_out_unless_protection_is_off() {
        let types = priced(&[
            ("m7i.large", Some(100), None),
            ("m7a.large", None, None),
            ("x1.32xlarge", Some(9_999), None),
        ]);
        let mut thresholds = Thresholds::default();
        let protected = protect(&thresholds, Purchase::OnDemand, PriceBasis::Instance, &types);
        assert_eq!(protected.kept.len(), 1);
        assert_eq!(protected.excluded[0].price, None);
        thresholds.on_demand_over_lowest = Some(OFF_PERCENT);
        assert_eq!(kept(&thresholds, Purchase::OnDemand, PriceBasis::Instance, &types).len(), 3);
        thresholds.on_demand_over_lowest = Some(i64::MAX);
        assert_eq!(kept(&thresholds, Purchase::OnDemand, PriceBasis::Instance, &types).len(), 3);
    }
}
