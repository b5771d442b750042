//! Pages of Describe operations: `PageSize` from 1 to 400, and `Marker`.

use ironbird_rig::Result;
use ironbird_rig::page::Window;

use crate::error;

/// Items on a page, at most and by default (the model's constraint).
const MOST: usize = 400;

/// Reads `PageSize` and `Marker`. The size's bounds are the model's, which is checked before.
///
/// # Errors
/// `ValidationError` for a marker that is not ours.
pub(crate) fn window(page_size: Option<i32>, marker: Option<&str>) -> Result<Window> {
    Window::asked(page_size, MOST, marker).ok_or_else(|| error::validation("The marker is not valid"))
}
