//! Partitions, Regions and zones.
//!
//! On AWS the letters of Availability Zones are dealt out anew for every account: `us-east-1a` of one account is
//! another zone than `us-east-1a` of the next, and only zone ids (`use1-az1`) are the same for all. The table holds
//! the letters of one account, and here *all* accounts see these letters. Where no account's letters are known, they
//! are given in the order of the zone ids, and the zone says so ([`Mapping::Assumed`]).
//!
//! Zones that no account of the table sees (`usw1-az2`, `apne1-az3`) are left out. The isolated partitions have
//! Regions but no published zones.

use std::sync::OnceLock;

use super::table::{Row, Table};

/// A separate AWS with its own accounts, Regions, and domain names.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// The id that ARNs carry: `aws`, `aws-cn`, `aws-us-gov`…
    pub id: &'static str,
    /// Its name as botocore's endpoint data have it.
    pub name: &'static str,
    /// The domain under which its endpoints are: `amazonaws.com`.
    pub dns_suffix: &'static str,
    /// The domain of its dual-stack endpoints: `api.aws`.
    pub dual_stack_suffix: &'static str,
    /// The Region that global services of the partition sign for.
    pub implicit_global_region: &'static str,
}

/// Id, name and implicit global Region of the partitions, from the endpoint data of botocore 1.43.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("aws", "AWS Standard", "us-east-1"),
    ("aws-cn", "AWS China", "cn-northwest-1"),
    ("aws-eusc", "AWS EUSC", "eusc-de-east-1"),
    ("aws-iso", "AWS ISO (US)", "us-iso-east-1"),
    ("aws-iso-b", "AWS ISOB (US)", "us-isob-east-1"),
    ("aws-iso-e", "AWS ISOE (Europe)", "eu-isoe-west-1"),
    ("aws-iso-f", "AWS ISOF", "us-isof-south-1"),
    ("aws-us-gov", "AWS GovCloud (US)", "us-gov-west-1"),
];

/// A Region.
#[derive(Debug)]
pub struct Region {
    /// The code: `eu-west-1`.
    pub code: &'static str,
    /// The partition it belongs to.
    pub partition: &'static Partition,
    /// The name for people: `Europe (Ireland)`.
    pub long_name: &'static str,
    /// ISO 3166 code of the country, where published.
    pub country: Option<&'static str>,
    /// ISO 3166-2 code of the subdivision, where published.
    pub geography: Option<&'static str>,
    /// Whether an account must opt in before it can use the Region.
    pub opt_in_required: bool,
    /// The year it opened; from announcements, unchecked.
    pub launch_year: Option<u16>,
    /// Its zones: Availability Zones by letter, then Local Zones, then Wavelength Zones.
    pub zones: &'static [Zone],
}

impl Region {
    /// Its Availability Zones, by letter.
    pub fn availability_zones(&self) -> impl Iterator<Item = &'static Zone> + use<> {
        self.zones.iter().filter(|zone| zone.kind == ZoneKind::Availability)
    }

    /// One of its zones by name (`eu-west-1a`) or id (`euw1-az3`).
    pub fn zone(&self, name_or_id: &str) -> Option<&'static Zone> {
        self.zones.iter().find(|zone| zone.name == name_or_id || zone.id == name_or_id)
    }
}

/// What a zone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZoneKind {
    /// One or more data centers of the Region.
    Availability,
    /// An outpost of the Region in another city; accounts opt in.
    Local,
    /// An outpost of the Region in a carrier's network; accounts opt in.
    Wavelength,
}

impl ZoneKind {
    /// The word that `DescribeAvailabilityZones` uses (`ZoneType`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Availability => "availability-zone",
            Self::Local => "local-zone",
            Self::Wavelength => "wavelength-zone",
        }
    }
}

/// How the letter of a zone is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// One account on AWS sees the zone under this name.
    Observed,
    /// No account's letters are known: letters were given in the order of the zone ids.
    Assumed,
    /// The name follows from the id by the published naming rule (Local and Wavelength Zones).
    Derived,
}

