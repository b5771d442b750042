//! Instance refreshes: StartInstanceRefresh, DescribeInstanceRefreshes, CancelInstanceRefresh, RollbackInstanceRefresh.
//! [`progress`] replaces the instances.

mod preferences;
pub(crate) mod progress;

use std::collections::BTreeSet;

use ironbird_api::autoscaling as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error;
use crate::group::record::{self, Group, Launch};
use crate::group::source::{self, Given};
use crate::page::Window;
use preferences::Preferences;

const PREFERENCES: Place = Place::input("autoscaling", "StartInstanceRefresh", &["Preferences"]);
const DESIRED: Place = Place::input("autoscaling", "StartInstanceRefresh", &["DesiredConfiguration"]);

/// Refreshes are described for six weeks (user guide); so many are kept of a group, which is our bound.
const KEPT: usize = 100;

/// All refreshes: (account, Region, group, `u64::MAX` minus number), so that the newest comes first.
pub(crate) struct Refreshes;

impl Table for Refreshes {
    const NAME: &'static str = "autoscaling.refreshes";
    type Record = Refresh;
}

/// A refresh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Refresh {
    number: u64,
    id: String,
    group: String,
    status: Status,
    reason: Option<String>,
    start: Timestamp,
    end: Option<Timestamp>,
    /// As the API has it, completed with defaults.
    preferences: Value,
    /// As the API has it.
    desired: Option<Value>,
    /// What the group launched from before.
    before: Launch,
    /// Instances that are still to be replaced.
    left: BTreeSet<String>,
    /// How many there were.
    total: usize,
    /// Whether it goes back to what was before.
    rollback: Option<Rollback>,
    /// How many checkpoints have been reached, and when the last of them is over.
    checkpoints: usize,
    paused_until: Option<Timestamp>,
    /// When the last instance was replaced.
    moved: Timestamp,
}

/// A refresh that goes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rollback {
    reason: String,
    start: Timestamp,
    percent: i32,
    left: usize,
}

/// How far a refresh is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Pending,
    InProgress,
    Baking,
    Successful,
    Failed,
    Cancelling,
    Cancelled,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Baking => "Baking",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Cancelling => "Cancelling",
            Self::Cancelled => "Cancelled",
            Self::RollbackInProgress => "RollbackInProgress",
            Self::RollbackSuccessful => "RollbackSuccessful",
            Self::RollbackFailed => "RollbackFailed",
        }
    }

    const fn goes_on(self) -> bool {
        matches!(
            self,
            Self::Pending | Self::InProgress | Self::Baking | Self::Cancelling | Self::RollbackInProgress
        )
    }
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Refreshes>()
        .write::<api::StartInstanceRefresh>(start)
        .read::<api::DescribeInstanceRefreshes>(describe)
        .write::<api::CancelInstanceRefresh>(cancel)
        .records::<api::CancelInstanceRefresh>(&["WaitForTransitioningInstances"])
        .write::<api::RollbackInstanceRefresh>(roll_back)
}

impl Refresh {
    fn key(&self, ctx: &Ctx<'_>) -> Key {
        ctx.scope().key(&self.group).number(u64::MAX - self.number)
    }

    fn preferences(&self) -> Result<Preferences> {
        let given: api::RefreshPreferences = document::read(PREFERENCES, &self.preferences)?;
        Preferences::of(&given)
    }

    fn percent(&self) -> i32 {
        let done = self.total.saturating_sub(self.left.len());
        i32::try_from((done * 100).checked_div(self.total).unwrap_or(100)).unwrap_or(100)
    }

