//! Clouds that fail as a test says, around a world in this process.

use std::cell::Cell;

use ironbird_api::Operation;
use ironbird_client::CallError;
use ironbird_rig::Timestamp;
use ironbird_rig::account::Region;

use crate::{Cloud, InProcess};

/// A cloud that denies one operation.
pub struct Denying<'w> {
    /// What answers all else.
    pub inner: InProcess<'w>,
    /// The operation.
    pub operation: &'static str,
}

impl Cloud for Denying<'_> {
    async fn call<O: Operation>(&self, input: &O::Input) -> Result<O::Output, CallError> {
        if O::NAME != self.operation {
            return self.inner.call_now::<O>(input);
        }
        Err(CallError::Service {
            operation: O::NAME,
            code: "UnauthorizedOperation".to_owned(),
            message: "You are not authorized to perform this operation.".to_owned(),
            status: 403,
        })
    }

    fn region(&self) -> Region {
        self.inner.region()
    }

    fn endpoint(&self) -> Option<&str> {
        None
    }

    async fn now(&self) -> Timestamp {
        self.inner.now().await
    }

    async fn pause(&self, seconds: u32) {
        self.inner.pause(seconds).await;
    }
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Before it did anything.
    Refused,
    /// After it was done: only the answer is lost.
    AnswerLost,
}

/// A cloud of which one call fails, and every later one too, as after a crash.
pub struct Crashing<'w> {
    /// What answers until then.
    pub inner: InProcess<'w>,
    /// Calls until the one that fails, with it.
    pub calls_left: Cell<usize>,
    /// How that one fails.
    pub failing: Failing,
}

impl Cloud for Crashing<'_> {
    async fn call<O: Operation>(&self, input: &O::Input) -> Result<O::Output, CallError> {
        let left = self.calls_left.get();
        self.calls_left.set(left.saturating_sub(1));
        if left > 1 {
            return self.inner.call_now::<O>(input);
        }
        if left == 1 && self.failing == Failing::AnswerLost {
            self.inner.call_now::<O>(input)?;
        }
        Err(CallError::Unreachable { url: "the world".to_owned(), cause: "the test says so".to_owned() })
    }

    fn region(&self) -> Region {
        self.inner.region()
    }

    fn endpoint(&self) -> Option<&str> {
        None
    }

    async fn now(&self) -> Timestamp {
        self.inner.now().await
    }

    async fn pause(&self, seconds: u32) {
        self.inner.pause(seconds).await;
    }
}
