//! Which instance type is offered in which zone.
//!
//! The table covers 30 Regions of the standard partition. Types newer than it (source
//! [`FactSource::Karpenter`](super::instance_types::FactSource)) and Regions outside it are *not known* to be offered
//! anywhere, and so are treated as not offered: [`known`] tells the two cases apart for a Region. Local and
//! Wavelength Zones have no known offerings.

use std::sync::OnceLock;

use super::geography::{self, Zone};
use super::instance_types::{self, InstanceType};
use super::table::Table;

/// The offerings of one Region; its lines are read when it is first asked about.
struct RegionOfferings {
    region: &'static str,
    lines: Vec<&'static str>,
    offers: OnceLock<Vec<Offer>>,
}

/// One type of a Region, and in which of its zones: bit n stands for the zone whose id ends in `-az<n>`.
#[derive(Clone, Copy)]
struct Offer {
    index: u16,
    zones: u16,
}

/// Whether the offerings of a Region are known at all.
pub fn known(region: &str) -> bool {
    find(region).is_some()
}

/// Whether a zone, given by name (`us-east-1a`) or id (`use1-az2`), offers the type. No for anything unknown.
pub fn offered(instance_type: &str, zone: &str) -> bool {
    match (instance_types::get(instance_type), geography::zone(zone)) {
        (Some(entry), Some(place)) => offered_in_zone(entry, place),
        _ => false,
    }
}

/// Whether a zone offers the type.
pub fn offered_in_zone(instance_type: &InstanceType, zone: &Zone) -> bool {
    mask(instance_type, zone.region) & bit(zone) != 0
}

/// Whether any zone of the Region offers the type.
pub fn offered_in_region(instance_type: &InstanceType, region: &str) -> bool {
    mask(instance_type, region) != 0
}

/// The zones of the Region that offer the type, by letter.
pub fn zones_of(instance_type: &InstanceType, region: &str) -> Vec<&'static Zone> {
    let zones = mask(instance_type, region);
    match geography::region(region) {
        Some(facts) => facts.availability_zones().filter(|zone| zones & bit(zone) != 0).collect(),
        None => Vec::new(),
    }
}

/// The types that some zone of the Region offers, by name.
pub fn in_region(region: &str) -> impl Iterator<Item = &'static InstanceType> + use<> {
    let offers = find(region).map_or(&[] as &[Offer], |found| found.offers());
    offers.iter().map(|offer| &instance_types::all()[usize::from(offer.index)])
}

/// The types that the zone offers, by name.
pub fn in_zone(zone: &Zone) -> impl Iterator<Item = &'static InstanceType> + use<> {
    let wanted = bit(zone);
    let offers = find(zone.region).map_or(&[] as &[Offer], |found| found.offers());
    offers
        .iter()
        .filter(move |offer| offer.zones & wanted != 0)
        .map(|offer| &instance_types::all()[usize::from(offer.index)])
}

fn mask(instance_type: &InstanceType, region: &str) -> u16 {
    let Some(found) = find(region) else { return 0 };
    let offers = found.offers();
    let index = instance_type.index();
    match offers.binary_search_by_key(&index, |offer| usize::from(offer.index)) {
        Ok(position) => offers[position].zones,
        Err(_) => 0,
    }
}

/// The bit of a zone, none for zones that are no Availability Zones.
fn bit(zone: &Zone) -> u16 {
    zone.number().and_then(|number| 1_u16.checked_shl(u32::from(number))).unwrap_or(0)
}

fn find(region: &str) -> Option<&'static RegionOfferings> {
    static REGIONS: OnceLock<Vec<RegionOfferings>> = OnceLock::new();
    REGIONS
        .get_or_init(|| read(include_str!("../../../../data/instance_offerings.tsv")))
        .iter()
        .find(|offerings| offerings.region == region)
}

fn read(text: &'static str) -> Vec<RegionOfferings> {
    let mut regions: Vec<RegionOfferings> = Vec::new();
    for line in Table::open("instance_offerings.tsv", text).lines() {
        let Some((region, rest)) = line.split_once('\t') else { continue };
        match regions.iter_mut().find(|offerings| offerings.region == region) {
            Some(offerings) => offerings.lines.push(rest),
            None => regions.push(RegionOfferings { region, lines: vec![rest], offers: OnceLock::new() }),
        }
    }
    regions
}

