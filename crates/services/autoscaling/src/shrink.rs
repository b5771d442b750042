//! Terminating: what is not well, and what is too much.

use std::sync::Arc;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, Timestamp};

use crate::activity::{self, Draft, Status, What, cause};
use crate::clock::{after, instant};
use crate::group::record::Group;
use crate::health;
use crate::hook::{self, Transition};
use crate::launch::PRINCIPAL;
use crate::member::{self, Health, Member, State};
use crate::reconcile::{self, Replacing, because};
use crate::tally::{self, Tally};
use crate::{termination, warm_pool};

/// Instances asked to terminate at once.
const BATCH: usize = 200;

/// Seconds until what could not be terminated is tried again. The figure is ours.
const RETRY_SECONDS: i64 = 300;

/// An instance to terminate, and why.
pub(crate) struct Victim {
    pub(crate) member: Member,
    pub(crate) cause: Arc<str>,
}

/// Terminates unhealthy instances whose time has come, so that they are replaced; when the next one's time comes.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn replace_unhealthy(ctx: &mut Ctx<'_>, group: &Group) -> Result<Option<Timestamp>> {
    if !group.runs("ReplaceUnhealthy") || !group.runs("Terminate") {
        return Ok(None);
    }
    let now = ctx.now();
    let sick = tally::ailing(ctx, &group.name).into_iter().filter_map(|id| member::find(ctx, &id));
    let (later, ripe): (Vec<Member>, Vec<Member>) =
        sick.partition(|member| member.not_before.is_some_and(|instant| instant > now));
    let next = later.iter().filter_map(|member| member.not_before).min();
    let victims: Vec<Victim> = ripe
        .into_iter()
        .map(|member| {
            let why = match member.health {
                Health::Good | Health::Stopped => {
                    "an EC2 health check indicating it has been terminated or stopped"
                }
                Health::Impaired => "an EC2 instance status checks failure",
                // AWS's words are not known.
                Health::Stalled => "an EBS volume health check failure",
                Health::Unbalanced => "an ELB system health check failure",
                Health::Reported => "a user health-check",
            };
            Victim { cause: cause::unhealthy(ctx, why).into(), member }
        })
        .collect();
    if !victims.is_empty() {
        reconcile::note_replacing(ctx, &group.name, Replacing::Unhealthy)?;
    }
    terminate(ctx, group, victims)?;
    Ok(next)
}

/// Terminates `excess` units of capacity, never more; whether any were.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn scale_in(
    ctx: &mut Ctx<'_>,
    group: &Group,
    tally: &Tally,
    excess: u64,
    why: Option<&str>,
) -> Result<bool> {
    let chosen = termination::choose(ctx, group, tally, excess)?;
    let left = tally.total - chosen.iter().map(|member| u64::from(member.weight)).sum::<u64>();
    if chosen.is_empty() {
        return Ok(false);
    }
    let mut victims = Vec::with_capacity(chosen.len());
    for member in chosen {
        let shrinkage = cause::shrinkage(ctx, tally.total, left, &member.id);
        let cause: Arc<str> = because(why, shrinkage).into();
        if !warm_pool::take_back(ctx, group, &member, &cause)? {
            victims.push(Victim { cause, member });
        }
    }
    terminate(ctx, group, victims)?;
    if group.zones.len() > 1 {
        // Zones may have to be balanced further.
        reconcile::again(ctx, &group.name)?;
    }
    Ok(true)
}

