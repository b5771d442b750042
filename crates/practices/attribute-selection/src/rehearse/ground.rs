//! The ground that a variant runs on: a world of its own, with a group on Spot.

use ironbird_api::{autoscaling, ec2};
use ironbird_client::CallError;
use ironbird_cloud::experiment::Template;
use ironbird_cloud::rehearsal::{RehearseError, START, newest_image};
use ironbird_cloud::requirements::{self, Needs};
use ironbird_cloud::{InProcess, at_once, read};
use ironbird_rig::account::{Account, Scope};
use ironbird_rig::catalogue::protection::{PriceBasis, Purchase};
use ironbird_rig::world::{Settings, Transitions, World};
use ironbird_rig::{ServiceDef, Timestamp};
use serde_json::json;

use super::market;
use super::scenario::{Scenario, Stage};
use super::variant::Variant;

/// Name of the group, and the beginning of its launch templates' names.
pub const GROUP: &str = "web";

/// The group has so long to come up before the run begins.
const WARM_UP_SECONDS: i64 = 1_800;

/// Events that are kept of a run: more than it has.
const EVENTS: u64 = 1_000_000;

/// The tag that the default experiment finds its targets by.
const TAG: (&str, &str) = ("rehearsal", "attribute-selection");

/// Share of the instances that the default experiment interrupts, in percent.
pub const INTERRUPTED_PERCENT: u32 = 25;

/// A world with the group in it, at the beginning of the run.
pub struct Ground {
    /// The world.
    pub world: World,
    /// Account and Region of the group.
    pub scope: Scope,
    /// Types that the group may launch.
    pub launchable: Vec<String>,
    /// The pools of every type that some variant may launch: type and zone.
    pub pools: Vec<(String, String)>,
    /// The experiment.
    pub experiment: Template,
}

/// What the rehearsal's services are.
fn services() -> Vec<ServiceDef> {
    vec![
        ironbird_sts::service(),
        ironbird_ec2::service(),
        ironbird_autoscaling::service(),
        ironbird_cloudwatch::service(),
        ironbird_fis::service(),
    ]
}

impl Ground {
    /// Builds the world of a variant and lets its group come up.
    ///
    /// # Errors
    /// When the world lacks what the group needs.
    pub fn build(scenario: &Scenario, stage: &Stage, variant: &Variant) -> Result<Self, RehearseError> {
        let settings = Settings {
            seed: scenario.seed,
            transitions: Transitions::Realistic,
            events: EVENTS,
            ..Settings::default()
        };
        let world =
            World::rehearsal(services(), settings, Timestamp::from_secs(START.secs() - WARM_UP_SECONDS));
        let scope = Scope { account: Account::DEFAULT, region: stage.region };
        let cloud = InProcess { world: &world, scope };
        let matching = matching(&cloud, &stage.needs)?;
        let on_arm = matching_on_arm(&cloud, stage)?;
        let region = stage.region.code();
        let launchable = match (variant.by_attributes, variant.on_arm_too) {
            (false, _) => scenario.types.clone(),
            (true, false) => protected(region, &stage.needs, &matching),
            (true, true) => {
                let all: Vec<String> = matching.iter().chain(&on_arm).cloned().collect();
                protected(region, &stage.needs, &all)
            }
        };
        let experiment = match &scenario.experiment {
            Some(given) => given.clone(),
            None => default_experiment()?,
        };
        let mut ground = Self { world, scope, launchable, pools: Vec::new(), experiment };
        let mut types: Vec<String> = scenario.types.iter().chain(&matching).chain(&on_arm).cloned().collect();
        types.push(scenario.arrival.instance_type.clone());
        types.sort();
        types.dedup();
        ground.pools = market::pools(&ground, &types);
        market::declare(&ground, scenario, false)?;
        create_templates(&ground.cloud(), &scenario.types[0])?;
        create_group(&ground, scenario, stage, variant)?;
        ground.world.run_until(START);
        Ok(ground)
    }

    /// The world as a cloud.
    pub fn cloud(&self) -> InProcess<'_> {
        InProcess { world: &self.world, scope: self.scope }
    }
}

/// The experiment unless a user gives one: a part of the group's Spot Instances is interrupted.
fn default_experiment() -> Result<Template, RehearseError> {
    let template = json!({
        "description": "A part of the Spot Instances is interrupted",
        "roleArn": "arn:aws:iam::000000000000:role/experiments",
        "stopConditions": [{ "source": "none" }],
        "targets": {
            "spot": {
                "resourceType": "aws:ec2:spot-instance",
                "resourceTags": { TAG.0: TAG.1 },
                "filters": [{ "path": "State.Name", "values": ["running"] }],
                "selectionMode": format!("PERCENT({INTERRUPTED_PERCENT})"),
            },
        },
        "actions": {
            "interruption": {
                "actionId": "aws:ec2:send-spot-instance-interruptions",
                "parameters": { "durationBeforeInterruption": "PT2M" },
                "targets": { "SpotInstances": "spot" },
            },
        },
    });
    Template::parse(&template.to_string()).map_err(|problem| RehearseError::Ground(problem.to_string()))
}

