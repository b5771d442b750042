//! Cost Explorer: what the rig's meters counted, as AWS shows costs. Every span of use is in AWS's usage types, and a
//! cost is the price of that use; there are no discounts, credits, taxes or reservations that change it, so the cost metrics
//! are all the same. An account sees its own costs, and a management account those of all members; costs carry the tags that
//! their resources had, of those that the payer activated.
//!
//! Usage whose price nobody knows here counts with its quantity and without a cost, and the answer's
//! `x-ironbird-no-effect` header names its usage type.

mod allocation;
mod cost_and_usage;
mod dimension;
mod facet;
mod filter;
mod metric;
mod period;
mod values;
mod view;

use ironbird_api::ce as api;
use ironbird_rig::{Error, ServiceDef};

const NO_VIEWS: &str = "there are no billing views, an account sees its own costs and a payer its members'";
const NO_CATEGORIES: &str = "there are no cost categories, filter by dimensions and tags";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let refused = &[("BillingViewArn", NO_VIEWS), ("Filter.CostCategories", NO_CATEGORIES)];
    let definition = ServiceDef::new("ce")
        .read::<api::GetCostAndUsage>(cost_and_usage::get_cost_and_usage)
        .refuses::<api::GetCostAndUsage>(refused)
        .read::<api::GetDimensionValues>(values::get_dimension_values)
        .refuses::<api::GetDimensionValues>(refused)
        .read::<api::GetTags>(values::get_tags)
        .refuses::<api::GetTags>(refused);
    allocation::register(definition)
}

fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationException", message)
}

fn invalid_token() -> Error {
    Error::client(
        "InvalidNextTokenException",
        "The pagination token is invalid. Try again without a pagination token.",
    )
}
