//! The metrics there are, each known by namespace, name and dimensions, and what is kept of them.

use ironbird_api::cloudwatch as api;
use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use crate::error;

/// Seconds that data of one-minute resolution is kept: 15 days, as on AWS. AWS keeps sums over five minutes and over an hour
/// for longer, and data of one-second resolution for three hours only; here everything goes after 15 days.
pub const SECONDS_KEPT: i64 = 15 * 86_400;

/// Most metrics of an account in a Region. The bound is ours; AWS has none.
const MAX_SERIES: usize = 200_000;

/// All metrics: (account, Region, namespace, name, dimensions).
pub struct AllSeries;

impl Table for AllSeries {
    const NAME: &'static str = "cloudwatch.series";
    type Record = Series;
}

/// All data: (account, Region, number of the metric, second, unit).
pub struct Buckets;

impl Table for Buckets {
    const NAME: &'static str = "cloudwatch.buckets";
    type Record = Bucket;
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    pub number: u64,
    pub name: Name,
    /// Latest instant of its data.
    pub latest: Timestamp,
    /// Earliest second that data may be kept for, so that what is too old is found without a search.
    pub earliest: i64,
}

/// What a metric is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name {
    pub namespace: String,
    pub metric: String,
    /// Sorted.
    pub dimensions: Vec<(String, String)>,
}

impl Name {
    /// The name that a request gives.
    pub fn new(namespace: &str, metric: &str, dimensions: &[api::Dimension]) -> Self {
        let mut dimensions: Vec<(String, String)> =
            dimensions.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
        dimensions.sort();
        Self { namespace: namespace.to_owned(), metric: metric.to_owned(), dimensions }
    }

    /// The name of an API metric.
    ///
    /// # Errors
    /// Where namespace or name is missing.
    pub fn of(metric: &api::Metric) -> Result<Self> {
        let missing = |what: &str| error::validation(format!("The parameter {what} is required."));
        let namespace = metric.namespace.as_deref().ok_or_else(|| missing("Namespace"))?;
        let name = metric.metric_name.as_deref().ok_or_else(|| missing("MetricName"))?;
        Ok(Self::new(namespace, name, metric.dimensions.as_deref().unwrap_or_default()))
    }

    /// Where the metric stands in the table.
    pub fn key(&self, ctx: &Ctx<'_>) -> Key {
        let key = ctx.scope().prefix().text(&self.namespace).text(&self.metric);
        self.dimensions.iter().fold(key, |key, (name, value)| key.text(name).text(value))
    }

    /// The dimensions as the API has them.
    pub fn dimensions(&self) -> Vec<api::Dimension> {
        let shown =
            |(name, value): &(String, String)| api::Dimension { name: name.clone(), value: value.clone() };
        self.dimensions.iter().map(shown).collect()
    }

    /// As the API has it.
    pub fn view(&self) -> api::Metric {
        api::Metric {
            namespace: Some(self.namespace.clone()),
            metric_name: Some(self.metric.clone()),
            dimensions: Some(self.dimensions()),
        }
    }
}

/// The metric of that name; none where nothing has been put to it.
pub fn find<'t>(ctx: &'t Ctx<'_>, name: &Name) -> Option<&'t Series> {
    ctx.peek::<AllSeries>(&name.key(ctx)).filter(|series| series.name == *name)
}

/// Adds to the data of a metric at an instant, in the bucket of its second or minute, and lets go of what is too old.
///
/// # Errors
/// `LimitExceeded` where there are too many metrics; in an operation registered as one that reads.
pub fn add(
    ctx: &mut Ctx<'_>,
    name: &Name,
    at: Timestamp,
    step: i64,
    unit: &str,
    more: &Bucket,
) -> Result<()> {
    let key = name.key(ctx);
    let second = at.secs().div_euclid(step) * step;
    let mut series = match ctx.peek::<AllSeries>(&key) {
        Some(series) => series.clone(),
        None if ctx.count::<AllSeries>() >= MAX_SERIES => {
            return Err(error::limit(format!(
                "There are {MAX_SERIES} metrics, which is as many as the rig keeps."
            )));
        }
        None => Series {
            number: ctx.next_number("cloudwatch.series")?,
            name: name.clone(),
            latest: at,
            earliest: second,
        },
    };
    series.latest = series.latest.max(at);
    series.earliest = series.earliest.min(second);
    let data = ctx.scope().prefix().number(series.number);
    let oldest = ctx.now().secs() - SECONDS_KEPT;
    if series.earliest < oldest {
        let old: Vec<Key> = ctx
            .scan::<Buckets>(&data)
            .take_while(|(_, bucket)| bucket.second < oldest)
            .map(|(key, _)| key.clone())
            .collect();
        for key in old {
            ctx.delete::<Buckets>(&key)?;
        }
        series.earliest = oldest;
    }
    let at = data.signed(second).text(unit);
    let mut bucket = ctx.peek::<Buckets>(&at).cloned().unwrap_or_else(|| Bucket::empty(second, unit));
    bucket.merge(more);
    ctx.put::<Buckets>(at, bucket)?;
    ctx.put::<AllSeries>(key, series)
}

/// The data of a metric from one second up to before another, of one unit or of all.
pub fn range<'t>(
    ctx: &'t Ctx<'_>,
    name: &Name,
    (from, until): (i64, i64),
    unit: Option<&'t str>,
) -> impl Iterator<Item = &'t Bucket> {
    let data = find(ctx, name).map(|series| ctx.scope().prefix().number(series.number));
    let found = data.into_iter().flat_map(move |data| {
        let from = data.clone().signed(from);
        ctx.scan_after::<Buckets>(&data, &from).map(|(_, bucket)| bucket)
    });
    found
        .take_while(move |bucket| bucket.second < until)
        .filter(move |bucket| unit.is_none_or(|unit| bucket.unit == unit))
}