/// Terminates instances and keeps an activity for each; the numbers of these, in the order of `victims`.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn terminate(ctx: &mut Ctx<'_>, group: &Group, victims: Vec<Victim>) -> Result<Vec<u64>> {
    let mut numbers = Vec::with_capacity(victims.len());
    let mut ids = Vec::with_capacity(victims.len());
    // What is terminated already changes no more, so that EC2 will not tell of it.
    let mut ended = Vec::new();
    let hooks = match group.deleting {
        true => Vec::new(),
        false => hook::of(ctx, &group.name, Transition::Terminating),
    };
    for victim in victims {
        let Victim { mut member, cause } = victim;
        if let Some(number) = member.activity.filter(|_| member.state.is_coming()) {
            let message = "Instance became unhealthy while waiting for instance to be in InService state.";
            activity::end(ctx, &group.name, number, Status::Cancelled, Some(message))?;
        }
        if member.state.waits() {
            hook::wait::forget(ctx, &member.id)?;
        }
        // An instance that has not been in service, or is none any more, has nothing to wait for.
        let waits = !hooks.is_empty() && !member.state.is_coming() && member.health != Health::Stopped;
        let draft = Draft {
            what: What::Terminating(member.id.clone()),
            cause,
            status: Status::InProgress,
            message: None,
            zone: Some(Arc::clone(&member.zone)),
            subnet: member.subnet.clone(),
        };
        let number = activity::begin(ctx, group, draft)?;
        numbers.push(number);
        if member.health == Health::Stopped {
            ended.push(member.id.clone());
        }
        member.activity = Some(number);
        member.balancing = false;
        if waits {
            hook::wait::begin(ctx, &member, &hooks)?;
            member.state = State::TerminatingWait;
        } else {
            ids.push(member.id.clone());
            member.state = State::Terminating;
        }
        member::save(ctx, member)?;
    }
    ask_all(ctx, group, &ids)?;
    health::observe(ctx, if instant(ctx) { &ids } else { &ended })?;
    Ok(numbers)
}

/// Terminates an instance whose launch has been given up, for the reason in `message`.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn give_up(ctx: &mut Ctx<'_>, group: &Group, mut victim: Victim, message: &str) -> Result<()> {
    if let Some(number) = victim.member.activity.take() {
        activity::end(ctx, &group.name, number, Status::Cancelled, Some(message))?;
    }
    terminate(ctx, group, vec![victim]).map(drop)
}

/// Terminates instances that have waited for their hooks.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn proceed(ctx: &mut Ctx<'_>, group: &Group, ids: &[String]) -> Result<()> {
    for id in ids {
        let Some(mut member) = member::find(ctx, id) else { continue };
        if let Some(number) = member.activity {
            activity::go_on(ctx, &group.name, number, Status::InProgress)?;
        }
        member.state = State::TerminatingProceed;
        member::save(ctx, member)?;
    }
    ask_all(ctx, group, ids)?;
    if instant(ctx) {
        health::observe(ctx, ids)?;
    }
    Ok(())
}

fn ask_all(ctx: &mut Ctx<'_>, group: &Group, ids: &[String]) -> Result<()> {
    for batch in ids.chunks(BATCH) {
        if ask(ctx, batch)?.is_some() {
            one_by_one(ctx, group, batch)?;
        }
    }
    Ok(())
}

/// Asks EC2 to terminate; what it refuses, if it does.
fn ask(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<Option<Error>> {
    let input = ec2::TerminateInstancesRequest { instance_ids: ids.to_vec(), ..Default::default() };
    match ctx.call::<ec2::TerminateInstances>(PRINCIPAL, &input) {
        Ok(_) => Ok(None),
        Err(error @ Error::Service(_)) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn one_by_one(ctx: &mut Ctx<'_>, group: &Group, ids: &[String]) -> Result<()> {
    for id in ids {
        let Some(error) = ask(ctx, std::slice::from_ref(id))? else { continue };
        let Some(mut member) = member::find(ctx, id) else { continue };
        if error.code().starts_with("InvalidInstanceID") {
            health::gone(ctx, member)?;
            continue;
        }
        if let Some(number) = member.activity.take() {
            let message = format!("{} Terminating EC2 instance failed.", error.message());
            activity::end(ctx, &group.name, number, Status::Failed, Some(&message))?;
        }
        member.state = State::InService;
        member::save(ctx, member)?;
        reconcile::wake_by(ctx, &group.name, after(ctx.now(), RETRY_SECONDS))?;
    }
    Ok(())
}
