//! Pages of Describe operations: `MaxRecords` and `NextToken`.

use std::ops::Deref;

use ironbird_rig::{Result, page};

use crate::error;

pub use ironbird_rig::page::Page;

/// Records of a page unless asked otherwise (API reference, `MaxRecords` of every operation).
const DEFAULT: i32 = 50;

/// Which part of an answer is wanted.
pub struct Window(page::Window);

impl Window {
    /// Reads `MaxRecords` and `NextToken`; a page holds at most `most`.
    ///
    /// # Errors
    /// `ValidationError` for a maximum out of bounds, `InvalidNextToken` for a token that is not ours.
    pub fn read(max_records: Option<i32>, next_token: Option<&str>, most: i32) -> Result<Self> {
        let limit = max_records.unwrap_or(DEFAULT);
        if !(1..=most).contains(&limit) {
            let message = format!("MaxRecords must be between 1 and {most}, it is {limit}");
            return Err(error::validation(message));
        }
        let window = page::Window::new(usize::try_from(limit).unwrap_or(1), next_token);
        window.map(Self).ok_or_else(error::invalid_token)
    }
}

impl Deref for Window {
    type Target = page::Window;

    fn deref(&self) -> &page::Window {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use ironbird_rig::store::Key;

    use super::Window;

    #[test]
    fn lists_are_cut_into_pages() {
        let names = ["a", "b", "c"];
        let key = |name: &&&str| Key::new().text(name);
        let first = Window::read(Some(2), None, 100).unwrap().list(names.iter(), key);
        assert_eq!(first.items, [&"a", &"b"]);
        let rest = Window::read(Some(2), first.next.as_deref(), 100).unwrap().list(names.iter(), key);
        assert_eq!((rest.items, rest.next), (vec![&"c"], None));
    }

    #[test]
    fn bounds_and_tokens_are_checked() {
        let code = |max, token| Window::read(max, token, 100).err().map(|error| error.code().to_owned());
        assert_eq!(code(Some(0), None).as_deref(), Some("ValidationError"));
        assert_eq!(code(Some(101), None).as_deref(), Some("ValidationError"));
        assert_eq!(code(None, Some("forged")).as_deref(), Some("InvalidNextToken"));
        assert_eq!(code(Some(100), Some("")), None);
    }
}
