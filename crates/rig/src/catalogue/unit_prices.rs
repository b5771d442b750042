//! Unit prices of services, by Region as far as they are known: all in us-east-1, volumes and snapshots in most.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::geography;
use super::money::NanoUsd;
use super::table::{Row, Table};

/// Where all prices are known.
const HOME: &str = "us-east-1";

/// What costs the same in every Region of AWS's main partition: an address does, since all of them cost (AWS News Blog,
/// "New - AWS Public IPv4 Address Charge", 2023-07-28).
const EVERYWHERE: [(&str, &str); 1] = [("vpc", "public IPv4 (in use or idle)")];

/// The price of one unit of `item` of `service` in a Region, both by their names in the table of us-east-1: `ebs`,
/// `gp3 storage`. None where no table has it, or only one that nobody has checked; of prices in tiers, the first.
pub fn price(region: &str, service: &str, item: &str) -> Option<NanoUsd> {
    let at_home =
        at_home().get(&(service, item)).filter(|_| region == HOME || is_same(region, service, item));
    let of_volumes = || volumes().get(&(region, item)).filter(|_| service == "ebs");
    at_home.or_else(of_volumes).copied()
}

/// Whether something costs in a Region what it costs in us-east-1.
fn is_same(region: &str, service: &str, item: &str) -> bool {
    let in_main_partition = |region: &geography::Region| region.partition.id == "aws";
    EVERYWHERE.contains(&(service, item)) && geography::region(region).is_some_and(in_main_partition)
}

fn at_home() -> &'static BTreeMap<(&'static str, &'static str), NanoUsd> {
    static PRICES: OnceLock<BTreeMap<(&'static str, &'static str), NanoUsd>> = OnceLock::new();
    PRICES.get_or_init(|| {
        let table =
            Table::open("prices_us_east_1.tsv", include_str!("../../../../data/prices_us_east_1.tsv"));
        let [service, item, usd, grade] = ["service", "item", "usd", "conf"].map(|name| table.column(name));
        let mut prices = BTreeMap::new();
        let mut row = Row::default();
        for line in table.lines() {
            row.cut(line);
            // Graded C: from memory.
            let Some(price) = NanoUsd::parse(row.text(usd)).filter(|_| row.text(grade) != "C") else {
                continue;
            };
            prices.entry((row.text(service), row.text(item))).or_insert(price);
        }
        prices
    })
}

/// By (Region, item).
fn volumes() -> &'static BTreeMap<(&'static str, &'static str), NanoUsd> {
    static PRICES: OnceLock<BTreeMap<(&'static str, &'static str), NanoUsd>> = OnceLock::new();
    PRICES.get_or_init(|| {
        let table = Table::open("volume_prices.tsv", include_str!("../../../../data/volume_prices.tsv"));
        let mut prices = BTreeMap::new();
        let mut row = Row::default();
        for line in table.lines() {
            row.cut(line);
            for (column, item) in table.columns().iter().enumerate().skip(1) {
                if let Some(price) = NanoUsd::parse(row.text(column)) {
                    prices.insert((row.text(0), *item), price);
                }
            }
        }
        prices
    })
}

#[cfg(test)]
mod tests {
    use super::{at_home, price, volumes};

    #[test]
    fn prices_are_read() {
        let nanos = |region, service, item| price(region, service, item).map(|price| price.0);
        assert_eq!(nanos("us-east-1", "nat", "gateway"), Some(45_000_000));
        assert_eq!(nanos("us-east-1", "ebs", "gp3 storage"), Some(80_000_000));
        assert_eq!(nanos("eu-central-1", "ebs", "gp3 storage"), Some(95_200_000));
        assert_eq!(nanos("eu-central-1", "ebs", "gp3 throughput over 125"), Some(47_600_000));
        assert_eq!(nanos("us-gov-west-1", "ebs", "gp2"), Some(120_000_000));
        assert_eq!(nanos("us-east-1", "vpc", "no such thing"), None);
        // Graded as from memory in the one table, known from the other.
        assert_eq!(nanos("us-east-1", "ebs", "io2 IOPS"), Some(65_000_000));
        assert_eq!(nanos("eu-central-1", "nat", "gateway"), None);
    }

    #[test]
    fn an_address_costs_the_same_in_every_region() {
        let address = |region| price(region, "vpc", "public IPv4 (in use or idle)").map(|price| price.0);
        assert_eq!(address("sa-east-1"), Some(5_000_000));
        assert_eq!((address("cn-north-1"), address("nowhere-1")), (None, None));
    }

    #[test]
    fn the_tables_agree_where_both_have_a_price() {
        let both = at_home().iter().filter_map(|((service, item), price)| {
            let other = volumes().get(&("us-east-1", item)).filter(|_| *service == "ebs")?;
            Some((item, price, other))
        });
        let all: Vec<_> = both.collect();
        assert!(all.len() > 8, "{all:?}");
        assert!(all.iter().all(|(_, price, other)| price == other), "{all:?}");
    }
}
