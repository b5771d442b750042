//! unretried-launches: RunInstances calls that found no capacity and that nobody made again.

use std::collections::BTreeMap;

use ironbird_api::cloudtrail;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_cloud::read;
use ironbird_report::{Finding, Unit};
use ironbird_rig::Timestamp;
use serde_json::Value;

use super::rules::{AUDIT_DAYS, RETRY_SECONDS, UNRETRIED_LAUNCHES};

/// A RunInstances call.
struct Launch {
    caller: String,
    at: i64,
    failed: bool,
}

/// Checks the audit log.
pub(crate) async fn check<C: Cloud>(cloud: &C, report: &mut Report) -> Result<(), CallError> {
    let now = cloud.now().await.secs();
    let input = cloudtrail::LookupEventsRequest {
        lookup_attributes: Some(vec![cloudtrail::LookupAttribute {
            attribute_key: "EventName".to_owned(),
            attribute_value: "RunInstances".to_owned(),
        }]),
        start_time: Some(Timestamp::from_secs(now - AUDIT_DAYS * 86_400)),
        end_time: Some(Timestamp::from_secs(now)),
        ..Default::default()
    };
    let events = read::events(cloud, input).await;
    let Some(events) = report.note("cloudtrail:LookupEvents", &[&UNRETRIED_LAUNCHES], events)? else {
        return Ok(());
    };
    let launches: Vec<Launch> = events.iter().filter_map(launch).collect();
    for caller in
        launches.iter().map(|launch| launch.caller.as_str()).collect::<std::collections::BTreeSet<_>>()
    {
        report.findings.examine(&UNRETRIED_LAUNCHES, caller);
    }
    for (caller, count) in unretried(&launches) {
        let seen = format!(
            "{count} of its RunInstances calls found no capacity and no launch by it followed within {} minutes.",
            RETRY_SECONDS / 60
        );
        let advice = "Retry with a growing pause on InsufficientInstanceCapacity and InternalError, and with other types and \
                      zones; or leave launching to Auto Scaling or an EC2 Fleet.";
        let finding = Finding::new(&UNRETRIED_LAUNCHES, caller, seen, advice);
        report.findings.find(finding.with_figure("launches given up", f64::from(count), Unit::Count));
    }
    Ok(())
}

/// A call that an AWS service did not make itself.
fn launch(event: &cloudtrail::Event) -> Option<Launch> {
    let record: Value = serde_json::from_str(event.cloud_trail_event.as_deref()?).ok()?;
    let identity = &record["userIdentity"];
    if identity["invokedBy"].as_str().is_some_and(|by| by.ends_with(".amazonaws.com")) {
        return None;
    }
    let caller = identity["arn"].as_str().or(event.username.as_deref())?;
    let code = record["errorCode"].as_str().unwrap_or_default();
    let failed = code.ends_with("InsufficientInstanceCapacity") || code.ends_with("InternalError");
    // Calls refused for other reasons neither fail for lack of capacity nor retry.
    (failed || code.is_empty()).then(|| Launch {
        caller: caller.to_owned(),
        at: event.event_time.map_or(0, Timestamp::secs),
        failed,
    })
}

fn unretried(launches: &[Launch]) -> BTreeMap<&str, u32> {
    let mut given_up: BTreeMap<&str, u32> = BTreeMap::new();
    for failed in launches.iter().filter(|launch| launch.failed) {
        let retried = launches.iter().any(|other| {
            other.caller == failed.caller && other.at > failed.at && other.at <= failed.at + RETRY_SECONDS
        });
        if !retried {
            *given_up.entry(&failed.caller).or_default() += 1;
        }
    }
    given_up
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: i64, caller: &str, invoked_by: Option<&str>, error: Option<&str>) -> cloudtrail::Event {
        let record = serde_json::json!({
            "userIdentity": { "arn": caller, "invokedBy": invoked_by },
            "errorCode": error,
        });
        cloudtrail::Event {
            event_time: Some(Timestamp::from_secs(at)),
            cloud_trail_event: Some(record.to_string()),
            ..Default::default()
        }
    }

    #[test]
    fn only_launches_that_nobody_repeats_count() {
        let dry = Some("Server.InsufficientInstanceCapacity");
        let records = [
            event(100, "patient", None, dry),
            event(400, "patient", None, None),
            event(100, "hasty", None, dry),
            event(5_000, "hasty", None, None),
            event(100, "group", Some("autoscaling.amazonaws.com"), dry),
            event(100, "denied", None, Some("Client.UnauthorizedOperation")),
        ];
        let launches: Vec<Launch> = records.iter().filter_map(launch).collect();
        assert_eq!(launches.len(), 4);
        assert_eq!(unretried(&launches), BTreeMap::from([("hasty", 1)]));
    }
}
