//! Check: where an account falls short of the practice, with read-only calls.
//!
//! What could not be read is said, with the rules that it leaves undecided; it is never a pass.

mod few;
mod list;
mod outdated;
pub(crate) mod relax;
pub mod rules;
mod spot;
mod template;

use ironbird_api::autoscaling;
use ironbird_client::CallError;
use ironbird_cloud::note::Report;
use ironbird_cloud::{Cloud, read};
use ironbird_report::{Findings, Rule};

use crate::subject::{self, Subject};

/// Checks the account in the cloud's Region, by all rules.
///
/// # Errors
/// When nothing can be read at all: nobody answers, or the credentials are refused.
pub async fn run<C: Cloud>(cloud: &C) -> Result<Findings, CallError> {
    let mut report = Report::begin(cloud, crate::NAME, crate::SOFTWARE, &rules::ALL).await?;
    for subject in subjects(cloud, &mut report).await? {
        check(cloud, &mut report, &subject).await?;
    }
    Ok(report.findings)
}

/// The groups and fleets, as far as they can be read.
async fn subjects<C: Cloud>(cloud: &C, report: &mut Report) -> Result<Vec<Subject>, CallError> {
    let rules = rules::ALL;
    let all: Vec<&Rule> = rules.iter().collect();
    let groups = read::groups(cloud, autoscaling::AutoScalingGroupNamesType::default()).await;
    let groups = report.note("autoscaling:DescribeAutoScalingGroups", &all, groups)?.unwrap_or_default();
    let fleets = report.note("ec2:DescribeFleets", &all, read::fleets(cloud, Default::default()).await)?;
    let spot_fleets = read::spot_fleets(cloud, Default::default()).await;
    let spot_fleets = report.note("ec2:DescribeSpotFleetRequests", &all, spot_fleets)?;
    let mut subjects = Vec::new();
    for group in &groups {
        match subject::of_group(cloud, group).await {
            Ok(subject) => subjects.push(subject),
            Err(error) => {
                let arn = group.auto_scaling_group_arn.clone();
                let id = arn.unwrap_or_else(|| group.auto_scaling_group_name.clone());
                report.unread("what the group launches", &all, id, error)?;
            }
        }
    }
    for fleet in fleets.iter().flatten() {
        match subject::of_fleet(cloud, fleet).await {
            Ok(subject) => subjects.extend(subject),
            Err(error) => {
                let id = fleet.fleet_id.clone().unwrap_or_default();
                report.unread("what the fleet launches", &all, id, error)?;
            }
        }
    }
    for fleet in spot_fleets.iter().flatten() {
        match subject::of_spot_fleet(cloud, fleet).await {
            Ok(subject) => subjects.extend(subject),
            Err(error) => {
                let id = fleet.spot_fleet_request_id.clone().unwrap_or_default();
                report.unread("what the Spot Fleet launches", &all, id, error)?;
            }
        }
    }
    if !subjects.is_empty() {
        report.findings.read("ec2:DescribeLaunchTemplateVersions", None);
        report.findings.read("ec2:GetInstanceTypesFromInstanceRequirements", None);
    }
    Ok(subjects)
}

async fn check<C: Cloud>(cloud: &C, report: &mut Report, subject: &Subject) -> Result<(), CallError> {
    list::check(cloud, report, subject).await?;
    few::check(cloud, report, subject).await?;
    outdated::check(&mut report.findings, subject);
    spot::check(&mut report.findings, subject);
    template::check(&mut report.findings, subject);
    Ok(())
}
