//! An account as practices work on it: calls, whole lists, findings, and changes that can be taken back.
//!
//! [`Cloud`] is what `check` and `apply` talk to: a real endpoint, or a world in this process. What several practices
//! need of it is here, so that none knows another: [`read`] follows lists to their end, [`note`] keeps what could not be
//! read out of the passes, [`launch`] finds what a group or template launches, [`requirements`] describes it by
//! attributes, [`change`] keeps a backup of what it changes, [`experiment`] runs a user's FIS template in a rehearsal, and
//! [`rehearsal`] is what rehearsals have in common.
//!
//! It knows operations through `ironbird-api`, prices through the catalogue, and nothing of the services' insides.

pub mod change;
pub mod experiment;
pub mod launch;
pub mod note;
pub mod read;
pub mod rehearsal;
pub mod requirements;
#[cfg(feature = "testing")]
pub mod testing;

use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ironbird_api::Operation;
use ironbird_client::{CallError, Client};
use ironbird_rig::Timestamp;
use ironbird_rig::account::{Principal, Region, Scope};
use ironbird_rig::world::World;

/// Calls operations of one account in one Region.
pub trait Cloud {
    /// Calls an operation.
    ///
    /// The error is what the service answers, or why there is no answer.
    fn call<O: Operation>(&self, input: &O::Input) -> impl Future<Output = Result<O::Output, CallError>>;

    /// Region that is called.
    fn region(&self) -> Region;

    /// The endpoint, where it is not AWS's own.
    fn endpoint(&self) -> Option<&str>;

    /// What time it is there: on a rig, by its own clock.
    fn now(&self) -> impl Future<Output = Timestamp>;

    /// Waits for what is under way there, so many seconds. A world in this process goes on by that time.
    fn pause(&self, seconds: u32) -> impl Future<Output = ()>;
}

impl Cloud for Client {
    fn call<O: Operation>(&self, input: &O::Input) -> impl Future<Output = Result<O::Output, CallError>> {
        Client::call::<O>(self, input)
    }

    fn region(&self) -> Region {
        Client::region(self)
    }

    fn endpoint(&self) -> Option<&str> {
        self.endpoint_url()
    }

    fn now(&self) -> impl Future<Output = Timestamp> {
        Client::now(self)
    }

    fn pause(&self, seconds: u32) -> impl Future<Output = ()> {
        Client::pause(self, seconds)
    }
}

/// A world in this process, called as the root of an account.
#[derive(Clone, Copy)]
pub struct InProcess<'w> {
    /// The world.
    pub world: &'w World,
    /// Account and Region.
    pub scope: Scope,
}

impl InProcess<'_> {
    /// Calls an operation at once.
    ///
    /// # Errors
    /// What the operation answers; `NotImplemented` where nobody wrote it.
    pub fn call_now<O: Operation>(&self, input: &O::Input) -> Result<O::Output, CallError> {
        let refusal = |code: &str, message: &str, status| CallError::Service {
            operation: O::NAME,
            code: code.to_owned(),
            message: message.to_owned(),
            status,
        };
        if self.world.handler(O::SERVICE, O::NAME).is_none() {
            return Err(refusal("NotImplemented", "this world does not have the operation", 501));
        }
        let principal = Principal::Root { account: self.scope.account };
        let answer = self.world.call::<O>(self.scope, principal, input);
        answer.map_err(|error| refusal(error.code(), error.message(), error.status()))
    }
}

impl Cloud for InProcess<'_> {
    fn call<O: Operation>(&self, input: &O::Input) -> impl Future<Output = Result<O::Output, CallError>> {
        ready(self.call_now::<O>(input))
    }

    fn region(&self) -> Region {
        self.scope.region
    }

    fn endpoint(&self) -> Option<&str> {
        None
    }

    fn now(&self) -> impl Future<Output = Timestamp> {
        ready(self.world.clock().now())
    }

    fn pause(&self, seconds: u32) -> impl Future<Output = ()> {
        let now = self.world.clock().now().secs();
        self.world.run_until(Timestamp::from_secs(now + i64::from(seconds)));
        ready(())
    }
}

/// The outcome of a future that only calls an [`InProcess`] cloud: such calls never wait.
pub fn at_once<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => unreachable!("a world in this process answers at once"),
    }
}
