//! `cargo xtask data`: the tables under `data/`, made from a folder of collected figures.
//!
//! Every table is tab-separated text. Lines that begin with `#` say what the table is, where it comes from,
//! under which licence and from when; the first other line names the columns. Column names are those of the
//! collected files. Policies, which are no table, are lines of JSON in a gzipped file that begins with such `#` lines too.

mod iam;
mod managed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Makes every table from the files in `shared`.
pub fn import(shared: &Path) -> anyhow::Result<()> {
    let target = crate::root().join("data");
    fs::create_dir_all(&target)?;
    for table in PLAIN {
        let rows = read(&shared.join(format!("{}.csv", table.name)))?;
        write(&target, table.name, table.header, &plain(&rows))?;
    }
    write(&target, "instance_offerings", OFFERINGS, &offerings(shared)?)?;
    write(&target, "on_demand_price", ON_DEMAND, &on_demand(shared)?)?;
    write(&target, "spot_price_2024", SPOT_PRICE, &spot_price(shared)?)?;
    write(&target, "spot_advisor", SPOT_ADVISOR, &spot_advisor(shared)?)?;
    write(&target, "mac_hosts", MAC_HOSTS, &mac_hosts(shared)?)?;
    write(&target, "host_recovery", HOST_RECOVERY, &host_recovery())?;
    write(&target, "iam_operation_actions", iam::EXCEPTIONS_HEADER, &iam::exceptions(shared)?)?;
    managed::import(shared, &target)?;
    Ok(())
}

/// A table that is copied as it is, as tab-separated text.
struct Plain {
    name: &'static str,
    /// What the `#` lines say.
    header: &'static str,
}

const PLAIN: &[Plain] = &[
    Plain {
        name: "instance_types",
        header: "\
EC2 instance types: one line a type. Lists are joined with |. 1/0 are yes/no. An empty cell is not known.
src: moto5.2.1 = DescribeInstanceTypes answers as carried by moto 5.2.1 (about 2026-05); karpenter = newer types from
karpenter-provider-aws 1d92708 (2026-08-21), fewer columns filled; moto5.0.0 = legacy types as of 2024-01.
linux_usd_use1: On-Demand USD an hour in us-east-1, shared tenancy, as of 2026-07-20.
Source: getmoto/moto (Apache-2.0) and aws/karpenter-provider-aws (Apache-2.0); the figures are AWS's.",
    },
    Plain {
        name: "regions",
        header: "\
Regions and zones. az_name_map_one_account: zone letters as one account sees them; other accounts see others.
Source: AWS global-infrastructure parameters as carried by moto 5.2.1 (Apache-2.0), botocore 1.43.11 partitions
(Apache-2.0), about 2026-05; launch_year from memory of AWS's announcements (unchecked).",
    },
    Plain {
        name: "os_price_us_east_1",
        header: "\
On-Demand USD an hour in us-east-1 by operating system, to derive the surcharge of Windows, RHEL and SLES.
Source: LeanerCloud/ec2-instances-info (Unlicense; data from AWS), 2023-08-30.",
    },
    Plain {
        name: "ec2_throttle",
        header: "\
EC2 API request limits: token buckets by category and action, and resource token buckets.
Source: AWS's page on EC2 API throttling (ec2/latest/devguide/ec2-api-throttling), as of 2025-26.",
    },
    Plain {
        name: "prices_us_east_1",
        header: "\
Unit prices of services in us-east-1. conf: A = read from a price dump, B = from documentation, C = from memory, unchecked.
Source: infracost (Apache-2.0, 2026-08), aws-lambda-power-tuning (Apache-2.0), vantage-sh/ec2instances.info (MIT, 2026-07);
column src says which.",
    },
    Plain {
        name: "service_limits",
        header: "\
Default quotas. conf: A = read from a dump, B = from documentation, C = from memory, unchecked.
Source: AWS's public quota pages by way of several public tools, 2026-11.",
    },
    Plain {
        name: "burst_credits",
        header: "\
CPU credits of burstable types.
Source: figures of the Amazon EC2 user guide, 2023-06.",
    },
    Plain {
        name: "dedicated_hosts",
        header: "\
Dedicated Hosts by instance family: sockets, physical cores, and how many instances of each size fit on a host that runs
only that size. multi_size_documented: 1 where AWS says that a host takes several sizes at once. usd_hr_us_east_1: a host's
hour; price_basis: exact, or est = 1.10 x the On-Demand price of the largest size (the rule agrees with c5 and x2iedn).
Source: sockets measured by vantage-sh/ec2instances.info (MIT) or known; counts by the rule floor(cores of a socket / cores
of the size) x sockets, which gives AWS's documented m5, r5, c5 and t3 rows; prices of c5 and mac from vantage, 2026-07.",
    },
    Plain {
        name: "spot_request_status",
        header: "\
Status codes of Spot requests, and the states of request and instance that go with them.
Source: the table of the Amazon EC2 user guide, 2023-06.",
    },
    Plain {
        name: "ec2_errors",
        header: "\
EC2 error codes. http is certain only for AuthFailure, UnauthorizedOperation, DryRunOperation, RequestLimitExceeded and the
400/500 defaults. template_src says where a message's form was seen.
Source: AWS's page on EC2 error codes (2022 and later codes); message forms from moto 5.2.1 (Apache-2.0).",
    },
];

