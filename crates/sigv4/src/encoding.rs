//! Percent encoding and hexadecimal, as Signature Version 4 wants them.

use std::borrow::Cow;

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

/// The characters that canonical forms never encode (RFC 3986, unreserved).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends one byte, percent-encoded unless it is unreserved or `keep`.
pub(crate) fn push_encoded(out: &mut Vec<u8>, byte: u8, keep: Option<u8>) {
    if is_unreserved(byte) || keep == Some(byte) {
        out.push(byte);
    } else {
        out.extend_from_slice(&[b'%', UPPER[usize::from(byte >> 4)], UPPER[usize::from(byte & 15)]]);
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Iterates over the bytes of percent-encoded text. A `%` without two hexadecimal digits stands for itself, and so
/// does `+` unless `plus_is_space`.
pub(crate) fn percent_decode(text: &str, plus_is_space: bool) -> impl Iterator<Item = u8> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let byte = *bytes.get(at)?;
        at += 1;
        if byte == b'+' && plus_is_space {
            return Some(b' ');
        }
        if byte != b'%' {
            return Some(byte);
        }
        let pair =
            bytes.get(at).copied().and_then(hex_digit).zip(bytes.get(at + 1).copied().and_then(hex_digit));
        match pair {
            Some((high, low)) => {
                at += 2;
                Some(high << 4 | low)
            }
            None => Some(b'%'),
        }
    })
}

/// A query-string value decoded; text that is not UTF-8 once decoded comes back with replacement characters.
pub(crate) fn decode_value(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Cow::Borrowed(text);
    }
    let decoded: Vec<u8> = percent_decode(text, true).collect();
    Cow::Owned(
        String::from_utf8(decoded)
            .unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned()),
    )
}

/// 32 bytes as 64 lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = LOWER[usize::from(byte >> 4)];
        pair[1] = LOWER[usize::from(byte & 15)];
    }
    digits
}

/// 64 lower-case hexadecimal digits as text.
pub(crate) fn hex_text(bytes: &[u8; 32]) -> String {
    hex(bytes).iter().map(|&digit| char::from(digit)).collect()
}

/// Reads 64 hexadecimal digits, in either case.
pub(crate) fn parse_hex(text: &[u8]) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_keeps_what_is_not_an_escape() {
        assert_eq!(decode_value("a%2Fb+c"), "a/b c");
        assert_eq!(decode_value("100%"), "100%");
        assert_eq!(decode_value("%zz%4"), "%zz%4");
        assert_eq!(decode_value("%FF"), "\u{fffd}");
        assert_eq!(percent_decode("a+b", false).collect::<Vec<u8>>(), b"a+b");
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        let bytes: [u8; 32] = std::array::from_fn(|at| at as u8 * 7);
        assert_eq!(parse_hex(&hex(&bytes)), Some(bytes));
        assert_eq!(parse_hex(b"ab"), None);
        assert_eq!(parse_hex(&[b'g'; 64]), None);
    }
}
