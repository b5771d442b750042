//! The Spot market: prices and their history, how likely a request is to succeed, requests, and how instances are
//! taken back.

pub(crate) mod fleet;
mod history;
pub mod interruption;
#[cfg(test)]
mod interruption_tests;
pub(crate) mod request;
mod score;
#[cfg(test)]
mod tests;

use ironbird_api::ec2;
use ironbird_rig::{ServiceDef, capacity};

pub(crate) use ironbird_rig::catalogue::market::price;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .timer(interruption::TIMER, interruption::step)
        .timer(interruption::PRICE, interruption::on_price)
        .timer(interruption::RECLAIM, interruption::on_reclaim)
        .timer(interruption::TAKE, interruption::on_take)
        .listen(capacity::RECLAIMED, interruption::RECLAIM)
        .lever("ec2.interrupt-spot", interruption::pull_interrupt)
        .lever("ec2.recommend-rebalance", interruption::pull_recommend)
        .read::<ec2::DescribeSpotPriceHistory>(history::describe_spot_price_history)
        .read::<ec2::GetSpotPlacementScores>(score::get_spot_placement_scores);
    fleet::register(request::register(definition))
}
