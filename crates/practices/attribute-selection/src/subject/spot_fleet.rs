//! A Spot Fleet as a subject.

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::change::fleet::{FleetKind as _, SpotFleet};
use ironbird_cloud::{Cloud, read, requirements};
use ironbird_rig::catalogue::protection::PriceBasis;

use super::fleet::of_config;
use super::{Kind, Override, Subject, selection};

/// The Spot Fleet without what takes calls: see [`of_spot_fleet`]. None for one that is gone.
fn outline(fleet: &ec2::SpotFleetRequestConfig, region: &str) -> Option<Subject> {
    if !SpotFleet::is_there(fleet) {
        return None;
    }
    let id = fleet.spot_fleet_request_id.clone()?;
    let config = fleet.spot_fleet_request_config.as_ref()?;
    let on_demand = config.on_demand_target_capacity.unwrap_or(0);
    // What is not On-Demand is Spot; a fleet of none may grow yet, and then buys Spot.
    let spot = config.target_capacity > on_demand || config.target_capacity == 0;
    let rebalances =
        config.spot_maintenance_strategies.as_ref().and_then(|it| it.capacity_rebalance.as_ref());
    let rebalances = rebalances.is_some_and(|rebalance| rebalance.replacement_strategy.is_some());
    let unit = config.target_capacity_unit_type.as_deref().unwrap_or("units");
    Some(Subject {
        kind: Kind::SpotFleet,
        name: id.clone(),
        id,
        region: region.to_owned(),
        basis: PriceBasis::parse(unit).unwrap_or_default(),
        on_demand: on_demand > 0,
        spot,
        meant_spot: None,
        spot_strategy: spot.then(|| strategy(config.allocation_strategy.as_deref()).to_owned()),
        // Only a fleet that keeps its capacity replaces anything.
        rebalances: (spot && config.r#type.as_deref().unwrap_or("maintain") == "maintain")
            .then_some(rebalances),
        selections: Vec::new(),
        running: Vec::new(),
    })
}

/// An allocation strategy as groups and EC2 Fleets word it.
fn strategy(name: Option<&str>) -> &str {
    match name {
        None | Some("lowestPrice") => "lowest-price",
        Some("capacityOptimized") => "capacity-optimized",
        Some("capacityOptimizedPrioritized") => "capacity-optimized-prioritized",
        Some("priceCapacityOptimized") => "price-capacity-optimized",
        Some(other) => other,
    }
}

/// Reads what a Spot Fleet may launch and what it runs; none for one that is gone.
///
/// # Errors
/// What the service answers.
pub async fn of_spot_fleet<C: Cloud>(
    cloud: &C,
    fleet: &ec2::SpotFleetRequestConfig,
) -> Result<Option<Subject>, CallError> {
    let Some(mut subject) = outline(fleet, &cloud.region().to_string()) else { return Ok(None) };
    let config = fleet.spot_fleet_request_config.clone().unwrap_or_default();
    for (index, one) in config.launch_specifications.iter().flatten().enumerate() {
        let data = ec2::ResponseLaunchTemplateData { image_id: one.image_id.clone(), ..Default::default() };
        let over = Override {
            named: one.instance_type.clone(),
            wanted: one.instance_requirements.as_ref().map(requirements::of_template),
            image_id: None,
            is_weighted: one.weighted_capacity.is_some_and(|weight| weight != 1.0),
        };
        let place = format!("launch specification {}", index + 1);
        subject.selections.push(selection(cloud, place, &data, over).await?);
    }
    for config in config.launch_template_configs.iter().flatten() {
        let overrides = config.overrides.iter().flatten().map(|one| Override {
            named: one.instance_type.clone(),
            wanted: one.instance_requirements.as_ref().map(requirements::of_template),
            image_id: None,
            is_weighted: one.weighted_capacity.is_some_and(|weight| weight != 1.0),
        });
        let named = config.launch_template_specification.as_ref();
        of_config(cloud, &mut subject.selections, named, overrides.collect()).await?;
    }
    let input = ec2::DescribeSpotFleetInstancesRequest {
        spot_fleet_request_id: subject.id.clone(),
        ..Default::default()
    };
    let up = read::spot_fleet_instances(cloud, input).await?.into_iter();
    subject.running =
        up.filter_map(|instance| Some((instance.instance_id?, instance.instance_type?))).collect();
    Ok(Some(subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config: ec2::SpotFleetRequestConfigData, state: &str) -> Option<Subject> {
        let fleet = ec2::SpotFleetRequestConfig {
            spot_fleet_request_id: Some("sfr-1".to_owned()),
            spot_fleet_request_state: Some(state.to_owned()),
            spot_fleet_request_config: Some(config),
            ..Default::default()
        };
        outline(&fleet, "us-east-1")
    }

    #[test]
    fn what_is_not_on_demand_is_spot_where_it_is_cheapest() {
        let config = |total, on_demand| ec2::SpotFleetRequestConfigData {
            target_capacity: total,
            on_demand_target_capacity: Some(on_demand),
            ..Default::default()
        };
        let buys = |config| of(config, "active").map(|it| (it.on_demand, it.spot, it.spot_strategy));
        let cheapest = Some("lowest-price".to_owned());
        assert_eq!(buys(config(4, 1)), Some((true, true, cheapest.clone())));
        assert_eq!(buys(config(0, 0)), Some((false, true, cheapest)));
        assert_eq!(buys(config(2, 2)), Some((true, false, None)));
        assert!(of(config(4, 0), "cancelled_running").is_none() && of(config(4, 0), "failed").is_none());
    }

    #[test]
    fn only_a_fleet_that_keeps_its_capacity_can_rebalance() {
        let rebalances = |kind: &str, strategy: Option<&str>| {
            let rebalance = strategy.map(|strategy| ec2::SpotCapacityRebalance {
                replacement_strategy: Some(strategy.to_owned()),
                ..Default::default()
            });
            let config = ec2::SpotFleetRequestConfigData {
                target_capacity: 1,
                r#type: Some(kind.to_owned()),
                spot_maintenance_strategies: Some(ec2::SpotMaintenanceStrategies {
                    capacity_rebalance: rebalance,
                }),
                ..Default::default()
            };
            of(config, "active").and_then(|subject| subject.rebalances)
        };
        assert_eq!(rebalances("request", None), None);
        assert_eq!(rebalances("maintain", None), Some(false));
        assert_eq!(rebalances("maintain", Some("launch")), Some(true));
    }
}
