//! An EC2 Fleet as a subject.

use ironbird_api::{autoscaling, ec2};
use ironbird_client::CallError;
use ironbird_cloud::change::fleet::{Ec2Fleet, FleetKind as _};
use ironbird_cloud::launch::template_data;
use ironbird_cloud::{Cloud, read, requirements};
use ironbird_rig::catalogue::protection::PriceBasis;

use super::{Kind, Override, Selection, Subject, selection};

/// The fleet without what takes calls: see [`of_fleet`]. None for one that is gone.
pub fn outline(fleet: &ec2::FleetData, region: &str) -> Option<Subject> {
    let id = fleet.fleet_id.clone()?;
    if !Ec2Fleet::is_there(fleet) {
        return None;
    }
    let target = fleet.target_capacity_specification.clone().unwrap_or_default();
    let by_default = target.default_target_capacity_type.as_deref().unwrap_or("on-demand");
    let total = target.total_target_capacity.unwrap_or(0);
    let given = |own: Option<i32>, other: Option<i32>, name: &str| {
        own.unwrap_or(if by_default == name { total - other.unwrap_or(0) } else { 0 }) > 0
            || (total == 0 && by_default == name)
    };
    let (on_demand, spot) = (target.on_demand_target_capacity, target.spot_target_capacity);
    let is_spot = given(spot, on_demand, "spot");
    let options = fleet.spot_options.clone().unwrap_or_default();
    // Only a fleet that keeps its capacity replaces anything.
    let keeps = fleet.r#type.as_deref().unwrap_or("maintain") == "maintain";
    let strategies = options.maintenance_strategies.and_then(|strategies| strategies.capacity_rebalance);
    let rebalances = strategies.is_some_and(|rebalance| rebalance.replacement_strategy.is_some());
    let unit = target.target_capacity_unit_type.as_deref().unwrap_or("units");
    Some(Subject {
        kind: Kind::Fleet,
        name: id.clone(),
        id,
        region: region.to_owned(),
        basis: PriceBasis::parse(unit).unwrap_or_default(),
        on_demand: given(on_demand, spot, "on-demand"),
        spot: is_spot,
        meant_spot: None,
        spot_strategy: is_spot.then(|| strategy(options.allocation_strategy.as_deref())),
        rebalances: (is_spot && keeps).then_some(rebalances),
        selections: Vec::new(),
        running: Vec::new(),
    })
}

/// Older answers write `lowestPrice`.
fn strategy(name: Option<&str>) -> String {
    match name {
        None | Some("lowestPrice") => "lowest-price".to_owned(),
        Some(name) => name.to_owned(),
    }
}

/// Reads what a fleet may launch and what it runs; none for one that is gone.
///
/// # Errors
/// What the service answers.
pub async fn of_fleet<C: Cloud>(cloud: &C, fleet: &ec2::FleetData) -> Result<Option<Subject>, CallError> {
    let Some(mut subject) = outline(fleet, &cloud.region().to_string()) else { return Ok(None) };
    for config in fleet.launch_template_configs.iter().flatten() {
        let overrides = config.overrides.iter().flatten().map(|one| Override {
            named: one.instance_type.clone(),
            wanted: one.instance_requirements.as_ref().map(requirements::of_template),
            image_id: one.image_id.clone(),
            is_weighted: one.weighted_capacity.is_some_and(|weight| weight != 1.0),
        });
        let named = config.launch_template_specification.as_ref();
        of_config(cloud, &mut subject.selections, named, overrides.collect()).await?;
    }
    // An instant fleet keeps no list of what it runs.
    if fleet.r#type.as_deref() != Some("instant") {
        let input = ec2::DescribeFleetInstancesRequest { fleet_id: subject.id.clone(), ..Default::default() };
        let up = read::fleet_instances(cloud, input).await?.into_iter();
        subject.running =
            up.filter_map(|instance| Some((instance.instance_id?, instance.instance_type?))).collect();
    }
    Ok(Some(subject))
}

/// Adds what one launch template of a fleet lets it launch, under these overrides.
///
/// # Errors
/// What the service answers.
pub async fn of_config<C: Cloud>(
    cloud: &C,
    selections: &mut Vec<Selection>,
    named: Option<&ec2::FleetLaunchTemplateSpecification>,
    overrides: Vec<Override>,
) -> Result<(), CallError> {
    let data = match named {
        Some(named) => template_data(cloud, &specification(named)).await?,
        None => ec2::ResponseLaunchTemplateData::default(),
    };
    if overrides.is_empty() {
        let place = "its launch template".to_owned();
        selections.push(selection(cloud, place, &data, Override::default()).await?);
    }
    // They are counted over all templates of the fleet.
    let mut number = selections.iter().filter(|one| one.place.starts_with(OVERRIDE)).count();
    for over in overrides {
        number += 1;
        selections.push(selection(cloud, format!("{OVERRIDE} {number}"), &data, over).await?);
    }
    Ok(())
}

/// How the place of an override begins.
const OVERRIDE: &str = "override";

/// A launch template, as groups name one.
pub fn specification(
    named: &ec2::FleetLaunchTemplateSpecification,
) -> autoscaling::LaunchTemplateSpecification {
    autoscaling::LaunchTemplateSpecification {
        launch_template_id: named.launch_template_id.clone(),
        launch_template_name: named.launch_template_name.clone(),
        version: named.version.clone(),
    }
}
