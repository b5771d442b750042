//! Who waits for something new hears of it: requests that stay open until the world has changed.

use std::time::Duration;

use ironbird_rig::clock::{HostClock, Monotonic};
use tokio::sync::watch;

/// Changes within this time are looked at together, so that a busy world is not looked at after each of its steps.
const PAUSE: Duration = Duration::from_millis(50);

/// Tells of changes, and of the end.
pub(crate) struct News {
    /// Whether the server is about to end.
    ended: watch::Sender<bool>,
}

impl News {
    pub(crate) fn new() -> Self {
        Self { ended: watch::Sender::new(false) }
    }

    /// What to call when the world has changed.
    pub(crate) fn teller(&self) -> impl Fn() + Send + Sync + 'static {
        let ended = self.ended.clone();
        // The value stays: that it was touched is the news.
        move || ended.send_modify(|_| {})
    }

    /// Nobody waits any longer.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Begins to listen; what changed before is not news.
    pub(crate) fn listen(&self, patience: Duration) -> Listener {
        Listener { ended: self.ended.subscribe(), since: HostClock::monotonic(), patience }
    }
}

/// Someone who waits, for so long.
pub(crate) struct Listener {
    ended: watch::Receiver<bool>,
    since: Monotonic,
    patience: Duration,
}

impl Listener {
    /// Waits until something has changed since the last time: whether it is worth another look.
    pub(crate) async fn wait(&mut self) -> bool {
        let left = self.patience.saturating_sub(self.since.elapsed());
        if *self.ended.borrow() || left.is_zero() {
            return false;
        }
        if !matches!(tokio::time::timeout(left, self.ended.changed()).await, Ok(Ok(()))) {
            return false;
        }
        let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
        !*self.ended.borrow_and_update()
    }
}
