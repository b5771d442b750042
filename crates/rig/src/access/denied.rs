//! A denial, and how each service tells of it.

use ironbird_iam::{Denial, Request, access_denied, authorization_message};
use ironbird_wire::schema::{Protocol, Service};
use serde_json::Value;

use super::message;
use crate::account::Principal;
use crate::context::Ctx;
use crate::error::Error;

/// Why something is denied.
#[derive(Clone, Debug)]
pub struct Denied {
    /// `User: … is not authorized to perform: … because …`
    pub text: String,
    /// What `DecodeAuthorizationMessage` shows of it.
    pub details: Value,
    /// Whether the action is about resources.
    on_resource: bool,
}

impl Denied {
    pub(super) fn new(request: &Request<'_>, denial: &Denial<'_>, principal: &Principal) -> Self {
        let id = principal.user_id();
        let name = match principal {
            Principal::User { name, .. } | Principal::FederatedUser { name, .. } => name,
            Principal::AssumedRole { session, .. } => session,
            _ => "",
        };
        Self {
            text: access_denied(request, denial),
            details: authorization_message(request, denial, &id, name),
            on_resource: request.resource() != "*",
        }
    }

    /// The error of `service`: each family of protocols has its code and status for it.
    pub fn error(&self, ctx: &Ctx<'_>, service: &Service) -> Error {
        let protocols = &service.metadata.protocols;
        let speaks = |protocol| protocols.contains(&protocol);
        if speaks(Protocol::Ec2Query) {
            let mut text = format!("You are not authorized to perform this operation. {}", self.text);
            if self.on_resource {
                let sealed = message::seal(ctx, &self.details);
                text.push_str(&format!(". Encoded authorization failure message: {sealed}"));
            }
            return Error::with_status(403, "UnauthorizedOperation", text);
        }
        if speaks(Protocol::AwsQuery) || speaks(Protocol::RestXml) {
            return Error::with_status(403, "AccessDenied", self.text.as_str());
        }
        let status = if speaks(Protocol::RestJson1) { 403 } else { 400 };
        Error::with_status(status, "AccessDeniedException", self.text.as_str())
    }
}

/// Whether an error of that code says that policies denied a call.
pub(crate) fn is_denial(code: &str) -> bool {
    matches!(code, "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException")
}
