//! A Spot Fleet's configuration in the terms of an EC2 Fleet.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};
use serde_json::{Map, Value, json};

use crate::fleet::candidate::Source;
use crate::instance::blueprint::max_price;
use crate::instance::merge::{self, Template};
use crate::{convert, error};

/// Where a configuration stands in the model.
const PATH: &str = "SpotFleetRequestConfig";

/// The configuration as it is kept.
///
/// # Errors
/// When the world is broken.
pub(super) fn kept(config: &ec2::SpotFleetRequestConfigData) -> Result<Map<String, Value>> {
    Ok(convert::to_json(convert::input::<ec2::RequestSpotFleet>(PATH)?, config))
}

/// The configuration without what is given as an empty text: tools send such for what was not asked for, and want it
/// back.
fn cleaned(config: &ec2::SpotFleetRequestConfigData) -> Result<ec2::SpotFleetRequestConfigData> {
    let mut data = Value::Object(kept(config)?);
    remove_empty(&mut data);
    match data {
        Value::Object(data) => read(&data),
        _ => Ok(config.clone()),
    }
}

fn remove_empty(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| member.as_str() != Some(""));
            members.values_mut().for_each(remove_empty);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_empty),
        _ => {}
    }
}

/// The configuration that was kept.
///
/// # Errors
/// When the world is broken.
pub(super) fn read(kept: &Map<String, Value>) -> Result<ec2::SpotFleetRequestConfigData> {
    let mut config = ec2::SpotFleetRequestConfigData::default();
    convert::from_json(convert::input::<ec2::RequestSpotFleet>(PATH)?, kept, &mut config)?;
    Ok(config)
}

/// What a Spot Fleet asks for, as CreateFleet would be asked for it, but for what it launches from.
///
/// # Errors
/// `InvalidSpotFleetRequestConfig` and `InvalidParameterValue` for words that AWS does not take.
pub(super) fn as_fleet(given: &ec2::SpotFleetRequestConfigData) -> Result<ec2::CreateFleetRequest> {
    let config = cleaned(given)?;
    let strategy = config.allocation_strategy.as_deref().unwrap_or("lowestPrice");
    let strategy = match strategy {
        "lowestPrice" => "lowest-price",
        "capacityOptimized" => "capacity-optimized",
        "capacityOptimizedPrioritized" => "capacity-optimized-prioritized",
        "priceCapacityOptimized" => "price-capacity-optimized",
        other => other,
    };
    let on_demand_strategy = match config.on_demand_allocation_strategy.as_deref() {
        Some("lowestPrice") | None => "lowest-price",
        Some(other) => other,
    };
    let policy = match config.excess_capacity_termination_policy.as_deref() {
        // Terraform writes them with capitals.
        Some("noTermination" | "NoTermination") => Some("no-termination".to_owned()),
        Some("default" | "Default") => Some("termination".to_owned()),
        Some(other) => return Err(error::invalid_parameter_value(other, "ExcessCapacityTerminationPolicy")),
        None => None,
    };
    let maintain = config.r#type.as_deref().is_none_or(|kind| kind == "maintain");
    if config.r#type.as_deref() == Some("instant") {
        return Err(error::invalid_parameter_value("instant", "Type"));
    }
    let rebalance = config.spot_maintenance_strategies.as_ref();
    let rebalance = rebalance.and_then(|strategies| strategies.capacity_rebalance.as_ref());
    let spot_options = ec2::SpotOptionsRequest {
        allocation_strategy: Some(strategy.to_owned()),
        maintenance_strategies: rebalance.map(|given| ec2::FleetSpotMaintenanceStrategiesRequest {
            capacity_rebalance: Some(ec2::FleetSpotCapacityRebalanceRequest {
                replacement_strategy: given.replacement_strategy.clone(),
                termination_delay: given.termination_delay,
            }),
        }),
        instance_interruption_behavior: config.instance_interruption_behavior.clone(),
        instance_pools_to_use_count: config.instance_pools_to_use_count,
        max_total_price: config.spot_max_total_price.clone(),
        ..Default::default()
    };
    let on_demand = config.on_demand_target_capacity.unwrap_or(0);
    Ok(ec2::CreateFleetRequest {
        spot_options: Some(spot_options),
        on_demand_options: Some(ec2::OnDemandOptionsRequest {
            allocation_strategy: Some(on_demand_strategy.to_owned()),
            max_total_price: config.on_demand_max_total_price.clone(),
            ..Default::default()
        }),
        excess_capacity_termination_policy: policy.filter(|_| maintain),
        target_capacity_specification: ec2::TargetCapacitySpecificationRequest {
            total_target_capacity: config.target_capacity,
            on_demand_target_capacity: Some(on_demand),
            spot_target_capacity: None,
            default_target_capacity_type: Some("spot".to_owned()),
            target_capacity_unit_type: config.target_capacity_unit_type.clone(),
        },
        terminate_instances_with_expiration: config.terminate_instances_with_expiration,
        r#type: Some(config.r#type.clone().unwrap_or_else(|| "maintain".to_owned())),
        valid_from: config.valid_from,
        valid_until: config.valid_until,
        replace_unhealthy_instances: config.replace_unhealthy_instances,
        ..Default::default()
    })
}

