//! Pages of List operations: `MaxResults` from 1 to 50, and `NextToken`.

use ironbird_rig::Result;
use ironbird_rig::page::Window;

use crate::error;

/// Items on a page, at most and by default (the model's constraint).
const MOST: usize = 50;

/// Reads `MaxResults` and `NextToken`. The maximum's bounds are the model's, which is checked before.
///
/// # Errors
/// `BadRequestException` for a token that is not ours.
pub(crate) fn window(max_results: Option<i32>, next_token: Option<&str>) -> Result<Window> {
    Window::asked(max_results, MOST, next_token)
        .ok_or_else(|| error::bad_request("The pagination token is invalid."))
}
