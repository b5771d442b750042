//! One group of a variant as the rehearsal sees it: what it is told, its activities, and what it has in service.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironbird_api::autoscaling;
use ironbird_client::CallError;
use ironbird_cloud::rehearsal::{RehearseError, START, since_start};

use super::course::ByPool;
use super::ground::Ground;

/// A group that is watched.
pub struct Watched {
    name: String,
    desired: u32,
    /// All members were in service when the group was last looked at, so that only an activity can change it.
    settled: bool,
    /// The newest activity that has been seen.
    newest: Option<String>,
    /// Instances in service by pool when it was last looked at.
    pub by_pool: Arc<ByPool>,
}

/// A launch that failed: seconds since the run began, and AWS's words.
pub type Failure = (f64, String);

impl Watched {
    /// A group that has just come up with so many instances wanted.
    pub fn new(name: &str, desired: u32) -> Self {
        Self { name: name.to_owned(), desired, settled: false, newest: None, by_pool: Arc::default() }
    }

    /// Asks for so many instances, where it has been asked for other ones.
    ///
    /// # Errors
    /// When the world refuses.
    pub fn aim(&mut self, ground: &Ground, desired: u32) -> Result<(), CallError> {
        if self.desired == desired {
            return Ok(());
        }
        let input = autoscaling::SetDesiredCapacityType {
            auto_scaling_group_name: self.name.clone(),
            desired_capacity: desired.cast_signed(),
            honor_cooldown: Some(false),
        };
        ground.cloud().call_now::<autoscaling::SetDesiredCapacity>(&input)?;
        self.desired = desired;
        Ok(())
    }

    /// Looks at the group if anything may have changed; whether it did look. To describe ten thousand members costs more
    /// than everything else. `stirred` says that the world has moved since the last time.
    ///
    /// # Errors
    /// When the world refuses.
    pub fn watch(
        &mut self,
        ground: &Ground,
        stirred: bool,
        failures: &mut Vec<Failure>,
    ) -> Result<bool, RehearseError> {
        let has_news = stirred && self.read_news(ground, failures)?;
        if self.settled && !has_news {
            return Ok(false);
        }
        self.look(ground)?;
        Ok(true)
    }

    /// Reads the activities since the last time; whether there are any. A group keeps a bounded number of them, so they are
    /// read as they come.
    fn read_news(&mut self, ground: &Ground, failures: &mut Vec<Failure>) -> Result<bool, CallError> {
        let mut input = autoscaling::DescribeScalingActivitiesType {
            auto_scaling_group_name: Some(self.name.clone()),
            max_records: Some(1),
            ..Default::default()
        };
        let mut newest = None;
        loop {
            let page = ground.cloud().call_now::<autoscaling::DescribeScalingActivities>(&input)?;
            for activity in page.activities {
                if self.newest.as_ref() == Some(&activity.activity_id) || activity.start_time < START {
                    return Ok(self.note_newest(newest));
                }
                newest.get_or_insert_with(|| activity.activity_id.clone());
                failures.extend(failure(activity));
            }
            match page.next_token.filter(|token| !token.is_empty()) {
                Some(token) => input.next_token = Some(token),
                None => return Ok(self.note_newest(newest)),
            }
            input.max_records = Some(100);
        }
    }

    fn note_newest(&mut self, newest: Option<String>) -> bool {
        let has_news = newest.is_some();
        self.newest = newest.or(self.newest.take());
        has_news
    }

    /// Counts what the group has in service in each pool.
    ///
    /// # Errors
    /// When the world refuses, or the group is gone.
    pub fn look(&mut self, ground: &Ground) -> Result<(), RehearseError> {
        let input = autoscaling::AutoScalingGroupNamesType {
            auto_scaling_group_names: Some(vec![self.name.clone()]),
            ..Default::default()
        };
        let answer = ground.cloud().call_now::<autoscaling::DescribeAutoScalingGroups>(&input)?;
        let gone = || RehearseError::Ground(format!("group {} is gone", self.name));
        let group = answer.auto_scaling_groups.first().ok_or_else(gone)?;
        let members = group.instances.as_deref().unwrap_or_default();
        let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        let mut in_service = 0;
        for member in members.iter().filter(|member| member.lifecycle_state == "InService") {
            let instance_type = member.instance_type.as_deref().unwrap_or_default();
            *counts.entry((instance_type, &member.availability_zone)).or_default() += 1;
            in_service += 1;
        }
        self.settled = in_service == members.len();
        let owned =
            counts.into_iter().map(|((name, zone), count)| ((name.to_owned(), zone.to_owned()), count));
        self.by_pool = Arc::new(owned.collect());
        Ok(())
    }
}

fn failure(activity: autoscaling::Activity) -> Option<Failure> {
    let is_launch = activity.description.as_deref().is_some_and(|text| text.starts_with("Launching"));
    if !is_launch || activity.status_code != "Failed" {
        return None;
    }
    Some((since_start(activity.start_time), activity.status_message.unwrap_or_default()))
}

/// What all groups have in service in each pool.
pub fn together(groups: &[Watched]) -> ByPool {
    let mut all = ByPool::new();
    for (pool, count) in groups.iter().flat_map(|group| group.by_pool.iter()) {
        match all.get_mut(pool) {
            Some(sum) => *sum += count,
            None => {
                all.insert(pool.clone(), *count);
            }
        }
    }
    all
}

/// The part of `total` that the group at `index` of `groups` has: as even as can be, the first ones get one more.
pub fn part(total: u32, groups: u32, index: u32) -> u32 {
    total / groups + u32::from(index < total % groups)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn parts_are_even_and_add_up() {
        let parts: Vec<u32> = (0..4).map(|index| part(10, 4, index)).collect();
        assert_eq!(parts, [3, 3, 2, 2]);
    }
}
