//! Dedicated Hosts: what fits on one, what it costs, and the rules for Macs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::money::NanoUsd;
use super::prices::{self, Grade};
use super::table::{Row, Table};

/// What a Dedicated Host of a family is.
#[derive(Clone, Debug, PartialEq)]
pub struct HostKind {
    /// `m5`
    pub family: &'static str,
    /// Sockets.
    pub sockets: u32,
    /// Physical cores of all sockets.
    pub cores: u32,
    /// Whether instances of several sizes may share a host.
    pub several_sizes: bool,
    /// Sizes, and how many instances of each fit on a host that runs nothing else.
    pub sizes: Vec<(&'static str, u32)>,
    /// Price of an hour in us-east-1, and whether it is AWS's own figure.
    price: Option<(NanoUsd, bool)>,
}

impl HostKind {
    /// How many instances of a type fit on a host that runs nothing else; none of another family's.
    pub fn fits(&self, instance_type: &str) -> Option<u32> {
        let (family, size) = instance_type.split_once('.')?;
        let found = self.sizes.iter().find(|(name, _)| *name == size)?;
        (family == self.family).then_some(found.1)
    }

    /// Whether it is a Mac.
    pub fn is_mac(&self) -> bool {
        self.family.starts_with("mac")
    }
}

/// Whether instances of a family go on elsewhere when their host fails and its recovery is on. Those with volumes of
/// their host do not, whatever their family.
pub fn recovers(family: &str) -> bool {
    static FAMILIES: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    let families = FAMILIES.get_or_init(|| {
        let table = Table::open("host_recovery.tsv", include_str!("../../../../data/host_recovery.tsv"));
        let column = table.column("family");
        let mut row = Row::default();
        let family = |line| {
            row.cut(line);
            row.text(column)
        };
        table.lines().map(family).collect()
    });
    families.contains(family)
}

/// The host of a family, if there are such.
pub fn get(family: &str) -> Option<&'static HostKind> {
    let kinds = all();
    kinds.binary_search_by(|kind| kind.family.cmp(family)).ok().map(|found| &kinds[found])
}

/// Every kind of host, by family.
pub fn all() -> &'static [HostKind] {
    static KINDS: OnceLock<Vec<HostKind>> = OnceLock::new();
    KINDS.get_or_init(read)
}

/// An hour of a host in a Region. Elsewhere than in us-east-1 it is that price times what the family's instances cost
/// there over what they cost in us-east-1.
pub fn price(region: &str, family: &str) -> Option<(NanoUsd, Grade)> {
    let kind = get(family)?;
    let (base, exact) = kind.price?;
    if region == "us-east-1" {
        return Some((base, if exact { Grade::Measured } else { Grade::Estimate }));
    }
    let ratio = kind.sizes.iter().find_map(|(size, _)| {
        let name = format!("{family}.{size}");
        let there = prices::on_demand_linux(region, &name)?.hourly.0;
        let here = prices::on_demand_linux("us-east-1", &name)?.hourly.0;
        Some((there, here.max(1)))
    });
    let (there, here) = ratio?;
    let price = i128::from(base.0) * i128::from(there) / i128::from(here);
    Some((NanoUsd(i64::try_from(price).ok()?), Grade::Estimate))
}

/// Rules of hosts for Mac instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacRules {
    /// Hours for which a host stays allocated at least.
    pub min_allocation_hours: u32,
    /// Minutes that a scrub takes at most, on x86.
    pub x86_scrub_max_minutes: u32,
    /// Minutes that a scrub takes at most, on Apple silicon.
    pub apple_silicon_scrub_max_minutes: u32,
}

/// The rules of hosts for Mac instances.
pub fn mac_rules() -> MacRules {
    let table = Table::open("mac_hosts.tsv", include_str!("../../../../data/mac_hosts.tsv"));
    let (rule, value) = (table.column("rule"), table.column("value"));
    let find = |name: &str| {
        let mut row = Row::default();
        let mut found = 0;
        for line in table.lines() {
            row.cut(line);
            if row.text(rule) == name {
                found = row.number(value).unwrap_or(0);
            }
        }
        found
    };
    MacRules {
        min_allocation_hours: find("min_allocation_hours"),
        x86_scrub_max_minutes: find("x86_scrub_max_minutes"),
        apple_silicon_scrub_max_minutes: find("apple_silicon_scrub_max_minutes"),
    }
}

fn read() -> Vec<HostKind> {
    let table = Table::open("dedicated_hosts.tsv", include_str!("../../../../data/dedicated_hosts.tsv"));
    let [family, sockets, cores, several, usd, basis, sizes] = [
        "family",
        "sockets",
        "physical_cores",
        "multi_size_documented",
        "usd_hr_us_east_1",
        "price_basis",
        "max_instances_by_size",
    ]
    .map(|column| table.column(column));
    let mut row = Row::default();
    let mut kinds = Vec::new();
    for line in table.lines() {
        row.cut(line);
        let count = |text: &'static str| {
            let (size, count) = text.split_once(':')?;
            Some((size, count.parse().ok()?))
        };
        kinds.push(HostKind {
            family: row.text(family),
            sockets: row.number(sockets).unwrap_or(1),
            cores: row.number(cores).unwrap_or(0),
            several_sizes: row.flag(several) == Some(true),
            sizes: row.text(sizes).split_whitespace().filter_map(count).collect(),
            price: NanoUsd::parse(row.text(usd)).map(|price| (price, row.text(basis) == "exact")),
        });
    }
    kinds.sort_unstable_by_key(|kind| kind.family);
    kinds
}

#[cfg(test)]
mod tests {
    use super::{Grade, all, get, mac_rules, price, recovers};

    #[test]
    fn hosts_hold_what_aws_documents() {
        let m6i = get("m6i").unwrap();
        assert_eq!((m6i.sockets, m6i.cores), (2, 64));
        for (name, count) in [("m6i.xlarge", 32), ("m6i.8xlarge", 4), ("m6i.metal", 1)] {
            assert_eq!(m6i.fits(name), Some(count), "{name}");
        }
        assert_eq!((m6i.fits("m5.xlarge"), m6i.fits("m6i.nano")), (None, None));
        assert!(get("m5").unwrap().several_sizes && !m6i.several_sizes);
        assert!(get("nope").is_none());
        assert!(all().iter().all(|kind| kind.sockets > 0 && kind.cores > 0 && !kind.sizes.is_empty()));
    }

    #[test]
    fn hosts_have_prices_with_their_grade() {
        let (c5, grade) = price("us-east-1", "c5").unwrap();
        assert_eq!((c5.to_string().as_str(), grade), ("3.366", Grade::Measured));
        let (there, grade) = price("eu-west-1", "c5").unwrap();
        assert!(there > c5 && grade == Grade::Estimate);
        assert_eq!(price("us-east-1", "dl2q"), None);
    }

    #[test]
    fn families_recover_by_the_list_of_aws() {
        for family in ["m6i", "m5", "t3", "mac1", "mac2"] {
            assert!(recovers(family), "{family}");
        }
        for family in ["m5d", "i3", "g4dn", "family", ""] {
            assert!(!recovers(family), "{family}");
        }
    }

    #[test]
    fn macs_have_rules() {
        let rules = mac_rules();
        assert_eq!((rules.min_allocation_hours, rules.x86_scrub_max_minutes), (24, 50));
        assert!(rules.apple_silicon_scrub_max_minutes > rules.x86_scrub_max_minutes);
    }
}
