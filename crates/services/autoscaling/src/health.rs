//! What EC2 tells of instances, and what users say of them.
//!
//! Nothing polls: EC2 says that an instance changed, and its state is then looked up, for all instances of a group that
//! changed in the same second at once. An instance that does not run any
//! more is replaced whether or not its grace period is over, since it cannot recover; the grace period holds for status
//! checks, for what load balancers find, and for what users report.

use std::sync::Arc;

use ironbird_api::{Empty, autoscaling as api, ec2};
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table};

use crate::activity::{self, Status};
use crate::clock::{after, instant, to_second};
use crate::error;
use crate::group::record::{self, Group};
use crate::hook::{self, Transition};
use crate::launch::PRINCIPAL;
use crate::member::{self, Health, Member, State};
use crate::{reconcile, traffic, warm_pool};

/// Timer that hears of an instance.
const WAKE: &str = "autoscaling.instance";

/// Timer that looks at the instances of a group that something was heard of.
const LOOK: &str = "autoscaling.instances";

/// Instances that something was heard of: (account, Region, group, instance).
struct Heard;

impl Table for Heard {
    const NAME: &'static str = "autoscaling.heard";
    /// The instance.
    type Record = String;
}

/// Seconds until a failed instance is noticed. AWS says "typically within minutes"; the figure is ours.
const NOTICE_SECONDS: i64 = 30;

/// Instances described at once.
const BATCH: usize = 200;

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Heard>()
        .timer(WAKE, wake)
        .timer(LOOK, look)
        .listen("ec2.instance-state", WAKE)
        .write::<api::SetInstanceHealth>(set_instance_health)
}

/// EC2 says that something happened to an instance. What happens to several of a group within a second is looked at
/// together, at the end of that second.
fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(group) = member::group_of(ctx, id) else { return Ok(()) };
    let key = ctx.scope().key(&group);
    let is_first = ctx.scan::<Heard>(&key).next().is_none();
    ctx.put::<Heard>(key.text(id), id.to_owned())?;
    if !is_first {
        return Ok(());
    }
    let now = ctx.now();
    let second = to_second(now);
    let due = if instant(ctx) || second == now { now } else { after(second, 1) };
    ctx.wake_at(due, LOOK, &group)?;
    Ok(())
}

/// Looks at the instances of a group that something was heard of.
fn look(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let heard: Vec<(Key, String)> =
        ctx.scan::<Heard>(&ctx.scope().key(group)).map(|(key, id)| (key.clone(), id.clone())).collect();
    let mut ids = Vec::with_capacity(heard.len());
    for (key, id) in heard {
        ctx.delete::<Heard>(&key)?;
        // One that has left meanwhile is nobody's business here.
        if member::group_of(ctx, &id).is_some() {
            ids.push(id);
        }
    }
    observe(ctx, &ids)
}

