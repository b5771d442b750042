//! How a service offers its operations to the world.
//!
//! What a handler does with each parameter is said beside it (law 2): everything *works* but what is listed as
//! *recorded* (kept and given back, without the effect it has on AWS) or *refused*. The coverage tables in
//! `docs/` are made from these lists, and callers are told in a response header.

use std::any::Any;
use std::collections::BTreeMap;

use ironbird_api::Operation;
use ironbird_wire::field::Structure;

use crate::access::{ArnFn, Authority, ControlsFn, Identities, MoreFn, TagsFn};
use crate::account::Account;
use crate::context::Ctx;
use crate::error::{InternalError, Result};
use crate::store::{Table, TableDef};

type Run = Box<dyn Fn(&mut Ctx<'_>, &dyn Structure) -> Result<Box<dyn Structure>> + Send + Sync>;

/// The request that a request stands for, to be asked about in its place.
type Meant = Box<dyn Fn(&Ctx<'_>, &dyn Structure) -> Option<Box<dyn Structure>> + Send + Sync>;

/// What a timer calls: the context, in the resource's scope, and the resource.
pub type WakeFn = fn(&mut Ctx<'_>, &str) -> Result<()>;

/// What a lever does: the context, in the scope of whoever pulls it, and what was given, to what is answered.
pub type LeverFn = fn(&mut Ctx<'_>, &serde_json::Value) -> Result<serde_json::Value>;

/// What a service does before its first call in an account and Region.
pub type PrepareFn = fn(&mut Ctx<'_>) -> Result<()>;

/// One operation as a service wrote it.
pub struct Handler {
    /// `RunInstances`
    pub name: &'static str,
    /// Whether it may write.
    pub writes: bool,
    /// Paths of parameters without effect, `MetadataOptions` or `Placement.HostId`.
    pub recorded: &'static [&'static str],
    /// Paths of parameters that are refused, each with the reason.
    pub refused: &'static [(&'static str, &'static str)],
    new_input: fn() -> Box<dyn Structure>,
    meant: Option<Meant>,
    run: Run,
}

impl Handler {
    /// An empty request to decode into.
    pub fn new_input(&self) -> Box<dyn Structure> {
        (self.new_input)()
    }

    /// What authorization is to read in the place of a request; none where that is the request.
    pub(crate) fn meant(&self, ctx: &Ctx<'_>, input: &dyn Structure) -> Option<Box<dyn Structure>> {
        self.meant.as_ref()?(ctx, input)
    }

    pub(crate) fn run(&self, ctx: &mut Ctx<'_>, input: &dyn Structure) -> Result<Box<dyn Structure>> {
        (self.run)(ctx, input)
    }
}

/// In which account a call is handled, where that is not the caller's: the context, the operation, and the request as CloudTrail
/// has it.
pub type PlaceFn = fn(&Ctx<'_>, &Handler, &dyn Fn() -> serde_json::Value) -> Result<Option<Account>>;

/// Everything the world has to know of a service.
pub struct ServiceDef {
    /// Our name for it: `ec2`.
    pub name: &'static str,
    pub(crate) handlers: BTreeMap<&'static str, Handler>,
    pub(crate) timers: Vec<(&'static str, WakeFn)>,
    pub(crate) tables: Vec<TableDef>,
    pub(crate) prepare: Option<PrepareFn>,
    pub(crate) place: Option<PlaceFn>,
    pub(crate) listeners: Vec<(&'static str, &'static str)>,
    pub(crate) levers: Vec<(&'static str, LeverFn)>,
    pub(crate) authority: Authority,
}

impl ServiceDef {
    /// A service without operations.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            handlers: BTreeMap::new(),
            timers: Vec::new(),
            tables: Vec::new(),
            prepare: None,
            place: None,
            listeners: Vec::new(),
            levers: Vec::new(),
            authority: Authority::default(),
        }
    }

    /// Adds an operation that only reads; several run at once.
    #[must_use]
    pub fn read<O: Operation>(self, run: fn(&mut Ctx<'_>, &O::Input) -> Result<O::Output>) -> Self {
        self.add::<O>(false, run)
    }

    /// Adds an operation that may write; it runs alone, and what it wrote is undone when it fails.
    #[must_use]
    pub fn write<O: Operation>(self, run: fn(&mut Ctx<'_>, &O::Input) -> Result<O::Output>) -> Self {
        self.add::<O>(true, run)
    }

    fn add<O: Operation>(
        mut self,
        writes: bool,
        run: fn(&mut Ctx<'_>, &O::Input) -> Result<O::Output>,
    ) -> Self {
        assert_eq!(O::SERVICE, self.name, "{} belongs to another service", O::NAME);
        let handler = Handler {
            name: O::NAME,
            writes,
            recorded: &[],
            refused: &[],
            new_input: || Box::new(O::Input::default()),
            meant: None,
            run: Box::new(move |ctx, input| {
                let input: &O::Input = (input as &dyn Any)
                    .downcast_ref()
                    .ok_or_else(|| InternalError::WrongType { operation: O::NAME.to_owned() })?;
                Ok(Box::new(run(ctx, input)?))
            }),
        };
        let earlier = self.handlers.insert(O::NAME, handler);
        assert!(earlier.is_none(), "{} is registered twice", O::NAME);
        self
    }

    /// Says that these parameters of `O` are kept and given back, without effect.
    #[must_use]
    pub fn records<O: Operation>(mut self, paths: &'static [&'static str]) -> Self {
        self.handler_mut::<O>().recorded = paths;
        self
    }

    /// Says that these parameters of `O` are refused, and why.
    #[must_use]
    pub fn refuses<O: Operation>(mut self, paths: &'static [(&'static str, &'static str)]) -> Self {
        self.handler_mut::<O>().refused = paths;
        self
    }

    /// Says what a request of `O` means when it names something that says the rest, as a launch template does: authorization reads
    /// that, so that what is named there has to be allowed as well. None where the request says all itself.
    #[must_use]
    pub fn meant<O: Operation>(mut self, meant: fn(&Ctx<'_>, &O::Input) -> Option<O::Input>) -> Self {
        self.handler_mut::<O>().meant = Some(Box::new(move |ctx, input| {
            let input: &O::Input = (input as &dyn Any).downcast_ref()?;
            Some(Box::new(meant(ctx, input)?))
        }));
        self
    }

    fn handler_mut<O: Operation>(&mut self) -> &mut Handler {
        self.handlers.get_mut(O::NAME).expect("register an operation before its parameters")
    }

    /// Adds a timer handler; `target` is `service.resource`.
    #[must_use]
    pub fn timer(mut self, target: &'static str, wake: WakeFn) -> Self {
        self.timers.push((target, wake));
        self
    }

    /// Wakes the timer handler `target` whenever some service says with [`Ctx::emit`] that something happened.
    #[must_use]
    pub fn listen(mut self, topic: &'static str, target: &'static str) -> Self {
        self.listeners.push((topic, target));
        self
    }

    /// Adds a lever, `service.what`: something that happens to resources and that AWS has no operation for, such as
    /// the failure of a host. Experiments pull it with [`Ctx::pull`], users below `/_ironbird/levers/`.
    #[must_use]
    pub fn lever(mut self, name: &'static str, pull: LeverFn) -> Self {
        self.levers.push((name, pull));
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table<T: Table>(mut self) -> Self {
        self.tables.push(TableDef::of::<T>());
        self
    }

    /// Says what to do before the first call in an account and Region, such as making its default VPC.
    #[must_use]
    pub const fn prepare(mut self, prepare: PrepareFn) -> Self {
        self.prepare = Some(prepare);
        self
    }

    /// Says in which account calls are handled that are not about the caller's own. They are allowed and recorded where they were
    /// made.
    #[must_use]
    pub const fn place(mut self, place: PlaceFn) -> Self {
        self.place = Some(place);
        self
    }

    /// Says who the users and roles of an account are, and what is attached to them.
    #[must_use]
    pub const fn identities(mut self, identities: &'static dyn Identities) -> Self {
        self.authority.set_identities(identities);
        self
    }

    /// Says what an organization withholds from an account.
    #[must_use]
    pub const fn controls(mut self, controls: ControlsFn) -> Self {
        self.authority.set_controls(controls);
        self
    }

    /// Adds what operations of this service need besides what the model says.
    #[must_use]
    pub fn needs(mut self, more: MoreFn) -> Self {
        self.authority.set_more(self.name, more);
        self
    }

    /// Tells ARNs of this service's resources that say more than a kind and a name.
    #[must_use]
    pub fn arns(mut self, arns: ArnFn) -> Self {
        self.authority.set_arns(self.name, arns);
        self
    }

    /// Tells tags of this service's resources, by their ARNs.
    #[must_use]
    pub fn resource_tags(mut self, tags: TagsFn) -> Self {
        self.authority.set_tags(self.name, tags);
        self
    }

    /// The operations, by name.
    pub fn handlers(&self) -> impl Iterator<Item = &Handler> {
        self.handlers.values()
    }

    /// The operation of that name, if the service wrote it.
    pub fn handler(&self, name: &str) -> Option<&Handler> {
        self.handlers.get(name)
    }
}
