//! Session tokens of IMDSv2. Nothing is kept of them: a token says until when it is good, and carries a mark that only the
//! world it comes from can make for that instance and time.

use ironbird_rig::{Ctx, Timestamp};

/// Seconds that a token may last at most (EC2 user guide).
pub(super) const LONGEST: i64 = 21_600;

/// A token for an instance that is good for so many seconds.
pub(super) fn issue(ctx: &Ctx<'_>, instance: &str, seconds: i64) -> String {
    let until = ctx.now().secs().saturating_add(seconds);
    format!("{until:016x}{}", mark(ctx, instance, until))
}

/// Whether a token is this instance's and still good.
pub(super) fn is_good(ctx: &Ctx<'_>, instance: &str, token: &str) -> bool {
    let Some((until, given)) = token.split_at_checked(16) else { return false };
    let Ok(until) = i64::from_str_radix(until, 16) else { return false };
    let own = mark(ctx, instance, until);
    // Every character is looked at, so that the time taken tells nothing of where they differ.
    let differ = own.bytes().zip(given.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    own.len() == given.len() && differ == 0 && ctx.now() < Timestamp::from_secs(until)
}

fn mark(ctx: &Ctx<'_>, instance: &str, until: i64) -> String {
    let seed = ctx.seed().child("ec2.metadata-token").child(instance).nth(until.cast_unsigned());
    format!("{:016x}{:016x}", seed.nth(1).bits(), seed.nth(2).bits())
}
