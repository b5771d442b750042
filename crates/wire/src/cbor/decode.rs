//! CBOR to values.

use super::read::{Head, Reader};
use crate::error::is_message;
use crate::field::{Field, List, Map, Slot, Structure};
use crate::names;
use crate::rejection::Rejection;
use crate::schema::{Member, Shape};
use crate::timestamp::Timestamp;
use crate::walk::{Walk, fresh_entry, kind_name, misfit, slot};

/// Fills `into` from a map; an empty body is an empty map.
pub(crate) fn decode(
    walk: &mut Walk<'_>,
    shape: &Shape,
    body: &[u8],
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    if body.is_empty() {
        return Ok(());
    }
    let mut decoder = Decoder { walk, reader: Reader::new(body) };
    let Head::Map(count) = decoder.reader.head()? else {
        return Err(Rejection::malformed("the CBOR body is not a map"));
    };
    decoder.structure(shape, count, 0, into)?;
    if decoder.reader.is_empty() {
        return Ok(());
    }
    Err(Rejection::malformed("something follows the CBOR body"))
}

/// Code and text of an error body, as far as they are there.
pub(crate) fn error_parts(body: &[u8]) -> (Option<String>, Option<String>) {
    let mut parts = (None, None);
    // A body that breaks off still gives what came before.
    let _ = read_error(body, &mut parts);
    parts
}

fn read_error(body: &[u8], (code, message): &mut (Option<String>, Option<String>)) -> Result<(), Rejection> {
    let mut reader = Reader::new(body);
    let Head::Map(count) = reader.head()? else { return Ok(()) };
    let mut left = count;
    while let Some(head) = next(&mut reader, &mut left)? {
        let key = match head {
            Head::Text(length) => reader.text(length)?,
            _ => return Ok(()),
        };
        match (key.as_str(), reader.head()?) {
            ("__type", Head::Text(length)) => *code = Some(reader.text(length)?),
            (key, Head::Text(length)) if is_message(key) => *message = Some(reader.text(length)?),
            (_, head) => reader.skip(head)?,
        }
    }
    Ok(())
}

/// The head of the next element of a collection with `left` to come, or `None` at its end.
fn next(reader: &mut Reader<'_>, left: &mut Option<u64>) -> Result<Option<Head>, Rejection> {
    match left {
        Some(0) => return Ok(None),
        Some(count) => *count -= 1,
        None => {}
    }
    match reader.head()? {
        Head::Break if left.is_none() => Ok(None),
        Head::Break => Err(Rejection::malformed("the CBOR has a break where none can be")),
        head => Ok(Some(head)),
    }
}

struct Decoder<'d, 'a, 'b> {
    walk: &'d mut Walk<'a>,
    reader: Reader<'b>,
}

