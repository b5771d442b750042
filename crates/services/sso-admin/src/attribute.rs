//! Attributes for access control: which attributes of a user become session tags.
//!
//! There is one configuration an instance. The access portal reads it when it gives credentials.

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::instance::record as instance;

/// Attributes of an instance (API reference: 50 in a request, keys are unique).
const MOST: usize = 50;

/// The configurations: (account, Region, instance).
pub(crate) struct Configurations;

impl Table for Configurations {
    const NAME: &'static str = "sso-admin.access-control-attributes";
    type Record = Vec<Attribute>;
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    /// Key of the session tag.
    key: String,
    /// What it is made of: `${path:name.givenName}`.
    sources: Vec<String>,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Configurations>()
        .write::<api::CreateInstanceAccessControlAttributeConfiguration>(create)
        .read::<api::DescribeInstanceAccessControlAttributeConfiguration>(describe)
        .write::<api::UpdateInstanceAccessControlAttributeConfiguration>(update)
        .write::<api::DeleteInstanceAccessControlAttributeConfiguration>(delete)
}

fn read(given: &api::InstanceAccessControlAttributeConfiguration) -> Result<Vec<Attribute>> {
    let given = &given.access_control_attributes;
    if given.len() > MOST {
        return Err(error::validation(format!("An instance can have at most {MOST} attributes.")));
    }
    let mut attributes: Vec<Attribute> = Vec::new();
    for attribute in given {
        if attributes.iter().any(|earlier| earlier.key == attribute.key) {
            let message = format!("The attribute key {} is given more than once.", attribute.key);
            return Err(error::validation(message));
        }
        attributes.push(Attribute { key: attribute.key.clone(), sources: attribute.value.source.clone() });
    }
    Ok(attributes)
}

/// Where the configuration of an instance stands.
fn key(ctx: &Ctx<'_>, action: &str, instance_arn: &str) -> Result<Key> {
    let instance = instance::organization(ctx, action, instance_arn)?;
    Ok(ctx.scope().key(&instance.id))
}

fn missing() -> ironbird_rig::Error {
    error::not_found("Attributes for access control are not enabled for the instance.")
}

fn create(
    ctx: &mut Ctx<'_>,
    input: &api::CreateInstanceAccessControlAttributeConfigurationRequest,
) -> Result<api::CreateInstanceAccessControlAttributeConfigurationResponse> {
    let key = key(ctx, "CreateInstanceAccessControlAttributeConfiguration", &input.instance_arn)?;
    if ctx.peek::<Configurations>(&key).is_some() {
        return Err(error::conflict("Attributes for access control are already enabled for the instance."));
    }
    let attributes = read(&input.instance_access_control_attribute_configuration)?;
    ctx.put::<Configurations>(key, attributes)?;
    Ok(api::CreateInstanceAccessControlAttributeConfigurationResponse {})
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeInstanceAccessControlAttributeConfigurationRequest,
) -> Result<api::DescribeInstanceAccessControlAttributeConfigurationResponse> {
    let key = key(ctx, "DescribeInstanceAccessControlAttributeConfiguration", &input.instance_arn)?;
    let attributes = ctx.peek::<Configurations>(&key).ok_or_else(missing)?;
    let shown = attributes.iter().map(|attribute| api::AccessControlAttribute {
        key: attribute.key.clone(),
        value: api::AccessControlAttributeValue { source: attribute.sources.clone() },
    });
    Ok(api::DescribeInstanceAccessControlAttributeConfigurationResponse {
        status: Some("ENABLED".to_owned()),
        status_reason: None,
        instance_access_control_attribute_configuration: Some(
            api::InstanceAccessControlAttributeConfiguration { access_control_attributes: shown.collect() },
        ),
    })
}

fn update(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateInstanceAccessControlAttributeConfigurationRequest,
) -> Result<api::UpdateInstanceAccessControlAttributeConfigurationResponse> {
    let key = key(ctx, "UpdateInstanceAccessControlAttributeConfiguration", &input.instance_arn)?;
    let attributes = read(&input.instance_access_control_attribute_configuration)?;
    if ctx.peek::<Configurations>(&key).is_none() {
        return Err(missing());
    }
    ctx.put::<Configurations>(key, attributes)?;
    Ok(api::UpdateInstanceAccessControlAttributeConfigurationResponse {})
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteInstanceAccessControlAttributeConfigurationRequest,
) -> Result<api::DeleteInstanceAccessControlAttributeConfigurationResponse> {
    let key = key(ctx, "DeleteInstanceAccessControlAttributeConfiguration", &input.instance_arn)?;
    if !ctx.delete::<Configurations>(&key)? {
        return Err(missing());
    }
    Ok(api::DeleteInstanceAccessControlAttributeConfigurationResponse {})
}
