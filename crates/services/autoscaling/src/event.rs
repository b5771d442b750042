//! What Auto Scaling tells EventBridge: how launches and terminations ended, and that an instance waits for a hook.
//! Shapes, origins and destinations are those of "Amazon EC2 Auto Scaling event reference" and "Warm pool event types and
//! patterns" in the user guide.

use ironbird_rig::events::{self, Happening};
use ironbird_rig::{Ctx, Result};
use serde_json::json;

use crate::activity::{self, Activity, Status, What};
use crate::group::record;
use crate::hook::{Hook, Transition};
use crate::member::{self, Member};

const SOURCE: &str = "aws.autoscaling";

/// Where an instance comes from and goes to.
struct Route {
    launches: bool,
    from: &'static str,
    to: &'static str,
}

const EC2: &str = "EC2";
const GROUP: &str = "AutoScalingGroup";
const POOL: &str = "WarmPool";

impl Route {
    /// The route of what is done to an instance that is in the warm pool or not; none where nothing is moved.
    fn of(what: &What, is_warm: bool) -> Option<Self> {
        let (launches, from, to) = match what {
            What::Launching(_) | What::NotLaunched => (true, EC2, GROUP),
            What::IntoPool(_) => (true, EC2, POOL),
            What::FromPool(_) => (true, POOL, GROUP),
            What::BackToPool(_) => (false, GROUP, POOL),
            What::Terminating(_) if is_warm => (false, POOL, EC2),
            What::Terminating(_) => (false, GROUP, EC2),
            What::Other(_) => return None,
        };
        Some(Self { launches, from, to })
    }
}

/// An activity has ended.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn ended(ctx: &mut Ctx<'_>, activity: &Activity) -> Result<()> {
    if !events::are_wanted(ctx) {
        return Ok(());
    }
    let id = activity.what.instance();
    let is_warm = id.and_then(|id| member::find(ctx, id)).is_some_and(|member| member.warm);
    let Some(route) = Route::of(&activity.what, is_warm) else { return Ok(()) };
    let detail_type = match (route.launches, activity.status) {
        (true, Status::Successful) => "EC2 Instance Launch Successful",
        (true, _) => "EC2 Instance Launch Unsuccessful",
        (false, Status::Successful) => "EC2 Instance Terminate Successful",
        (false, _) => "EC2 Instance Terminate Unsuccessful",
    };
    events::publish(ctx, SOURCE, detail_type, |ctx| {
        let mut resources = vec![record::arn(ctx, &activity.group_uuid, &activity.group)];
        resources.extend(id.map(|id| ctx.arn("ec2", &format!("instance/{id}"))));
        // A success is told of just before the activity has ended, as its status says on AWS.
        let status = match activity.status {
            Status::Successful => Status::InProgress,
            other => other,
        };
        let detail = json!({
            "StatusCode": status.name(),
            "Description": activity.what.words(),
            "AutoScalingGroupName": *activity.group,
            "ActivityId": activity.id,
            "Details": activity.details(),
            "RequestId": activity.id,
            "StatusMessage": activity.message.as_deref().unwrap_or_default(),
            "EndTime": activity.end.unwrap_or(ctx.now()).iso8601_millis(),
            "EC2InstanceId": id.unwrap_or_default(),
            "StartTime": activity.start.iso8601_millis(),
            "Cause": *activity.cause,
            "Origin": route.from,
            "Destination": route.to,
        });
        Ok(Happening { resources, detail })
    })
}

/// An instance begins to wait for a hook.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn waits(ctx: &mut Ctx<'_>, member: &Member, hook: &Hook, token: &str) -> Result<()> {
    let detail_type = match hook.transition {
        Transition::Launching => "EC2 Instance-launch Lifecycle Action",
        Transition::Terminating => "EC2 Instance-terminate Lifecycle Action",
    };
    events::publish(ctx, SOURCE, detail_type, |ctx| {
        let activity = member.activity.and_then(|number| activity::find(ctx, &member.group, number));
        let route = activity.and_then(|activity| Route::of(&activity.what, member.warm));
        let group = record::get(ctx, &member.group)?;
        let mut detail = json!({
            "LifecycleActionToken": token,
            "AutoScalingGroupName": *member.group,
            "LifecycleHookName": hook.name,
            "EC2InstanceId": member.id,
            "LifecycleTransition": hook.transition.name(),
        });
        if let Some(Route { from, to, .. }) = route {
            detail["Origin"] = from.into();
            detail["Destination"] = to.into();
        }
        if let Some(metadata) = &hook.metadata {
            detail["NotificationMetadata"] = metadata.as_str().into();
        }
        Ok(Happening { resources: vec![record::arn(ctx, &group.uuid, &group.name)], detail })
    })
}
