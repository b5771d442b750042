//! Metering: what was used, in AWS's own usage types, and what it cost.
//!
//! A service opens a meter when a resource begins to cost and closes it when it no longer does. Bills are
//! queries over these records; nothing is added up beforehand.

mod course;
mod tags;

use std::collections::BTreeMap;

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Region, Scope};
use crate::catalogue::{items, market};
use crate::closure;
use crate::context::Ctx;
use crate::error::Result;
use crate::seed::Seed;
use crate::store::{Key, Table};

pub use course::{Course, course};
pub use tags::{TagColumn, TagSpans, Tags, tag_keys, tags_changed};

/// Billionths of a US dollar: prices per second stay exact enough in whole numbers.
pub type NanoDollars = i64;

/// One resource's use of one usage type over one span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Service code as in a bill: `AmazonEC2`.
    pub service: String,
    /// `EUW1-BoxUsage:m5.large`
    pub usage_type: String,
    /// `RunInstances`, and for other platforms `RunInstances:0002`.
    pub operation: String,
    /// Id of the resource.
    pub resource: String,
    /// Unit of the bill: `Hrs`, or `GB-Mo` of what is paid by the month.
    pub unit: String,
    /// Price of one unit-hour; none where the price is not known, and the bill then says so.
    pub hourly: Option<NanoDollars>,
    /// How many units run at once.
    pub units: u64,
    /// Shortest span that is charged, in seconds.
    pub minimum_seconds: i64,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; none while it goes on.
    pub until: Option<Timestamp>,
}

/// A Spot pool whose price, as it moves, is that of a use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpotPool {
    /// `us-east-1a`
    pub zone: String,
    /// `m5.large`
    pub instance_type: String,
    /// `Linux/UNIX`
    pub product: String,
}

/// The uses that cost what a Spot pool costs at each time: the key of [`Usages`] → [`SpotPool`].
pub struct SpotPools;

impl Table for SpotPools {
    const NAME: &'static str = "rig.usage-spot";
    type Record = SpotPool;
}

/// All usage: (account, Region, resource, number) → [`Usage`].
pub struct Usages;

impl Table for Usages {
    const NAME: &'static str = "rig.usage";
    type Record = Usage;
}

/// Begins to meter a resource of the call's scope. Several meters of one resource may run at once, as long as
/// their usage types differ.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn open(ctx: &mut Ctx<'_>, usage: Usage) -> Result<()> {
    let key = next_key(ctx, &usage)?;
    ctx.put::<Usages>(key, usage)
}

/// The same for what costs the price of a Spot pool, as it moves; the usage's own price says whether it is known.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn open_spot(ctx: &mut Ctx<'_>, usage: Usage, pool: SpotPool) -> Result<()> {
    let key = next_key(ctx, &usage)?;
    ctx.put::<SpotPools>(key.clone(), pool)?;
    ctx.put::<Usages>(key, usage)
}

fn next_key(ctx: &mut Ctx<'_>, usage: &Usage) -> Result<Key> {
    let number = ctx.next_number("rig.usage")?;
    Ok(ctx.scope().key(&usage.resource).number(number))
}

/// Ends the open meters of `resource`, those of `usage_type` only where one is given.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn close(ctx: &mut Ctx<'_>, resource: &str, usage_type: Option<&str>) -> Result<()> {
    let open: Vec<(Key, Usage)> = ctx
        .scan::<Usages>(&ctx.scope().key(resource))
        .filter(|(_, usage)| usage.until.is_none())
        .filter(|(_, usage)| usage_type.is_none_or(|wanted| usage.usage_type == wanted))
        .map(|(key, usage)| (key.clone(), usage.clone()))
        .collect();
    for (key, mut usage) in open {
        usage.until = Some(ctx.now());
        ctx.put::<Usages>(key, usage)?;
    }
    Ok(())
}

