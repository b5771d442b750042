//! Cost allocation tags: which tags costs carry. The payer activates them, and from then on what is used carries the tag that
//! its resource has; a backfill extends what is active now to the past.
//!
//! Source: "Organizing and tracking costs using AWS cost allocation tags" and "Backfill cost allocation tags" in the Billing
//! user guide. A key appears, is activated and deactivated at once here, where AWS may take up to 24 hours.

mod activate;
mod backfill;

use std::collections::BTreeMap;

use ironbird_rig::{Account, Ctx, Error, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::view;

/// All tags that were ever activated or deactivated: (payer, key) → [`AllocationTag`].
struct AllocationTags;

impl Table for AllocationTags {
    const NAME: &'static str = "ce.cost-allocation-tags";
    type Record = AllocationTag;
}

/// A tag that was activated at some time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AllocationTag {
    key: String,
    /// When that changed.
    updated: Timestamp,
    /// Since when it is active; none while it is not.
    active_since: Option<Timestamp>,
    /// From when up to when it was active before, in order.
    active_before: Vec<(Timestamp, Timestamp)>,
}

impl AllocationTag {
    /// From when up to when costs carry the tag, in order.
    pub(crate) fn seen(&self) -> Vec<(Timestamp, Timestamp)> {
        let now = self.active_since.map(|since| (since, Timestamp::from_nanos(i64::MAX)));
        self.active_before.iter().copied().chain(now).collect()
    }

    /// Activates or deactivates it. That it is so already changes nothing.
    fn set(&mut self, is_active: bool, now: Timestamp) {
        match self.active_since {
            Some(since) if !is_active => {
                self.active_since = None;
                self.active_before.push((since, now));
            }
            None if is_active => self.active_since = Some(now),
            _ => return,
        }
        self.updated = now;
    }

    /// Lets what is so at `until` have been so since `from`.
    fn backfill(&mut self, from: Timestamp, until: Timestamp) {
        let is_active = self.seen().iter().any(|(begin, end)| *begin <= until && until < *end);
        let cut = |(begin, end): (Timestamp, Timestamp)| [(begin, end.min(from)), (begin.max(until), end)];
        let before = std::mem::take(&mut self.active_before).into_iter().flat_map(cut);
        let mut before: Vec<_> = before.filter(|(begin, end)| begin < end).collect();
        if is_active {
            match self.active_since {
                Some(since) if since <= until => self.active_since = Some(from),
                _ => before.push((from, until)),
            }
        }
        before.sort_unstable();
        self.active_before = before;
    }
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    backfill::register(activate::register(definition.table::<AllocationTags>()))
}

/// What `payer` activated at some time, by key.
pub(crate) fn tags(ctx: &Ctx<'_>, payer: Account) -> BTreeMap<String, AllocationTag> {
    ctx.scan::<AllocationTags>(&prefix(payer)).map(|(_, tag)| (tag.key.clone(), tag.clone())).collect()
}

fn prefix(payer: Account) -> Key {
    Key::new().number(payer.number())
}

/// The calling account, which has to be one that pays.
///
/// # Errors
/// `AccessDeniedException` for a member of an organization.
fn paying(ctx: &mut Ctx<'_>, doing: &str) -> Result<Account> {
    let own = ctx.scope().account;
    if view::payer(ctx)?.is_some_and(|payer| payer != own) {
        let message =
            format!("Failed to {doing}: Linked account doesn't have access to cost allocation tags.");
        return Err(Error::client("AccessDeniedException", message));
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use ironbird_rig::Timestamp;

    use super::AllocationTag;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn seen(tag: &AllocationTag) -> Vec<(i64, i64)> {
        tag.seen().iter().map(|(from, until)| (from.secs(), until.secs().min(1000))).collect()
    }

    #[test]
    fn a_tag_counts_while_it_is_active() {
        let mut tag = AllocationTag::default();
        for (is_active, now) in [(true, 10), (true, 15), (false, 20), (false, 25), (true, 30)] {
            tag.set(is_active, at(now));
        }
        assert_eq!(seen(&tag), [(10, 20), (30, 1000)]);
        assert_eq!(tag.updated, at(30));
    }

    #[test]
    fn a_backfill_says_of_the_past_what_is_so_now() {
        let mut active = AllocationTag::default();
        active.set(true, at(10));
        active.set(false, at(20));
        active.set(true, at(30));
        active.backfill(at(15), at(40));
        assert_eq!(seen(&active), [(10, 15), (15, 1000)]);
        let mut inactive = AllocationTag::default();
        inactive.set(true, at(10));
        inactive.set(false, at(20));
        inactive.backfill(at(15), at(40));
        assert_eq!(seen(&inactive), [(10, 15)]);
        let mut changed_since = AllocationTag::default();
        changed_since.set(true, at(10));
        changed_since.set(false, at(50));
        changed_since.backfill(at(0), at(40));
        assert_eq!(seen(&changed_since), [(0, 40), (40, 50)]);
    }
}
