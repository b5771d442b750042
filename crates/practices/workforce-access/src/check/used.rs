//! Which services sessions of roles called, by the event history.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::cloudtrail;
use serde_json::Value;

/// What sessions of a role did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Calls, those that were denied among them.
    pub calls: usize,
    /// The services that were called with success, by the prefix of their actions.
    pub services: BTreeSet<String>,
}

/// What sessions of each role did, by the role's name.
pub fn by_role(events: &[cloudtrail::Event]) -> BTreeMap<String, Use> {
    let mut all: BTreeMap<String, Use> = BTreeMap::new();
    for event in events {
        let Some(record) = event.cloud_trail_event.as_deref() else { continue };
        let Ok(record) = serde_json::from_str::<Value>(record) else { continue };
        let Some(role) = record["userIdentity"]["arn"].as_str().and_then(role) else { continue };
        let used = all.entry(role.to_owned()).or_default();
        used.calls += 1;
        if record["errorCode"].is_null() {
            let source = record["eventSource"].as_str().or(event.event_source.as_deref());
            used.services.extend(source.map(service));
        }
    }
    all
}

/// Name of the role of `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`.
fn role(arn: &str) -> Option<&str> {
    let (_, rest) = arn.split_once(":assumed-role/")?;
    Some(rest.split_once('/')?.0)
}

/// The prefix of a service's actions, of the name that events have for it: `cloudwatch` of `monitoring.amazonaws.com`.
fn service(source: &str) -> String {
    let host = source.split_once(".amazonaws.com").map_or(source, |(host, _)| host);
    let known = ironbird_models::hosted_at(host).next().map(|summary| summary.iam_prefix);
    known.unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(arn: &str, source: &str, error: Option<&str>) -> cloudtrail::Event {
        let record = serde_json::json!({
            "userIdentity": { "arn": arn }, "eventSource": source, "errorCode": error,
        });
        cloudtrail::Event { cloud_trail_event: Some(record.to_string()), ..Default::default() }
    }

    #[test]
    fn calls_are_counted_for_roles_and_services_where_they_succeeded() {
        let ann = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_A_0/ann";
        let events = [
            event(ann, "monitoring.amazonaws.com", None),
            event(ann, "ec2.amazonaws.com", None),
            event(ann, "s3.amazonaws.com", Some("AccessDenied")),
            event("arn:aws:iam::123456789012:user/bob", "s3.amazonaws.com", None),
        ];
        let services = ["cloudwatch", "ec2"].map(str::to_owned).into();
        let expected = BTreeMap::from([("AWSReservedSSO_A_0".to_owned(), Use { calls: 3, services })]);
        assert_eq!(by_role(&events), expected);
    }
}
