//! Where an axis puts its ticks, and what they say.

use super::Clock;
use crate::units::{self, Unit};

/// One tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where, in the axis's own numbers.
    pub at: f64,
    /// What it says.
    pub label: String,
}

/// Steps of time that people count in, in seconds; finer and coarser ones go by 1, 2, 5.
const TIME_STEPS: [f64; 24] = [
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1_800.0,
    3_600.0,
    7_200.0,
    10_800.0,
    14_400.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    432_000.0,
    864_000.0,
    1_728_000.0,
    2_592_000.0,
];

/// Ticks for numbers between `low` and `high` (finite, `low < high`), at most `most` of them (at least 2), at round
/// numbers: steps of 1, 2, 2.5 or 5 times a power of ten, powers of 1024 for bytes, whole minutes or hours for
/// durations.
pub fn number_ticks(low: f64, high: f64, unit: &Unit, most: usize) -> Vec<Tick> {
    let step = number_step(low, high, unit, most);
    let decimals = decimals_for(step * if *unit == Unit::Share { 100.0 } else { 1.0 });
    multiples(low, high, step)
        .into_iter()
        .map(|at| Tick { at, label: number_label(at, high.abs().max(low.abs()), unit, decimals) })
        .collect()
}

/// The range that an axis for values between `low` and `high` should cover: the ticks around them.
pub fn number_range(low: f64, high: f64, unit: &Unit, most: usize) -> (f64, f64) {
    if low >= high {
        // All values alike: give them room on both sides, downward only where there is something below.
        let room = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
        let bottom = if low >= 0.0 && low < room { 0.0 } else { low - room };
        return number_range(bottom, low + room, unit, most);
    }
    let step = number_step(low, high, unit, most.saturating_sub(1).max(2));
    let bottom = (low / step + 1e-9).floor() * step;
    let top = (high / step - 1e-9).ceil() * step;
    if bottom < top { (bottom, top) } else { (low, high) }
}

fn number_step(low: f64, high: f64, unit: &Unit, most: usize) -> f64 {
    match unit {
        Unit::Seconds => time_step(low, high, most),
        Unit::Bytes => {
            let (scale, _) = units::byte_scale(high.abs().max(low.abs()));
            decimal_step(low / scale, high / scale, most) * scale
        }
        _ => decimal_step(low, high, most),
    }
}

/// The first and the last multiple of a step in a closed range, as multipliers. The ends count when they are missed
/// only by rounding: 1 - 0.999 is a little more than 0.001.
fn multipliers(low: f64, high: f64, step: f64) -> (f64, f64) {
    ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor())
}

/// Whether at most `most` multiples of a step lie in a closed range.
fn fits(low: f64, high: f64, step: f64, most: usize) -> bool {
    let (first, last) = multipliers(low, high, step);
    last - first < most as f64
}

/// The least step of 1, 2, 2.5 or 5 times a power of ten that puts at most `most` ticks into a range.
fn decimal_step(low: f64, high: f64, most: usize) -> f64 {
    let span = high - low;
    let least = span / (most + 1) as f64;
    let mut power = 1.0;
    // Multiplying by ten is exact up to 1e22; dividing is not, so small steps are found as one over a power.
    while power * 10.0 < least && power < 1e300 {
        power *= 10.0;
    }
    let mut divisor = 1.0;
    while 1.0 / divisor >= least && divisor < 1e300 {
        divisor *= 10.0;
    }
    for _ in 0..4 {
        for factor in [1.0, 2.0, 2.5, 5.0] {
            let step = if divisor > 1.0 { factor / divisor } else { factor * power };
            if fits(low, high, step, most) {
                return step;
            }
        }
        if divisor > 1.0 {
            divisor /= 10.0;
        } else {
            power *= 10.0;
        }
    }
    span
}

fn time_step(low: f64, high: f64, most: usize) -> f64 {
    if fits(low, high, 0.5, most) {
        return decimal_step(low, high, most);
    }
    match TIME_STEPS.iter().find(|step| fits(low, high, **step, most)) {
        Some(step) => *step,
        None => decimal_step(low / 86_400.0, high / 86_400.0, most) * 86_400.0,
    }
}

/// The multiples of a step in a closed range.
fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = multipliers(low, high, step);
    let mut found = Vec::new();
    let mut index = first;
    while index <= last && found.len() < 1_000 {
        // `+ 0.0` makes a negative zero positive.
        found.push((index * step).clamp(low, high) + 0.0);
        index += 1.0;
    }
    found
}

