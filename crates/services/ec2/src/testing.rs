//! What the unit tests of this crate share.

use ironbird_api::Operation;
use ironbird_rig::account::{Account, Principal, Region, Scope};
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Result, Timestamp, World};

/// Where tests happen: the default account in us-east-1.
pub(crate) fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::DEFAULT }
}

/// A world with this service only, in which states are reached at once.
pub(crate) fn world() -> World {
    world_with(Settings { transitions: Transitions::Instant, ..Settings::default() })
}

/// A world with this service only.
pub(crate) fn world_with(settings: Settings) -> World {
    World::rehearsal(vec![crate::service()], settings, Timestamp::from_secs(1_767_225_600))
}

/// Calls an operation as the root of the default account.
pub(crate) fn call<O: Operation>(world: &World, input: &O::Input) -> Result<O::Output> {
    world.call::<O>(scope(), Principal::Root { account: Account::DEFAULT }, input)
}

/// Code of the error that a call must have ended with.
pub(crate) fn code<O: Operation>(world: &World, input: &O::Input) -> String {
    match call::<O>(world, input) {
        Ok(_) => panic!("{} succeeded", O::NAME),
        Err(error) => error.code().to_owned(),
    }
}