impl RegionOfferings {
    fn offers(&'static self) -> &'static [Offer] {
        self.offers.get_or_init(|| {
            let mut offers: Vec<Offer> = self.lines.iter().flat_map(|line| read_line(line)).collect();
            offers.sort_unstable_by_key(|offer| offer.index);
            offers.dedup_by(|later, earlier| {
                let same = later.index == earlier.index;
                if same {
                    earlier.zones |= later.zones;
                }
                same
            });
            offers
        })
    }
}

/// Reads `abc<tab>az1 az2 az3<tab>c5:large,xlarge m5:large`. A type that the type table lacks is left out.
fn read_line(line: &'static str) -> Vec<Offer> {
    let mut cells = line.split('\t').skip(1);
    let mut zones = 0;
    for id in cells.next().unwrap_or_default().split(' ') {
        let number: Option<u32> = id.strip_prefix("az").and_then(|digits| digits.parse().ok());
        zones |= number.and_then(|shift| 1_u16.checked_shl(shift)).unwrap_or(0);
    }
    let mut offers = Vec::new();
    let mut name = String::new();
    for family in cells.next().unwrap_or_default().split(' ') {
        let Some((prefix, sizes)) = family.split_once(':') else { continue };
        for size in sizes.split(',') {
            name.clear();
            name.extend([prefix, ".", size]);
            let Some(entry) = instance_types::get(&name) else { continue };
            offers.extend(u16::try_from(entry.index()).map(|index| Offer { index, zones }));
        }
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offered_type_is_a_known_type() {
        let text = include_str!("../../../../data/instance_offerings.tsv");
        let table = Table::open("instance_offerings.tsv", text);
        let mut pairs = 0;
        for line in table.lines() {
            let cells: Vec<_> = line.split('\t').collect();
            let sizes =
                cells[3].split(' ').map(|family| family.split_once(':').unwrap().1.split(',').count());
            let written: usize = sizes.sum();
            assert_eq!(read_line(line.split_once('\t').unwrap().1).len(), written, "{}", cells[0]);
            pairs += written;
        }
        assert_eq!(pairs, 19_119);
    }

    #[test]
    fn a_zone_offers_what_the_table_says() {
        assert!(offered("m5.large", "us-east-1a"));
        assert!(offered("m5.large", "use1-az2"));
        assert!(!offered("m9.large", "us-east-1a"));
        assert!(!offered("m5.large", "us-east-1x"));
        assert!(!offered("m5.large", "us-east-1-bos-1a"));
        // The oldest zone of us-east-1 misses the newer families.
        assert!(!offered("m7i.large", "us-east-1e"));
        assert!(offered("m7i.large", "us-east-1a"));
    }

    #[test]
    fn regions_list_their_types_by_name() {
        let virginia: Vec<_> = in_region("us-east-1").map(|entry| entry.name).collect();
        assert!(virginia.len() > 1_200, "{}", virginia.len());
        assert!(virginia.is_sorted());
        let zone = geography::zone("us-east-1e").unwrap();
        let old: Vec<_> = in_zone(zone).collect();
        assert!(old.len() < virginia.len() / 2);
        assert!(old.iter().all(|entry| offered_in_zone(entry, zone)));
        assert!(known("eu-west-1") && !known("cn-north-1"));
        assert_eq!(in_region("cn-north-1").count(), 0);
    }

    #[test]
    fn zones_of_a_type_agree_with_the_types_of_a_zone() {
        let entry = instance_types::get("p5.48xlarge").unwrap();
        let zones = zones_of(entry, "us-east-1");
        assert!(!zones.is_empty());
        for zone in geography::region("us-east-1").unwrap().availability_zones() {
            let listed = in_zone(zone).any(|other| other.name == entry.name);
            assert_eq!(listed, zones.contains(&zone), "{}", zone.name);
        }
        // The newest types are not known to be offered anywhere.
        assert!(zones_of(instance_types::get("c9g.large").unwrap(), "us-east-1").is_empty());
    }
}
