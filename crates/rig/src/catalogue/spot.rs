//! Spot prices and interruptions.
//!
//! Two tables: the average Spot price of a day in April 2024, and AWS's Spot Advisor of June 2025 (average savings of
//! 30 days, and how often instances were interrupted). Neither is today's price: they are the ground on which a
//! simulated market moves.

use std::sync::OnceLock;

use super::money::NanoUsd;
use super::prices;
use super::table::Matrix;

/// A share in millionths.
pub const WHOLE: u32 = 1_000_000;

/// Where a Spot price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpotSource {
    /// Average price of 2024-04-04 over the On-Demand price.
    Average2024,
    /// 30-day savings of the Spot Advisor of 2025-06-28.
    Advisor2025,
}

/// The usual Spot price of a type as a share of its On-Demand price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpotShare {
    /// Millionths of the On-Demand price; from 1 to [`WHOLE`].
    pub ppm: u32,
    /// Where the figure comes from.
    pub source: SpotSource,
}

/// How often Spot instances were interrupted in a month, in the bands of the Spot Advisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// Below 5 %.
    Under5,
    /// 5 to 10 %.
    From5To10,
    /// 10 to 15 %.
    From10To15,
    /// 15 to 20 %.
    From15To20,
    /// Above 20 %.
    Over20,
}

impl Band {
    fn parse(digit: &str) -> Option<Self> {
        match digit {
            "0" => Some(Self::Under5),
            "1" => Some(Self::From5To10),
            "2" => Some(Self::From10To15),
            "3" => Some(Self::From15To20),
            "4" => Some(Self::Over20),
            _ => None,
        }
    }

    /// The middle of the band in percent a month; 25 for the open one.
    pub fn middle_percent(self) -> f64 {
        match self {
            Self::Under5 => 2.5,
            Self::From5To10 => 7.5,
            Self::From10To15 => 12.5,
            Self::From15To20 => 17.5,
            Self::Over20 => 25.0,
        }
    }
}

/// What the Spot Advisor says of a type in a Region, for one operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Advice {
    /// Percent off the On-Demand price, an average of 30 days.
    pub savings_percent: u8,
    /// How often instances were interrupted.
    pub interruptions: Band,
}

/// The Spot Advisor's word on Linux.
pub fn advice_linux(region: &str, instance_type: &str) -> Option<Advice> {
    advice(region, instance_type, 0)
}

/// The Spot Advisor's word on Windows.
pub fn advice_windows(region: &str, instance_type: &str) -> Option<Advice> {
    advice(region, instance_type, 2)
}

fn advice(region: &str, instance_type: &str, first: usize) -> Option<Advice> {
    let mut parts = advisor_table().cell(instance_type, region)?.split('/').skip(first);
    let savings_percent = parts.next()?.parse().ok()?;
    Some(Advice { savings_percent, interruptions: Band::parse(parts.next()?)? })
}

/// The average Spot price of Linux an hour on 2024-04-04.
pub fn average_2024(region: &str, instance_type: &str) -> Option<NanoUsd> {
    average_table().cell(instance_type, region).and_then(NanoUsd::parse)
}

/// The usual Spot price of Linux as a share of the On-Demand price: from the average price where that is known and not
/// above the On-Demand price, else from the advisor's savings. None where neither is known, and where the type
/// cannot be had as Spot.
pub fn share(region: &str, instance_type: &str) -> Option<SpotShare> {
    let average = average_2024(region, instance_type).zip(prices::on_demand_linux(region, instance_type));
    if let Some((spot, on_demand)) = average {
        let ppm = i128::from(spot.0) * i128::from(WHOLE) / i128::from(on_demand.hourly.0.max(1));
        if let Ok(share) = u32::try_from(ppm)
            && (1..=WHOLE).contains(&share)
        {
            return Some(SpotShare { ppm: share, source: SpotSource::Average2024 });
        }
    }
    let advised = advice_linux(region, instance_type)?;
    let percent = 100_u32.checked_sub(u32::from(advised.savings_percent)).filter(|kept| *kept > 0)?;
    Some(SpotShare { ppm: percent * (WHOLE / 100), source: SpotSource::Advisor2025 })
}

/// The usual Spot price of Linux an hour: today's On-Demand price times [`share`]. To nano-dollars, rounded down.
pub fn base_price(region: &str, instance_type: &str) -> Option<(NanoUsd, SpotSource)> {
    let on_demand = prices::on_demand_linux(region, instance_type)?;
    let found = share(region, instance_type)?;
    let price = i128::from(on_demand.hourly.0) * i128::from(found.ppm) / i128::from(WHOLE);
    Some((NanoUsd(i64::try_from(price).ok()?), found.source))
}

fn advisor_table() -> &'static Matrix {
    static TABLE: OnceLock<Matrix> = OnceLock::new();
    TABLE.get_or_init(|| Matrix::open("spot_advisor.tsv", include_str!("../../../../data/spot_advisor.tsv")))
}

fn average_table() -> &'static Matrix {
    static TABLE: OnceLock<Matrix> = OnceLock::new();
    TABLE.get_or_init(|| {
        Matrix::open("spot_price_2024.tsv", include_str!("../../../../data/spot_price_2024.tsv"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_advisor() {
        let found = advice_linux("us-east-1", "z1d.xlarge").unwrap();
        assert_eq!((found.savings_percent, found.interruptions), (69, Band::Over20));
        assert_eq!(advice_windows("us-east-1", "z1d.xlarge").unwrap().savings_percent, 60);
        assert_eq!(advice_windows("us-east-1", "a1.large"), None);
        assert_eq!(advice_linux("us-east-1", "nothing.large"), None);
    }

    #[test]
    fn shares_are_shares_and_base_prices_below_on_demand() {
        let mut sources = std::collections::BTreeMap::new();
        for region in ["us-east-1", "eu-west-1"] {
            for entry in super::super::instance_types::all() {
                let Some(found) = share(region, entry.name) else { continue };
                assert!((1..=WHOLE).contains(&found.ppm), "{}", entry.name);
                *sources.entry(format!("{:?}", found.source)).or_insert(0) += 1;
                if let Some((price, _)) = base_price(region, entry.name) {
                    assert!(price <= prices::on_demand_linux(region, entry.name).unwrap().hourly);
                    assert!(price.0 > 0);
                }
            }
        }
        assert!(sources["Average2024"] > 1_000 && sources["Advisor2025"] > 100, "{sources:?}");
    }

    #[test]
    fn base_price_of_a_dated_type_is_its_average() {
        let average = average_2024("us-east-1", "m5.large").unwrap();
        let (base, source) = base_price("us-east-1", "m5.large").unwrap();
        assert_eq!(source, SpotSource::Average2024);
        assert!((base.0 - average.0).abs() < 1_000, "{base} {average}");
    }
}
