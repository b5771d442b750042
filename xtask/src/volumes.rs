//! `cargo xtask volume-prices`: `data/volume_prices.tsv` from a checkout of yeo/ec2.shop, which carries the figures of AWS's price
//! pages: what volumes and snapshots cost in each Region.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::output::Output;
use crate::table;

/// Our columns, named as in `data/prices_us_east_1.tsv`; AWS's names; and how many of our units are in one of AWS's.
const ITEMS: [(&str, &str, f64); 12] = [
    ("gp3 storage", "Storage General Purpose gp3 GB Mo", 1.0),
    ("gp3 IOPS over 3000", "Provisioned EBS IOPS gp3 Volumes per IOPS Mo", 1.0),
    ("gp3 throughput over 125", "Provisioned Throughput gp3 per GiBps mo", 1024.0),
    ("gp2", "Storage General Purpose gp2 GB Mo", 1.0),
    ("io1 storage", "Storage Provisioned IOPS io1 GB Mo", 1.0),
    ("io1 IOPS", "Provisioned EBS IOPS io1 Volumes per IOPS Mo", 1.0),
    ("io2 storage", "Storage Provisioned IOPS io2 GB month", 1.0),
    ("io2 IOPS", "Provisioned EBS IOPS io2 Volumes per IOPS Mo", 1.0),
    ("st1", "Storage Throughput Optimized HDD st1 GB Mo", 1.0),
    ("sc1", "Storage Cold HDD sc1 GB Mo", 1.0),
    ("standard magnetic", "Storage Magnetic standard GB Mo", 1.0),
    ("snapshot standard", "Storage Snapshot Amazon S3 GB Mo", 1.0),
];

/// Reads the checkout in `folder` and makes the table.
pub fn make(folder: &Path) -> anyhow::Result<Output> {
    let path = folder.join("data/ebs/ebs.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let feed: Value = serde_json::from_str(&text)?;
    let published = feed["manifest"]["hawkFilePublicationDate"].as_str().context("no date of publication")?;
    let day = published.get(..10).context("no date of publication")?;
    let mut table = format!(
        "# EBS: USD for the month of a GB, an IOPS or a MiB a second, by Region. Of tiers, the first. Empty = not known.\n\
         # Source: AWS's price feed of {day}, as carried by yeo/ec2.shop (MIT); the figures are AWS's.\n\
         # Made by `cargo xtask volume-prices`.\n\
         region"
    );
    for (item, ..) in ITEMS {
        write!(table, "\t{item}")?;
    }
    let mut count = 0;
    for region in table::read(&crate::root().join("data/regions.tsv"))? {
        let Some(prices) = feed["regions"].get(location(&region["long_name"])) else { continue };
        count += 1;
        write!(table, "\n{}", region["region"])?;
        for (_, name, units) in ITEMS {
            write!(table, "\t{}", price(&prices[name], units)?)?;
        }
    }
    ensure!(count > 0, "{}: none of our Regions", path.display());
    table.push('\n');
    let mut output = Output::default();
    output.add("data/volume_prices.tsv", table);
    Ok(output)
}

/// The feed's name of a Region.
fn location(name: &str) -> String {
    match name {
        "AWS GovCloud (US-West)" => "AWS GovCloud (US)".to_owned(),
        _ => name.replace("Europe (", "EU ("),
    }
}

/// A price as the table has it; nothing where the feed has none.
fn price(entry: &Value, units: f64) -> anyhow::Result<String> {
    let Some(text) = entry["price"].as_str() else { return Ok(String::new()) };
    let price: f64 = text.parse().with_context(|| format!("`{text}` is no price"))?;
    let text = format!("{:.9}", price / units);
    Ok(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::{location, price};

    #[test]
    fn names_and_prices_are_ours() {
        assert_eq!(location("Europe (Ireland)"), "EU (Ireland)");
        assert_eq!(location("US East (Ohio)"), "US East (Ohio)");
        let entry = serde_json::json!({ "price": "48.7424000000" });
        assert_eq!(price(&entry, 1024.0).unwrap(), "0.0476");
        assert_eq!(price(&serde_json::Value::Null, 1.0).unwrap(), "");
    }
}
