//! Lists inside one cell of a table.

use std::fmt;

/// A list of words as a table holds it, `a|b|c`; it borrows the table's text and allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Words(&'static str);

impl Words {
    /// The list written as `a|b|c`. The empty text is the empty list.
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The words in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split('|').filter(|word| !word.is_empty())
    }

    /// Whether `word` is one of the words.
    pub fn contains(self, word: &str) -> bool {
        self.iter().any(|other| other == word)
    }

    /// Whether there is no word.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The words that are whole numbers, as numbers.
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        self.iter().filter_map(|word| word.parse().ok())
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_a_cell() {
        let list = Words::new("on-demand|spot");
        assert_eq!(list.iter().collect::<Vec<_>>(), ["on-demand", "spot"]);
        assert!(list.contains("spot") && !list.contains("spo"));
        assert!(Words::new("").is_empty());
        assert_eq!(Words::new("").iter().count(), 0);
        assert_eq!(Words::new("1|2|4").numbers().sum::<u32>(), 7);
    }
}
