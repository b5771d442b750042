//! Pages of List operations: `MaxResults` from 1 to 100, and `NextToken`.

use ironbird_rig::Result;
use ironbird_rig::page::Window;

use crate::error;

/// Items on a page, at most and by default (the model's constraint).
const MOST: usize = 100;

/// Reads `MaxResults` and `NextToken`. The maximum's bounds are the model's, which is checked before.
///
/// # Errors
/// `ValidationException` for a token that is not ours.
pub(crate) fn window(max_results: Option<i32>, next_token: Option<&str>) -> Result<Window> {
    Window::asked(max_results, MOST, next_token)
        .ok_or_else(|| error::validation("The pagination token is invalid."))
}
