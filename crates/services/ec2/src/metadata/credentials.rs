//! Credentials of the role that the instance's profile gives.

use ironbird_api::sts;
use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Answer;
use crate::PRINCIPAL;
use crate::instance::profile;
use crate::instance::record::{Instance, Launch};

/// How long credentials last: six hours, as on AWS.
const SECONDS: i32 = 21_600;

/// New ones are there at least five minutes before the old ones end (EC2 user guide).
const EARLY: i64 = 300;

/// The credentials that instances have now: (account, Region, instance).
pub(super) struct Kept;

impl Table for Kept {
    const NAME: &'static str = "ec2.metadata-credentials";
    type Record = Credentials;
}

/// Credentials as SDKs read them.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Credentials {
    /// ARN of the role, which the instance may have lost since.
    #[serde(default)]
    role: String,
    issued: Timestamp,
    expires: Timestamp,
    id: String,
    secret: String,
    token: String,
}

/// Answers a path below `meta-data/iam/`; none for any other.
///
/// # Errors
/// Internal ones.
pub(super) fn read(
    ctx: &mut Ctx<'_>,
    instance: &Instance,
    launch: &Launch,
    path: &str,
) -> Result<Option<Answer>> {
    let Some(rest) = path.strip_prefix("latest/meta-data/iam") else { return Ok(None) };
    let given = instance.profile(launch).and_then(|profile| Some((profile, profile::role(ctx, profile)?)));
    let Some((profile, role)) = given else { return Ok(Some(super::missing())) };
    let name = role.rsplit('/').next().unwrap_or_default();
    Ok(Some(match rest.trim_matches('/') {
        "" => Answer::text("info\nsecurity-credentials/"),
        "security-credentials" => Answer::text(name),
        "info" => Answer::text(pretty(&json!({
            "Code": "Success",
            "LastUpdated": current(ctx, instance, &role)?.issued.iso8601(),
            "InstanceProfileArn": profile,
            "InstanceProfileId": profile::view(ctx, profile).id,
        }))),
        other if other.strip_prefix("security-credentials/") == Some(name) => {
            let Credentials { issued, expires, id, secret, token, .. } = current(ctx, instance, &role)?;
            Answer::text(pretty(&json!({
                "Code": "Success",
                "LastUpdated": issued.iso8601(),
                "Type": "AWS-HMAC",
                "AccessKeyId": id,
                "SecretAccessKey": secret,
                "Token": token,
                "Expiration": expires.iso8601(),
            })))
        }
        _ => super::missing(),
    }))
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}")
}

fn current(ctx: &mut Ctx<'_>, instance: &Instance, role: &str) -> Result<Credentials> {
    let key = ctx.scope().key(&instance.id);
    if let Some(kept) = ctx.peek::<Kept>(&key)
        && kept.role == role
        && ctx.now().secs() < kept.expires.secs() - EARLY
    {
        return Ok(kept.clone());
    }
    let input = sts::AssumeRoleRequest {
        role_arn: role.to_owned(),
        role_session_name: instance.id.clone(),
        duration_seconds: Some(SECONDS),
        ..Default::default()
    };
    let answer = ctx.call::<sts::AssumeRole>(PRINCIPAL, &input)?;
    let given = answer.credentials.unwrap_or_default();
    let credentials = Credentials {
        role: role.to_owned(),
        issued: ctx.now(),
        expires: given.expiration,
        id: given.access_key_id,
        secret: given.secret_access_key,
        token: given.session_token,
    };
    ctx.put::<Kept>(key, credentials.clone())?;
    Ok(credentials)
}
