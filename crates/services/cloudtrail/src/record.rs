//! An audit record in the form of CloudTrail's event records, version 1.11.

use ironbird_api::cloudtrail as api;
use ironbird_rig::audit::Event;
use ironbird_rig::context::uuid;
use ironbird_rig::seed::Seed;
use ironbird_rig::{Principal, Timestamp};
use serde_json::{Value, json};

/// `ec2.amazonaws.com`
pub(crate) fn source(event: &Event) -> String {
    let prefix =
        ironbird_models::summary(&event.service).map_or(&*event.service, |summary| summary.endpoint_prefix);
    format!("{prefix}.amazonaws.com")
}

/// Id of the event, the same at every look: it is made of what tells the call from all others.
pub(crate) fn id(event: &Event) -> String {
    let seed = Seed::root(0).child(&event.request_id).child(&event.operation);
    uuid(seed.nth(event.time.nanos().cast_unsigned()))
}

/// Name of the user or session; root and services have the name CloudTrail gives them.
pub(crate) fn username(event: &Event) -> Option<&str> {
    if let Some(user) = &event.federated {
        return Some(&user.user_name);
    }
    match &event.principal {
        Principal::Root { .. } => Some("root"),
        Principal::AssumedRole { session, .. } => Some(session),
        Principal::User { name, .. } | Principal::FederatedUser { name, .. } => Some(name),
        Principal::Service { .. } | Principal::Anonymous => None,
    }
}

/// The event as LookupEvents answers it.
pub(crate) fn summary(event: &Event) -> api::Event {
    api::Event {
        event_id: Some(id(event)),
        event_name: Some(event.operation.clone()),
        read_only: Some(event.read_only.to_string()),
        access_key_id: event.access_key.clone(),
        event_time: Some(Timestamp::from_secs(event.time.secs())),
        event_source: Some(source(event)),
        username: username(event).map(str::to_owned),
        resources: Some(Vec::new()),
        cloud_trail_event: Some(whole(event).to_string()),
    }
}

/// The whole record.
fn whole(event: &Event) -> Value {
    let request: Value = serde_json::from_str(&event.request).unwrap_or(Value::Null);
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(event),
        "eventTime": Timestamp::from_secs(event.time.secs()).iso8601(),
        "eventSource": source(event),
        "eventName": event.operation,
        "awsRegion": event.scope.region.code(),
        "sourceIPAddress": event.source,
        "userAgent": event.user_agent,
        "requestParameters": request,
        "responseElements": null,
        "requestID": event.request_id,
        "eventID": id(event),
        "readOnly": event.read_only,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": event.scope.account.to_string(),
        "eventCategory": "Management",
    });
    if let Some((code, message)) = &event.error {
        record["errorCode"] = code.as_str().into();
        record["errorMessage"] = message.as_str().into();
    }
    record
}

/// A user of a provider is told as the user guide has it ("Values for AWS STS APIs with SAML and web identity federation").
fn identity(event: &Event) -> Value {
    if let Some(user) = &event.federated {
        return json!({
            "type": user.kind,
            "principalId": user.principal_id,
            "userName": user.user_name,
            "identityProvider": user.provider,
        });
    }
    let partition = event.scope.region.partition();
    let principal = &event.principal;
    let kind = match principal {
        Principal::Root { .. } => "Root",
        Principal::User { .. } => "IAMUser",
        Principal::AssumedRole { .. } => "AssumedRole",
        Principal::FederatedUser { .. } => "FederatedUser",
        Principal::Service { name, .. } => return json!({ "type": "AWSService", "invokedBy": name }),
        Principal::Anonymous => return json!({ "type": "Unknown" }),
    };
    let mut identity = json!({
        "type": kind,
        "principalId": principal.user_id(),
        "arn": principal.arn(partition),
        "accountId": principal.account().map(|account| account.to_string()),
        "accessKeyId": event.access_key,
    });
    if let Principal::User { name, .. } = principal {
        identity["userName"] = name.as_str().into();
    }
    identity
}
