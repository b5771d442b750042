//! Check: where an account falls short of the practice, with read-only calls.
//!
//! What could not be read is said, with the rules that it leaves undecided; it is never a pass.

mod baseline;
mod failures;
mod fleets;
mod group;
mod narrow;
mod protection;
mod region;
mod retries;
pub mod rules;
mod steps;
mod zones;

use ironbird_api::autoscaling;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_cloud::read;
use ironbird_report::Findings;

use group::Group;
use region::RegionFacts;

/// Checks the account in the cloud's Region, by all rules.
///
/// # Errors
/// When nothing can be read at all: nobody answers, or the credentials are refused.
pub async fn run<C: Cloud>(cloud: &C) -> Result<Findings, CallError> {
    let mut report = Report::begin(cloud, crate::NAME, crate::SOFTWARE, &rules::ALL).await?;
    let facts = RegionFacts::read(cloud, &mut report).await?;
    let of_groups = [
        &rules::NARROW_TYPES,
        &rules::UNUSED_ZONES,
        &rules::UNCOVERED_BASELINE,
        &rules::SCALING_STEPS,
        &rules::LAUNCH_FAILURES,
        &rules::PRICE_PROTECTION,
    ];
    let listed = read::groups(cloud, autoscaling::AutoScalingGroupNamesType::default()).await;
    let listed = report.note("autoscaling:DescribeAutoScalingGroups", &of_groups, listed)?;
    let groups = Group::read_all(cloud, &mut report, &facts, listed.unwrap_or_default()).await?;
    for group in &groups {
        narrow::check(&mut report.findings, &facts, group);
        zones::check(&mut report.findings, &facts, group);
        protection::check(&mut report.findings, &facts, group);
    }
    baseline::check(cloud, &mut report, &groups).await?;
    check_scaling(cloud, &mut report, &groups).await?;
    fleets::check(cloud, &mut report).await?;
    retries::check(cloud, &mut report).await?;
    Ok(report.findings)
}

/// The rules about how groups scale, which look at policies and activities.
async fn check_scaling<C: Cloud>(cloud: &C, report: &mut Report, groups: &[Group]) -> Result<(), CallError> {
    if groups.is_empty() {
        return Ok(());
    }
    let policies = read::policies(cloud, autoscaling::DescribePoliciesType::default()).await;
    let policies = report.note("autoscaling:DescribePolicies", &[&rules::SCALING_STEPS], policies)?;
    for group in groups {
        let what = format!("autoscaling:DescribeScalingActivities of {}", group.name());
        let of_activities = [&rules::LAUNCH_FAILURES, &rules::SCALING_STEPS];
        let past = report.note(&what, &of_activities, failures::activities(cloud, group).await)?;
        steps::check(&mut report.findings, group, policies.as_deref(), past.as_deref());
        if let Some(past) = &past {
            failures::check(&mut report.findings, group, past);
        }
    }
    Ok(())
}
