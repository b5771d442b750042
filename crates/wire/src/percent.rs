//! Percent encoding, as forms, paths and query strings have it.

use std::borrow::Cow;

use crate::rejection::Rejection;

/// Decodes `text`; with `plus`, a plus sign is a space, as in forms and query strings.
pub(crate) fn decode(text: &str, plus: bool) -> Result<Cow<'_, str>, Rejection> {
    let bytes = text.as_bytes();
    let Some(first) = bytes.iter().position(|&b| b == b'%' || (plus && b == b'+')) else {
        return Ok(Cow::Borrowed(text));
    };
    let mut decoded = Vec::with_capacity(bytes.len());
    decoded.extend_from_slice(&bytes[..first]);
    let mut rest = &bytes[first..];
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' if plus => decoded.push(b' '),
            b'%' => {
                let digits = tail.first_chunk::<2>().and_then(|&[high, low]| Some((hex(high)?, hex(low)?)));
                let Some((high, low)) = digits else {
                    return Err(Rejection::malformed(
                        "a percent sign is not followed by two hexadecimal digits",
                    ));
                };
                decoded.push(high << 4 | low);
                rest = &tail[2..];
            }
            _ => decoded.push(byte),
        }
    }
    match String::from_utf8(decoded) {
        Ok(decoded) => Ok(Cow::Owned(decoded)),
        Err(_) => Err(Rejection::malformed("percent-encoded text is not UTF-8")),
    }
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends `text` with everything but unreserved characters (RFC 3986) encoded; with `slashes`, slashes stay.
pub(crate) fn encode(out: &mut String, text: &str, slashes: bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'~')
            || (slashes && byte == b'/');
        if plain {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// The pairs of a query string or form, still encoded; empty pieces are passed over.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(decode("a.b-c", true), Ok(Cow::Borrowed("a.b-c"))));
    }

    #[test]
    fn plus_is_a_space_in_forms_only() {
        assert_eq!(decode("a+b%2B", true).unwrap(), "a b+");
        assert_eq!(decode("a+b", false).unwrap(), "a+b");
    }

    #[test]
    fn bad_sequences_are_refused() {
        for bad in ["%", "%4", "%zz", "%ff", "a%"] {
            assert!(decode(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn encodes_all_but_unreserved() {
        let mut out = String::new();
        encode(&mut out, "a/b ~é", false);
        assert_eq!(out, "a%2Fb%20~%C3%A9");
        out.clear();
        encode(&mut out, "a/b", true);
        assert_eq!(out, "a/b");
    }
}
