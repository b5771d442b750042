//! Mixed instances policies: checked, completed with ids and defaults, and kept as the API has them.

use ironbird_api::autoscaling as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};
use serde_json::Value;

use super::template;
use crate::error;
use crate::member::template_spec;

/// Where policies stand in the API.
const POLICY: Place = Place::input("autoscaling", "CreateAutoScalingGroup", &["MixedInstancesPolicy"]);

/// Greatest number of overrides (API reference, LaunchTemplate: 40 instance types; 4 with requirements).
const MAX_TYPES: usize = 40;
const MAX_REQUIREMENTS: usize = 4;

/// Units that a type may be (API reference, LaunchTemplateOverrides: 1 to 999).
const WEIGHTS: std::ops::RangeInclusive<u32> = 1..=999;

/// How capacity is bought, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    /// Whether On-Demand goes by price rather than by the order of the overrides.
    pub(crate) on_demand_by_price: bool,
    pub(crate) on_demand_base: u64,
    pub(crate) on_demand_percent: u64,
    pub(crate) spot: SpotStrategy,
    pub(crate) spot_max_price: Option<String>,
}

impl Default for Distribution {
    /// All On-Demand, as a group without a policy.
    fn default() -> Self {
        Self {
            on_demand_by_price: false,
            on_demand_base: 0,
            on_demand_percent: 100,
            spot: SpotStrategy::LowestPrice { pools: 1 },
            spot_max_price: None,
        }
    }
}

/// How Spot pools are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpotStrategy {
    LowestPrice { pools: usize },
    CapacityOptimized,
    CapacityOptimizedPrioritized,
    PriceCapacityOptimized,
}

impl Distribution {
    /// Of so much capacity, how much is On-Demand. Fractions go to On-Demand (user guide, mixed instances groups).
    pub(crate) fn on_demand_of(&self, total: u64) -> u64 {
        let base = self.on_demand_base.min(total);
        base + ((total - base) * self.on_demand_percent).div_ceil(100)
    }
}

/// Checks a policy and completes it: ids and names of templates, defaults of the distribution. `earlier` is the policy
/// that the group has: an update changes only what it gives.
///
/// # Errors
/// `ValidationError` for what AWS refuses.
pub(crate) fn complete(
    ctx: &mut Ctx<'_>,
    given: &api::MixedInstancesPolicy,
    earlier: Option<&api::MixedInstancesPolicy>,
) -> Result<Value> {
    let mut policy = given.clone();
    let earlier_launch = earlier.and_then(|policy| policy.launch_template.clone()).map(by_id);
    let mut launch = match (policy.launch_template.take(), earlier_launch) {
        (Some(mut launch), Some(earlier)) => {
            launch.launch_template_specification =
                launch.launch_template_specification.or(earlier.launch_template_specification);
            launch.overrides = launch.overrides.or(earlier.overrides);
            launch
        }
        (Some(launch), None) | (None, Some(launch)) => launch,
        (None, None) => return Err(no_template()),
    };
    let spec = launch.launch_template_specification.as_ref().ok_or_else(no_template)?;
    launch.launch_template_specification = Some(template_spec(&template::named(ctx, spec)?));
    let by_attributes = check_overrides(ctx, launch.overrides.as_deref_mut().unwrap_or_default())?;
    policy.launch_template = Some(launch);
    let before = earlier.and_then(|policy| policy.instances_distribution.clone());
    let distribution = merged(policy.instances_distribution.take(), before);
    policy.instances_distribution = Some(complete_distribution(distribution, by_attributes)?);
    Ok(document::write(POLICY, &policy)?)
}

/// What a group keeps names each template by id and name; a request may only do so by one of them.
fn by_id(mut launch: api::LaunchTemplate) -> api::LaunchTemplate {
    let of_overrides = launch.overrides.iter_mut().flatten();
    let specs = of_overrides.filter_map(|entry| entry.launch_template_specification.as_mut());
    for spec in specs.chain(launch.launch_template_specification.as_mut()) {
        spec.launch_template_name = None;
    }
    launch
}

