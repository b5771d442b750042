//! Changes of Auto Scaling groups: what a group launches and where, as the call that sets it, before and after.

use ironbird_api::autoscaling::{
    self, AutoScalingGroup, AutoScalingGroupNamesType, InstancesDistribution, LaunchTemplateSpecification,
    UpdateAutoScalingGroup, UpdateAutoScalingGroupType,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::json::{from_json, to_json};
use super::{ApplyError, Outcome};
use crate::{Cloud, read};

/// A call as JSON, as the AWS CLI takes it.
///
/// # Errors
/// Where it cannot be written: a bug of ours.
pub fn call_json(call: &UpdateAutoScalingGroupType) -> Result<Value, ApplyError> {
    to_json::<UpdateAutoScalingGroup>(call).map_err(ApplyError::Input)
}

/// A change of one group.
#[derive(Clone)]
pub struct GroupChange {
    /// Name of the group.
    pub name: String,
    /// What restores it.
    pub before: UpdateAutoScalingGroupType,
    /// What changes it.
    pub after: UpdateAutoScalingGroupType,
    /// What changes, in words.
    pub lines: Vec<String>,
}

impl GroupChange {
    /// The change for programs, with the call that makes it.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn json(&self) -> Result<Value, ApplyError> {
        let call = call_json(&self.after)?;
        Ok(json!({"group": self.name, "changes": self.lines, "UpdateAutoScalingGroup": call}))
    }
}

/// A group as it was, and as it was to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupBackup {
    /// Name of the group.
    pub name: String,
    /// The UpdateAutoScalingGroup call that restores it.
    pub before: Value,
    /// The call that changed it.
    pub after: Value,
}

/// Adds changes to what is kept. What is there of an earlier run stays: it is how the group was before that.
///
/// # Errors
/// Where a call cannot be written as JSON: a bug of ours.
pub fn keep(kept: &mut Vec<GroupBackup>, changes: &[GroupChange]) -> Result<(), ApplyError> {
    for change in changes {
        let (before, after) = (call_json(&change.before)?, call_json(&change.after)?);
        match kept.iter_mut().find(|group| group.name == change.name) {
            Some(known) => known.after = after,
            None => kept.push(GroupBackup { name: change.name.clone(), before, after }),
        }
    }
    Ok(())
}

/// Changes the groups.
///
/// # Errors
/// The first call that failed.
pub async fn change<C: Cloud>(
    cloud: &C,
    changes: &[GroupChange],
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    for change in changes {
        let doing = ApplyError::call(format!("cannot change group {}", change.name));
        cloud.call::<UpdateAutoScalingGroup>(&change.after).await.map_err(doing)?;
        outcome.done.push(format!("changed group {}", change.name));
    }
    Ok(())
}

/// Every group that is not as a change was to make it, in words.
///
/// # Errors
/// When a group cannot be read.
pub async fn differences<C: Cloud>(cloud: &C, changes: &[GroupChange]) -> Result<Vec<String>, ApplyError> {
    let mut differences = Vec::new();
    for change in changes {
        match find(cloud, &change.name).await? {
            Some(group) if is_as(&group, &change.after) => {}
            Some(_) => differences.push(format!(
                "group {} is not as planned: another change may have come between",
                change.name
            )),
            None => differences.push(format!("group {} is gone", change.name)),
        }
    }
    Ok(differences)
}

/// The groups with these names, all where none is named.
///
/// # Errors
/// When they cannot be read, or there is no such group.
pub async fn chosen<C: Cloud>(cloud: &C, names: &[String]) -> Result<Vec<AutoScalingGroup>, ApplyError> {
    let input = AutoScalingGroupNamesType::default();
    let all = read::groups(cloud, input).await.map_err(ApplyError::call("cannot read the groups"))?;
    if names.is_empty() {
        return Ok(all);
    }
    if let Some(unknown) =
        names.iter().find(|name| all.iter().all(|group| group.auto_scaling_group_name != **name))
    {
        return Err(ApplyError::Input(format!("there is no group {unknown:?} in {}", cloud.region())));
    }
    Ok(all.into_iter().filter(|group| names.contains(&group.auto_scaling_group_name)).collect())
}

