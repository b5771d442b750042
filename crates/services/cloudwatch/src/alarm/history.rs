//! DescribeAlarmHistory: what became of alarms.

use ironbird_api::cloudwatch as api;
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{error, page};

/// Lines kept of all alarms of an account in a Region; the oldest goes first. The bound is ours: AWS keeps 30 days.
const KEPT: usize = 10_000;

/// The history: (account, Region, `u64::MAX` minus number), so that the newest comes first.
struct History;

impl Table for History {
    const NAME: &'static str = "cloudwatch.history";
    type Record = Line;
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    ConfigurationUpdate,
    StateUpdate,
    Action,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::ConfigurationUpdate => "ConfigurationUpdate",
            Self::StateUpdate => "StateUpdate",
            Self::Action => "Action",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    alarm: String,
    at: Timestamp,
    kind: Kind,
    summary: String,
    data: String,
}

pub fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<History>()
        .read::<api::DescribeAlarmHistory>(describe)
        .refuses::<api::DescribeAlarmHistory>(&[("AlarmContributorId", "alarms have no contributors")])
}

/// Adds a line.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn add(ctx: &mut Ctx<'_>, alarm: &str, kind: Kind, summary: String, data: String) -> Result<()> {
    let number = ctx.next_number("cloudwatch.history")?;
    let line = Line { alarm: alarm.to_owned(), at: ctx.now(), kind, summary, data };
    let prefix = ctx.scope().prefix();
    ctx.put::<History>(prefix.clone().number(u64::MAX - number), line)?;
    if let Some(oldest) = number.checked_sub(KEPT as u64) {
        ctx.delete::<History>(&prefix.number(u64::MAX - oldest))?;
    }
    Ok(())
}

/// Adds a line about an action.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn action(ctx: &mut Ctx<'_>, alarm: &str, summary: &str) -> Result<()> {
    add(ctx, alarm, Kind::Action, summary.to_owned(), json!({ "version": "1.0" }).to_string())
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeAlarmHistoryInput,
) -> Result<api::DescribeAlarmHistoryOutput> {
    let limit = input.max_records.unwrap_or(100);
    if !(1..=100).contains(&limit) {
        return Err(error::validation(format!("MaxRecords must be between 1 and 100, it is {limit}.")));
    }
    if let Some(other) = input.history_item_type.as_deref()
        && ![Kind::ConfigurationUpdate, Kind::StateUpdate, Kind::Action]
            .iter()
            .any(|kind| kind.name() == other)
    {
        return Err(error::validation(format!("HistoryItemType is no known word: {other}")));
    }
    let metric_alarms =
        input.alarm_types.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind == "MetricAlarm"));
    let fits = |line: &Line| {
        metric_alarms
            && input.alarm_name.as_ref().is_none_or(|name| *name == line.alarm)
            && input.history_item_type.as_deref().is_none_or(|kind| kind == line.kind.name())
            && input.start_date.is_none_or(|start| line.at >= start)
            && input.end_date.is_none_or(|end| line.at <= end)
    };
    let view = |line: &Line| api::AlarmHistoryItem {
        alarm_name: Some(line.alarm.clone()),
        alarm_type: Some("MetricAlarm".to_owned()),
        timestamp: Some(line.at),
        history_item_type: Some(line.kind.name().to_owned()),
        history_summary: Some(line.summary.clone()),
        history_data: Some(line.data.clone()),
        ..Default::default()
    };
    let prefix = ctx.scope().prefix();
    if input.scan_by.as_deref() == Some("TimestampAscending") {
        // Rare enough to turn around what is kept; there are no pages then.
        if input.next_token.as_deref().is_some_and(|token| !token.is_empty()) {
            return Err(error::invalid_token());
        }
        let mut all: Vec<&Line> =
            ctx.scan::<History>(&prefix).map(|(_, line)| line).filter(|line| fits(line)).collect();
        all.reverse();
        return Ok(api::DescribeAlarmHistoryOutput {
            alarm_history_items: Some(all.into_iter().map(view).collect()),
            next_token: None,
        });
    }
    let limit = usize::try_from(limit).unwrap_or(1);
    let page = page::scan::<History, _>(ctx, &prefix, input.next_token.as_deref(), limit, |line| {
        fits(line).then(|| view(line))
    })?;
    Ok(api::DescribeAlarmHistoryOutput { alarm_history_items: Some(page.items), next_token: page.next })
}