/// When something was used for the first time.
pub fn begin(ctx: &Ctx<'_>) -> Option<Timestamp> {
    ctx.scan::<Usages>(&Key::new()).map(|(_, usage)| usage.from).min()
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BillLine {
    /// Account that pays.
    pub account: Account,
    /// Where it was used.
    pub region: Region,
    /// Service code.
    pub service: String,
    /// Usage type.
    pub usage_type: String,
    /// Unit of the quantity.
    pub unit: String,
    /// Unit-hours, in thousandths of a second to stay exact: divide by 3,600,000.
    pub milliseconds: i64,
    /// What it cost; none where no price is known for the usage type.
    pub cost: Option<NanoDollars>,
    /// The value of each tag that was asked for; none where what was used did not have it.
    pub tags: Vec<Option<String>>,
}

impl BillLine {
    /// Unit-hours used.
    pub fn hours(&self) -> f64 {
        self.milliseconds as f64 / 3_600_000.0
    }

    /// What of [`BillLine::milliseconds`] makes one of the unit: an hour's, or a month's for `GB-Mo` and the like.
    pub fn milliseconds_a_unit(&self) -> i64 {
        3_600_000 * items::hours_of(&self.unit)
    }

    /// How many of the unit were used.
    pub fn quantity(&self) -> f64 {
        self.milliseconds as f64 / self.milliseconds_a_unit() as f64
    }
}

/// What `account` (or every account) used from `from` up to `until`, by Region, service and usage type.
pub fn bill(ctx: &Ctx<'_>, account: Option<Account>, from: Timestamp, until: Timestamp) -> Vec<BillLine> {
    bills(ctx, account, &[from, until]).pop().unwrap_or_default()
}

/// The same for each of the spans between two successive `bounds`, which are in their order, in one pass over all usage.
pub fn bills(ctx: &Ctx<'_>, account: Option<Account>, bounds: &[Timestamp]) -> Vec<Vec<BillLine>> {
    tagged_bills(ctx, account, bounds, &[])
}

/// The same, and lines are also told apart by the values of tags at the time of use. Over all values they add up to what
/// they are without.
pub fn tagged_bills(
    ctx: &Ctx<'_>,
    account: Option<Account>,
    bounds: &[Timestamp],
    columns: &[TagColumn],
) -> Vec<Vec<BillLine>> {
    let prefix = account.map_or_else(Key::new, |account| Key::new().number(account.number()));
    let mut market = Market::new(ctx.seed());
    let mut bills: Vec<Lines<'_>> = bounds.windows(2).map(|_| Lines::new()).collect();
    for (key, usage) in ctx.scan::<Usages>(&prefix) {
        let Some(scope) = Scope::of(key) else { continue };
        let closed = closure::since(ctx, scope.account);
        let first = bounds.partition_point(|bound| *bound <= usage.from).saturating_sub(1);
        let spans = bounds.windows(2).zip(&mut bills).skip(first);
        let pool = if usage.usage_type.contains("SpotUsage") { ctx.peek::<SpotPools>(key) } else { None };
        for (span, lines) in spans {
            let until = closed.map_or(span[1], |closed| closed.min(span[1]));
            let Some((begin, end)) = charged(usage, span[0], until, ctx.now()) else { break };
            // Each part gets what the span costs up to its end, less what the parts before it got: so nothing is lost
            // by rounding each.
            let mut before = (0, Some(0));
            for (until, values) in tags::parts(ctx, &scope.key(&usage.resource), columns, begin, end) {
                let cost = match pool {
                    Some(pool) => market.cost(pool, begin, until, usage.units),
                    None => usage.hourly.map(|hourly| cost(hourly, until - begin, usage.units)),
                };
                let sum = (milliseconds(until - begin, usage.units), cost);
                let cost = sum.1.zip(before.1).map(|(sum, before)| sum - before);
                add(lines, scope, usage, values, sum.0 - before.0, cost);
                before = sum;
            }
        }
    }
    bills.into_iter().map(|lines| lines.into_values().collect()).collect()
}

type Lines<'t> = BTreeMap<(Account, Region, &'t str, &'t str, tags::Values<'t>), BillLine>;

fn add<'t>(
    lines: &mut Lines<'t>,
    scope: Scope,
    usage: &'t Usage,
    values: tags::Values<'t>,
    milliseconds: i64,
    cost: Option<NanoDollars>,
) {
    let Scope { account, region } = scope;
    let tags = values.iter().map(|value| value.map(str::to_owned)).collect();
    let key = (account, region, usage.service.as_str(), usage.usage_type.as_str(), values);
    let line = lines.entry(key).or_insert_with(|| BillLine {
        account,
        region,
        service: usage.service.clone(),
        usage_type: usage.usage_type.clone(),
        unit: usage.unit.clone(),
        milliseconds: 0,
        cost: Some(0),
        tags,
    });
    line.milliseconds += milliseconds;
    line.cost = line.cost.zip(cost).map(|(sum, more)| sum.saturating_add(more));
}

/// Unit-milliseconds of so many units over `nanos`.
fn milliseconds(nanos: i64, units: u64) -> i64 {
    i64::try_from(i128::from(nanos) * i128::from(units) / 1_000_000).unwrap_or(i64::MAX)
}

