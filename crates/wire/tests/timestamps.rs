//! Instants survive every way of writing them, to the millisecond that is written.

use ironbird_wire::schema::TimestampFormat::{EpochSeconds, HttpDate, Iso8601};
use ironbird_wire::timestamp::Timestamp;
use proptest::prelude::*;

/// Milliseconds that fit the type's range of nanoseconds.
const RANGE: std::ops::Range<i64> = -9_223_372_036_854..9_223_372_036_854;

proptest! {
    #[test]
    fn iso8601_round_trips(millis in RANGE) {
        let instant = Timestamp::from_nanos(millis * 1_000_000);
        prop_assert_eq!(Timestamp::parse(&instant.iso8601(), Iso8601), Some(instant));
        prop_assert_eq!(Timestamp::parse(&instant.iso8601_millis(), Iso8601), Some(instant));
    }

    #[test]
    fn epoch_seconds_round_trip(millis in RANGE) {
        let instant = Timestamp::from_nanos(millis * 1_000_000);
        prop_assert_eq!(Timestamp::parse(&instant.epoch_seconds(), EpochSeconds), Some(instant));
    }

    #[test]
    fn doubles_hold_milliseconds(millis in RANGE) {
        let instant = Timestamp::from_nanos(millis * 1_000_000);
        let number: f64 = instant.epoch_seconds().parse().unwrap();
        prop_assert_eq!(Timestamp::from_secs_f64(number), Some(instant));
    }

    #[test]
    fn http_dates_round_trip(secs in RANGE.start / 1000..RANGE.end / 1000) {
        let instant = Timestamp::from_secs(secs);
        prop_assert_eq!(Timestamp::parse(&instant.http_date(), HttpDate), Some(instant));
    }

    #[test]
    fn what_is_written_is_cut_to_milliseconds(nanos in any::<i64>()) {
        let instant = Timestamp::from_nanos(nanos);
        let read = Timestamp::parse_iso8601(&instant.iso8601()).unwrap();
        let lost = i128::from(nanos) - i128::from(read.nanos());
        prop_assert!((0..1_000_000).contains(&lost) || read.nanos() == i64::MIN);
    }

    #[test]
    fn offsets_shift(secs in RANGE.start / 1000 + 90_000..RANGE.end / 1000 - 90_000, minutes in -1439_i64..1440) {
        let local = Timestamp::from_secs(secs + minutes * 60).iso8601();
        let sign = if minutes < 0 { '-' } else { '+' };
        let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        let text = local.replace('Z', &offset);
        prop_assert_eq!(Timestamp::parse_iso8601(&text), Some(Timestamp::from_secs(secs)));
    }

    #[test]
    fn no_text_panics(text in "[-+0-9TZ:., a-zA-Zé]{0,40}") {
        let _ = Timestamp::parse_any(&text);
    }
}
