//! What of a group is changed, as the call that sets it, and that call as AWS's own JSON (`--cli-input-json`).

use http::HeaderMap;
use ironbird_api::Operation;
use ironbird_api::autoscaling::{self, LaunchTemplateSpecification, UpdateAutoScalingGroupType};
use ironbird_wire::http::RequestParts;
use ironbird_wire::schema::Protocol;
use ironbird_wire::{decode_request, encode_request};
use serde_json::Value;

/// The call that sets what the group has now: what it launches, and where.
pub fn current(group: &autoscaling::AutoScalingGroup) -> UpdateAutoScalingGroupType {
    let subnets = group.vpc_zone_identifier.clone().filter(|subnets| !subnets.is_empty());
    let zones = subnets.is_none().then(|| group.availability_zones.clone());
    UpdateAutoScalingGroupType {
        auto_scaling_group_name: group.auto_scaling_group_name.clone(),
        launch_configuration_name: group.launch_configuration_name.clone(),
        launch_template: group.launch_template.clone().map(named_once),
        mixed_instances_policy: group.mixed_instances_policy.clone().map(policy_named_once),
        vpc_zone_identifier: subnets,
        availability_zones: zones,
        ..Default::default()
    }
}

/// A template is described by id and name, but may be given by one of them only.
pub fn named_once(template: LaunchTemplateSpecification) -> LaunchTemplateSpecification {
    let launch_template_name =
        if template.launch_template_id.is_some() { None } else { template.launch_template_name };
    LaunchTemplateSpecification { launch_template_name, ..template }
}

fn policy_named_once(mut policy: autoscaling::MixedInstancesPolicy) -> autoscaling::MixedInstancesPolicy {
    if let Some(template) = &mut policy.launch_template {
        template.launch_template_specification =
            template.launch_template_specification.take().map(named_once);
        for one in template.overrides.iter_mut().flatten() {
            one.launch_template_specification = one.launch_template_specification.take().map(named_once);
        }
    }
    policy
}

/// Whether a group is as the call sets it. What the call leaves out, and what AWS fills in by itself, does not count.
pub fn is_as(group: &autoscaling::AutoScalingGroup, set: &UpdateAutoScalingGroupType) -> bool {
    let now = current(group);
    let subnets = |of: &UpdateAutoScalingGroupType| {
        let text = of.vpc_zone_identifier.clone().unwrap_or_default();
        let mut subnets: Vec<String> = text.split(',').map(|id| id.trim().to_owned()).collect();
        subnets.sort();
        subnets
    };
    let zones = |of: &UpdateAutoScalingGroupType| {
        let mut zones = of.availability_zones.clone().unwrap_or_default();
        zones.sort();
        zones
    };
    let template = |of: &UpdateAutoScalingGroupType| {
        let policy = of.mixed_instances_policy.as_ref();
        let template = policy.and_then(|policy| policy.launch_template.as_ref());
        (of.launch_template.clone(), of.launch_configuration_name.clone(), template.cloned())
    };
    let launches_alike = template(set) == (None, None, None) || template(set) == template(&now);
    let stays_put = set.vpc_zone_identifier.is_none() && set.availability_zones.is_none();
    launches_alike && (stays_put || (subnets(set) == subnets(&now) && zones(set) == zones(&now)))
}

/// An operation's input as AWS's own JSON.
///
/// # Errors
/// A message where it cannot be written: a bug of ours.
pub fn to_json<O: Operation>(input: &O::Input) -> Result<Value, String> {
    let (service, operation) = model::<O>()?;
    let request = encode_request(service, operation, Protocol::AwsJson11, input)
        .map_err(|rejection| rejection.to_string())?;
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

/// An operation's input from AWS's own JSON.
///
/// # Errors
/// A message that says what is wrong with it.
pub fn from_json<O: Operation>(json: &Value) -> Result<O::Input, String> {
    let (service, operation) = model::<O>()?;
    let body = json.to_string();
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/x-amz-json-1.1"));
    let parts = RequestParts::new("POST", "/", &headers, body.as_bytes());
    let mut input = O::Input::default();
    decode_request(service, operation, Protocol::AwsJson11, &parts, &mut input)
        .map_err(|rejection| rejection.to_string())?;
    Ok(input)
}

type Model = (&'static ironbird_wire::schema::Service, &'static ironbird_wire::schema::Operation);

fn model<O: Operation>() -> Result<Model, String> {
    let missing = || format!("no model has {}:{}", O::SERVICE, O::NAME);
    let service = ironbird_models::service(O::SERVICE).ok_or_else(missing)?;
    let operation = service.operation(O::NAME).ok_or_else(missing)?;
    Ok((service, operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_survives_its_json() {
        let template = LaunchTemplateSpecification {
            launch_template_id: Some("lt-1".to_owned()),
            launch_template_name: Some("app".to_owned()),
            version: Some("$Latest".to_owned()),
        };
        let needs = crate::requirements::Needs {
            vcpus: 8,
            memory_mib: 65_536,
            architecture: "x86_64".to_owned(),
            has_disks: false,
            is_burstable: false,
            protection_percent: 50,
        };
        let group = autoscaling::AutoScalingGroup {
            auto_scaling_group_name: "app é".to_owned(),
            mixed_instances_policy: Some(crate::apply::flexible_policy(template, None, &needs)),
            vpc_zone_identifier: Some("subnet-2,subnet-1".to_owned()),
            ..Default::default()
        };
        let set = current(&group);
        let json = to_json::<autoscaling::UpdateAutoScalingGroup>(&set).unwrap();
        assert_eq!(json["VPCZoneIdentifier"], "subnet-2,subnet-1");
        assert!(json.get("MinSize").is_none(), "{json}");
        let back = from_json::<autoscaling::UpdateAutoScalingGroup>(&json).unwrap();
        assert!(back == set, "{json}");
        assert!(is_as(&group, &set));
        let elsewhere =
            autoscaling::AutoScalingGroup { vpc_zone_identifier: Some("subnet-2".to_owned()), ..group };
        assert!(!is_as(&elsewhere, &set));
    }
}
