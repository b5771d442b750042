//! A world: services, one store, one clock, one seed.

mod drive;
mod invoke;
mod settings;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};

use ironbird_wire::timestamp::Timestamp;
use rustc_hash::FxHashMap;

use crate::access::Authority;
use crate::account::{Region, Scope};
use crate::audit;
use crate::clock::{Anchor, Clock};
use crate::context::{self, Ctx};
use crate::credentials;
use crate::error::Result;
use crate::fault;
use crate::operation::{Handler, LeverFn, ServiceDef, WakeFn};
use crate::seed::Seed;
use crate::store::{Commit, Key, Store, StoreError, Table, TableDef};
use crate::throttle::{Limit, Throttle};
use crate::timer::{TimerId, Timers};

pub use invoke::{Origin, Outcome};
pub use settings::{Auth, Images, Settings, Transitions};

/// What has been prepared: (service, account, Region).
struct Prepared;

impl Table for Prepared {
    const NAME: &'static str = "rig.prepared";
    type Record = bool;
}

/// How the clock relates to the host's.
struct Anchors;

impl Table for Anchors {
    const NAME: &'static str = "rig.clock";
    type Record = Anchor;
}

/// Called after the state of a world has changed.
type Observer = Box<dyn Fn() + Send + Sync>;

/// A world. Everything that differs between two worlds is in its store, its clock and its seed.
pub struct World {
    services: Arc<HashMap<&'static str, ServiceDef>>,
    wakes: FxHashMap<&'static str, WakeFn>,
    listeners: HashMap<&'static str, Vec<&'static str>>,
    levers: HashMap<&'static str, LeverFn>,
    authority: Authority,
    /// Services with something to prepare in each account and Region, in the order of their names.
    preparing: Vec<&'static str>,
    store: Store,
    clock: Clock,
    seed: Seed,
    settings: Settings,
    throttle: Throttle,
    reads: audit::Reads,
    requests: AtomicU64,
    /// Due time of the first timer as the driver last saw it, to wake it only when an earlier one is set. A world
    /// that stands still has no driver, and nothing is earlier than its first timer.
    first_due: AtomicI64,
    driver: (Mutex<()>, Condvar),
    observers: RwLock<Vec<Observer>>,
    address: OnceLock<String>,
}

