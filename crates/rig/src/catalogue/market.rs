//! Spot prices: a pure function of seed, pool and time.
//!
//! Around the usual share of the On-Demand price (the catalogue's), a zone is up to 8 % dearer or cheaper, and the
//! price drifts smoothly by up to 12 % over days and 4 % over hours, never above the On-Demand price. It is set
//! anew every 4 hours, at a minute of the pool's own. The drift is ours: AWS says no more than that prices move
//! gradually with supply and demand. Only additions, products and quotients are used, so that every machine gets
//! the same price.

use ironbird_wire::timestamp::Timestamp;

use super::{NanoUsd, geography, prices, spot};
use crate::seed::Seed;

/// Seconds for which a price stands.
pub const STEP: i64 = 4 * 3600;

/// The price that the pool had at `at`; none where the type cannot be had as Spot or its price is not known.
/// Licences cost the same for Spot instances as On-Demand.
pub fn price(seed: Seed, zone: &str, instance_type: &str, platform: &str, at: Timestamp) -> Option<NanoUsd> {
    let region = geography::zone(zone)?.region;
    let (base, _) = spot::base_price(region, instance_type)?;
    let linux = prices::on_demand_linux(region, instance_type)?.hourly;
    let platform = prices::Platform::from_product(platform)?;
    let licensed = prices::on_demand(region, instance_type, platform, prices::Tenancy::Default)?.hourly;
    let pool = pool_seed(seed, zone, instance_type);
    let since = set_at(pool, at);
    let constant = 1.0 + 0.08 * signed(pool.child("zone"));
    let hours = since as f64 / 3600.0;
    let drift =
        0.12 * noise(pool.child("days"), hours / 48.0) + 0.04 * noise(pool.child("hours"), hours / 8.0);
    let price = (base.0 as f64 * constant * (1.0 + drift)).min(linux.0 as f64);
    // Prices have four digits after the point.
    let rounded = ((price / 100_000.0).round() as i64).max(1) * 100_000;
    let rounded = if rounded > linux.0 { linux.0 } else { rounded };
    Some(NanoUsd(rounded + (licensed.0 - linux.0).max(0)))
}

/// The seed of a pool's prices.
pub fn pool_seed(seed: Seed, zone: &str, instance_type: &str) -> Seed {
    seed.child("spot-price").child(zone).child(instance_type)
}

/// When the price that stands at `at` was set, in seconds since the epoch.
pub fn set_at(pool: Seed, at: Timestamp) -> i64 {
    let offset = i64::try_from(pool.child("minute").rng().below(STEP.unsigned_abs() / 60)).unwrap_or(0) * 60;
    (at.secs() - offset).div_euclid(STEP) * STEP + offset
}

/// When the pool's price is set the next time after `at`.
pub fn next_set(seed: Seed, zone: &str, instance_type: &str, at: Timestamp) -> Timestamp {
    Timestamp::from_secs(set_at(pool_seed(seed, zone, instance_type), at) + STEP)
}

/// From -1 to 1.
fn signed(seed: Seed) -> f64 {
    seed.rng().unit() * 2.0 - 1.0
}

/// Smooth noise from -1 to 1: drawn at whole numbers, and eased in between.
fn noise(seed: Seed, at: f64) -> f64 {
    let floor = at.floor();
    let part = at - floor;
    let eased = part * part * (3.0 - 2.0 * part);
    let index = (floor as i64).cast_unsigned();
    let (from, to) = (signed(seed.nth(index)), signed(seed.nth(index.wrapping_add(1))));
    from + (to - from) * eased
}

#[cfg(test)]
mod tests {
    use ironbird_wire::timestamp::Timestamp;

    use super::{STEP, pool_seed, price, set_at};
    use crate::catalogue::prices;
    use crate::seed::Seed;

    const START: i64 = 1_767_225_600;

    fn at(zone: &str, hour: i64) -> i64 {
        let at = Timestamp::from_secs(START + hour * 3600);
        price(Seed::root(7), zone, "m5.large", "Linux/UNIX", at).unwrap().0
    }

    #[test]
    fn prices_move_gradually_below_on_demand() {
        let on_demand = prices::on_demand_linux("us-east-1", "m5.large").unwrap().hourly.0;
        let series: Vec<i64> = (0..24 * 30).map(|hour| at("us-east-1a", hour)).collect();
        assert!(series.iter().all(|price| *price > 0 && *price <= on_demand));
        for pair in series.windows(2) {
            assert!((pair[1] - pair[0]).abs() * 10 < pair[0], "{pair:?}");
        }
        assert!(series.iter().max() > series.iter().min());
        assert_ne!(at("us-east-1a", 0), at("us-east-1b", 0));
    }

    #[test]
    fn a_price_stands_until_the_next_is_set() {
        let pool = pool_seed(Seed::root(7), "us-east-1a", "m5.large");
        let set = set_at(pool, Timestamp::from_secs(START));
        assert!(set <= START && START < set + STEP);
        assert_eq!(set_at(pool, Timestamp::from_secs(set)), set);
        assert_eq!(set_at(pool, Timestamp::from_secs(set + STEP - 1)), set);
        assert_eq!(set_at(pool, Timestamp::from_secs(set - 1)), set - STEP);
    }

    #[test]
    fn licences_cost_extra_and_unknown_pools_have_no_price() {
        let at = Timestamp::from_secs(START);
        let of = |platform| price(Seed::root(7), "us-east-1a", "m5.large", platform, at);
        assert!(of("Windows") > of("Linux/UNIX"));
        assert_eq!(of("Plan 9"), None);
        assert_eq!(price(Seed::root(7), "us-east-9z", "m5.large", "Linux/UNIX", at), None);
    }
}
