//! uncovered-baseline: the On-Demand minimum against open Capacity Reservations.

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_cloud::read;
use ironbird_report::{Finding, Unit};

use super::group::Group;
use super::rules::UNCOVERED_BASELINE;

/// Checks all groups; a reservation counts for one group only, the first by name.
pub(crate) async fn check<C: Cloud>(
    cloud: &C,
    report: &mut Report,
    groups: &[Group],
) -> Result<(), CallError> {
    let filter = |name: &str, value: &str| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let input = ec2::DescribeCapacityReservationsRequest {
        filters: Some(vec![filter("state", "active")]),
        ..Default::default()
    };
    let what = "ec2:DescribeCapacityReservations";
    let Some(mut open) = report.note(what, &[&UNCOVERED_BASELINE], read::reservations(cloud, input).await)?
    else {
        return Ok(());
    };
    open.retain(|reservation| reservation.instance_match_criteria.as_deref() == Some("open"));
    let mut by_name: Vec<&Group> = groups.iter().collect();
    by_name.sort_by_key(|group| group.name());
    for group in by_name {
        let Some(needed) = minimum(group).filter(|_| group.is_known) else { continue };
        report.findings.examine(&UNCOVERED_BASELINE, group.arn());
        let covered = cover(group, &mut open, needed);
        if covered >= needed {
            continue;
        }
        let seen = format!(
            "The group always runs at least {needed} On-Demand instances; open Capacity Reservations of its types in its zones \
             cover {covered}."
        );
        let advice = "Reserve capacity for what must always be there, if you really need to, or cover it for an event with a \
                      Capacity Reservation Fleet (`apply --reserve`); cover it with a Savings Plan for the price.";
        let finding = Finding::new(&UNCOVERED_BASELINE, group.arn(), seen, advice);
        report.findings.find(finding.with_figure(
            "instances not covered",
            f64::from(needed - covered),
            Unit::Count,
        ));
    }
    Ok(())
}

/// On-Demand instances that the group never goes below; none where its capacity is not counted in instances.
fn minimum(group: &Group) -> Option<i32> {
    let described = &group.described;
    let unit = described.desired_capacity_type.as_deref().unwrap_or("units");
    let policy = described.mixed_instances_policy.as_ref();
    let template = policy.and_then(|policy| policy.launch_template.as_ref());
    let mut overrides = template.and_then(|template| template.overrides.as_ref()).into_iter().flatten();
    if unit != "units" || overrides.any(|one| one.weighted_capacity.is_some()) {
        return None;
    }
    let distribution = policy.and_then(|policy| policy.instances_distribution.as_ref());
    let base = distribution.and_then(|distribution| distribution.on_demand_base_capacity).unwrap_or(0);
    let percent = distribution
        .and_then(|distribution| distribution.on_demand_percentage_above_base_capacity)
        .unwrap_or(100);
    let above = (described.min_size - base).max(0);
    // Auto Scaling rounds the On-Demand share up.
    let share = (i64::from(above) * i64::from(percent) + 99) / 100;
    Some(base.min(described.min_size) + i32::try_from(share).unwrap_or(i32::MAX))
}

/// Takes up to `needed` reserved instances that the group can use.
fn cover(group: &Group, open: &mut [ec2::CapacityReservation], needed: i32) -> i32 {
    let zones = &group.described.availability_zones;
    let usable = |name: &String| {
        group.named.contains(name) || group.matching.as_ref().is_some_and(|types| types.contains(name))
    };
    let mut covered = 0;
    for reservation in open {
        let fits = reservation.instance_type.as_ref().is_some_and(usable)
            && reservation.availability_zone.as_ref().is_some_and(|zone| zones.contains(zone));
        let Some(count) = reservation.total_instance_count.as_mut().filter(|_| fits) else { continue };
        let taken = (*count).min(needed - covered);
        *count -= taken;
        covered += taken;
    }
    covered
}
