//! Pages of List operations: `MaxItems` and `Marker`.

use ironbird_rig::page::Window;
use ironbird_rig::{Key, Result};

use crate::error;

/// Items on a page unless asked otherwise (API reference, `MaxItems`).
const USUAL: usize = 100;

/// Reads `MaxItems` and `Marker`. The bounds of the first are the model's, which is checked before.
///
/// # Errors
/// `ValidationError` for a marker that is not ours.
pub(crate) fn window(max_items: Option<i32>, marker: Option<&str>) -> Result<Window> {
    let limit = max_items.and_then(|most| usize::try_from(most).ok()).unwrap_or(USUAL).max(1);
    Window::new(limit, marker).ok_or_else(|| error::validation("Invalid Marker."))
}

/// The page of a list of texts, in their order.
///
/// # Errors
/// Those of [`window`].
pub(crate) fn texts<'t>(
    texts: impl Iterator<Item = &'t String>,
    max_items: Option<i32>,
    marker: Option<&str>,
) -> Result<ironbird_rig::page::Page<&'t String>> {
    Ok(window(max_items, marker)?.list(texts, |text| Key::new().text(text)))
}
