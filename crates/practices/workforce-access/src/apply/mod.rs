//! Apply: what a file says of who works where.

pub mod file;
pub mod item;