/// The policy that a group keeps.
///
/// # Errors
/// When the record is not a policy, which is a bug.
pub(crate) fn read(kept: &Value) -> Result<api::MixedInstancesPolicy> {
    Ok(document::read(POLICY, kept)?)
}

/// The distribution of a completed policy.
pub(crate) fn distribution(policy: &api::MixedInstancesPolicy) -> Distribution {
    let Some(kept) = &policy.instances_distribution else { return Distribution::default() };
    let number =
        |value: Option<i32>, default: u64| value.map_or(default, |value| u64::try_from(value).unwrap_or(0));
    let pools = usize::try_from(kept.spot_instance_pools.unwrap_or(2)).unwrap_or(1).max(1);
    Distribution {
        on_demand_by_price: kept.on_demand_allocation_strategy.as_deref() == Some("lowest-price"),
        on_demand_base: number(kept.on_demand_base_capacity, 0),
        on_demand_percent: number(kept.on_demand_percentage_above_base_capacity, 100).min(100),
        spot: match kept.spot_allocation_strategy.as_deref() {
            Some("capacity-optimized") => SpotStrategy::CapacityOptimized,
            Some("capacity-optimized-prioritized") => SpotStrategy::CapacityOptimizedPrioritized,
            Some("price-capacity-optimized") => SpotStrategy::PriceCapacityOptimized,
            _ => SpotStrategy::LowestPrice { pools },
        },
        spot_max_price: kept.spot_max_price.clone().filter(|price| !price.is_empty()),
    }
}

fn merged(
    given: Option<api::InstancesDistribution>,
    earlier: Option<api::InstancesDistribution>,
) -> api::InstancesDistribution {
    let (given, earlier) = (given.unwrap_or_default(), earlier.unwrap_or_default());
    api::InstancesDistribution {
        on_demand_allocation_strategy: given
            .on_demand_allocation_strategy
            .or(earlier.on_demand_allocation_strategy),
        on_demand_base_capacity: given.on_demand_base_capacity.or(earlier.on_demand_base_capacity),
        on_demand_percentage_above_base_capacity: given
            .on_demand_percentage_above_base_capacity
            .or(earlier.on_demand_percentage_above_base_capacity),
        spot_instance_pools: match &given.spot_allocation_strategy {
            Some(strategy) if strategy != "lowest-price" => given.spot_instance_pools,
            _ => given.spot_instance_pools.or(earlier.spot_instance_pools),
        },
        spot_allocation_strategy: given.spot_allocation_strategy.or(earlier.spot_allocation_strategy),
        spot_max_price: given.spot_max_price.or(earlier.spot_max_price),
    }
}

fn complete_distribution(
    mut distribution: api::InstancesDistribution,
    by_attributes: bool,
) -> Result<api::InstancesDistribution> {
    let usual = if by_attributes { "lowest-price" } else { "prioritized" };
    let on_demand = distribution.on_demand_allocation_strategy.get_or_insert_with(|| usual.to_owned());
    one_of("on-demand allocation strategy", on_demand, &["prioritized", "lowest-price"])?;
    if by_attributes && on_demand == "prioritized" {
        return Err(error::validation(
            "The prioritized On-Demand allocation strategy cannot be used with InstanceRequirements.",
        ));
    }
    let spot = distribution.spot_allocation_strategy.get_or_insert_with(|| "lowest-price".to_owned());
    const STRATEGIES: [&str; 4] =
        ["lowest-price", "capacity-optimized", "capacity-optimized-prioritized", "price-capacity-optimized"];
    one_of("spot allocation strategy", spot, &STRATEGIES)?;
    if by_attributes && spot == "capacity-optimized-prioritized" {
        return Err(error::validation(
            "The capacity-optimized-prioritized Spot allocation strategy cannot be used with InstanceRequirements.",
        ));
    }
    let lowest_price = spot == "lowest-price";
    match distribution.spot_instance_pools {
        Some(_) if !lowest_price => {
            return Err(error::validation(
                "SpotInstancePools option is only available with the lowest-price allocation strategy.",
            ));
        }
        Some(pools) => within("SpotInstancePools", pools, 1, 20)?,
        None => distribution.spot_instance_pools = lowest_price.then_some(2),
    }
    let base = *distribution.on_demand_base_capacity.get_or_insert(0);
    within("OnDemandBaseCapacity", base, 0, i32::MAX)?;
    let percent = *distribution.on_demand_percentage_above_base_capacity.get_or_insert(100);
    within("OnDemandPercentageAboveBaseCapacity", percent, 0, 100)?;
    Ok(distribution)
}

