//! Temporary credentials: made from the world's seed and a running number, so that a seed gives the same ones
//! again, and no two calls do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use ironbird_api::sts as api;
use ironbird_rig::credentials::{AccessKey, AccessKeys, TOKEN_MARK, keep};
use ironbird_rig::{Account, Ctx, Key, Principal, Result, Timestamp};
use sha2::Sha256;

/// Timer that forgets credentials some time after their end.
pub const FORGET: &str = "sts.credentials";

/// How long ended credentials are remembered, in seconds, so that their user reads that they have expired rather
/// than that they are unknown. The span is ours.
const REMEMBERED: i64 = 24 * 3600;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Makes credentials for `principal`, good for `seconds`, and keeps them.
pub fn issue(ctx: &mut Ctx<'_>, principal: Principal, seconds: i32) -> Result<api::Credentials> {
    let account = principal.account().unwrap_or(ctx.scope().account);
    let number = ctx.next_number("sts.credentials")?;
    let digest = |purpose: &str| digest(ctx, purpose, number);
    let access_key_id = access_key_id(account, ctx.seed().child("sts.access_key").bits(), number);
    let secret_access_key = STANDARD.encode(&digest("secret")[..30]);
    let session_token = session_token(&[digest("token.1"), digest("token.2"), digest("token.3")]);
    // AWS gives whole seconds.
    let expiration = Timestamp::from_secs(ctx.now().secs() + i64::from(seconds));
    let key = AccessKey {
        secret: secret_access_key.clone(),
        session_token: Some(session_token.clone()),
        principal,
        expires: Some(expiration),
    };
    keep(ctx, &access_key_id, key)?;
    ctx.wake_at(Timestamp::from_secs(expiration.secs() + REMEMBERED), FORGET, &access_key_id)?;
    Ok(api::Credentials { access_key_id, secret_access_key, session_token, expiration })
}

/// Lets go of credentials that ended long ago.
pub fn forget(ctx: &mut Ctx<'_>, access_key_id: &str) -> Result<()> {
    ctx.delete::<AccessKeys>(&Key::new().text(access_key_id))?;
    Ok(())
}

/// Whether the call itself was made with temporary credentials.
pub fn caller_has_session(ctx: &Ctx<'_>) -> bool {
    let Some(id) = &ctx.origin().access_key else { return false };
    ctx.peek::<AccessKeys>(&Key::new().text(id)).is_some_and(|key| key.session_token.is_some())
}

fn digest(ctx: &Ctx<'_>, purpose: &str, number: u64) -> [u8; 32] {
    let key = ctx.seed().child("sts.session").bits().to_be_bytes();
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.chain_update(purpose).chain_update(number.to_be_bytes()).finalize().into_bytes().into()
}

/// About 150 characters, of which nobody but the rig can read anything.
fn session_token(parts: &[[u8; 32]]) -> String {
    format!("{TOKEN_MARK}{}", STANDARD.encode(parts.concat()))
}

/// `ASIA` and sixteen letters of base 32, which hold the account where those of AWS do (bits 40 to 1 of the first
/// six bytes, after a leading one), so that tools that read it there find it.
fn access_key_id(account: Account, salt: u64, number: u64) -> String {
    // Multiplying by an odd number and adding are one-to-one below 2^39: no two numbers give the same key.
    let unique = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(salt) & ((1 << 39) - 1);
    let first: u64 = (1 << 47) | (account.number() << 7) | (unique >> 32);
    let bits = (u128::from(first) << 32) | u128::from(unique & 0xffff_ffff);
    let letters = (0..16).rev().map(|place| char::from(BASE32[(bits >> (5 * place) & 31) as usize]));
    "ASIA".chars().chain(letters).collect()
}

/// A unique id with the given prefix (`AROA`) and seventeen letters, as IAM makes them, drawn from `bits`.
pub fn unique_id(prefix: &str, seed: ironbird_rig::seed::Seed) -> String {
    let mut rng = seed.rng();
    let letters = (0..17).map(|_| char::from(BASE32[rng.below(32) as usize]));
    prefix.chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::access_key_id;
    use ironbird_rig::Account;
    use std::collections::HashSet;

    /// As published: the account is the first six bytes of the decoded id, masked and shifted.
    fn account_of(id: &str) -> u64 {
        let value = |c: u8| super::BASE32.iter().position(|letter| *letter == c).unwrap() as u128;
        let bits = id.bytes().skip(4).fold(0_u128, |bits, c| bits << 5 | value(c));
        ((bits >> 32) as u64 & 0x7fff_ffff_ff80) >> 7
    }

    #[test]
    fn access_keys_carry_their_account_and_never_repeat() {
        let account = Account::parse("999999999999").unwrap();
        let ids: HashSet<String> = (0..10_000).map(|number| access_key_id(account, 7, number)).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids.iter().take(100) {
            assert_eq!((id.len(), account_of(id)), (20, 999_999_999_999), "{id}");
        }
    }
}
