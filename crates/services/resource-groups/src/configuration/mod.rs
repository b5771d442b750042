//! Configurations: what kind of group it is, and what the service that it belongs to does with its members.

mod check;

use ironbird_api::resource_groups as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::record::{self, Group, Groups, Holds, Item};
use crate::{error, membership};

/// What any configuration may ask of members.
pub(crate) const GENERIC: &str = "AWS::ResourceGroups::Generic";
/// A pool of Capacity Reservations.
pub(crate) const POOL: &str = "AWS::EC2::CapacityReservationPool";
/// A host resource group.
pub(crate) const HOSTS: &str = "AWS::EC2::HostManagement";
/// The generic parameter that says of which types members are.
pub(crate) const ALLOWED: &str = "allowed-resource-types";
/// The generic parameter that keeps a group with members from being deleted.
pub(crate) const PROTECTION: &str = "deletion-protection";
/// The parameter of a host resource group that says of which families hosts are; all, where it is not given.
pub(crate) const FAMILIES: &str = "allowed-host-families";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::GetGroupConfiguration>(get_group_configuration)
        .write::<api::PutGroupConfiguration>(put_group_configuration)
}

/// Reads and checks a configuration that `operation` was given.
///
/// # Errors
/// `BadRequestException` where it breaks AWS's rules, `UnsupportedOperation` where it is of a kind that is not here.
pub(crate) fn read(
    ctx: &mut Ctx<'_>,
    operation: &str,
    given: &[api::GroupConfigurationItem],
) -> Result<Vec<Item>> {
    let parameter = |parameter: &api::GroupConfigurationParameter| {
        (parameter.name.clone(), parameter.values.clone().unwrap_or_default())
    };
    let item = |item: &api::GroupConfigurationItem| Item {
        kind: item.r#type.clone(),
        parameters: item.parameters.iter().flatten().map(parameter).collect(),
    };
    let items: Vec<Item> = given.iter().map(item).collect();
    check::items(&items)?;
    // No license is asked for, whichever is allowed: there is no License Manager.
    for name in check::LICENSES {
        if items.iter().any(|item| !item.values(name).is_empty()) {
            ctx.without_effect(&format!("{operation}.Configuration.{name}"));
        }
    }
    Ok(items)
}

/// The configuration as the API shows it; none of a group with a query.
pub(crate) fn view(group: &Group) -> Option<api::GroupConfiguration> {
    let parameter = |(name, values): &(String, Vec<String>)| api::GroupConfigurationParameter {
        name: name.clone(),
        values: Some(values.clone()),
    };
    let item = |item: &Item| api::GroupConfigurationItem {
        r#type: item.kind.clone(),
        parameters: Some(item.parameters.iter().map(parameter).collect()),
    };
    match &group.holds {
        Holds::Found(_) => None,
        Holds::Configured(items) => Some(api::GroupConfiguration {
            configuration: Some(items.iter().map(item).collect()),
            status: Some("UPDATE_COMPLETE".to_owned()),
            ..Default::default()
        }),
    }
}

fn get_group_configuration(
    ctx: &mut Ctx<'_>,
    input: &api::GetGroupConfigurationInput,
) -> Result<api::GetGroupConfigurationOutput> {
    let group = record::named(ctx, input.group.as_deref(), None)?;
    match view(group) {
        Some(shown) => Ok(api::GetGroupConfigurationOutput { group_configuration: Some(shown) }),
        None => Err(not_configured(group)),
    }
}

fn put_group_configuration(
    ctx: &mut Ctx<'_>,
    input: &api::PutGroupConfigurationInput,
) -> Result<api::PutGroupConfigurationOutput> {
    let mut group = record::named(ctx, input.group.as_deref(), None)?.clone();
    if matches!(group.holds, Holds::Found(_)) {
        return Err(not_configured(&group));
    }
    let items = read(ctx, "PutGroupConfiguration", input.configuration.as_deref().unwrap_or_default())?;
    let before = std::mem::replace(&mut group.holds, Holds::Configured(items));
    membership::check_all(ctx, &group, &before)?;
    let name = group.name.clone();
    ctx.put::<Groups>(ctx.scope().key(&name), group)?;
    ctx.emit(membership::MEMBERS, &name)?;
    Ok(api::PutGroupConfigurationOutput {})
}

fn not_configured(group: &Group) -> ironbird_rig::Error {
    error::bad_request(format!("Group {} has a resource query and no configuration.", group.name))
}
