//! Alarms: what they watch, how they are evaluated, what they set off.

pub mod action;
pub mod describe;
pub mod evaluate;
mod event;
pub mod history;
pub mod put;
pub mod record;
pub mod rule;
pub mod state;
