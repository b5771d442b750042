//! What every handler is given first: who calls, where, when, and the one way to reach the world's state.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use ironbird_api::Operation;
use ironbird_wire::timestamp::Timestamp;
use serde_json::Value;

use crate::account::{Principal, Region, Scope};
use crate::audit::Federated;
use crate::error::{Error, InternalError, Result};
use crate::seed::Seed;
use crate::store::{Key, Savepoint, Table, Transaction};
use crate::timer::{TimerId, Timers, Wake};
use crate::world::{Origin, Settings, World};

/// Calls between services may nest this deep; a cycle is a bug and ends here.
const MAX_DEPTH: u8 = 16;

/// The context of one call or one timer.
pub struct Ctx<'w> {
    world: &'w World,
    transaction: Transaction<'w>,
    now: Timestamp,
    pub(crate) origin: Arc<Origin>,
    pub(crate) no_effect: Vec<String>,
    /// What would have denied the call, had policies decided.
    pub(crate) would_deny: RefCell<Option<String>>,
    /// Who a provider says the caller is.
    pub(crate) federated: Option<Federated>,
    depth: u8,
}

/// The numbers handed out so far, by label.
pub(crate) struct Sequences;

impl Table for Sequences {
    const NAME: &'static str = "rig.sequences";
    type Record = u64;
}

impl<'w> Ctx<'w> {
    pub(crate) const fn new(
        world: &'w World,
        transaction: Transaction<'w>,
        now: Timestamp,
        origin: Arc<Origin>,
    ) -> Self {
        Self {
            world,
            transaction,
            now,
            origin,
            no_effect: Vec::new(),
            would_deny: RefCell::new(None),
            federated: None,
            depth: 0,
        }
    }

    /// Says who an unsigned call is made by, for the audit record: also where the call is refused after that.
    pub fn vouch_for(&mut self, user: Federated) {
        self.federated = Some(user);
    }

