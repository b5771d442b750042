//! Keys that sort as their parts do.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// So many bytes of a key need no memory of their own: scope, a name and an id. Looking for a key then stays within the
/// nodes of the tree, which is most of the cost of a large table.
const SHORT: usize = 54;

/// Parts written one after another so that the order of the bytes is the order of the parts, and a key of
/// fewer parts is a prefix of every key that begins with the same parts.
#[derive(Clone)]
pub struct Key(Bytes);

#[derive(Clone)]
enum Bytes {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Vec<u8>),
}

impl Key {
    /// A key of no parts: the prefix of all.
    pub const fn new() -> Self {
        Self(Bytes::Short { len: 0, bytes: [0; SHORT] })
    }

    /// Adds a number; larger numbers sort later.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.extend(&number.to_be_bytes());
        self
    }

    /// Adds a number that may be negative.
    #[must_use]
    pub fn signed(self, number: i64) -> Self {
        // Flipping the sign bit makes two's complement sort as unsigned.
        self.number(number.cast_unsigned() ^ (1 << 63))
    }

    /// The number that [`Key::signed`] wrote as these bytes.
    pub(crate) fn read_signed(bytes: [u8; 8]) -> i64 {
        (u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed()
    }

    /// Adds a text; it ends with a zero byte, so a shorter text sorts first and is never a prefix of a longer
    /// one. Zero bytes inside are escaped.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        for (index, part) in text.as_bytes().split(|byte| *byte == 0).enumerate() {
            if index > 0 {
                self.extend(&[0, 0xff]);
            }
            self.extend(part);
        }
        self.extend(&[0]);
        self
    }

    fn extend(&mut self, more: &[u8]) {
        match &mut self.0 {
            Bytes::Short { len, bytes } => {
                let old = usize::from(*len);
                let new = old + more.len();
                match (bytes.get_mut(old..new), u8::try_from(new)) {
                    (Some(room), Ok(new)) => {
                        room.copy_from_slice(more);
                        *len = new;
                    }
                    _ => self.0 = Bytes::Long([&bytes[..old], more].concat()),
                }
            }
            Bytes::Long(bytes) => bytes.extend_from_slice(more),
        }
    }

    /// From bytes that a store kept.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut key = Self::new();
        key.extend(bytes);
        key
    }

    /// The bytes, to keep them.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Short { len, bytes } => &bytes[..usize::from(*len)],
            Bytes::Long(bytes) => bytes,
        }
    }

    /// Whether `self` begins with all parts of `prefix`.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.as_bytes().starts_with(prefix.as_bytes())
    }
}

impl Default for Key {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, SHORT};

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
    fn long_keys_are_as_short_ones() {
        let name = |length: usize| "n".repeat(length);
        for length in [SHORT - 2, SHORT - 1, SHORT, SHORT + 1, 3 * SHORT] {
            let key = Key::new().text(&name(length)).number(7);
            assert_eq!(key.as_bytes().len(), length + 9);
            assert_eq!(Key::from_bytes(key.as_bytes()), key);
            assert!(key.starts_with(&Key::new().text(&name(length))));
            assert!(
                key < Key::new().text(&name(length)).number(8) && key < Key::new().text(&name(length + 1))
            );
        }
    }

    #[test]
    fn prefix_is_by_whole_parts() {
        let key = Key::new().text("web").text("i-1");
        assert!(key.starts_with(&Key::new().text("web")));
        assert!(!key.starts_with(&Key::new().text("we")));
    }
}