fn matching(cloud: &InProcess<'_>, needs: &Needs) -> Result<Vec<String>, CallError> {
    let input = requirements::preview(&needs.architecture, requirements::of_group(&needs.for_group()));
    let found = at_once(read::types_with_attributes(cloud, input))?;
    let mut names: Vec<String> = found.into_iter().filter_map(|found| found.instance_type).collect();
    names.sort();
    Ok(names)
}

fn matching_on_arm(cloud: &InProcess<'_>, stage: &Stage) -> Result<Vec<String>, CallError> {
    matching(cloud, &stage.on_arm())
}

/// What Spot price protection leaves.
fn protected(region: &str, needs: &Needs, types: &[String]) -> Vec<String> {
    let thresholds = requirements::thresholds(&requirements::of_group(&needs.for_group()));
    let (kept, _) =
        requirements::protected_for(Purchase::Spot, &thresholds, region, PriceBasis::Instance, types);
    kept.into_iter().map(str::to_owned).collect()
}

/// The launch template of an architecture.
fn template_of(architecture: &str) -> String {
    format!("{GROUP}-{architecture}")
}

fn specification(architecture: &str) -> autoscaling::LaunchTemplateSpecification {
    autoscaling::LaunchTemplateSpecification {
        launch_template_name: Some(template_of(architecture)),
        version: Some("$Latest".to_owned()),
        ..Default::default()
    }
}

fn create_templates(cloud: &InProcess<'_>, instance_type: &str) -> Result<(), RehearseError> {
    for (architecture, instance_type) in [("x86_64", instance_type), ("arm64", "m6g.large")] {
        let image_id = newest_image(cloud, "al2023-ami-2023*", architecture)?;
        let nothing =
            || RehearseError::Ground(format!("there is no Amazon Linux 2023 image for {architecture}"));
        let input = ec2::CreateLaunchTemplateRequest {
            launch_template_name: template_of(architecture),
            launch_template_data: ec2::RequestLaunchTemplateData {
                image_id: Some(image_id.ok_or_else(nothing)?),
                instance_type: Some(instance_type.to_owned()),
                ..Default::default()
            },
            ..Default::default()
        };
        cloud.call_now::<ec2::CreateLaunchTemplate>(&input)?;
    }
    Ok(())
}

/// What the group may launch.
fn overrides(
    scenario: &Scenario,
    stage: &Stage,
    variant: &Variant,
) -> Vec<autoscaling::LaunchTemplateOverrides> {
    if !variant.by_attributes {
        let named = |name: &String| autoscaling::LaunchTemplateOverrides {
            instance_type: Some(name.clone()),
            ..Default::default()
        };
        return scenario.types.iter().map(named).collect();
    }
    let described = |needs: &Needs| autoscaling::LaunchTemplateOverrides {
        instance_requirements: Some(needs.for_group()),
        launch_template_specification: variant.on_arm_too.then(|| specification(&needs.architecture)),
        ..Default::default()
    };
    let mut overrides = vec![described(&stage.needs)];
    overrides.extend(variant.on_arm_too.then(|| described(&stage.on_arm())));
    overrides
}

fn create_group(
    ground: &Ground,
    scenario: &Scenario,
    stage: &Stage,
    variant: &Variant,
) -> Result<(), RehearseError> {
    let cloud = ground.cloud();
    let subnets = at_once(read::subnets(&cloud, ec2::DescribeSubnetsRequest::default()))?;
    let fits = |subnet: &ec2::Subnet| {
        subnet.availability_zone.as_ref().is_some_and(|zone| Stage::offers(zone, &scenario.types))
    };
    let subnets = subnets.into_iter().filter(fits).filter_map(|subnet| subnet.subnet_id);
    let subnets: Vec<String> = subnets.collect();
    if subnets.is_empty() {
        let types = scenario.types.join(", ");
        return Err(RehearseError::Ground(format!("no zone of {} offers all of {types}", stage.region)));
    }
    let distribution = autoscaling::InstancesDistribution {
        on_demand_base_capacity: Some(0),
        on_demand_percentage_above_base_capacity: Some(0),
        spot_allocation_strategy: Some(variant.strategy().to_owned()),
        ..Default::default()
    };
    let policy = autoscaling::MixedInstancesPolicy {
        launch_template: Some(autoscaling::LaunchTemplate {
            launch_template_specification: Some(specification("x86_64")),
            overrides: Some(overrides(scenario, stage, variant)),
        }),
        instances_distribution: Some(distribution),
    };
    let default_tag = (TAG.0.to_owned(), TAG.1.to_owned());
    let tags = ground.experiment.tags().clone().into_iter().chain([default_tag]);
    let tags: std::collections::BTreeMap<String, String> = tags.collect();
    let tag = |(key, value): (String, String)| autoscaling::Tag {
        key,
        value: Some(value),
        propagate_at_launch: Some(true),
        ..Default::default()
    };
    let input = autoscaling::CreateAutoScalingGroupType {
        auto_scaling_group_name: GROUP.to_owned(),
        mixed_instances_policy: Some(policy),
        min_size: 0,
        max_size: scenario.instances.cast_signed().saturating_mul(2),
        desired_capacity: Some(scenario.instances.cast_signed()),
        vpc_zone_identifier: Some(subnets.join(",")),
        capacity_rebalance: Some(variant.is_careful),
        tags: Some(tags.into_iter().map(tag).collect()),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::CreateAutoScalingGroup>(&input)?;
    Ok(())
}
