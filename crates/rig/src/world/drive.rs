//! Time passing: timers that fall due, and the clock moved by its user.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ironbird_wire::timestamp::Timestamp;

use super::{Anchors, World};
use crate::context::{self, Ctx};
use crate::credentials;
use crate::error::{InternalError, Result};
use crate::store::Key;
use crate::timer::{TimerId, Timers, Wake};

impl World {
    pub(super) fn wake_driver(&self) {
        let _guard = self.driver.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.driver.1.notify_all();
    }

    /// When the first timer is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        let transaction = self.store.read();
        let (key, _) = transaction.first::<Timers>()?;
        TimerId::from_key(key).map(|timer| Timestamp::from_nanos(timer.due))
    }

    /// Runs the first timer if it is due at `limit`; whether there was one. A handler that fails leaves no
    /// trace but a line in the log.
    pub fn run_next_timer(&self, limit: Timestamp) -> bool {
        let transaction = self.store.write();
        let Some((timer, key, wake)) = transaction
            .first::<Timers>()
            .and_then(|(key, wake)| TimerId::from_key(key).map(|timer| (timer, key.clone(), wake)))
        else {
            return false;
        };
        if timer.due > limit.nanos() {
            return false;
        }
        let due = Timestamp::from_nanos(timer.due);
        if self.clock.rate().is_none() {
            self.clock.advance_to(due);
        }
        let mut origin = self.own_origin(wake.scope);
        origin.request_id = context::uuid(self.seed.child("timer").nth(timer.sequence));
        let mut ctx = Ctx::new(self, transaction, due, Arc::new(origin));
        let committed = self.fire(&mut ctx, &key, &wake).and_then(|()| Ok(self.commit(ctx)?));
        if let Err(error) = committed {
            tracing::error!(target = &*wake.target, resource = wake.resource, %error, "timer failed");
        }
        true
    }

    fn fire(&self, ctx: &mut Ctx<'_>, key: &Key, wake: &Wake) -> Result<()> {
        ctx.delete::<Timers>(key)?;
        let savepoint = ctx.savepoint();
        let result = match self.wakes.get(&*wake.target) {
            Some(handler) => handler(ctx, &wake.resource),
            None => Err(InternalError::Broken(format!("no timer handler {}", wake.target)).into()),
        };
        if let Err(error) = result {
            ctx.roll_back(savepoint);
            tracing::error!(target = &*wake.target, resource = wake.resource, %error, "timer handler failed");
        }
        Ok(())
    }

    /// Moves a virtual clock to `instant`, running every timer due on the way, each at its own time.
    pub fn run_until(&self, instant: Timestamp) {
        while self.run_next_timer(instant) {}
        self.clock.advance_to(instant);
    }

    /// Runs timers of a live world as they fall due, until `stop` is set and [`World::stop_driver`] called.
    /// Blocks; give it a thread.
    pub fn drive(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Acquire) {
            let now = self.clock.now();
            while self.run_next_timer(now) {
                if stop.load(Ordering::Acquire) {
                    return;
                }
            }
            let guard = self.driver.0.lock().unwrap_or_else(PoisonError::into_inner);
            let due = self.next_due();
            self.first_due.store(due.map_or(i64::MAX, Timestamp::nanos), Ordering::Release);
            let wait = due.and_then(|due| self.clock.host_wait(due));
            // An upper bound covers a host whose wall clock was set, and a clock whose rate was changed.
            let wait = wait.unwrap_or(Duration::from_secs(3600)).min(Duration::from_secs(3600));
            drop(self.driver.1.wait_timeout(guard, wait).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Lets [`World::drive`] look at its stop flag.
    pub fn stop_driver(&self) {
        self.wake_driver();
    }

    /// Moves a live clock ahead by `span`, running the timers due on the way each at its own time, and keeps
    /// its new lead.
    ///
    /// # Errors
    /// When the lead could not be kept.
    pub fn advance(&self, span: Duration) -> Result<Timestamp> {
        let span = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        let target = Timestamp::from_nanos(self.clock.now().nanos().saturating_add(span));
        while let Some(due) = self.next_due().filter(|due| *due <= target) {
            self.clock.advance_to(due);
            self.run_next_timer(due);
        }
        self.clock.advance_to(target);
        self.keep_clock()?;
        Ok(self.clock.now())
    }

    /// Lets a live clock run at `rate` and keeps that.
    ///
    /// # Errors
    /// When it could not be kept.
    pub fn set_rate(&self, rate: f64) -> Result<()> {
        self.clock.set_rate(rate);
        self.keep_clock()
    }

    /// Makes the world as it was when it was new: no state, the host's time, full buckets. Settings stay.
    ///
    /// # Errors
    /// When the store could not keep that.
    pub fn reset(&self) -> Result<()> {
        let mut transaction = self.store.write();
        transaction.clear()?;
        if self.clock.rate().is_some() {
            credentials::renew_secret(&mut transaction)?;
        }
        let commit = transaction.commit()?;
        self.clock.restart();
        self.reads.clear();
        self.throttle.clear();
        commit.wait()?;
        self.wake_driver();
        self.tell_observers();
        Ok(())
    }

    fn keep_clock(&self) -> Result<()> {
        if let Some(anchor) = self.clock.anchor() {
            let mut transaction = self.store.write();
            transaction.put::<Anchors>(Key::new(), anchor)?;
            transaction.commit()?.wait()?;
        }
        self.wake_driver();
        self.tell_observers();
        Ok(())
    }
}
