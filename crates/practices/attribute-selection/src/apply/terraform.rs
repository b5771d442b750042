//! The changes as blocks of Terraform's language, for resources that Terraform manages: what is changed behind its back, it
//! would change back.

use std::fmt::Write as _;

use ironbird_api::autoscaling::UpdateAutoScalingGroupType;
use ironbird_api::ec2::{ModifyFleetRequest, ModifySpotFleetRequestRequest, RequestLaunchTemplateData};
use ironbird_cloud::change::fleet::{Ec2Fleet, SpotFleet, call_json};
use ironbird_cloud::change::{ApplyError, group};
use serde_json::{Map, Value};

use crate::words::as_json;

/// What the file says of itself.
const HEADER: &str = "\
# Each block takes the place of those of its kind in the resource: paste it there, or give the resource the name that it has
# in your configuration and keep this file beside it as attributes_override.tf.
";

/// A kind of resource of the AWS provider.
struct Resource {
    name: &'static str,
    /// What the provider calls otherwise than by the rule of [`snake`]: repeated blocks are in the singular.
    names: &'static [(&'static str, &'static str)],
    /// What the provider has no argument for.
    unknown: &'static [&'static str],
}

const UNKNOWN: &[&str] = &[
    "AvailabilityZoneId",
    "BaselinePerformanceFactors",
    "BlockDeviceMappings",
    "ImageId",
    "Placement",
    "RequireEncryptionInTransit",
];

const GROUP: Resource =
    Resource { name: "aws_autoscaling_group", names: &[("Overrides", "override")], unknown: UNKNOWN };
const FLEET: Resource = Resource {
    name: "aws_ec2_fleet",
    names: &[("LaunchTemplateConfigs", "launch_template_config"), ("Overrides", "override")],
    unknown: UNKNOWN,
};
const SPOT_FLEET: Resource = Resource {
    name: "aws_spot_fleet_request",
    names: &[
        ("LaunchTemplateConfigs", "launch_template_config"),
        ("LaunchTemplateId", "id"),
        ("LaunchTemplateName", "name"),
    ],
    unknown: &[
        "AvailabilityZoneId",
        "BaselinePerformanceFactors",
        "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
        "RequireEncryptionInTransit",
    ],
};

const TEMPLATE: Resource = Resource {
    name: "aws_launch_template",
    names: &[],
    unknown: &["BaselinePerformanceFactors", "RequireEncryptionInTransit"],
};

/// A resource with what changes of it.
#[derive(Clone)]
pub struct Block {
    resource: &'static Resource,
    label: String,
    /// What to know, one line each.
    notes: Vec<String>,
    body: Map<String, Value>,
}

impl Block {
    /// A group, as the call changes it. `loses_template` where it named its launch template outside of a policy.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn group(call: &UpdateAutoScalingGroupType, loses_template: bool) -> Result<Self, ApplyError> {
        let mut all = group::call_json(call)?;
        // The provider goes on sending the number of pools that there was, unless it is told that there is none.
        if let Some(Value::Object(distribution)) =
            all.pointer_mut("/MixedInstancesPolicy/InstancesDistribution")
            && distribution.get("SpotAllocationStrategy").is_some_and(|strategy| strategy != "lowest-price")
        {
            distribution.insert("SpotInstancePools".to_owned(), Value::from(0));
        }
        let body = ["CapacityRebalance", "MixedInstancesPolicy"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), all.get(name)?.clone())))
            .collect();
        let note = "Take its launch_template block out: the policy has the template.".to_owned();
        Ok(Self {
            resource: &GROUP,
            label: label(&call.auto_scaling_group_name),
            notes: if loses_template { vec![note] } else { Vec::new() },
            body,
        })
    }

    /// A fleet, as the call changes it, or would where it cannot be modified.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn fleet(call: &ModifyFleetRequest, is_fixed: bool) -> Result<Self, ApplyError> {
        let all = call_json::<Ec2Fleet>(call)?;
        Ok(Self::of_configs(&FLEET, &call.fleet_id, &all, is_fixed))
    }

    /// A Spot Fleet, as the call changes it, or would where it cannot be modified.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn spot_fleet(call: &ModifySpotFleetRequestRequest, is_fixed: bool) -> Result<Self, ApplyError> {
        let all = call_json::<SpotFleet>(call)?;
        Ok(Self::of_configs(&SPOT_FLEET, &call.spot_fleet_request_id, &all, is_fixed))
    }

    /// A launch template, with what its new version asks for.
    ///
    /// # Errors
    /// Where that cannot be written as JSON: a bug of ours.
    pub fn template(name: &str, data: &RequestLaunchTemplateData) -> Result<Self, ApplyError> {
        let wanted = data.instance_requirements.as_ref().and_then(as_json);
        let wanted = wanted.ok_or_else(|| ApplyError::Input(format!("{name} asks for no attributes")))?;
        Ok(Self {
            resource: &TEMPLATE,
            label: label(name),
            notes: Vec::new(),
            body: Map::from_iter([("InstanceRequirements".to_owned(), wanted)]),
        })
    }

    /// The same, with one more line of what to know.
    pub fn with_note(mut self, note: &str) -> Self {
        self.notes.push(note.to_owned());
        self
    }

    fn of_configs(resource: &'static Resource, id: &str, call: &Value, is_fixed: bool) -> Self {
        let configs = call.get("LaunchTemplateConfigs").cloned().unwrap_or_default();
        let note = "It cannot be modified: Terraform creates another.".to_owned();
        Self {
            resource,
            label: label(id),
            notes: if is_fixed { vec![note] } else { Vec::new() },
            body: Map::from_iter([("LaunchTemplateConfigs".to_owned(), configs)]),
        }
    }
}

