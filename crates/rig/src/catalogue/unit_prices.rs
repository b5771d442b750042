//! Unit prices of services in us-east-1, one a line: those of other Regions are not in any table here.

use std::sync::OnceLock;

use super::money::NanoUsd;
use super::table::{Row, Table};

/// Where the prices hold.
pub const REGION: &str = "us-east-1";

/// The price of one unit of `item` of `service`, both by their names in the table: `ebs`, `gp3 storage`. None where the
/// table has none, or only one that nobody has checked; of prices in tiers, the first.
pub fn us_east_1(service: &str, item: &str) -> Option<NanoUsd> {
    let table = table();
    let [service_at, item_at, usd, grade] = ["service", "item", "usd", "conf"].map(|name| table.column(name));
    let mut row = Row::default();
    for line in table.lines() {
        row.cut(line);
        if row.text(service_at) == service && row.text(item_at) == item && row.text(grade) != "C" {
            return NanoUsd::parse(row.text(usd));
        }
    }
    None
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let text = include_str!("../../../../data/prices_us_east_1.tsv");
        Table::open("prices_us_east_1.tsv", text)
    })
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
