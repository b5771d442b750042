//! One data item at a time from bytes in memory. Nothing is allocated for a length that is only announced.

use crate::rejection::Rejection;

/// The head of a data item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head {
    /// Major type 0.
    Unsigned(u64),
    /// Major type 1: -1 minus this.
    Negative(u64),
    /// Major type 2, with its length, or `None` for chunks up to a break.
    Bytes(Option<u64>),
    /// Major type 3, likewise.
    Text(Option<u64>),
    /// Major type 4, with the number of elements, or `None` for elements up to a break.
    Array(Option<u64>),
    /// Major type 5, likewise, counting pairs.
    Map(Option<u64>),
    /// Major type 6: a tag on the item that follows.
    Tag(u64),
    /// Simple values 20 and 21.
    Bool(bool),
    /// Simple values 22 (null) and 23 (undefined).
    Null,
    /// Floating-point numbers of any width.
    Float(f64),
    /// The end of an item of indefinite length.
    Break,
}

/// How deep items that are passed over may lie in one another.
const SKIPPED_DEPTH: usize = 512;

/// What is left to read.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

fn ends() -> Rejection {
    Rejection::malformed("the CBOR ends in the middle of an item")
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Rejection> {
        let split = usize::try_from(count).ok().and_then(|count| self.rest.split_at_checked(count));
        let (taken, rest) = split.ok_or_else(ends)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next head.
    pub(super) fn head(&mut self) -> Result<Head, Rejection> {
        let (&initial, rest) = self.rest.split_first().ok_or_else(ends)?;
        self.rest = rest;
        let info = initial & 0b1_1111;
        if initial >> 5 == 7 {
            return self.simple(info);
        }
        let argument = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => {
                Some(self.take(1 << (info - 24))?.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
            }
            31 => None,
            _ => return Err(Rejection::malformed("the CBOR has an item of a reserved kind")),
        };
        let definite =
            || argument.ok_or_else(|| Rejection::malformed("the CBOR has a number without an end"));
        Ok(match initial >> 5 {
            0 => Head::Unsigned(definite()?),
            1 => Head::Negative(definite()?),
            2 => Head::Bytes(argument),
            3 => Head::Text(argument),
            4 => Head::Array(argument),
            5 => Head::Map(argument),
            _ => Head::Tag(definite()?),
        })
    }

    fn simple(&mut self, info: u8) -> Result<Head, Rejection> {
        match info {
            20 => Ok(Head::Bool(false)),
            21 => Ok(Head::Bool(true)),
            22 | 23 => Ok(Head::Null),
            25 => Ok(Head::Float(half(self.array()?))),
            26 => Ok(Head::Float(f64::from(f32::from_be_bytes(self.array()?)))),
            27 => Ok(Head::Float(f64::from_be_bytes(self.array()?))),
            31 => Ok(Head::Break),
            _ => Err(Rejection::malformed("the CBOR has a simple value that is not known")),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Rejection> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(ends)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The content of a byte string whose head has been read.
    pub(super) fn bytes(&mut self, length: Option<u64>) -> Result<Vec<u8>, Rejection> {
        if let Some(length) = length {
            return Ok(self.take(length)?.to_vec());
        }
        let mut whole = Vec::new();
        loop {
            match self.head()? {
                Head::Bytes(Some(length)) => whole.extend_from_slice(self.take(length)?),
                Head::Break => return Ok(whole),
                _ => return Err(Rejection::malformed("a CBOR byte string has a chunk that is none")),
            }
        }
    }

    /// The content of a text string whose head has been read.
    pub(super) fn text(&mut self, length: Option<u64>) -> Result<String, Rejection> {
        let not_utf8 = |_| Rejection::malformed("a CBOR text string is not UTF-8");
        if let Some(length) = length {
            return std::str::from_utf8(self.take(length)?).map(str::to_owned).map_err(not_utf8);
        }
        let mut whole = String::new();
        loop {
            match self.head()? {
                Head::Text(Some(length)) => {
                    whole.push_str(std::str::from_utf8(self.take(length)?).map_err(not_utf8)?);
                }
                Head::Break => return Ok(whole),
                _ => return Err(Rejection::malformed("a CBOR text string has a chunk that is none")),
            }
        }
    }

    /// Passes over the rest of the item whose head has been read, however deep it is, without recursion.
    pub(super) fn skip(&mut self, head: Head) -> Result<(), Rejection> {
        // Items still owed at each open level; `None` for a level that ends with a break.
        let mut open: Vec<Option<u64>> = Vec::new();
        let mut next = head;
        loop {
            match next {
                Head::Bytes(Some(length)) | Head::Text(Some(length)) => {
                    self.take(length)?;
                }
                Head::Bytes(None) => {
                    self.bytes(None)?;
                }
                Head::Text(None) => {
                    self.text(None)?;
                }
                Head::Array(count) => open.push(count),
                Head::Map(count) => open.push(count.map(|pairs| pairs.saturating_mul(2))),
                Head::Tag(_) => open.push(Some(1)),
                Head::Break => match open.pop() {
                    Some(None) => {}
                    _ => return Err(Rejection::malformed("the CBOR has a break where none can be")),
                },
                Head::Unsigned(_) | Head::Negative(_) | Head::Bool(_) | Head::Null | Head::Float(_) => {}
            }
            if open.len() > SKIPPED_DEPTH {
                return Err(Rejection::too_large("the CBOR has items too deep in one another"));
            }
            while let Some(Some(0)) = open.last() {
                open.pop();
            }
            match open.last_mut() {
                None => return Ok(()),
                Some(Some(owed)) => *owed -= 1,
                Some(None) => {}
            }
            next = self.head()?;
        }
    }
}

/// A half-precision number (RFC 8949, appendix D).
fn half([high, low]: [u8; 2]) -> f64 {
    let bits = u16::from_be_bytes([high, low]);
    let exponent = i32::from(bits >> 10 & 0b1_1111);
    let mantissa = f64::from(bits & 0x3ff);
    let magnitude = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_the_rfc_has_them() {
        let cases = [
            (0x3c00, 1.0),
            (0x3e00, 1.5),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0xc400, -4.0),
        ];
        for (bits, value) in cases {
            assert_eq!(half(u16::to_be_bytes(bits)), value);
        }
        assert!(half([0x7e, 0]).is_nan());
        assert_eq!(half([0xfc, 0]), f64::NEG_INFINITY);
    }

    #[test]
    fn announced_lengths_allocate_nothing() {
        let mut reader = Reader::new(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        let Head::Bytes(length) = reader.head().unwrap() else { panic!("not bytes") };
        assert!(reader.bytes(length).is_err());
    }

    #[test]
    fn skipping_follows_nested_items() {
        // [_ 1, {"a": [2, 3]}, 1(4)] and then 5
        let bytes = [0x9f, 1, 0xa1, 0x61, b'a', 0x82, 2, 3, 0xc1, 4, 0xff, 5];
        let mut reader = Reader::new(&bytes);
        let head = reader.head().unwrap();
        reader.skip(head).unwrap();
        assert_eq!(reader.head().unwrap(), Head::Unsigned(5));
        assert!(reader.is_empty());
        let deep = vec![0x81_u8; 1_000_000];
        let mut reader = Reader::new(&deep);
        let head = reader.head().unwrap();
        assert!(reader.skip(head).is_err());
    }
}
