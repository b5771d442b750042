//! Ids of templates and experiments, and the ARNs they are part of.

use ironbird_rig::{Ctx, Result};

/// Characters after the three that say what it is.
const LENGTH: usize = 15;

/// A fresh id: `EXT` or `EXP` and letters and digits, as in FIS's examples.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn fresh(ctx: &mut Ctx<'_>, prefix: &str) -> Result<String> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = ctx.fresh_seed(prefix)?.rng();
    let draw = |_| char::from(letters[usize::try_from(rng.below(62)).unwrap_or(0)]);
    Ok(prefix.chars().chain((0..LENGTH).map(draw)).collect())
}

/// `arn:aws:fis:{region}:{account}:{kind}/{id}`
pub(crate) fn arn(ctx: &Ctx<'_>, kind: &str, id: &str) -> String {
    ctx.arn("fis", &format!("{kind}/{id}"))
}
