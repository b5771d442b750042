//! What is wrong with a policy document.

use std::borrow::Cow;
use std::fmt;

/// A document that is no policy, or not one of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    message: Cow<'static, str>,
    place: String,
    detail: String,
}

impl Malformed {
    /// `message` as AWS words it, `detail` for people: what is wrong at `place`.
    pub(super) fn new(message: impl Into<Cow<'static, str>>, place: &str, detail: impl Into<String>) -> Self {
        Self { message: message.into(), place: place.to_owned(), detail: detail.into() }
    }

    /// The words that AWS answers with; without the place, which AWS keeps to itself.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in the document: `Statement[1].Condition.DateLessThan`; empty for the document itself.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { "the document" } else { &self.place };
        write!(f, "{} ({place}: {})", self.message, self.detail)
    }
}

impl std::error::Error for Malformed {}
