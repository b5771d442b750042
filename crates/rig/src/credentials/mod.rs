//! Access keys: whose they are and what signs with them; sign-ins of a workforce; and how secrets and passwords are kept.

mod make;
pub mod mfa;
mod password;
mod secret;
mod session;
pub mod sign_in;
mod temporary;
mod world_secret;

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Principal};
use crate::closure;
use crate::context::Ctx;
use crate::error::Result;
use crate::operation::WakeFn;
use crate::store::{Key, Table};

pub use make::{access_key_id, unique_id};
pub use password::Password;
pub use secret::{Fingerprint, fresh_secret, fresh_secret_bits, same};
pub use session::{Person, Session, session};
pub use temporary::{Temporary, issue_temporary};
use world_secret::secret_key;
pub use world_secret::{WORLD_SECRET, secret_bits};
pub(crate) use world_secret::{WorldSecret, ensure as ensure_secret, renew as renew_secret};

/// The secret of every access key that stands for an account's root user. A rig is a local tool: this is a
/// convention that `ironbird env` follows, not a secret.
pub const ROOT_SECRET: &str = "ironbird";

/// What the session tokens that the rig hands out begin with: one that does and is not known is one of another
/// world, or has long ended.
pub const TOKEN_MARK: &str = "IronBirdSession";

/// An access key that the rig handed out.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccessKey {
    /// What signs.
    pub secret: String,
    /// What must come with every call, for temporary credentials.
    pub session_token: Option<String>,
    /// Who calls with it.
    pub principal: Principal,
    /// First instant at which it is no longer good.
    pub expires: Option<Timestamp>,
    /// Whether calls that it signs are refused as if nobody knew it: its user switched it off or deleted it, or its
    /// account is closed.
    #[serde(default)]
    pub refused: bool,
    /// What a session was begun with.
    #[serde(default)]
    pub session: Option<Box<Session>>,
}

/// Access keys by their id, over all accounts.
pub struct AccessKeys;

impl Table for AccessKeys {
    const NAME: &'static str = "rig.access_keys";
    type Record = AccessKey;
}

/// The timer handlers of credentials.
pub(crate) const TIMERS: [(&str, WakeFn); 3] = [
    (temporary::FORGET, temporary::forget),
    (sign_in::ENDED, sign_in::end),
    (sign_in::EXPIRED, sign_in::forget_token),
];

/// Keeps an access key.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn keep(ctx: &mut Ctx<'_>, id: &str, key: AccessKey) -> Result<()> {
    ctx.put::<AccessKeys>(Key::new().text(id), key)
}

/// Makes an access key that lasts until it is refused, and keeps it: its id and its secret.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn issue_lasting(ctx: &mut Ctx<'_>, principal: Principal) -> Result<(String, String)> {
    let account = principal.account().unwrap_or(ctx.scope().account);
    let number = ctx.next_number("rig.access_keys")?;
    let id = access_key_id("AKIA", account, ctx.seed().child("rig.access_keys").bits(), number);
    let secret = secret_key(ctx, "rig.access_keys", number);
    let key = AccessKey {
        secret: secret.clone(),
        session_token: None,
        principal,
        expires: None,
        refused: false,
        session: None,
    };
    keep(ctx, &id, key)?;
    Ok((id, secret))
}

/// The access key of that id: one that was handed out, or the root user of the account that the id stands
/// for (twelve digits name their account, anything else the default account). Those of an account that is closed are refused.
pub fn find(ctx: &Ctx<'_>, id: &str) -> AccessKey {
    let known = ctx.peek::<AccessKeys>(&Key::new().text(id));
    let mut key = known.cloned().unwrap_or_else(|| of_root(ctx, id));
    key.refused |= key.principal.account().is_some_and(|account| closure::is_closed(ctx, account));
    key
}

fn of_root(ctx: &Ctx<'_>, id: &str) -> AccessKey {
    let account = Account::parse(id).unwrap_or(ctx.settings().account);
    let principal = Principal::Root { account };
    AccessKey {
        secret: ROOT_SECRET.to_owned(),
        session_token: None,
        principal,
        expires: None,
        refused: false,
        session: None,
    }
}
