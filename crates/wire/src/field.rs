//! The one trait through which codecs read and write values.
//!
//! A codec walks a [`Shape`](crate::schema::Shape) and a value side by side: for the structure's member `i` it
//! asks the value for field `i`, looks at it as a [`View`], or fills it through a [`Slot`]. Generated types and
//! the untyped [`Value`](crate::value::Value) both do this, so nothing is generated per protocol.

use std::any::Any;
use std::collections::BTreeMap;

use crate::schema::Kind;
use crate::shared::Written;
use crate::timestamp::Timestamp;

/// A value as a codec sees it when it writes.
pub enum View<'a> {
    /// Not set: nothing is written.
    Absent,
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
    String(&'a str),
    /// See [`Kind::Blob`].
    Blob(&'a [u8]),
    /// See [`Kind::Timestamp`].
    Timestamp(Timestamp),
    /// See [`Kind::Structure`].
    Structure(&'a dyn Structure),
    /// See [`Kind::List`].
    List(&'a dyn List),
    /// See [`Kind::Map`].
    Map(&'a dyn Map),
    /// See [`Kind::Document`].
    Document(&'a Document),
    /// A list element or map value that is explicitly null (sparse collections).
    Null,
}

/// A place that a codec fills when it reads. Asking for it makes the place present (an absent optional
/// member becomes its default), so ask only once a value is known to be there.
pub enum Slot<'a> {
    /// See [`Kind::Boolean`].
    Boolean(&'a mut bool),
    /// See [`Kind::Integer`].
    Integer(&'a mut i32),
    /// See [`Kind::Long`].
    Long(&'a mut i64),
    /// See [`Kind::Float`].
    Float(&'a mut f32),
    /// See [`Kind::Double`].
    Double(&'a mut f64),
    /// See [`Kind::String`].
    String(&'a mut String),
    /// See [`Kind::Blob`].
    Blob(&'a mut Vec<u8>),
    /// See [`Kind::Timestamp`].
    Timestamp(&'a mut Timestamp),
    /// See [`Kind::Structure`].
    Structure(&'a mut dyn Structure),
    /// See [`Kind::List`].
    List(&'a mut dyn List),
    /// See [`Kind::Map`].
    Map(&'a mut dyn Map),
    /// See [`Kind::Document`].
    Document(&'a mut Document),
}

/// Anything that can stand as a member, element or map value.
pub trait Field: Send + Sync {
    /// The value, to write it.
    fn view(&self) -> View<'_>;
    /// The place for a value of `kind` and, for a structure, `width` members. Only untyped values look at
    /// these two; a generated type knows what it is.
    fn slot(&mut self, kind: Kind, width: usize) -> Slot<'_>;
    /// Makes the value an explicit null where the type has room for one; false where it has not, and the
    /// codec then treats the member as absent.
    fn set_null(&mut self) -> bool {
        false
    }
}

/// A structure or union: fields by their index in the shape's list of members.
pub trait Structure: Any + Send + Sync {
    /// Field `index`, in the order of the shape's members.
    fn field(&self, index: usize) -> &dyn Field;
    /// Field `index`, to fill it.
    fn field_mut(&mut self, index: usize) -> &mut dyn Field;
    /// Where codecs keep what they wrote of the value; only a [`Shared`](crate::shared::Shared) one has it.
    fn written(&self) -> Option<&Written> {
        None
    }
}

impl dyn Structure {
    /// The concrete type behind the trait, if it is `T`.
    pub fn downcast_ref<T: Structure>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
}

/// Values in order.
pub trait List {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The one at `index`.
    fn get(&self, index: usize) -> &dyn Field;
    /// A new last one, to fill.
    fn push(&mut self) -> &mut dyn Field;
    /// A new last one that is explicitly null; false, and nothing done, where elements cannot be null.
    fn push_null(&mut self) -> bool {
        false
    }
}

/// Values by key, in the order they are written.
pub trait Map {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Calls `visit` for each entry.
    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a dyn Field));
    /// The value at `key`, made if it was not there, to fill.
    fn entry(&mut self, key: String) -> &mut dyn Field;
    /// An explicit null at `key`; false, and nothing done, where values cannot be null.
    fn entry_null(&mut self, _key: String) -> bool {
        false
    }
}

macro_rules! scalar {
    ($type:ty, $variant:ident, $view:expr) => {
        impl Field for $type {
            fn view(&self) -> View<'_> {
                let view: fn(&$type) -> View<'_> = $view;
                view(self)
            }
            fn slot(&mut self, _: Kind, _: usize) -> Slot<'_> {
                Slot::$variant(self)
            }
        }
    };
}

scalar!(bool, Boolean, |v| View::Boolean(*v));
scalar!(i32, Integer, |v| View::Integer(*v));
scalar!(i64, Long, |v| View::Long(*v));
scalar!(f32, Float, |v| View::Float(*v));
scalar!(f64, Double, |v| View::Double(*v));
scalar!(String, String, |v| View::String(v));
scalar!(Timestamp, Timestamp, |v| View::Timestamp(*v));
scalar!(Document, Document, |v| View::Document(v));

/// Whatever JSON can say: a value of a shape that leaves its form open.
pub type Document = serde_json::Value;

/// Bytes, kept apart from `Vec<u8>` so that a list of integers is never taken for a blob.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob(pub Vec<u8>);

impl Field for Blob {
    fn view(&self) -> View<'_> {
        View::Blob(&self.0)
    }
    fn slot(&mut self, _: Kind, _: usize) -> Slot<'_> {
        Slot::Blob(&mut self.0)
    }
}

impl<T: Field + Default> Field for Option<T> {
    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Absent, T::view)
    }
    fn slot(&mut self, kind: Kind, width: usize) -> Slot<'_> {
        self.get_or_insert_default().slot(kind, width)
    }
    fn set_null(&mut self) -> bool {
        *self = None;
        true
    }
}

/// Recursive shapes are boxed.
impl<T: Field> Field for Box<T> {
    fn view(&self) -> View<'_> {
        (**self).view()
    }
    fn slot(&mut self, kind: Kind, width: usize) -> Slot<'_> {
        (**self).slot(kind, width)
    }
}

impl<T: Field + Default> Field for Vec<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
    fn slot(&mut self, _: Kind, _: usize) -> Slot<'_> {
        Slot::List(self)
    }
}

impl<T: Field + Default> List for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }
    fn get(&self, index: usize) -> &dyn Field {
        &self[index]
    }
    fn push(&mut self) -> &mut dyn Field {
        self.push(T::default());
        let last = self.len() - 1;
        &mut self[last]
    }
    fn push_null(&mut self) -> bool {
        let mut element = T::default();
        let nullable = element.set_null();
        if nullable {
            self.push(element);
        }
        nullable
    }
}

impl<T: Field + Default> Field for BTreeMap<String, T> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
    fn slot(&mut self, _: Kind, _: usize) -> Slot<'_> {
        Slot::Map(self)
    }
}

impl<T: Field + Default> Map for BTreeMap<String, T> {
    fn len(&self) -> usize {
        self.len()
    }
    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a dyn Field)) {
        for (key, value) in self {
            visit(key, value);
        }
    }
    fn entry(&mut self, key: String) -> &mut dyn Field {
        self.entry(key).or_default()
    }
    fn entry_null(&mut self, key: String) -> bool {
        let mut value = T::default();
        let nullable = value.set_null();
        if nullable {
            self.insert(key, value);
        }
        nullable
    }
}
