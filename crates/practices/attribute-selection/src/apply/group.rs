//! What changes of Auto Scaling groups.

use ironbird_api::autoscaling::{
    AutoScalingGroup, InstancesDistribution, LaunchTemplateSpecification, MixedInstancesPolicy,
    UpdateAutoScalingGroupType,
};
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::change::group::{GroupChange, chosen, named_once, restoring};
use ironbird_cloud::launch::{bound_to_type, template_data};
use ironbird_cloud::requirements;

use super::rewrite::Rewrite;
use super::terraform::Block;
use super::{Options, Plan, Planned};
use crate::subject::{Subject, of_group};

/// Plans the groups that are asked for.
///
/// # Errors
/// When something that the plan depends on cannot be read.
pub async fn plan<C: Cloud>(cloud: &C, plan: &mut Plan, options: &Options) -> Result<(), ApplyError> {
    for group in chosen(cloud, &options.groups).await? {
        let name = group.auto_scaling_group_name.clone();
        if group.status.is_some() {
            plan.skipped.push((format!("group {name}"), "it is being deleted".to_owned()));
            continue;
        }
        let doing = || ApplyError::call(format!("cannot read what group {name} launches"));
        let subject = of_group(cloud, &group).await.map_err(doing())?;
        let mut after =
            UpdateAutoScalingGroupType { auto_scaling_group_name: name.clone(), ..Default::default() };
        let mut planned = types(cloud, plan, options, &group, &subject, &mut after).await?;
        planned.change.lines.extend(spot(&subject, &group, &mut after));
        if !planned.change.lines.is_empty() {
            planned.change.before = restoring(&group, &after);
            let loses_template = group.launch_template.is_some() && after.mixed_instances_policy.is_some();
            plan.blocks.push(Block::group(&after, loses_template)?);
            planned.change.after = after;
            plan.groups.push(planned);
        }
    }
    Ok(())
}

/// The types that the group is to launch.
async fn types<C: Cloud>(
    cloud: &C,
    plan: &mut Plan,
    options: &Options,
    group: &AutoScalingGroup,
    subject: &Subject,
    after: &mut UpdateAutoScalingGroupType,
) -> Result<Planned<GroupChange>, ApplyError> {
    let name = &group.auto_scaling_group_name;
    let doing = || ApplyError::call(format!("cannot find out what group {name} could launch"));
    let mut planned = Planned {
        change: GroupChange {
            name: name.clone(),
            before: UpdateAutoScalingGroupType::default(),
            after: UpdateAutoScalingGroupType::default(),
            lines: Vec::new(),
        },
        previews: Vec::new(),
        warnings: Vec::new(),
    };
    let mut skip = |why: String| plan.skipped.push((format!("group {name}"), why));
    let policy = group.mixed_instances_policy.clone().unwrap_or_default();
    let inner = policy.launch_template.unwrap_or_default();
    let overrides = inner.overrides.unwrap_or_default();
    let mut templates: Vec<LaunchTemplateSpecification> =
        overrides.iter().filter_map(|one| one.launch_template_specification.clone()).collect();
    let mut rewrite = Rewrite::begin(subject, vec![overrides]);
    rewrite.run(cloud, &options.given_up).await.map_err(doing())?;
    std::mem::take(&mut rewrite.stays).into_iter().for_each(&mut skip);
    if !rewrite.is_changed() {
        return Ok(planned);
    }
    if rewrite.templates().next().is_some() {
        skip(
            "its attributes are those of its launch template, which others may use: --template changes them there"
                .to_owned(),
        );
        return Ok(planned);
    }
    let Some(template) = group.launch_template.clone().or(inner.launch_template_specification) else {
        skip("it has a launch configuration: give it a launch template first".to_owned());
        return Ok(planned);
    };
    templates.push(template.clone());
    for template in &templates {
        let data = template_data(cloud, template).await.map_err(doing())?;
        if let Some(setting) = bound_to_type(&data) {
            skip(format!("its launch template sets {setting}, which does not fit every type"));
            return Ok(planned);
        }
    }
    let overrides = rewrite.overrides().into_iter().flatten().next().unwrap_or_default();
    if overrides.len() > MOST_REQUIREMENTS {
        skip(format!(
            "its templates and images would take {} overrides by attributes, of which a group has {MOST_REQUIREMENTS} at most",
            overrides.len()
        ));
        return Ok(planned);
    }
    let mut changed = requirements::policy(named_once(template), overrides, policy.instances_distribution);
    for one in changed.launch_template.iter_mut().flat_map(|launch| launch.overrides.iter_mut().flatten()) {
        one.launch_template_specification = one.launch_template_specification.take().map(named_once);
    }
    planned.warnings = rewrite.warnings(cloud).await.map_err(doing())?;
    planned.warnings.extend(lost_order(group.mixed_instances_policy.as_ref(), &changed));
    planned.previews = rewrite.previews();
    planned.change.lines = rewrite.lines;
    after.mixed_instances_policy = Some(changed);
    Ok(planned)
}

/// A group takes so many overrides where one of them has attributes.
const MOST_REQUIREMENTS: usize = 4;

/// Says where a strategy went by the order of types, which attributes have none of.
pub(super) fn lost_order(before: Option<&MixedInstancesPolicy>, after: &MixedInstancesPolicy) -> Vec<String> {
    let before = before.and_then(|policy| policy.instances_distribution.clone()).unwrap_or_default();
    let after = after.instances_distribution.clone().unwrap_or_default();
    let pairs = [
        (before.on_demand_allocation_strategy, after.on_demand_allocation_strategy),
        (before.spot_allocation_strategy, after.spot_allocation_strategy),
    ];
    let lost = pairs.into_iter().filter_map(|pair| match pair {
        (Some(before), Some(after)) if before != after => {
            Some(format!("attributes have no order: {before} becomes {after}"))
        }
        _ => None,
    });
    lost.collect()
}

/// How the group is to buy Spot, where it does so where it is cheapest or replaces only what is gone.
fn spot(subject: &Subject, group: &AutoScalingGroup, after: &mut UpdateAutoScalingGroupType) -> Vec<String> {
    let mut lines = Vec::new();
    if subject.spot_strategy.as_deref() == Some("lowest-price") {
        let policy = after.mixed_instances_policy.get_or_insert_default();
        let own = group.mixed_instances_policy.as_ref().and_then(|own| own.instances_distribution.clone());
        let distribution = policy.instances_distribution.take().or(own).unwrap_or_default();
        policy.instances_distribution = Some(InstancesDistribution {
            spot_allocation_strategy: Some("price-capacity-optimized".to_owned()),
            spot_instance_pools: None,
            ..distribution
        });
        lines.push("Spot from the cheapest pools → price-capacity-optimized".to_owned());
    }
    if subject.rebalances == Some(false) {
        after.capacity_rebalance = Some(true);
        lines.push("CapacityRebalance off → on".to_owned());
    }
    lines
}
