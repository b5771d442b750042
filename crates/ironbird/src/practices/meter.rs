//! Says how far something is, on a terminal, once it takes long enough to wonder.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::{AtomicU64, Ordering};

use ironbird_rig::clock::{HostClock, Monotonic};

/// A line on standard error that counts up.
pub struct Meter {
    started: Monotonic,
    shown: AtomicU64,
    is_terminal: bool,
}

impl Meter {
    /// Begins to wait.
    pub fn new() -> Self {
        Self {
            started: HostClock::monotonic(),
            shown: AtomicU64::new(0),
            is_terminal: stderr().is_terminal(),
        }
    }

    /// Says that `done` of `of` are done of what is called `what`.
    pub fn tell(&self, what: &str, done: u64, of: u64) {
        if !self.is_terminal || self.started.elapsed().as_secs() < 1 {
            return;
        }
        let percent = done * 100 / of.max(1);
        if self.shown.swap(percent, Ordering::Relaxed) != percent {
            // Progress is a courtesy: nothing depends on its being seen.
            let _ = write!(stderr(), "\r{what}: {percent:3} %\x1b[K");
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.shown.load(Ordering::Relaxed) > 0 {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
