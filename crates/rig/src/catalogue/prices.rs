//! On-Demand prices, exact, with the grade of their source.
//!
//! Linux in the shared tenancy is in the table. The other operating systems are the Linux price and the surcharge that
//! was seen in us-east-1 in 2023; Microsoft's licence costs the same in every Region, so that the sum is [derived]
//! there and an [estimate] elsewhere. Dedicated tenancy is not in any table and has no price.
//!
//! [derived]: Grade::Derived
//! [estimate]: Grade::Estimate

use std::sync::OnceLock;

use super::instance_types;
use super::money::NanoUsd;
use super::table::{Matrix, Row, Table};

/// What runs on the instance, as far as the price depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Linux without a vendor's fee.
    Linux,
    /// Windows Server with its licence.
    Windows,
    /// Red Hat Enterprise Linux.
    Rhel,
    /// SUSE Linux Enterprise Server.
    Suse,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Linux, Self::Windows, Self::Rhel, Self::Suse];

    /// The platform of a reservation or Spot price (`InstancePlatform`, `ProductDescription`): `Linux/UNIX`.
    pub fn product(self) -> &'static str {
        match self {
            Self::Linux => "Linux/UNIX",
            Self::Windows => "Windows",
            Self::Rhel => "Red Hat Enterprise Linux",
            Self::Suse => "SUSE Linux",
        }
    }

    /// The platform with that `ProductDescription`, if there are prices for it.
    pub fn from_product(product: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|other| other.product() == product)
    }
}

/// Who else may be on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tenancy {
    /// Anybody: the machine is shared.
    Default,
    /// Nobody but the account.
    Dedicated,
}

/// How far a price can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Read from a copy of AWS's price list.
    Measured,
    /// Calculated from measured prices by a rule that holds on AWS.
    Derived,
    /// A good guess: a ratio of the same or a related family, or a dated surcharge.
    Estimate,
}

/// Where a price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceSource {
    /// AWS's price list as of 2026-07-20.
    List2026,
    /// The same, bare metal put back to the shared tenancy.
    List2026BareMetal,
    /// AWS's price list as of 2024-04-04.
    List2024,
    /// That, scaled by a later price cut in us-east-1.
    List2024Scaled,
    /// The us-east-1 price times the Region's ratio for the same or the predecessor family.
    RegionRatio,
    /// A Linux price of 2026 in us-east-1 and the surcharge of 2023 there.
    Surcharge,
    /// A Linux price elsewhere, or an old one, and a surcharge; or a surcharge by rule.
    SurchargeEstimate,
}

impl PriceSource {
    /// How far it can be trusted.
    pub fn grade(self) -> Grade {
        match self {
            Self::List2026 | Self::List2024 => Grade::Measured,
            Self::List2026BareMetal | Self::List2024Scaled | Self::Surcharge => Grade::Derived,
            Self::RegionRatio | Self::SurchargeEstimate => Grade::Estimate,
        }
    }
}

/// A price an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Price {
    /// An hour of one instance.
    pub hourly: NanoUsd,
    /// Where the figure comes from.
    pub source: PriceSource,
}

/// The On-Demand price of a type in a Region; none where it is not known.
pub fn on_demand(region: &str, instance_type: &str, platform: Platform, tenancy: Tenancy) -> Option<Price> {
    if tenancy == Tenancy::Dedicated {
        return None;
    }
    let linux = on_demand_linux(region, instance_type)?;
    if platform == Platform::Linux {
        return Some(linux);
    }
    let (surcharge, by_table) = surcharge(instance_type, platform)?;
    // Red Hat's fee went from sizes to vCPUs in July 2024, so that the surcharge of 2023 is only a guess now.
    let derived = by_table
        && region == "us-east-1"
        && linux.source.grade() <= Grade::Derived
        && platform != Platform::Rhel;
    let source = if derived { PriceSource::Surcharge } else { PriceSource::SurchargeEstimate };
    Some(Price { hourly: NanoUsd(linux.hourly.0.checked_add(surcharge.0)?), source })
}

/// The On-Demand price of Linux in the shared tenancy.
pub fn on_demand_linux(region: &str, instance_type: &str) -> Option<Price> {
    let cell = linux_table().cell(instance_type, region)?;
    let (figure, source) = match cell.as_bytes().last()? {
        b'V' => (&cell[..cell.len() - 1], PriceSource::List2024),
        b'S' => (&cell[..cell.len() - 1], PriceSource::List2024Scaled),
        b'E' => (&cell[..cell.len() - 1], PriceSource::RegionRatio),
        b'M' => (&cell[..cell.len() - 1], PriceSource::List2026BareMetal),
        _ => (cell, PriceSource::List2026),
    };
    Some(Price { hourly: NanoUsd::parse(figure)?, source })
}

/// The Regions that the price table has a column for.
pub fn regions() -> &'static [&'static str] {
    linux_table().columns()
}

