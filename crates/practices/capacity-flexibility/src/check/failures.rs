//! launch-failures: launches that a group could not make for lack of capacity.

use ironbird_api::autoscaling;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::read;
use ironbird_report::{Finding, Findings, Unit};

use super::group::Group;
use super::rules::LAUNCH_FAILURES;

/// Checks one group by its activities.
pub(crate) fn check(findings: &mut Findings, group: &Group, all: &[autoscaling::Activity]) {
    findings.examine(&LAUNCH_FAILURES, group.arn());
    let failed: Vec<_> = all.iter().filter(|activity| is_shortage(activity)).collect();
    let Some(newest) = failed.iter().map(|activity| activity.start_time).max() else { return };
    let later =
        all.iter().any(|activity| activity.status_code == "Successful" && activity.start_time > newest);
    let since = if later { "Later launches succeeded." } else { "No launch has succeeded since." };
    let launches =
        if failed.len() == 1 { "1 launch".to_owned() } else { format!("{} launches", failed.len()) };
    let seen =
        format!("{launches} failed for lack of capacity, the last one at {}. {since}", newest.iso8601());
    let advice = "Let the group draw on more types and zones, and scale earlier in smaller steps.";
    let finding = Finding::new(&LAUNCH_FAILURES, group.arn(), seen, advice);
    findings.find(finding.with_figure("failed launches", failed.len() as f64, Unit::Count));
}

/// Every activity of a group.
///
/// # Errors
/// What the service answers.
pub(crate) async fn activities<C: Cloud>(
    cloud: &C,
    group: &Group,
) -> Result<Vec<autoscaling::Activity>, CallError> {
    let input = autoscaling::DescribeScalingActivitiesType {
        auto_scaling_group_name: Some(group.name().to_owned()),
        max_records: Some(100),
        ..Default::default()
    };
    read::activities(cloud, input).await
}

/// Whether an activity failed for lack of capacity: by the code, or by the words that AWS gives in its place.
fn is_shortage(activity: &autoscaling::Activity) -> bool {
    let message = activity.status_message.as_deref().unwrap_or_default();
    let words = [
        "InsufficientInstanceCapacity",
        "UnfulfillableCapacity",
        "do not have sufficient",
        "no Spot capacity available",
        "Could not launch",
    ];
    let lacks = words[..4].iter().any(|part| message.contains(part))
        || (message.contains(words[4]) && message.contains("capacity"));
    activity.status_code == "Failed" && lacks
}
