//! A Capacity Reservation Fleet from a weighted specification, as the post has it.

use std::path::Path;

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::read;
use ironbird_rig::Timestamp;
use ironbird_rig::seed::Seed;
use serde::{Deserialize, Serialize};

/// Tag that a fleet of ours carries; its value stands for what was asked for.
pub const TAG: &str = "ironbird:capacity-flexibility";

/// The longest specification that is read.
const MOST_BYTES: u64 = 1_000_000;

/// One line of a specification, by AWS's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Entry {
    /// Type.
    pub instance_type: String,
    /// `Linux/UNIX`, …
    pub instance_platform: String,
    /// Units of the target that one instance is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Zone, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Zone, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone_id: Option<String>,
    /// Whether the type is EBS-optimized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ebs_optimized: Option<bool>,
    /// The lower, the sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
}

/// What is to be reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// The specification.
    pub specification: Vec<Entry>,
    /// Units of capacity.
    pub target_capacity: i32,
    /// When it ends by itself, in seconds since the epoch; never where none is given.
    pub end_date: Option<i64>,
}

impl Reservation {
    /// Reads a specification file and checks the options beside it.
    ///
    /// # Errors
    /// What is wrong with the file or the options.
    pub fn read(path: &Path, target_capacity: i32, end_date: Option<&str>) -> Result<Self, ApplyError> {
        let wrong = |cause: String| ApplyError::Input(format!("{}: {cause}", path.display()));
        let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
        if size > MOST_BYTES {
            return Err(wrong(format!(
                "{size} bytes are too many for a specification: give at most {MOST_BYTES}"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text, target_capacity, end_date).map_err(wrong)
    }

    /// The same from text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, target_capacity: i32, end_date: Option<&str>) -> Result<Self, String> {
        let specification: Vec<Entry> = serde_json::from_str(text).map_err(|error| {
            format!("{error}: give a list of InstanceType, InstancePlatform, Weight, AvailabilityZone, Priority as in the post")
        })?;
        if specification.is_empty() {
            return Err("the list is empty: name at least one instance type".to_owned());
        }
        if let Some(entry) = specification
            .iter()
            .find(|entry| entry.weight.is_some_and(|weight| weight.is_nan() || weight <= 0.0))
        {
            return Err(format!("the weight of {} is not above 0", entry.instance_type));
        }
        if target_capacity < 1 {
            return Err(format!("--target-capacity {target_capacity} is not at least 1"));
        }
        let date = |text: &str| {
            let parsed = Timestamp::parse_any(text).map(Timestamp::secs);
            parsed.ok_or_else(|| format!("--end-date {text:?} is no date: write 2027-05-31T00:00:00Z"))
        };
        let end_date = end_date.map(date).transpose()?;
        Ok(Self { specification, target_capacity, end_date })
    }

    /// What stands for it in the fleet's tag.
    pub fn fingerprint(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{:016x}", Seed::root(0).child(&text).bits())
    }

    /// In words.
    pub fn lines(&self) -> Vec<String> {
        let mut entries: Vec<&Entry> = self.specification.iter().collect();
        entries.sort_by_key(|entry| entry.priority.unwrap_or(i32::MAX));
        let mut lines = vec![format!("{} units, prioritized, open", self.target_capacity)];
        for entry in entries {
            let zone = entry.availability_zone.as_deref().or(entry.availability_zone_id.as_deref());
            let weight = entry.weight.unwrap_or(1.0);
            let count = (f64::from(self.target_capacity) / weight).ceil();
            lines.push(format!(
                "{} in {}: weight {weight}, up to {count} instances",
                entry.instance_type,
                zone.unwrap_or("any zone")
            ));
        }
        if let Some(end) = self.end_date {
            lines.push(format!("until {}", Timestamp::from_secs(end).iso8601()));
        }
        lines.push("reserved capacity is charged from its creation on, used or not".to_owned());
        lines
    }

    /// The call that creates it. The token makes a repeated call harmless.
    pub fn request(&self, token: &str) -> ec2::CreateCapacityReservationFleetRequest {
        let entry = |entry: &Entry| ec2::ReservationFleetInstanceSpecification {
            instance_type: Some(entry.instance_type.clone()),
            instance_platform: Some(entry.instance_platform.clone()),
            weight: entry.weight,
            availability_zone: entry.availability_zone.clone(),
            availability_zone_id: entry.availability_zone_id.clone(),
            ebs_optimized: entry.ebs_optimized,
            priority: entry.priority,
        };
        let tag = ec2::Tag { key: Some(TAG.to_owned()), value: Some(self.fingerprint()) };
        ec2::CreateCapacityReservationFleetRequest {
            allocation_strategy: Some("prioritized".to_owned()),
            client_token: Some(token.to_owned()),
            instance_type_specifications: self.specification.iter().map(entry).collect(),
            tenancy: Some("default".to_owned()),
            total_target_capacity: self.target_capacity,
            end_date: self.end_date.map(Timestamp::from_secs),
            instance_match_criteria: Some("open".to_owned()),
            tag_specifications: Some(vec![ec2::TagSpecification {
                resource_type: Some("capacity-reservation-fleet".to_owned()),
                tags: Some(vec![tag]),
            }]),
            ..Default::default()
        }
    }
}

/// The fleet with our tag of this value that has not ended, if there is one.
///
/// # Errors
/// What the service answers.
pub async fn find<C: Cloud>(cloud: &C, fingerprint: &str) -> Result<Option<String>, CallError> {
    let ended = ["cancelling", "cancelled", "expiring", "expired", "failed"];
    let fleets = read::reservation_fleets(cloud, Default::default()).await?;
    let ours = fleets.into_iter().find(|fleet| {
        let mut tags = fleet.tags.iter().flatten();
        let tagged =
            tags.any(|tag| tag.key.as_deref() == Some(TAG) && tag.value.as_deref() == Some(fingerprint));
        tagged && !fleet.state.as_deref().is_some_and(|state| ended.contains(&state))
    });
    Ok(ours.and_then(|fleet| fleet.capacity_reservation_fleet_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = r#"[
      {"InstanceType": "r6i.2xlarge", "InstancePlatform": "Linux/UNIX", "Weight": 1, "AvailabilityZone": "eu-west-1a",
       "EbsOptimized": true, "Priority": 3},
      {"InstanceType": "r6i.4xlarge", "InstancePlatform": "Linux/UNIX", "Weight": 2, "AvailabilityZone": "eu-west-1a",
       "EbsOptimized": true, "Priority": 2},
      {"InstanceType": "r6i.8xlarge", "InstancePlatform": "Linux/UNIX", "Weight": 4, "AvailabilityZone": "eu-west-1a",
       "EbsOptimized": true, "Priority": 1}]"#;

    #[test]
    fn the_posts_specification_is_read() {
        let read = Reservation::parse(POST, 25, Some("2027-05-31T00:00:00.000Z")).unwrap();
        let request = read.request("token");
        assert_eq!((request.instance_type_specifications.len(), request.total_target_capacity), (3, 25));
        assert_eq!(request.end_date.map(Timestamp::iso8601).as_deref(), Some("2027-05-31T00:00:00Z"));
        assert!(
            read.lines()[1].starts_with("r6i.8xlarge in eu-west-1a: weight 4, up to 7"),
            "{:?}",
            read.lines()
        );
        let fingerprint = read.fingerprint();
        assert_ne!(fingerprint, Reservation { target_capacity: 26, ..read }.fingerprint());
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Reservation::parse("[]", 25, None).is_err());
        assert!(Reservation::parse(&POST.replace("Weight", "Wait"), 25, None).is_err());
        assert!(Reservation::parse(&POST.replace("\"Weight\": 2", "\"Weight\": 0"), 25, None).is_err());
        assert!(Reservation::parse(POST, 0, None).is_err());
        assert!(Reservation::parse(POST, 25, Some("tomorrow")).is_err());
    }
}
