//! What levers are given.

use ironbird_rig::{Error, Result};
use serde_json::Value;

/// The text of that name.
///
/// # Errors
/// `ValidationException` where it is missing.
pub(crate) fn text<'g>(given: &'g Value, name: &str) -> Result<&'g str> {
    optional(given, name).ok_or_else(|| invalid(format!("`{name}` is missing: it must be a text.")))
}

/// The text of that name, if it is there.
pub(crate) fn optional<'g>(given: &'g Value, name: &str) -> Option<&'g str> {
    given.get(name).and_then(Value::as_str)
}

/// Whether something is true.
///
/// # Errors
/// `ValidationException` where it is missing.
pub(crate) fn flag(given: &Value, name: &str) -> Result<bool> {
    let missing = || invalid(format!("`{name}` is missing: it must be true or false."));
    given.get(name).and_then(Value::as_bool).ok_or_else(missing)
}

fn invalid(message: String) -> Error {
    Error::client("ValidationException", message)
}
