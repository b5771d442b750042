//! Values that are written more often than they are made.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::field::{Field, Slot, Structure, View};
use crate::schema::Kind;
use crate::xml::Style;

/// A structure behind a shared pointer, together with what a codec wrote of it: whoever writes it again copies
/// that text. Filling it, as a client does that decodes an answer, gives it back to one owner.
#[derive(Clone, Default)]
pub struct Shared<T>(Arc<Inner<T>>);

#[derive(Default)]
struct Inner<T> {
    value: T,
    written: Written,
}

/// What the XML encoder wrote of a structure's members: in which style, and the text. A value that is written in two
/// styles is kept in the first.
#[derive(Default)]
pub struct Written(OnceLock<(Style, Box<str>)>);

impl Written {
    pub(crate) fn get(&self, style: Style) -> Option<&str> {
        self.0.get().filter(|(kept, _)| *kept == style).map(|(_, text)| &**text)
    }

    pub(crate) fn keep(&self, style: Style, text: &str) {
        // Somebody else who writes at the same time writes the same.
        let _ = self.0.set((style, text.into()));
    }
}

/// A copy of a value has been written by nobody.
impl<T: Clone> Clone for Inner<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), written: Written::default() }
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(Inner { value, written: Written::default() }))
    }
}

impl<T: Clone> Shared<T> {
    /// The value, copied if somebody else has it too.
    pub fn into_inner(self) -> T {
        Arc::unwrap_or_clone(self.0).value
    }

    /// The value to change, copied if somebody else has it too; what was written of it is forgotten.
    pub fn make_mut(&mut self) -> &mut T {
        let inner = Arc::make_mut(&mut self.0);
        inner.written = Written::default();
        &mut inner.value
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
    }
}

impl<T: Structure + Clone> Field for Shared<T> {
    fn view(&self) -> View<'_> {
        View::Structure(self)
    }
    fn slot(&mut self, _: Kind, _: usize) -> Slot<'_> {
        Slot::Structure(self.make_mut())
    }
}

impl<T: Structure + Clone> Structure for Shared<T> {
    fn field(&self, index: usize) -> &dyn Field {
        self.0.value.field(index)
    }
    fn field_mut(&mut self, index: usize) -> &mut dyn Field {
        self.make_mut().field_mut(index)
    }
    fn written(&self) -> Option<&Written> {
        Some(&self.0.written)
    }
}
