//! Launch configurations: what instances were launched from before there were launch templates.

mod check;
pub(crate) mod operations;
pub(crate) mod record;
