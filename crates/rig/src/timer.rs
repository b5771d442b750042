//! Timers: records in the store, ordered by (due, sequence), so a restart keeps them and nothing polls.
//!
//! A timer says no more than "wake this resource": the handler looks at the resource's current and requested
//! state and takes the next step. Waking twice, or too late, is therefore harmless.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::account::Scope;
use crate::store::{Key, Table};

/// A resource to be woken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// Handler, as a service registered it: `ec2.instance`.
    pub target: Cow<'static, str>,
    /// Account and Region of the resource.
    pub scope: Scope,
    /// Which resource, in the handler's own terms.
    pub resource: String,
}

/// The timers of a world.
pub struct Timers;

impl Table for Timers {
    const NAME: &'static str = "rig.timers";
    type Record = Wake;
}

/// Names a timer, to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerId {
    /// When it is due, in nanoseconds since the epoch.
    pub due: i64,
    /// Orders timers due at the same instant.
    pub sequence: u64,
}

impl TimerId {
    /// Where the timer stands in the table.
    pub fn key(self) -> Key {
        Key::new().signed(self.due).number(self.sequence)
    }

    /// The timer at `key`.
    pub(crate) fn from_key(key: &Key) -> Option<Self> {
        let (due, sequence) = key.as_bytes().split_first_chunk::<8>()?;
        let sequence = sequence.first_chunk::<8>()?;
        Some(Self { due: Key::read_signed(*due), sequence: u64::from_be_bytes(*sequence) })
    }
}

#[cfg(test)]
mod tests {
    use super::TimerId;

    #[test]
    fn ids_round_trip_through_keys() {
        for id in [TimerId { due: -3, sequence: 0 }, TimerId { due: i64::MAX, sequence: 7 }] {
            assert_eq!(TimerId::from_key(&id.key()), Some(id));
        }
    }
}
