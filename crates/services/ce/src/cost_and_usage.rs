//! GetCostAndUsage.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::ce as api;
use ironbird_rig::metering::BillLine;
use ironbird_rig::{Ctx, Result, Timestamp};

use crate::dimension::Dimension;
use crate::facet::{Columns, Facet};
use crate::filter::Filter;
use crate::metric::{Metric, Sum};
use crate::period::Granularity;
use crate::validation;
use crate::view::{Seen, View};

pub(crate) fn get_cost_and_usage(
    ctx: &mut Ctx<'_>,
    input: &api::GetCostAndUsageRequest,
) -> Result<api::GetCostAndUsageResponse> {
    let granularity = Granularity::parse(&input.granularity);
    let bounds = granularity.bounds(&input.time_period.start, &input.time_period.end)?;
    let metrics = input.metrics.iter().map(|name| Metric::parse(name)).collect::<Result<Vec<_>>>()?;
    if metrics.is_empty() {
        return Err(validation("Metrics should not be empty."));
    }
    if input.next_page_token.is_some() {
        return Err(validation("The NextPageToken is invalid: every answer is whole."));
    }
    let view = View::of_caller(ctx)?;
    let mut columns = Columns::new(ctx, view.payer);
    let groups = input.group_by.iter().flatten().map(|definition| Facet::of_group(definition, &mut columns));
    let groups = groups.collect::<Result<Vec<_>>>()?;
    if groups.len() > 2 {
        return Err(validation("You can group by at most two things."));
    }
    let filter = input.filter.as_ref().map(|given| Filter::read(given, &mut columns)).transpose()?;
    let bills = view.bills(ctx, &bounds, columns.asked());
    let mut unpriced = BTreeSet::new();
    let mut results = Vec::with_capacity(bills.len());
    for (span, lines) in bounds.windows(2).zip(&bills) {
        let counted: Vec<&BillLine> =
            lines.iter().filter(|line| filter.as_ref().is_none_or(|filter| filter.passes(line))).collect();
        unpriced
            .extend(counted.iter().filter(|line| line.cost.is_none()).map(|line| line.usage_type.clone()));
        let sums = sums(&counted, &groups, &columns);
        results.push(result(granularity, (span[0], span[1]), sums, &metrics, ctx.now()));
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

/// What is used, by the keys of its group; everything under no key where nothing is grouped by.
fn sums(lines: &[&BillLine], groups: &[Facet], columns: &Columns) -> BTreeMap<Vec<String>, Sum> {
    let mut sums: BTreeMap<Vec<String>, Sum> = BTreeMap::new();
    if groups.is_empty() {
        sums.insert(Vec::new(), Sum::default());
    }
    for line in lines {
        let keys = groups.iter().map(|facet| facet.group_key(line, columns)).collect();
        sums.entry(keys).or_default().add(line);
    }
    sums
}

fn result(
    granularity: Granularity,
    (from, until): (Timestamp, Timestamp),
    mut sums: BTreeMap<Vec<String>, Sum>,
    metrics: &[Metric],
    now: Timestamp,
) -> api::ResultByTime {
    let total = sums.remove(&Vec::new()).map(|sum| sum.shown(metrics)).unwrap_or_default();
    let group =
        |(keys, sum): (Vec<String>, Sum)| api::Group { keys: Some(keys), metrics: Some(sum.shown(metrics)) };
    let groups = sums.into_iter().map(group).collect();
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
fn attributes(view: &View, groups: &[Facet]) -> Vec<api::DimensionValuesWithAttributes> {
    if !groups.contains(&Facet::Dimension(Dimension::LinkedAccount)) {
        return Vec::new();
    }
    view.accounts.iter().filter_map(Seen::described).collect()
}
