//! Who of a workforce is signed in, and the bearer tokens that say so.
//!
//! Whoever signs in to Identity Center has a sign-in until it ends: after its time, or with a sign-out. Tokens of it, which
//! stand in for it at the access portal, end with it at the latest. They are kept only as fingerprints.

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fingerprint, fresh_secret};
use crate::account::Scope;
use crate::context::Ctx;
use crate::error::Result;
use crate::store::{Key, Table};

/// The timers that forget what has ended.
pub(crate) const ENDED: &str = "rig.sign-in";
pub(crate) const EXPIRED: &str = "rig.bearer-token";

/// Sign-ins by their ids, over all accounts.
pub(crate) struct SignIns;

impl Table for SignIns {
    const NAME: &'static str = "rig.sign-ins";
    type Record = SignIn;
}

/// Bearer tokens by their fingerprints.
pub(crate) struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "rig.bearer-tokens";
    type Record = Token;
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Account and Region of the instance of Identity Center.
    pub scope: Scope,
    /// ARN of the instance.
    pub instance: String,
    /// Id of its identity store.
    pub store: String,
    /// Id of the user.
    pub user: String,
    /// First instant at which it is over.
    pub ends: Timestamp,
}

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    sign_in: String,
    expires: Timestamp,
}

fn key(id: &str) -> Key {
    Key::new().text(id)
}

/// Signs somebody in; the id of the sign-in.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn begin(ctx: &mut Ctx<'_>, sign_in: SignIn) -> Result<String> {
    let id = ctx.fresh_uuid("rig.sign-in")?;
    ctx.wake_at(sign_in.ends, ENDED, &id)?;
    ctx.put::<SignIns>(key(&id), sign_in)?;
    Ok(id)
}

/// Makes a token of a sign-in, good for `seconds` or until the sign-in is over: the token, and its first instant at which it is
/// no longer good. None where the sign-in is over.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn issue(ctx: &mut Ctx<'_>, id: &str, seconds: i64) -> Result<Option<(String, Timestamp)>> {
    let Some(ends) = going_on(ctx, id).map(|sign_in| sign_in.ends) else { return Ok(None) };
    let token = fresh_secret(ctx, "rig.bearer-token")?;
    let expires = Timestamp::from_secs(ctx.now().secs() + seconds).min(ends);
    let fingerprint = Fingerprint::of(&token);
    ctx.wake_at(expires, EXPIRED, fingerprint.text())?;
    ctx.put::<Tokens>(key(fingerprint.text()), Token { sign_in: id.to_owned(), expires })?;
    Ok(Some((token, expires)))
}

/// The sign-in of that id, while it goes on.
pub fn going_on<'t>(ctx: &'t Ctx<'_>, id: &str) -> Option<&'t SignIn> {
    ctx.peek::<SignIns>(&key(id)).filter(|sign_in| ctx.now() < sign_in.ends)
}

/// The sign-in that a token stands for, and its id, while both are good.
pub fn of_token<'t>(ctx: &'t Ctx<'_>, token: &str) -> Option<(&'t str, &'t SignIn)> {
    let found = ctx.peek::<Tokens>(&key(Fingerprint::of(token).text()))?;
    if found.expires <= ctx.now() {
        return None;
    }
    going_on(ctx, &found.sign_in).map(|sign_in| (found.sign_in.as_str(), sign_in))
}

/// Signs out: all tokens of the sign-in are worth nothing from now on.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn end(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<SignIns>(&key(id)).map(drop)
}

/// Forgets a token that has expired.
pub(crate) fn forget_token(ctx: &mut Ctx<'_>, fingerprint: &str) -> Result<()> {
    ctx.delete::<Tokens>(&key(fingerprint)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{SignIn, Tokens, begin, end, issue, of_token};
    use crate::account::{Account, Region, Scope};
    use crate::world::{Settings, World};
    use crate::{Ctx, Result, Timestamp};

    fn within<R>(world: &World, work: impl FnOnce(&mut Ctx<'_>) -> Result<R>) -> R {
        world.within(Scope { account: Account::DEFAULT, region: Region::DEFAULT }, work).unwrap()
    }

    fn signed_in(world: &World, seconds: i64) -> String {
        within(world, |ctx| {
            let sign_in = SignIn {
                scope: ctx.scope(),
                instance: "arn:aws:sso:::instance/ssoins-1".to_owned(),
                store: "d-1".to_owned(),
                user: "u-1".to_owned(),
                ends: Timestamp::from_secs(ctx.now().secs() + seconds),
            };
            begin(ctx, sign_in)
        })
    }

    fn good(world: &World, token: &str) -> bool {
        within(world, |ctx| Ok(of_token(ctx, token).is_some()))
    }

    #[test]
    fn tokens_end_at_their_time_with_the_sign_in_and_with_the_sign_out() {
        let world = World::rehearsal(Vec::new(), Settings::default(), Timestamp::from_secs(0));
        let id = signed_in(&world, 100);
        let (short, until) = within(&world, |ctx| issue(ctx, &id, 10)).unwrap();
        let (long, last) = within(&world, |ctx| issue(ctx, &id, 1000)).unwrap();
        assert_eq!((until.secs(), last.secs()), (10, 100));
        assert_ne!(short, long);
        assert!(good(&world, &short) && good(&world, &long) && !good(&world, "guess"));
        world.run_until(Timestamp::from_secs(10));
        assert!(!good(&world, &short) && good(&world, &long));
        world.run_until(Timestamp::from_secs(100));
        assert!(!good(&world, &long));
        assert_eq!(within(&world, |ctx| Ok(ctx.count::<Tokens>())), 0);
        assert_eq!(within(&world, |ctx| issue(ctx, &id, 1)), None);

        let id = signed_in(&world, 100);
        let (token, _) = within(&world, |ctx| issue(ctx, &id, 10)).unwrap();
        within(&world, |ctx| end(ctx, &id));
        assert!(!good(&world, &token));
    }

    #[test]
    fn no_token_is_in_the_store() {
        let world = World::rehearsal(Vec::new(), Settings::default(), Timestamp::from_secs(0));
        let id = signed_in(&world, 100);
        let (token, _) = within(&world, |ctx| issue(ctx, &id, 10)).unwrap();
        let kept = within(&world, |ctx| {
            let all = ctx.scan::<Tokens>(&crate::Key::new());
            Ok(all.map(|(key, record)| format!("{key:?}{record:?}")).collect::<String>())
        });
        assert!(!kept.contains(&token));
    }
}