/// Checks overrides and completes the templates they name; whether they go by attributes.
fn check_overrides(ctx: &mut Ctx<'_>, overrides: &mut [api::LaunchTemplateOverrides]) -> Result<bool> {
    let by_attributes = overrides.iter().any(|entry| entry.instance_requirements.is_some());
    let most = if by_attributes { MAX_REQUIREMENTS } else { MAX_TYPES };
    if overrides.len() > most {
        let message =
            format!("The number of overrides must not be above {most}, there are {}.", overrides.len());
        return Err(error::validation(message));
    }
    let weighted = overrides.iter().filter(|entry| entry.weighted_capacity.is_some()).count();
    if weighted != 0 && weighted != overrides.len() {
        return Err(error::validation(
            "You must specify a WeightedCapacity for all instance types or for none.",
        ));
    }
    let mut seen: Vec<String> = Vec::new();
    for entry in overrides {
        if let Some(weight) = &entry.weighted_capacity
            && !weight.parse().is_ok_and(|weight| WEIGHTS.contains(&weight))
        {
            let message = format!("WeightedCapacity must be a number from 1 to 999, it is {weight}.");
            return Err(error::validation(message));
        }
        match (&entry.instance_type, &entry.instance_requirements) {
            (Some(_), Some(_)) => {
                return Err(error::validation(
                    "InstanceType and InstanceRequirements cannot be specified together.",
                ));
            }
            (Some(name), None) if seen.contains(name) => {
                return Err(error::validation(format!("Duplicate instance type {name} in the overrides.")));
            }
            (Some(_), None) if by_attributes => {
                return Err(error::validation(
                    "Overrides with InstanceType and with InstanceRequirements cannot be specified together.",
                ));
            }
            (Some(name), None) => seen.push(name.clone()),
            _ => {}
        }
        if let Some(spec) = &entry.launch_template_specification {
            entry.launch_template_specification = Some(template_spec(&template::named(ctx, spec)?));
        }
    }
    Ok(by_attributes)
}

fn no_template() -> ironbird_rig::Error {
    error::validation("Valid requests must contain either launchTemplateId or LaunchTemplateName")
}

fn one_of(what: &str, value: &str, known: &[&str]) -> Result<()> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(error::validation(format!("Invalid {what}: {value}. It must be one of {}.", known.join(", "))))
}

fn within(what: &str, value: i32, least: i32, most: i32) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(error::validation(format!("{what} must be between {least} and {most}, it is {value}.")))
}

#[cfg(test)]
mod tests {
    use super::Distribution;

    #[test]
    fn fractions_go_to_on_demand() {
        let half = Distribution { on_demand_base: 2, on_demand_percent: 50, ..Default::default() };
        let amounts: Vec<u64> = [0, 1, 2, 3, 4, 12].map(|total| half.on_demand_of(total)).into();
        assert_eq!(amounts, [0, 1, 2, 3, 3, 7]);
        assert_eq!(Distribution::default().on_demand_of(9), 9);
    }
}
