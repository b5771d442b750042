//! GetProducts.

use ironbird_api::pricing as api;
use ironbird_rig::page;
use ironbird_rig::{Ctx, Key, Result};

use crate::catalogue::Service;
use crate::filter::Filters;
use crate::{FORMAT, bad_token, check, page_size};

pub(crate) fn get_products(
    ctx: &mut Ctx<'_>,
    input: &api::GetProductsRequest,
) -> Result<api::GetProductsResponse> {
    check(ctx, input.format_version.as_deref())?;
    let service = Service::parse(&input.service_code)?;
    let first = first(input.next_token.as_deref())?;
    let filters = Filters::read(input.filters.as_deref().unwrap_or_default());
    let limit = page_size(input.max_results);
    let mut price_list = Vec::new();
    let mut next_token = None;
    for (number, product) in service.candidates().enumerate().skip(first) {
        if !filters.pass(&product) {
            continue;
        }
        let Some(entry) = product.listed() else { continue };
        if price_list.len() == limit {
            next_token = Some(page::token(&Key::new().number(number as u64)));
            break;
        }
        price_list.push(entry.to_string());
    }
    Ok(api::GetProductsResponse {
        format_version: Some(FORMAT.to_owned()),
        price_list: Some(price_list),
        next_token,
    })
}

/// The number of the candidate that a page begins with.
fn first(token: Option<&str>) -> Result<usize> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(0) };
    let key = page::key(token).ok_or_else(bad_token)?;
    let bytes: [u8; 8] = key.as_bytes().try_into().map_err(|_| bad_token())?;
    usize::try_from(u64::from_be_bytes(bytes)).map_err(|_| bad_token())
}
