//! Any JSON value, within the limits.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::decode::stop;
use crate::walk::Walk;

/// Reads a value as it stands.
pub(super) struct DocumentSeed<'w, 'a> {
    pub(super) walk: &'w mut Walk<'a>,
    pub(super) depth: usize,
}

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let Self { walk, depth } = self;
        walk.check_depth(depth).map_err(|rejection| stop(walk, rejection))?;
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(DocumentSeed { walk: &mut *walk, depth: depth + 1 })? {
            walk.spend().map_err(|rejection| stop(walk, rejection))?;
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Self { walk, depth } = self;
        walk.check_depth(depth).map_err(|rejection| stop(walk, rejection))?;
        let mut object = serde_json::Map::new();
        while let Some(key) = map.next_key::<String>()? {
            walk.spend().map_err(|rejection| stop(walk, rejection))?;
            let value = map.next_value_seed(DocumentSeed { walk: &mut *walk, depth: depth + 1 })?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
