//! Unit prices of services in us-east-1, one a line: those of other Regions are not in any table here.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::money::NanoUsd;
use super::table::{Row, Table};

/// Where the prices hold.
pub const REGION: &str = "us-east-1";

/// The price of one unit of `item` of `service`, both by their names in the table: `ebs`, `gp3 storage`. None where the
/// table has none, or only one that nobody has checked; of prices in tiers, the first.
pub fn us_east_1(service: &str, item: &str) -> Option<NanoUsd> {
    static PRICES: OnceLock<BTreeMap<(&'static str, &'static str), NanoUsd>> = OnceLock::new();
    PRICES.get_or_init(read).get(&(service, item)).copied()
}

fn read() -> BTreeMap<(&'static str, &'static str), NanoUsd> {
    let table = Table::open("prices_us_east_1.tsv", include_str!("../../../../data/prices_us_east_1.tsv"));
    let [service, item, usd, grade] = ["service", "item", "usd", "conf"].map(|name| table.column(name));
    let mut prices = BTreeMap::new();
    let mut row = Row::default();
    for line in table.lines() {
        row.cut(line);
        // Graded C: from memory.
        let Some(price) = NanoUsd::parse(row.text(usd)).filter(|_| row.text(grade) != "C") else { continue };
        prices.entry((row.text(service), row.text(item))).or_insert(price);
    }
    prices
}

#[cfg(test)]
mod tests {
    use super::us_east_1;

    #[test]
    fn prices_are_read() {
        assert_eq!(us_east_1("nat", "gateway").unwrap().0, 45_000_000);
        assert_eq!(us_east_1("ebs", "gp3 storage").unwrap().0, 80_000_000);
        assert_eq!(us_east_1("vpc", "public IPv4 (in use or idle)").unwrap().0, 5_000_000);
        assert_eq!(us_east_1("vpc", "no such thing"), None);
        // From memory only.
        assert_eq!(us_east_1("ebs", "io2 IOPS"), None);
    }
}
