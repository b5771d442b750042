//! Generated structures to JSON and back, by the names of their members: how a request's parameters are kept in a
//! record of ours, and how one shape's members get into another shape that has members of the same names
//! (`RequestLaunchTemplateData` into `ResponseLaunchTemplateData` or a RunInstances request).

use ironbird_api::Operation;
use ironbird_rig::document;
use ironbird_rig::error::{InternalError, Result};
use ironbird_wire::field::Structure;
use ironbird_wire::schema::{Kind, Service, ShapeId};
use serde_json::{Map, Value};

fn model() -> &'static Service {
    ironbird_models::service("ec2").expect("the models have EC2")
}

fn broken(message: String) -> ironbird_rig::Error {
    InternalError::Broken(message).into()
}

/// The shape at `path` in the input of `O`: member names with dots between, lists are looked into. The empty path
/// is the input itself.
///
/// # Errors
/// An internal error when there is no such member.
pub fn input<O: Operation>(path: &str) -> Result<ShapeId> {
    at(O::NAME, model().operation(O::NAME).and_then(|operation| operation.input), path)
}

/// The shape at `path` in the output of `O`.
///
/// # Errors
/// An internal error when there is no such member.
pub fn output<O: Operation>(path: &str) -> Result<ShapeId> {
    at(O::NAME, model().operation(O::NAME).and_then(|operation| operation.output), path)
}

fn at(operation: &str, shape: Option<ShapeId>, path: &str) -> Result<ShapeId> {
    let missing = || broken(format!("{operation} has no member {path}"));
    let mut id = shape.ok_or_else(missing)?;
    for name in path.split('.').filter(|name| !name.is_empty()) {
        let (_, member) = model().shape(id).member(name).ok_or_else(missing)?;
        id = member.target;
        while model().shape(id).kind == Kind::List {
            id = model().shape(id).elements[0].target;
        }
    }
    Ok(id)
}

/// The members that are set, by their names in the model.
pub fn to_json(shape: ShapeId, value: &dyn Structure) -> Map<String, Value> {
    document::members(model(), model().shape(shape), value)
}

/// Sets the members of `into` that `object` has. Members that the shape has not are left out.
///
/// # Errors
/// An internal error when a value is not of its member's kind: records are written by [`to_json`] only.
pub fn from_json(shape: ShapeId, object: &Map<String, Value>, into: &mut dyn Structure) -> Result<()> {
    Ok(document::fill_members(model(), model().shape(shape), object, into)?)
}

/// The members of `from` in a structure of another shape, by name.
///
/// # Errors
/// An internal error when members of the same name are of different kinds.
pub fn convert<T: Structure + Default>(from: ShapeId, value: &dyn Structure, to: ShapeId) -> Result<T> {
    let mut result = T::default();
    from_json(to, &to_json(from, value), &mut result)?;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::{convert, from_json, input, output, to_json};
    use ironbird_api::ec2;

    #[test]
    fn a_template_becomes_what_the_api_shows() {
        let request = ec2::RequestLaunchTemplateData {
            image_id: Some("ami-1".to_owned()),
            security_group_ids: Some(vec!["sg-1".to_owned(), "sg-2".to_owned()]),
            monitoring: Some(ec2::LaunchTemplatesMonitoringRequest { enabled: Some(true) }),
            ..Default::default()
        };
        let from = input::<ec2::CreateLaunchTemplate>("LaunchTemplateData").unwrap();
        let to = output::<ec2::DescribeLaunchTemplateVersions>("LaunchTemplateVersions.LaunchTemplateData")
            .unwrap();
        let shown: ec2::ResponseLaunchTemplateData = convert(from, &request, to).unwrap();
        assert_eq!(shown.image_id.as_deref(), Some("ami-1"));
        assert_eq!(shown.security_group_ids, request.security_group_ids);
        assert_eq!(shown.monitoring.and_then(|monitoring| monitoring.enabled), Some(true));
        assert!(shown.key_name.is_none());
    }

    #[test]
    fn json_round_trips() {
        let shape = input::<ec2::CreateFleet>("").unwrap();
        let request = ec2::CreateFleetRequest {
            valid_until: Some(ironbird_rig::Timestamp::from_nanos(1_500_000_001)),
            spot_options: Some(ec2::SpotOptionsRequest {
                min_target_capacity: Some(3),
                max_total_price: Some("0.5".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut back = ec2::CreateFleetRequest::default();
        from_json(shape, &to_json(shape, &request), &mut back).unwrap();
        assert!(back == request);
    }

    #[test]
    fn a_wrong_path_is_an_error() {
        assert!(input::<ec2::CreateFleet>("Nope").is_err());
    }
}
