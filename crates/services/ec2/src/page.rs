//! Pages of Describe operations. A page costs what it holds: the scan starts at the key in the token.

use std::ops::{Deref, RangeInclusive};

use ironbird_rig::store::Key;
use ironbird_rig::{Error, Result, page};

use crate::error;

pub use ironbird_rig::page::Page;

/// Bounds of `MaxResults` in most operations.
pub const USUAL: RangeInclusive<i32> = 5..=1000;

/// Which part of an answer is wanted.
pub struct Window(page::Window);

impl Window {
    /// Reads `MaxResults` and `NextToken`. Without a maximum a page holds as many as the bounds allow.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a maximum out of bounds, `InvalidNextToken` for a token that is not ours.
    pub fn read(
        max_results: Option<i32>,
        next_token: Option<&str>,
        bounds: RangeInclusive<i32>,
    ) -> Result<Self> {
        let (least, most) = (*bounds.start(), *bounds.end());
        let limit = max_results.unwrap_or(most);
        if limit < least {
            let reason = format!("Expecting a value greater than or equal to {least}.");
            return Err(out_of_bounds(limit, &reason));
        }
        if limit > most {
            let reason = format!("Expecting a value less than or equal to {most}.");
            return Err(out_of_bounds(limit, &reason));
        }
        let window = page::Window::new(usize::try_from(limit).unwrap_or(0), next_token);
        window.map(Self).ok_or_else(|| invalid_token(next_token.unwrap_or_default()))
    }

    /// Everything on one page, for operations that have no pages.
    pub const fn whole() -> Self {
        Self(page::Window::whole())
    }

    /// Fills a page with items that are not in a table, from a list in the order of `name`, which must be
    /// unique: the token holds the last name.
    pub fn list<I>(&self, items: impl Iterator<Item = I>, name: impl Fn(&I) -> &str) -> Page<I> {
        self.0.list(items, |item| Key::new().text(name(item)))
    }
}

impl Deref for Window {
    type Target = page::Window;

    fn deref(&self) -> &page::Window {
        &self.0
    }
}

fn out_of_bounds(limit: i32, reason: &str) -> Error {
    error::invalid_value(format!("Value ( {limit} ) for parameter maxResults is invalid. {reason}"))
}

fn invalid_token(token: &str) -> Error {
    let shown: String = token.chars().take(100).collect();
    Error::client("InvalidNextToken", format!("The token '{shown}' is invalid"))
}

#[cfg(test)]
mod tests {
    use super::{USUAL, Window};

    #[test]
    fn lists_are_cut_into_pages() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let window = Window::read(Some(5), None, USUAL).unwrap();
        let page = window.list(names.iter(), |name| name);
        assert_eq!(page.items.len(), 5);
        let window = Window::read(Some(5), page.next.as_deref(), USUAL).unwrap();
        let page = window.list(names.iter(), |name| name);
        assert_eq!((page.items, page.next), (vec![&"f"], None));
    }

    #[test]
    fn bounds_and_tokens_are_checked() {
        let code = |max, token| Window::read(max, token, USUAL).err().unwrap().code().to_owned();
        assert_eq!(code(Some(4), None), "InvalidParameterValue");
        assert_eq!(code(Some(1001), None), "InvalidParameterValue");
        assert_eq!(code(None, Some("forged")), "InvalidNextToken");
    }
}
