//! What the Region offers: zones, and types by zone.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_cloud::read;

use super::rules;

/// Zones of a Region and what they offer.
pub struct RegionFacts {
    /// Code of the Region.
    pub region: String,
    /// Zones in use without asking, by name; none where they could not be read.
    pub zones: Option<Vec<String>>,
    /// Zones by type; none where they could not be read.
    offered: Option<BTreeMap<String, BTreeSet<String>>>,
}

impl RegionFacts {
    /// Reads them.
    ///
    /// # Errors
    /// When nothing can be read at all.
    pub(crate) async fn read<C: Cloud>(cloud: &C, report: &mut Report) -> Result<Self, CallError> {
        let of_zones = [&rules::UNUSED_ZONES];
        let zones = report.note("ec2:DescribeAvailabilityZones", &of_zones, read::zones(cloud).await)?;
        let input = ec2::DescribeInstanceTypeOfferingsRequest {
            location_type: Some("availability-zone".to_owned()),
            ..Default::default()
        };
        let of_offerings = [&rules::NARROW_TYPES, &rules::UNUSED_ZONES];
        let offerings = read::offerings(cloud, input).await;
        let offerings = report.note("ec2:DescribeInstanceTypeOfferings", &of_offerings, offerings)?;
        let offered = offerings.map(|offerings| {
            let mut by_type: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for offering in offerings {
                let (Some(name), Some(zone)) = (offering.instance_type, offering.location) else { continue };
                by_type.entry(name).or_default().insert(zone);
            }
            by_type
        });
        Ok(Self { region: cloud.region().to_string(), zones, offered })
    }

    /// How many pools these types have in these zones; none where offerings could not be read.
    pub fn pools(&self, types: &[String], zones: &[String]) -> Option<usize> {
        let offered = self.offered.as_ref()?;
        let of = |name: &String| {
            offered.get(name).map_or(0, |known| zones.iter().filter(|zone| known.contains(*zone)).count())
        };
        Some(types.iter().map(of).sum())
    }

    /// Whether a zone offers one of these types; none where offerings could not be read.
    pub fn offers(&self, types: &[String], zone: &str) -> Option<bool> {
        let offered = self.offered.as_ref()?;
        Some(types.iter().any(|name| offered.get(name).is_some_and(|zones| zones.contains(zone))))
    }
}
