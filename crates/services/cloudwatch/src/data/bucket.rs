//! What was put to a metric in one second or minute, added up.

use serde::{Deserialize, Serialize};

/// Different values of a bucket that are kept one by one for percentiles. Further ones still count in everything else; the
/// bound is ours.
const MAX_VALUES: usize = 500;

/// Values added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Where it begins, in seconds since the epoch.
    pub second: i64,
    /// `Percent`, `None`, …
    pub unit: String,
    pub count: f64,
    pub sum: f64,
    pub least: f64,
    pub most: f64,
    /// Values with how often each came, sorted; empty where `least` and `most` are the same and say it all.
    values: Vec<(f64, f64)>,
    /// Whether percentiles cannot be told, because sums were put rather than values.
    summed: bool,
}

impl Bucket {
    /// One to which nothing was put.
    pub fn empty(second: i64, unit: &str) -> Self {
        Self {
            second,
            unit: unit.to_owned(),
            count: 0.0,
            sum: 0.0,
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            values: Vec::new(),
            summed: false,
        }
    }

    /// One value that came so often.
    pub fn of_value(value: f64, count: f64) -> Self {
        Self { count, sum: value * count, least: value, most: value, ..Self::empty(0, "") }
    }

    /// Sums that somebody else made. Where all values are the same, they are known (API reference, PutMetricData).
    pub fn of_sums(count: f64, sum: f64, least: f64, most: f64) -> Self {
        let summed = count != 1.0 && least.total_cmp(&most).is_ne();
        Self { count, sum, least, most, summed, ..Self::empty(0, "") }
    }

    fn values(&self) -> Vec<(f64, f64)> {
        match self.values.is_empty() && self.count > 0.0 {
            true => vec![(self.least, self.count)],
            false => self.values.clone(),
        }
    }

    /// Adds what another one has.
    pub fn merge(&mut self, other: &Self) {
        if other.count <= 0.0 {
            return;
        }
        self.summed |= other.summed;
        let same = self.count == 0.0 || (self.least == other.least && self.most == other.most);
        let is_told = same && self.values.is_empty() && other.values.is_empty();
        if !self.summed && !is_told {
            let mut values = self.values();
            for (value, count) in other.values() {
                match values.binary_search_by(|(known, _)| known.total_cmp(&value)) {
                    Ok(at) => values[at].1 += count,
                    Err(at) if values.len() < MAX_VALUES => values.insert(at, (value, count)),
                    // Too many: it counts as the nearest one below, or as the first.
                    Err(at) => values[at.saturating_sub(1)].1 += count,
                }
            }
            self.values = values;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    /// The value below which `percent` of the values lie; none where only sums are known.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        if self.summed || self.count <= 0.0 {
            return None;
        }
        let rank = percent / 100.0 * self.count;
        let mut seen = 0.0;
        let values = self.values();
        for (value, count) in &values {
            seen += count;
            if seen >= rank {
                return Some(*value);
            }
        }
        values.last().map(|(value, _)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::Bucket;

    #[test]
    fn values_add_up_and_keep_their_percentiles() {
        let mut bucket = Bucket::empty(0, "None");
        for value in 1..=100 {
            bucket.merge(&Bucket::of_value(f64::from(value), 1.0));
        }
        assert_eq!((bucket.count, bucket.sum, bucket.least, bucket.most), (100.0, 5050.0, 1.0, 100.0));
        assert_eq!(bucket.percentile(90.0), Some(90.0));
        bucket.merge(&Bucket::of_sums(2.0, 30.0, 10.0, 20.0));
        assert_eq!((bucket.count, bucket.percentile(90.0)), (102.0, None));
    }

    #[test]
    fn equal_values_take_no_room() {
        let mut bucket = Bucket::of_value(7.0, 3.0);
        bucket.merge(&Bucket::of_sums(4.0, 28.0, 7.0, 7.0));
        assert!(bucket.values.is_empty());
        assert_eq!(bucket.percentile(50.0), Some(7.0));
        bucket.merge(&Bucket::of_value(9.0, 1.0));
        assert_eq!((bucket.percentile(50.0), bucket.percentile(99.0)), (Some(7.0), Some(9.0)));
    }
}