const OFFERINGS: &str = "\
Which types are offered where: one line a set of zones, and the types that are in exactly these zones of the Region.
az_ids: short zone ids, az1 = <short region>-az1. instance_types: `c5:large,xlarge` stands for c5.large and c5.xlarge.
The newest types (those of instance_types.tsv with src karpenter) are not in it.
Source: getmoto/moto 5.2.1 instance type offerings (Apache-2.0), about 2026-05; zone letters are one account's.";

const ON_DEMAND: &str = "\
On-Demand Linux USD an hour, shared tenancy: one line a type, one column a Region. The letter after a figure is its src:
none or M (bare metal corrected) = karpenter-provider-aws pricing tables, generated 2026-07-20 (Apache-2.0);
V = vantage-sh/ec2instances.info 2024-04-04 (MIT); S = V scaled by a later price cut in us-east-1;
E = estimate: us-east-1 price x the Region's ratio for the same or the predecessor family. Empty = not known.";

const SPOT_PRICE: &str = "\
Average Spot Linux USD an hour on 2024-04-04: one line a type, one column a Region. Empty = not known.
Source: vantage-sh/ec2instances.info a19cd85 (MIT).";

const SPOT_ADVISOR: &str = "\
Spot Advisor, 2025-06-28: one line a type, one column a Region. A cell is
linux_savings_pct/linux_interrupt_band/windows_savings_pct/windows_interrupt_band, `-` where a figure is not known.
Savings are percent off On-Demand. Bands: 0 = below 5%, 1 = 5-10, 2 = 10-15, 3 = 15-20, 4 = over 20% interrupted a month.
Source: AWS Spot Advisor feed as carried by alexei-led/spotinfo 05e9331 (Apache-2.0).";

const MAC_HOSTS: &str = "\
Rules of Dedicated Hosts for Mac instances: how long one is allocated at least, and how long it is scrubbed at most.
Source: the Amazon EC2 user guide, 2023-06 (awsdocs/amazon-ec2-user-guide e3707c4, CC BY-SA 4.0).";

const HOST_RECOVERY: &str = "\
Instance families that recover when their Dedicated Host fails and its recovery is on. Instances with volumes of their host do
not, whatever their family.
Source: the list in the Amazon EC2 user guide, \"Amazon EC2 Dedicated Host recovery\", as of 2026.";

/// Letters after prices in `on_demand_price.tsv` by the collected file's `src`.
const PRICE_SOURCES: &[(&str, &str)] = &[("K", ""), ("KM", "M"), ("V", "V"), ("VS", "S"), ("E", "E")];

type Row = BTreeMap<String, String>;

/// A table's rows and the order of its columns.
struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn maps(&self) -> impl Iterator<Item = Row> {
        self.rows.iter().map(|row| self.columns.iter().cloned().zip(row.iter().cloned()).collect())
    }
}

fn read(path: &Path) -> anyhow::Result<Rows> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    let columns = reader.headers()?.iter().map(str::to_string).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let row = record.with_context(|| format!("in {}", path.display()))?;
        rows.push(row.iter().map(|cell| cell.replace(['\t', '\n', '\r'], " ")).collect());
    }
    Ok(Rows { columns, rows })
}

fn write(target: &Path, name: &str, header: &str, body: &str) -> anyhow::Result<()> {
    let mut text: String = header.lines().map(|line| format!("# {line}\n")).collect();
    text.push_str("# Made by `cargo xtask data`.\n");
    text.push_str(body);
    let path = target.join(format!("{name}.tsv"));
    fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{:>8} bytes  data/{name}.tsv", text.len());
    Ok(())
}

fn plain(table: &Rows) -> String {
    let lines = std::iter::once(&table.columns).chain(&table.rows);
    lines.map(|cells| cells.join("\t") + "\n").collect()
}

