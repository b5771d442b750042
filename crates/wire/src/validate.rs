//! Constraints of a model, checked on a value.
