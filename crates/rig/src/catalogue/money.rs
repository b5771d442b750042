//! Exact money.

use std::fmt;

/// An amount of US dollars in nano-dollars (10⁻⁹ USD). Prices an hour have up to six decimals, so that sums of them,
/// and products with whole numbers of hours, are exact; the range is nine billion dollars either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// Nano-dollars in a dollar.
    pub const PER_USD: i64 = 1_000_000_000;

    /// Reads a decimal amount of dollars such as `0.0104`: up to nine decimals, without exponent. [`None`] for
    /// anything else, and for what does not fit.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(decimals) || decimals.len() > 9 {
            return None;
        }
        let scale = 10_i64.pow(9 - u32::try_from(decimals.len()).ok()?);
        let fraction = decimals.parse::<i64>().ok()?.checked_mul(scale)?;
        let amount = whole.parse::<i64>().ok()?.checked_mul(Self::PER_USD)?.checked_add(fraction)?;
        Some(Self(if negative { -amount } else { amount }))
    }

    /// The amount in dollars, rounded as binary floating point rounds. For ratios and plots, not for bills.
    pub fn as_usd(self) -> f64 {
        self.0 as f64 / Self::PER_USD as f64
    }
}

/// Dollars with as many decimals as are needed, at least two: `0.0104`, `2.00`, `-1.50`.
impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        let per_usd = Self::PER_USD.unsigned_abs();
        let decimals = format!("{:09}", amount % per_usd);
        let kept = decimals.trim_end_matches('0').len().max(2);
        write!(f, "{sign}{}.{}", amount / per_usd, &decimals[..kept])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_exactly_and_writes_back() {
        assert_eq!(NanoUsd::parse("0.0104"), Some(NanoUsd(10_400_000)));
        assert_eq!(NanoUsd::parse("55.04"), Some(NanoUsd(55_040_000_000)));
        assert_eq!(NanoUsd::parse("3"), Some(NanoUsd(3_000_000_000)));
        for text in ["0.0104", "55.04", "0.000000001", "-1.50", "2.00"] {
            assert_eq!(NanoUsd::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in
            ["", ".", "1.", ".5", "1e3", "+1", "--1", "0.0000000001", "1.2.3", "99999999999999", "NaN", "1 "]
        {
            assert_eq!(NanoUsd::parse(text), None, "{text}");
        }
    }
}
