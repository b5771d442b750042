//! Read-only facts about the cloud: where it is, what can be rented, where, and for how much.
//!
//! The figures are the tables under `data/`, embedded as text. A table is opened on first use and never before, so
//! that a process that only says who the caller is pays nothing for 1,391 instance types. Names are slices of the
//! embedded text; nothing here changes while the process runs, and nothing is invented: an empty cell is [`None`].
//!
//! * [`geography`]: partitions, Regions and their zones;
//! * [`instance_types`]: what `DescribeInstanceTypes` tells about a type;
//! * [`offerings`]: which type is offered in which zone;
//! * [`prices`]: On-Demand prices with the grade of their source, [`spot`]: usual Spot prices and interruption bands,
//!   [`market`]: how they move, [`protection`]: which types cost too much to be chosen by their attributes;
//! * [`hosts`]: what fits on a Dedicated Host, and what it costs;
//! * [`items`]: what else is paid for, [`unit_prices`]: what it costs, where that is known;
//! * [`usage`]: the names under which usage is billed.

pub mod geography;
pub mod hosts;
pub mod instance_types;
pub mod items;
pub mod market;
pub mod money;
pub mod offerings;
pub mod prices;
pub mod protection;
pub mod spot;
mod table;
pub mod unit_prices;
pub mod usage;
pub mod words;

pub use geography::{Mapping, Partition, Region, Zone, ZoneKind};
pub use instance_types::InstanceType;
pub use money::NanoUsd;
pub use words::Words;