    fn view(&self) -> Result<api::InstanceRefresh> {
        let rollback = self.rollback.as_ref().map(|rollback| api::RollbackDetails {
            rollback_reason: Some(rollback.reason.clone()),
            rollback_start_time: Some(rollback.start),
            percentage_complete_on_rollback: Some(rollback.percent),
            instances_to_update_on_rollback: i32::try_from(rollback.left).ok(),
            progress_details_on_rollback: None,
        });
        let desired = self.desired.as_ref().map(|kept| document::read(DESIRED, kept)).transpose()?;
        Ok(api::InstanceRefresh {
            instance_refresh_id: Some(self.id.clone()),
            auto_scaling_group_name: Some(self.group.clone()),
            status: Some(self.status.name().to_owned()),
            status_reason: self.reason.clone(),
            start_time: (self.status != Status::Pending).then_some(self.start),
            end_time: self.end,
            percentage_complete: (self.status != Status::Pending).then(|| self.percent()),
            instances_to_update: i32::try_from(self.left.len()).ok(),
            progress_details: None,
            preferences: Some(document::read(PREFERENCES, &self.preferences)?),
            desired_configuration: desired,
            rollback_details: rollback,
            strategy: Some("Rolling".to_owned()),
        })
    }
}

/// The refresh of the group that goes on, if there is one.
fn current(ctx: &Ctx<'_>, group: &str) -> Option<Refresh> {
    let newest = ctx.scan::<Refreshes>(&ctx.scope().key(group)).next().map(|(_, refresh)| refresh);
    newest.filter(|refresh| refresh.status.goes_on()).cloned()
}

fn save(ctx: &mut Ctx<'_>, refresh: Refresh) -> Result<()> {
    let key = refresh.key(ctx);
    ctx.put::<Refreshes>(key, refresh)
}

/// Drops the refreshes of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let keys: Vec<_> = ctx.scan::<Refreshes>(&ctx.scope().key(group)).map(|(key, _)| key.clone()).collect();
    keys.into_iter().try_for_each(|key| ctx.delete::<Refreshes>(&key).map(drop))
}

fn start(
    ctx: &mut Ctx<'_>,
    input: &api::StartInstanceRefreshType,
) -> Result<api::StartInstanceRefreshAnswer> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    if let Some(other) = input.strategy.as_deref().filter(|strategy| *strategy != "Rolling") {
        return Err(Ctx::unsupported("Strategy", &format!("{other} replaces root volumes: use Rolling")));
    }
    if current(ctx, &group.name).is_some() {
        return Err(Error::client(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        ));
    }
    let preferences = Preferences::completed(input.preferences.as_ref(), &group);
    let settled = Preferences::of(&preferences)?;
    let before = group.launch.clone();
    let desired = match &input.desired_configuration {
        None => None,
        Some(desired) => {
            group.launch = launch_of(ctx, &group, desired)?;
            Some(document::write(DESIRED, desired)?)
        }
    };
    if settled.auto_rollback {
        can_go_back(&before, desired.is_some())?;
    }
    source::try_out(ctx, &group)?;
    let left = progress::to_replace(ctx, &group, &settled)?;
    let number = next_number(ctx, &group.name)?;
    let refresh = Refresh {
        number,
        id: ctx.fresh_uuid("instance-refresh")?,
        group: group.name.to_string(),
        status: Status::Pending,
        reason: None,
        start: ctx.now(),
        end: None,
        preferences: document::write(PREFERENCES, &preferences)?,
        desired,
        before,
        total: left.len(),
        left,
        rollback: None,
        checkpoints: 0,
        paused_until: None,
        moved: ctx.now(),
    };
    let id = refresh.id.clone();
    let name = group.name.clone();
    record::save(ctx, group)?;
    save(ctx, refresh)?;
    crate::reconcile::soon(ctx, &name, None)?;
    Ok(api::StartInstanceRefreshAnswer { instance_refresh_id: Some(id) })
}

fn launch_of(ctx: &mut Ctx<'_>, group: &Group, desired: &api::DesiredConfiguration) -> Result<Launch> {
    let given = Given {
        configuration: None,
        template: desired.launch_template.as_ref(),
        mixed: desired.mixed_instances_policy.as_ref(),
    };
    given.resolve(ctx, Some(&group.launch))
}