impl Decoder<'_, '_, '_> {
    fn key(&mut self, head: Head) -> Result<String, Rejection> {
        match head {
            Head::Text(length) => self.reader.text(length),
            _ => Err(Rejection::malformed("a key of a CBOR map is not text")),
        }
    }

    fn structure(
        &mut self,
        shape: &Shape,
        count: Option<u64>,
        depth: usize,
        into: &mut dyn Structure,
    ) -> Result<(), Rejection> {
        self.walk.enter(shape.members.len(), depth)?;
        let mut left = count;
        let mut set = vec![false; shape.members.len()];
        let mut unknown = 0;
        while let Some(head) = next(&mut self.reader, &mut left)? {
            let key = self.key(head)?;
            let value = self.reader.head()?;
            let found = shape.members.iter().enumerate().find(|(_, member)| names::plain(member) == key);
            let Some((index, member)) = found else {
                if key != "__type" {
                    self.walk.note_unknown_in(shape, depth, &key);
                    unknown += 1;
                }
                self.reader.skip(value)?;
                continue;
            };
            if set[index] {
                return Err(Rejection::malformed("the member is given more than once").at(&key));
            }
            if value != Head::Null {
                set[index] = true;
                let filled = self.value(member, value, depth, into.field_mut(index));
                filled.map_err(|rejection| rejection.at(&key))?;
            }
        }
        let given = set.iter().filter(|given| **given).count();
        if shape.union && (given, unknown) != (1, 0) && !self.walk.lenient {
            return Err(Rejection::malformed(format!(
                "exactly one member of '{}' must be given",
                shape.name
            )));
        }
        Ok(())
    }

    fn value(
        &mut self,
        member: &Member,
        head: Head,
        depth: usize,
        field: &mut dyn Field,
    ) -> Result<(), Rejection> {
        let shape = self.walk.target(member);
        match (slot(field, shape), head) {
            (Slot::Structure(into), Head::Map(count)) => {
                return self.structure(shape, count, depth + 1, into);
            }
            (Slot::List(into), Head::Array(count)) => return self.list(shape, count, depth + 1, into),
            (Slot::Map(into), Head::Map(count)) => return self.map(shape, count, depth + 1, into),
            (Slot::String(into), Head::Text(length)) => *into = self.reader.text(length)?,
            (Slot::Blob(into), Head::Bytes(length)) => *into = self.reader.bytes(length)?,
            (Slot::Boolean(into), Head::Bool(value)) => *into = value,
            (Slot::Integer(into), head) => {
                *into = i32::try_from(integer(shape, head)?).map_err(|_| unexpected(shape))?;
            }
            (Slot::Long(into), head) => *into = integer(shape, head)?,
            (Slot::Float(into), head) => *into = float(shape, head)? as f32,
            (Slot::Double(into), head) => *into = float(shape, head)?,
            (Slot::Timestamp(into), Head::Tag(1)) => *into = self.timestamp(shape)?,
            (Slot::Timestamp(into), Head::Unsigned(_) | Head::Negative(_) | Head::Float(_))
                if self.walk.lenient =>
            {
                *into = instant(shape, head)?;
            }
            (Slot::Document(_), _) => return Err(Rejection::malformed("the protocol has no documents")),
            _ => return Err(unexpected(shape)),
        }
        Ok(())
    }

    fn timestamp(&mut self, shape: &Shape) -> Result<Timestamp, Rejection> {
        let head = self.reader.head()?;
        instant(shape, head)
    }

    fn list(
        &mut self,
        shape: &Shape,
        count: Option<u64>,
        depth: usize,
        into: &mut dyn List,
    ) -> Result<(), Rejection> {
        self.walk.check_depth(depth)?;
        let [element] = shape.elements.as_slice() else { return Err(misfit(shape)) };
        let mut left = count;
        let mut position = 0;
        while let Some(head) = next(&mut self.reader, &mut left)? {
            self.walk.spend()?;
            if head != Head::Null {
                let filled = self.value(element, head, depth, into.push());
                filled.map_err(|rejection| rejection.at_index(position))?;
            } else if !into.push_null() && !self.walk.lenient {
                return Err(null().at_index(position));
            }
            position += 1;
        }
        Ok(())
    }

    fn map(
        &mut self,
        shape: &Shape,
        count: Option<u64>,
        depth: usize,
        into: &mut dyn Map,
    ) -> Result<(), Rejection> {
        self.walk.check_depth(depth)?;
        let [_, value] = shape.elements.as_slice() else { return Err(misfit(shape)) };
        let mut left = count;
        while let Some(head) = next(&mut self.reader, &mut left)? {
            let key = self.key(head)?;
            self.walk.spend()?;
            let head = self.reader.head()?;
            if head != Head::Null {
                let filled = self.value(value, head, depth, fresh_entry(into, &key)?);
                filled.map_err(|rejection| rejection.at(&key))?;
            } else if !into.entry_null(key.clone()) && !self.walk.lenient {
                return Err(null().at(&key));
            }
        }
        Ok(())
    }
}

fn null() -> Rejection {
    Rejection::malformed("null is not allowed here")
}

fn unexpected(shape: &Shape) -> Rejection {
    Rejection::malformed(format!("expected {}", kind_name(shape.kind)))
}

fn integer(shape: &Shape, head: Head) -> Result<i64, Rejection> {
    match head {
        Head::Unsigned(value) => i64::try_from(value).map_err(|_| unexpected(shape)),
        Head::Negative(value) => i64::try_from(value).map(|value| -1 - value).map_err(|_| unexpected(shape)),
        _ => Err(unexpected(shape)),
    }
}

/// A number; whole ones may be written as integers.
fn float(shape: &Shape, head: Head) -> Result<f64, Rejection> {
    match head {
        Head::Float(value) => Ok(value),
        _ => integer(shape, head).map(|value| value as f64),
    }
}

fn instant(shape: &Shape, head: Head) -> Result<Timestamp, Rejection> {
    match head {
        Head::Float(value) => Timestamp::from_secs_f64(value).ok_or_else(|| unexpected(shape)),
        _ => integer(shape, head).map(Timestamp::from_secs),
    }
}
