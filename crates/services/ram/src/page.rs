//! Pages of Get and List operations: `maxResults` from 1 to 500, and `nextToken`.

use ironbird_rig::page::{Page, Window};
use ironbird_rig::{Error, Key, Result};

/// Items on a page, at most and by default (the model's constraint).
const MOST: usize = 500;

/// The page of `items` that is asked for; they are in the order of `key`, which is unique. The maximum's bounds are the
/// model's, which is checked before.
///
/// # Errors
/// `InvalidNextTokenException` for a token that is not ours.
pub(crate) fn of<I>(
    items: impl IntoIterator<Item = I>,
    key: impl Fn(&I) -> Key,
    (max_results, next_token): (Option<i32>, Option<&str>),
) -> Result<Page<I>> {
    let invalid =
        || Error::client("InvalidNextTokenException", "The specified value for nextToken is not valid.");
    let window = Window::asked(max_results, MOST, next_token).ok_or_else(invalid)?;
    Ok(window.list(items.into_iter(), key))
}