/// Looks up instances in EC2 and acts on what it says.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn observe(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<()> {
    for batch in ids.chunks(BATCH) {
        let input = ec2::DescribeInstanceStatusRequest {
            instance_ids: Some(batch.to_vec()),
            include_all_instances: Some(true),
            ..Default::default()
        };
        match ctx.call::<ec2::DescribeInstanceStatus>(PRINCIPAL, &input) {
            Ok(answer) => {
                for status in answer.instance_statuses.into_iter().flatten() {
                    see(ctx, &status)?;
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

fn see(ctx: &mut Ctx<'_>, status: &ec2::InstanceStatus) -> Result<()> {
    let Some(member) = status.instance_id.as_deref().and_then(|id| member::find(ctx, id)) else {
        return Ok(());
    };
    let state = status.instance_state.as_ref().and_then(|state| state.name.as_deref()).unwrap_or_default();
    let failed = |summary: &Option<ec2::InstanceStatusSummary>| {
        summary.as_ref().and_then(|summary| summary.status.as_deref()) == Some("impaired")
    };
    let impaired = failed(&status.instance_status) || failed(&status.system_status);
    let volumes = status.attached_ebs_status.as_ref().and_then(|summary| summary.status.as_deref());
    let stalled = volumes == Some("impaired") && looks_at_volumes(ctx, &member);
    match (state, member.state) {
        ("running", State::InService) if impaired && member.health == Health::Good => {
            sicken(ctx, member, Health::Impaired, true)
        }
        ("running", State::InService) if stalled && member.health == Health::Good => {
            sicken(ctx, member, Health::Stalled, true)
        }
        ("running", State::Pending) if member.health == Health::Good => booted(ctx, member),
        ("stopped", State::PendingProceed) if member.warm => warm_pool::rest(ctx, member, State::Stopped),
        ("stopped", State::Hibernating) if member.warm => warm_pool::rest(ctx, member, State::Hibernated),
        ("terminated", _) => ended(ctx, member),
        ("stopping" | "stopped" | "shutting-down", _) if member.counts() => {
            sicken(ctx, member, Health::Stopped, false)
        }
        _ => Ok(()),
    }
}

/// Whether the group of an instance replaces those whose volumes fail their checks.
fn looks_at_volumes(ctx: &Ctx<'_>, member: &Member) -> bool {
    let group = record::peek(ctx, &member.group);
    group.is_some_and(|group| group.settings.health_check_type.split(',').any(|kind| kind == "EBS"))
}

/// A pending instance runs: it waits for the group's hooks, if there are any.
fn booted(ctx: &mut Ctx<'_>, mut member: Member) -> Result<()> {
    let hooks = hook::of(ctx, &member.group, Transition::Launching);
    if hooks.is_empty() {
        return ready(ctx, member);
    }
    hook::wait::begin(ctx, &member, &hooks)?;
    member.state = State::PendingWait;
    member::save(ctx, member)
}

/// A pending instance has nothing more to wait for.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn ready(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    if member.warm { warm_pool::settle(ctx, member) } else { enter_service(ctx, member) }
}

fn enter_service(ctx: &mut Ctx<'_>, mut member: Member) -> Result<()> {
    if let Some(number) = member.activity.take() {
        activity::end(ctx, &member.group, number, Status::Successful, None)?;
    }
    member.state = State::InService;
    member.in_service = Some(ctx.now());
    let balancing = std::mem::take(&mut member.balancing);
    let group = Arc::clone(&member.group);
    member::save(ctx, member)?;
    if balancing {
        // The others that were launched with it will be there soon: what is then too much goes together.
        return if instant(ctx) {
            reconcile::wake_by(ctx, &group, ctx.now())
        } else {
            reconcile::again(ctx, &group)
        };
    }
    Ok(())
}

/// An instance is terminated, whoever did it.
fn ended(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    if member.counts() { sicken(ctx, member, Health::Stopped, false) } else { gone(ctx, member) }
}

/// An instance of the group exists no more.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn gone(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    if let Some(number) = member.activity {
        activity::end(ctx, &member.group, number, Status::Successful, None)?;
    }
    if member.state.waits() {
        hook::wait::forget(ctx, &member.id)?;
    }
    member::leave(ctx, &member)?;
    if record::peek(ctx, &member.group).is_some_and(|group| group.deleting) {
        reconcile::wake_by(ctx, &member.group, ctx.now())?;
    }
    Ok(())
}

/// Notes that an instance is not well. `gracious` waits for the end of its grace period.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn sicken(ctx: &mut Ctx<'_>, mut member: Member, health: Health, gracious: bool) -> Result<()> {
    let Some(group) = record::peek(ctx, &member.group) else { return Ok(()) };
    if member.health == Health::Stopped || (health != Health::Reported && !group.runs("HealthCheck")) {
        return Ok(());
    }
    let grace = i64::from(group.settings.health_check_grace_period);
    member.health = health;
    member.not_before = member.in_service.filter(|_| gracious).map(|since| after(since, grace));
    let now = ctx.now();
    let noticed = if instant(ctx) || health == Health::Reported { now } else { after(now, NOTICE_SECONDS) };
    let due = member.not_before.map_or(noticed, |instant| instant.max(noticed));
    let group = Arc::clone(&member.group);
    member::save(ctx, member)?;
    reconcile::wake_by(ctx, &group, due)
}

/// Notes that an instance is well again.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn recover(ctx: &mut Ctx<'_>, mut member: Member) -> Result<()> {
    member.health = Health::Good;
    member.not_before = None;
    member::save(ctx, member)
}

/// Looks at all instances of a group again, as when health checks are resumed.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn examine(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    let ids: Vec<String> = member::of(ctx, &group.name).map(|member| member.id.clone()).collect();
    observe(ctx, &ids)?;
    traffic::health::examine(ctx, group)
}

fn set_instance_health(ctx: &mut Ctx<'_>, input: &api::SetInstanceHealthQuery) -> Result<Empty> {
    let member =
        member::find(ctx, &input.instance_id).ok_or_else(|| error::no_instance(&input.instance_id))?;
    match input.health_status.as_str() {
        "Healthy" => {
            if matches!(
                member.health,
                Health::Reported | Health::Impaired | Health::Stalled | Health::Unbalanced
            ) {
                recover(ctx, member)?;
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
