//! Devices that show a code which changes every 30 seconds: what a user has besides its keys. They share a seed with the world, and
//! tell the same time (TOTP, RFC 6238, as authenticator apps have it: HMAC-SHA-1, six digits).

use hmac::{Hmac, Mac};
use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use sha1::Sha1;

use super::{fresh_secret_bits, same};
use crate::context::Ctx;
use crate::error::Result;
use crate::store::{Key, Table};

/// Seconds for which a code is shown.
const STEP: i64 = 30;

/// Steps that the clocks of a device and of the world may differ by (RFC 6238, section 5.2, recommends one).
const NEAR: i64 = 1;

/// Steps that they are looked for in when a device is given to somebody, or set right: an hour either way. The span is ours.
const FAR: i64 = 120;

/// Devices by their serial numbers, over all accounts.
pub(crate) struct Devices;

impl Table for Devices {
    const NAME: &'static str = "rig.mfa-devices";
    type Record = Device;
}

/// A device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Device {
    seed: Vec<u8>,
    /// Id of the user whose it is.
    user: Option<String>,
    /// Steps that its clock is ahead.
    ahead: i64,
    /// Step of the last code that was taken: none is good twice.
    taken: Option<i64>,
}

impl Device {
    fn code(&self, step: i64) -> String {
        let mac = Hmac::<Sha1>::new_from_slice(&self.seed).expect("HMAC takes keys of any length");
        let digest = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
        // RFC 4226, section 5.3: the last four bits say where in the digest the number is.
        let at = usize::from(digest[19] & 0xf);
        let number = digest[at..at + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }

    /// The step at which it shows a code, if it does so about now and the code was not taken before.
    fn shows(&self, now: Timestamp, code: &str) -> Option<i64> {
        let about = step(now) + self.ahead;
        let mut steps = about - NEAR..=about + NEAR;
        steps.find(|step| Some(*step) > self.taken && same(&self.code(*step), code))
    }

    /// Sets its clock by two codes that it shows one after the other; whether it does.
    fn set_by(&mut self, now: Timestamp, codes: [&str; 2]) -> bool {
        let about = step(now);
        let mut steps = about - FAR..=about + FAR;
        let shown = |step: &i64| same(&self.code(*step), codes[0]) && same(&self.code(step + 1), codes[1]);
        let Some(first) = steps.find(shown) else { return false };
        // Of two codes that are both shown about now, the second is the newer one.
        self.ahead = if (first + 1 - about).abs() <= NEAR { 0 } else { first + 1 - about };
        self.taken = Some(first + 1);
        true
    }
}

const fn step(now: Timestamp) -> i64 {
    now.secs().div_euclid(STEP)
}

fn key(serial: &str) -> Key {
    Key::new().text(serial)
}

/// Makes a device: its seed, 64 letters of base 32.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn make(ctx: &mut Ctx<'_>, serial: &str) -> Result<String> {
    let bits = [fresh_secret_bits(ctx, "rig.mfa")?, fresh_secret_bits(ctx, "rig.mfa")?].concat();
    let seed = bits[..40].to_vec();
    let letters = base32(&seed);
    ctx.put::<Devices>(key(serial), Device { seed, user: None, ahead: 0, taken: None })?;
    Ok(letters)
}

/// Gives a device to the user of that id, who shows two codes of it in a row; whether they are.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn give(ctx: &mut Ctx<'_>, serial: &str, user: &str, codes: [&str; 2]) -> Result<bool> {
    let now = ctx.now();
    let user = user.to_owned();
    change(ctx, serial, |device| {
        let good = device.set_by(now, codes);
        if good {
            device.user = Some(user);
        }
        good
    })
}

/// Takes a device from its user.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn take_away(ctx: &mut Ctx<'_>, serial: &str) -> Result<()> {
    change(ctx, serial, |device| device.user.take().is_some()).map(drop)
}

/// Sets a device right by two codes that it shows in a row; whether they are.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn set_right(ctx: &mut Ctx<'_>, serial: &str, codes: [&str; 2]) -> Result<bool> {
    let now = ctx.now();
    change(ctx, serial, |device| device.set_by(now, codes))
}

/// Forgets a device.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn forget(ctx: &mut Ctx<'_>, serial: &str) -> Result<()> {
    ctx.delete::<Devices>(&key(serial)).map(drop)
}

/// Whether the user of that id has the device of that serial number.
pub fn has(ctx: &Ctx<'_>, user: &str, serial: &str) -> bool {
    ctx.peek::<Devices>(&key(serial)).is_some_and(|device| device.user.as_deref() == Some(user))
}

/// Whether a device of the user shows a code that is good now.
pub fn shows(ctx: &Ctx<'_>, user: &str, serial: &str, code: &str) -> bool {
    has(ctx, user, serial)
        && ctx.peek::<Devices>(&key(serial)).and_then(|device| device.shows(ctx.now(), code)).is_some()
}

/// Takes a code, so that it is good no more; whether it was.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn take(ctx: &mut Ctx<'_>, user: &str, serial: &str, code: &str) -> Result<bool> {
    if !has(ctx, user, serial) {
        return Ok(false);
    }
    let now = ctx.now();
    change(ctx, serial, |device| match device.shows(now, code) {
        Some(step) => {
            device.taken = Some(step);
            true
        }
        None => false,
    })
}

/// Changes a device; `false` where there is none, or where nothing was to be changed.
fn change(ctx: &mut Ctx<'_>, serial: &str, change: impl FnOnce(&mut Device) -> bool) -> Result<bool> {
    let Some(mut device) = ctx.peek::<Devices>(&key(serial)).cloned() else { return Ok(false) };
    let changed = change(&mut device);
    if changed {
        ctx.put::<Devices>(key(serial), device)?;
    }
    Ok(changed)
}

/// Base 32 (RFC 4648) of bytes whose number is one of five's.
fn base32(bytes: &[u8]) -> String {
    let letters = bytes.chunks_exact(5).flat_map(|five| {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(move |place| char::from(super::make::BASE32[(bits >> (5 * place) & 31) as usize]))
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use ironbird_wire::timestamp::Timestamp;

    use super::{Device, STEP, base32};

    fn device() -> Device {
        Device { seed: b"12345678901234567890".to_vec(), user: None, ahead: 0, taken: None }
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of its eight digits.
        for (secs, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(device().code(secs / STEP), code);
            assert!(device().shows(Timestamp::from_secs(secs), code).is_some());
            assert!(device().shows(Timestamp::from_secs(secs + STEP), code).is_some());
            assert!(device().shows(Timestamp::from_secs(secs + 2 * STEP), code).is_none());
        }
    }

    #[test]
    fn a_clock_is_set_by_two_codes_in_a_row() {
        let now = Timestamp::from_secs(1_234_567_890);
        let mut set = device();
        let at = super::step(now) + 50;
        let codes = [set.code(at), set.code(at + 1)];
        assert!(!set.set_by(now, [&codes[1], &codes[0]]));
        assert!(set.set_by(now, [&codes[0], &codes[1]]));
        assert!(set.shows(now, &codes[1]).is_none(), "it was taken");
        assert!(set.shows(now, &set.code(at + 2)).is_some());
        assert!(!device().set_by(now, [&device().code(at + 200), &device().code(at + 201)]));
    }

    #[test]
    fn seeds_are_written_in_base_32() {
        assert_eq!(base32(b"fooba"), "MZXW6YTB");
        assert_eq!(base32(b"foobafooba"), "MZXW6YTBMZXW6YTB");
    }
}
