//! The ground that a variant runs on: a world of its own, with a network, an image, a launch template and a group.

use ironbird_api::{autoscaling, ec2};
use ironbird_client::CallError;
use ironbird_cloud::read;
use ironbird_cloud::rehearsal::{self, RehearseError, START};
use ironbird_cloud::requirements::{self, Needs};
use ironbird_cloud::{InProcess, at_once};
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::catalogue::protection::PriceBasis;
use ironbird_rig::world::{Settings, Transitions, World};
use ironbird_rig::{ServiceDef, Timestamp};

use super::scenario::{INSTANCES_OF_VPC, Scenario};
use super::variant::Variant;
use super::watch::part;
use super::workload::{Demand, Scaler, ceiling};

/// The group has so long to come up before the run begins.
const WARM_UP_SECONDS: i64 = 1_800;

/// Name of the group, where there is one; with a number where there are several.
const GROUP: &str = "app";

/// Name of its launch template.
const TEMPLATE: &str = "app";

/// Name of the group at `index`: `app`, or `app-7` where there are several.
pub fn group_name(scenario: &Scenario, index: u32) -> String {
    if scenario.group_count() == 1 { GROUP.to_owned() } else { format!("{GROUP}-{}", index + 1) }
}

/// A world with the groups in it, at the beginning of the run.
pub struct Ground {
    /// The world.
    pub world: World,
    /// Account and Region of the group.
    pub scope: Scope,
    /// Zones of the group, by name.
    pub zones: Vec<String>,
    /// All zones of the Region.
    pub all_zones: Vec<String>,
    /// Types that have the attributes, which all have pools alike.
    pub matching: Vec<String>,
    /// Types that the group may launch.
    pub launchable: Vec<String>,
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
    pub fn build(
        scenario: &Scenario,
        (region, needs): (Region, &Needs),
        variant: &Variant,
        demand: &Demand,
    ) -> Result<Self, RehearseError> {
        let settings =
            Settings { seed: scenario.seed, transitions: Transitions::Realistic, ..Settings::default() };
        let world =
            World::rehearsal(services(), settings, Timestamp::from_secs(START.secs() - WARM_UP_SECONDS));
        let scope = Scope { account: Account::DEFAULT, region };
        let cloud = InProcess { world: &world, scope };
        let all_zones = at_once(read::zones(&cloud))?;
        let offered = offered(&cloud, &scenario.instance_type)?;
        let mut zones = all_zones.clone();
        if !variant.flexible {
            zones.retain(|zone| offered.contains(zone));
            zones.truncate(scenario.zones as usize);
        }
        if zones.is_empty() {
            return Err(RehearseError::Ground(format!(
                "no zone of {region} offers {}",
                scenario.instance_type
            )));
        }
        let matching = matching(&cloud, needs)?;
        let launchable = if variant.flexible {
            let percent = Some(needs.protection_percent);
            let (kept, _) = requirements::protected(region.code(), percent, PriceBasis::Instance, &matching);
            kept.into_iter().map(str::to_owned).collect()
        } else {
            vec![scenario.instance_type.clone()]
        };
        create_template(&cloud, scenario, needs)?;
        let desired = Scaler::new(variant.steps).first(scenario, demand);
        let groups = scenario.group_count();
        let of_vpc = (INSTANCES_OF_VPC / scenario.instances.div_ceil(groups)).max(1);
        let mut subnets = String::new();
        for index in 0..groups {
            if index.is_multiple_of(of_vpc) {
                subnets = create_subnets(&cloud, scenario, index / of_vpc, &zones)?.join(",");
            }
            let share = part(desired, groups, index);
            let flexible = variant.flexible.then_some(needs);
            create_group(&cloud, scenario, &group_name(scenario, index), flexible, &subnets, share)?;
        }
        world.run_until(START);
        Ok(Self { scope, zones, all_zones, matching, launchable, world })
    }

    /// The world as a cloud.
    pub fn cloud(&self) -> InProcess<'_> {
        InProcess { world: &self.world, scope: self.scope }
    }
}

/// A subnet in each zone, in a VPC of their own: those of the default VPC have room for 4,091 instances each.
fn create_subnets(
    cloud: &InProcess<'_>,
    scenario: &Scenario,
    number: u32,
    zones: &[String],
) -> Result<Vec<String>, RehearseError> {
    let block = Some(format!("10.{number}.0.0/16"));
    let input = ec2::CreateVpcRequest { cidr_block: block, ..Default::default() };
    let vpc = cloud.call_now::<ec2::CreateVpc>(&input)?.vpc.and_then(|vpc| vpc.vpc_id);
    let vpc = vpc.ok_or_else(|| RehearseError::Ground("a VPC has no id".to_owned()))?;
    let parts = zones.len().next_power_of_two() as u32;
    let bits = parts.trailing_zeros();
    let mut subnets = Vec::new();
    for (index, zone) in (0u32..).zip(zones) {
        let begin = index << (16 - bits);
        let input = ec2::CreateSubnetRequest {
            vpc_id: vpc.clone(),
            availability_zone: Some(zone.clone()),
            cidr_block: Some(format!("10.{number}.{}.{}/{}", begin >> 8, begin & 0xff, 16 + bits)),
            tag_specifications: subnet_tags(scenario),
            ..Default::default()
        };
        let subnet = cloud.call_now::<ec2::CreateSubnet>(&input)?.subnet.and_then(|subnet| subnet.subnet_id);
        let subnet = subnet.ok_or_else(|| RehearseError::Ground("a subnet has no id".to_owned()))?;
        subnets.push(subnet);
    }
    Ok(subnets)
}

