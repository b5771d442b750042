//! JSON to values, without a tree in between: the schema drives serde's deserializer.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::document::DocumentSeed;
use crate::field::{Field, List, Map, Slot, Structure};
use crate::names;
use crate::rejection::{Rejection, shorten};
use crate::schema::{Kind, Member, Shape, TimestampFormat};
use crate::text::{self, Reading};
use crate::timestamp::Timestamp;
use crate::walk::{Walk, fresh_entry, kind_name, misfit, slot, timestamp_format};

/// Fills `into` from a JSON object; an empty body is an empty object.
pub(crate) fn decode(
    walk: &mut Walk<'_>,
    shape: &Shape,
    body: &[u8],
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = deserializer.deserialize_any(Object { walk: &mut *walk, shape, depth: 0, into });
    finish(walk, read.and_then(|()| deserializer.end()))
}

/// Fills one field, such as a payload, from a JSON value.
pub(crate) fn decode_field(
    walk: &mut Walk<'_>,
    member: &Member,
    body: &[u8],
    into: &mut dyn Field,
) -> Result<(), Rejection> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let any = Any { walk: &mut *walk, member, depth: 0, place: Place::Field(into) };
    let read = any.deserialize(&mut deserializer);
    finish(walk, read.and_then(|_| deserializer.end()))
}

fn finish(walk: &mut Walk<'_>, read: Result<(), serde_json::Error>) -> Result<(), Rejection> {
    match (walk.failure.take(), read) {
        (Some(rejection), _) => Err(rejection),
        (None, Err(error)) => Err(Rejection::malformed(format!("the JSON cannot be read: {error}"))),
        (None, Ok(())) => Ok(()),
    }
}

/// Keeps our own reason while serde unwinds with one of its own.
pub(super) fn stop<E: Error>(walk: &mut Walk<'_>, rejection: Rejection) -> E {
    walk.failure = Some(rejection);
    E::custom("refused")
}

/// Notes where an error happened while it unwinds.
fn within<E: Error>(walk: &mut Walk<'_>, segment: &str, error: E) -> E {
    let rejection = walk.failure.take().unwrap_or_else(|| Rejection::malformed(error.to_string()));
    walk.failure = Some(rejection.at(segment));
    error
}

/// Where a value goes. The place is made only once the value is known not to be null.
enum Place<'p> {
    Field(&'p mut dyn Field),
    Push(&'p mut dyn List),
    Entry(&'p mut dyn Map, String),
}

struct Object<'w, 'a, 'p> {
    walk: &'w mut Walk<'a>,
    shape: &'p Shape,
    depth: usize,
    into: &'p mut dyn Structure,
}

impl<'de> Visitor<'de> for Object<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { walk, shape, depth, into } = self;
        let bindings = walk.bindings.at(depth);
        walk.enter(shape.members.len(), depth).map_err(|rejection| stop(walk, rejection))?;
        let mut set = vec![false; shape.members.len()];
        let mut unknown = 0;
        while let Some(key) = map.next_key::<String>()? {
            let found = shape.members.iter().enumerate();
            let found =
                found.filter(|(_, member)| bindings.in_body(member)).find(|(_, m)| names::plain(m) == key);
            let Some((index, member)) = found else {
                if key != "__type" {
                    walk.note_unknown_in(shape, depth, &key);
                    unknown += 1;
                }
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if set[index] {
                let twice = Rejection::malformed("the member is given more than once").at(&key);
                return Err(stop(walk, twice));
            }
            let any = Any { walk: &mut *walk, member, depth, place: Place::Field(into.field_mut(index)) };
            set[index] = map.next_value_seed(any).map_err(|error| within(walk, &key, error))?;
        }
        let count = set.iter().filter(|given| **given).count();
        if shape.union && (count, unknown) != (1, 0) && !walk.lenient {
            let text = format!("exactly one member of '{}' must be given", shape.name);
            return Err(stop(walk, Rejection::malformed(text)));
        }
        Ok(())
    }
}

