//! Bytes in, bytes out: from an HTTP request to the world and back.
//!
//! A request goes one way: find the service, find the operation and the protocol it is written in, find the caller
//! (and verify the signature where that was asked for), decode, validate, [`World::invoke`], encode. What is refused
//! on the way is refused in the protocol's own form, with AWS's code and wording, and nothing has been done then.
//! An operation that nobody wrote goes the same way up to the handler.
//!
//! What AWS has no interface for (the clock, capacity, faults) is below `/_ironbird/`; see [`own`].
//!
//! The gateway knows protocols and signatures. It knows no service.

mod answer;
mod body;
mod caller;
mod imds;
mod news;
pub mod own;
mod pipeline;
mod request;
mod resolve;
mod scim;
mod server;
mod validate;
mod wording;

use std::net::SocketAddr;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use ironbird_rig::World;
use ironbird_sigv4::{Family, KeyCache};

pub use server::Server;

use answer::Answer;
use request::Received;
use resolve::Routers;

/// Bytes of a body, both as sent and as decoded.
pub(crate) const BODY_LIMIT: usize = ironbird_wire::limits::Limits::DEFAULT.body;

/// Everything that answers requests to one world.
pub struct Gateway {
    world: Arc<World>,
    keys: KeyCache,
    routers: Routers,
    room: body::Room,
    news: news::News,
}

impl Gateway {
    /// A gateway to `world`.
    pub fn new(world: Arc<World>) -> Self {
        let news = news::News::new();
        world.observe(news.teller());
        let (keys, routers, room) = (KeyCache::default(), Routers::default(), body::Room::default());
        Self { world, keys, routers, room, news }
    }

    /// The world behind it.
    pub const fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Answers one request. `None` where the client went away before it had sent all of it.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Option<Answer> {
        let (head, incoming) = request.into_parts();
        let waits = head.headers.contains_key(http::header::EXPECT);
        let raw = self.room.read(incoming, waits, BODY_LIMIT).await;
        if imds::is_metadata(head.uri.path()) {
            return Some(imds::answer(self, &head).await);
        }
        if own::is_own(head.uri.path()) {
            return own::answer(self, &head, raw).await;
        }
        if let Some(page) = own::sign_in::authorize(&head) {
            return Some(page);
        }
        if let (Some((tenant, path)), Ok(read)) = (scim::place(head.uri.path()), &raw) {
            return Some(scim::answer(self, &head, tenant, path, &read.bytes).await);
        }
        let request_id = self.world.request_id();
        let read = match raw {
            Ok(read) => read,
            Err(unread) => return self.refuse_unread(&head, &unread, &request_id, peer),
        };
        let received = Received::new(&head, &read.bytes, peer);
        Some(pipeline::run(self, &received, &read.bytes, &request_id).await)
    }

    /// Says why a body was not read, in the form of the protocol as far as headers tell it.
    fn refuse_unread(
        &self,
        head: &http::request::Parts,
        unread: &body::Unread,
        request_id: &str,
        peer: SocketAddr,
    ) -> Option<Answer> {
        let nothing = bytes::Bytes::new();
        let received = Received::new(head, &nothing, peer);
        let parts = received.parts();
        let Ok(summary) = self.routers.resolve(&parts, received.host(), received.credential()) else {
            let refusal = wording::unread(unread, Family::Query)?;
            return Some(answer::unaddressed(&head.headers, &refusal, request_id));
        };
        let form = pipeline::form_of(self, summary, &parts, request_id);
        Some(form.refusal(&wording::unread(unread, form.family())?))
    }
}
