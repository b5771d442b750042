//! Groups: what they are, and the operations on them.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod desired;
pub(crate) mod record;
pub(crate) mod settings;
pub(crate) mod source;
pub(crate) mod update;