/// How many digits after the point the multiples of a step need; at most 12.
fn decimals_for(step: f64) -> usize {
    let mut scaled = step;
    for decimals in 0..12 {
        if (scaled - scaled.round()).abs() < 1e-6 * scaled {
            return decimals;
        }
        scaled *= 10.0;
    }
    12
}

fn number_label(value: f64, largest: f64, unit: &Unit, decimals: usize) -> String {
    match unit {
        Unit::Count | Unit::Named(_) => units::si(value, decimals),
        Unit::Share => format!("{}%", units::trimmed(value * 100.0, decimals)),
        Unit::Seconds => units::duration(value),
        Unit::Dollars | Unit::DollarsPerHour => dollars(value, decimals),
        Unit::Bytes => {
            let (scale, name) = units::byte_scale(largest);
            format!("{} {name}", units::trimmed(value / scale, 3))
        }
    }
}

/// Dollars without idle cents: `$0`, `$1,500`, `$0.50`.
fn dollars(value: f64, decimals: usize) -> String {
    let digits = if decimals == 0 { 0 } else { decimals.max(2) };
    let text = format!("{:.digits$}", value.abs());
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}${}", units::with_separators(&text))
}

/// Ticks for a time axis from `low` to `high` seconds (finite, `low < high`), at most `most` of them (at least 2).
pub fn time_ticks(low: f64, high: f64, clock: Clock, most: usize) -> Vec<Tick> {
    match clock {
        Clock::SinceStart => {
            let step = time_step(low, high, most);
            multiples(low, high, step)
                .into_iter()
                .map(|at| Tick { at, label: passed_label(at, step, high) })
                .collect()
        }
        Clock::Wall(start) => {
            // Ticks stand at round times of the day, so they are counted from the midnight before the start.
            let midnight = start.second_of_day();
            let step = time_step(low + midnight, high + midnight, most);
            let times = multiples(low + midnight, high + midnight, step);
            let mut labels = Vec::new();
            for time in times {
                let at = (time - midnight).clamp(low, high);
                let instant = start.plus(at);
                let is_midnight = instant.second_of_day() < 0.5;
                let label = if step >= 86_400.0 || (is_midnight && !labels.is_empty()) {
                    instant.day_and_month()
                } else if step >= 60.0 {
                    instant.hour_and_minute()
                } else {
                    instant.clock()
                };
                labels.push(Tick { at, label });
            }
            labels
        }
        Clock::Runs => number_ticks(low, high, &Unit::Share, most),
    }
}

/// Time since the start in the one unit that suits the axis: `45 s`, `90 min`, `6 h`, `3 d`.
fn passed_label(at: f64, step: f64, high: f64) -> String {
    if at == 0.0 {
        return "0".to_string();
    }
    let is_whole = |seconds: f64| step >= seconds && (step / seconds).fract() == 0.0;
    if is_whole(86_400.0) {
        return format!("{} d", units::trimmed(at / 86_400.0, 0));
    }
    if is_whole(3_600.0) {
        return format!("{} h", units::trimmed(at / 3_600.0, 0));
    }
    if is_whole(60.0) && high <= 10_800.0 {
        return format!("{} min", units::trimmed(at / 60.0, 0));
    }
    if step < 60.0 && high <= 300.0 {
        return format!("{} s", units::trimmed(at, decimals_for(step)));
    }
    units::duration(at)
}

