//! What changes of EC2 Fleets: `ModifyFleet` changes what fleets of type `maintain` launch, and nothing of how they choose.

use ironbird_api::ec2::FleetData;
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::change::fleet::{Ec2Fleet, FleetChange, FleetKind as _, call_json, chosen};

use super::rewrite::Rewrite;
use super::terraform::Block;
use super::{Options, Plan, Planned};
use crate::subject::{Subject, of_fleet};

/// Plans the fleets that are asked for.
///
/// # Errors
/// When something that the plan depends on cannot be read.
pub async fn plan<C: Cloud>(cloud: &C, plan: &mut Plan, options: &Options) -> Result<(), ApplyError> {
    for fleet in chosen::<C, Ec2Fleet>(cloud, &options.fleets).await? {
        let id = fleet.fleet_id.clone().unwrap_or_default();
        let doing = ApplyError::call(format!("cannot read what fleet {id} launches"));
        let Some(subject) = of_fleet(cloud, &fleet).await.map_err(doing)? else { continue };
        types(cloud, plan, options, &fleet, &subject).await?;
        if let Some(why) = spot(&subject) {
            plan.skipped.push((format!("fleet {id}"), why));
        }
    }
    Ok(())
}

/// The types that the fleet is to launch.
async fn types<C: Cloud>(
    cloud: &C,
    plan: &mut Plan,
    options: &Options,
    fleet: &FleetData,
    subject: &Subject,
) -> Result<(), ApplyError> {
    let id = &subject.id;
    let doing = || ApplyError::call(format!("cannot find out what fleet {id} could launch"));
    let before = Ec2Fleet::current(fleet)?;
    let configs = before.launch_template_configs.clone().unwrap_or_default();
    let overrides = configs.iter().map(|config| config.overrides.clone().unwrap_or_default()).collect();
    let mut rewrite = Rewrite::begin(subject, overrides);
    rewrite.run(cloud, &options.given_up).await.map_err(doing())?;
    let skipped = &mut plan.skipped;
    let mut skip = |why: String| skipped.push((format!("fleet {id}"), why));
    std::mem::take(&mut rewrite.stays).into_iter().for_each(&mut skip);
    if !rewrite.is_changed() {
        return Ok(());
    }
    if rewrite.templates().next().is_some() {
        skip(
            "its attributes are those of its launch template, which others may use: change them there"
                .to_owned(),
        );
        return Ok(());
    }
    let mut after = before.clone();
    let overrides = rewrite.overrides().unwrap_or_default();
    for (config, overrides) in after.launch_template_configs.iter_mut().flatten().zip(overrides) {
        config.overrides = Some(overrides);
    }
    let fixed = fixed(fleet);
    plan.blocks.push(Block::fleet(&after, fixed.is_some())?);
    if let Some(why) = fixed {
        let call = call_json::<Ec2Fleet>(&after)?;
        skip(format!("{why}. Create another with LaunchTemplateConfigs: {}", call["LaunchTemplateConfigs"]));
        return Ok(());
    }
    plan.fleets.push(Planned {
        previews: rewrite.previews(),
        warnings: rewrite.warnings(cloud).await.map_err(doing())?,
        change: FleetChange { id: id.clone(), before, after, lines: rewrite.lines },
    });
    Ok(())
}

/// Why the fleet cannot be given attributes, if so.
fn fixed(fleet: &FleetData) -> Option<String> {
    let kind = fleet.r#type.as_deref().unwrap_or("maintain");
    if kind != "maintain" {
        return Some(format!("a fleet of type {kind} cannot be modified"));
    }
    let on_demand =
        fleet.on_demand_options.as_ref().and_then(|options| options.allocation_strategy.as_deref());
    let spot = fleet.spot_options.as_ref().and_then(|options| options.allocation_strategy.as_deref());
    let ordered = [on_demand, spot].into_iter().flatten().find(|strategy| {
        ["prioritized", "capacity-optimized-prioritized", "capacityOptimizedPrioritized"].contains(strategy)
    });
    ordered.map(|strategy| {
        format!("its strategy, {strategy}, goes by an order that attributes have not, and ModifyFleet does not change it")
    })
}

/// What of a fleet's Spot options falls short: they stay as they were given.
fn spot(subject: &Subject) -> Option<String> {
    let mut options = Vec::new();
    if subject.spot_strategy.as_deref() == Some("lowest-price") {
        options.push("AllocationStrategy price-capacity-optimized");
    }
    if subject.rebalances == Some(false) {
        options.push("MaintenanceStrategies.CapacityRebalance.ReplacementStrategy launch-before-terminate");
    }
    let wanted = options.join(" and ");
    (!options.is_empty())
        .then(|| format!("ModifyFleet does not change SpotOptions: create another with {wanted}"))
}
