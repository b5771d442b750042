//! An Auto Scaling group as a subject.

use ironbird_api::autoscaling::{AutoScalingGroup, InstancesDistribution, MixedInstancesPolicy};
use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::launch::{configuration_data, template_data};
use ironbird_cloud::requirements;
use ironbird_rig::catalogue::protection::PriceBasis;

use super::{Kind, Override, Selection, Subject, selection};

/// The group without what it may launch, which takes calls: see [`of_group`].
pub fn outline(group: &AutoScalingGroup, region: &str) -> Subject {
    let unit = group.desired_capacity_type.as_deref().unwrap_or("units");
    let policy = group.mixed_instances_policy.as_ref();
    let distribution = policy.and_then(|policy| policy.instances_distribution.as_ref());
    let share = Share::of(group, distribution);
    let running = group.instances.iter().flatten();
    let running = running.filter(|instance| instance.lifecycle_state.starts_with("InService"));
    let rebalances = group.capacity_rebalance == Some(true);
    let meant_spot = distribution.and_then(meant).or(rebalances.then_some("CapacityRebalance is on"));
    Subject {
        kind: Kind::Group,
        id: group.auto_scaling_group_arn.clone().unwrap_or_else(|| group.auto_scaling_group_name.clone()),
        name: group.auto_scaling_group_name.clone(),
        region: region.to_owned(),
        basis: PriceBasis::parse(unit).unwrap_or_default(),
        on_demand: share.on_demand > 0,
        spot: share.spot > 0,
        meant_spot: meant_spot.filter(|_| share.spot == 0),
        // A policy without a strategy takes the lowest price.
        spot_strategy: policy.filter(|_| share.spot > 0).map(|_| {
            let own = distribution.and_then(|distribution| distribution.spot_allocation_strategy.clone());
            own.unwrap_or_else(|| "lowest-price".to_owned())
        }),
        rebalances: (share.spot > 0).then_some(rebalances),
        selections: Vec::new(),
        running: running
            .filter_map(|instance| Some((instance.instance_id.clone(), instance.instance_type.clone()?)))
            .collect(),
    }
}

/// Reads what a group may launch.
///
/// # Errors
/// What the service answers.
pub async fn of_group<C: Cloud>(cloud: &C, group: &AutoScalingGroup) -> Result<Subject, CallError> {
    let mut subject = outline(group, &cloud.region().to_string());
    let mixed = group.mixed_instances_policy.as_ref();
    let data = match (&group.launch_template, &group.launch_configuration_name) {
        (Some(template), _) => template_data(cloud, template).await?,
        (None, Some(name)) => configuration_data(cloud, name).await?,
        (None, None) => ec2::ResponseLaunchTemplateData::default(),
    };
    match mixed {
        Some(policy) => subject.selections = of_policy(cloud, policy).await?,
        None => {
            let market = data.instance_market_options.as_ref();
            if market.and_then(|options| options.market_type.as_deref()) == Some("spot") {
                subject.meant_spot = None;
                (subject.on_demand, subject.spot) = (false, true);
                subject.rebalances = Some(group.capacity_rebalance == Some(true));
            }
            let place = match group.launch_template {
                Some(_) => "its launch template",
                None => "its launch configuration",
            };
            subject.selections.push(selection(cloud, place.to_owned(), &data, Override::default()).await?);
        }
    }
    Ok(subject)
}

async fn of_policy<C: Cloud>(cloud: &C, policy: &MixedInstancesPolicy) -> Result<Vec<Selection>, CallError> {
    let Some(launch) = &policy.launch_template else { return Ok(Vec::new()) };
    let main = match &launch.launch_template_specification {
        Some(template) => template_data(cloud, template).await?,
        None => ec2::ResponseLaunchTemplateData::default(),
    };
    let overrides = launch.overrides.as_deref().unwrap_or_default();
    if overrides.is_empty() {
        let place = "its launch template".to_owned();
        return Ok(vec![selection(cloud, place, &main, Override::default()).await?]);
    }
    let mut selections = Vec::new();
    for (index, one) in overrides.iter().enumerate() {
        let data = match &one.launch_template_specification {
            Some(own) => template_data(cloud, own).await?,
            None => main.clone(),
        };
        let over = Override {
            named: one.instance_type.clone(),
            wanted: one.instance_requirements.as_ref().map(requirements::of_group),
            image_id: one.image_id.clone(),
            is_weighted: one.weighted_capacity.is_some(),
        };
        selections.push(selection(cloud, format!("override {}", index + 1), &data, over).await?);
    }
    Ok(selections)
}

/// Of the group at its maximum, what is bought in which way.
struct Share {
    on_demand: i32,
    spot: i32,
}

impl Share {
    fn of(group: &AutoScalingGroup, distribution: Option<&InstancesDistribution>) -> Self {
        // A group of none may grow yet: then only the percentage counts.
        let most = if group.max_size > 0 { group.max_size } else { i32::MAX };
        let base =
            distribution.and_then(|distribution| distribution.on_demand_base_capacity).unwrap_or(0).min(most);
        let percent = distribution
            .and_then(|distribution| distribution.on_demand_percentage_above_base_capacity)
            .unwrap_or(100);
        // Auto Scaling rounds the On-Demand share up.
        let above = (i64::from(most - base) * i64::from(percent) + 99) / 100;
        let on_demand = base.saturating_add(i32::try_from(above).unwrap_or(i32::MAX)).min(most);
        Self { on_demand, spot: most - on_demand }
    }
}

/// What of a distribution only makes sense with Spot. AWS fills in `lowest-price` by itself.
fn meant(distribution: &InstancesDistribution) -> Option<&'static str> {
    let strategy = distribution.spot_allocation_strategy.as_deref();
    if strategy.is_some_and(|strategy| strategy != "lowest-price") {
        return Some("a SpotAllocationStrategy is set");
    }
    let price = distribution.spot_max_price.as_deref().unwrap_or_default();
    (!price.is_empty()).then_some("a SpotMaxPrice is set")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(max_size: i32, base: Option<i32>, percent: Option<i32>) -> (i32, i32) {
        let group = AutoScalingGroup { max_size, ..Default::default() };
        let distribution = InstancesDistribution {
            on_demand_base_capacity: base,
            on_demand_percentage_above_base_capacity: percent,
            ..Default::default()
        };
        let share = Share::of(&group, Some(&distribution));
        (share.on_demand, share.spot)
    }

    #[test]
    fn the_share_of_on_demand_is_all_unless_told_otherwise_and_rounded_up() {
        assert_eq!(share(1, None, None), (1, 0));
        assert_eq!(share(10, Some(2), Some(0)), (2, 8));
        assert_eq!(share(1, None, Some(50)), (1, 0));
        assert_eq!(share(3, None, Some(50)), (2, 1));
        assert_eq!(share(2, Some(5), Some(0)), (2, 0));
        assert!(share(0, None, Some(0)).1 > 0);
    }

    #[test]
    fn only_what_somebody_set_says_that_spot_was_meant() {
        let set = |strategy: &str, price: &str| {
            meant(&InstancesDistribution {
                spot_allocation_strategy: Some(strategy.to_owned()),
                spot_max_price: Some(price.to_owned()),
                ..Default::default()
            })
        };
        assert_eq!(set("lowest-price", ""), None);
        assert!(set("capacity-optimized", "").is_some() && set("lowest-price", "0.1").is_some());
    }
}
