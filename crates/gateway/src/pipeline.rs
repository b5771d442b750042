//! The way of one request.

use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use ironbird_models::Summary;
use ironbird_rig::account::Scope;
use ironbird_rig::error::InternalError;
use ironbird_rig::store::Commit;
use ironbird_rig::world::{Origin, Outcome};
use ironbird_rig::{Error, Region, audit};
use ironbird_wire::http::RequestParts;
use ironbird_wire::schema::Operation;
use ironbird_wire::{decode_request, encode_response};

use crate::answer::{Answer, Form, finished, say_no_effect, say_would_deny, unaddressed};
use crate::caller::{self, Caller};
use crate::request::Received;
use crate::{BODY_LIMIT, Gateway, body, resolve, validate, wording};

/// An answer, and what has to be on disk before it may be sent.
struct Ready {
    answer: Answer,
    commit: Option<Commit>,
}

impl From<Answer> for Ready {
    fn from(answer: Answer) -> Self {
        Self { answer, commit: None }
    }
}

/// Answers a request whose body is `raw`.
pub async fn run(gateway: &Gateway, received: &Received<'_>, raw: &Bytes, request_id: &str) -> Answer {
    let parts = received.parts();
    let summary = match gateway.routers.resolve(&parts, received.host(), received.credential()) {
        Ok(summary) => summary,
        Err(unresolved) => {
            return unaddressed(parts.headers, &wording::unresolved(&unresolved), request_id);
        }
    };
    let attempt = || in_service(gateway, received, raw, summary, request_id);
    let Ready { answer, commit } = match std::panic::catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(ready) => ready,
        // The message went to the panic hook. Transactions undo themselves, so the world goes on.
        Err(_) => {
            let broken = Error::from(InternalError::Broken("a handler panicked".to_owned()));
            form_of(gateway, summary, &parts, request_id).error(&broken).into()
        }
    };
    match settled(commit).await {
        Ok(()) => answer,
        Err(error) => form_of(gateway, summary, &parts, request_id).error(&error),
    }
}

/// The form in which a request to `summary` is answered, whatever it asks.
pub fn form_of<'a>(
    gateway: &Gateway,
    summary: &'static Summary,
    parts: &RequestParts<'_>,
    request_id: &'a str,
) -> Form<'a> {
    let service = summary.service();
    let (protocol, operation) = match gateway.routers.of(summary).route(service, parts) {
        Ok(route) => (route.protocol, Some(route.operation)),
        Err(no_route) => (no_route.protocol, None),
    };
    Form { service, protocol, operation, request_id }
}

fn in_service(
    gateway: &Gateway,
    received: &Received<'_>,
    raw: &Bytes,
    summary: &'static Summary,
    request_id: &str,
) -> Ready {
    let parts = received.parts();
    let service = summary.service();
    let route = match gateway.routers.of(summary).route(service, &parts) {
        Ok(route) => route,
        Err(no_route) => {
            let form = Form { service, protocol: no_route.protocol, operation: None, request_id };
            return form.rejection(&no_route.rejection).into();
        }
    };
    let form = Form { service, protocol: route.protocol, operation: Some(route.operation), request_id };
    let region = match resolve::region(received.host(), received.credential()) {
        Ok(region) => region.unwrap_or(Region::DEFAULT),
        Err(unknown) => return form.refusal(&wording::unknown_region(form.family(), &unknown)).into(),
    };
    let unsigned = route.operation.unsigned;
    let caller = caller::identify(&gateway.world, &gateway.keys, received, summary, region, unsigned);
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return form.unauthorized(&error).into(),
    };
    let Caller { principal, access_key, payload } = caller;
    let body = match body::unwrap(parts.headers, raw.clone(), payload, BODY_LIMIT) {
        Ok(body) => body,
        Err(unread) => {
            let refusal = wording::unread(&unread, form.family());
            return refusal
                .map_or_else(|| form.rejection(&cut()).into(), |refusal| form.refusal(&refusal).into());
        }
    };
    let account = principal.account().unwrap_or(gateway.world.settings().account);
    let origin = Origin {
        scope: Scope { account, region },
        principal,
        access_key,
        request_id: request_id.to_owned(),
        source: received.source(),
        user_agent: received.user_agent().to_owned(),
    };
    call(gateway, &form, route.operation, &received.parts_with(&body), origin)
}

fn cut() -> ironbird_wire::rejection::Rejection {
    ironbird_wire::rejection::Rejection::malformed("the body is not complete")
}

/// Decodes, validates, and lets the world act.
fn call(
    gateway: &Gateway,
    form: &Form<'_>,
    operation: &Operation,
    parts: &RequestParts<'_>,
    origin: Origin,
) -> Ready {
    let service = form.service;
    let name = service.metadata.name.as_str();
    let handler = gateway.world.handler(name, &operation.name);
    let mut input = match handler {
        Some(handler) => handler.new_input(),
        None => Box::new(validate::untyped(service, operation)),
    };
    let unknown = match decode_request(service, operation, form.protocol, parts, input.as_mut()) {
        Ok(unknown) => unknown,
        Err(rejection) => return form.rejection(&rejection).into(),
    };
    if let Some(refusal) = validate::refusal(form, operation, parts, input.as_ref()) {
        return form.refusal(&refusal).into();
    }
    if handler.is_none() {
        let refusal = wording::not_implemented(name, &operation.name);
        let error = Error::with_status(refusal.status, refusal.code.clone(), refusal.message.clone());
        audit::note(&gateway.world, origin, service, operation, input.as_ref(), &error);
        return form.refusal(&refusal).into();
    }
    let Outcome { result, mut no_effect, would_deny, commit } =
        gateway.world.invoke(origin, name, &operation.name, input.as_ref());
    let mut answer = match result {
        Ok(output) => {
            let response =
                encode_response(service, operation, form.protocol, output.as_ref(), form.request_id);
            finished(response)
        }
        Err(error) => form.error(&error),
    };
    // AWS passes over what it does not know, and so do we, but not silently.
    no_effect.extend(unknown.iter().map(|parameter| format!("{}.{parameter} (unknown)", operation.name)));
    say_no_effect(answer.headers_mut(), &no_effect);
    if let Some(text) = would_deny {
        say_would_deny(answer.headers_mut(), &text);
    }
    Ready { answer, commit }
}

/// Waits, without blocking a thread, until a commit is on disk.
async fn settled(commit: Option<Commit>) -> Result<(), Error> {
    let Some(commit) = commit else { return Ok(()) };
    if !commit.is_durable() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        commit.when_settled(Box::new(move || {
            // Nobody waits any more where the client has gone.
            let _ = sender.send(());
        }));
        // An error means that the journal let go of the callback; the commit itself then says why.
        let _ = receiver.await;
    }
    Ok(commit.wait()?)
}
