//! Tags as costs know them: a cost carries the tags that its resource had while it was used, so what was used before a
//! change keeps the tags of before.
//!
//! Source: "Organizing and tracking costs using AWS cost allocation tags" in the Billing user guide.

use std::collections::BTreeMap;

use ironbird_wire::timestamp::Timestamp;

use super::Usages;
use crate::account::Account;
use crate::context::Ctx;
use crate::error::Result;
use crate::store::{Key, Table};

/// Keys and values.
pub type Tags = BTreeMap<String, String>;

/// What tags a resource had from when on: (account, Region, resource, since) → [`Tags`]. A resource that never had
/// any is not here.
pub struct TagSpans;

impl Table for TagSpans {
    const NAME: &'static str = "rig.usage-tags";
    type Record = Tags;
}

/// A tag that a bill tells costs apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagColumn {
    /// Its key.
    pub key: String,
    /// From when up to when its values are told apart, in order; at other times everything counts as untagged.
    pub seen: Vec<(Timestamp, Timestamp)>,
}

impl TagColumn {
    /// A column whose values are told apart at all times.
    pub fn always(key: impl Into<String>) -> Self {
        let all = (Timestamp::from_nanos(i64::MIN), Timestamp::from_nanos(i64::MAX));
        Self { key: key.into(), seen: vec![all] }
    }

    fn is_seen(&self, at: i64) -> bool {
        self.seen.iter().any(|(from, until)| from.nanos() <= at && at < until.nanos())
    }
}

/// Says what tags a resource of the call's scope has from now on. To be called wherever the tags of something that is
/// metered change; keeps nothing where they are what they were.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn tags_changed(ctx: &mut Ctx<'_>, resource: &str, tags: Tags) -> Result<()> {
    let prefix = ctx.scope().key(resource);
    let is_known = match ctx.scan::<TagSpans>(&prefix).last() {
        Some((_, last)) => *last == tags,
        None => tags.is_empty(),
    };
    if is_known {
        return Ok(());
    }
    let since = ctx.now().nanos();
    ctx.put::<TagSpans>(prefix.signed(since), tags)
}

/// The keys of all tags that something had while `account` used it, each with when that was so last: now, where it goes on.
pub fn tag_keys(ctx: &Ctx<'_>, account: Account) -> BTreeMap<String, Timestamp> {
    let mut keys: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut spans = ctx.scan::<TagSpans>(&Key::new().number(account.number())).peekable();
    while let Some((key, tags)) = spans.next() {
        let Some((resource, since)) = split(key) else { continue };
        let next = spans
            .peek()
            .filter(|(next, _)| next.starts_with(&resource))
            .and_then(|(next, _)| Some(split(next)?.1));
        let uses = ctx.scan::<Usages>(&resource).filter_map(|(_, usage)| {
            let until = usage.until.unwrap_or(ctx.now()).nanos().min(next.unwrap_or(i64::MAX));
            (usage.from.nanos().max(since) <= until).then_some(until)
        });
        let Some(last) = uses.max().map(Timestamp::from_nanos) else { continue };
        for key in tags.keys() {
            let used = keys.entry(key.clone()).or_insert(last);
            *used = last.max(*used);
        }
    }
    keys
}

/// The values of one part of a use, one for each column.
pub(super) type Values<'t> = Vec<Option<&'t str>>;

/// Where the use of `resource`, the prefix of its keys, from `begin` up to `end` is cut: the end of each part with the
/// values that it has in `columns`. The last ends at `end`.
pub(super) fn parts<'t>(
    ctx: &'t Ctx<'_>,
    resource: &Key,
    columns: &[TagColumn],
    begin: i64,
    end: i64,
) -> Vec<(i64, Values<'t>)> {
    if columns.is_empty() {
        return vec![(end, Values::new())];
    }
    let spans: Vec<(i64, &Tags)> = ctx
        .scan::<TagSpans>(resource)
        .filter_map(|(key, tags)| Some((split(key)?.1, tags)))
        .take_while(|(since, _)| *since < end)
        .collect();
    if spans.is_empty() {
        return vec![(end, vec![None; columns.len()])];
    }
    let edges = columns.iter().flat_map(|column| &column.seen).flat_map(|(from, until)| [*from, *until]);
    let mut cuts: Vec<i64> =
        edges.map(Timestamp::nanos).chain(spans.iter().map(|(since, _)| *since)).collect();
    cuts.retain(|cut| begin < *cut && *cut < end);
    cuts.push(end);
    cuts.sort_unstable();
    cuts.dedup();
    let mut parts: Vec<(i64, Values<'t>)> = Vec::with_capacity(cuts.len());
    let mut at = begin;
    for cut in cuts {
        let tags = spans.iter().rev().find(|(since, _)| *since <= at).map(|(_, tags)| *tags);
        let value = |column: &TagColumn| {
            tags.filter(|_| column.is_seen(at)).and_then(|tags| tags.get(&column.key)).map(String::as_str)
        };
        let values: Values<'t> = columns.iter().map(value).collect();
        match parts.last_mut() {
            Some((until, last)) if *last == values => *until = cut,
            _ => parts.push((cut, values)),
        }
        at = cut;
    }
    parts
}

/// The resource, the prefix of its keys, and when the tags at that key came to be.
fn split(key: &Key) -> Option<(Key, i64)> {
    let (resource, since) = key.as_bytes().split_last_chunk::<8>()?;
    Some((Key::from_bytes(resource), Key::read_signed(*since)))
}