/// One value of a schema. Gives false when it is null and there is no room for a null.
struct Any<'w, 'a, 'p> {
    walk: &'w mut Walk<'a>,
    member: &'p Member,
    depth: usize,
    place: Place<'p>,
}

impl<'de> DeserializeSeed<'de> for Any<'_, '_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        if self.walk.target(self.member).kind != Kind::Document {
            return deserializer.deserialize_any(self);
        }
        let walk = self.walk;
        let document = DocumentSeed { walk: &mut *walk, depth: self.depth }.deserialize(deserializer)?;
        let shape = walk.target(self.member);
        match made(self.place, shape) {
            Ok(Slot::Document(place)) => *place = document,
            Ok(_) => return Err(stop(walk, misfit(shape))),
            Err(rejection) => return Err(stop(walk, rejection)),
        }
        Ok(true)
    }
}

impl Any<'_, '_, '_> {
    /// Makes the place and gives what is in it to `fill`.
    fn fill<E: Error>(
        self,
        fill: impl FnOnce(&mut Walk<'_>, &Member, &Shape, Slot<'_>) -> Result<(), Rejection>,
    ) -> Result<bool, E> {
        let Self { walk, member, place, .. } = self;
        let shape = walk.target(member);
        let made = made(place, shape);
        match made.and_then(|place| fill(walk, member, shape, place)) {
            Ok(()) => Ok(true),
            Err(rejection) => Err(stop(walk, rejection)),
        }
    }

    /// Fills from text in quotes, which is also how numbers that are none and some timestamps are written.
    fn quoted<E: Error>(self, text: &str) -> Result<bool, E> {
        self.fill(|walk, member, shape, place| {
            let format = timestamp_format(member, shape, TimestampFormat::EpochSeconds);
            let fits = match shape.kind {
                Kind::String | Kind::Blob => true,
                Kind::Timestamp => format != TimestampFormat::EpochSeconds,
                Kind::Float | Kind::Double => text::float_word(text).is_some(),
                _ => false,
            };
            if !fits && !walk.lenient {
                return Err(unexpected(shape));
            }
            text::parse(place, text, Reading { format, lenient: walk.lenient })
        })
    }
}

fn unexpected(shape: &Shape) -> Rejection {
    Rejection::malformed(format!("expected {}", kind_name(shape.kind)))
}

