//! Statistics: what is told of the values of a period.

use ironbird_rig::Result;

use super::bucket::Bucket;
use crate::error;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// `p99.9`, in percent.
    Percentile(f64),
}

impl Statistic {
    /// Reads `Average`, `p95`, …
    ///
    /// # Errors
    /// `InvalidParameterValue` for what is none; trimmed means and the like are not written and are refused.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => Self::Percentile(percent(text)?),
        })
    }

    /// What it is of a bucket; none where it cannot be told.
    pub fn of(self, bucket: &Bucket) -> Option<f64> {
        if bucket.count <= 0.0 {
            return None;
        }
        match self {
            Self::SampleCount => Some(bucket.count),
            Self::Average => Some(bucket.sum / bucket.count),
            Self::Sum => Some(bucket.sum),
            Self::Minimum => Some(bucket.least),
            Self::Maximum => Some(bucket.most),
            Self::Percentile(percent) => bucket.percentile(percent),
        }
    }
}

fn percent(text: &str) -> Result<f64> {
    let refusal =
        || error::invalid(format!("The value {text} for parameter ExtendedStatistic is not supported."));
    let number = text.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
    number.filter(|number| (0.0..=100.0).contains(number)).ok_or_else(refusal)
}
