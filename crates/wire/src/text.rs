//! Scalars as plain text: query parameters, XML content, headers, path labels.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::field::{Slot, View};
use crate::rejection::Rejection;
use crate::schema::TimestampFormat;
use crate::timestamp::Timestamp;

/// How text is read: by the letter (a server), or as services really write it (a client).
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) format: TimestampFormat,
    pub(crate) lenient: bool,
}

/// Base64 with or without its padding, for clients.
const RELAXED: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Fills `slot` from `text`.
pub(crate) fn parse(slot: Slot<'_>, text: &str, reading: Reading) -> Result<(), Rejection> {
    match slot {
        Slot::Boolean(place) => *place = boolean(text)?,
        Slot::Integer(place) => *place = integer(text)?,
        Slot::Long(place) => *place = integer(text)?,
        Slot::Float(place) => *place = float(text)? as f32,
        Slot::Double(place) => *place = float(text)?,
        Slot::String(place) => text.clone_into(place),
        Slot::Blob(place) => *place = blob(text, reading.lenient)?,
        Slot::Timestamp(place) => *place = timestamp(text, reading)?,
        Slot::Document(place) => {
            let parsed = serde_json::from_str(text);
            *place = parsed.map_err(|_| Rejection::invalid_value(text, "JSON"))?;
        }
        Slot::Structure(_) => return Err(Rejection::invalid_value(text, "a structure")),
        Slot::List(_) => return Err(Rejection::invalid_value(text, "a list")),
        Slot::Map(_) => return Err(Rejection::invalid_value(text, "a map")),
    }
    Ok(())
}

fn boolean(text: &str) -> Result<bool, Rejection> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Rejection::invalid_value(text, "a boolean")),
    }
}

/// Decimal digits with an optional minus sign; Rust's own parser also takes a plus sign.
fn integer<T: std::str::FromStr>(text: &str) -> Result<T, Rejection> {
    if text.starts_with('+') {
        return Err(Rejection::invalid_value(text, "an integer"));
    }
    text.parse().map_err(|_| Rejection::invalid_value(text, "an integer"))
}

fn float(text: &str) -> Result<f64, Rejection> {
    match text {
        "NaN" => return Ok(f64::NAN),
        "Infinity" => return Ok(f64::INFINITY),
        "-Infinity" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'e' | b'E' | b'+' | b'-' | b'.'));
    match text.parse::<f64>() {
        Ok(number) if plain && number.is_finite() => Ok(number),
        _ => Err(Rejection::invalid_value(text, "a number")),
    }
}

/// The three words for numbers that are none, as JSON has them.
pub(crate) fn float_word(text: &str) -> Option<f64> {
    match text {
        "NaN" | "Infinity" | "-Infinity" => float(text).ok(),
        _ => None,
    }
}

pub(crate) fn blob(text: &str, lenient: bool) -> Result<Vec<u8>, Rejection> {
    let decoded = if lenient {
        // MIME line breaks come from some services.
        let joined: String = text.split_ascii_whitespace().collect();
        RELAXED.decode(joined)
    } else {
        STANDARD.decode(text)
    };
    decoded.map_err(|_| Rejection::invalid_value(text, "base64"))
}

pub(crate) fn timestamp(text: &str, reading: Reading) -> Result<Timestamp, Rejection> {
    let parsed = if reading.lenient {
        Timestamp::parse_any(text.trim())
    } else {
        Timestamp::parse(text, reading.format)
    };
    parsed.ok_or_else(|| {
        let expected = match reading.format {
            TimestampFormat::Iso8601 => "an ISO 8601 timestamp (2026-11-22T10:00:00Z)",
            TimestampFormat::EpochSeconds => "a number of seconds since 1970",
            TimestampFormat::HttpDate => "an HTTP date (Sun, 22 Nov 2026 10:00:00 GMT)",
        };
        Rejection::invalid_value(text, expected)
    })
}

/// How text is written.
#[derive(Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) format: TimestampFormat,
    /// Milliseconds even where they are zero.
    pub(crate) millis: bool,
}

/// Appends a scalar; false when `view` is none.
pub(crate) fn write(out: &mut String, view: &View<'_>, writing: Writing) -> bool {
    match view {
        View::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        // Writing to a String cannot fail.
        View::Integer(value) => _ = write!(out, "{value}"),
        View::Long(value) => _ = write!(out, "{value}"),
        View::Float(value) => write_float(out, f64::from(*value), value),
        View::Double(value) => write_float(out, *value, value),
        View::String(value) => out.push_str(value),
        View::Blob(value) => STANDARD.encode_string(value, out),
        View::Timestamp(value) => value.write(out, writing.format, writing.millis),
        View::Document(value) => _ = write!(out, "{value}"),
        View::Absent | View::Null | View::Structure(_) | View::List(_) | View::Map(_) => return false,
    }
    true
}

fn write_float(out: &mut String, wide: f64, number: &dyn std::fmt::Display) {
    if wide.is_nan() {
        out.push_str("NaN");
    } else if wide.is_infinite() {
        out.push_str(if wide > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        let _ = write!(out, "{number}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_the_letter() {
        let reading = Reading { format: TimestampFormat::Iso8601, lenient: false };
        let mut number = 0;
        assert!(parse(Slot::Integer(&mut number), "2147483647", reading).is_ok());
        for bad in ["2147483648", "+1", "1.0", "", " 1", "0x1", "1e3"] {
            assert!(parse(Slot::Integer(&mut number), bad, reading).is_err(), "{bad}");
        }
        for bad in ["inf", "infinity", "nan", "", "1e999", "0x1"] {
            assert!(float(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn floats_print_shortest() {
        let writing = Writing { format: TimestampFormat::Iso8601, millis: false };
        let mut out = String::new();
        write(&mut out, &View::Float(0.1), writing);
        out.push(' ');
        write(&mut out, &View::Double(f64::NEG_INFINITY), writing);
        assert_eq!(out, "0.1 -Infinity");
    }
}
