//! Time. The wall clock of a world is virtual: it follows the host's at some rate from some point, or it
//! stands still until a rehearsal moves it. The host's own clocks are read here and nowhere else.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// The host's clocks.
pub struct HostClock;

/// A reading of the host's monotonic clock; only differences mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(std::time::Instant);

impl HostClock {
    /// The host's wall clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub fn wall() -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_nanos(since_epoch.map_or(0, nanos))
    }

    /// The host's monotonic clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub fn monotonic() -> Monotonic {
        Monotonic(std::time::Instant::now())
    }
}

impl Monotonic {
    /// Host time since this reading.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// How a live clock relates to the host's: kept in the store, so that a restart goes on as if nothing had been.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// The host's wall clock at the anchor.
    pub host: Timestamp,
    /// The world's clock at the anchor.
    pub world: Timestamp,
    /// World seconds per host second; 0 stands still.
    pub rate: f64,
}

impl Anchor {
    /// The host's own time.
    pub const REAL: Self = Self { host: Timestamp::EPOCH, world: Timestamp::EPOCH, rate: 1.0 };

    fn at(self, host: Timestamp) -> Timestamp {
        let passed = host.nanos().saturating_sub(self.host.nanos());
        // Rate 1 is exact; other rates are the user's wish, for which a float is exact enough.
        let scaled = if self.rate == 1.0 { passed } else { (passed as f64 * self.rate) as i64 };
        Timestamp::from_nanos(self.world.nanos().saturating_add(scaled))
    }
}

enum Mode {
    Live(Anchor),
    Virtual(Timestamp),
}

/// The clock of a world.
pub struct Clock(Mutex<Mode>);

impl Clock {
    /// A clock that follows the host's.
    pub const fn live(anchor: Anchor) -> Self {
        Self(Mutex::new(Mode::Live(anchor)))
    }

    /// A clock that stands at `start` until it is set.
    pub const fn virtual_from(start: Timestamp) -> Self {
        Self(Mutex::new(Mode::Virtual(start)))
    }

    fn lock(&self) -> MutexGuard<'_, Mode> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it is in the world.
    pub fn now(&self) -> Timestamp {
        match &*self.lock() {
            Mode::Live(anchor) => anchor.at(HostClock::wall()),
            Mode::Virtual(now) => *now,
        }
    }

    /// World seconds per host second; none for a virtual clock.
    pub fn rate(&self) -> Option<f64> {
        match &*self.lock() {
            Mode::Live(anchor) => Some(anchor.rate),
            Mode::Virtual(_) => None,
        }
    }

    /// Moves a virtual clock to `instant`, or a live one ahead to it; never back.
    pub fn advance_to(&self, instant: Timestamp) {
        let mut mode = self.lock();
        match &mut *mode {
            Mode::Live(anchor) => {
                let host = HostClock::wall();
                let world = anchor.at(host).max(instant);
                *anchor = Anchor { host, world, rate: anchor.rate };
            }
            Mode::Virtual(now) => *now = instant.max(*now),
        }
    }

    /// Lets a live clock run at `rate` from now on; nothing for a virtual one. A rate is finite and not
    /// negative; the caller has checked.
    pub fn set_rate(&self, rate: f64) {
        if let Mode::Live(anchor) = &mut *self.lock() {
            let host = HostClock::wall();
            *anchor = Anchor { host, world: anchor.at(host), rate };
        }
    }

    /// Lets a live clock read the host's time again; nothing for a virtual one.
    pub fn restart(&self) {
        if let Mode::Live(anchor) = &mut *self.lock() {
            *anchor = Anchor::REAL;
        }
    }

    /// What to keep, so that the clock goes on after a restart; none for a virtual clock.
    pub fn anchor(&self) -> Option<Anchor> {
        match &*self.lock() {
            Mode::Live(anchor) => Some(*anchor),
            Mode::Virtual(_) => None,
        }
    }

    /// How long the host has to wait until the world's clock reads `due`; none where it never will by itself.
    pub fn host_wait(&self, due: Timestamp) -> Option<Duration> {
        let Mode::Live(anchor) = *self.lock() else { return None };
        if anchor.rate <= 0.0 {
            return None;
        }
        let ahead = due.nanos().saturating_sub(anchor.at(HostClock::wall()).nanos()).max(0);
        Some(Duration::from_nanos((ahead as f64 / anchor.rate) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::{Anchor, Clock};
    use ironbird_wire::timestamp::Timestamp;

    #[test]
    fn a_virtual_clock_stands_still_and_never_goes_back() {
        let clock = Clock::virtual_from(Timestamp::from_secs(100));
        assert_eq!(clock.now(), Timestamp::from_secs(100));
        clock.advance_to(Timestamp::from_secs(160));
        clock.advance_to(Timestamp::from_secs(130));
        assert_eq!(clock.now(), Timestamp::from_secs(160));
        assert_eq!(clock.host_wait(Timestamp::from_secs(1000)), None);
    }

    #[test]
    fn a_live_clock_keeps_its_lead() {
        let anchor = Anchor { host: Timestamp::from_secs(10), world: Timestamp::from_secs(1000), rate: 60.0 };
        assert_eq!(anchor.at(Timestamp::from_secs(11)), Timestamp::from_secs(1060));
        let clock = Clock::live(Anchor::REAL);
        let ahead = Timestamp::from_nanos(clock.now().nanos() + 3_600_000_000_000);
        clock.advance_to(ahead);
        assert!(clock.now() >= ahead);
        clock.set_rate(0.0);
        assert_eq!(clock.now(), clock.now());
    }
}
