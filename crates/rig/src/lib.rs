//! The world that services live in: context, clock and timers, seed tree, ids, store, calls between services,
//! faults, throttles, capacity, metering and prices, audit.
//!
//! It knows the shape of APIs (through `ironbird-api`) and no service's behavior. A service is a list of
//! operations, timers and tables given to [`World::new`](world::World::new); everything it does goes through
//! [`Ctx`](context::Ctx): one world, one clock, one seed.

pub mod access;
pub mod account;
pub mod arn;
pub mod audit;
pub mod capacity;
pub mod catalogue;
pub mod clock;
pub mod closure;
pub mod context;
pub mod credentials;
pub mod document;
pub mod duration;
pub mod error;
pub mod events;
pub mod fault;
pub mod metering;
pub mod operation;
pub mod page;
mod parameters;
pub mod seed;
pub mod store;
pub mod throttle;
pub mod timer;
pub mod world;

pub use account::{Account, Principal, Region, Scope};
pub use context::Ctx;
pub use error::{Error, Result};
pub use ironbird_wire::timestamp::Timestamp;
pub use operation::ServiceDef;
pub use store::{Key, Table};
pub use world::World;
