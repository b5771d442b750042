//! long-lived-key, and management-account as far as users of the account are concerned.

use ironbird_api::iam;
use ironbird_client::CallError;
use ironbird_cloud::note::Report;
use ironbird_cloud::{Cloud, read};
use ironbird_report::{Finding, Rule, Severity, Unit};
use ironbird_rig::Timestamp;

use super::counted;
use super::organization::Organization;
use super::rules::{DAILY_DAYS, LONG_LIVED_KEY, MANAGEMENT_ACCOUNT};

const DAY: i64 = 86_400;

/// What is decided by users and their credentials in the management account; elsewhere, only the first.
const OF_MANAGEMENT: [&Rule; 2] = [&LONG_LIVED_KEY, &MANAGEMENT_ACCOUNT];

/// What is known of an IAM user's credentials.
struct Credentials {
    /// Active keys: the days since each was made.
    ages: Vec<i64>,
    /// When one of them was last used.
    key_used: Option<Timestamp>,
    /// Whether there is a password.
    has_password: bool,
    /// When it was last used.
    password_used: Option<Timestamp>,
}

/// Checks the users of the account, and its root user.
///
/// # Errors
/// When nothing can be read at all.
pub async fn check<C: Cloud>(
    cloud: &C,
    report: &mut Report,
    organization: Option<&Organization>,
) -> Result<(), CallError> {
    let own = report.findings.target.account.clone();
    let is_management = organization.is_some_and(|it| own.as_ref() == Some(&it.management));
    let rules = if is_management { &OF_MANAGEMENT[..] } else { &OF_MANAGEMENT[..1] };
    if is_management {
        check_root(cloud, report, own.as_deref().unwrap_or_default()).await?;
    }
    let users = read::identity::users(cloud, Default::default()).await;
    let Some(users) = report.note("iam:ListUsers", rules, users)? else { return Ok(()) };
    let now = cloud.now().await;
    for user in users {
        match credentials(cloud, &user, now).await {
            Ok(found) => {
                check_keys(report, &user, &found, now);
                if is_management {
                    check_use(report, &user, &found, now);
                }
            }
            Err((what, error)) => report.unread(what, rules, user.arn, error)?,
        }
    }
    Ok(())
}

/// Reads the credentials of a user; the error says which call failed.
async fn credentials<C: Cloud>(
    cloud: &C,
    user: &iam::User,
    now: Timestamp,
) -> Result<Credentials, (&'static str, CallError)> {
    let input = iam::ListAccessKeysRequest { user_name: user.user_name.clone(), ..Default::default() };
    let keys = read::identity::access_keys(cloud, input).await;
    let keys = keys.map_err(|error| ("iam:ListAccessKeys", error))?;
    let (mut ages, mut key_used) = (Vec::new(), None);
    for key in keys.into_iter().filter(|key| key.status.as_deref() == Some("Active")) {
        ages.push(key.create_date.map_or(0, |made| days(made, now)));
        let input = iam::GetAccessKeyLastUsedRequest { access_key_id: key.access_key_id.unwrap_or_default() };
        let used = cloud.call::<iam::GetAccessKeyLastUsed>(&input).await;
        let used = used.map_err(|error| ("iam:GetAccessKeyLastUsed", error))?;
        key_used = key_used.max(used.access_key_last_used.and_then(|used| used.last_used_date));
    }
    let input = iam::GetLoginProfileRequest { user_name: user.user_name.clone() };
    let has_password = match cloud.call::<iam::GetLoginProfile>(&input).await {
        Ok(_) => true,
        Err(error) if error.code() == Some("NoSuchEntity") => false,
        Err(error) => return Err(("iam:GetLoginProfile", error)),
    };
    Ok(Credentials { ages, key_used, has_password, password_used: user.password_last_used })
}

fn days(since: Timestamp, now: Timestamp) -> i64 {
    (now.secs() - since.secs()).max(0) / DAY
}

fn check_keys(report: &mut Report, user: &iam::User, found: &Credentials, now: Timestamp) {
    report.findings.examine(&LONG_LIVED_KEY, &user.arn);
    let Some(oldest) = found.ages.iter().max() else { return };
    let used = match found.key_used {
        Some(at) => format!("last used {} ago", counted_days(days(at, now))),
        None => "never used".to_owned(),
    };
    let keys = counted(found.ages.len(), "active access key");
    let person = if found.has_password { "A person, with a password, has" } else { "The user has" };
    let seen = format!("{person} {keys}, {used}; the oldest is {} old.", counted_days(*oldest));
    let (severity, advice) = if found.has_password {
        let advice = "Assign the person a permission set in this account, let `aws configure sso` give the credentials, and delete the \
                      keys, the password and the user.";
        (Severity::Error, advice)
    } else {
        let advice = "Where a person uses it, assign a permission set and delete the key; where a program does, give it a role (of \
                      its instance, task or function, or by IAM Roles Anywhere).";
        (Severity::Warning, advice)
    };
    let finding = Finding::new(&LONG_LIVED_KEY, &user.arn, seen, advice).with_severity(severity);
    report.findings.find(finding.with_figure("days of the oldest key", *oldest as f64, Unit::Count));
}

fn check_use(report: &mut Report, user: &iam::User, found: &Credentials, now: Timestamp) {
    report.findings.examine(&MANAGEMENT_ACCOUNT, &user.arn);
    let latest = found.key_used.max(found.password_used);
    let Some(ago) = latest.map(|at| days(at, now)).filter(|ago| *ago <= DAILY_DAYS) else { return };
    let seen = format!(
        "The IAM user {} of the management account was used {} ago.",
        user.user_name.as_deref().unwrap_or_default(),
        counted_days(ago)
    );
    let advice =
        "Work in member accounts, through assignments; keep the management account for what only it can do.";
    report.findings.find(Finding::new(&MANAGEMENT_ACCOUNT, &user.arn, seen, advice));
}

/// Checks the root user of the management account for access keys.
async fn check_root<C: Cloud>(cloud: &C, report: &mut Report, account: &str) -> Result<(), CallError> {
    let summary = cloud.call::<iam::GetAccountSummary>(&Default::default()).await;
    let summary = summary.map(|answer| answer.summary_map.into_iter().collect());
    let found = report.note("iam:GetAccountSummary", &[&MANAGEMENT_ACCOUNT], summary)?;
    let Some(summary) = found.and_then(|list| list.into_iter().next()) else { return Ok(()) };
    let root = format!("arn:{}:iam::{account}:root", cloud.region().partition());
    report.findings.examine(&MANAGEMENT_ACCOUNT, &root);
    if summary.get("AccountAccessKeysPresent").is_some_and(|count| *count > 0) {
        let seen = "The root user of the management account has access keys.";
        let advice = "Delete them: no policy restricts the root user of the management account.";
        let finding = Finding::new(&MANAGEMENT_ACCOUNT, root, seen, advice);
        report.findings.find(finding.with_severity(Severity::Error));
    }
    Ok(())
}

fn counted_days(days: i64) -> String {
    counted(usize::try_from(days).unwrap_or(0), "day")
}
