//! DescribeSpotPriceHistory: the price of every pool at every time it was set, the latest first in each pool.

use ironbird_api::ec2;
use ironbird_rig::catalogue::market::{STEP, pool_seed, price, set_at};
use ironbird_rig::catalogue::{InstanceType, Zone, instance_types, offerings, spot};
use ironbird_rig::seed::Seed;
use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Result, Timestamp, page};

use crate::error;
use crate::filter::Filters;
use crate::page::Window;

const FILTERS: &[&str] = &[
    "availability-zone",
    "availability-zone-id",
    "instance-type",
    "product-description",
    "spot-price",
    "timestamp",
];

/// AWS keeps 90 days.
const KEPT: i64 = 90 * 86_400;

/// Prices looked at for one page. A filter on price or time may match hardly any of the millions that the pools of a
/// Region had in 90 days: the page then ends early, with a token, as pages may on AWS.
const MOST_LOOKED_AT: u32 = 20_000;

/// What instances run on, as this operation words it: since EC2-Classic, also with ` (Amazon VPC)`.
const PRODUCTS: [&str; 4] = ["Linux/UNIX", "Red Hat Enterprise Linux", "SUSE Linux", "Windows"];

struct Ask<'a> {
    zone: Option<&'a str>,
    types: Option<&'a [String]>,
    products: Option<&'a [String]>,
    from: Timestamp,
    until: Timestamp,
}

pub(super) fn describe_spot_price_history(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSpotPriceHistoryRequest,
) -> Result<ec2::DescribeSpotPriceHistoryResult> {
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let zone = input.availability_zone.as_deref().or(input.availability_zone_id.as_deref());
    if let Some(zone) = zone.filter(|zone| ctx.region().facts().zone(zone).is_none()) {
        return Err(error::invalid_value(format!("Invalid availability zone: [{zone}]")));
    }
    for name in input.instance_types.iter().flatten() {
        if instance_types::get(name).is_none() {
            return Err(error::invalid_value(format!("Invalid value '{name}' for InstanceType.")));
        }
    }
    error::dry_run(input.dry_run)?;
    let now = ctx.now();
    let oldest = Timestamp::from_secs(now.secs().saturating_sub(KEPT));
    let until = input.end_time.unwrap_or(now).min(now);
    if input.end_time.zip(input.start_time).is_some_and(|(end, start)| start > end) {
        return Ok(ec2::DescribeSpotPriceHistoryResult {
            next_token: None,
            spot_price_history: Some(Vec::new()),
        });
    }
    let ask = Ask {
        zone,
        types: input.instance_types.as_deref().filter(|types| !types.is_empty()),
        products: input.product_descriptions.as_deref().filter(|products| !products.is_empty()),
        from: input.start_time.unwrap_or(oldest).max(oldest).min(until),
        until,
    };
    Ok(read_page(ctx, &ask, &filters, &window))
}

fn read_page(
    ctx: &Ctx<'_>,
    ask: &Ask<'_>,
    filters: &Filters,
    window: &Window,
) -> ec2::DescribeSpotPriceHistoryResult {
    let mut prices = Vec::new();
    let mut looked_at = 0;
    // The key of the price looked at last, shown or not: the next page begins after it.
    let mut last = None;
    let mut next_token = None;
    'pools: for (entry, zone, product) in pools(ctx, ask) {
        // What is known of the pool alone is asked first: a pool has hundreds of prices.
        let passes = filters.pass_untagged(|name, test| match name {
            "availability-zone" => test(zone.name),
            "availability-zone-id" => test(zone.id),
            "instance-type" => test(entry.name),
            "product-description" => test(product) || test(&vpc_product(product)),
            _ => true,
        });
        if !passes {
            continue;
        }
        let after = window.after();
        let pool_key = Key::new().text(entry.name).text(zone.name).text(product);
        // The page before ended in a later pool.
        if after.is_some_and(|after| pool_key < *after && !after.starts_with(&pool_key)) {
            continue;
        }
        for at in times(pool_seed(ctx.seed(), zone.name, entry.name), ask) {
            let key = pool_key.clone().signed(-at);
            if after.is_some_and(|after| key <= *after) {
                continue;
            }
            if looked_at == MOST_LOOKED_AT {
                next_token = last.as_ref().map(page::token);
                break 'pools;
            }
            looked_at += 1;
            let time = Timestamp::from_secs(at);
            // The time is known before the price is.
            let passes = filters.pass_untagged(|name, test| match name {
                "timestamp" => test(&time.iso8601()) || test(&time.iso8601_millis()),
                _ => true,
            });
            if passes {
                let Some(amount) = price(ctx.seed(), zone.name, entry.name, product, time) else { break };
                let amount = format!("{:.6}", amount.as_usd());
                if filters.pass_untagged(|name, test| name != "spot-price" || test(&amount)) {
                    if prices.len() == window.limit() {
                        next_token = last.as_ref().map(page::token);
                        break 'pools;
                    }
                    prices.push(ec2::SpotPrice {
                        availability_zone: Some(zone.name.to_owned()),
                        availability_zone_id: Some(zone.id.to_owned()),
                        instance_type: Some(entry.name.to_owned()),
                        product_description: Some(product.to_owned()),
                        spot_price: Some(amount),
                        timestamp: Some(time),
                    });
                }
            }
            last = Some(key);
        }
    }
    ec2::DescribeSpotPriceHistoryResult { next_token, spot_price_history: Some(prices) }
}

/// When the pool's prices asked for were set, the latest first. The price that stood at the start is the last one.
fn times(pool: Seed, ask: &Ask<'_>) -> impl Iterator<Item = i64> + use<> {
    let (latest, first) = (set_at(pool, ask.until), set_at(pool, ask.from));
    (0..).map(move |steps| latest - steps * STEP).take_while(move |at| *at >= first)
}

fn vpc_product(product: &str) -> String {
    format!("{product} (Amazon VPC)")
}

/// The pools asked for, in the order of their keys.
fn pools<'a>(
    ctx: &Ctx<'_>,
    ask: &'a Ask<'_>,
) -> impl Iterator<Item = (&'static InstanceType, &'static Zone, &'static str)> + use<'a> {
    let region = ctx.region();
    let named =
        |entry: &InstanceType| ask.types.is_none_or(|types| types.iter().any(|name| name == entry.name));
    let mut types: Vec<&'static InstanceType> = offerings::in_region(region.code())
        .filter(|entry| named(entry) && spot::base_price(region.code(), entry.name).is_some())
        .collect();
    types.sort_unstable_by_key(|entry| entry.name);
    let in_zone = |zone: &Zone| ask.zone.is_none_or(|wanted| zone.name == wanted || zone.id == wanted);
    let wanted = |product: &str| {
        ask.products.is_none_or(|products| {
            products.iter().any(|other| other == product || *other == vpc_product(product))
        })
    };
    let products: Vec<&'static str> = PRODUCTS.into_iter().filter(|product| wanted(product)).collect();
    types.into_iter().flat_map(move |entry| {
        let zones: Vec<_> =
            offerings::zones_of(entry, region.code()).into_iter().filter(|zone| in_zone(zone)).collect();
        let products = products.clone();
        zones
            .into_iter()
            .flat_map(move |zone| products.clone().into_iter().map(move |product| (entry, zone, product)))
    })
}
