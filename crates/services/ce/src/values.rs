//! GetDimensionValues and GetTags: what there is to group and filter by.

use std::collections::BTreeMap;

use ironbird_api::ce as api;
use ironbird_rig::page::Window;
use ironbird_rig::{Ctx, Key, Result};

use crate::dimension::Dimension;
use crate::facet::{Columns, Facet};
use crate::filter::Filter;
use crate::metric::{Metric, Sum};
use crate::period::Granularity;
use crate::view::{Seen, View};
use crate::{invalid_token, validation};

/// Most values of an answer. Source: `MaxResults` in the API reference.
const MOST: usize = 1000;

/// Values with what was used of each; none stands for what does not have the tag.
type Sums = BTreeMap<Option<String>, Sum>;

/// What both operations are asked.
struct Asked<'i> {
    period: &'i api::DateInterval,
    filter: Option<&'i api::Expression>,
    search: Option<&'i str>,
    sort_by: Option<&'i [api::SortDefinition]>,
    max_results: Option<i32>,
    token: Option<&'i str>,
}

/// Part of the values, and how many there are.
struct Found {
    values: Vec<String>,
    total: usize,
    next: Option<String>,
}

pub(crate) fn get_dimension_values(
    ctx: &mut Ctx<'_>,
    input: &api::GetDimensionValuesRequest,
) -> Result<api::GetDimensionValuesResponse> {
    if let Some(context) = input.context.as_deref().filter(|context| *context != "COST_AND_USAGE") {
        return Err(Ctx::unsupported(
            &format!("Context {context}"),
            "there are only the values of COST_AND_USAGE",
        ));
    }
    let dimension = Dimension::parse(&input.dimension)?;
    let asked = Asked {
        period: &input.time_period,
        filter: input.filter.as_ref(),
        search: input.search_string.as_deref(),
        sort_by: input.sort_by.as_deref(),
        max_results: input.max_results,
        token: input.next_page_token.as_deref(),
    };
    let view = View::of_caller(ctx)?;
    let mut columns = Columns::new(ctx, view.payer);
    let mut values = BTreeMap::new();
    for sums in asked.sums(ctx, &view, &mut columns, &[Facet::Dimension(dimension)])? {
        values.extend(sums.into_iter().filter_map(|(value, sum)| Some((value?, sum))));
    }
    let found = asked.choose(ctx, "GetDimensionValues", values)?;
    let accounts: BTreeMap<String, &Seen> =
        view.accounts.iter().map(|seen| (seen.account.to_string(), seen)).collect();
    let shown = |value: String| {
        let account = accounts.get(&value).filter(|_| dimension == Dimension::LinkedAccount);
        account.and_then(|seen| seen.described()).unwrap_or_else(|| api::DimensionValuesWithAttributes {
            value: Some(value),
            attributes: Some(BTreeMap::new()),
        })
    };
    Ok(api::GetDimensionValuesResponse {
        return_size: size(found.values.len()),
        total_size: size(found.total),
        dimension_values: found.values.into_iter().map(shown).collect(),
        next_page_token: found.next,
    })
}

/// The keys of the cost allocation tags that something used had, or the values of one of them: the empty one for what did not
/// have it.
pub(crate) fn get_tags(ctx: &mut Ctx<'_>, input: &api::GetTagsRequest) -> Result<api::GetTagsResponse> {
    let asked = Asked {
        period: &input.time_period,
        filter: input.filter.as_ref(),
        search: input.search_string.as_deref(),
        sort_by: input.sort_by.as_deref(),
        max_results: input.max_results,
        token: input.next_page_token.as_deref(),
    };
    let view = View::of_caller(ctx)?;
    let mut columns = Columns::new(ctx, view.payer);
    let places = match &input.tag_key {
        Some(key) => vec![columns.place(key)],
        None => columns.every(),
    };
    let facets: Vec<Facet> = places.iter().map(|place| Facet::Tag(*place)).collect();
    let mut values: BTreeMap<String, Sum> = BTreeMap::new();
    for (place, sums) in places.iter().zip(asked.sums(ctx, &view, &mut columns, &facets)?) {
        for (value, sum) in sums {
            let told = match (&input.tag_key, value) {
                (Some(_), value) => value.unwrap_or_default(),
                (None, Some(_)) => columns.key(*place).to_owned(),
                (None, None) => continue,
            };
            values.entry(told).or_default().merge(sum);
        }
    }
    let found = asked.choose(ctx, "GetTags", values)?;
    Ok(api::GetTagsResponse {
        return_size: size(found.values.len()),
        total_size: size(found.total),
        tags: found.values,
        next_page_token: found.next,
    })
}

impl Asked<'_> {
    /// What was used in the period, by the values of each facet.
    fn sums(&self, ctx: &Ctx<'_>, view: &View, columns: &mut Columns, facets: &[Facet]) -> Result<Vec<Sums>> {
        let bounds = Granularity::Daily.span(&self.period.start, &self.period.end)?;
        let filter = self.filter.map(|given| Filter::read(given, columns)).transpose()?;
        let mut sums: Vec<Sums> = facets.iter().map(|_| Sums::new()).collect();
        for line in view.bills(ctx, &bounds, columns.asked()).iter().flatten() {
            if filter.as_ref().is_some_and(|filter| !filter.passes(line)) {
                continue;
            }
            for (facet, sums) in facets.iter().zip(&mut sums) {
                sums.entry(facet.value(line).map(|value| value.into_owned())).or_default().add(line);
            }
        }
        Ok(sums)
    }

    /// Those that are asked for: the most or least used ones, or in alphabetical order page by page.
    fn choose(&self, ctx: &mut Ctx<'_>, operation: &str, values: BTreeMap<String, Sum>) -> Result<Found> {
        let [order] = self.sort_by.unwrap_or_default() else {
            return match self.sort_by {
                None | Some([]) => self.page(ctx, operation, values.into_keys()),
                Some(_) => Err(validation("You can sort by one thing.")),
            };
        };
        if self.token.is_some() || self.search.is_some() {
            return Err(validation("NextPageToken and SearchString are not supported with SortBy."));
        }
        let metric = Metric::parse(&order.key)?;
        let mut sorted: Vec<(String, Sum)> = values.into_iter().collect();
        sorted.sort_by_key(|(_, sum)| sum.of(metric));
        if order.sort_order.as_deref() == Some("DESCENDING") {
            sorted.reverse();
        }
        let total = sorted.len();
        let most = self.max_results.and_then(|most| usize::try_from(most).ok()).unwrap_or(MOST).min(MOST);
        let values = sorted.into_iter().take(most).map(|(value, _)| value).collect();
        Ok(Found { values, total, next: None })
    }

    fn page(
        &self,
        ctx: &mut Ctx<'_>,
        operation: &str,
        values: impl Iterator<Item = String>,
    ) -> Result<Found> {
        if self.max_results.is_some() {
            // "This field is only used when SortBy is provided in the request."
            ctx.without_effect(&format!("{operation}.MaxResults"));
        }
        let search = self.search.unwrap_or_default();
        let values: Vec<String> = values.filter(|value| value.contains(search)).collect();
        let total = values.len();
        let window = Window::new(MOST, self.token).ok_or_else(invalid_token)?;
        let page = window.list(values.into_iter(), |value| Key::new().text(value));
        Ok(Found { values: page.items, total, next: page.next })
    }
}

/// A number of values as the answer has it.
fn size(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
