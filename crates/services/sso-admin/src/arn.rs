//! ARNs of instances and of what is in them. Those of instances and permission sets name neither account nor Region.

use ironbird_rig::{Ctx, Result};

/// Hexadecimal digits of the ids of instances, permission sets and applications.
pub(crate) const DIGITS: usize = 16;

/// `arn:aws:sso:::instance/ssoins-…`
pub(crate) fn instance(ctx: &Ctx<'_>, id: &str) -> String {
    format!("arn:{}:sso:::instance/{id}", ctx.region().partition())
}

/// The id in the ARN of an instance; none in any other text.
pub(crate) fn instance_id<'a>(ctx: &Ctx<'_>, arn: &'a str) -> Option<&'a str> {
    arn.strip_prefix(&instance(ctx, ""))
}

/// A fresh id: `prefix` and so many hexadecimal digits.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn fresh(ctx: &mut Ctx<'_>, prefix: &str, digits: usize) -> Result<String> {
    let bits = ctx.fresh_seed(prefix)?.bits();
    let text = format!("{bits:016x}");
    Ok(format!("{prefix}{}", &text[..digits.min(text.len())]))
}
