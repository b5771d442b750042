//! How often something happened, by what it was.

use std::collections::BTreeMap;

use ironbird_rig::{Ctx, Timestamp, events};
use serde::{Deserialize, Serialize};

use super::span_of;
use crate::own::written;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happenings {
    /// By detail type, in the order of sources and detail types.
    pub lanes: Vec<Lane>,
    /// How many events of an account and Region the rig keeps.
    pub keeps: u64,
    /// How many events were let go, as newer ones of their account and Region came.
    pub forgotten: u64,
    /// When the first one of those that are kept happened, where some were let go.
    pub since: Option<String>,
}

/// Events of one detail type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// `aws.ec2`
    pub source: String,
    /// `EC2 Instance State-change Notification`
    pub detail_type: String,
    /// How many there were in each span, of those that are kept.
    pub counts: Vec<u64>,
}

/// The events that are kept.
pub(super) fn show(ctx: &Ctx<'_>, bounds: &[Timestamp]) -> Happenings {
    let mut lanes: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
    let mut kept = 0;
    for event in events::after(ctx, 0) {
        kept += 1;
        let counts = lanes
            .entry((&event.source, &event.detail_type))
            .or_insert_with(|| vec![0; bounds.len().saturating_sub(1)]);
        if let Some(count) = span_of(bounds, event.time).and_then(|span| counts.get_mut(span)) {
            *count += 1;
        }
    }
    let forgotten = events::last(ctx).saturating_sub(kept);
    let first = events::after(ctx, 0).next().filter(|_| forgotten > 0);
    let lane = |((source, detail_type), counts): ((&str, &str), _)| Lane {
        source: source.to_owned(),
        detail_type: detail_type.to_owned(),
        counts,
    };
    Happenings {
        lanes: lanes.into_iter().map(lane).collect(),
        keeps: ctx.settings().events,
        forgotten,
        since: first.map(|event| written(event.time)),
    }
}
