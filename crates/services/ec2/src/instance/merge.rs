//! A launch template's data under a request's own.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};
use serde_json::{Map, Value};

use crate::requirements::Requirements;
use crate::{convert, error, launch_template, requirements_preview};

/// A request in which a template's data has been filled in.
pub(crate) struct Merged {
    pub(crate) request: ec2::RunInstancesRequest,
    /// Id and version of the template.
    pub(crate) template: Option<(String, i64)>,
}

/// A version of a launch template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) version: i64,
    /// Members of `RequestLaunchTemplateData`, by name.
    pub(crate) data: Map<String, Value>,
}

/// The launch template version that a request names.
///
/// # Errors
/// Those about the template and its version.
pub(crate) fn template(
    ctx: &Ctx<'_>,
    id: Option<&str>,
    name: Option<&str>,
    version: Option<&str>,
) -> Result<Template> {
    let found = launch_template::resolve(ctx, id, name, version)?;
    Ok(Template { id: found.template_id.clone(), version: found.number, data: found.data.clone() })
}

/// Fills in what the launch template that a request names has, and the request has not.
///
/// # Errors
/// Those about the template and its version.
pub(crate) fn with_template(ctx: &Ctx<'_>, input: &ec2::RunInstancesRequest) -> Result<Merged> {
    let Some(named) = &input.launch_template else {
        return Ok(Merged { request: input.clone(), template: None });
    };
    let found = template(
        ctx,
        named.launch_template_id.as_deref(),
        named.launch_template_name.as_deref(),
        named.version.as_deref(),
    )?;
    if input.instance_type.is_none() && found.data.contains_key("InstanceRequirements") {
        let message = "RunInstances takes no launch template with InstanceRequirements unless the request names an \
                       InstanceType; use CreateFleet or an Auto Scaling group";
        return Err(error::invalid_combination(message));
    }
    let request = over(found.data, input)?;
    Ok(Merged { request, template: Some((found.id, found.version)) })
}

/// The request that a request with a launch template means, with the id of the template; none where it names none, or none that
/// there is.
pub(super) fn meant(ctx: &Ctx<'_>, input: &ec2::RunInstancesRequest) -> Option<ec2::RunInstancesRequest> {
    let Merged { mut request, template } = with_template(ctx, input).ok()?;
    let (id, _) = template?;
    let named = request.launch_template.as_mut()?;
    (named.launch_template_id, named.launch_template_name) = (Some(id), None);
    Some(request)
}

/// The instance requirements of a template's data.
///
/// # Errors
/// When the world is broken.
pub(crate) fn requirements(data: &Map<String, Value>) -> Result<Option<Requirements>> {
    let Some(Value::Object(given)) = data.get("InstanceRequirements") else { return Ok(None) };
    let shape = convert::input::<ec2::CreateLaunchTemplate>("LaunchTemplateData.InstanceRequirements")?;
    let mut request = ec2::InstanceRequirementsRequest::default();
    convert::from_json(shape, given, &mut request)?;
    Ok(Some(requirements_preview::from_request(&request)))
}

/// `over` in the place of `under`, member by member. Structures are merged, and so are block devices of the same
/// name and tags of the same resource type and key; other lists replace each other.
pub(crate) fn overlay(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Object(below)), Value::Object(above)) => {
                // A placement group is named in one of two ways, and never in both.
                if above.contains_key("GroupName") || above.contains_key("GroupId") {
                    below.retain(|member, _| member != "GroupName" && member != "GroupId");
                }
                overlay(below, above);
            }
            (Some(Value::Array(below)), Value::Array(above)) if name == "BlockDeviceMappings" => {
                overlay_list(below, above, "DeviceName");
            }
            (Some(Value::Array(below)), Value::Array(above)) if name == "TagSpecifications" => {
                overlay_list(below, above, "ResourceType");
            }
            (Some(Value::Array(below)), Value::Array(above)) if name == "Tags" => {
                overlay_list(below, above, "Key");
            }
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

fn overlay_list(under: &mut Vec<Value>, over: Vec<Value>, key: &str) {
    for value in over {
        let same = under.iter_mut().find(|other| other.get(key) == value.get(key));
        match (same, value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            (Some(below), above) => *below = above,
            (None, above) => under.push(above),
        }
    }
}

/// The request that a template's data stands for: members are the same but for two names.
///
/// # Errors
/// When the world is broken.
pub(crate) fn request(mut data: Map<String, Value>) -> Result<ec2::RunInstancesRequest> {
    for (theirs, ours) in
        [("RamDiskId", "RamdiskId"), ("ElasticGpuSpecifications", "ElasticGpuSpecification")]
    {
        if let Some(value) = data.remove(theirs) {
            data.insert(ours.to_owned(), value);
        }
    }
    let mut request = ec2::RunInstancesRequest::default();
    convert::from_json(convert::input::<ec2::RunInstances>("")?, &data, &mut request)?;
    Ok(request)
}

/// `input` over a template's data.
///
/// # Errors
/// When the world is broken.
fn over(mut data: Map<String, Value>, input: &ec2::RunInstancesRequest) -> Result<ec2::RunInstancesRequest> {
    let given = convert::to_json(convert::input::<ec2::RunInstances>("")?, input);
    overlay(&mut data, given);
    request(data)
}

#[cfg(test)]
mod tests {
    use super::overlay;
    use serde_json::{Value, json};

    #[test]
    fn the_request_goes_over_the_template() {
        let mut under = json!({
            "ImageId": "ami-1",
            "SecurityGroupIds": ["sg-1", "sg-2"],
            "Placement": { "Tenancy": "dedicated", "GroupName": "g" },
            "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "VolumeSize": 8, "VolumeType": "gp3" } }],
            "TagSpecifications": [{ "ResourceType": "instance", "Tags": [{ "Key": "a", "Value": "1" }] }],
        });
        let over = json!({
            "SecurityGroupIds": ["sg-3"],
            "Placement": { "Tenancy": "default" },
            "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "VolumeSize": 20 } }],
            "TagSpecifications": [
                { "ResourceType": "instance", "Tags": [{ "Key": "a", "Value": "2" }, { "Key": "b", "Value": "3" }] },
            ],
        });
        let (Value::Object(under_members), Value::Object(over)) = (&mut under, over) else { unreachable!() };
        overlay(under_members, over);
        let expected = json!({
            "ImageId": "ami-1",
            "SecurityGroupIds": ["sg-3"],
            "Placement": { "Tenancy": "default", "GroupName": "g" },
            "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "VolumeSize": 20, "VolumeType": "gp3" } }],
            "TagSpecifications": [
                { "ResourceType": "instance", "Tags": [{ "Key": "a", "Value": "2" }, { "Key": "b", "Value": "3" }] },
            ],
        });
        assert_eq!(under, expected);
    }
}
