//! The course of a series in one line of block characters.

use crate::plot::Series;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A series as `width` characters over a range of time, its heights between `low` and `high`. Each character stands
/// for the value in its stretch that lies farthest from the one before, so that a short dip shows. A stretch without
/// a value is a space.
pub(super) fn line(
    series: &Series,
    time: (f64, f64),
    values: (f64, f64),
    width: usize,
    level: bool,
) -> String {
    let step = (time.1 - time.0) / width as f64;
    let mut last: Option<f64> = None;
    let mut out = String::new();
    for column in 0..width {
        let (from, to) = (time.0 + step * column as f64, time.0 + step * (column + 1) as f64);
        let start = series.points.partition_point(|point| point.at < from);
        let end = series.points.partition_point(|point| point.at < to);
        let inside = series.points[start..end].iter().filter_map(|point| point.value);
        let middle = series.value_at((from + to) / 2.0, level);
        let reference = last.or(middle).unwrap_or_default();
        let distance = |value: &f64| (value - reference).abs();
        let chosen = inside.chain(middle).reduce(|a, b| if distance(&b) > distance(&a) { b } else { a });
        out.push(chosen.map_or(' ', |value| block(value, values)));
        last = middle.or(last);
    }
    out
}

fn block(value: f64, (low, high): (f64, f64)) -> char {
    if high <= low {
        return BLOCKS[0];
    }
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    BLOCKS[(share * 7.0).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Point;

    #[test]
    fn a_short_dip_shows() {
        let points = [(0.0, 1.0), (50.0, 0.0), (51.0, 1.0), (100.0, 1.0)].map(Point::from).to_vec();
        let series = Series { name: "s".into(), variant: None, reference: false, points };
        assert_eq!(line(&series, (0.0, 100.0), (0.0, 1.0), 10, true), "█████▁████");
    }
}