/// Checks what a Spot Fleet launches from: launch specifications or launch templates, not both.
///
/// # Errors
/// `InvalidSpotFleetRequestConfig`, `InvalidParameterCombination` and the like, and those about launch templates.
pub(super) fn check(ctx: &Ctx<'_>, given: &ec2::SpotFleetRequestConfigData) -> Result<()> {
    let config = cleaned(given)?;
    let specifications = config.launch_specifications.as_deref().unwrap_or_default();
    let templates = config.launch_template_configs.as_deref().unwrap_or_default();
    match (specifications.is_empty(), templates.is_empty()) {
        (true, true) => return Err(error::missing_parameter("LaunchSpecifications")),
        (false, false) => return Err(error::exclusive("LaunchTemplateConfigs", "LaunchSpecifications")),
        _ => {}
    }
    if config.on_demand_target_capacity.is_some_and(|count| count > 0) && templates.is_empty() {
        let message = "OnDemandTargetCapacity requires LaunchTemplateConfigs";
        return Err(error::invalid_combination(message));
    }
    for price in config.spot_price.iter().chain(specifications.iter().filter_map(|it| it.spot_price.as_ref()))
    {
        max_price(price)?;
    }
    let overrides = || templates.iter().flat_map(|template| template.overrides.iter().flatten());
    for price in overrides().filter_map(|given| given.spot_price.as_ref()) {
        max_price(price)?;
    }
    let weights = specifications.iter().filter_map(|given| given.weighted_capacity);
    for weight in weights.chain(overrides().filter_map(|given| given.weighted_capacity)) {
        if !(weight > 0.0 && weight <= 10_000.0) {
            return Err(error::invalid_parameter_value(&weight.to_string(), "WeightedCapacity"));
        }
    }
    for given in specifications {
        if given.image_id.is_none() {
            return Err(error::missing_parameter("ImageId"));
        }
        if given.instance_type.is_some() == given.instance_requirements.is_some() {
            let message = "A launch specification takes an InstanceType or InstanceRequirements";
            return Err(error::invalid_combination(message));
        }
    }
    sources(ctx, &kept(&config)?)?;
    Ok(())
}

