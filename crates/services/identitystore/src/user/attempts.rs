//! Wrong passwords: after some in a row a user's right one is refused, too, for a while.
//!
//! A call that fails leaves nothing behind, so whoever asked for the password says afterwards that it was wrong. What is answered
//! stays the same: nobody learns which names there are.

use ironbird_rig::{Ctx, Key, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

/// Wrong passwords in a row, and the seconds after the last of them for which none is right. AWS publishes no figures.
const MOST: u32 = 5;
const PAUSE: i64 = 15 * 60;

/// What users got wrong: (account, Region, store, user).
pub(crate) struct Attempts;

impl Table for Attempts {
    const NAME: &'static str = "identitystore.attempts";
    type Record = Failed;
}

/// Wrong passwords in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    times: u32,
    last: Timestamp,
}

/// Whether a user has to wait.
pub(super) fn has_to_wait(ctx: &Ctx<'_>, store: &Key, user: &str) -> bool {
    let failed = ctx.peek::<Attempts>(&store.clone().text(user));
    failed.is_some_and(|failed| failed.times >= MOST && ctx.now().secs() < failed.last.secs() + PAUSE)
}

/// Counts a wrong password. Those of some time ago are forgotten.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn count(ctx: &mut Ctx<'_>, store: &Key, user: &str) -> Result<()> {
    let (key, now) = (store.clone().text(user), ctx.now());
    let before = ctx.peek::<Attempts>(&key).filter(|failed| now.secs() < failed.last.secs() + PAUSE);
    // Attempts during the pause do not make it longer: nobody is to be shut out for good.
    let failed = match before {
        Some(failed) if failed.times >= MOST => failed.clone(),
        Some(failed) => Failed { times: failed.times + 1, last: now },
        None => Failed { times: 1, last: now },
    };
    ctx.put::<Attempts>(key, failed)
}

/// Forgets what a user got wrong.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, store: &Key, user: &str) -> Result<()> {
    ctx.delete::<Attempts>(&store.clone().text(user)).map(drop)
}
