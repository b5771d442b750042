//! What would change: read from the account, nothing is written.

use ironbird_api::autoscaling::{self, AutoScalingGroup, UpdateAutoScalingGroupType};
use ironbird_api::ec2;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::change::group::{GroupChange, chosen, current, named_once};
use ironbird_cloud::launch::{bound_to_type, needs_of, template_data};
use ironbird_cloud::{Cloud, read};

use super::reserve;
use super::subnets::to_add;
use super::{Options, Plan};

/// Plans what would make the account follow the practice.
///
/// # Errors
/// When something that the plan depends on cannot be read.
pub async fn plan<C: Cloud>(cloud: &C, options: &Options) -> Result<Plan, ApplyError> {
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    let zones = read::zones(cloud).await.map_err(ApplyError::call("cannot read the zones"))?;
    let subnets = read::subnets(cloud, ec2::DescribeSubnetsRequest::default()).await;
    let subnets = subnets.map_err(ApplyError::call("cannot read the subnets"))?;
    let mut plan = Plan {
        account,
        region: cloud.region().to_string(),
        groups: Vec::new(),
        skipped: Vec::new(),
        reservation: None,
        existing_fleet: None,
    };
    for group in chosen(cloud, &options.groups).await? {
        plan_group(cloud, &mut plan, &group, &zones, &subnets).await?;
    }
    if let Some(reservation) = &options.reservation {
        let found = reserve::find(cloud, &reservation.fingerprint()).await;
        plan.existing_fleet = found.map_err(ApplyError::call("cannot read the reservation fleets"))?;
        plan.reservation = plan.existing_fleet.is_none().then(|| reservation.clone());
    }
    Ok(plan)
}

