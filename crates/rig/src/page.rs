//! Answers in pages: a token is the key after which the next page begins, so a page costs what it holds.

use crate::context::Ctx;
use crate::store::{Key, Table};

/// Part of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// Token of the next one, if there is one.
    pub next: Option<String>,
}

/// Which part of an answer is wanted.
pub struct Window {
    limit: usize,
    after: Option<Key>,
}

impl Window {
    /// At most `limit` items, after where the page of `token` ended; none where the token is not one of ours.
    pub fn new(limit: usize, token: Option<&str>) -> Option<Self> {
        let after = match token.filter(|token| !token.is_empty()) {
            None => None,
            Some(token) => Some(key(token)?),
        };
        Some(Self { limit, after })
    }

    /// As many as a request asks for, from one to `most`, and `most` where it does not say; for operations whose model has
    /// the bounds, which is checked before.
    pub fn asked(limit: Option<i32>, most: usize, token: Option<&str>) -> Option<Self> {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(most);
        Self::new(limit.clamp(1, most), token)
    }

    /// Everything on one page.
    pub const fn whole() -> Self {
        Self { limit: usize::MAX, after: None }
    }

    /// How many a page may hold.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// The key after which the page begins.
    pub const fn after(&self) -> Option<&Key> {
        self.after.as_ref()
    }

    /// Fills a page with what `choose` makes of the records below `prefix`.
    pub fn scan<'t, T: Table, I>(
        &self,
        ctx: &'t Ctx<'_>,
        prefix: &Key,
        choose: impl FnMut(&'t T::Record) -> Option<I>,
    ) -> Page<I> {
        match &self.after {
            None => take(ctx.scan::<T>(prefix), self.limit, choose),
            Some(after) => take(ctx.scan_after::<T>(prefix, after), self.limit, choose),
        }
    }

    /// Fills a page from items that are in the order of `key`, which is unique.
    pub fn list<I>(&self, items: impl Iterator<Item = I>, key: impl Fn(&I) -> Key) -> Page<I> {
        let mut rest = items.skip_while(|item| self.after.as_ref().is_some_and(|after| key(item) <= *after));
        let chosen: Vec<I> = rest.by_ref().take(self.limit).collect();
        let more = rest.next().is_some();
        let next = chosen.last().filter(|_| more).map(|last| token(&key(last)));
        Page { items: chosen, next }
    }
}

/// A token that stands for `key`. Opaque to callers, and checked when it comes back.
pub fn token(key: &Key) -> String {
    let mut text = String::with_capacity(key.as_bytes().len() * 2 + 2);
    for byte in key.as_bytes().iter().chain(std::iter::once(&check(key.as_bytes()))) {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    text
}

/// The key that `token` stands for; none where it is not one of ours.
pub fn key(token: &str) -> Option<Key> {
    let digits = token.as_bytes();
    if digits.len() < 2 || !digits.len().is_multiple_of(2) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for pair in digits.chunks_exact(2) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    let found = bytes.pop()?;
    (found == check(&bytes)).then(|| Key::from_bytes(&bytes))
}

fn check(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0x5a, |sum: u8, byte| sum.rotate_left(1) ^ byte)
}

/// Takes up to `limit` items that `choose` makes of keyed records, and the token for the rest.
pub fn take<'a, R: 'a, T>(
    records: impl Iterator<Item = (&'a Key, &'a R)>,
    limit: usize,
    mut choose: impl FnMut(&'a R) -> Option<T>,
) -> Page<T> {
    let mut items = Vec::new();
    let mut last = None;
    for (at, record) in records {
        let Some(item) = choose(record) else { continue };
        if items.len() == limit {
            return Page { items, next: last.map(token) };
        }
        items.push(item);
        last = Some(at);
    }
    Page { items, next: None }
}

#[cfg(test)]
mod tests {
    use super::{Page, key, take, token};
    use crate::store::Key;

    #[test]
    fn tokens_round_trip_and_others_are_refused() {
        let at = Key::new().number(7).text("i-0é");
        assert_eq!(key(&token(&at)), Some(at.clone()));
        let forged = token(&at).replace('7', "8");
        assert_eq!(key(&forged), None);
        for text in ["", "a", "zz", "0", "é0"] {
            assert_eq!(key(text), None, "{text}");
        }
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        let rows: Vec<(Key, u32)> = (0..4).map(|n| (Key::new().number(n), n as u32)).collect();
        let all = || rows.iter().map(|(at, n)| (at, n));
        assert_eq!(take(all(), 4, |n| Some(*n)), Page { items: vec![0, 1, 2, 3], next: None });
        let first = take(all(), 3, |n| Some(*n));
        assert_eq!(first.items, [0, 1, 2]);
        assert_eq!(key(&first.next.unwrap()), Some(Key::new().number(2)));
        assert_eq!(take(all(), 2, |n| (n % 2 == 1).then_some(*n)), Page { items: vec![1, 3], next: None });
    }
}