impl<'de> Visitor<'de> for Any<'_, '_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind_name(self.walk.target(self.member).kind))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        self.fill(|_, _, shape, place| match place {
            Slot::Boolean(into) => {
                *into = value;
                Ok(())
            }
            _ => Err(unexpected(shape)),
        })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.fill(|walk, member, shape, place| {
            let format = timestamp_format(member, shape, TimestampFormat::EpochSeconds);
            if shape.kind == Kind::Timestamp && format != TimestampFormat::EpochSeconds && !walk.lenient {
                return Err(unexpected(shape));
            }
            integer(shape, place, value)
        })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            // Too large for any integer, but a float may be written so.
            Err(_) => self.visit_f64(value as f64),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.fill(|walk, member, shape, place| match place {
            Slot::Float(into) => {
                *into = value as f32;
                Ok(())
            }
            Slot::Double(into) => {
                *into = value;
                Ok(())
            }
            Slot::Timestamp(into) => {
                let format = timestamp_format(member, shape, TimestampFormat::EpochSeconds);
                let instant = Timestamp::from_secs_f64(value);
                let allowed = walk.lenient || format == TimestampFormat::EpochSeconds;
                *into = instant.filter(|_| allowed).ok_or_else(|| unexpected(shape))?;
                Ok(())
            }
            whole if value.fract() == 0.0 && walk.lenient && value.abs() < 9e15 => {
                integer(shape, whole, value as i64)
            }
            _ => Err(Rejection::invalid_value(&value.to_string(), kind_name(shape.kind))),
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        self.quoted(text)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        let taken = match self.place {
            Place::Field(_) => return Ok(false),
            Place::Push(list) => list.push_null(),
            Place::Entry(map, key) => map.entry_null(key),
        };
        if taken || self.walk.lenient {
            return Ok(taken);
        }
        Err(stop(self.walk, Rejection::malformed("null is not allowed here")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        let Self { walk, member, depth, place } = self;
        let shape = walk.target(member);
        let place = match made(place, shape) {
            Ok(place) => place,
            Err(rejection) => return Err(stop(walk, rejection)),
        };
        let (Slot::List(into), [element]) = (place, shape.elements.as_slice()) else {
            return Err(stop(walk, unexpected(shape)));
        };
        walk.check_depth(depth + 1).map_err(|rejection| stop(walk, rejection))?;
        let mut position = 0;
        loop {
            walk.spend().map_err(|rejection| stop(walk, rejection))?;
            let any =
                Any { walk: &mut *walk, member: element, depth: depth + 1, place: Place::Push(&mut *into) };
            let read = seq.next_element_seed(any);
            if read.map_err(|error| within(walk, &(position + 1).to_string(), error))?.is_none() {
                return Ok(true);
            }
            position += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self { walk, member, depth, place } = self;
        let shape = walk.target(member);
        let place = match made(place, shape) {
            Ok(place) => place,
            Err(rejection) => return Err(stop(walk, rejection)),
        };
        match place {
            Slot::Structure(into) => {
                Object { walk, shape, depth: depth + 1, into }.visit_map(map)?;
            }
            Slot::Map(into) => {
                let [_, value] = shape.elements.as_slice() else { return Err(stop(walk, misfit(shape))) };
                walk.check_depth(depth + 1).map_err(|rejection| stop(walk, rejection))?;
                while let Some(key) = map.next_key::<String>()? {
                    walk.spend().map_err(|rejection| stop(walk, rejection))?;
                    let entry = Place::Entry(&mut *into, key.clone());
                    let any = Any { walk: &mut *walk, member: value, depth: depth + 1, place: entry };
                    map.next_value_seed(any).map_err(|error| within(walk, &key, error))?;
                }
            }
            _ => return Err(stop(walk, unexpected(shape))),
        }
        Ok(true)
    }
}

fn made<'p>(place: Place<'p>, shape: &Shape) -> Result<Slot<'p>, Rejection> {
    match place {
        Place::Field(field) => Ok(slot(field, shape)),
        Place::Push(list) => Ok(slot(list.push(), shape)),
        Place::Entry(map, key) => Ok(slot(fresh_entry(map, &key)?, shape)),
    }
}

fn integer(shape: &Shape, place: Slot<'_>, value: i64) -> Result<(), Rejection> {
    match place {
        Slot::Integer(into) => {
            let fits = i32::try_from(value);
            *into = fits.map_err(|_| Rejection::invalid_value(&value.to_string(), "a 32-bit integer"))?;
        }
        Slot::Long(into) => *into = value,
        Slot::Float(into) => *into = value as f32,
        Slot::Double(into) => *into = value as f64,
        Slot::Timestamp(into) => *into = Timestamp::from_secs(value),
        _ => return Err(unexpected(shape)),
    }
    Ok(())
}

/// Code and text of an error body, as far as they are there. A body that is not JSON is all text.
pub(crate) fn error_parts(body: &[u8]) -> (Option<String>, Option<String>) {
    let Ok(parsed) = serde_json::from_slice::<serde_json::Value>(body) else {
        let text = String::from_utf8_lossy(body);
        return (None, (!text.is_empty()).then(|| shorten(&text)));
    };
    let text = |names: [&str; 2]| names.iter().find_map(|name| parsed.get(name)?.as_str().map(str::to_owned));
    let code = text(["__type", "code"]).or_else(|| text(["Code", "code"]));
    (code, text(["message", "Message"]))
}
