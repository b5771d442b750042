//! A world with the post's groups and fleet in it.

#![allow(dead_code, reason = "each test file uses its part")]

use ironbird_api::{autoscaling, ec2};
use ironbird_cloud::InProcess;
use ironbird_rig::Timestamp;
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::world::{Settings, Transitions, World};

pub fn world() -> World {
    let services = vec![ironbird_sts::service(), ironbird_ec2::service(), ironbird_autoscaling::service()];
    let settings = Settings { transitions: Transitions::Instant, ..Settings::default() };
    World::rehearsal(services, settings, Timestamp::from_secs(1_772_431_200))
}

pub fn cloud(world: &World) -> InProcess<'_> {
    InProcess { world, scope: Scope { account: Account::DEFAULT, region: Region::DEFAULT } }
}

/// A launch template with an image of the architecture, and perhaps a type or attributes.
pub fn template(cloud: &InProcess<'_>, name: &str, architecture: &str, data: ec2::RequestLaunchTemplateData) {
    let filters = [("name", "al2023-ami-2023*"), ("architecture", architecture)].map(|(name, value)| {
        ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) }
    });
    let input = ec2::DescribeImagesRequest { filters: Some(filters.to_vec()), ..Default::default() };
    let images = cloud.call_now::<ec2::DescribeImages>(&input).unwrap().images.unwrap();
    let input = ec2::CreateLaunchTemplateRequest {
        launch_template_name: name.to_owned(),
        launch_template_data: ec2::RequestLaunchTemplateData { image_id: images[0].image_id.clone(), ..data },
        ..Default::default()
    };
    cloud.call_now::<ec2::CreateLaunchTemplate>(&input).unwrap();
}

/// A launch template of one type.
pub fn typed(cloud: &InProcess<'_>, name: &str, instance_type: &str) {
    let data = ec2::RequestLaunchTemplateData {
        instance_type: Some(instance_type.to_owned()),
        ..Default::default()
    };
    template(cloud, name, "x86_64", data);
}

pub fn by_name(name: &str) -> autoscaling::LaunchTemplateSpecification {
    autoscaling::LaunchTemplateSpecification {
        launch_template_name: Some(name.to_owned()),
        version: Some("$Latest".to_owned()),
        ..Default::default()
    }
}

pub fn at_least(vcpus: i32, memory_mib: i32) -> autoscaling::InstanceRequirements {
    autoscaling::InstanceRequirements {
        vcpu_count: autoscaling::VCpuCountRequest { min: vcpus, max: None },
        memory_mib: autoscaling::MemoryMiBRequest { min: memory_mib, max: None },
        ..Default::default()
    }
}

pub fn by_attributes(
    requirements: autoscaling::InstanceRequirements,
) -> autoscaling::LaunchTemplateOverrides {
    autoscaling::LaunchTemplateOverrides { instance_requirements: Some(requirements), ..Default::default() }
}

pub fn by_type(name: &str) -> autoscaling::LaunchTemplateOverrides {
    autoscaling::LaunchTemplateOverrides { instance_type: Some(name.to_owned()), ..Default::default() }
}

/// Spot only, from the pools with most capacity.
pub fn spot() -> autoscaling::InstancesDistribution {
    autoscaling::InstancesDistribution {
        on_demand_percentage_above_base_capacity: Some(0),
        spot_allocation_strategy: Some("capacity-optimized".to_owned()),
        ..Default::default()
    }
}

/// A group of the template in three zones, of up to ten.
pub fn group(
    name: &str,
    template: &str,
    overrides: Vec<autoscaling::LaunchTemplateOverrides>,
    distribution: Option<autoscaling::InstancesDistribution>,
) -> autoscaling::CreateAutoScalingGroupType {
    autoscaling::CreateAutoScalingGroupType {
        auto_scaling_group_name: name.to_owned(),
        mixed_instances_policy: Some(autoscaling::MixedInstancesPolicy {
            launch_template: Some(autoscaling::LaunchTemplate {
                launch_template_specification: Some(by_name(template)),
                overrides: Some(overrides),
            }),
            instances_distribution: distribution,
        }),
        max_size: 10,
        capacity_rebalance: Some(true),
        availability_zones: Some(["us-east-1a", "us-east-1b", "us-east-1c"].map(str::to_owned).to_vec()),
        ..Default::default()
    }
}

pub fn create(cloud: &InProcess<'_>, group: &autoscaling::CreateAutoScalingGroupType) {
    cloud.call_now::<autoscaling::CreateAutoScalingGroup>(group).unwrap();
}

/// The post's fleet: 32 to 36 vCPUs, 64 to 72 GiB, Intel, SSDs of 100 GB and more.
pub fn posts_fleet(template: &str) -> ec2::CreateFleetRequest {
    let requirements = ec2::InstanceRequirementsRequest {
        vcpu_count: ec2::VCpuCountRangeRequest { min: 32, max: Some(36) },
        memory_mib: ec2::MemoryMiBRequest { min: 65_536, max: Some(73_728) },
        cpu_manufacturers: Some(vec!["intel".to_owned()]),
        local_storage: Some("required".to_owned()),
        local_storage_types: Some(vec!["ssd".to_owned()]),
        total_local_storage_gb: Some(ec2::TotalLocalStorageGBRequest { min: Some(100.0), max: None }),
        ..Default::default()
    };
    ec2::CreateFleetRequest {
        r#type: Some("maintain".to_owned()),
        target_capacity_specification: ec2::TargetCapacitySpecificationRequest {
            total_target_capacity: 5,
            default_target_capacity_type: Some("spot".to_owned()),
            ..Default::default()
        },
        spot_options: Some(ec2::SpotOptionsRequest {
            allocation_strategy: Some("capacity-optimized".to_owned()),
            maintenance_strategies: Some(ec2::FleetSpotMaintenanceStrategiesRequest {
                capacity_rebalance: Some(ec2::FleetSpotCapacityRebalanceRequest {
                    replacement_strategy: Some("launch".to_owned()),
                    ..Default::default()
                }),
            }),
            ..Default::default()
        }),
        launch_template_configs: vec![ec2::FleetLaunchTemplateConfigRequest {
            launch_template_specification: Some(ec2::FleetLaunchTemplateSpecificationRequest {
                launch_template_name: Some(template.to_owned()),
                version: Some("$Latest".to_owned()),
                ..Default::default()
            }),
            overrides: Some(vec![ec2::FleetLaunchTemplateOverridesRequest {
                instance_requirements: Some(requirements),
                ..Default::default()
            }]),
        }],
        ..Default::default()
    }
}

/// A fleet of Spot Instances of the template that keeps its capacity, with these overrides.
pub fn fleet(
    template: &str,
    overrides: Vec<ec2::FleetLaunchTemplateOverridesRequest>,
) -> ec2::CreateFleetRequest {
    let mut request = posts_fleet(template);
    request.launch_template_configs[0].overrides = Some(overrides);
    request
}

/// An override of one type in one zone.
pub fn in_zone(name: &str, zone: &str) -> ec2::FleetLaunchTemplateOverridesRequest {
    ec2::FleetLaunchTemplateOverridesRequest {
        instance_type: Some(name.to_owned()),
        availability_zone: Some(zone.to_owned()),
        ..Default::default()
    }
}
