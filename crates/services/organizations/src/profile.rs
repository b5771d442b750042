//! What an account is called and whose mail it has, whether it is in an organization or not. Accounts that Organizations made
//! have what was given for them; all others have what follows from their number, since nobody signed up for them here.

use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

/// What was given for accounts: (account).
struct Profiles;

impl Table for Profiles {
    const NAME: &'static str = "organizations.profiles";
    type Record = Profile;
}

/// The account that has an address: (address in lower case).
struct Addresses;

impl Table for Addresses {
    const NAME: &'static str = "organizations.addresses";
    type Record = Account;
}

/// An account's name and address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) email: String,
}

/// Where the mail of accounts goes that nobody signed up for.
const DOMAIN: &str = "accounts.example.com";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Profiles>().table::<Addresses>()
}

/// The name and address of an account.
pub(crate) fn of(ctx: &Ctx<'_>, account: Account) -> Profile {
    ctx.peek::<Profiles>(&Key::new().number(account.number())).cloned().unwrap_or_else(|| Profile {
        name: format!("account-{account}"),
        email: format!("{account}@{DOMAIN}"),
    })
}

/// The account that has an address.
pub(crate) fn with_address(ctx: &Ctx<'_>, email: &str) -> Option<Account> {
    let email = email.to_lowercase();
    let implied = email.strip_suffix(DOMAIN).and_then(|rest| rest.strip_suffix('@')).and_then(Account::parse);
    let is_created = |account: &Account| ctx.peek::<Profiles>(&Key::new().number(account.number())).is_some();
    let given = ctx.peek::<Addresses>(&Key::new().text(&email)).copied();
    given.or(implied.filter(|account| !is_created(account)))
}

/// Makes a new account with that name and address.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn sign_up(ctx: &mut Ctx<'_>, profile: Profile) -> Result<Account> {
    let mut rng = ctx.fresh_seed("organizations.account")?.rng();
    // Twelve digits without leading zeros: spreadsheets drop those.
    let mut draw = || Account::parse(&(100_000_000_000 + rng.below(900_000_000_000)).to_string());
    let account = loop {
        let Some(account) = draw() else { continue };
        let is_taken = account == ctx.settings().account
            || ctx.peek::<Profiles>(&Key::new().number(account.number())).is_some()
            || ctx.peek::<crate::account::Memberships>(&Key::new().number(account.number())).is_some();
        if !is_taken {
            break account;
        }
    };
    ctx.put::<Addresses>(Key::new().text(&profile.email.to_lowercase()), account)?;
    ctx.put::<Profiles>(Key::new().number(account.number()), profile)?;
    Ok(account)
}
