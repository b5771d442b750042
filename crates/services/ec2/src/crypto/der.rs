//! As much of DER, PEM and OpenSSH's wire form as keys and their signatures need.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;

/// A value with its tag and length before it.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 128 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(significant);
    }
    out.extend_from_slice(content);
    out
}

/// A sequence of values.
pub(crate) fn sequence(values: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &values.concat())
}

/// A number that is not negative.
pub(crate) fn integer(number: &BigUint) -> Vec<u8> {
    value(0x02, &unsigned(number))
}

/// A small number.
pub(crate) fn small(number: u32) -> Vec<u8> {
    integer(&BigUint::from(number))
}

/// Bytes as a value.
pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    value(0x04, bytes)
}

/// Bytes as a string of bits.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    value(0x03, &[&[0], bytes].concat())
}

/// A set of one value.
pub(crate) fn set(only: &[u8]) -> Vec<u8> {
    value(0x31, only)
}

/// A value under a number of its context.
pub(crate) fn context(number: u8, inside: &[u8]) -> Vec<u8> {
    value(0xa0 | number, inside)
}

/// An object identifier, its arcs encoded already.
pub(crate) fn identifier(arcs: &[u8]) -> Vec<u8> {
    value(0x06, arcs)
}

/// A text of ASCII letters, digits and spaces.
pub(crate) fn printable(text: &str) -> Vec<u8> {
    value(0x13, text.as_bytes())
}

/// An instant from 1950 to 2049: `491231235959Z`.
pub(crate) fn time(text: &str) -> Vec<u8> {
    value(0x17, text.as_bytes())
}

/// An algorithm that takes no parameters, and says so.
pub(crate) fn algorithm(arcs: &[u8]) -> Vec<u8> {
    sequence(&[identifier(arcs), value(0x05, &[])])
}

/// The algorithm identifier of RSA keys: 1.2.840.113549.1.1.1, no parameters.
pub(crate) fn rsa_algorithm() -> Vec<u8> {
    algorithm(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01])
}

/// Big-endian bytes of a number, with a zero byte before a first bit that would make it negative.
pub(crate) fn unsigned(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes[0] & 0x80 != 0 {
        bytes.insert(0, 0);
    }
    bytes
}

/// A field of OpenSSH's wire form: its length in four bytes, and the field.
pub(crate) fn ssh_field(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

/// Takes a field of OpenSSH's wire form off the front.
pub(crate) fn take_ssh_field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (field, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(field)
}

/// PEM armor around `bytes`, in lines of `width` characters.
pub(crate) fn pem(label: &str, bytes: &[u8], width: usize) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in encoded.as_bytes().chunks(width) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----"));
    text
}

/// `12:ab:…`
pub(crate) fn colons(digest: &[u8]) -> String {
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::{integer, sequence, small, take_ssh_field, value};
    use num_bigint::BigUint;

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        assert_eq!(value(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(value(4, &[0; 200])[..3], [4, 0x81, 200]);
        assert_eq!(value(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
        assert_eq!(integer(&BigUint::from(128_u32)), [2, 2, 0, 128]);
        assert_eq!(sequence(&[small(0), small(5)]), [0x30, 6, 2, 1, 0, 2, 1, 5]);
    }

    #[test]
    fn fields_that_are_cut_short_are_none() {
        let mut rest: &[u8] = &[0, 0, 0, 2, 7, 8, 0, 0, 0, 9, 1];
        assert_eq!(take_ssh_field(&mut rest), Some(&[7, 8][..]));
        assert_eq!(take_ssh_field(&mut rest), None);
        assert_eq!(take_ssh_field(&mut &[0, 0][..]), None);
    }
}
