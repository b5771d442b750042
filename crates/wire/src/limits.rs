//! How much a message may ask of us. Every decoder checks before it allocates.

use crate::rejection::Rejection;

/// Upper bounds of one message. A caller that knows better (a function archive in a body, say) raises one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Bytes of a query string and of a path, each.
    pub uri: usize,
    /// How deep structures, lists and maps may lie in one another.
    pub depth: usize,
    /// Parameters of a form-encoded message.
    pub parameters: usize,
    /// Places for values that a message may fill: one for each list element and map entry, and one for each
    /// member of a structure it makes (asked for or not, since the structure has room for all of them). This,
    /// not the size of the body, bounds the memory that a decoded message takes.
    pub slots: usize,
    /// Unknown members that are remembered by name; the rest are only counted out.
    pub unknown: usize,
}

impl Limits {
    /// Wide enough for everything that AWS takes outside of blob payloads.
    pub const DEFAULT: Self = Self {
        body: 16 * 1024 * 1024,
        uri: 64 * 1024,
        depth: 64,
        parameters: 20_000,
        slots: 2_000_000,
        unknown: 100,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What is left of [`Limits::slots`] while a message is read.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self { left: limits.slots }
    }

    /// Takes `amount` places.
    pub(crate) fn spend(&mut self, amount: usize) -> Result<(), Rejection> {
        match self.left.checked_sub(amount) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Rejection::too_large("the message has too many members and elements")),
        }
    }
}

/// Refuses a body or URI over the limit.
pub(crate) fn check_size(what: &str, size: usize, limit: usize) -> Result<(), Rejection> {
    if size <= limit {
        return Ok(());
    }
    Err(Rejection::too_large(format!("the {what} has {size} bytes, more than the {limit} allowed")))
}
