//! What there is to ask for: services, their attributes, and the attributes' values.

use std::collections::BTreeSet;

use ironbird_api::pricing as api;
use ironbird_rig::page::Window;
use ironbird_rig::{Ctx, Key, Result};

use crate::catalogue::Service;
use crate::product::Product;
use crate::{FORMAT, bad_token, check, invalid, page_size};

pub(crate) fn describe_services(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeServicesRequest,
) -> Result<api::DescribeServicesResponse> {
    check(ctx, input.format_version.as_deref())?;
    let window =
        Window::new(page_size(input.max_results), input.next_token.as_deref()).ok_or_else(bad_token)?;
    let wanted = input.service_code.as_deref().map(Service::parse).transpose()?;
    let services = Service::ALL.into_iter().filter(|service| wanted.is_none_or(|wanted| wanted == *service));
    let page = window.list(services, |service| Key::new().text(service.code()));
    let shown = |service: Service| api::Service {
        service_code: service.code().to_owned(),
        attribute_names: Some(names(service).into_iter().map(str::to_owned).collect()),
    };
    Ok(api::DescribeServicesResponse {
        services: Some(page.items.into_iter().map(shown).collect()),
        format_version: Some(FORMAT.to_owned()),
        next_token: page.next,
    })
}

pub(crate) fn get_attribute_values(
    ctx: &mut Ctx<'_>,
    input: &api::GetAttributeValuesRequest,
) -> Result<api::GetAttributeValuesResponse> {
    check(ctx, None)?;
    let service = Service::parse(&input.service_code)?;
    let name = input.attribute_name.as_str();
    if !names(service).contains(name) {
        return Err(invalid(format!(
            "Attribute name {name} is invalid for service code {}.",
            service.code()
        )));
    }
    let window =
        Window::new(page_size(input.max_results), input.next_token.as_deref()).ok_or_else(bad_token)?;
    let mut values = BTreeSet::new();
    for product in service.candidates() {
        let Some(value) = product.attribute(name) else { continue };
        if !values.contains(value.as_ref()) && product.price().is_some() {
            values.insert(value.into_owned());
        }
    }
    let page = window.list(values.into_iter(), |value| Key::new().text(value));
    let shown = |value| api::AttributeValue { value: Some(value) };
    Ok(api::GetAttributeValuesResponse {
        attribute_values: Some(page.items.into_iter().map(shown).collect()),
        next_token: page.next,
    })
}

fn names(service: Service) -> BTreeSet<&'static str> {
    match service {
        Service::Ec2 => Product::names().collect(),
        Service::Elb | Service::Vpc => Product::names_of_items(service.code()).collect(),
    }
}
