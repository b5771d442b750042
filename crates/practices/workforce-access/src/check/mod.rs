//! Check: where an organization or account falls short of the practice, with read-only calls.
//!
//! What could not be read is said, with the rules that it leaves undecided; it is never a pass.

mod accounts;
mod center;
mod keys;
mod organization;
pub mod rules;
mod used;
mod wider;

use ironbird_api::sts;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_report::{Findings, Unit};

use organization::Organization;

/// What to look at.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many days of the event history are read, 90 at most.
    pub days: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { days: rules::HISTORY_DAYS }
    }
}

/// Checks the account whose credentials the cloud has, and the Identity Center that it sees in the cloud's Region, by all rules.
///
/// # Errors
/// When nothing can be read at all: nobody answers, or the credentials are refused.
pub async fn run<C: Cloud>(cloud: &C, options: Options) -> Result<Findings, CallError> {
    let mut report = Report::begin(cloud, crate::NAME, crate::SOFTWARE, &rules::ALL).await?;
    let organization = organization::read(cloud, &mut report).await?;
    keys::check(cloud, &mut report, organization.as_ref()).await?;
    if let Some(organization) = &organization {
        check_center(cloud, &mut report, organization).await?;
    }
    wider::check(cloud, &mut report, options.days).await?;
    Ok(report.findings)
}

/// The same, and the rules about an account in every other active account of the organization, as a session of `role` there,
/// which `session` makes a cloud of.
///
/// # Errors
/// See [`run`].
pub async fn run_everywhere<C: Cloud, S: Cloud>(
    cloud: &C,
    options: Options,
    role: &str,
    session: impl Fn(&sts::Credentials) -> S,
) -> Result<Findings, CallError> {
    let mut report = Report { findings: run(cloud, options).await? };
    accounts::check(cloud, &mut report, options, role, session).await?;
    Ok(report.findings)
}

/// The rules about the organization's Identity Center.
async fn check_center<C: Cloud>(
    cloud: &C,
    report: &mut Report,
    organization: &Organization,
) -> Result<(), CallError> {
    let Some(instance) = center::instance(cloud, report, organization).await? else { return Ok(()) };
    organization::check_delegation(cloud, report, &instance).await?;
    center::check(cloud, report, organization, &instance).await
}

/// `1 key`, `2 keys`.
fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", Unit::Count.write(count as f64))
}
