//! Making long series short without making them look different.

use super::Point;

/// Keeps, for each of `columns` equal stretches of the range, the first, least, greatest and last point, which is
/// all that a drawing so many pixels wide can show. A gap in a stretch is kept too. Points outside the range or
/// without a finite time are left out; the rest must be ordered by time. Of points alike in a row only the first and
/// the last are kept, which loses nothing, and a series that is then short enough stays so.
pub fn columns(points: &[Point], range: (f64, f64), columns: usize) -> Vec<Point> {
    let inside = without_runs(points.iter().filter(|point| point.at >= range.0 && point.at <= range.1));
    let columns = columns.max(1);
    if inside.len() <= columns * 2 {
        return inside;
    }
    let width = (range.1 - range.0) / columns as f64;
    let column_of = |point: &Point| (((point.at - range.0) / width) as usize).min(columns - 1);
    let mut kept = Vec::with_capacity(columns * 4);
    let mut start = 0;
    while start < inside.len() {
        let column = column_of(&inside[start]);
        let length = inside[start..].iter().take_while(|point| column_of(point) == column).count();
        keep_extremes(&inside[start..start + length], &mut kept);
        start += length;
    }
    kept
}

/// Points without those between two of the same value.
fn without_runs<'a>(points: impl Iterator<Item = &'a Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        if let [.., before, last] = kept.as_mut_slice()
            && before.value == last.value
            && last.value == point.value
        {
            *last = *point;
        } else {
            kept.push(*point);
        }
    }
    kept
}

/// The points of one column that shape it, in their order.
fn keep_extremes(column: &[Point], kept: &mut Vec<Point>) {
    let mut indexes = vec![0, column.len() - 1];
    let valued = |index: &usize| column[*index].value.is_some();
    let value = |index: usize| column[index].value.unwrap_or_default();
    let with_values: Vec<usize> = (0..column.len()).filter(valued).collect();
    indexes.extend(with_values.iter().copied().reduce(|a, b| if value(b) < value(a) { b } else { a }));
    indexes.extend(with_values.iter().copied().reduce(|a, b| if value(b) > value(a) { b } else { a }));
    indexes.extend(column.iter().position(|point| point.value.is_none()));
    indexes.sort_unstable();
    indexes.dedup();
    kept.extend(indexes.into_iter().map(|index| column[index]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extremes(points: &[Point]) -> (f64, f64) {
        let values = || points.iter().filter_map(|point| point.value);
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    }

    #[test]
    fn runs_keep_their_ends() {
        let values = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 1.0];
        let points: Vec<Point> = (0..8).map(|i| Point::from((i as f64, values[i]))).collect();
        let times: Vec<f64> = columns(&points, (0.0, 8.0), 100).iter().map(|point| point.at).collect();
        assert_eq!(times, [0.0, 2.0, 3.0, 6.0, 7.0]);
    }

    #[test]
    fn a_spike_of_one_sample_survives() {
        let mut points: Vec<Point> = (0..100_000).map(|i| Point::from((f64::from(i), 1.0))).collect();
        points[54_321].value = Some(99.0);
        points[77_777].value = None;
        let short = columns(&points, (0.0, 99_999.0), 100);
        assert!(short.len() <= 500, "{}", short.len());
        assert!(short.contains(&points[54_321]));
        assert!(short.contains(&points[77_777]));
        assert_eq!(short.first(), points.first());
        assert_eq!(short.last(), points.last());
    }

    proptest! {
        #[test]
        fn extremes_and_order_stay(values in prop::collection::vec(-1e6..1e6f64, 1..2_000), wanted in 1..50usize) {
            let points: Vec<Point> =
                values.iter().enumerate().map(|(i, value)| Point::from((i as f64, *value))).collect();
            let short = columns(&points, (0.0, values.len() as f64), wanted);
            prop_assert!(short.len() <= wanted * 5);
            prop_assert!(short.is_sorted_by(|a, b| a.at < b.at));
            prop_assert_eq!(extremes(&short), extremes(&points));
        }
    }
}