/// One instant of a time axis in full, for tables and tooltips.
pub fn instant_label(at: f64, clock: Clock) -> String {
    match clock {
        Clock::SinceStart => units::duration(at),
        Clock::Wall(start) => start.plus(at).clock_after(start),
        Clock::Runs => units::percent(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::WallTime;
    use proptest::prelude::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn numbers_of_every_unit() {
        assert_eq!(labels(&number_ticks(0.0, 40.0, &Unit::Count, 6)), ["0", "10", "20", "30", "40"]);
        assert_eq!(
            labels(&number_ticks(0.0, 1.0, &Unit::Share, 6)),
            ["0%", "20%", "40%", "60%", "80%", "100%"]
        );
        assert_eq!(labels(&number_ticks(0.0, 50_000.0, &Unit::Count, 4)), ["0", "20k", "40k"]);
        assert_eq!(labels(&number_ticks(0.0, 1.0, &Unit::Dollars, 4)), ["$0.00", "$0.50", "$1.00"]);
        assert_eq!(
            labels(&number_ticks(0.0, 7_200.0, &Unit::Seconds, 5)),
            ["0 s", "30 min", "1 h", "1 h 30 min", "2 h"]
        );
        let three_gib = 3.0 * 1024.0 * 1024.0 * 1024.0;
        assert_eq!(
            labels(&number_ticks(0.0, three_gib, &Unit::Bytes, 4)),
            ["0 GiB", "1 GiB", "2 GiB", "3 GiB"]
        );
        assert_eq!(labels(&number_ticks(0.999, 1.0, &Unit::Share, 3)), ["99.9%", "99.95%", "100%"]);
    }

    #[test]
    fn times_of_day_are_round_even_when_the_start_is_not() {
        let start = WallTime::parse("2026-03-02T08:47:10Z").unwrap();
        let ticks = time_ticks(0.0, 7_200.0, Clock::Wall(start), 6);
        assert_eq!(labels(&ticks), ["09:00", "09:30", "10:00", "10:30"]);
        assert_eq!(ticks[0].at, 770.0);
        let night = WallTime::parse("2026-03-02T18:00:00Z").unwrap();
        assert_eq!(
            labels(&time_ticks(0.0, 43_200.0, Clock::Wall(night), 5)),
            ["18:00", "21:00", "3 Mar", "03:00", "06:00"]
        );
    }

    #[test]
    fn passed_time() {
        assert_eq!(labels(&time_ticks(0.0, 90.0, Clock::SinceStart, 4)), ["0", "30 s", "60 s", "90 s"]);
        assert_eq!(
            labels(&time_ticks(0.0, 5_400.0, Clock::SinceStart, 4)),
            ["0", "30 min", "60 min", "90 min"]
        );
        assert_eq!(
            labels(&time_ticks(0.0, 86_400.0, Clock::SinceStart, 5)),
            ["0", "6 h", "12 h", "18 h", "24 h"]
        );
        assert_eq!(labels(&time_ticks(0.0, 0.01, Clock::SinceStart, 3)), ["0", "0.005 s", "0.01 s"]);
    }

    #[test]
    fn equal_values_get_room() {
        assert_eq!(number_range(0.0, 0.0, &Unit::Count, 6), (0.0, 1.0));
        let (low, high) = number_range(5.0, 5.0, &Unit::Count, 6);
        assert!(low < 5.0 && high > 5.0);
    }

    fn assert_ticks(ticks: &[Tick], low: f64, high: f64, most: usize) -> Result<(), TestCaseError> {
        prop_assert!(ticks.len() <= most, "{} ticks, at most {} wanted: {:?}", ticks.len(), most, ticks);
        prop_assert!(ticks.is_sorted_by(|a, b| a.at < b.at), "{:?}", ticks);
        prop_assert!(ticks.iter().all(|tick| tick.at >= low && tick.at <= high), "{:?}", ticks);
        let gaps: Vec<f64> = ticks.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
        let even = gaps.iter().all(|gap| (gap - gaps[0]).abs() <= (high - low) * 1e-6);
        prop_assert!(even, "{:?}", ticks);
        Ok(())
    }

    proptest! {
        #[test]
        fn number_ticks_are_few_even_and_tell_apart(low in -1e9..1e9f64, size in 0..15, most in 3..12usize) {
            let span = (0..size).fold(1e-4, |span, _| span * 10.0);
            let range = if span < 1.0 { (0.0, span) } else { (low, low + span) };
            for unit in [Unit::Count, Unit::Share, Unit::Dollars, Unit::Bytes, Unit::Seconds] {
                let ticks = number_ticks(range.0, range.1, &unit, most);
                assert_ticks(&ticks, range.0, range.1, most)?;
            }
            let (bottom, top) = number_range(range.0, range.1, &Unit::Count, most);
            prop_assert!(bottom <= range.0 && top >= range.1);
            prop_assert!(top - bottom <= 4.0 * (range.1 - range.0));
            let ticks = number_ticks(bottom, top, &Unit::Count, most);
            prop_assert!(ticks.len() >= 2, "{:?}", ticks);
        }

        #[test]
        fn time_ticks_are_few_and_even(seconds in 0.001..1e8f64, start in 0..2_000_000_000i64, most in 3..12usize) {
            assert_ticks(&time_ticks(0.0, seconds, Clock::SinceStart, most), 0.0, seconds, most)?;
            let wall = Clock::Wall(WallTime(start * 1_000_000_000));
            assert_ticks(&time_ticks(0.0, seconds, wall, most), 0.0, seconds, most)?;
            let passed = time_ticks(0.0, seconds, Clock::SinceStart, most);
            let mut unique = labels(&passed);
            unique.dedup();
            prop_assert_eq!(unique.len(), passed.len(), "{:?}", passed);
        }
    }
}
