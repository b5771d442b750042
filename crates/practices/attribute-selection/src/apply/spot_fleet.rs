//! What changes of Spot Fleets. Those that launch from templates and keep their capacity are modified; of all others, and of
//! those whose way of choosing falls short, the plan gives the request that would replace them: to make it, and when to
//! cancel the old one, is for its owner.

use ironbird_api::ec2;
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::change::fleet::{FleetKind as _, SpotFleet, chosen};
use ironbird_rig::document::{self, Place};

use super::fleet::{Rewritten, fixed, types};
use super::rewrite::Rewrite;
use super::terraform::Block;
use super::{Options, Plan};
use crate::subject::{Subject, of_spot_fleet};

impl Rewritten for SpotFleet {
    type Over = ec2::LaunchTemplateOverrides;

    fn overrides(call: &ec2::ModifySpotFleetRequestRequest) -> Vec<Vec<Self::Over>> {
        let configs = call.launch_template_configs.iter().flatten();
        configs.map(|config| config.overrides.clone().unwrap_or_default()).collect()
    }

    fn put(call: &mut ec2::ModifySpotFleetRequestRequest, overrides: Vec<Vec<Self::Over>>) {
        for (config, overrides) in call.launch_template_configs.iter_mut().flatten().zip(overrides) {
            config.overrides = Some(overrides);
        }
    }

    fn fixed(
        fleet: &ec2::SpotFleetRequestConfig,
        after: &ec2::ModifySpotFleetRequestRequest,
    ) -> Result<Option<String>, ApplyError> {
        let config = fleet.spot_fleet_request_config.clone().unwrap_or_default();
        let strategies =
            [config.on_demand_allocation_strategy.as_deref(), config.allocation_strategy.as_deref()];
        let Some(why) = fixed::<Self>(config.r#type.as_deref().unwrap_or("maintain"), strategies) else {
            return Ok(None);
        };
        let another = ec2::SpotFleetRequestConfigData {
            launch_template_configs: after.launch_template_configs.clone(),
            ..config.clone()
        };
        Ok(Some(format!("{why}. {}", replacing(another)?)))
    }

    fn block(after: &ec2::ModifySpotFleetRequestRequest, is_fixed: bool) -> Result<Block, ApplyError> {
        Block::spot_fleet(after, is_fixed)
    }
}

/// Plans the Spot Fleets that are asked for.
///
/// # Errors
/// When something that the plan depends on cannot be read.
pub async fn plan<C: Cloud>(
    cloud: &C,
    plan: &mut Plan,
    options: &Options,
    ids: &[String],
) -> Result<(), ApplyError> {
    for fleet in chosen::<C, SpotFleet>(cloud, ids).await? {
        let name = format!("Spot Fleet {}", SpotFleet::id(&fleet));
        let doing = ApplyError::call(format!("cannot read what {name} launches"));
        let Some(subject) = of_spot_fleet(cloud, &fleet).await.map_err(doing)? else { continue };
        let config = fleet.spot_fleet_request_config.clone().unwrap_or_default();
        if config.launch_specifications.as_ref().is_some_and(|list| !list.is_empty()) {
            specifications(cloud, plan, options, config, &subject).await?;
            continue;
        }
        let changed = types::<C, SpotFleet>(cloud, plan, options, &fleet, &subject).await?;
        plan.spot_fleets.extend(changed);
        if let Some(wanted) = spot(&subject) {
            let why = format!(
                "ModifySpotFleetRequest does not change how it chooses: request another with {wanted}"
            );
            plan.skipped.push((name, why));
        }
    }
    Ok(())
}

