//! Pages: `MaxRecords` and `NextToken`.

use ironbird_rig::page::{self, Page};
use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Result, Table};

use crate::error;

/// Fills a page of up to `limit` with what `choose` makes of the records below `prefix`, after those of `token`.
///
/// # Errors
/// `InvalidNextToken` for a token that is not ours.
pub fn scan<T: Table, I>(
    ctx: &Ctx<'_>,
    prefix: &Key,
    token: Option<&str>,
    limit: usize,
    choose: impl FnMut(&T::Record) -> Option<I>,
) -> Result<Page<I>> {
    let after = match token.filter(|token| !token.is_empty()) {
        None => None,
        Some(token) => Some(page::key(token).ok_or_else(error::invalid_token)?),
    };
    Ok(match &after {
        None => page::take(ctx.scan::<T>(prefix), limit, choose),
        Some(after) => page::take(ctx.scan_after::<T>(prefix, after), limit, choose),
    })
}
