//! Warm pools: PutWarmPool, DescribeWarmPool, DeleteWarmPool, and keeping a pool at its size.
//!
//! An instance of a pool boots, waits for the launching hooks, and then stops or goes on running; a group that grows takes from
//! its pool first. Source: user guide, "Decrease latency for applications with long boot times using warm pools".

use std::sync::Arc;

use ironbird_api::{autoscaling as api, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::activity::{self, Draft, Status, What, cause};
use crate::clock::instant;
use crate::group::record::{self, Group};
use crate::group::source;
use crate::launch::PRINCIPAL;
use crate::member::{self, Health, Member, State};
use crate::page::Window;
use crate::shrink::{self, Victim};
use crate::{error, health, reconcile, tally};

/// All pools: (account, Region, group).
pub(crate) struct Pools;

impl Table for Pools {
    const NAME: &'static str = "autoscaling.warm-pools";
    type Record = Pool;
}

/// The warm pool of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pool {
    min: i32,
    /// Units that group and pool have together; none for the group's maximum.
    prepared: Option<i32>,
    /// Whether its instances run rather than rest.
    runs: bool,
    /// Whether they keep their memory where they rest.
    #[serde(default)]
    hibernates: bool,
    /// Whether instances come back when the group shrinks.
    reuse: Option<bool>,
    deleting: bool,
}

/// What the instances of a pool do until they are needed.
const STATES: [&str; 3] = ["Stopped", "Running", "Hibernated"];

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Pools>()
        .write::<api::PutWarmPool>(put)
        .read::<api::DescribeWarmPool>(describe)
        .write::<api::DeleteWarmPool>(delete)
}

impl Pool {
    /// Whether its instances run rather than rest.
    pub(crate) const fn runs(&self) -> bool {
        self.runs
    }

    /// Units that the pool should have.
    pub(crate) fn goal(&self, group: &Group) -> u64 {
        if self.deleting {
            return 0;
        }
        let prepared = self.prepared.unwrap_or(group.size.max);
        u64::try_from(prepared.saturating_sub(group.size.desired).max(self.min)).unwrap_or(0)
    }

    const fn state(&self) -> &'static str {
        match (self.runs, self.hibernates) {
            (true, _) => "Running",
            (false, true) => "Hibernated",
            (false, false) => "Stopped",
        }
    }

    fn view(&self) -> api::WarmPoolConfiguration {
        api::WarmPoolConfiguration {
            max_group_prepared_capacity: self.prepared,
            min_size: Some(self.min),
            pool_state: Some(self.state().to_owned()),
            status: self.deleting.then(|| "PendingDelete".to_owned()),
            instance_reuse_policy: self
                .reuse
                .map(|reuse| api::InstanceReusePolicy { reuse_on_scale_in: Some(reuse) }),
        }
    }
}

/// The pool of a group, if it has one.
pub(crate) fn of(ctx: &Ctx<'_>, group: &str) -> Option<Pool> {
    ctx.peek::<Pools>(&ctx.scope().key(group)).cloned()
}

/// What the description of a group says of its pool.
pub(crate) fn view(ctx: &Ctx<'_>, group: &str) -> (Option<api::WarmPoolConfiguration>, Option<i32>) {
    let Some(pool) = of(ctx, group) else { return (None, None) };
    let size = tally::counts(ctx, group).warm(|_| true).instances;
    (Some(pool.view()), i32::try_from(size).ok())
}

fn put(ctx: &mut Ctx<'_>, input: &api::PutWarmPoolType) -> Result<api::PutWarmPoolAnswer> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    let before = of(ctx, &group.name);
    if before.as_ref().is_some_and(|pool| pool.deleting) {
        return Err(error::validation("The warm pool of this Auto Scaling group is pending delete."));
    }
    if group.is_mixed() {
        return Err(error::validation(
            "You can't add a warm pool to an Auto Scaling group that has a mixed instances policy.",
        ));
    }
    let state = input.pool_state.as_deref().or(before.as_ref().map(Pool::state)).unwrap_or("Stopped");
    if !STATES.contains(&state) {
        return Err(error::validation(format!("PoolState is no known word: {state}")));
    }
    let (runs, hibernates) = (state == "Running", state == "Hibernated");
    let min = input.min_size.or(before.as_ref().map(|pool| pool.min)).unwrap_or(0);
    let prepared = match input.max_group_prepared_capacity {
        None => before.as_ref().and_then(|pool| pool.prepared),
        Some(-1) => None,
        Some(number) => Some(number),
    };
    if min < 0 || prepared.is_some_and(|number| number < 0) {
        return Err(error::validation("MinSize and MaxGroupPreparedCapacity must not be negative."));
    }
    let reuse = input.instance_reuse_policy.as_ref().and_then(|policy| policy.reuse_on_scale_in);
    let reuse = reuse.or(before.and_then(|pool| pool.reuse));
    let key = ctx.scope().key(&group.name);
    ctx.put::<Pools>(key, Pool { min, prepared, runs, hibernates, reuse, deleting: false })?;
    if hibernates {
        source::try_hibernation(ctx, &group)?;
    }
    reconcile::soon(ctx, &group.name, None)?;
    Ok(api::PutWarmPoolAnswer {})
}