/// The tags that an experiment finds its targets by.
fn experiment_tags(scenario: &Scenario) -> impl Iterator<Item = (&String, &String)> {
    scenario.experiment.iter().flat_map(|experiment| experiment.tags())
}

fn subnet_tags(scenario: &Scenario) -> Option<Vec<ec2::TagSpecification>> {
    let tag =
        |(key, value): (&String, &String)| ec2::Tag { key: Some(key.clone()), value: Some(value.clone()) };
    let tags: Vec<ec2::Tag> = experiment_tags(scenario).map(tag).collect();
    let of_subnet = || ec2::TagSpecification { resource_type: Some("subnet".to_owned()), tags: Some(tags) };
    scenario.experiment.as_ref().map(|_| vec![of_subnet()])
}

fn group_tags(scenario: &Scenario) -> Option<Vec<autoscaling::Tag>> {
    let tag = |(key, value): (&String, &String)| autoscaling::Tag {
        key: key.clone(),
        value: Some(value.clone()),
        propagate_at_launch: Some(true),
        ..Default::default()
    };
    scenario.experiment.as_ref().map(|_| experiment_tags(scenario).map(tag).collect())
}

fn offered(cloud: &InProcess<'_>, instance_type: &str) -> Result<Vec<String>, CallError> {
    let filter =
        ec2::Filter { name: Some("instance-type".to_owned()), values: Some(vec![instance_type.to_owned()]) };
    let input = ec2::DescribeInstanceTypeOfferingsRequest {
        location_type: Some("availability-zone".to_owned()),
        filters: Some(vec![filter]),
        ..Default::default()
    };
    let found = at_once(read::offerings(cloud, input))?;
    Ok(found.into_iter().filter_map(|offering| offering.location).collect())
}

fn matching(cloud: &InProcess<'_>, needs: &Needs) -> Result<Vec<String>, CallError> {
    let input = requirements::preview(&needs.architecture, requirements::of_group(&needs.for_group()));
    let found = at_once(read::types_with_attributes(cloud, input))?;
    let mut names: Vec<String> = found.into_iter().filter_map(|found| found.instance_type).collect();
    names.sort();
    Ok(names)
}

fn create_template(cloud: &InProcess<'_>, scenario: &Scenario, needs: &Needs) -> Result<(), RehearseError> {
    let image_id = rehearsal::newest_image(cloud, "al2023-ami-2023*", &needs.architecture)?;
    if image_id.is_none() {
        return Err(RehearseError::Ground(format!(
            "there is no Amazon Linux 2023 image for {}",
            needs.architecture
        )));
    }
    let launch_template_data = ec2::RequestLaunchTemplateData {
        image_id,
        instance_type: Some(scenario.instance_type.clone()),
        ..Default::default()
    };
    let input = ec2::CreateLaunchTemplateRequest {
        launch_template_name: TEMPLATE.to_owned(),
        launch_template_data,
        ..Default::default()
    };
    cloud.call_now::<ec2::CreateLaunchTemplate>(&input)?;
    Ok(())
}

fn create_group(
    cloud: &InProcess<'_>,
    scenario: &Scenario,
    name: &str,
    flexible: Option<&Needs>,
    subnets: &str,
    desired: u32,
) -> Result<(), CallError> {
    let template = autoscaling::LaunchTemplateSpecification {
        launch_template_name: Some(TEMPLATE.to_owned()),
        version: Some("$Latest".to_owned()),
        ..Default::default()
    };
    let policy = flexible.map(|needs| needs.policy(template.clone(), None));
    let input = autoscaling::CreateAutoScalingGroupType {
        auto_scaling_group_name: name.to_owned(),
        launch_template: policy.is_none().then_some(template),
        mixed_instances_policy: policy,
        min_size: 0,
        max_size: ceiling(scenario).div_ceil(scenario.group_count()).cast_signed(),
        desired_capacity: Some(desired.cast_signed()),
        vpc_zone_identifier: Some(subnets.to_owned()),
        tags: group_tags(scenario),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::CreateAutoScalingGroup>(&input).map(drop)
}