/// What a Spot Fleet launches from, in the terms of an EC2 Fleet.
///
/// # Errors
/// Those about launch templates.
pub(crate) fn sources(ctx: &Ctx<'_>, kept: &Map<String, Value>) -> Result<Vec<Source>> {
    let config = cleaned(&read(kept)?)?;
    let mut sources = Vec::new();
    for given in config.launch_specifications.iter().flatten() {
        sources.push(of_specification(given, config.spot_price.as_ref())?);
    }
    for given in config.launch_template_configs.iter().flatten() {
        let Some(named) = &given.launch_template_specification else {
            return Err(error::missing_parameter("LaunchTemplateSpecification"));
        };
        let template = merge::template(
            ctx,
            named.launch_template_id.as_deref(),
            named.launch_template_name.as_deref(),
            named.version.as_deref(),
        )?;
        let overrides: Result<Vec<_>> = match given.overrides.as_deref() {
            None | Some([]) => Ok(vec![ec2::FleetLaunchTemplateOverridesRequest {
                max_price: config.spot_price.clone(),
                ..Default::default()
            }]),
            Some(list) => list.iter().map(|given| of_override(given, config.spot_price.as_ref())).collect(),
        };
        sources.push(Source { template, overrides: overrides?, tags: Vec::new() });
    }
    Ok(sources)
}

fn of_override(
    given: &ec2::LaunchTemplateOverrides,
    price: Option<&String>,
) -> Result<ec2::FleetLaunchTemplateOverridesRequest> {
    Ok(ec2::FleetLaunchTemplateOverridesRequest {
        instance_type: given.instance_type.clone(),
        max_price: given.spot_price.clone().or_else(|| price.cloned()),
        subnet_id: given.subnet_id.clone(),
        availability_zone: given.availability_zone.clone(),
        availability_zone_id: given.availability_zone_id.clone(),
        weighted_capacity: given.weighted_capacity,
        priority: given.priority,
        instance_requirements: requirements(given.instance_requirements.as_ref())?,
        ..Default::default()
    })
}

fn requirements(
    given: Option<&ec2::InstanceRequirements>,
) -> Result<Option<ec2::InstanceRequirementsRequest>> {
    let Some(given) = given else { return Ok(None) };
    let path = "SpotFleetRequestConfig.LaunchTemplateConfigs.Overrides.InstanceRequirements";
    let from = convert::input::<ec2::RequestSpotFleet>(path)?;
    let to = convert::input::<ec2::CreateFleet>("LaunchTemplateConfigs.Overrides.InstanceRequirements")?;
    Ok(Some(convert::convert(from, given, to)?))
}

/// A launch specification as a launch template without a name.
fn of_specification(given: &ec2::SpotFleetLaunchSpecification, price: Option<&String>) -> Result<Source> {
    let shape = convert::input::<ec2::RequestSpotFleet>("SpotFleetRequestConfig.LaunchSpecifications")?;
    let mut data = convert::to_json(shape, given);
    for name in ["AddressingType", "InstanceRequirements", "SpotPrice", "WeightedCapacity", "SubnetId"] {
        data.remove(name);
    }
    let groups = given.security_groups.as_deref().unwrap_or_default();
    data.remove("SecurityGroups");
    let ids: Vec<&String> = groups.iter().filter_map(|group| group.group_id.as_ref()).collect();
    let names: Vec<&String> = groups
        .iter()
        .filter(|group| group.group_id.is_none())
        .filter_map(|group| group.group_name.as_ref())
        .collect();
    for (member, list) in [("SecurityGroupIds", ids), ("SecurityGroups", names)] {
        if !list.is_empty() {
            data.insert(member.to_owned(), json!(list));
        }
    }
    let mut zones = None;
    if let Some(Value::Object(placement)) = data.get_mut("Placement") {
        zones = placement.remove("AvailabilityZone").or_else(|| placement.remove("AvailabilityZoneId"));
    }
    let overrides = ec2::FleetLaunchTemplateOverridesRequest {
        instance_type: given.instance_type.clone(),
        max_price: given.spot_price.clone().or_else(|| price.cloned()),
        subnet_id: given.subnet_id.clone(),
        availability_zone: zones.as_ref().and_then(Value::as_str).map(str::to_owned),
        weighted_capacity: given.weighted_capacity,
        instance_requirements: requirements(given.instance_requirements.as_ref())?,
        ..Default::default()
    };
    let template = Template { id: String::new(), version: 0, data };
    Ok(Source { template, overrides: vec![overrides], tags: Vec::new() })
}