    pub(crate) fn into_transaction(self) -> Transaction<'w> {
        self.transaction
    }

    /// What time it is. The same throughout a call.
    pub fn now(&self) -> Timestamp {
        self.transaction.note_passing();
        self.now
    }

    /// Account and Region that the call is made in.
    pub fn scope(&self) -> Scope {
        self.origin.scope
    }

    /// Region that the call is made in.
    pub fn region(&self) -> Region {
        self.origin.scope.region
    }

    /// Who calls.
    pub fn caller(&self) -> &Principal {
        self.transaction.note_passing();
        &self.origin.principal
    }

    /// Everything known of where the call came from.
    pub fn origin(&self) -> &Origin {
        self.transaction.note_passing();
        &self.origin
    }

    /// What the user set for this world.
    pub fn settings(&self) -> &'w Settings {
        self.world.settings()
    }

    /// `arn:aws:{service}:{region}:{account}:{resource}` in the call's scope.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let Scope { account, region } = self.scope();
        format!("arn:{}:{service}:{region}:{account}:{resource}", region.partition())
    }

    /// The record at `key`, shared.
    pub fn get<T: Table>(&self, key: &Key) -> Option<Arc<T::Record>> {
        self.transaction.get::<T>(key)
    }

    /// The record at `key`, to look at.
    pub fn peek<T: Table>(&self, key: &Key) -> Option<&T::Record> {
        self.transaction.peek::<T>(key)
    }

    /// All records below `prefix`, in the order of their keys.
    pub fn scan<'t, T: Table>(
        &'t self,
        prefix: &Key,
    ) -> impl Iterator<Item = (&'t Key, &'t T::Record)> + use<'t, 'w, T> {
        self.transaction.scan::<T>(prefix)
    }

    /// The same, from the first key after `after`.
    pub fn scan_after<'t, T: Table>(
        &'t self,
        prefix: &Key,
        after: &Key,
    ) -> impl Iterator<Item = (&'t Key, &'t T::Record)> + use<'t, 'w, T> {
        self.transaction.scan_after::<T>(prefix, after)
    }

    /// What `make` makes of records: the same again as long as every record it read is the same, when the
    /// operation only reads. `what` and `key` name it, the key with the scope. For what is shown much more often
    /// than it changes and is costly to make, with a value that is cheap to clone.
    pub fn memo<V>(&self, what: &'static str, key: &Key, make: impl FnOnce() -> V) -> V
    where
        V: Clone + Send + Sync + 'static,
    {
        self.transaction.memo(what, key, make)
    }

    /// Keeps `record` at `key`.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn put<T: Table>(&mut self, key: Key, record: impl Into<Arc<T::Record>>) -> Result<()> {
        Ok(self.transaction.put::<T>(key, record)?)
    }

    /// Changes the record at `key` in place; none where there is none.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn update<T: Table, R>(
        &mut self,
        key: &Key,
        change: impl FnOnce(&mut T::Record) -> R,
    ) -> Result<Option<R>>
    where
        T::Record: Clone,
    {
        let Some(record) = self.transaction.get::<T>(key) else { return Ok(None) };
        let mut record = T::Record::clone(&record);
        let result = change(&mut record);
        self.transaction.put::<T>(key.clone(), record)?;
        Ok(Some(result))
    }

    /// Removes the record at `key`; whether there was one.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn delete<T: Table>(&mut self, key: &Key) -> Result<bool> {
        Ok(self.transaction.delete::<T>(key)?)
    }

    /// How many records the table has, over all accounts and Regions.
    pub fn count<T: Table>(&self) -> usize {
        self.transaction.count::<T>()
    }

    /// A point to go back to when the next steps fail.
    pub const fn savepoint(&self) -> Savepoint {
        self.transaction.savepoint()
    }

    /// Undoes everything since `savepoint`.
    pub fn roll_back(&mut self, savepoint: Savepoint) {
        self.transaction.roll_back(savepoint);
    }

    /// The next number of the sequence `label`, from 0.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn next_number(&mut self, label: &str) -> Result<u64> {
        let key = Key::new().text(label);
        let number = self.peek::<Sequences>(&key).copied().unwrap_or(0);
        self.put::<Sequences>(key, number + 1)?;
        Ok(number)
    }

    /// The seed tree of the world.
    pub fn seed(&self) -> Seed {
        self.world.seed()
    }

    /// A fresh seed below `label`: another one at every call.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn fresh_seed(&mut self, label: &str) -> Result<Seed> {
        let number = self.next_number(label)?;
        Ok(self.seed().child(label).nth(number))
    }

    /// A fresh id as EC2 makes them: `prefix`, a dash, and 17 hexadecimal digits of which the first is 0.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn fresh_id(&mut self, prefix: &str) -> Result<String> {
        let bits = self.fresh_seed(prefix)?.bits();
        Ok(format!("{prefix}-0{bits:016x}"))
    }

    /// A fresh UUID, version 4 in form.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn fresh_uuid(&mut self, label: &str) -> Result<String> {
        let seed = self.fresh_seed(label)?;
        Ok(uuid(seed))
    }

    /// Wakes `resource` through the timer handler `target` at `due`, in the call's scope.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn wake_at(&mut self, due: Timestamp, target: &'static str, resource: &str) -> Result<TimerId> {
        self.wake_in(self.scope(), due, target, resource)
    }

    /// The same in another account or Region: what is shared between accounts, such as a pool, wakes what belongs
    /// to one.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn wake_in(
        &mut self,
        scope: Scope,
        due: Timestamp,
        target: &'static str,
        resource: &str,
    ) -> Result<TimerId> {
        let sequence = self.next_number("rig.timer")?;
        let timer = TimerId { due: due.nanos(), sequence };
        let wake = Wake { target: Cow::Borrowed(target), scope, resource: resource.to_owned() };
        self.put::<Timers>(timer.key(), wake)?;
        Ok(timer)
    }

    /// Says that something happened to `resource`: who listens to `topic` (`ec2.instance-state`) is woken right
    /// after this transaction, in the resource's scope, and looks for itself.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn emit(&mut self, topic: &str, resource: &str) -> Result<()> {
        for target in self.world.listeners(topic) {
            self.wake_at(self.now, target, resource)?;
        }
        Ok(())
    }

    /// Forgets a timer; whether it was still to come.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub fn cancel(&mut self, timer: TimerId) -> Result<bool> {
        self.delete::<Timers>(&timer.key())
    }

    /// Calls another service's operation as the service `principal` (`autoscaling.amazonaws.com`) on behalf of
    /// this call's account, in this call's Region. It goes the way a customer's call goes: faults, throttles,
    /// authorization, audit. What it wrote is undone when it fails.
    ///
    /// # Errors
    /// What the operation answers.
    pub fn call<O: Operation>(&mut self, principal: &str, input: &O::Input) -> Result<O::Output> {
        let service = Principal::Service { account: self.scope().account, name: principal.to_owned() };
        self.call_as::<O>(service, principal, input)
    }

    /// The same as any principal, as which the service `source` acts: a session of a role that it was given.
    ///
    /// # Errors
    /// What the operation answers.
    pub fn call_as<O: Operation>(
        &mut self,
        principal: Principal,
        source: &str,
        input: &O::Input,
    ) -> Result<O::Output> {
        if self.depth >= MAX_DEPTH {
            return Err(InternalError::Broken(format!("calls between services nest at {}", O::NAME)).into());
        }
        self.depth += 1;
        let result = self.acting_as(principal, source, |ctx| ctx.world.run_in::<O>(ctx, input));
        self.depth -= 1;
        result
    }

    /// Does `work` as another principal, as which the service `source` acts.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn acting_as<R>(
        &mut self,
        principal: Principal,
        source: &str,
        work: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        let caller = Origin {
            scope: self.scope(),
            principal,
            access_key: None,
            request_id: self.origin.request_id.clone(),
            source: source.to_owned(),
            user_agent: source.to_owned(),
        };
        self.as_if_from(caller, work)
    }

    /// Does `work` in another account or Region, still as the caller: what one account shares with another changes
    /// when the other uses it.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn within<R>(&mut self, scope: Scope, work: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        if scope == self.scope() {
            return work(self);
        }
        let there = Origin { scope, ..Origin::clone(&self.origin) };
        self.as_if_from(there, work)
    }

    fn as_if_from<R>(&mut self, origin: Origin, work: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let outer = std::mem::replace(&mut self.origin, Arc::new(origin));
        let result = work(self);
        self.origin = outer;
        result
    }

    /// Says that the call is made in `scope`, from here on: who bears a token in place of a signature is known to nobody before the
    /// handler has looked at it. The call is recorded there.
    pub fn is_made_in(&mut self, scope: Scope) {
        if scope != self.scope() {
            self.origin = Arc::new(Origin { scope, ..Origin::clone(&self.origin) });
        }
    }

    /// Pulls the lever `name` of some service with `given`; see [`ServiceDef::lever`](crate::ServiceDef::lever).
    /// This is how an experiment does to a resource what AWS has no operation for.
    ///
    /// # Errors
    /// What the lever answers, and an internal error where no service has it.
    pub fn pull(&mut self, name: &str, given: &Value) -> Result<Value> {
        match self.world.lever(name) {
            Some(lever) => lever(self, given),
            None => Err(InternalError::Broken(format!("no service has a lever {name}")).into()),
        }
    }

    /// Tells the caller that what was given at `path` (`CreateAutoScalingGroup.HealthCheckType`) is kept without
    /// effect, where that depends on the value: parameters that never have any are listed beside their operation.
    pub fn without_effect(&mut self, path: &str) {
        self.no_effect.push(path.to_owned());
    }

    /// The world this call happens in.
    pub const fn world(&self) -> &'w World {
        self.world
    }

    /// Refuses `parameter` of this operation, which AWS takes and this rig does not yet.
    pub fn unsupported(parameter: &str, reason: &str) -> Error {
        Error::client("UnsupportedOperation", format!("ironbird does not support {parameter}: {reason}"))
    }
}

/// The bits of `seed` written as a UUID, version 4 in form.
pub fn uuid(seed: Seed) -> String {
    // Every timer has a request id, so this is written by hand: formatting takes five times as long.
    let high = seed.nth(1).bits() & !0xf000 | 0x4000;
    let low = seed.nth(2).bits() & !(0xc000 << 48) | 0x8000 << 48;
    let mut text = String::with_capacity(36);
    for (index, byte) in high.to_be_bytes().into_iter().chain(low.to_be_bytes()).enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0xf] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::uuid;
    use crate::seed::Seed;

    #[test]
    fn uuids_have_the_bits_of_the_seed_and_the_form_of_version_4() {
        for number in 0..100 {
            let seed = Seed::root(number);
            let (high, low) = (seed.nth(1).bits(), seed.nth(2).bits());
            let third = high & 0xfff;
            let fourth = 0x8000 | (low >> 48) & 0x3fff;
            let (first, second, fifth) = (high >> 32, (high >> 16) & 0xffff, low & 0xffff_ffff_ffff);
            assert_eq!(
                uuid(seed),
                format!("{first:08x}-{second:04x}-4{third:03x}-{fourth:04x}-{fifth:012x}")
            );
        }
    }
}