fn describe(ctx: &mut Ctx<'_>, input: &api::DescribeWarmPoolType) -> Result<api::DescribeWarmPoolAnswer> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 50)?;
    let name = &input.auto_scaling_group_name;
    let group = record::find(ctx, name).ok_or_else(|| error::no_group(name))?;
    let Some(pool) = of(ctx, &group.name) else {
        return Ok(api::DescribeWarmPoolAnswer { instances: Some(Vec::new()), ..Default::default() });
    };
    let prefix = ctx.scope().key(&group.name);
    let page =
        window.scan::<member::Members, _>(ctx, &prefix, |member| member.warm.then(|| member.in_group(ctx)));
    Ok(api::DescribeWarmPoolAnswer {
        warm_pool_configuration: Some(pool.view()),
        instances: Some(page.items),
        next_token: page.next,
    })
}

fn delete(ctx: &mut Ctx<'_>, input: &api::DeleteWarmPoolType) -> Result<api::DeleteWarmPoolAnswer> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    let Some(mut pool) = of(ctx, &group.name) else {
        return Err(error::validation("No warm pool found for this Auto Scaling group."));
    };
    let is_leaving = tally::counts(ctx, &group.name).warm(State::is_leaving).instances > 0;
    if is_leaving && input.force_delete != Some(true) {
        return Err(error::activity_in_progress(
            "You cannot delete a warm pool while there are scaling activities in progress for it.",
        ));
    }
    pool.deleting = true;
    let key = ctx.scope().key(&group.name);
    ctx.put::<Pools>(key, pool)?;
    reconcile::soon(ctx, &group.name, None)?;
    Ok(api::DeleteWarmPoolAnswer {})
}

/// Forgets the pool of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    ctx.delete::<Pools>(&ctx.scope().key(group)).map(drop)
}

/// What the pool lacks; what it has too much of is terminated.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn keep(ctx: &mut Ctx<'_>, group: &Group) -> Result<u64> {
    let Some(pool) = of(ctx, &group.name) else { return Ok(0) };
    let counts = tally::counts(ctx, &group.name);
    if pool.deleting && counts.warm(|_| true).instances == 0 {
        forget(ctx, &group.name)?;
        return Ok(0);
    }
    let (goal, have) = (pool.goal(group), counts.warm(|state| !state.is_leaving()).units);
    if have <= goal || !group.runs("Terminate") {
        return Ok(goal.saturating_sub(have));
    }
    let mut left = have - goal;
    let mut victims = Vec::new();
    for member in members(ctx, group, |state| !state.is_leaving()) {
        if u64::from(member.weight) > left {
            continue;
        }
        left -= u64::from(member.weight);
        let cause = cause::warm_excess(ctx, &member.id).into();
        victims.push(Victim { member, cause });
    }
    shrink::terminate(ctx, group, victims)?;
    Ok(0)
}

/// Instances of the pool in some states, those that are ready first.
fn members(ctx: &Ctx<'_>, group: &Group, wanted: impl Fn(State) -> bool) -> Vec<Member> {
    let all = member::of(ctx, &group.name).filter(|member| member.warm && wanted(member.state));
    let mut all: Vec<Member> = all.cloned().collect();
    all.sort_by(|one, other| (one.launched, &one.id).cmp(&(other.launched, &other.id)));
    all
}