/// A zone of a Region.
#[derive(Debug, PartialEq, Eq)]
pub struct Zone {
    /// The name: `us-east-1a`, `us-west-2-lax-1a`, `us-east-1-wl1-bos-wlz-1`.
    pub name: &'static str,
    /// The id, the same for all accounts: `use1-az2`.
    pub id: &'static str,
    /// The code of its Region.
    pub region: &'static str,
    /// The zone group: `us-east-1-zg-1` for Availability Zones, which is what is opted into for the other kinds.
    pub group: &'static str,
    /// The border group from which its addresses are advertised: the Region for Availability Zones.
    pub network_border_group: &'static str,
    /// What it is.
    pub kind: ZoneKind,
    /// How its name is known.
    pub mapping: Mapping,
}

impl Zone {
    /// `GroupLongName` of an Availability Zone: `US East (Ohio) 1`. The long names of other groups are not known.
    pub fn group_long_name(&self) -> Option<String> {
        let number = self.group.strip_prefix(self.region)?.strip_prefix("-zg-")?;
        Some(format!("{} {number}", region(self.region)?.long_name))
    }

    /// The number in the id of an Availability Zone: 2 for `use1-az2`.
    pub fn number(&self) -> Option<u8> {
        match self.kind {
            ZoneKind::Availability => self.id.rsplit_once("-az")?.1.parse().ok(),
            ZoneKind::Local | ZoneKind::Wavelength => None,
        }
    }
}

struct Geography {
    partitions: &'static [Partition],
    regions: Vec<Region>,
}

/// All partitions, by id.
pub fn partitions() -> &'static [Partition] {
    geography().partitions
}

/// All Regions of all partitions: by code within a partition, the standard partition first.
pub fn regions() -> &'static [Region] {
    &geography().regions
}

/// The partition with this id.
pub fn partition(id: &str) -> Option<&'static Partition> {
    partitions().iter().find(|partition| partition.id == id)
}

/// The Region with this code.
pub fn region(code: &str) -> Option<&'static Region> {
    regions().iter().find(|region| region.code == code)
}

/// The zone with this name (`us-east-1a`) or id (`use1-az2`), in any Region.
pub fn zone(name_or_id: &str) -> Option<&'static Zone> {
    regions().iter().find_map(|region| region.zone(name_or_id))
}

fn geography() -> &'static Geography {
    static GEOGRAPHY: OnceLock<Geography> = OnceLock::new();
    GEOGRAPHY.get_or_init(|| read(include_str!("../../../../data/regions.tsv")))
}

fn read(text: &'static str) -> Geography {
    let table = Table::open("regions.tsv", text);
    let mut rows = Vec::new();
    for line in table.lines() {
        let mut row = Row::default();
        row.cut(line);
        rows.push(row);
    }
    let cell = |row: &Row, column: &str| row.text(table.column(column));
    let mut known = Vec::new();
    for (id, name, implicit_global_region) in PARTITIONS {
        let Some(row) = rows.iter().find(|row| cell(row, "partition") == id) else { continue };
        known.push(Partition {
            id,
            name,
            dns_suffix: cell(row, "dns_suffix"),
            dual_stack_suffix: cell(row, "dualstack_suffix"),
            implicit_global_region,
        });
    }
    // Leaked once for the life of the process, like the embedded text itself: a few kilobytes.
    let known: &'static [Partition] = known.leak();
    let mut regions = Vec::new();
    for row in &rows {
        let code = cell(row, "region");
        let Some(partition) = known.iter().find(|partition| partition.id == cell(row, "partition")) else {
            continue;
        };
        let mut zones = availability_zones(code, cell(row, "az_ids"), cell(row, "az_name_map_one_account"));
        zones.extend(cell(row, "local_zone_az_ids").split_whitespace().filter_map(|id| local_zone(code, id)));
        zones.extend(
            cell(row, "wavelength_az_ids").split_whitespace().filter_map(|id| wavelength_zone(code, id)),
        );
        regions.push(Region {
            code,
            partition,
            long_name: cell(row, "long_name"),
            country: row.known(table.column("country")),
            geography: row.known(table.column("geo_region")),
            opt_in_required: row.flag(table.column("opt_in_required")) == Some(true),
            launch_year: row.number(table.column("launch_year")),
            zones: zones.leak(),
        });
    }
    Geography { partitions: known, regions }
}