/// A Spot Fleet with launch specifications of its own, which nothing changes: the plan says what to request instead.
async fn specifications<C: Cloud>(
    cloud: &C,
    plan: &mut Plan,
    options: &Options,
    config: ec2::SpotFleetRequestConfigData,
    subject: &Subject,
) -> Result<(), ApplyError> {
    let name = format!("Spot Fleet {}", subject.id);
    let given = config.launch_specifications.clone().unwrap_or_default();
    let mut rewrite = Rewrite::begin(subject, vec![given]);
    let doing = ApplyError::call(format!("cannot find out what {name} could launch"));
    rewrite.run(cloud, &options.given_up).await.map_err(doing)?;
    plan.skipped.extend(rewrite.stays.iter().map(|why| (name.clone(), why.clone())));
    if !rewrite.is_changed() && spot(subject).is_none() {
        return Ok(());
    }
    let specifications = rewrite.overrides().and_then(|mut configs| configs.pop());
    let another = ec2::SpotFleetRequestConfigData {
        launch_specifications: specifications.or_else(|| config.launch_specifications.clone()),
        ..config
    };
    let why = format!("its launch specifications cannot be modified. {}", replacing(another)?);
    plan.skipped.push((name, why));
    Ok(())
}

/// What to request in the place of a Spot Fleet, in words: the same, but for what it chooses by and what only one request
/// has.
fn replacing(config: ec2::SpotFleetRequestConfigData) -> Result<String, ApplyError> {
    const CONFIG: Place = Place::input("ec2", "RequestSpotFleet", &["SpotFleetRequestConfig"]);
    let keeps = config.r#type.as_deref().unwrap_or("maintain") == "maintain";
    let strategy = config.allocation_strategy.as_deref().unwrap_or("lowestPrice");
    let goes_by_price = strategy == "lowestPrice";
    let strategies = config.spot_maintenance_strategies.clone();
    let rebalances = strategies.filter(|it| it.capacity_rebalance.is_some()).or_else(|| {
        keeps.then(|| ec2::SpotMaintenanceStrategies {
            capacity_rebalance: Some(ec2::SpotCapacityRebalance {
                replacement_strategy: Some("launch".to_owned()),
                ..Default::default()
            }),
        })
    });
    let another = ec2::SpotFleetRequestConfigData {
        allocation_strategy: Some(match strategy {
            "lowestPrice" => "priceCapacityOptimized".to_owned(),
            // Attributes have no order.
            "capacityOptimizedPrioritized" => "capacityOptimized".to_owned(),
            other => other.to_owned(),
        }),
        on_demand_allocation_strategy: Some("lowestPrice".to_owned()),
        instance_pools_to_use_count: config.instance_pools_to_use_count.filter(|_| !goes_by_price),
        spot_maintenance_strategies: rebalances,
        client_token: None,
        fulfilled_capacity: None,
        on_demand_fulfilled_capacity: None,
        ..config
    };
    let json = document::write(CONFIG, &another).map_err(|error| ApplyError::Input(error.to_string()))?;
    Ok(format!(
        "Request another, and cancel this one once that is fulfilled, with SpotFleetRequestConfig: {json}"
    ))
}

/// What of a Spot Fleet's way of choosing falls short: it stays as it was given.
fn spot(subject: &Subject) -> Option<String> {
    let mut options = Vec::new();
    if subject.spot_strategy.as_deref() == Some("lowest-price") {
        options.push("AllocationStrategy priceCapacityOptimized");
    }
    if subject.rebalances == Some(false) {
        options.push("SpotMaintenanceStrategies.CapacityRebalance.ReplacementStrategy launch");
    }
    (!options.is_empty()).then(|| options.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_in_its_place_is_the_same_but_for_how_it_chooses() {
        let config = ec2::SpotFleetRequestConfigData {
            target_capacity: 3,
            iam_fleet_role: "role".to_owned(),
            client_token: Some("once".to_owned()),
            fulfilled_capacity: Some(3.0),
            instance_pools_to_use_count: Some(1),
            allocation_strategy: Some("lowestPrice".to_owned()),
            ..Default::default()
        };
        let text = replacing(config.clone()).unwrap();
        let (_, json) = text.split_once("SpotFleetRequestConfig: ").unwrap();
        let expected = serde_json::json!({
            "TargetCapacity": 3, "IamFleetRole": "role",
            "AllocationStrategy": "priceCapacityOptimized", "OnDemandAllocationStrategy": "lowestPrice",
            "SpotMaintenanceStrategies": {"CapacityRebalance": {"ReplacementStrategy": "launch"}},
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(json).unwrap(), expected);
        let once = ec2::SpotFleetRequestConfigData { r#type: Some("request".to_owned()), ..config };
        assert!(!replacing(once).unwrap().contains("CapacityRebalance"));
    }
}
