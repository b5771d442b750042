//! The one way that every call goes, a client's, a service's or a rehearsal's.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ironbird_api::Operation;
use ironbird_wire::field::Structure;
use ironbird_wire::schema::Service;

use super::{World, prepare_in};
use crate::access;
use crate::account::{Principal, Scope};
use crate::audit::{self, Event};
use crate::context::Ctx;
use crate::error::{Error, InternalError, Result};
use crate::fault;
use crate::operation::Handler;
use crate::parameters;
use crate::store::Commit;

/// Where a call comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Account and Region that it is made in.
    pub scope: Scope,
    /// Who makes it.
    pub principal: Principal,
    /// Access key that signed it.
    pub access_key: Option<String>,
    /// Id of the request.
    pub request_id: String,
    /// Address, or the service that calls.
    pub source: String,
    /// What the client says of itself.
    pub user_agent: String,
}

/// How a call ended.
pub struct Outcome {
    /// The answer, or why there is none.
    pub result: Result<Box<dyn Structure>>,
    /// Parameters given that are recorded without effect.
    pub no_effect: Vec<String>,
    /// What would have denied the call, where policies are only asked.
    pub would_deny: Option<String>,
    /// To wait for, before the caller is told.
    pub commit: Option<Commit>,
}

impl World {
    /// Makes one call the way that every call goes: faults, throttles, authorization, refused
    /// parameters, the handler, audit.
    /// `input` has been decoded and validated.
    pub fn invoke(&self, origin: Origin, service: &str, operation: &str, input: &dyn Structure) -> Outcome {
        let missing =
            || InternalError::NoHandler { service: service.to_owned(), operation: operation.to_owned() };
        let Some(definition) = self.services.get(service) else { return Outcome::failed(missing().into()) };
        let Some(handler) = definition.handlers.get(operation) else {
            return Outcome::failed(missing().into());
        };
        let Some(model) = ironbird_models::service(service) else {
            return Outcome::failed(missing().into());
        };
        let origin = Arc::new(origin);
        if let Err(error) = self.prepare(&origin) {
            return Outcome::failed(error);
        }
        let transaction = if handler.writes { self.store.write() } else { self.store.read() };
        let mut ctx = Ctx::new(self, transaction, self.clock.now(), Arc::clone(&origin));
        let result = self.run(&mut ctx, model, handler, input);
        let no_effect = std::mem::take(&mut ctx.no_effect);
        let would_deny = ctx.would_deny.take();
        if !handler.writes {
            return Outcome { result, no_effect, would_deny, commit: None };
        }
        match self.commit(ctx) {
            Ok(commit) => Outcome { result, no_effect, would_deny, commit: Some(commit) },
            Err(error) => Outcome::failed(error.into()),
        }
    }

    /// Calls an operation in this process, as `principal` in `scope`, and waits until it is safe.
    ///
    /// # Errors
    /// What the operation answers.
    pub fn call<O: Operation>(
        &self,
        scope: Scope,
        principal: Principal,
        input: &O::Input,
    ) -> Result<O::Output> {
        let origin = Origin {
            scope,
            principal,
            access_key: None,
            request_id: self.request_id(),
            source: "127.0.0.1".to_owned(),
            user_agent: "ironbird".to_owned(),
        };
        let outcome = self.invoke(origin, O::SERVICE, O::NAME, input);
        if let Some(commit) = outcome.commit {
            commit.wait()?;
        }
        typed::<O>(outcome.result?)
    }

