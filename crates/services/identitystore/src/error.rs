//! Errors as the Identity Store words them. The model gives the codes; every status is 400, as the API reference says.

use ironbird_rig::{Ctx, Error};

/// What a resource is, as `ResourceNotFoundException` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The store itself.
    Store,
    /// A user.
    User,
    /// A group.
    Group,
    /// A membership.
    Membership,
}

impl Kind {
    /// `USER`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Store => "IDENTITY_STORE",
            Self::User => "USER",
            Self::Group => "GROUP",
            Self::Membership => "GROUP_MEMBERSHIP",
        }
    }
}

/// The request does not make sense.
pub(crate) fn validation(ctx: &Ctx<'_>, message: impl Into<String>) -> Error {
    made(ctx, "ValidationException", message)
}

/// There is no such thing; `id` where one was given.
pub(crate) fn not_found(ctx: &Ctx<'_>, kind: Kind, id: Option<&str>) -> Error {
    missing(ctx, kind, id, format!("{} not found.", kind.name()))
}

/// The same with other words.
pub(crate) fn missing(ctx: &Ctx<'_>, kind: Kind, id: Option<&str>, message: impl Into<String>) -> Error {
    let error = made(ctx, "ResourceNotFoundException", message).with_member("ResourceType", kind.name());
    match id {
        Some(id) => error.with_member("ResourceId", id),
        None => error,
    }
}

/// Another has it already.
pub(crate) fn duplicate(ctx: &Ctx<'_>, message: &str) -> Error {
    made(ctx, "ConflictException", message).with_member("Reason", "UNIQUENESS_CONSTRAINT_VIOLATION")
}

/// There would be too many.
pub(crate) fn quota(ctx: &Ctx<'_>, message: impl Into<String>) -> Error {
    made(ctx, "ServiceQuotaExceededException", message)
}

fn made(ctx: &Ctx<'_>, code: &'static str, message: impl Into<String>) -> Error {
    let request = ctx.origin().request_id.clone();
    Error::client(code, message).with_member("RequestId", request)
}