fn offerings(shared: &Path) -> anyhow::Result<String> {
    let mut body = String::from("region\taz_suffixes\taz_ids\tinstance_types\n");
    for row in read(&shared.join("instance_offerings.csv"))?.maps() {
        let mut families: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for name in row["instance_types"].split_whitespace() {
            let (family, size) =
                name.split_once('.').with_context(|| format!("type `{name}` has no size"))?;
            families.entry(family).or_default().push(size);
        }
        let types: Vec<String> =
            families.iter().map(|(family, sizes)| format!("{family}:{}", sizes.join(","))).collect();
        let cells = [&row["region"], &row["az_suffixes"], &row["az_ids"], &types.join(" ")];
        body.push_str(&cells.map(String::as_str).join("\t"));
        body.push('\n');
    }
    Ok(body)
}

/// The families whose instances AWS moves to another host when theirs fails. The collected figures lack them.
const RECOVERED_FAMILIES: &str = "\
a1 c3 c4 c5 c5n c6a c6g c6gn c6i c6in c7a c7g c7gn c7i c8a c8g c8gb c8gn c8i c8ib c8in c9g g3 g5g inf1 m3 m4 m5 m5n m5zn m6a \
m6g m6i m6in m7a m7g m7i m8a m8g m8gb m8gn m8i m8ib m8in m9g mac-m3ultra mac-m4 mac-m4max mac-m4pro mac1 mac2 mac2-m1ultra \
mac2-m2 mac2-m2pro p3 r3 r4 r5 r5b r5n r6a r6g r6i r6in r7a r7g r7i r7iz r8a r8g r8gb r8gn r8i r8ib r8in t3 u-12tb1 u-18tb1 \
u-24tb1 u-6tb1 u-9tb1 u7i-12tb u7i-6tb u7i-8tb u7in-16tb u7in-24tb u7in-32tb x1 x1e x2iezn x8g x8i";

fn host_recovery() -> String {
    let lines = RECOVERED_FAMILIES.split_whitespace().map(|family| format!("{family}\n"));
    std::iter::once("family\n".to_owned()).chain(lines).collect()
}

fn mac_hosts(shared: &Path) -> anyhow::Result<String> {
    let path = shared.join("mac_hosts.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let rules: serde_json::Value = serde_json::from_str(&text)?;
    let mut body = String::from("rule\tvalue\n");
    for (name, pointer) in [
        ("min_allocation_hours", "/min_allocation_hours"),
        ("x86_scrub_max_minutes", "/scrub/x86_max_minutes"),
        ("apple_silicon_scrub_max_minutes", "/scrub/apple_silicon_max_minutes"),
    ] {
        let value = rules.pointer(pointer).and_then(serde_json::Value::as_u64);
        let value = value.with_context(|| format!("{} has no number at {pointer}", path.display()))?;
        body.push_str(&format!("{name}\t{value}\n"));
    }
    Ok(body)
}

fn on_demand(shared: &Path) -> anyhow::Result<String> {
    matrix(&shared.join("on_demand_price.csv"), |row| {
        let source = &row["src"];
        let letter = PRICE_SOURCES.iter().find(|(name, _)| name == source);
        let (_, letter) = letter.with_context(|| format!("price source `{source}` has no letter"))?;
        Ok(format!("{}{letter}", row["linux_usd_hr"]))
    })
}

fn spot_price(shared: &Path) -> anyhow::Result<String> {
    matrix(&shared.join("on_demand_price.csv"), |row| Ok(row["spot_usd_hr_2024"].clone()))
}

fn spot_advisor(shared: &Path) -> anyhow::Result<String> {
    const CELLS: [&str; 4] =
        ["linux_savings_pct", "linux_interrupt_band", "windows_savings_pct", "windows_interrupt_band"];
    matrix(&shared.join("spot_advisor.csv"), |row| {
        Ok(CELLS.map(|name| if row[name].is_empty() { "-" } else { &row[name] }).join("/"))
    })
}

/// A line a type and a column a Region, from a file with a line for each pair.
fn matrix(path: &Path, cell: impl Fn(&Row) -> anyhow::Result<String>) -> anyhow::Result<String> {
    let mut cells = BTreeMap::new();
    let mut regions = BTreeSet::new();
    for row in read(path)?.maps() {
        let text = cell(&row)?;
        if text.is_empty() {
            continue;
        }
        regions.insert(row["region"].clone());
        let line: &mut BTreeMap<String, String> = cells.entry(row["instance_type"].clone()).or_default();
        line.insert(row["region"].clone(), text);
    }
    let mut body = String::from("instance_type");
    for region in &regions {
        body.push('\t');
        body.push_str(region);
    }
    body.push('\n');
    for (name, line) in &cells {
        body.push_str(name);
        for region in &regions {
            body.push('\t');
            body.push_str(line.get(region).map_or("", String::as_str));
        }
        body.push('\n');
    }
    Ok(body)
}
