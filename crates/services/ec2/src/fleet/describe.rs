//! DescribeFleets and DescribeFleetInstances.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::create::{instant_not_supported, origin};
use super::{Fleet, Fleets, Kind, State, lifecycle, upkeep};
use crate::filter::{Filters, Test, flag};
use crate::instance::record::{Instance, Instances};
use crate::page::{Page, Window};
use crate::{convert, error, tag};

const FILTERS: &[&str] = &[
    "activity-status",
    "excess-capacity-termination-policy",
    "fleet-state",
    "replace-unhealthy-instances",
    "type",
];

pub(crate) fn describe_fleets(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeFleetsRequest,
) -> Result<ec2::DescribeFleetsResult> {
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    error::dry_run(input.dry_run)?;
    let ctx: &Ctx<'_> = ctx;
    let passes = |fleet: &Fleet| filters.pass_untagged(|name, test| has(fleet, name, test));
    let (found, next_token) = match input.fleet_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => {
            let named = named(ctx, ids)?;
            (named.into_iter().filter(|fleet| passes(fleet)).map(|fleet| view(ctx, fleet)).collect(), None)
        }
        None => {
            // Instant fleets are shown only when they are asked for by id, as on AWS.
            let page = window.scan::<Fleets, _>(ctx, &ctx.scope().prefix(), |fleet| {
                (fleet.kind != Kind::Instant && fleet.spot_fleet.is_none() && passes(fleet))
                    .then(|| view(ctx, fleet))
            });
            (page.items, page.next)
        }
    };
    let fleets: Result<Vec<_>> = found.into_iter().collect();
    Ok(ec2::DescribeFleetsResult { next_token, fleets: Some(fleets?) })
}

fn named<'t>(ctx: &'t Ctx<'_>, ids: &[String]) -> Result<Vec<&'t Fleet>> {
    let mut found = Vec::with_capacity(ids.len());
    let mut missing = Vec::new();
    for id in ids {
        match ctx.peek::<Fleets>(&ctx.scope().key(id)).filter(|fleet| fleet.spot_fleet.is_none()) {
            Some(fleet) => found.push(fleet),
            None => missing.push(id.as_str()),
        }
    }
    match missing.as_slice() {
        [] => Ok(found),
        [id] => Err(super::not_found(id)),
        ids => {
            let message = format!("The fleet IDs '{}' do not exist", ids.join(", "));
            Err(Error::client("InvalidFleetId.NotFound", message))
        }
    }
}

fn has(fleet: &Fleet, name: &str, test: Test<'_>) -> bool {
    let text = |member: &str| fleet.request.get(member).and_then(|value| value.as_str()).is_some_and(test);
    match name {
        "activity-status" => activity(fleet).is_some_and(test),
        "excess-capacity-termination-policy" => text("ExcessCapacityTerminationPolicy"),
        "fleet-state" => test(fleet.state.name()) || test(&fleet.state.name().replace('_', "-")),
        "replace-unhealthy-instances" => {
            let replaces =
                fleet.request.get("ReplaceUnhealthyInstances").and_then(serde_json::Value::as_bool);
            test(flag(replaces == Some(true)))
        }
        "type" => test(fleet.kind.name()),
        _ => false,
    }
}

/// `fulfilled` and so on; nothing for instant fleets, which have done what they will do.
pub(crate) fn activity(fleet: &Fleet) -> Option<&'static str> {
    let target = |member: &str| {
        let specification = fleet.request.get("TargetCapacitySpecification");
        specification.and_then(|given| given.get(member)).and_then(serde_json::Value::as_f64).unwrap_or(0.0)
    };
    let (have, wanted) =
        (upkeep::units(fleet, false) + upkeep::units(fleet, true), target("TotalTargetCapacity"));
    match fleet.state {
        State::DeletedTerminating => Some("pending_termination"),
        _ if have + 1e-9 >= wanted => Some("fulfilled"),
        _ if !fleet.failures.is_empty() => Some("error"),
        _ => Some("pending_fulfillment"),
    }
}