impl World {
    /// A world on the host's clock that is kept in memory, or in `data` where a directory is given.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn live(
        services: Vec<ServiceDef>,
        settings: Settings,
        data: Option<&Path>,
    ) -> std::result::Result<Self, StoreError> {
        let tables = tables(&services);
        let store = match data {
            Some(directory) => Store::open(directory, &tables)?,
            None => Store::memory(&tables),
        };
        credentials::ensure_secret(&store)?;
        let anchor = store.read().peek::<Anchors>(&Key::new()).copied().unwrap_or(Anchor::REAL);
        Ok(Self::assemble(by_name(services), settings, store, Clock::live(anchor)))
    }

    /// A world in memory whose clock stands at `start` until it is moved, for rehearsals and tests.
    pub fn rehearsal(services: Vec<ServiceDef>, settings: Settings, start: Timestamp) -> Self {
        let store = Store::memory(&tables(&services));
        Self::assemble(by_name(services), settings, store, Clock::virtual_from(start))
    }

    fn assemble(
        services: HashMap<&'static str, ServiceDef>,
        settings: Settings,
        store: Store,
        clock: Clock,
    ) -> Self {
        let wakes = services.values().flat_map(|service| service.timers.iter().copied());
        let wakes = wakes.chain(credentials::TIMERS).collect();
        let levers = services.values().flat_map(|service| service.levers.iter().copied()).collect();
        let first_due = if clock.rate().is_some() { i64::MAX } else { i64::MIN };
        Self {
            levers,
            authority: Authority::of(services.values()),
            listeners: listeners(&services),
            preparing: preparing(&services),
            services: Arc::new(services),
            wakes,
            store,
            clock,
            seed: Seed::root(settings.seed),
            settings,
            throttle: Throttle::default(),
            reads: audit::Reads::default(),
            requests: AtomicU64::new(0),
            first_due: AtomicI64::new(first_due),
            driver: (Mutex::new(()), Condvar::new()),
            observers: RwLock::default(),
            address: OnceLock::new(),
        }
    }

    /// A copy of this world as it is now, that stands still until its clock is moved.
    pub fn fork(&self) -> Self {
        Self {
            listeners: self.listeners.clone(),
            levers: self.levers.clone(),
            authority: self.authority.clone(),
            preparing: self.preparing.clone(),
            services: Arc::clone(&self.services),
            wakes: self.wakes.clone(),
            store: self.store.fork(),
            clock: Clock::virtual_from(self.clock.now()),
            seed: self.seed,
            settings: self.settings.clone(),
            throttle: Throttle::default(),
            reads: audit::Reads::default(),
            requests: AtomicU64::new(self.requests.load(Ordering::Relaxed)),
            first_due: AtomicI64::new(i64::MIN),
            driver: (Mutex::new(()), Condvar::new()),
            observers: RwLock::default(),
            address: OnceLock::new(),
        }
    }

    /// What the user set.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The seed tree.
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// The clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The store.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Says where this world is served: `http://127.0.0.1:4599`. The first to say so is right.
    pub fn serve_at(&self, address: String) {
        let _ = self.address.set(address);
    }

    /// Where this world is served, for what has to name a page of it; none where nobody serves it.
    pub fn address(&self) -> Option<&str> {
        self.address.get().map(String::as_str)
    }

    /// Takes a token of the bucket `what` of a service's protocol, whatever `--throttles` says; whether there was one. Buckets are
    /// no part of the state: a call that is refused for coming too early leaves nothing else behind.
    pub fn pace(&self, service: &'static str, what: &str, limit: Limit, now: Timestamp) -> bool {
        let scope = Scope { account: self.settings.account, region: Region::DEFAULT };
        self.throttle.take((scope, service, what.to_owned()), limit, now)
    }

    /// The services, by name.
    pub fn services(&self) -> impl Iterator<Item = &ServiceDef> {
        self.services.values()
    }

    /// The operation as a service wrote it, if one did.
    pub fn handler(&self, service: &str, operation: &str) -> Option<&Handler> {
        self.services.get(service)?.handlers.get(operation)
    }

    /// Timer handlers that want to know of `topic`.
    pub(crate) fn listeners(&self, topic: &str) -> &[&'static str] {
        self.listeners.get(topic).map_or(&[], Vec::as_slice)
    }

    /// What services tell of who may do what.
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The lever of that name, if a service has it.
    pub fn lever(&self, name: &str) -> Option<LeverFn> {
        self.levers.get(name).copied()
    }

    /// The names of all levers, in order.
    pub fn levers(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.levers.keys().copied().collect();
        names.sort_unstable();
        names
    }

    pub(crate) const fn reads(&self) -> &audit::Reads {
        &self.reads
    }

    /// Calls `observer` from now on whenever this world has changed, its clock or its state. It is called often, by
    /// whoever made the change: it should do no more than wake somebody.
    pub fn observe(&self, observer: impl Fn() + Send + Sync + 'static) {
        self.observers.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(observer));
    }

    fn tell_observers(&self) {
        for observer in self.observers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            observer();
        }
    }

    /// A fresh request id. Ids of two runs of a live world differ, those of a rehearsal do not.
    pub fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let seed = self.seed.child("request").nth(number);
        match self.clock.rate() {
            Some(_) => context::uuid(seed.nth(self.clock.now().nanos().cast_unsigned())),
            None => context::uuid(seed),
        }
    }

    /// Lets every service make what an account and Region begin with, before the first call in them: a call that
    /// only reads may call other services too, and cannot make it then.
    fn prepare(&self, origin: &Arc<Origin>) -> Result<()> {
        let missing: Vec<&ServiceDef> = {
            let transaction = self.store.read();
            let prepared = |service: &ServiceDef| {
                transaction.peek::<Prepared>(&prepared_key(service, origin.scope)).is_some()
            };
            let preparing = self.preparing.iter().filter_map(|name| self.services.get(name));
            preparing.filter(|service| !prepared(service)).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let mut ctx = Ctx::new(self, self.store.write(), self.clock.now(), Arc::clone(origin));
        for service in missing {
            prepare_in(&mut ctx, service)?;
        }
        self.commit(ctx)?.wait()?;
        Ok(())
    }

    fn commit(&self, ctx: Ctx<'_>) -> std::result::Result<Commit, StoreError> {
        let transaction = ctx.into_transaction();
        let first = transaction.first::<Timers>().and_then(|(key, _)| TimerId::from_key(key));
        let commit = transaction.commit()?;
        if first.is_some_and(|timer| timer.due < self.first_due.load(Ordering::Acquire)) {
            self.wake_driver();
        }
        self.tell_observers();
        Ok(commit)
    }
}

