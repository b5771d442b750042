//! What EC2 tells of instances, and what users say of them.
//!
//! Nothing polls: EC2 says that an instance changed, and its state is then looked up. An instance that does not run any
//! more is replaced whether or not its grace period is over, since it cannot recover; the grace period holds for status
//! checks and for what users report.

use ironbird_api::{Empty, autoscaling as api, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::activity::{self, Status};
use crate::clock::{after, instant};
use crate::error;
use crate::group::record::{self, Group};
use crate::launch::PRINCIPAL;
use crate::member::{self, Health, Member, State};
use crate::reconcile;

/// Timer that looks at an instance.
pub(crate) const WAKE: &str = "autoscaling.instance";

/// Seconds until a failed instance is noticed. AWS says "typically within minutes"; the figure is ours.
const NOTICE_SECONDS: i64 = 30;

/// Instances described at once.
const BATCH: usize = 200;

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .timer(WAKE, wake)
        .listen("ec2.instance-state", WAKE)
        .write::<api::SetInstanceHealth>(set_instance_health)
}

/// EC2 says that something happened to an instance.
fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(member) = member::find(ctx, id) else { return Ok(()) };
    let was_in_service = member.state == State::InService;
    observe(ctx, &[id.to_owned()])?;
    match member::find(ctx, id) {
        Some(member) if was_in_service && member.health == Health::Good => check_status(ctx, member),
        _ => Ok(()),
    }
}

/// Looks up instances in EC2 and acts on what it says.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn observe(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<()> {
    for batch in ids.chunks(BATCH) {
        let input =
            ec2::DescribeInstancesRequest { instance_ids: Some(batch.to_vec()), ..Default::default() };
        match ctx.call::<ec2::DescribeInstances>(PRINCIPAL, &input) {
            Ok(answer) => {
                let found = answer.reservations.unwrap_or_default().into_iter();
                for instance in found.flat_map(|reservation| reservation.instances.unwrap_or_default()) {
                    see(ctx, &instance)?;
                }
            }
            Err(Error::Service(_)) if batch.len() > 1 => {
                for id in batch {
                    observe(ctx, std::slice::from_ref(id))?;
                }
            }
            Err(Error::Service(error)) if error.code.starts_with("InvalidInstanceID") => {
                if let Some(member) = batch.first().and_then(|id| member::find(ctx, id)) {
                    ended(ctx, member)?;
                }
            }
            // A fault or a throttle: the next event tells.
            Err(Error::Service(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn see(ctx: &mut Ctx<'_>, instance: &ec2::Instance) -> Result<()> {
    let Some(member) = instance.instance_id.as_deref().and_then(|id| member::find(ctx, id)) else {
        return Ok(());
    };
    let state = instance.state.as_ref().and_then(|state| state.name.as_deref()).unwrap_or_default();
    match (state, member.state) {
        ("running", State::Pending) if member.health == Health::Good => enter_service(ctx, member),
        ("terminated", _) => ended(ctx, member),
        ("stopping" | "stopped" | "shutting-down", State::Pending | State::InService) => {
            sicken(ctx, member, Health::Stopped, false)
        }
        _ => Ok(()),
    }
}

/// A pending instance runs.
fn enter_service(ctx: &mut Ctx<'_>, mut member: Member) -> Result<()> {
    if let Some(number) = member.activity.take() {
        activity::end(ctx, &member.group, number, Status::Successful, None)?;
    }
    member.state = State::InService;
    member.in_service = Some(ctx.now());
    let balancing = std::mem::take(&mut member.balancing);
    let group = member.group.clone();
    member::save(ctx, member)?;
    if balancing {
        reconcile::wake_by(ctx, &group, ctx.now())?;
    }
    Ok(())
}

/// An instance is terminated, whoever did it.
fn ended(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    match member.state {
        State::Terminating | State::Standby => gone(ctx, member),
        State::Pending | State::InService => sicken(ctx, member, Health::Stopped, false),
    }
}

/// An instance of the group exists no more.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn gone(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    if let Some(number) = member.activity {
        activity::end(ctx, &member.group, number, Status::Successful, None)?;
    }
    member::leave(ctx, &member)?;
    if record::find(ctx, &member.group).is_some_and(|group| group.deleting) {
        reconcile::wake_by(ctx, &member.group, ctx.now())?;
    }
    Ok(())
}

/// Notes that an instance is not well. `gracious` waits for the end of its grace period.
fn sicken(ctx: &mut Ctx<'_>, mut member: Member, health: Health, gracious: bool) -> Result<()> {
    let Some(group) = record::find(ctx, &member.group) else { return Ok(()) };
    if member.health == Health::Stopped || (health != Health::Reported && !group.runs("HealthCheck")) {
        return Ok(());
    }
    member.health = health;
    let grace = i64::from(group.settings.health_check_grace_period);
    member.not_before = member.in_service.filter(|_| gracious).map(|since| after(since, grace));
    let now = ctx.now();
    let noticed = if instant(ctx) || health == Health::Reported { now } else { after(now, NOTICE_SECONDS) };
    let due = member.not_before.map_or(noticed, |instant| instant.max(noticed));
    member::save(ctx, member)?;
    reconcile::wake_by(ctx, &group.name, due)
}

fn check_status(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    let input = ec2::DescribeInstanceStatusRequest {
        instance_ids: Some(vec![member.id.clone()]),
        ..Default::default()
    };
    let answer = match ctx.call::<ec2::DescribeInstanceStatus>(PRINCIPAL, &input) {
        Ok(answer) => answer,
        Err(Error::Service(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let found = answer.instance_statuses.into_iter().flatten().next().unwrap_or_default();
    let failed = |summary: Option<ec2::InstanceStatusSummary>| {
        summary.and_then(|summary| summary.status).as_deref() == Some("impaired")
    };
    if failed(found.instance_status) || failed(found.system_status) {
        return sicken(ctx, member, Health::Impaired, true);
    }
    Ok(())
}

/// Looks at all instances of a group again, as when health checks are resumed.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn examine(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    let ids: Vec<String> = member::of(ctx, &group.name).map(|member| member.id.clone()).collect();
    observe(ctx, &ids)
}

fn set_instance_health(ctx: &mut Ctx<'_>, input: &api::SetInstanceHealthQuery) -> Result<Empty> {
    let mut member =
        member::find(ctx, &input.instance_id).ok_or_else(|| error::no_instance(&input.instance_id))?;
    match input.health_status.as_str() {
        "Healthy" => {
            if member.health == Health::Reported || member.health == Health::Impaired {
                member.health = Health::Good;
                member.not_before = None;
                member::save(ctx, member)?;
            }
        }
        "Unhealthy" => {
            let gracious = input.should_respect_grace_period.unwrap_or(true);
            let group = member.group.clone();
            sicken(ctx, member, Health::Reported, gracious)?;
            if instant(ctx) {
                reconcile::run(ctx, &group)?;
            }
        }
        other => {
            let message =
                format!("Valid instance health states are: [Healthy, Unhealthy]. Given state: {other}");
            return Err(error::validation(message));
        }
    }
    Ok(Empty {})
}
