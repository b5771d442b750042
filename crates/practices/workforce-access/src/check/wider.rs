//! wider-than-used: what the roles of permission sets allow, against what was done with them.

use ironbird_api::{cloudtrail, iam};
use ironbird_client::CallError;
use ironbird_cloud::note::Report;
use ironbird_cloud::{Cloud, read};
use ironbird_iam::{granted, reference};
use ironbird_report::{Finding, Severity, Unit};
use ironbird_rig::Timestamp;

use super::counted;
use super::rules::{HISTORY_DAYS, WIDER_THAN_USED};
use super::used::{self, Use};

use crate::CENTER;

/// So many of the unused services are named.
const NAMED: usize = 5;

/// Checks the roles that Identity Center made in this account.
///
/// # Errors
/// When nothing can be read at all.
pub async fn check<C: Cloud>(cloud: &C, report: &mut Report, days: u32) -> Result<(), CallError> {
    let input =
        iam::ListRolesRequest { path_prefix: Some(format!("/aws-reserved/{CENTER}/")), ..Default::default() };
    let roles = read::identity::roles(cloud, input).await;
    let Some(roles) = report.note("iam:ListRoles", &[&WIDER_THAN_USED], roles)? else { return Ok(()) };
    if roles.is_empty() {
        return Ok(());
    }
    let days = days.min(HISTORY_DAYS);
    let now = cloud.now().await.secs();
    let input = cloudtrail::LookupEventsRequest {
        start_time: Some(Timestamp::from_secs(now - i64::from(days) * 86_400)),
        ..Default::default()
    };
    let events = read::events(cloud, input).await;
    let Some(events) = report.note("cloudtrail:LookupEvents", &[&WIDER_THAN_USED], events)? else {
        return Ok(());
    };
    let all = used::by_role(&events);
    for role in roles {
        let documents = match documents(cloud, &role).await {
            Ok(documents) => documents,
            Err((what, error)) => {
                report.unread(what, &[&WIDER_THAN_USED], role.arn, error)?;
                continue;
            }
        };
        match documents.granted() {
            Ok(granted) => {
                let used = all.get(&role.role_name).cloned().unwrap_or_default();
                let place = format!("the last {} of {}", counted(days as usize, "day"), cloud.region());
                compare(report, &role, &granted, &used, &place);
            }
            Err(cause) => {
                let error = CallError::Answer { operation: "GetPolicyVersion", cause };
                report.unread("iam:GetPolicyVersion", &[&WIDER_THAN_USED], role.arn, error)?;
            }
        }
    }
    Ok(())
}

fn compare(report: &mut Report, role: &iam::Role, granted: &[&str], used: &Use, place: &str) {
    report.findings.examine(&WIDER_THAN_USED, &role.arn);
    let unused: Vec<&str> = granted.iter().copied().filter(|name| !used.services.contains(*name)).collect();
    if unused.is_empty() {
        return;
    }
    let called = granted.len() - unused.len();
    let seen = format!(
        "It allows actions of {}; in {place} {} of its sessions succeeded in calling {} of them. Not called: {}.",
        counted(granted.len(), "service"),
        counted(used.calls, "call"),
        called,
        listed(&unused),
    );
    let advice = if used.calls == 0 {
        "Nobody worked with it: take the assignment away, or look in the other Regions and at IAM's last accessed information."
    } else {
        "Look in the other Regions and at IAM's last accessed information, which knows reads and writes of data too; then take \
         what nobody uses out of the permission set."
    };
    let all = reference::prefixes().count();
    let severity = if granted.len() == all { Severity::Warning } else { Severity::Note };
    let finding = Finding::new(&WIDER_THAN_USED, &role.arn, seen, advice).with_severity(severity);
    report.findings.find(finding.with_figure("services not called", unused.len() as f64, Unit::Count));
}

/// The first few names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The policy documents of a role.
struct Documents {
    identity: Vec<String>,
    boundary: Option<String>,
}

impl Documents {
    /// The services that they allow, sorted.
    fn granted(&self) -> Result<Vec<&'static str>, String> {
        let allowed = granted::services(self.identity.iter().map(String::as_str))?;
        let Some(boundary) = &self.boundary else { return Ok(allowed.into_iter().collect()) };
        let most = granted::services([boundary.as_str()])?;
        Ok(allowed.intersection(&most).copied().collect())
    }
}

/// Reads them all; the error says which call failed.
async fn documents<C: Cloud>(cloud: &C, role: &iam::Role) -> Result<Documents, (&'static str, CallError)> {
    let name = &role.role_name;
    let input = iam::ListAttachedRolePoliciesRequest { role_name: name.clone(), ..Default::default() };
    let attached = read::identity::attached_role_policies(cloud, input).await;
    let attached = attached.map_err(|error| ("iam:ListAttachedRolePolicies", error))?;
    let mut identity = Vec::new();
    for arn in attached.into_iter().filter_map(|policy| policy.policy_arn) {
        identity.push(managed(cloud, arn).await?);
    }
    let input = iam::ListRolePoliciesRequest { role_name: name.clone(), ..Default::default() };
    let inline = read::identity::role_policies(cloud, input).await;
    for policy_name in inline.map_err(|error| ("iam:ListRolePolicies", error))? {
        let input = iam::GetRolePolicyRequest { role_name: name.clone(), policy_name };
        let found = cloud.call::<iam::GetRolePolicy>(&input).await;
        identity.push(decoded(&found.map_err(|error| ("iam:GetRolePolicy", error))?.policy_document));
    }
    // ListRoles leaves boundaries out.
    let found = cloud.call::<iam::GetRole>(&iam::GetRoleRequest { role_name: name.clone() }).await;
    let role = found.map_err(|error| ("iam:GetRole", error))?.role;
    let boundary = match role.permissions_boundary.and_then(|it| it.permissions_boundary_arn) {
        Some(arn) => Some(managed(cloud, arn).await?),
        None => None,
    };
    Ok(Documents { identity, boundary })
}

/// The document of a managed policy, in its default version.
async fn managed<C: Cloud>(cloud: &C, policy_arn: String) -> Result<String, (&'static str, CallError)> {
    let input = iam::GetPolicyRequest { policy_arn: policy_arn.clone() };
    let found = cloud.call::<iam::GetPolicy>(&input).await.map_err(|error| ("iam:GetPolicy", error))?;
    let version_id = found.policy.and_then(|policy| policy.default_version_id).unwrap_or_default();
    let input = iam::GetPolicyVersionRequest { policy_arn, version_id };
    let found = cloud.call::<iam::GetPolicyVersion>(&input).await;
    let version = found.map_err(|error| ("iam:GetPolicyVersion", error))?.policy_version;
    Ok(decoded(&version.and_then(|version| version.document).unwrap_or_default()))
}

/// A document as IAM answers it, percent-encoded (RFC 3986). What is no escape stays as it is.
fn decoded(document: &str) -> String {
    let bytes = document.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let escape = document.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_and_lists_cut_short() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%A9%25%22%7D"), "{\"a\": \"é%\"}");
        assert_eq!(decoded("{\"a\": 5%}%é"), "{\"a\": 5%}%é");
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d, e and 1 more");
    }
}
