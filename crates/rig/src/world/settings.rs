//! What a user sets for a world.

use serde::{Deserialize, Serialize};

use crate::account::Account;

/// How long states take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transitions {
    /// A requested state is reached at once.
    Instant,
    /// It takes about as long as on AWS, on the world's clock.
    #[default]
    Realistic,
}

/// What signatures and policies decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// No question is asked.
    Off,
    /// Any credentials are accepted for their account; what would have been denied is reported.
    #[default]
    Soft,
    /// Signatures are verified, and policies decide.
    Enforce,
}

/// Which machine images there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Images {
    /// Those of the catalogue; the id of any other is not found.
    #[default]
    Known,
    /// Any well-formed id: one that the catalogue lacks stands for a plain Linux image, for templates that carry
    /// ids of a real account.
    Any,
}

/// What the user set for a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Root of all randomness.
    pub seed: u64,
    /// Account of calls whose credentials name none.
    pub account: Account,
    /// How long states take.
    pub transitions: Transitions,
    /// What signatures decide.
    pub auth: Auth,
    /// Whether request limits hold.
    pub throttles: bool,
    /// Which machine images there are.
    pub images: Images,
    /// How many events are kept of each account and Region, the newest; see [`events`](crate::events).
    pub events: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            account: Account::DEFAULT,
            transitions: Transitions::default(),
            auth: Auth::default(),
            throttles: false,
            images: Images::default(),
            events: 0,
        }
    }
}
