//! The host name that an elastic address is to be looked up as: DescribeAddressesAttribute, ModifyAddressAttribute,
//! ResetAddressAttribute.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{Address, Addresses};
use crate::given::given_text;
use crate::page::Window;
use crate::{error, resource};

/// The one attribute there is.
const DOMAIN_NAME: &str = "domain-name";

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeAddressesAttribute>(describe_addresses_attribute)
        .write::<ec2::ModifyAddressAttribute>(modify_address_attribute)
        // There is no DNS server.
        .records::<ec2::ModifyAddressAttribute>(&["DomainName"])
        .write::<ec2::ResetAddressAttribute>(reset_address_attribute)
}

fn shown(address: &Address) -> ec2::AddressAttribute {
    ec2::AddressAttribute {
        public_ip: Some(address.public.to_string()),
        allocation_id: Some(address.id.clone()),
        ptr_record: address.domain_name.as_ref().map(|name| format!("{}.", name.trim_end_matches('.'))),
        ..Default::default()
    }
}

fn describe_addresses_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeAddressesAttributeRequest,
) -> Result<ec2::DescribeAddressesAttributeResult> {
    error::dry_run(input.dry_run)?;
    if let Some(other) = input.attribute.as_deref().filter(|attribute| *attribute != DOMAIN_NAME) {
        return Err(error::invalid_parameter_value(other, "attribute"));
    }
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let mut chosen: Vec<&Address> = match input.allocation_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => resource::named::<Addresses>(ctx, ids)?,
        None => resource::all::<Addresses>(ctx).collect(),
    };
    chosen.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    let page = window.list(chosen.into_iter(), |address| &address.id);
    Ok(ec2::DescribeAddressesAttributeResult {
        addresses: Some(page.items.into_iter().map(shown).collect()),
        next_token: page.next,
    })
}

fn modify_address_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyAddressAttributeRequest,
) -> Result<ec2::ModifyAddressAttributeResult> {
    let id = resource::find::<Addresses>(ctx, &input.allocation_id)?.id.clone();
    let Some(name) = given_text(&input.domain_name) else {
        return Err(error::missing_parameter("domainName"));
    };
    if name.len() > 255 {
        return Err(error::invalid_parameter_value(&name, "domainName"));
    }
    resource::change::<Addresses>(ctx, &id, |address| address.domain_name = Some(name))?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ModifyAddressAttributeResult { address: Some(shown(resource::find::<Addresses>(ctx, &id)?)) })
}

fn reset_address_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::ResetAddressAttributeRequest,
) -> Result<ec2::ResetAddressAttributeResult> {
    let id = resource::find::<Addresses>(ctx, &input.allocation_id)?.id.clone();
    if input.attribute != DOMAIN_NAME {
        return Err(error::invalid_parameter_value(&input.attribute, "attribute"));
    }
    resource::change::<Addresses>(ctx, &id, |address| address.domain_name = None)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ResetAddressAttributeResult { address: Some(shown(resource::find::<Addresses>(ctx, &id)?)) })
}
