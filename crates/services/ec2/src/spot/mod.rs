//! The Spot market: prices, their history, and how likely a request is to succeed.

mod history;
mod price;
mod score;
#[cfg(test)]
mod tests;

use ironbird_api::ec2;
use ironbird_rig::ServiceDef;

pub(crate) use price::price;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeSpotPriceHistory>(history::describe_spot_price_history)
        .read::<ec2::GetSpotPlacementScores>(score::get_spot_placement_scores)
}