/// What `units` at `hourly` cost over `nanos`.
pub fn cost(hourly: NanoDollars, nanos: i64, units: u64) -> NanoDollars {
    let total = i128::from(hourly) * i128::from(nanos) * i128::from(units) / 3_600_000_000_000;
    NanoDollars::try_from(total).unwrap_or(NanoDollars::MAX)
}

/// Spot prices, each looked up once a bill.
struct Market<'p> {
    seed: Seed,
    /// By pool and the second at which the price was set.
    prices: BTreeMap<(&'p SpotPool, i64), Option<NanoDollars>>,
}

impl<'p> Market<'p> {
    const fn new(seed: Seed) -> Self {
        Self { seed, prices: BTreeMap::new() }
    }

    /// What `units` cost from `begin` up to `end`, at the price of each time.
    fn cost(&mut self, pool: &'p SpotPool, begin: i64, end: i64, units: u64) -> Option<NanoDollars> {
        let mut sum: Option<NanoDollars> = Some(0);
        self.each_price(pool, begin, end, |begin, end, price| {
            sum = sum.zip(price).map(|(sum, price)| sum.saturating_add(cost(price, end - begin, units)));
        });
        sum
    }

    /// Each price from `begin` up to `end`, with the time for which it stands.
    fn each_price(
        &mut self,
        pool: &'p SpotPool,
        begin: i64,
        end: i64,
        mut see: impl FnMut(i64, i64, Option<NanoDollars>),
    ) {
        let seed = market::pool_seed(self.seed, &pool.zone, &pool.instance_type);
        let mut set = market::set_at(seed, Timestamp::from_nanos(begin));
        let mut at = begin;
        while at < end {
            let next = set.saturating_add(market::STEP);
            let stands_until = next.saturating_mul(1_000_000_000).min(end).max(at + 1);
            see(at, stands_until, self.price(pool, set));
            (at, set) = (stands_until, next);
        }
    }

    fn price(&mut self, pool: &'p SpotPool, set: i64) -> Option<NanoDollars> {
        let seed = self.seed;
        *self.prices.entry((pool, set)).or_insert_with(|| {
            let SpotPool { zone, instance_type, product } = pool;
            let price = market::price(seed, zone, instance_type, product, Timestamp::from_secs(set));
            price.map(|price| price.0)
        })
    }
}

/// From when to when `usage` is charged in the span, the minimum charge included where the use began in it.
fn charged(usage: &Usage, from: Timestamp, until: Timestamp, now: Timestamp) -> Option<(i64, i64)> {
    let ended = usage.until.unwrap_or(now).nanos();
    let minimum = usage.from.nanos().saturating_add(usage.minimum_seconds.saturating_mul(1_000_000_000));
    let ended = if usage.until.is_some() { ended.max(minimum) } else { ended };
    let begin = usage.from.nanos().max(from.nanos());
    let end = ended.min(until.nanos());
    (end > begin).then_some((begin, end))
}

#[cfg(test)]
mod tests {
    use super::{Usage, charged, cost};
    use ironbird_wire::timestamp::Timestamp;

    fn usage(from: i64, until: Option<i64>) -> Usage {
        Usage {
            service: "AmazonEC2".to_owned(),
            usage_type: "BoxUsage:m5.large".to_owned(),
            operation: "RunInstances".to_owned(),
            resource: "i-1".to_owned(),
            unit: "Hrs".to_owned(),
            hourly: Some(96_000_000),
            units: 1,
            minimum_seconds: 60,
            from: Timestamp::from_secs(from),
            until: until.map(Timestamp::from_secs),
        }
    }

    fn seconds(usage: &Usage, from: i64, until: i64, now: i64) -> i64 {
        let at = Timestamp::from_secs;
        charged(usage, at(from), at(until), at(now)).map_or(0, |(begin, end)| end - begin) / 1_000_000_000
    }

    #[test]
    fn a_span_is_cut_to_the_query() {
        assert_eq!(seconds(&usage(100, Some(1000)), 0, 5000, 5000), 900);
        assert_eq!(seconds(&usage(100, Some(1000)), 500, 700, 5000), 200);
        assert_eq!(seconds(&usage(100, None), 0, 5000, 400), 300);
        assert_eq!(seconds(&usage(100, Some(1000)), 2000, 3000, 5000), 0);
    }

    #[test]
    fn less_than_a_minute_is_charged_as_one() {
        assert_eq!(seconds(&usage(100, Some(103)), 0, 5000, 5000), 60);
    }

    #[test]
    fn an_hour_costs_the_hourly_price() {
        assert_eq!(cost(96_000_000, 3_600_000_000_000, 1), 96_000_000);
        assert_eq!(cost(96_000_000, 1_800_000_000_000, 3), 144_000_000);
    }
}