async fn plan_group<C: Cloud>(
    cloud: &C,
    plan: &mut Plan,
    group: &AutoScalingGroup,
    zones: &[String],
    subnets: &[ec2::Subnet],
) -> Result<(), ApplyError> {
    let name = &group.auto_scaling_group_name;
    if group.status.is_some() {
        plan.skipped.push((name.clone(), "it is being deleted".to_owned()));
        return Ok(());
    }
    let mut after =
        UpdateAutoScalingGroupType { auto_scaling_group_name: name.clone(), ..Default::default() };
    let mut lines = Vec::new();
    match widened(cloud, group).await? {
        Types::Enough => {}
        Types::Stay(why) => plan.skipped.push((name.clone(), why)),
        Types::Widen { policy, line } => {
            after.mixed_instances_policy = Some(*policy);
            lines.push(line);
        }
    }
    match more_zones(group, zones, subnets) {
        Zones::Enough => {}
        Zones::Stay(why) => plan.skipped.push((name.clone(), why)),
        Zones::Subnets { text, line, without } => {
            after.vpc_zone_identifier = text;
            lines.extend(line);
            plan.skipped.extend(without.into_iter().map(|why| (name.clone(), why)));
        }
        Zones::Names { names, line } => {
            after.availability_zones = Some(names);
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        plan.groups.push(GroupChange { name: name.clone(), before: current(group), after, lines });
    }
    Ok(())
}

/// What to do about a group's types.
enum Types {
    Enough,
    Stay(String),
    Widen { policy: Box<autoscaling::MixedInstancesPolicy>, line: String },
}

async fn widened<C: Cloud>(cloud: &C, group: &AutoScalingGroup) -> Result<Types, ApplyError> {
    let stay = |why: &str| Ok(Types::Stay(why.to_owned()));
    let mixed = group.mixed_instances_policy.clone();
    let distribution = mixed.as_ref().and_then(|policy| policy.instances_distribution.clone());
    let inner = mixed.and_then(|policy| policy.launch_template).unwrap_or_default();
    let template = group.launch_template.clone().or(inner.launch_template_specification).map(named_once);
    let Some(template) = template else {
        return stay("it has a launch configuration: give it a launch template first");
    };
    let overrides = inner.overrides.unwrap_or_default();
    if overrides.iter().any(|one| one.instance_requirements.is_some()) {
        return Ok(Types::Enough);
    }
    let data = template_data(cloud, &template).await;
    let data = data.map_err(ApplyError::call(format!(
        "cannot read the launch template of group {}",
        group.auto_scaling_group_name
    )))?;
    let mut types: Vec<String> = overrides.iter().filter_map(|one| one.instance_type.clone()).collect();
    if overrides.is_empty() {
        if data.instance_requirements.is_some() {
            return Ok(Types::Enough);
        }
        types.extend(data.instance_type.clone());
    }
    types.sort();
    types.dedup();
    if types.len() > 1 {
        return Ok(Types::Enough);
    }
    if overrides.iter().any(|one| one.weighted_capacity.is_some()) {
        return stay("its capacity is weighted, and attributes take no weights");
    }
    if overrides.iter().any(|one| one.launch_template_specification.is_some() || one.image_id.is_some()) {
        return stay("its override has a template or image of its own");
    }
    if let Some(setting) = bound_to_type(&data) {
        return Ok(Types::Stay(format!("its launch template sets {setting}, which does not fit every type")));
    }
    let needs = needs_of(cloud, &types).await.map_err(ApplyError::call("cannot read the instance types"))?;
    let Some(needs) = needs else {
        return Ok(Types::Stay(format!(
            "what {} needs of another type cannot be told from its description",
            types.first().map_or("its type", String::as_str)
        )));
    };
    let line = format!("{} → types with {}", types.first().map_or("one type", String::as_str), needs.words());
    let policy = Box::new(needs.policy(template, distribution));
    Ok(Types::Widen { policy, line })
}

/// What to do about a group's zones.
enum Zones {
    Enough,
    Stay(String),
    Subnets { text: Option<String>, line: Option<String>, without: Vec<String> },
    Names { names: Vec<String>, line: String },
}

fn more_zones(group: &AutoScalingGroup, zones: &[String], subnets: &[ec2::Subnet]) -> Zones {
    let used = &group.availability_zones;
    let unused: Vec<String> = zones.iter().filter(|zone| !used.contains(zone)).cloned().collect();
    if unused.is_empty() {
        return Zones::Enough;
    }
    let is_balanced = |names: &Option<Vec<String>>| names.as_ref().is_some_and(|names| !names.is_empty());
    let has_sources = group.traffic_sources.as_ref().is_some_and(|sources| !sources.is_empty());
    if is_balanced(&group.load_balancer_names) || is_balanced(&group.target_group_arns) || has_sources {
        return Zones::Stay(format!(
            "{} would get no traffic unless its load balancer is enabled there: do that, then add subnets by hand",
            unused.join(", ")
        ));
    }
    if group.placement_group.is_some() {
        return Zones::Stay("a placement group may keep it in its zones".to_owned());
    }
    let own = group.vpc_zone_identifier.clone().unwrap_or_default();
    if own.is_empty() {
        let line = format!("zones + {}", unused.join(", "));
        let names = used.iter().chain(&unused).cloned().collect();
        return Zones::Names { names, line };
    }
    let added = to_add(group, &unused, subnets);
    let without =
        added.without.into_iter().map(|(zone, why)| format!("{zone} is not added: {why}")).collect();
    if added.subnets.is_empty() {
        return Zones::Subnets { text: None, line: None, without };
    }
    let shown: Vec<String> =
        added.subnets.iter().map(|(zone, subnet)| format!("{zone} ({subnet})")).collect();
    let ids = std::iter::once(own).chain(added.subnets.into_iter().map(|(_, subnet)| subnet));
    Zones::Subnets {
        text: Some(ids.collect::<Vec<_>>().join(",")),
        line: Some(format!("zones + {}", shown.join(", "))),
        without,
    }
}
