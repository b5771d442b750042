//! What every decoder carries along while it walks a schema.

use crate::field::{Field, Map, Slot};
use crate::limits::{Budget, Limits};
use crate::rejection::{Rejection, shorten};
use crate::schema::{Kind, Location, Member, Service, Shape, TimestampFormat};

/// The state of one decode.
pub(crate) struct Walk<'a> {
    pub(crate) service: &'a Service,
    /// A client takes what services really send; a server insists on the model.
    pub(crate) lenient: bool,
    /// What of the top structure is elsewhere than in the body.
    pub(crate) bindings: Bindings,
    limits: &'a Limits,
    budget: Budget,
    unknown: Vec<String>,
    /// Why the decode failed, where the error must pass through a library that cannot carry it.
    pub(crate) failure: Option<Rejection>,
}

impl<'a> Walk<'a> {
    pub(crate) const fn new(service: &'a Service, limits: &'a Limits, lenient: bool) -> Self {
        Self {
            service,
            lenient,
            bindings: Bindings::None,
            limits,
            budget: Budget::new(limits),
            unknown: Vec::new(),
            failure: None,
        }
    }

    /// The shape a member or element refers to.
    pub(crate) fn target(&self, member: &Member) -> &'a Shape {
        self.service.shape(member.target)
    }

    /// Accounts for one more element, entry or value without a shape.
    pub(crate) fn spend(&mut self) -> Result<(), Rejection> {
        self.budget.spend(1)
    }

    /// Accounts for a structure of `width` members at `depth`: it has room for all, whether they come or not.
    pub(crate) fn enter(&mut self, width: usize, depth: usize) -> Result<(), Rejection> {
        self.check_depth(depth)?;
        self.budget.spend(width)
    }

    /// Refuses to go deeper than the limit.
    pub(crate) fn check_depth(&self, depth: usize) -> Result<(), Rejection> {
        if depth < self.limits.depth {
            return Ok(());
        }
        Err(Rejection::too_large(format!(
            "values lie more than {} levels deep in one another",
            self.limits.depth
        )))
    }

    /// Remembers a member that the model does not have.
    pub(crate) fn note_unknown(&mut self, name: &str) {
        if self.unknown.len() < self.limits.unknown {
            self.unknown.push(shorten(name));
        }
    }

    /// The same for a member inside a shape, which is named with it.
    pub(crate) fn note_unknown_in(&mut self, shape: &Shape, depth: usize, name: &str) {
        if self.unknown.len() >= self.limits.unknown {
            return;
        }
        if depth == 0 {
            self.note_unknown(name);
        } else {
            self.note_unknown(&format!("{}.{name}", shape.name));
        }
    }

    pub(crate) fn into_unknown(self) -> Vec<String> {
        self.unknown
    }
}

/// The place of `shape` in `field`.
pub(crate) fn slot<'f>(field: &'f mut dyn Field, shape: &Shape) -> Slot<'f> {
    field.slot(shape.kind, shape.members.len())
}

/// The place of a new entry of a map. Two entries with one key are refused: merging them would be a guess.
pub(crate) fn fresh_entry<'m>(map: &'m mut dyn Map, key: &str) -> Result<&'m mut dyn Field, Rejection> {
    let before = map.len();
    // Asked for twice because a borrow that is returned on one path only would last for both.
    map.entry(key.to_owned());
    if map.len() == before {
        return Err(Rejection::malformed(format!("the key '{}' is given more than once", shorten(key))));
    }
    Ok(map.entry(key.to_owned()))
}

/// A generated type and the model disagree; a bug of ours that must not become a panic.
pub(crate) fn misfit(shape: &Shape) -> Rejection {
    Rejection::malformed(format!("the type of '{}' does not fit its model", shape.name))
}

/// The form of a timestamp: the member's own, its shape's, or the protocol's.
pub(crate) fn timestamp_format(member: &Member, shape: &Shape, default: TimestampFormat) -> TimestampFormat {
    member.timestamp_format.or(shape.timestamp_format).unwrap_or(default)
}

/// Which members of a message's top structure travel outside of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bindings {
    /// None: the RPC protocols, and every structure below the top one.
    None,
    /// Path, query string and headers.
    Request,
    /// Status and headers.
    Response,
}

impl Bindings {
    /// Whether the member travels in the body.
    pub(crate) const fn in_body(self, member: &Member) -> bool {
        match (self, member.location) {
            (Self::None, _) | (_, Location::Body) => true,
            (_, Location::Header | Location::Headers) => false,
            (Self::Request, Location::Uri | Location::QueryString) => false,
            (Self::Response, Location::StatusCode) => false,
            (Self::Request, Location::StatusCode)
            | (Self::Response, Location::Uri | Location::QueryString) => true,
        }
    }

    /// The bindings of a structure at `depth`.
    pub(crate) const fn at(self, depth: usize) -> Self {
        if depth == 0 { self } else { Self::None }
    }
}

/// What a value of this kind is called in messages.
pub(crate) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "a boolean",
        Kind::Integer | Kind::Long => "an integer",
        Kind::Float | Kind::Double => "a number",
        Kind::String => "a string",
        Kind::Blob => "base64",
        Kind::Timestamp => "a timestamp",
        Kind::Structure => "a structure",
        Kind::List => "a list",
        Kind::Map => "a map",
        Kind::Document => "a document",
    }
}
