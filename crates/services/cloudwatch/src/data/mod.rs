//! Metrics: what is put, kept and asked for.

pub mod bucket;
pub mod list;
pub mod math;
pub mod put;
pub mod query;
pub mod series;
pub mod statistic;
pub mod statistics;
