//! GetCostAndUsage.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::ce as api;
use ironbird_rig::metering::BillLine;
use ironbird_rig::{Ctx, Result, Timestamp};

use crate::dimension::Dimension;
use crate::filter::Filter;
use crate::period::Granularity;
use crate::validation;
use crate::view::{Seen, View};

/// Metrics that are costs.
const COSTS: [&str; 5] =
    ["AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost"];

const QUANTITY: &str = "UsageQuantity";

/// A quantity is given with ten decimals.
const WHOLE: i128 = 10_000_000_000;

/// What was used, added up.
#[derive(Default)]
struct Sum {
    /// Nano-dollars.
    cost: i64,
    /// Ten-billionths of the unit.
    quantity: i128,
    units: BTreeSet<String>,
}

pub(crate) fn get_cost_and_usage(
    ctx: &mut Ctx<'_>,
    input: &api::GetCostAndUsageRequest,
) -> Result<api::GetCostAndUsageResponse> {
    let granularity = Granularity::parse(&input.granularity);
    let bounds = granularity.bounds(&input.time_period.start, &input.time_period.end)?;
    let metrics = input.metrics.iter().map(|name| metric(name)).collect::<Result<Vec<_>>>()?;
    if metrics.is_empty() {
        return Err(validation("Metrics should not be empty."));
    }
    if input.next_page_token.is_some() {
        return Err(validation("The NextPageToken is invalid: every answer is whole."));
    }
    let groups = input.group_by.iter().flatten().map(group).collect::<Result<Vec<_>>>()?;
    if groups.len() > 2 {
        return Err(validation("You can group by at most two things."));
    }
    let filter = input.filter.as_ref().map(Filter::read).transpose()?;
    let view = View::of_caller(ctx)?;
    let bills = view.bills(ctx, &bounds);
    let mut unpriced = BTreeSet::new();
    let mut results = Vec::with_capacity(bills.len());
    for (span, lines) in bounds.windows(2).zip(&bills) {
        let counted: Vec<&BillLine> =
            lines.iter().filter(|line| filter.as_ref().is_none_or(|filter| filter.passes(line))).collect();
        unpriced
            .extend(counted.iter().filter(|line| line.cost.is_none()).map(|line| line.usage_type.clone()));
        results.push(result(granularity, (span[0], span[1]), &counted, &groups, &metrics, ctx.now()));
    }
    for usage_type in unpriced {
        ctx.without_effect(&format!("GetCostAndUsage.Metrics ({usage_type} has no known price)"));
    }
    Ok(api::GetCostAndUsageResponse {
        next_page_token: None,
        group_definitions: input.group_by.clone(),
        results_by_time: Some(results),
        dimension_value_attributes: Some(attributes(&view, &groups)),
    })
}

/// The name of a metric as the answer has it. Requests may also write `UNBLENDED_COST`.
fn metric(name: &str) -> Result<&'static str> {
    let plain: String = name.chars().filter(|letter| *letter != '_').collect();
    let known = COSTS.into_iter().chain([QUANTITY]).find(|known| known.eq_ignore_ascii_case(&plain));
    match known {
        Some(known) => Ok(known),
        None if plain.eq_ignore_ascii_case("NormalizedUsageAmount") => {
            Err(Ctx::unsupported("metric NormalizedUsageAmount", "ask for UsageQuantity"))
        }
        None => Err(validation(format!("Metric {name} is invalid."))),
    }
}

fn group(definition: &api::GroupDefinition) -> Result<Dimension> {
    match (definition.r#type.as_deref(), definition.key.as_deref()) {
        (Some("DIMENSION"), Some(key)) => Dimension::parse(key),
        (Some("DIMENSION"), None) | (None, _) => Err(validation("A group definition needs Type and Key.")),
        (Some(other), _) => Err(Ctx::unsupported(
            &format!("GroupBy.Type {other}"),
            "costs are kept by dimension, not by tag or category",
        )),
    }
}

fn result(
    granularity: Granularity,
    (from, until): (Timestamp, Timestamp),
    lines: &[&BillLine],
    dimensions: &[Dimension],
    metrics: &[&'static str],
    now: Timestamp,
) -> api::ResultByTime {
    let mut sums: BTreeMap<Vec<String>, Sum> = BTreeMap::new();
    for line in lines {
        let keys = dimensions.iter().map(|dimension| dimension.value(line)).collect();
        sums.entry(keys).or_default().add(line);
    }
    let (total, groups) = if dimensions.is_empty() {
        let sum = sums.into_values().next().unwrap_or_default();
        (sum.shown(metrics), Vec::new())
    } else {
        let shown = |(keys, sum): (Vec<String>, Sum)| api::Group {
            keys: Some(keys),
            metrics: Some(sum.shown(metrics)),
        };
        (BTreeMap::new(), sums.into_iter().map(shown).collect())
    };
    api::ResultByTime {
        time_period: Some(api::DateInterval {
            start: granularity.write(from),
            end: granularity.write(until),
        }),
        total: Some(total),
        groups: Some(groups),
        estimated: Some(until > now),
    }
}

/// The names of the accounts, where costs are told apart by account.
fn attributes(view: &View, groups: &[Dimension]) -> Vec<api::DimensionValuesWithAttributes> {
    if !groups.contains(&Dimension::LinkedAccount) {
        return Vec::new();
    }
    view.accounts.iter().filter_map(Seen::described).collect()
}

impl Sum {
    fn add(&mut self, line: &BillLine) {
        self.cost = self.cost.saturating_add(line.cost.unwrap_or(0));
        self.quantity += i128::from(line.milliseconds) * WHOLE / i128::from(line.milliseconds_a_unit());
        self.units.insert(line.unit.clone());
    }

    fn shown(&self, metrics: &[&'static str]) -> BTreeMap<String, api::MetricValue> {
        let value = |name: &&'static str| {
            let (amount, unit) =
                if *name == QUANTITY { self.quantity() } else { (dollars(self.cost), "USD".to_owned()) };
            ((*name).to_owned(), api::MetricValue { amount: Some(amount), unit: Some(unit) })
        };
        metrics.iter().map(value).collect()
    }

    /// Quantities of different things cannot be added up in one unit; Cost Explorer then says `N/A`.
    fn quantity(&self) -> (String, String) {
        let unit = match self.units.len() {
            1 => self.units.first().cloned().unwrap_or_default(),
            _ => "N/A".to_owned(),
        };
        (format!("{}.{:010}", self.quantity / WHOLE, self.quantity % WHOLE), unit)
    }
}

/// Ten decimals, as Cost Explorer writes amounts.
fn dollars(nanos: i64) -> String {
    format!("{}.{:09}0", nanos / 1_000_000_000, nanos % 1_000_000_000)
}
