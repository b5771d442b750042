//! Timestamps: what is read is written so that it is read again.
#![no_main]

use ironbird_wire::schema::TimestampFormat;
use ironbird_wire::timestamp::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for format in [TimestampFormat::Iso8601, TimestampFormat::EpochSeconds, TimestampFormat::HttpDate] {
        let Some(read) = Timestamp::parse(text, format) else { continue };
        let mut written = String::new();
        read.write(&mut written, format, false);
        let again = Timestamp::parse(&written, format).expect("what was written is read again");
        // Below the first whole millisecond of the range there is none to cut to.
        let lost = i128::from(read.nanos()) - i128::from(again.nanos());
        assert!((0..1_000_000_000).contains(&lost) || again.nanos() == i64::MIN, "{text} {written}");
    }
});
