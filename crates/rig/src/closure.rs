//! Accounts that are closed: nobody calls with them any more, nobody gets into them, and what is in them costs nothing.
//!
//! Sources: "Closing an AWS account" in the user guide of Organizations, by which an account can at once no longer be used, and
//! "Close an AWS account" in the reference of account management, by which charges end. Who is refused is told what holders of
//! keys that AWS does not know are told; AWS publishes no words of its own for it.

use ironbird_wire::timestamp::Timestamp;

use crate::account::Account;
use crate::context::Ctx;
use crate::error::Result;
use crate::store::{Key, Table};

/// When accounts were closed: (account) → time. They stay in it for good.
pub(crate) struct Closures;

impl Table for Closures {
    const NAME: &'static str = "rig.closed-accounts";
    type Record = Timestamp;
}

/// Closes an account, from now on.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn close(ctx: &mut Ctx<'_>, account: Account) -> Result<()> {
    let now = ctx.now();
    ctx.put::<Closures>(key(account), now)
}

/// When an account was closed; none where it is in use.
pub fn since(ctx: &Ctx<'_>, account: Account) -> Option<Timestamp> {
    ctx.peek::<Closures>(&key(account)).copied()
}

/// Whether an account is closed.
pub fn is_closed(ctx: &Ctx<'_>, account: Account) -> bool {
    since(ctx, account).is_some()
}

fn key(account: Account) -> Key {
    Key::new().number(account.number())
}