fn view(ctx: &Ctx<'_>, fleet: &Fleet) -> Result<ec2::FleetData> {
    let mut shown = ec2::FleetData::default();
    convert::from_json(convert::output::<ec2::DescribeFleets>("Fleets")?, &fleet.request, &mut shown)?;
    let spot = shown.spot_options.get_or_insert_default();
    // Left out for `diversified` alone: Terraform's provider, whose default is 1, makes up for that one case only.
    if spot.allocation_strategy.as_deref() != Some("diversified") {
        spot.instance_pools_to_use_count.get_or_insert(1);
    }
    shown.activity_status = activity(fleet).map(str::to_owned);
    shown.create_time = Some(fleet.created);
    shown.fleet_id = Some(fleet.id.clone());
    shown.fleet_state = Some(fleet.state.name().to_owned());
    shown.fulfilled_capacity = Some(upkeep::units(fleet, false) + upkeep::units(fleet, true));
    shown.fulfilled_on_demand_capacity = Some(upkeep::units(fleet, false));
    shown.tags = tag::of(ctx, &fleet.id);
    if fleet.kind != Kind::Instant {
        return Ok(shown);
    }
    let mut instances = Vec::with_capacity(fleet.groups.len());
    for group in &fleet.groups {
        instances.push(ec2::DescribeFleetsInstances {
            launch_template_and_overrides: Some(origin(&group.origin)?),
            lifecycle: Some(lifecycle(group.spot).to_owned()),
            instance_ids: Some(group.instance_ids.clone()),
            instance_type: Some(group.instance_type.clone()),
            platform: group.windows.then(|| "windows".to_owned()),
        });
    }
    let mut errors = Vec::with_capacity(fleet.failures.len());
    for failure in &fleet.failures {
        errors.push(ec2::DescribeFleetError {
            launch_template_and_overrides: Some(origin(&failure.origin)?),
            lifecycle: Some(lifecycle(failure.spot).to_owned()),
            error_code: Some(failure.code.clone()),
            error_message: Some(failure.message.clone()),
        });
    }
    shown.instances = Some(instances);
    shown.errors = Some(errors);
    Ok(shown)
}

pub(crate) fn describe_fleet_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeFleetInstancesRequest,
) -> Result<ec2::DescribeFleetInstancesResult> {
    let filters = Filters::read(input.filters.as_deref(), &["instance-type"], false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let key = ctx.scope().key(&input.fleet_id);
    let fleet = ctx
        .peek::<Fleets>(&key)
        .filter(|fleet| fleet.spot_fleet.is_none())
        .ok_or_else(|| super::not_found(&input.fleet_id))?;
    if fleet.kind == Kind::Instant {
        return Err(instant_not_supported("DescribeFleetInstances"));
    }
    error::dry_run(input.dry_run)?;
    let page = active(ctx, fleet, &window, |name| filters.pass_untagged(|_, test| test(name)));
    Ok(ec2::DescribeFleetInstancesResult {
        active_instances: Some(page.items),
        next_token: page.next,
        fleet_id: Some(fleet.id.clone()),
    })
}

/// The instances of a fleet that are up and of a type that `wanted` takes.
pub(crate) fn active(
    ctx: &Ctx<'_>,
    fleet: &Fleet,
    window: &Window,
    wanted: impl Fn(&str) -> bool,
) -> Page<ec2::ActiveInstance> {
    let outgoing = fleet.outgoing.iter().map(|gone| (&gone.instance_id, gone.instance_type.as_str()));
    let mut active: Vec<(&Instance, &str)> = fleet
        .groups
        .iter()
        .flat_map(|group| group.instance_ids.iter().map(|id| (id, group.instance_type.as_str())))
        .chain(outgoing)
        .filter(|(_, name)| wanted(name))
        .filter_map(|(id, name)| Some((ctx.peek::<Instances>(&ctx.scope().key(id))?, name)))
        .filter(|(instance, _)| instance.state.is_up())
        .collect();
    active.sort_unstable_by(|left, right| left.0.id.cmp(&right.0.id));
    let page = window.list(active.into_iter(), |(instance, _)| &instance.id);
    let shown = page.items.into_iter().map(|(instance, name)| ec2::ActiveInstance {
        instance_id: Some(instance.id.clone()),
        instance_type: Some(name.to_owned()),
        spot_instance_request_id: instance.spot_request_id.clone(),
        instance_health: Some(if instance.impaired.is_some() { "unhealthy" } else { "healthy" }.to_owned()),
    });
    Page { items: shown.collect(), next: page.next }
}
