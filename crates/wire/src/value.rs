//! Values without a generated type: operations nobody wrote yet, protocol vectors, tools.

use std::collections::HashMap;
use std::fmt;

use crate::field::{Blob, Field, Map, Slot, Structure, View};
use crate::schema::Kind;
use crate::timestamp::Timestamp;

/// Any value of any shape. Structures keep one place per member, in the shape's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing was said.
    #[default]
    Absent,
    /// An explicit null in a sparse list or map.
    Null,
    /// See [`Kind::Boolean`].
    Boolean(bool),
    /// See [`Kind::Integer`].
    Integer(i32),
    /// See [`Kind::Long`].
    Long(i64),
    /// See [`Kind::Float`].
    Float(f32),
    /// See [`Kind::Double`].
    Double(f64),
    /// See [`Kind::String`].
    String(String),
    /// See [`Kind::Blob`].
    Blob(Blob),
    /// See [`Kind::Timestamp`].
    Timestamp(Timestamp),
    /// See [`Kind::Structure`].
    Structure(Members),
    /// See [`Kind::List`].
    List(Vec<Value>),
    /// See [`Kind::Map`]; keys in the order of arrival.
    Map(Entries),
    /// See [`Kind::Document`].
    Document(serde_json::Value),
}

/// The members of an untyped structure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members(pub Vec<Value>);

/// The entries of an untyped map, in the order of arrival.
#[derive(Clone, Default)]
pub struct Entries {
    list: Vec<(String, Value)>,
    /// Positions by key, once there are so many that looking through the list would be slow.
    index: HashMap<String, usize>,
}

/// Up to this many entries are looked through.
const FEW: usize = 16;

impl Entries {
    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.list.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The value at `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).map(|position| &self.list[position].1)
    }

    /// Puts `value` at `key`, in the place of what was there.
    pub fn insert(&mut self, key: String, value: Value) {
        *self.place(key) = value;
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.list.len() <= FEW {
            return self.list.iter().position(|(existing, _)| existing == key);
        }
        self.index.get(key).copied()
    }

    fn place(&mut self, key: String) -> &mut Value {
        let position = match self.position(&key) {
            Some(position) => position,
            None => self.append(key),
        };
        &mut self.list[position].1
    }

    fn append(&mut self, key: String) -> usize {
        let position = self.list.len();
        if position == FEW {
            self.index = self.list.iter().enumerate().map(|(at, (known, _))| (known.clone(), at)).collect();
        }
        if position >= FEW {
            self.index.insert(key.clone(), position);
        }
        self.list.push((key, Value::Absent));
        position
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl FromIterator<(String, Value)> for Entries {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(entries: I) -> Self {
        let mut collected = Self::default();
        for (key, value) in entries {
            collected.insert(key, value);
        }
        collected
    }
}

impl Members {
    /// A structure of `width` members, all absent.
    pub fn new(width: usize) -> Self {
        Self(vec![Value::Absent; width])
    }
}

impl Field for Value {
    fn view(&self) -> View<'_> {
        match self {
            Self::Absent => View::Absent,
            Self::Null => View::Null,
            Self::Boolean(v) => View::Boolean(*v),
            Self::Integer(v) => View::Integer(*v),
            Self::Long(v) => View::Long(*v),
            Self::Float(v) => View::Float(*v),
            Self::Double(v) => View::Double(*v),
            Self::String(v) => View::String(v),
            Self::Blob(v) => View::Blob(&v.0),
            Self::Timestamp(v) => View::Timestamp(*v),
            Self::Structure(v) => View::Structure(v),
            Self::List(v) => View::List(v),
            Self::Map(v) => View::Map(v),
            Self::Document(v) => View::Document(v),
        }
    }

    fn slot(&mut self, kind: Kind, width: usize) -> Slot<'_> {
        if matches!(self, Self::Absent | Self::Null) {
            *self = match kind {
                Kind::Boolean => Self::Boolean(false),
                Kind::Integer => Self::Integer(0),
                Kind::Long => Self::Long(0),
                Kind::Float => Self::Float(0.0),
                Kind::Double => Self::Double(0.0),
                Kind::String => Self::String(String::new()),
                Kind::Blob => Self::Blob(Blob::default()),
                Kind::Timestamp => Self::Timestamp(Timestamp::EPOCH),
                Kind::Structure => Self::Structure(Members::new(width)),
                Kind::List => Self::List(Vec::new()),
                Kind::Map => Self::Map(Entries::default()),
                Kind::Document => Self::Document(serde_json::Value::Null),
            };
        }
        match self {
            Self::Boolean(v) => Slot::Boolean(v),
            Self::Integer(v) => Slot::Integer(v),
            Self::Long(v) => Slot::Long(v),
            Self::Float(v) => Slot::Float(v),
            Self::Double(v) => Slot::Double(v),
            Self::String(v) => Slot::String(v),
            Self::Blob(v) => Slot::Blob(&mut v.0),
            Self::Timestamp(v) => Slot::Timestamp(v),
            Self::Structure(v) => Slot::Structure(v),
            Self::List(v) => Slot::List(v),
            Self::Map(v) => Slot::Map(v),
            Self::Document(v) => Slot::Document(v),
            Self::Absent | Self::Null => unreachable!("filled above"),
        }
    }

    fn set_null(&mut self) -> bool {
        *self = Self::Null;
        true
    }
}

impl Structure for Members {
    fn field(&self, index: usize) -> &dyn Field {
        &self.0[index]
    }
    fn field_mut(&mut self, index: usize) -> &mut dyn Field {
        &mut self.0[index]
    }
}

impl Map for Entries {
    fn len(&self) -> usize {
        self.list.len()
    }
    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a dyn Field)) {
        for (key, value) in &self.list {
            visit(key, value);
        }
    }
    fn entry(&mut self, key: String) -> &mut dyn Field {
        self.place(key)
    }
    fn entry_null(&mut self, key: String) -> bool {
        self.insert(key, Value::Null);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_find_their_keys_however_many() {
        let mut entries = Entries::default();
        for round in 0..2 {
            for number in 0..100 {
                entries.insert(format!("k{number}"), Value::Integer(number + round));
            }
        }
        assert_eq!(entries.iter().count(), 100);
        assert_eq!(entries.get("k0"), Some(&Value::Integer(1)));
        assert_eq!(entries.get("k99"), Some(&Value::Integer(100)));
        assert_eq!(entries.iter().next().unwrap().0, "k0");
    }
}
