//! The rules about an account, in every other account of the organization, through a role there.

use ironbird_api::sts;
use ironbird_client::CallError;
use ironbird_cloud::note::Report;
use ironbird_cloud::{Cloud, read};
use ironbird_report::{Findings, Rule};

use super::rules::{self, LONG_LIVED_KEY, WIDER_THAN_USED};
use super::{Options, keys, wider};

/// What is decided in each account by itself.
const OF_ACCOUNT: [&Rule; 2] = [&LONG_LIVED_KEY, &WIDER_THAN_USED];

/// Checks every active account of the organization but the one that the cloud is in, as a session of `role` there, which
/// `session` makes a cloud of. An account whose role cannot be assumed is unread.
///
/// # Errors
/// When nothing can be read at all.
pub async fn check<C: Cloud, S: Cloud>(
    cloud: &C,
    report: &mut Report,
    options: Options,
    role: &str,
    session: impl Fn(&sts::Credentials) -> S,
) -> Result<(), CallError> {
    let own = report.findings.target.account.clone();
    let accounts = read::identity::accounts(cloud, Default::default()).await;
    let what = "organizations:ListAccounts";
    let Some(accounts) = report.note(what, &OF_ACCOUNT, accounts)? else { return Ok(()) };
    let active = accounts.into_iter().filter(|account| account.status.as_deref() == Some("ACTIVE"));
    for id in active.filter_map(|account| account.id).filter(|id| Some(id) != own.as_ref()) {
        let input = sts::AssumeRoleRequest {
            role_arn: format!("arn:{}:iam::{id}:role/{role}", cloud.region().partition()),
            role_session_name: "ironbird-check".to_owned(),
            ..Default::default()
        };
        let found = match cloud.call::<sts::AssumeRole>(&input).await {
            Ok(answer) => of_account(&session(&answer.credentials.unwrap_or_default()), options).await,
            Err(error) => {
                report.unread("sts:AssumeRole", &OF_ACCOUNT, input.role_arn, error)?;
                continue;
            }
        };
        match found {
            Ok(part) => add(&mut report.findings, part, &id),
            Err(error) => report.unread("sts:GetCallerIdentity", &OF_ACCOUNT, input.role_arn, error)?,
        }
    }
    Ok(())
}

async fn of_account<C: Cloud>(cloud: &C, options: Options) -> Result<Findings, CallError> {
    let mut report = Report::begin(cloud, crate::NAME, crate::SOFTWARE, &rules::ALL).await?;
    keys::check(cloud, &mut report, None).await?;
    wider::check(cloud, &mut report, options.days).await?;
    Ok(report.findings)
}

/// Adds what was found in an account, which is named where nothing else says where it was.
fn add(all: &mut Findings, part: Findings, account: &str) {
    all.findings.extend(part.findings);
    all.examined.extend(part.examined);
    all.read.extend(part.read.into_iter().map(|mut read| {
        read.what = format!("{} in account {account}", read.what);
        read
    }));
    all.unread.extend(part.unread.into_iter().map(|mut unread| {
        unread.resource.get_or_insert_with(|| format!("account {account}"));
        unread
    }));
}
