//! Pages of Describe operations: `MaxRecords` and `NextToken`.

use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Result, Table, page};

use crate::error;

pub use ironbird_rig::page::Page;

/// Records of a page unless asked otherwise (API reference, `MaxRecords` of every operation).
const DEFAULT: i32 = 50;

/// Which part of an answer is wanted.
pub struct Window {
    limit: usize,
    after: Option<Key>,
}

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
        let after = match next_token.filter(|token| !token.is_empty()) {
            None => None,
            Some(token) => Some(page::key(token).ok_or_else(error::invalid_token)?),
        };
        Ok(Self { limit: usize::try_from(limit).unwrap_or(1), after })
    }

    /// Fills a page with what `choose` makes of the records below `prefix`.
    pub fn scan<T: Table, I>(
        &self,
        ctx: &Ctx<'_>,
        prefix: &Key,
        choose: impl FnMut(&T::Record) -> Option<I>,
    ) -> Page<I> {
        match &self.after {
            None => page::take(ctx.scan::<T>(prefix), self.limit, choose),
            Some(after) => page::take(ctx.scan_after::<T>(prefix, after), self.limit, choose),
        }
    }

    /// Fills a page from items that are in the order of `key`, which is unique: the token holds the last key.
    pub fn list<I>(&self, items: impl Iterator<Item = I>, key: impl Fn(&I) -> Key) -> Page<I> {
        let mut rest = items.skip_while(|item| self.after.as_ref().is_some_and(|after| key(item) <= *after));
        let chosen: Vec<I> = rest.by_ref().take(self.limit).collect();
        let more = rest.next().is_some();
        let next = chosen.last().filter(|_| more).map(|last| page::token(&key(last)));
        Page { items: chosen, next }
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
