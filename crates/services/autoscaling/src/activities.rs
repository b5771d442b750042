//! DescribeScalingActivities.

use ironbird_api::autoscaling as api;
use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use crate::activity::{self, Activities, Activity, Ledgers, Listing, SECONDS_KEPT};
use crate::clock::after;
use crate::error;
use crate::group::record;
use crate::page::{Page, Window};

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Activities>()
        .table::<Ledgers>()
        .timer(activity::FORGET, activity::forget)
        .read::<api::DescribeScalingActivities>(describe)
}

fn describe(ctx: &mut Ctx<'_>, input: &api::DescribeScalingActivitiesType) -> Result<api::ActivitiesType> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let deleted_too = input.include_deleted_groups.unwrap_or(false);
    let ids = input.activity_ids.as_deref().unwrap_or_default();
    let span = Span::of(input.filters.as_deref().unwrap_or_default(), after(ctx.now(), -SECONDS_KEPT))?;
    let choose = |activity: &Activity| {
        let listing = Listing::of(ctx, activity);
        let wanted = (ids.is_empty() || ids.contains(&activity.id))
            && span.has(activity)
            && (deleted_too || listing.is_alive());
        wanted.then(|| listing.view(ctx))
    };
    let page = match input.auto_scaling_group_name.as_deref().map(record::plain_name) {
        Some(name) => {
            if !deleted_too && record::find(ctx, name).is_none() {
                return Err(error::no_group(name));
            }
            window.scan::<Activities, _>(ctx, &ctx.scope().key(name), choose)
        }
        None => of_all_groups(ctx, &window, choose),
    };
    Ok(api::ActivitiesType { activities: page.items, next_token: page.next })
}

/// Activities are kept by group: over all groups they have to be sorted by time first.
fn of_all_groups(
    ctx: &Ctx<'_>,
    window: &Window,
    choose: impl Fn(&Activity) -> Option<api::Activity>,
) -> Page<api::Activity> {
    let mut all: Vec<&Activity> =
        ctx.scan::<Activities>(&ctx.scope().prefix()).map(|(_, activity)| activity).collect();
    let key = |activity: &Activity| {
        let newest_first = activity.start.nanos().saturating_neg();
        Key::new().signed(newest_first).text(&activity.group).number(u64::MAX - activity.number)
    };
    all.sort_by_cached_key(|activity| key(activity));
    let views = all.into_iter().filter_map(|activity| Some((key(activity), choose(activity)?)));
    let page = window.list(views, |(key, _)| key.clone());
    Page { items: page.items.into_iter().map(|(_, view)| view).collect(), next: page.next }
}

/// Which activities by time and status.
struct Span {
    from: Timestamp,
    to: Option<Timestamp>,
    statuses: Vec<String>,
}

impl Span {
    fn of(filters: &[api::Filter], oldest: Timestamp) -> Result<Self> {
        let mut span = Self { from: oldest, to: None, statuses: Vec::new() };
        for filter in filters {
            let values = filter.values.as_deref().unwrap_or_default();
            let instant = || {
                let text = values.first().map(String::as_str).unwrap_or_default();
                Timestamp::parse_iso8601(text)
                    .or_else(|| Timestamp::parse_iso8601(&format!("{text}Z")))
                    .ok_or_else(|| {
                        error::validation(format!("The filter value {text} is not a valid timestamp."))
                    })
            };
            match filter.name.as_deref().unwrap_or_default() {
                "StartTimeLowerBound" => span.from = span.from.max(instant()?),
                "StartTimeUpperBound" => span.to = Some(instant()?),
                "Status" => span.statuses.extend(values.iter().cloned()),
                name => return Err(error::validation(format!("The filter {name} is not valid."))),
            }
        }
        Ok(span)
    }

    fn has(&self, activity: &Activity) -> bool {
        activity.start >= self.from
            && self.to.is_none_or(|to| activity.start <= to)
            && (self.statuses.is_empty()
                || self.statuses.iter().any(|status| status == activity.status.name()))
    }
}