fn prepared_key(definition: &ServiceDef, scope: Scope) -> Key {
    Key::new().text(definition.name).number(scope.account.number()).text(scope.region.code())
}

fn prepare_in(ctx: &mut Ctx<'_>, definition: &ServiceDef) -> Result<()> {
    let Some(prepare) = definition.prepare else { return Ok(()) };
    let key = prepared_key(definition, ctx.scope());
    if ctx.peek::<Prepared>(&key).is_some() {
        return Ok(());
    }
    ctx.put::<Prepared>(key, true)?;
    prepare(ctx)
}

fn by_name(services: Vec<ServiceDef>) -> HashMap<&'static str, ServiceDef> {
    services.into_iter().map(|service| (service.name, service)).collect()
}

fn preparing(services: &HashMap<&'static str, ServiceDef>) -> Vec<&'static str> {
    let mut names: Vec<_> =
        services.values().filter(|service| service.prepare.is_some()).map(|service| service.name).collect();
    names.sort_unstable();
    names
}

/// Handlers by topic, in the order of services' names, so that they are woken alike in every run.
fn listeners(services: &HashMap<&'static str, ServiceDef>) -> HashMap<&'static str, Vec<&'static str>> {
    let mut sorted: Vec<_> = services.values().collect();
    sorted.sort_unstable_by_key(|service| service.name);
    let mut listeners: HashMap<_, Vec<_>> = HashMap::new();
    for (topic, target) in sorted.into_iter().flat_map(|service| service.listeners.iter().copied()) {
        listeners.entry(topic).or_default().push(target);
    }
    listeners
}

fn tables(services: &[ServiceDef]) -> Vec<TableDef> {
    let own = [
        TableDef::of::<Anchors>(),
        TableDef::of::<credentials::WorldSecret>(),
        TableDef::of::<Prepared>(),
        TableDef::of::<Timers>(),
        TableDef::of::<context::Sequences>(),
        TableDef::of::<audit::Events>(),
        TableDef::of::<crate::events::Events>(),
        TableDef::of::<crate::events::Numbers>(),
        TableDef::of::<fault::FaultRules>(),
        TableDef::of::<crate::capacity::Pools>(),
        TableDef::of::<crate::capacity::course::Steps>(),
        TableDef::of::<crate::capacity::course::Counts>(),
        TableDef::of::<crate::closure::Closures>(),
        TableDef::of::<credentials::AccessKeys>(),
        TableDef::of::<credentials::mfa::Devices>(),
        TableDef::of::<credentials::sign_in::SignIns>(),
        TableDef::of::<credentials::sign_in::Tokens>(),
        TableDef::of::<crate::metering::Usages>(),
        TableDef::of::<crate::metering::SpotPools>(),
        TableDef::of::<crate::metering::TagSpans>(),
    ];
    own.into_iter().chain(services.iter().flat_map(|service| service.tables.iter().copied())).collect()
}