/// Restores a group. One that somebody changed since is left alone unless `force` says otherwise. `problem` makes an
/// error about the backup.
///
/// # Errors
/// The first call that failed; `NotAsPlanned` when verification found a difference.
pub async fn restore<C: Cloud>(
    cloud: &C,
    kept: &GroupBackup,
    force: bool,
    problem: &dyn Fn(&str) -> ApplyError,
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    let GroupBackup { name, before, after } = kept;
    let call = |json| {
        from_json::<UpdateAutoScalingGroup>(json)
            .map_err(|cause| problem(&format!("what it says of group {name} cannot be used: {cause}")))
    };
    let (before, after): (UpdateAutoScalingGroupType, UpdateAutoScalingGroupType) =
        (call(before)?, call(after)?);
    let Some(now) = find(cloud, name).await? else {
        outcome.left.push(format!("group {name} is gone: it cannot be restored"));
        return Ok(());
    };
    if restoring(&now, &before) == before {
        return Ok(());
    }
    if !force && !is_as(&now, &after) {
        outcome.left.push(format!("group {name} was changed since: --force restores it all the same"));
        return Ok(());
    }
    let doing = ApplyError::call(format!("cannot restore group {name}"));
    cloud.call::<UpdateAutoScalingGroup>(&before).await.map_err(doing)?;
    let restored = find(cloud, name).await?;
    if restored.is_none_or(|restored| restoring(&restored, &before) != before) {
        return Err(ApplyError::NotAsPlanned(vec![format!("group {name} is not as it was before")]));
    }
    outcome.done.push(format!("restored group {name}"));
    Ok(())
}

async fn find<C: Cloud>(cloud: &C, name: &str) -> Result<Option<AutoScalingGroup>, ApplyError> {
    let input = AutoScalingGroupNamesType {
        auto_scaling_group_names: Some(vec![name.to_owned()]),
        ..Default::default()
    };
    let found =
        read::groups(cloud, input).await.map_err(ApplyError::call(format!("cannot read group {name}")))?;
    Ok(found.into_iter().next())
}

/// The call that sets what the group has now, of all that `change` sets.
pub fn restoring(
    group: &AutoScalingGroup,
    change: &UpdateAutoScalingGroupType,
) -> UpdateAutoScalingGroupType {
    let rebalances = group.capacity_rebalance == Some(true);
    UpdateAutoScalingGroupType {
        capacity_rebalance: change.capacity_rebalance.map(|_| rebalances),
        ..current(group)
    }
}

/// The call that sets what the group has now: what it launches, and where.
pub fn current(group: &AutoScalingGroup) -> UpdateAutoScalingGroupType {
    let subnets = group.vpc_zone_identifier.clone().filter(|subnets| !subnets.is_empty());
    let zones = subnets.is_none().then(|| group.availability_zones.clone());
    UpdateAutoScalingGroupType {
        auto_scaling_group_name: group.auto_scaling_group_name.clone(),
        launch_configuration_name: group.launch_configuration_name.clone(),
        launch_template: group.launch_template.clone().map(named_once),
        mixed_instances_policy: group.mixed_instances_policy.clone().map(policy_named_once),
        vpc_zone_identifier: subnets,
        availability_zones: zones,
        ..Default::default()
    }
}

/// A template is described by id and name, but may be given by one of them only.
pub fn named_once(template: LaunchTemplateSpecification) -> LaunchTemplateSpecification {
    let launch_template_name =
        if template.launch_template_id.is_some() { None } else { template.launch_template_name };
    LaunchTemplateSpecification { launch_template_name, ..template }
}

fn policy_named_once(mut policy: autoscaling::MixedInstancesPolicy) -> autoscaling::MixedInstancesPolicy {
    if let Some(template) = &mut policy.launch_template {
        template.launch_template_specification =
            template.launch_template_specification.take().map(named_once);
        // Overrides that a call leaves out stay.
        for one in template.overrides.get_or_insert_default() {
            one.launch_template_specification = one.launch_template_specification.take().map(named_once);
        }
    }
    policy
}