    /// Runs `work` in a transaction of its own, in `scope` as its account's root: how the rig's own interfaces
    /// (capacity, faults) and scenarios reach the world.
    ///
    /// # Errors
    /// What `work` answers; its writes are then undone.
    pub fn within<R>(&self, scope: Scope, work: impl FnOnce(&mut Ctx<'_>) -> Result<R>) -> Result<R> {
        let origin = self.own_origin(scope);
        let mut ctx = Ctx::new(self, self.store.write(), self.clock.now(), Arc::new(origin));
        let result = work(&mut ctx)?;
        self.commit(ctx)?.wait()?;
        Ok(result)
    }

    /// The same for work that only reads, beside others.
    ///
    /// # Errors
    /// What `work` answers.
    pub fn look<R>(&self, scope: Scope, work: impl FnOnce(&Ctx<'_>) -> Result<R>) -> Result<R> {
        let origin = self.own_origin(scope);
        let ctx = Ctx::new(self, self.store.read(), self.clock.now(), Arc::new(origin));
        work(&ctx)
    }

    pub(super) fn own_origin(&self, scope: Scope) -> Origin {
        Origin {
            scope,
            principal: Principal::Root { account: scope.account },
            access_key: None,
            request_id: String::new(),
            source: "ironbird".to_owned(),
            user_agent: "ironbird".to_owned(),
        }
    }

    /// Runs an operation inside the transaction of another one.
    pub(crate) fn run_in<O: Operation>(&self, ctx: &mut Ctx<'_>, input: &O::Input) -> Result<O::Output> {
        let missing =
            || InternalError::NoHandler { service: O::SERVICE.to_owned(), operation: O::NAME.to_owned() };
        let definition = self.services.get(O::SERVICE).ok_or_else(missing)?;
        let handler = definition.handlers.get(O::NAME).ok_or_else(missing)?;
        let model = ironbird_models::service(O::SERVICE).ok_or_else(missing)?;
        prepare_in(ctx, definition)?;
        typed::<O>(self.run(ctx, model, handler, input)?)
    }

    fn run(
        &self,
        ctx: &mut Ctx<'_>,
        model: &Service,
        handler: &Handler,
        input: &dyn Structure,
    ) -> Result<Box<dyn Structure>> {
        let savepoint = ctx.savepoint();
        let result =
            self.admit(ctx, model, handler, input).and_then(|()| self.handle(ctx, model, handler, input));
        if result.is_err() {
            ctx.roll_back(savepoint);
        }
        if let Err(Error::Internal(error)) = &result {
            tracing::error!(operation = handler.name, %error, "operation failed for a reason of ours");
        }
        self.record(ctx, model, handler, input, result.as_ref().err())?;
        result
    }

    /// Runs the handler, in the account that its service handles the call in.
    fn handle(
        &self,
        ctx: &mut Ctx<'_>,
        model: &Service,
        handler: &Handler,
        input: &dyn Structure,
    ) -> Result<Box<dyn Structure>> {
        let definition = self.services.get(model.metadata.name.as_str());
        let Some(place) = definition.and_then(|service| service.place) else {
            return handler.run(ctx, input);
        };
        let shape = model.operation(handler.name).and_then(|operation| operation.input);
        let request = || audit::parameters(model, shape, input);
        let account = place(ctx, handler, &request)?.unwrap_or(ctx.scope().account);
        ctx.within(Scope { account, region: ctx.region() }, |ctx| handler.run(ctx, input))
    }

    /// What stands between a decoded request and its handler.
    fn admit(
        &self,
        ctx: &mut Ctx<'_>,
        model: &Service,
        handler: &Handler,
        input: &dyn Structure,
    ) -> Result<()> {
        let input_shape = model.operation(handler.name).and_then(|operation| operation.input);
        let call = fault::Call {
            service: model,
            operation: handler.name,
            origin: &ctx.origin,
            input_shape,
            input,
            number: self.requests.load(Ordering::Relaxed),
        };
        if let Some(error) = fault::demanded(ctx, &call) {
            return Err(error);
        }
        if self.settings.throttles {
            self.throttle.admit(ctx.scope(), &model.metadata.name, handler.name, ctx.now())?;
        }
        access::admit(ctx, model, handler, input)?;
        let Some(shape) = input_shape else { return Ok(()) };
        for (path, reason) in handler.refused {
            if parameters::is_given(model, shape, input, path) {
                return Err(Ctx::unsupported(path, reason));
            }
        }
        for path in handler.recorded {
            if parameters::is_given(model, shape, input, path) {
                ctx.no_effect.push(format!("{}.{path}", handler.name));
            }
        }
        Ok(())
    }

    fn record(
        &self,
        ctx: &mut Ctx<'_>,
        model: &Service,
        handler: &Handler,
        input: &dyn Structure,
        error: Option<&Error>,
    ) -> Result<()> {
        let shape = model.operation(handler.name).and_then(|operation| operation.input);
        let origin = ctx.origin();
        let federated = ctx.federated.clone();
        let account = federated.as_ref().map_or(origin.scope.account, |user| user.account);
        let event = Event {
            time: ctx.now(),
            service: model.metadata.name.clone(),
            operation: handler.name.to_owned(),
            principal: origin.principal.clone(),
            federated,
            scope: Scope { account, ..origin.scope },
            access_key: origin.access_key.clone(),
            source: origin.source.clone(),
            user_agent: origin.user_agent.clone(),
            request_id: origin.request_id.clone(),
            read_only: !handler.writes,
            would_deny: ctx.would_deny.borrow().clone(),
            error: error.map(|error| (error.code().to_owned(), error.message().to_owned())),
            request: audit::parameters(model, shape, input).to_string(),
        };
        if handler.writes {
            return audit::keep(ctx, event);
        }
        self.reads.push(event);
        Ok(())
    }
}

impl Outcome {
    const fn failed(error: Error) -> Self {
        Self { result: Err(error), no_effect: Vec::new(), would_deny: None, commit: None }
    }
}

fn typed<O: Operation>(output: Box<dyn Structure>) -> Result<O::Output> {
    let output: Box<dyn std::any::Any> = output;
    let output = output
        .downcast::<O::Output>()
        .map_err(|_| InternalError::WrongType { operation: O::NAME.to_owned() })?;
    Ok(*output)
}
