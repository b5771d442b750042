//! DescribeInstanceStatus.

use ironbird_api::ec2;
use ironbird_rig::catalogue::geography;
use ironbird_rig::{Ctx, Result, Timestamp};

use super::describe::launch_of;
use super::record::{Instance, Instances, Launch, State};
use super::view;
use crate::filter::{Filters, Test, flag};
use crate::page::{USUAL, Window};
use crate::volume::Stalls;
use crate::{error, resource};

/// Nothing is ever scheduled for an instance: none passes a filter on events.
const FILTERS: &[&str] = &[
    "attached-ebs-status.status",
    "availability-zone",
    "availability-zone-id",
    "event.code",
    "event.description",
    "event.instance-event-id",
    "event.not-after",
    "event.not-before",
    "event.not-before-deadline",
    "instance-state-code",
    "instance-state-name",
    "instance-status.reachability",
    "instance-status.status",
    "operator.managed",
    "operator.principal",
    "system-status.reachability",
    "system-status.status",
];

pub(super) fn describe_instance_status(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeInstanceStatusRequest,
) -> Result<ec2::DescribeInstanceStatusResult> {
    let ids = input.instance_ids.as_deref().filter(|ids| !ids.is_empty());
    if ids.is_some() && input.max_results.is_some() {
        return Err(error::exclusive("instancesSet", "maxResults"));
    }
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    error::dry_run(input.dry_run)?;
    let ctx: &Ctx<'_> = ctx;
    let stalls = Stalls::of(ctx);
    let all = input.include_all_instances == Some(true);
    let mut choose = |record: &Instance| {
        if !all && record.state != State::Running {
            return None;
        }
        let launch = launch_of(ctx, record)?;
        let passes = filters.pass_untagged(|name, test| has(record, launch, &stalls, ctx.now(), name, test));
        passes.then(|| shown(record, launch, &stalls, ctx.now()))
    };
    let (statuses, next) = match ids {
        Some(ids) => {
            let named = resource::named::<Instances>(ctx, ids)?;
            (named.into_iter().filter_map(&mut choose).collect(), None)
        }
        None => {
            let page = window.scan::<Instances, _>(ctx, &ctx.scope().prefix(), choose);
            (page.items, page.next)
        }
    };
    Ok(ec2::DescribeInstanceStatusResult { instance_statuses: Some(statuses), next_token: next })
}

/// What both checks say, and each reachability test.
fn checks(record: &Instance, now: Timestamp) -> (&'static str, Option<&'static str>) {
    match record.state {
        State::Running if record.impaired.is_some() => ("impaired", Some("failed")),
        State::Running if now < record.checked => ("initializing", Some("initializing")),
        State::Running => ("ok", Some("passed")),
        State::Pending => ("initializing", Some("initializing")),
        _ => ("not-applicable", None),
    }
}

fn has(
    record: &Instance,
    launch: &Launch,
    stalls: &Stalls,
    now: Timestamp,
    name: &str,
    test: Test<'_>,
) -> bool {
    let (status, reachability) = checks(record, now);
    match name {
        "attached-ebs-status.status" => {
            volume_checks(record, stalls, now).status.as_deref().is_some_and(test)
        }
        "operator.managed" => test(flag(false)),
        "availability-zone" => test(&launch.zone),
        "availability-zone-id" => geography::zone(&launch.zone).is_some_and(|zone| test(zone.id)),
        "instance-state-code" => test(&record.state.code().to_string()),
        "instance-state-name" => test(record.state.name()),
        "instance-status.status" | "system-status.status" => test(status),
        "instance-status.reachability" | "system-status.reachability" => reachability.is_some_and(test),
        _ => false,
    }
}

/// What the check of an instance's volumes says. A failing host is none of their business.
fn volume_checks(record: &Instance, stalls: &Stalls, now: Timestamp) -> ec2::EbsStatusSummary {
    let stalled = stalls.first(&record.volumes).filter(|_| record.state == State::Running);
    let (status, reachability) = match (checks(record, now), stalled) {
        (_, Some(_)) => ("impaired", Some("failed")),
        (("impaired", _), None) => ("ok", Some("passed")),
        (same, None) => same,
    };
    ec2::EbsStatusSummary {
        details: reachability.map(|word| {
            vec![ec2::EbsStatusDetails {
                impaired_since: stalled,
                name: Some("reachability".to_owned()),
                status: Some(word.to_owned()),
            }]
        }),
        status: Some(status.to_owned()),
    }
}

fn shown(record: &Instance, launch: &Launch, stalls: &Stalls, now: Timestamp) -> ec2::InstanceStatus {
    let (status, reachability) = checks(record, now);
    let summary = || ec2::InstanceStatusSummary {
        details: reachability.map(|word| {
            vec![ec2::InstanceStatusDetails {
                impaired_since: record.impaired.filter(|_| record.state == State::Running),
                name: Some("reachability".to_owned()),
                status: Some(word.to_owned()),
            }]
        }),
        status: Some(status.to_owned()),
    };
    ec2::InstanceStatus {
        availability_zone: Some(launch.zone.clone()),
        availability_zone_id: geography::zone(&launch.zone).map(|zone| zone.id.to_owned()),
        operator: Some(ec2::OperatorResponse { managed: Some(false), ..Default::default() }),
        instance_id: Some(record.id.clone()),
        instance_state: Some(view::state(record.state)),
        instance_status: Some(summary()),
        system_status: Some(summary()),
        attached_ebs_status: Some(volume_checks(record, stalls, now)),
        ..Default::default()
    }
}