/// Whether a group is as the call sets it. What the call leaves out, and what AWS fills in by itself, does not count.
pub fn is_as(group: &AutoScalingGroup, set: &UpdateAutoScalingGroupType) -> bool {
    let now = current(group);
    let subnets = |of: &UpdateAutoScalingGroupType| {
        let text = of.vpc_zone_identifier.clone().unwrap_or_default();
        let mut subnets: Vec<String> = text.split(',').map(|id| id.trim().to_owned()).collect();
        subnets.sort();
        subnets
    };
    let zones = |of: &UpdateAutoScalingGroupType| {
        let mut zones = of.availability_zones.clone().unwrap_or_default();
        zones.sort();
        zones
    };
    let template = |of: &UpdateAutoScalingGroupType| {
        let policy = of.mixed_instances_policy.as_ref();
        let template = policy.and_then(|policy| policy.launch_template.as_ref());
        (of.launch_template.clone(), of.launch_configuration_name.clone(), template.cloned())
    };
    let distribution = |of: &UpdateAutoScalingGroupType| {
        of.mixed_instances_policy.as_ref().and_then(|policy| policy.instances_distribution.clone())
    };
    let launches_alike = template(set) == (None, None, None) || template(set) == template(&now);
    let buys_alike = distribution(set)
        .is_none_or(|wanted| distribution(&now).is_some_and(|now| has_all_of(&now, &wanted)));
    let rebalances = group.capacity_rebalance == Some(true);
    let rebalances_alike = set.capacity_rebalance.is_none_or(|wanted| wanted == rebalances);
    let stays_put = set.vpc_zone_identifier.is_none() && set.availability_zones.is_none();
    launches_alike
        && buys_alike
        && rebalances_alike
        && (stays_put || (subnets(set) == subnets(&now) && zones(set) == zones(&now)))
}

/// Whether a distribution has every value that another gives.
fn has_all_of(now: &InstancesDistribution, wanted: &InstancesDistribution) -> bool {
    fn has<T: PartialEq>(now: &Option<T>, wanted: &Option<T>) -> bool {
        wanted.is_none() || wanted == now
    }
    has(&now.on_demand_allocation_strategy, &wanted.on_demand_allocation_strategy)
        && has(&now.on_demand_base_capacity, &wanted.on_demand_base_capacity)
        && has(
            &now.on_demand_percentage_above_base_capacity,
            &wanted.on_demand_percentage_above_base_capacity,
        )
        && has(&now.spot_allocation_strategy, &wanted.spot_allocation_strategy)
        && has(&now.spot_instance_pools, &wanted.spot_instance_pools)
        && has(&now.spot_max_price, &wanted.spot_max_price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_survives_its_json() {
        let template = LaunchTemplateSpecification {
            launch_template_id: Some("lt-1".to_owned()),
            launch_template_name: Some("app".to_owned()),
            version: Some("$Latest".to_owned()),
        };
        let needs = crate::requirements::Needs::like(8, 65_536, "x86_64");
        let group = AutoScalingGroup {
            auto_scaling_group_name: "app é".to_owned(),
            mixed_instances_policy: Some(needs.policy(template, None)),
            vpc_zone_identifier: Some("subnet-2,subnet-1".to_owned()),
            ..Default::default()
        };
        let set = current(&group);
        let json = to_json::<UpdateAutoScalingGroup>(&set).unwrap();
        assert_eq!(json["VPCZoneIdentifier"], "subnet-2,subnet-1");
        assert!(json.get("MinSize").is_none(), "{json}");
        let back = from_json::<UpdateAutoScalingGroup>(&json).unwrap();
        assert!(back == set, "{json}");
        assert!(is_as(&group, &set));
        let rebalancing = UpdateAutoScalingGroupType { capacity_rebalance: Some(true), ..set.clone() };
        assert!(!is_as(&group, &rebalancing));
        assert_eq!(restoring(&group, &rebalancing).capacity_rebalance, Some(false));
        let mut strategy = rebalancing;
        strategy.capacity_rebalance = None;
        if let Some(policy) = &mut strategy.mixed_instances_policy {
            policy.instances_distribution = Some(InstancesDistribution {
                spot_allocation_strategy: Some("price-capacity-optimized".to_owned()),
                ..Default::default()
            });
        }
        assert!(!is_as(&group, &strategy));
        let elsewhere = AutoScalingGroup { vpc_zone_identifier: Some("subnet-2".to_owned()), ..group };
        assert!(!is_as(&elsewhere, &set));
    }
}
