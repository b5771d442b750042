//! What changes of fleets: `ModifyFleet` and `ModifySpotFleetRequest` change what fleets of type `maintain` launch, and nothing
//! of how they choose.

use ironbird_api::ec2;
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::change::fleet::{Ec2Fleet, FleetChange, FleetKind, Input, call_json, chosen};

use super::over::Over;
use super::rewrite::Rewrite;
use super::terraform::Block;
use super::{Options, Plan, Planned};
use crate::subject::{Subject, of_fleet};

/// A kind of fleet, as far as its launches are rewritten.
pub trait Rewritten: FleetKind {
    /// An override.
    type Over: Over;

    /// The overrides of each launch template that the call sets.
    fn overrides(call: &Input<Self>) -> Vec<Vec<Self::Over>>;

    /// Puts others in their place.
    fn put(call: &mut Input<Self>, overrides: Vec<Vec<Self::Over>>);

    /// Why the fleet cannot be given attributes, if so, and what to create in its place.
    ///
    /// # Errors
    /// Where that cannot be written: a bug of ours.
    fn fixed(fleet: &Self::Fleet, after: &Input<Self>) -> Result<Option<String>, ApplyError>;

    /// The change as Terraform has it.
    ///
    /// # Errors
    /// Where that cannot be written: a bug of ours.
    fn block(after: &Input<Self>, is_fixed: bool) -> Result<Block, ApplyError>;
}

impl Rewritten for Ec2Fleet {
    type Over = ec2::FleetLaunchTemplateOverridesRequest;

    fn overrides(call: &ec2::ModifyFleetRequest) -> Vec<Vec<Self::Over>> {
        let configs = call.launch_template_configs.iter().flatten();
        configs.map(|config| config.overrides.clone().unwrap_or_default()).collect()
    }

    fn put(call: &mut ec2::ModifyFleetRequest, overrides: Vec<Vec<Self::Over>>) {
        for (config, overrides) in call.launch_template_configs.iter_mut().flatten().zip(overrides) {
            config.overrides = Some(overrides);
        }
    }

    fn fixed(fleet: &ec2::FleetData, after: &ec2::ModifyFleetRequest) -> Result<Option<String>, ApplyError> {
        let on_demand = fleet.on_demand_options.as_ref().and_then(|it| it.allocation_strategy.as_deref());
        let spot = fleet.spot_options.as_ref().and_then(|it| it.allocation_strategy.as_deref());
        let kind = fleet.r#type.as_deref().unwrap_or("maintain");
        let Some(why) = fixed::<Self>(kind, [on_demand, spot]) else { return Ok(None) };
        let call = call_json::<Self>(after)?;
        Ok(Some(format!(
            "{why}. Create another with LaunchTemplateConfigs: {}",
            call["LaunchTemplateConfigs"]
        )))
    }

    fn block(after: &ec2::ModifyFleetRequest, is_fixed: bool) -> Result<Block, ApplyError> {
        Block::fleet(after, is_fixed)
    }
}

/// Plans the EC2 Fleets that are asked for.
///
/// # Errors
/// When something that the plan depends on cannot be read.
pub async fn plan<C: Cloud>(
    cloud: &C,
    plan: &mut Plan,
    options: &Options,
    ids: &[String],
) -> Result<(), ApplyError> {
    for fleet in chosen::<C, Ec2Fleet>(cloud, ids).await? {
        let name = format!("fleet {}", Ec2Fleet::id(&fleet));
        let doing = ApplyError::call(format!("cannot read what {name} launches"));
        let Some(subject) = of_fleet(cloud, &fleet).await.map_err(doing)? else { continue };
        let changed = types::<C, Ec2Fleet>(cloud, plan, options, &fleet, &subject).await?;
        plan.fleets.extend(changed);
        if let Some(why) = spot(&subject) {
            plan.skipped.push((name, why));
        }
    }
    Ok(())
}

/// The types that the fleet is to launch; none where they stay.
///
/// # Errors
/// When something that the plan depends on cannot be read.
pub async fn types<C: Cloud, K: Rewritten>(
    cloud: &C,
    plan: &mut Plan,
    options: &Options,
    fleet: &K::Fleet,
    subject: &Subject,
) -> Result<Option<Planned<FleetChange<K>>>, ApplyError> {
    let name = format!("{} {}", K::WORD, subject.id);
    let doing = || ApplyError::call(format!("cannot find out what {name} could launch"));
    let before = K::current(fleet)?;
    let mut rewrite = Rewrite::begin(subject, K::overrides(&before));
    rewrite.run(cloud, &options.given_up).await.map_err(doing())?;
    let skipped = &mut plan.skipped;
    let mut skip = |why: String| skipped.push((name.clone(), why));
    std::mem::take(&mut rewrite.stays).into_iter().for_each(&mut skip);
    if !rewrite.is_changed() {
        return Ok(None);
    }
    if rewrite.templates().next().is_some() {
        skip(
            "its attributes are those of its launch template, which others may use: --template changes them there"
                .to_owned(),
        );
        return Ok(None);
    }
    let mut after = before.clone();
    K::put(&mut after, rewrite.overrides().unwrap_or_default());
    let fixed = K::fixed(fleet, &after)?;
    plan.blocks.push(K::block(&after, fixed.is_some())?);
    if let Some(why) = fixed {
        skip(why);
        return Ok(None);
    }
    Ok(Some(Planned {
        previews: rewrite.previews(),
        warnings: rewrite.warnings(cloud).await.map_err(doing())?,
        change: FleetChange { id: subject.id.clone(), before, after, lines: rewrite.lines },
    }))
}

/// Why a fleet with this type and these strategies cannot be given attributes, if so.
pub fn fixed<K: FleetKind>(kind: &str, strategies: [Option<&str>; 2]) -> Option<String> {
    if kind != "maintain" {
        return Some(format!("a {} of type {kind} cannot be modified", K::WORD));
    }
    let ordered = strategies.into_iter().flatten().find(|strategy| {
        ["prioritized", "capacity-optimized-prioritized", "capacityOptimizedPrioritized"].contains(strategy)
    });
    ordered.map(|strategy| {
        format!(
            "its strategy, {strategy}, goes by an order that attributes have not, and {} does not change it",
            <K::Modify as ironbird_api::Operation>::NAME
        )
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