/// The Availability Zones of a Region from its ids and the letters one account sees (`a=use1-az2 b=use1-az4`). An
/// entry with a question mark is one that the source could not tell: it gets the lowest id that is still free.
fn availability_zones(region: &'static str, ids: &'static str, letters: &'static str) -> Vec<Zone> {
    let mut named: Vec<(&str, Option<&'static str>)> = Vec::new();
    for entry in letters.split_whitespace() {
        let Some((letter, id)) = entry.split_once('=') else { continue };
        named.push((letter, ids.split_whitespace().find(|other| *other == id)));
    }
    if named.is_empty() {
        let alphabet = ["a", "b", "c", "d", "e", "f", "g", "h"];
        named = alphabet.into_iter().zip(ids.split_whitespace()).map(|(letter, _)| (letter, None)).collect();
    }
    let taken: Vec<&str> = named.iter().filter_map(|(_, id)| *id).collect();
    let mut free = ids.split_whitespace().filter(|id| !taken.contains(id));
    let mut zones = Vec::new();
    for (letter, known) in named {
        let mapping = if known.is_some() { Mapping::Observed } else { Mapping::Assumed };
        let Some(id) = known.or_else(|| free.next()) else { continue };
        zones.push(Zone {
            name: leak(format!("{region}{letter}")),
            id,
            region,
            group: leak(format!("{region}-zg-1")),
            network_border_group: region,
            kind: ZoneKind::Availability,
            mapping,
        });
    }
    zones
}

/// A Local Zone from its id: `usw2-lax1-az2` is `us-west-2-lax-1b` of group `us-west-2-lax-1`.
fn local_zone(region: &'static str, id: &'static str) -> Option<Zone> {
    let mut parts = id.split('-').skip(1);
    let (city, digit) = city_and_number(parts.next()?)?;
    let number: u8 = parts.next()?.strip_prefix("az")?.parse().ok()?;
    let letter = char::from(b'a' + number.checked_sub(1).filter(|index| *index < 26)?);
    let group = leak(format!("{region}-{city}-{digit}"));
    Some(Zone {
        name: leak(format!("{group}{letter}")),
        id,
        region,
        group,
        network_border_group: group,
        kind: ZoneKind::Local,
        mapping: Mapping::Derived,
    })
}

/// A Wavelength Zone from its id. The first carriers' are `use1-wl1-bos-wlz1`, named `us-east-1-wl1-bos-wlz-1` in
/// group `us-east-1-wl1`; the newer ones are `euw3-cmn1-wlz1`, named `eu-west-3-cmn-wlz-1a` in group
/// `eu-west-3-cmn-wlz-1`.
fn wavelength_zone(region: &'static str, id: &'static str) -> Option<Zone> {
    let parts: Vec<&str> = id.split('-').skip(1).collect();
    let (name, group, border) = match parts.as_slice() {
        [carrier, city, last] => {
            let number = last.strip_prefix("wlz")?;
            let name = leak(format!("{region}-{carrier}-{city}-wlz-{number}"));
            (name, leak(format!("{region}-{carrier}")), name)
        }
        [place, _] => {
            let (city, digit) = city_and_number(place)?;
            let group = leak(format!("{region}-{city}-wlz-{digit}"));
            (leak(format!("{group}a")), group, group)
        }
        _ => return None,
    };
    Some(Zone {
        name,
        id,
        region,
        group,
        network_border_group: border,
        kind: ZoneKind::Wavelength,
        mapping: Mapping::Derived,
    })
}

fn city_and_number(place: &str) -> Option<(&str, &str)> {
    let start = place.find(|character: char| character.is_ascii_digit())?;
    Some(place.split_at(start))
}

fn leak(text: String) -> &'static str {
    text.leak()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_of_the_table_is_there() {
        assert_eq!(regions().len(), 46);
        assert_eq!(partitions().len(), 8);
        let standard = regions().iter().filter(|region| region.partition.id == "aws");
        assert!(standard.clone().count() >= 30);
        for facts in standard {
            assert!(facts.availability_zones().count() >= 2, "{}", facts.code);
            assert!(facts.launch_year.is_some(), "{}", facts.code);
        }
        assert_eq!(region("eu-west-1").unwrap().long_name, "Europe (Ireland)");
        assert!(region("eu-west-9").is_none());
    }

    #[test]
    fn partitions_have_their_domains() {
        assert_eq!(partition("aws").unwrap().dns_suffix, "amazonaws.com");
        assert_eq!(region("cn-north-1").unwrap().partition.dns_suffix, "amazonaws.com.cn");
        assert_eq!(region("us-gov-west-1").unwrap().partition.id, "aws-us-gov");
        assert_eq!(region("eusc-de-east-1").unwrap().partition.dns_suffix, "amazonaws.eu");
        for known in partitions() {
            let global = region(known.implicit_global_region).unwrap();
            assert_eq!(global.partition, known);
        }
    }

    #[test]
    fn zone_letters_are_those_of_one_account() {
        let virginia = region("us-east-1").unwrap();
        let ids: Vec<_> = virginia.availability_zones().map(|zone| (zone.name, zone.id)).collect();
        assert_eq!(ids[0], ("us-east-1a", "use1-az2"));
        assert_eq!(ids[4], ("us-east-1e", "use1-az3"));
        assert_eq!(ids.len(), 6);
        let found = zone("use1-az3").unwrap();
        assert_eq!((found.name, found.number(), found.mapping), ("us-east-1e", Some(3), Mapping::Observed));
        assert_eq!(found.network_border_group, "us-east-1");
        assert_eq!(found.group, "us-east-1-zg-1");
        assert_eq!(found.group_long_name().as_deref(), Some("US East (N. Virginia) 1"));
        // Accounts see two of the three zones of us-west-1, and not the first.
        let names: Vec<_> = region("us-west-1").unwrap().availability_zones().map(|zone| zone.id).collect();
        assert_eq!(names, ["usw1-az1", "usw1-az3"]);
    }

    #[test]
    fn unknown_letters_are_assumed_and_say_so() {
        let taipei = zone("ap-east-2b").unwrap();
        assert_eq!((taipei.id, taipei.mapping), ("ape2-az2", Mapping::Assumed));
        let israel: Vec<_> =
            region("il-central-1").unwrap().zones.iter().map(|zone| (zone.id, zone.mapping)).collect();
        assert_eq!(
            israel,
            [("ilc1-az1", Mapping::Assumed), ("ilc1-az2", Mapping::Observed), ("ilc1-az3", Mapping::Assumed)]
        );
    }

    #[test]
    fn local_and_wavelength_zones_follow_the_naming_rules() {
        let angeles = zone("usw2-lax1-az2").unwrap();
        assert_eq!((angeles.name, angeles.group), ("us-west-2-lax-1b", "us-west-2-lax-1"));
        assert_eq!((angeles.kind, angeles.number()), (ZoneKind::Local, None));
        assert_eq!(angeles.group_long_name(), None);
        let boston = zone("us-east-1-wl1-bos-wlz-1").unwrap();
        assert_eq!((boston.id, boston.group), ("use1-wl1-bos-wlz1", "us-east-1-wl1"));
        let casablanca = zone("euw3-cmn1-wlz1").unwrap();
        assert_eq!((casablanca.name, casablanca.group), ("eu-west-3-cmn-wlz-1a", "eu-west-3-cmn-wlz-1"));
    }

    #[test]
    fn zone_names_and_ids_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for zone in regions().iter().flat_map(|region| region.zones) {
            assert!(seen.insert(zone.name) && seen.insert(zone.id), "{zone:?}");
        }
        assert!(seen.len() > 250);
    }
}
