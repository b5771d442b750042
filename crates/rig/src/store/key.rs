//! Keys that sort as their parts do.

/// Parts written one after another so that the order of the bytes is the order of the parts, and a key of
/// fewer parts is a prefix of every key that begins with the same parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// A key of no parts: the prefix of all.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The same, with room for so many bytes.
    pub(crate) fn sized(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Adds a number; larger numbers sort later.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds a number that may be negative.
    #[must_use]
    pub fn signed(self, number: i64) -> Self {
        // Flipping the sign bit makes two's complement sort as unsigned.
        self.number(number.cast_unsigned() ^ (1 << 63))
    }

    /// Adds a text; it ends with a zero byte, so a shorter text sorts first and is never a prefix of a longer
    /// one. Zero bytes inside are escaped.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.reserve(text.len() + 1);
        let mut parts = text.as_bytes().split(|byte| *byte == 0);
        self.0.extend_from_slice(parts.next().unwrap_or_default());
        for part in parts {
            self.0.extend_from_slice(&[0, 0xff]);
            self.0.extend_from_slice(part);
        }
        self.0.push(0);
        self
    }

    /// From bytes that a store kept.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, to keep them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether `self` begins with all parts of `prefix`.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn order_of_bytes_is_order_of_parts() {
        let sorted = [
            Key::new().signed(-5).text("b"),
            Key::new().signed(0).text("a"),
            Key::new().signed(0).text("a\0"),
            Key::new().signed(0).text("aa"),
            Key::new().signed(0).text("b"),
            Key::new().signed(7),
        ];
        assert!(sorted.is_sorted());
    }

    #[test]
    fn prefix_is_by_whole_parts() {
        let key = Key::new().text("web").text("i-1");
        assert!(key.starts_with(&Key::new().text("web")));
        assert!(!key.starts_with(&Key::new().text("we")));
    }
}