/// What an operating system adds to the Linux price an hour, and whether the table has it for this very type.
/// Windows for types that the table lacks: 0.046 USD a vCPU, which every current x86 type of the table that is not
/// burstable or `-flex` follows.
fn surcharge(instance_type: &str, platform: Platform) -> Option<(NanoUsd, bool)> {
    const WINDOWS_PER_VCPU: i64 = 46_000_000;
    let surcharges = surcharges();
    if let Ok(found) = surcharges.binary_search_by(|entry| entry.name.cmp(instance_type)) {
        let entry = &surcharges[found];
        let amount = match platform {
            Platform::Linux => Some(NanoUsd(0)),
            Platform::Windows => entry.windows,
            Platform::Rhel => entry.rhel,
            Platform::Suse => entry.suse,
        };
        return amount.map(|known| (known, true));
    }
    let entry = instance_types::get(instance_type)?;
    let rule = platform == Platform::Windows
        && entry.current_generation
        && entry.processor.architectures.contains("x86_64")
        && !entry.burstable
        && !entry.family().ends_with("-flex");
    rule.then(|| (NanoUsd(WINDOWS_PER_VCPU * i64::from(entry.vcpu.default_vcpus)), false))
}

/// What operating systems added to the Linux price of a type in us-east-1 in 2023.
struct Surcharge {
    name: &'static str,
    windows: Option<NanoUsd>,
    rhel: Option<NanoUsd>,
    suse: Option<NanoUsd>,
}

fn linux_table() -> &'static Matrix {
    static TABLE: OnceLock<Matrix> = OnceLock::new();
    TABLE.get_or_init(|| {
        Matrix::open("on_demand_price.tsv", include_str!("../../../../data/on_demand_price.tsv"))
    })
}

fn surcharges() -> &'static [Surcharge] {
    static TABLE: OnceLock<Vec<Surcharge>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let table =
            Table::open("os_price_us_east_1.tsv", include_str!("../../../../data/os_price_us_east_1.tsv"));
        let [name, linux, windows, rhel, suse] =
            ["instance_type", "linux_usd_hr_2023", "windows_usd_hr", "rhel_usd_hr", "sles_usd_hr"]
                .map(|column| table.column(column));
        let mut row = Row::default();
        let mut entries = Vec::new();
        for line in table.lines() {
            row.cut(line);
            let Some(base) = NanoUsd::parse(row.text(linux)) else { continue };
            let above = |column| {
                let price = NanoUsd::parse(row.text(column))?;
                (price >= base).then_some(NanoUsd(price.0 - base.0))
            };
            entries.push(Surcharge {
                name: row.text(name),
                windows: above(windows),
                rhel: above(rhel),
                suse: above(suse),
            });
        }
        entries.sort_by_key(|entry| entry.name);
        entries
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linux(region: &str, instance_type: &str) -> Option<(String, PriceSource)> {
        let price = on_demand(region, instance_type, Platform::Linux, Tenancy::Default)?;
        Some((price.hourly.to_string(), price.source))
    }

    #[test]
    fn prices_are_exact_and_carry_their_source() {
        assert_eq!(linux("us-east-1", "m5.large"), Some(("0.096".into(), PriceSource::List2026)));
        assert_eq!(linux("eu-west-1", "a1.medium"), Some(("0.0288".into(), PriceSource::List2024)));
        assert_eq!(linux("eu-west-1", "m99.large"), None);
        assert_eq!(linux("cn-north-1", "m5.large"), None);
        assert_eq!(on_demand("us-east-1", "m5.large", Platform::Linux, Tenancy::Dedicated), None);
    }

    #[test]
    fn every_cell_reads_and_every_grade_occurs() {
        let table = linux_table();
        let mut grades = std::collections::BTreeMap::new();
        for row in table.rows() {
            for region in table.columns() {
                if table.cell(row, region).is_some() {
                    let price = on_demand_linux(region, row).unwrap_or_else(|| panic!("{row} in {region}"));
                    assert!(price.hourly.0 > 0, "{row} in {region}");
                    *grades.entry(price.source.grade()).or_insert(0) += 1;
                }
            }
        }
        assert_eq!(grades.len(), 3);
        assert_eq!(grades.values().sum::<i32>(), 20_207);
    }

    #[test]
    fn operating_systems_add_their_fee() {
        let price = |region: &str, name: &str, platform| on_demand(region, name, platform, Tenancy::Default);
        let windows = price("us-east-1", "m5.large", Platform::Windows).unwrap();
        assert_eq!((windows.hourly.to_string().as_str(), windows.source), ("0.188", PriceSource::Surcharge));
        let ireland = price("eu-west-1", "m5.large", Platform::Windows).unwrap();
        assert_eq!((ireland.hourly.to_string().as_str(), ireland.source.grade()), ("0.199", Grade::Estimate));
        let newer = price("us-east-1", "m8i.large", Platform::Windows).unwrap();
        assert_eq!(newer.source, PriceSource::SurchargeEstimate);
        assert_eq!(newer.hourly.0 - on_demand_linux("us-east-1", "m8i.large").unwrap().hourly.0, 92_000_000);
        // No Windows on Graviton, and no fee of Red Hat known for types newer than the table.
        assert_eq!(price("us-east-1", "m6g.large", Platform::Windows), None);
        assert_eq!(price("us-east-1", "m8i.large", Platform::Rhel), None);
        assert_eq!(price("us-east-1", "m5.large", Platform::Rhel).unwrap().source.grade(), Grade::Estimate);
    }

    #[test]
    fn platforms_have_the_names_of_the_api() {
        assert_eq!(Platform::from_product("Linux/UNIX"), Some(Platform::Linux));
        assert_eq!(Platform::from_product("SUSE Linux").map(Platform::product), Some("SUSE Linux"));
        assert_eq!(Platform::from_product("BeOS"), None);
    }
}
