//! What is kept of an alarm.

use std::collections::BTreeMap;

use ironbird_api::cloudwatch as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::store::Key;
use ironbird_rig::timer::TimerId;
use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::series::Name;
use crate::error;

const REQUEST: Place = Place::input("cloudwatch", "PutMetricAlarm", &[]);

/// All alarms: (account, Region, name).
pub struct Alarms;

impl Table for Alarms {
    const NAME: &'static str = "cloudwatch.alarms";
    type Record = Alarm;
}

/// Which alarms watch a metric: (account, Region, namespace, name, dimensions, empty, alarm).
pub struct Watchers;

impl Table for Watchers {
    const NAME: &'static str = "cloudwatch.watchers";
    /// The alarm.
    type Record = String;
}

/// States of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.name() == text)
    }
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    pub name: String,
    /// The request as it came.
    request: Value,
    pub actions_enabled: bool,
    pub tags: BTreeMap<String, String>,
    pub updated: Timestamp,
    pub state: State,
    pub reason: String,
    pub reason_data: Option<String>,
    /// When it was last evaluated to what it is, or set.
    pub state_updated: Timestamp,
    /// When it last changed.
    pub state_changed: Timestamp,
    /// The next evaluation, where one is due.
    pub timer: Option<TimerId>,
}

impl Alarm {
    /// A new one.
    ///
    /// # Errors
    /// Faults of ours only.
    pub fn new(request: &api::PutMetricAlarmInput, now: Timestamp) -> Result<Self> {
        Ok(Self {
            name: request.alarm_name.clone(),
            request: document::write(REQUEST, request)?,
            actions_enabled: request.actions_enabled.unwrap_or(true),
            tags: BTreeMap::new(),
            updated: now,
            state: State::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            reason_data: None,
            state_updated: now,
            state_changed: now,
            timer: None,
        })
    }

    /// Takes on what another request says; state and tags stay.
    ///
    /// # Errors
    /// Faults of ours only.
    pub fn redefine(&mut self, request: &api::PutMetricAlarmInput, now: Timestamp) -> Result<()> {
        self.request = document::write(REQUEST, request)?;
        self.actions_enabled = request.actions_enabled.unwrap_or(true);
        self.updated = now;
        Ok(())
    }

    /// What it was defined with.
    ///
    /// # Errors
    /// Faults of ours only.
    pub fn request(&self) -> Result<api::PutMetricAlarmInput> {
        Ok(document::read(REQUEST, &self.request)?)
    }

    /// `arn:aws:cloudwatch:…:alarm:NAME`
    pub fn arn(&self, ctx: &Ctx<'_>) -> String {
        arn(ctx, &self.name)
    }
}

/// ARN of the alarm of that name.
pub fn arn(ctx: &Ctx<'_>, name: &str) -> String {
    ctx.arn("cloudwatch", &format!("alarm:{name}"))
}

/// The metrics that an alarm watches.
///
/// # Errors
/// Where a metric has no name.
pub fn metrics(request: &api::PutMetricAlarmInput) -> Result<Vec<Name>> {
    if let (Some(namespace), Some(metric)) = (&request.namespace, &request.metric_name) {
        return Ok(vec![Name::new(namespace, metric, request.dimensions.as_deref().unwrap_or_default())]);
    }
    let stats = request.metrics.iter().flatten().filter_map(|query| query.metric_stat.as_ref());
    stats.map(|stat| Name::of(&stat.metric)).collect()
}

/// Where the watchers of a metric stand; no dimension has an empty name, so that those of a metric with further dimensions
/// are elsewhere.
fn watchers(ctx: &Ctx<'_>, metric: &Name) -> Key {
    metric.key(ctx).text("")
}

/// The alarms that watch a metric.
pub fn watching(ctx: &Ctx<'_>, metric: &Name) -> Vec<String> {
    ctx.scan::<Watchers>(&watchers(ctx, metric)).map(|(_, alarm)| alarm.clone()).collect()
}

/// The alarm of that name.
///
/// # Errors
/// `ResourceNotFound`.
pub fn get(ctx: &Ctx<'_>, name: &str) -> Result<Alarm> {
    ctx.peek::<Alarms>(&ctx.scope().key(name)).cloned().ok_or_else(|| error::no_alarm(name))
}

/// Keeps an alarm.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn save(ctx: &mut Ctx<'_>, alarm: Alarm) -> Result<()> {
    let key = ctx.scope().key(&alarm.name);
    ctx.put::<Alarms>(key, alarm)
}

/// Notes which metrics an alarm watches.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn watch(ctx: &mut Ctx<'_>, alarm: &str, request: &api::PutMetricAlarmInput) -> Result<()> {
    for metric in metrics(request)? {
        let key = watchers(ctx, &metric).text(alarm);
        ctx.put::<Watchers>(key, alarm.to_owned())?;
    }
    Ok(())
}

/// Forgets which metrics an alarm watches, and its next evaluation.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn unwatch(ctx: &mut Ctx<'_>, alarm: &Alarm) -> Result<()> {
    if let Some(timer) = alarm.timer {
        ctx.cancel(timer)?;
    }
    for metric in metrics(&alarm.request()?)? {
        let key = watchers(ctx, &metric).text(&alarm.name);
        ctx.delete::<Watchers>(&key)?;
    }
    Ok(())
}
