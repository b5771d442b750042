//! Pages: `MaxRecords` and `NextToken`.

use ironbird_rig::page::{self, Page, Window};
use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Result, Table};

use crate::error;

/// Fills a page of up to `limit` with what `choose` makes of records in the order of their keys, after those of `token`.
///
/// # Errors
/// `InvalidNextToken` for a token that is not ours.
pub fn named<'t, R: 't, I>(
    records: impl Iterator<Item = (&'t Key, &'t R)>,
    token: Option<&str>,
    limit: usize,
    choose: impl FnMut(&'t R) -> Option<I>,
) -> Result<Page<I>> {
    let window = Window::new(limit, token).ok_or_else(error::invalid_token)?;
    let rest = records.skip_while(|(key, _)| window.after().is_some_and(|after| *key <= after));
    Ok(page::take(rest, limit, choose))
}

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
    let window = Window::new(limit, token).ok_or_else(error::invalid_token)?;
    Ok(window.scan::<T, _>(ctx, prefix, choose))
}
