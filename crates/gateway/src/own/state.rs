//! The whole state: what there is, whether two worlds are equal, and a fresh start.

use std::collections::BTreeMap;

use ironbird_rig::World;
use ironbird_rig::credentials::WORLD_SECRET;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Problem;

/// What the store holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// SHA-256 over all records, in hexadecimal: two worlds are equal when these are.
    pub hash: String,
    /// Records by table.
    pub tables: BTreeMap<String, usize>,
}

/// Counts and hashes all records but the secret that every world has for itself.
pub(super) fn show(world: &World) -> Result<State, Problem> {
    let records = world.store().dump().map_err(|cause| Problem::broken(&cause))?;
    let mut hash = Sha256::new();
    let mut tables: BTreeMap<String, usize> = BTreeMap::new();
    for (table, key, bytes) in records.iter().filter(|(table, ..)| *table != WORLD_SECRET) {
        for part in [table.as_bytes(), key.as_bytes(), bytes] {
            // Lengths keep parts apart.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        *tables.entry((*table).to_owned()).or_default() += 1;
    }
    let hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(State { hash, tables })
}

/// Makes the world as it was when it was new.
pub(super) fn reset(world: &World) -> Result<State, Problem> {
    world.reset()?;
    show(world)
}
