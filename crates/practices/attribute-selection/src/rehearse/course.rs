//! One variant's run: the clock goes on, the market moves, and the group is looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironbird_api::autoscaling;
use ironbird_cloud::experiment::{Outcome, carried_out};
use ironbird_cloud::rehearsal::{RehearseError, START, Spent, since_start};
use ironbird_rig::{Timestamp, events};

use super::ground::{GROUP, Ground};
use super::market;
use super::scenario::Scenario;

/// So many points make the curve of cost.
const COST_POINTS: u32 = 72;

/// Instances in service by type.
pub type ByType = BTreeMap<String, u32>;

/// The group at a moment.
#[derive(Clone)]
pub struct Sample {
    /// Seconds since the run began.
    pub at: u32,
    /// Instances in service.
    pub serving: u32,
    /// The same by type.
    pub by_type: Arc<ByType>,
}

/// Everything seen of a variant.
pub struct Course {
    /// The group over time, a sample a minute.
    pub samples: Vec<Sample>,
    /// Seconds at which instances were warned that they will be taken back.
    pub warnings: Vec<f64>,
    /// Instances that were recommended to be replaced.
    pub recommended: usize,
    /// Seconds at which a launch failed, with AWS's words.
    pub failures: Vec<(f64, String)>,
    /// What was spent.
    pub spent: Spent,
    /// What the experiment did.
    pub experiment: Outcome,
    /// Types that the group may launch.
    pub types: usize,
    /// Pools that those are.
    pub pools: usize,
}

/// Runs a variant to its end.
///
/// # Errors
/// When the world refuses what the scenario needs.
pub fn run(scenario: &Scenario, ground: &Ground) -> Result<Course, RehearseError> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut experiment = String::new();
    for minute in 0..=scenario.minutes() {
        let now = Timestamp::from_secs(START.secs() + i64::from(minute) * 60);
        let stirred = minute == 0 || ground.world.next_due().is_some_and(|due| due <= now);
        ground.world.run_until(now);
        if minute == scenario.surge.at {
            market::surge(ground, scenario)?;
        }
        if minute == scenario.surge.at + scenario.surge.lasts {
            market::declare(ground, scenario, scenario.arrival.at <= minute)?;
        }
        if minute == scenario.experiment_at {
            experiment = ground.experiment.start(&ground.cloud())?;
        }
        if minute == scenario.arrival.at {
            market::arrive(ground, scenario)?;
        }
        if minute == scenario.refresh_at {
            refresh(ground)?;
        }
        let at = minute * 60;
        match samples.last().filter(|_| !stirred).cloned() {
            Some(last) => samples.push(Sample { at, ..last }),
            None => samples.push(look(ground, at)?),
        }
    }
    let told = Told::of(ground)?;
    Ok(Course {
        samples,
        warnings: told.warnings,
        recommended: told.recommended,
        failures: told.failures,
        spent: Spent::of(&ground.world, ground.scope, scenario.minutes() * 60, COST_POINTS)?,
        experiment: carried_out(&ground.cloud(), &experiment)?,
        types: ground.launchable.len(),
        pools: market::pools(ground, &ground.launchable).len(),
    })
}

/// What the group has in service.
fn look(ground: &Ground, at: u32) -> Result<Sample, RehearseError> {
    let input = autoscaling::AutoScalingGroupNamesType {
        auto_scaling_group_names: Some(vec![GROUP.to_owned()]),
        ..Default::default()
    };
    let answer = ground.cloud().call_now::<autoscaling::DescribeAutoScalingGroups>(&input)?;
    let members = answer.auto_scaling_groups.iter().flat_map(|group| group.instances.iter().flatten());
    let mut by_type = ByType::new();
    for member in members.filter(|member| member.lifecycle_state == "InService") {
        *by_type.entry(member.instance_type.clone().unwrap_or_default()).or_default() += 1;
    }
    Ok(Sample { at, serving: by_type.values().sum(), by_type: Arc::new(by_type) })
}

/// Replaces all instances, launching first.
fn refresh(ground: &Ground) -> Result<(), RehearseError> {
    let input = autoscaling::StartInstanceRefreshType {
        auto_scaling_group_name: GROUP.to_owned(),
        preferences: Some(autoscaling::RefreshPreferences {
            min_healthy_percentage: Some(100),
            max_healthy_percentage: Some(120),
            instance_warmup: Some(60),
            ..Default::default()
        }),
        ..Default::default()
    };
    ground.cloud().call_now::<autoscaling::StartInstanceRefresh>(&input)?;
    Ok(())
}

/// What EC2 and Auto Scaling told in the run.
#[derive(Default)]
struct Told {
    warnings: Vec<f64>,
    recommended: usize,
    failures: Vec<(f64, String)>,
}

impl Told {
    fn of(ground: &Ground) -> Result<Self, RehearseError> {
        let told = ground.world.look(ground.scope, |ctx| {
            let mut told = Self::default();
            for event in events::after(ctx, 0).filter(|event| event.time >= START) {
                let at = since_start(event.time);
                match event.detail_type.as_str() {
                    "EC2 Spot Instance Interruption Warning" => told.warnings.push(at),
                    "EC2 Instance Rebalance Recommendation" => told.recommended += 1,
                    "EC2 Instance Launch Unsuccessful" => {
                        let message = event.envelope().detail["StatusMessage"].as_str().map(str::to_owned);
                        told.failures.push((at, message.unwrap_or_default()));
                    }
                    _ => {}
                }
            }
            Ok(told)
        });
        Ok(told?)
    }
}
