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
use ironbird_report::{Findings, Rule, Target};

use crate::cloud::Cloud;
use crate::read;
use group::Group;
pub(crate) use group::{needs_of, template_data};
use region::RegionFacts;

/// Findings under construction.
pub(crate) struct Report {
    findings: Findings,
}

impl Report {
    /// Notes what was read, or why it could not be, and which rules that leaves undecided.
    ///
    /// # Errors
    /// When nobody answers at all, or there are no credentials: then nothing can be checked.
    pub(crate) fn note<T>(
        &mut self,
        what: &str,
        rules: &[&Rule],
        outcome: Result<Vec<T>, CallError>,
    ) -> Result<Option<Vec<T>>, CallError> {
        match outcome {
            Ok(items) => {
                self.findings.read(what, Some(items.len() as u64));
                Ok(Some(items))
            }
            Err(error) if hides_everything(&error) => Err(error),
            Err(error) => {
                self.findings.could_not_read(what, why(&error), rules);
                Ok(None)
            }
        }
    }
}

/// Whether no other call can be expected to work either.
fn hides_everything(error: &CallError) -> bool {
    let broken = ["InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException", "ExpiredToken"];
    match error {
        CallError::Service { code, .. } => broken.contains(&code.as_str()),
        CallError::Answer { .. } | CallError::Request { .. } | CallError::NotModelled { .. } => false,
        _ => true,
    }
}

fn why(error: &CallError) -> String {
    if error.is_unsupported() {
        return format!("not supported by this endpoint ({})", error.code().unwrap_or_default());
    }
    if error.is_denied() {
        return format!("permission is missing: {error}");
    }
    error.to_string()
}

/// Checks the account in the cloud's Region, by all rules.
///
/// # Errors
/// When nothing can be read at all: nobody answers, or the credentials are refused.
pub async fn run<C: Cloud>(cloud: &C) -> Result<Findings, CallError> {
    let account = read::account(cloud).await;
    let mut target = Target { regions: vec![cloud.region().to_string()], ..Target::default() };
    target.endpoint = cloud.endpoint().map(str::to_owned);
    match account {
        Ok(account) => target.account = Some(account),
        Err(error) if hides_everything(&error) => return Err(error),
        // The account's id only heads the report: no rule needs it.
        Err(_) => {}
    }
    let mut report = Report { findings: Findings::new(crate::NAME, crate::SOFTWARE, target, &rules::ALL) };
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