/// Only what names a version can be gone back to (user guide, "Undo changes with a rollback").
fn can_go_back(before: &Launch, has_desired: bool) -> Result<()> {
    let is_floating = match before {
        Launch::Template(template) => template.version.is_empty() || template.version.starts_with('$'),
        Launch::Mixed(_) | Launch::Configuration(_) => false,
    };
    if !has_desired {
        return Err(error::validation("AutoRollback requires a desired configuration."));
    }
    if is_floating {
        return Err(error::validation(
            "AutoRollback requires the Auto Scaling group's launch template version not to be $Latest or $Default.",
        ));
    }
    Ok(())
}

fn next_number(ctx: &mut Ctx<'_>, group: &str) -> Result<u64> {
    let all: Vec<(Key, u64)> = ctx
        .scan::<Refreshes>(&ctx.scope().key(group))
        .map(|(key, refresh)| (key.clone(), refresh.number))
        .collect();
    let number = all.first().map_or(0, |(_, number)| number + 1);
    for (key, _) in all.into_iter().skip(KEPT - 1) {
        ctx.delete::<Refreshes>(&key)?;
    }
    Ok(number)
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeInstanceRefreshesType,
) -> Result<api::DescribeInstanceRefreshesAnswer> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let name = &input.auto_scaling_group_name;
    let group = record::find(ctx, name).ok_or_else(|| error::no_group(name))?;
    let ids = input.instance_refresh_ids.as_deref().unwrap_or_default();
    let prefix = ctx.scope().key(&group.name);
    let page = window.scan::<Refreshes, _>(ctx, &prefix, |refresh| {
        (ids.is_empty() || ids.contains(&refresh.id)).then(|| refresh.view())
    });
    Ok(api::DescribeInstanceRefreshesAnswer {
        instance_refreshes: Some(page.items.into_iter().collect::<Result<_>>()?),
        next_token: page.next,
    })
}

fn going_on(ctx: &Ctx<'_>, name: &str) -> Result<(Group, Refresh)> {
    let group = record::get(ctx, name)?;
    let refresh = current(ctx, &group.name).filter(|refresh| refresh.status != Status::Cancelling);
    let missing = || {
        let message =
            format!("There are no in-progress or pending Instance Refreshes for AutoScalingGroup {name}");
        Error::client("ActiveInstanceRefreshNotFound", message)
    };
    Ok((group, refresh.ok_or_else(missing)?))
}

/// Nothing further is replaced; what launches and terminates already does so to its end.
fn cancel(
    ctx: &mut Ctx<'_>,
    input: &api::CancelInstanceRefreshType,
) -> Result<api::CancelInstanceRefreshAnswer> {
    let (group, mut refresh) = going_on(ctx, &input.auto_scaling_group_name)?;
    let id = refresh.id.clone();
    let name = group.name.clone();
    progress::restore(ctx, group, &refresh)?;
    refresh.status = Status::Cancelling;
    refresh.reason = Some("Cancelled due to user request.".to_owned());
    save(ctx, refresh)?;
    crate::reconcile::soon(ctx, &name, None)?;
    Ok(api::CancelInstanceRefreshAnswer { instance_refresh_id: Some(id) })
}

fn roll_back(
    ctx: &mut Ctx<'_>,
    input: &api::RollbackInstanceRefreshType,
) -> Result<api::RollbackInstanceRefreshAnswer> {
    let (group, refresh) = going_on(ctx, &input.auto_scaling_group_name)?;
    if refresh.rollback.is_some() {
        return Err(Error::client(
            "IrreversibleInstanceRefresh",
            "The Instance Refresh is already being rolled back.",
        ));
    }
    can_go_back(&refresh.before, refresh.desired.is_some())
        .map_err(|cause| Error::client("IrreversibleInstanceRefresh", cause.message().to_owned()))?;
    let id = refresh.id.clone();
    let name = group.name.clone();
    progress::turn_back(ctx, group, refresh, "Rollback initiated by user request.".to_owned())?;
    crate::reconcile::soon(ctx, &name, None)?;
    Ok(api::RollbackInstanceRefreshAnswer { instance_refresh_id: Some(id) })
}