/// Takes up to `missing` units from the pool into the group; how many there were.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn draw(ctx: &mut Ctx<'_>, group: &Group, missing: u64, cause: &Arc<str>) -> Result<u64> {
    if of(ctx, &group.name).is_none() {
        return Ok(0);
    }
    let mut got = 0;
    for mut member in members(ctx, group, State::is_warmed) {
        let units = u64::from(member.weight);
        if got + units > missing || member.health != Health::Good {
            continue;
        }
        let was_running = member.state == State::Running;
        if !was_running && !start(ctx, &member.id)? {
            continue;
        }
        got += units;
        let draft = Draft {
            what: What::FromPool(member.id.clone()),
            cause: Arc::clone(cause),
            status: Status::PreInService,
            message: None,
            zone: Some(Arc::clone(&member.zone)),
            subnet: member.subnet.clone(),
        };
        member.activity = Some(activity::begin(ctx, group, draft)?);
        member.state = State::Pending;
        member.warm = false;
        let id = member.id.clone();
        member::save(ctx, member)?;
        if was_running || instant(ctx) {
            health::observe(ctx, &[id])?;
        }
    }
    Ok(got)
}

fn start(ctx: &mut Ctx<'_>, id: &str) -> Result<bool> {
    let input = ec2::StartInstancesRequest { instance_ids: vec![id.to_owned()], ..Default::default() };
    match ctx.call::<ec2::StartInstances>(PRINCIPAL, &input) {
        Ok(_) => Ok(true),
        // The pool's zone is dry, say: the group launches elsewhere.
        Err(Error::Service(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// An instance of the pool has booted and has nothing more to wait for.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn settle(ctx: &mut Ctx<'_>, mut member: Member) -> Result<()> {
    let pool = of(ctx, &member.group);
    if pool.as_ref().is_some_and(|pool| pool.runs) {
        return rest(ctx, member, State::Running);
    }
    let id = member.id.clone();
    // What cannot hibernate is stopped (user guide, "Instance reuse policy").
    let sleeps = pool.is_some_and(|pool| pool.hibernates) && stop(ctx, &id, true)?;
    if !sleeps {
        stop(ctx, &id, false)?;
    }
    member.state = if sleeps { State::Hibernating } else { State::PendingProceed };
    member::save(ctx, member)?;
    if instant(ctx) { health::observe(ctx, &[id]) } else { Ok(()) }
}

/// Stops an instance, or sends it to sleep; whether EC2 does so.
fn stop(ctx: &mut Ctx<'_>, id: &str, hibernate: bool) -> Result<bool> {
    let input = ec2::StopInstancesRequest {
        instance_ids: vec![id.to_owned()],
        hibernate: hibernate.then_some(true),
        ..Default::default()
    };
    match ctx.call::<ec2::StopInstances>(PRINCIPAL, &input) {
        Ok(_) => Ok(true),
        Err(Error::Service(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether what a group launches has to be able to hibernate.
pub(crate) fn hibernates(ctx: &Ctx<'_>, group: &str) -> bool {
    ctx.peek::<Pools>(&ctx.scope().key(group)).is_some_and(|pool| pool.hibernates && !pool.deleting)
}

/// An instance of the pool is where it is to be.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn rest(ctx: &mut Ctx<'_>, mut member: Member, state: State) -> Result<()> {
    if let Some(number) = member.activity.take() {
        activity::end(ctx, &member.group, number, Status::Successful, None)?;
    }
    member.state = state;
    member::save(ctx, member)
}

/// Puts an instance that the group has too much into the pool, if it takes any back; whether it did.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn take_back(ctx: &mut Ctx<'_>, group: &Group, member: &Member, cause: &Arc<str>) -> Result<bool> {
    let Some(pool) = of(ctx, &group.name).filter(|pool| pool.reuse == Some(true) && !pool.deleting) else {
        return Ok(false);
    };
    let have = tally::counts(ctx, &group.name).warm(|state| !state.is_leaving()).units;
    if have + u64::from(member.weight) > pool.goal(group) || member.state != State::InService {
        return Ok(false);
    }
    let mut member = member.clone();
    let draft = Draft {
        what: What::BackToPool(member.id.clone()),
        cause: Arc::clone(cause),
        status: Status::InProgress,
        message: None,
        zone: Some(Arc::clone(&member.zone)),
        subnet: member.subnet.clone(),
    };
    member.activity = Some(activity::begin(ctx, group, draft)?);
    member.warm = true;
    member.in_service = None;
    settle(ctx, member)?;
    Ok(true)
}
