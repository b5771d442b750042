//! DescribeAccountAttributes.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::{error, resource, vpc};

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<ec2::DescribeAccountAttributes>(describe_account_attributes)
}

/// The attributes of a new account, as the API reference describes them. `default-vpc` is looked up.
const ATTRIBUTES: [(&str, &[&str]); 6] = [
    ("supported-platforms", &["VPC"]),
    ("vpc-max-security-groups-per-interface", &["5"]),
    ("max-elastic-ips", &["5"]),
    ("max-instances", &["20"]),
    ("vpc-max-elastic-ips", &["5"]),
    ("default-vpc", &[]),
];

fn describe_account_attributes(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeAccountAttributesRequest,
) -> Result<ec2::DescribeAccountAttributesResult> {
    error::dry_run(input.dry_run)?;
    let names = input.attribute_names.as_deref().unwrap_or_default();
    if let Some(name) = names.iter().find(|name| !ATTRIBUTES.iter().any(|(known, _)| known == name)) {
        return Err(error::invalid_parameter_value(name, "attributeName"));
    }
    let default_vpc = resource::all::<vpc::Vpcs>(ctx).find(|vpc| vpc.is_default).map(|vpc| vpc.id.as_str());
    let mut attributes = Vec::new();
    for (name, values) in ATTRIBUTES {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let looked_up = [default_vpc.unwrap_or("none")];
        let values = if name == "default-vpc" { &looked_up[..] } else { values };
        let value = |value: &&str| ec2::AccountAttributeValue { attribute_value: Some((*value).to_owned()) };
        attributes.push(ec2::AccountAttribute {
            attribute_name: Some(name.to_owned()),
            attribute_values: Some(values.iter().map(value).collect()),
        });
    }
    Ok(ec2::DescribeAccountAttributesResult { account_attributes: Some(attributes) })
}