/// The file with these blocks.
pub fn file(blocks: &[Block]) -> String {
    let mut text = HEADER.to_owned();
    for block in blocks {
        text.push('\n');
        for note in &block.notes {
            text.push_str(&format!("# {note}\n"));
        }
        text.push_str(&format!("resource \"{}\" \"{}\" {{\n", block.resource.name, block.label));
        write_body(&mut text, block.resource, &block.body, 1);
        text.push_str("}\n");
    }
    text
}

/// Arguments first, their values aligned as `terraform fmt` does, then the blocks.
fn write_body(text: &mut String, resource: &Resource, members: &Map<String, Value>, depth: usize) {
    let indent = "  ".repeat(depth);
    let is_unknown = |name: &str| resource.unknown.contains(&name);
    let known = || members.iter().filter(|(name, value)| !is_unknown(name) && is_said(value));
    for name in members.keys().filter(|name| is_unknown(name)) {
        text.push_str(&format!("{indent}# {name}: the provider has no argument for it\n"));
    }
    let arguments: Vec<(String, String)> =
        known().filter_map(|(name, value)| Some((resource.argument(name), argument(value)?))).collect();
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in &arguments {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{indent}{name:width$} = {value}");
    }
    let mut is_first = arguments.is_empty();
    for (name, value) in known() {
        let blocks: &[Value] = match value {
            Value::Object(_) => std::slice::from_ref(value),
            Value::Array(items) if items.first().is_some_and(Value::is_object) => items,
            _ => continue,
        };
        for block in blocks.iter().filter_map(Value::as_object) {
            if !is_first {
                text.push('\n');
            }
            is_first = false;
            text.push_str(&format!("{indent}{} {{\n", resource.argument(name)));
            write_body(text, resource, block, depth + 1);
            text.push_str(&format!("{indent}}}\n"));
        }
    }
}

/// Whether the member says anything.
fn is_said(value: &Value) -> bool {
    let says_nothing = matches!(value, Value::Null)
        || value.as_str().is_some_and(str::is_empty)
        || value.as_array().is_some_and(Vec::is_empty);
    !says_nothing
}

/// The value of an argument; none of a block.
fn argument(value: &Value) -> Option<String> {
    match value {
        Value::String(value) => Some(quoted(value)),
        Value::Number(value) => Some(number(value.as_f64()?)),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(items) if !items.iter().any(Value::is_object) => {
            let items: Option<Vec<String>> = items.iter().map(argument).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        _ => None,
    }
}

/// Terraform writes whole numbers without a fraction.
fn number(value: f64) -> String {
    value.to_string()
}

/// A string of Terraform's language, in which `${` and `%{` begin a template.
fn quoted(value: &str) -> String {
    Value::from(value).to_string().replace("${", "$${").replace("%{", "%%{")
}

impl Resource {
    /// The provider's name of a member.
    fn argument(&self, name: &str) -> String {
        let own = self.names.iter().find(|(member, _)| *member == name);
        own.map_or_else(|| snake(name), |(_, argument)| (*argument).to_owned())
    }
}

/// A member's name as the provider writes it: `MemoryGiBPerVCpu` is `memory_gib_per_vcpu`.
fn snake(name: &str) -> String {
    let units = [("VCpu", "Vcpu"), ("MiB", "Mib"), ("GiB", "Gib"), ("GB", "Gb")];
    let plain = units.into_iter().fold(name.to_owned(), |name, (unit, word)| name.replace(unit, word));
    let mut snake = String::new();
    for letter in plain.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// What Terraform takes as the name of a resource.
fn label(name: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let label: String = name.chars().map(|letter| if fits(letter) { letter } else { '_' }).collect();
    match label.chars().next() {
        Some(first) if first.is_ascii_alphabetic() || first == '_' => label,
        _ => format!("_{label}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_have_the_providers_names() {
        let names = ["MemoryGiBPerVCpu", "VCpuCount", "TotalLocalStorageGB", "BaselineEbsBandwidthMbps"];
        let expected =
            ["memory_gib_per_vcpu", "vcpu_count", "total_local_storage_gb", "baseline_ebs_bandwidth_mbps"];
        assert_eq!(names.map(snake), expected);
    }

    #[test]
    fn a_block_is_as_terraform_formats_it() {
        let block = Block {
            resource: &FLEET,
            label: label("0 of ours"),
            notes: vec!["Mind.".to_owned()],
            body: json!({"Overrides": [{"MaxPrice": "${1}", "Priority": 2.0, "Placement": {}, "VCpuCount": {"Min": 2}}]})
                .as_object()
                .unwrap()
                .clone(),
        };
        let text = file(&[block]);
        let (_, body) = text.split_once("\n\n").unwrap();
        let expected = "\
# Mind.
resource \"aws_ec2_fleet\" \"_0_of_ours\" {
  override {
    # Placement: the provider has no argument for it
    max_price = \"$${1}\"
    priority  = 2

    vcpu_count {
      min = 2
    }
  }
}
";
        assert_eq!(body, expected);
    }
}
