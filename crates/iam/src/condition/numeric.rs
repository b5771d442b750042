//! `NumericEquals`, `NumericLessThan` and so on. Variables have no place here.

use super::Compare;

#[derive(Clone, Debug)]
pub(super) struct Values {
    how: Compare,
    numbers: Box<[f64]>,
}

impl Values {
    pub(super) fn new(how: Compare, texts: &[String]) -> Self {
        Self { how, numbers: texts.iter().filter_map(|text| parse(text)).collect() }
    }

    pub(super) fn any(&self, value: &str) -> bool {
        let Some(value) = parse(value) else { return false };
        self.numbers.iter().any(|number| self.how.holds(value.total_cmp(number)))
    }
}

/// A decimal number; not the words for infinity that Rust takes too. No zero is negative, so that all zeros are equal.
fn parse(text: &str) -> Option<f64> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    plain.then(|| text.parse::<f64>().ok()).flatten().map(|number| number + 0.0)
}
