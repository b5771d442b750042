//! Notifications: recorded, since there is no SNS to send them to.

use std::collections::BTreeSet;

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::group::record;
use crate::page::Window;

/// What a group may tell of (API reference, DescribeAutoScalingNotificationTypes).
pub(crate) const TYPES: [&str; 5] = [
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
    "autoscaling:TEST_NOTIFICATION",
];

/// Topics that a group may tell (user guide, "Quotas").
const MAX_TOPICS: usize = 10;

/// All of them: (account, Region, group, topic, type).
struct Notifications;

impl Table for Notifications {
    const NAME: &'static str = "autoscaling.notifications";
    type Record = Notification;
}

/// What a group tells a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Notification {
    group: String,
    topic: String,
    what: String,
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Notifications>()
        .write::<api::PutNotificationConfiguration>(put)
        .records::<api::PutNotificationConfiguration>(&["TopicARN", "NotificationTypes"])
        .read::<api::DescribeNotificationConfigurations>(describe)
        .write::<api::DeleteNotificationConfiguration>(delete)
}

fn put(ctx: &mut Ctx<'_>, input: &api::PutNotificationConfigurationType) -> Result<Empty> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    if let Some(other) = input.notification_types.iter().find(|what| !TYPES.contains(&what.as_str())) {
        return Err(error::validation(format!("\"{other}\" is not a valid Notification Type")));
    }
    if !input.topic_arn.starts_with("arn:") {
        return Err(error::validation(format!("Invalid topic ARN: {}", input.topic_arn)));
    }
    let told = ctx.scan::<Notifications>(&ctx.scope().key(&group.name)).map(|(_, one)| one.topic.as_str());
    let others: BTreeSet<&str> = told.filter(|topic| *topic != input.topic_arn).collect();
    if others.len() >= MAX_TOPICS {
        return Err(error::limit_exceeded(format!(
            "Your AutoScaling Group:{} can't have more than {MAX_TOPICS} topics",
            group.name
        )));
    }
    // What was there for the topic is replaced (API reference).
    forget(ctx, &group.name, Some(&input.topic_arn))?;
    for what in &input.notification_types {
        let key = ctx.scope().key(&group.name).text(&input.topic_arn).text(what);
        let kept = Notification {
            group: group.name.to_string(),
            topic: input.topic_arn.clone(),
            what: what.clone(),
        };
        ctx.put::<Notifications>(key, kept)?;
    }
    Ok(Empty {})
}

/// Drops what a group tells a topic, or all topics.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, group: &str, topic: Option<&str>) -> Result<()> {
    let key = ctx.scope().key(group);
    let prefix = topic.map_or_else(|| key.clone(), |topic| key.clone().text(topic));
    let keys: Vec<_> = ctx.scan::<Notifications>(&prefix).map(|(key, _)| key.clone()).collect();
    keys.into_iter().try_for_each(|key| ctx.delete::<Notifications>(&key).map(drop))
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeNotificationConfigurationsType,
) -> Result<api::DescribeNotificationConfigurationsAnswer> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let names = input.auto_scaling_group_names.as_deref().unwrap_or_default();
    let named = |group: &str| names.is_empty() || names.iter().any(|name| record::plain_name(name) == group);
    let prefix = ctx.scope().prefix();
    let page = window.scan::<Notifications, _>(ctx, &prefix, |one| {
        named(&one.group).then(|| api::NotificationConfiguration {
            auto_scaling_group_name: Some(one.group.clone()),
            topic_arn: Some(one.topic.clone()),
            notification_type: Some(one.what.clone()),
        })
    });
    Ok(api::DescribeNotificationConfigurationsAnswer {
        notification_configurations: page.items,
        next_token: page.next,
    })
}

fn delete(ctx: &mut Ctx<'_>, input: &api::DeleteNotificationConfigurationType) -> Result<Empty> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    forget(ctx, &group.name, Some(&input.topic_arn))?;
    Ok(Empty {})
}
