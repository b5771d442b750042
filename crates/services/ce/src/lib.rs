//! Cost Explorer: what the rig's meters counted, as AWS shows costs. Every span of use is in AWS's usage types, and a
//! cost is the price of that use; there are no discounts, credits, taxes or reservations that change it, so the cost metrics
//! are all the same. An account sees its own costs, and a management account those of all members.
//!
//! Usage whose price nobody knows here counts with its quantity and without a cost, and the answer's
//! `x-ironbird-no-effect` header names its usage type.

mod cost_and_usage;
mod dimension;
mod filter;
mod period;
mod view;

use ironbird_api::ce as api;
use ironbird_rig::{Error, ServiceDef};

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    ServiceDef::new("ce")
        .read::<api::GetCostAndUsage>(cost_and_usage::get_cost_and_usage)
        .refuses::<api::GetCostAndUsage>(&[
            (
                "BillingViewArn",
                "there are no billing views, an account sees its own costs and a payer its members'",
            ),
            ("Filter.Tags", "costs are not kept by tag yet, filter by dimensions"),
            ("Filter.CostCategories", "there are no cost categories, filter by dimensions"),
        ])
}

fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationException", message)
}
