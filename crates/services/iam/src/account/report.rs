//! The credential report: a line a user, in CSV, with what each can sign in and sign calls with.
//!
//! A report is good for four hours (IAM user guide, "Generate credential reports for your AWS account"): asked for again
//! before that, the same is given.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp, audit};
use ironbird_wire::field::Blob;

use super::{keep, settings};
use crate::user::User;
use crate::{mfa, named};

/// Seconds that a report is good for.
const GOOD: i64 = 4 * 3600;

/// Columns, as AWS names and orders them.
const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                       password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                       access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                       access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                       access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,\
                       cert_2_active,cert_2_last_rotated";

/// What there is no value for.
const NONE: &str = "N/A";

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::GenerateCredentialReport>(generate_credential_report)
        .read::<api::GetCredentialReport>(get_credential_report)
}

fn good(ctx: &Ctx<'_>) -> Option<(Timestamp, String)> {
    settings(ctx).report.filter(|(made, _)| ctx.now().secs() < made.secs() + GOOD)
}

fn generate_credential_report(
    ctx: &mut Ctx<'_>,
    _input: &Empty,
) -> Result<api::GenerateCredentialReportResponse> {
    if good(ctx).is_none() {
        let mut settings = settings(ctx);
        settings.report = Some((named::now(ctx), write(ctx)));
        keep(ctx, settings)?;
    }
    // AWS takes some seconds, in which it answers STARTED and INPROGRESS.
    Ok(api::GenerateCredentialReportResponse { state: Some("COMPLETE".to_owned()), description: None })
}

fn get_credential_report(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<api::GetCredentialReportResponse> {
    let gone = |code: &'static str, message: &str| Error::with_status(410, code, message);
    let Some((made, text)) = settings(ctx).report else {
        return Err(gone("ReportNotPresent", "No report found. Use GenerateCredentialReport to make one."));
    };
    if good(ctx).is_none() {
        return Err(gone(
            "ReportExpired",
            "The report has expired. Use GenerateCredentialReport to make another.",
        ));
    }
    Ok(api::GetCredentialReportResponse {
        content: Some(Blob(text.into_bytes())),
        report_format: Some("text/csv".to_owned()),
        generated_time: Some(made),
    })
}

fn write(ctx: &Ctx<'_>) -> String {
    let mut text = format!("{COLUMNS}\n{}", root(ctx));
    for (_, user) in ctx.scan::<User>(&named::prefix(ctx)) {
        text.push('\n');
        text.push_str(&line(ctx, user));
    }
    text
}

/// The root user's line. It was always there, and signs with no access key of IAM's.
fn root(ctx: &Ctx<'_>) -> String {
    let mut cells = vec!["<root_account>".to_owned(), named::arn(ctx, "root")];
    let rest = [NONE, "not_supported", "no_information", "not_supported", "not_supported", "false"];
    cells.extend(rest.map(str::to_owned));
    cells.extend(key(None).into_iter().chain(key(None)));
    cells.extend(["false", NONE, "false", NONE].map(str::to_owned));
    cells.join(",")
}

fn line(ctx: &Ctx<'_>, user: &User) -> String {
    let login = user.login.as_ref();
    let mut cells = vec![
        user.head.name.clone(),
        named::arn_of(ctx, user),
        time(user.head.created),
        login.is_some().to_string(),
        if login.is_some() { "no_information" } else { NONE }.to_owned(),
        login.map_or_else(|| NONE.to_owned(), |login| time(login.changed)),
        NONE.to_owned(),
        (mfa::count_of(ctx, user) > 0).to_string(),
    ];
    let mut keys = user.keys.iter().map(|(id, found)| {
        let used = audit::latest(ctx, |event| event.access_key.as_ref() == Some(id));
        (found.active, found.created, used)
    });
    for _ in 0..2 {
        cells.extend(key(keys.next()));
    }
    cells.extend(["false", NONE, "false", NONE].map(str::to_owned));
    cells.join(",")
}

/// The cells of an access key.
fn key(found: Option<(bool, Timestamp, Option<audit::Event>)>) -> [String; 5] {
    let none = || NONE.to_owned();
    let Some((active, created, used)) = found else {
        return ["false".to_owned(), none(), none(), none(), none()];
    };
    let used = used.map(|event| (time(event.time), event.scope.region.code().to_owned(), event.service));
    let (date, region, service) = used.unwrap_or_else(|| (none(), none(), none()));
    [active.to_string(), time(created), date, region, service]
}

/// As the report writes times: `2026-01-01T00:00:00+00:00`.
fn time(instant: Timestamp) -> String {
    let text = Timestamp::from_secs(instant.secs()).iso8601();
    format!("{}+00:00", text.trim_end_matches('Z'))
}
