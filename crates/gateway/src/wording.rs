//! How refusals of the gateway read, family by family.

use ironbird_rig::Region;
use ironbird_sigv4::{Error, Family, Scope};
use ironbird_wire::rejection::{Reason, Rejection};

use crate::answer::{Form, Refusal};
use crate::body::Unread;
use crate::resolve::Unresolved;

/// A message that could not be understood.
pub fn rejection(form: &Form<'_>, rejection: &Rejection) -> Refusal {
    let protocol = form.protocol;
    let message = match (&rejection.reason, form.family()) {
        (Reason::UnknownOperation(name), Family::Query) => {
            format!("Could not find operation {name} for version {}", form.service.metadata.api_version)
        }
        _ => rejection.text(protocol),
    };
    Refusal::new(rejection.status(protocol), rejection.code(protocol), message)
}

/// An operation that nobody wrote.
pub fn not_implemented(service: &str, operation: &str) -> Refusal {
    let message =
        format!("ironbird does not implement {service}:{operation} yet; see docs/services/README.md");
    Refusal::new(501, "NotImplemented", message)
}

/// A request that is for no service of the rig.
pub fn unresolved(unresolved: &Unresolved) -> Refusal {
    match unresolved {
        Unresolved::Unknown(name) => Refusal::new(
            501,
            "NotImplemented",
            format!("ironbird has no model of the service `{name}`; see docs/services/ for those it has"),
        ),
        Unresolved::NoMark => Refusal::new(
            400,
            "UnknownService",
            "nothing in the request says which AWS service it is for: sign it, send X-Amz-Target, use a host name such \
             as ec2.us-east-1.localhost, or give Action and Version; the rig's own interface is at /_ironbird/",
        ),
    }
}

/// A Region that does not exist, refused as a wrong credential scope is.
pub fn unknown_region(family: Family, region: &str) -> Refusal {
    let expected = Region::DEFAULT.code().to_owned();
    let scope = Scope { region: Some((region.to_owned(), expected)), ..Scope::default() };
    let reply = Error::Scope(Box::new(scope)).reply(family);
    // EC2 would only say that it cannot validate the credentials, which helps nobody who mistyped a Region.
    let message = format!("Credential should be scoped to a valid region, not '{region}'. ");
    Refusal::new(reply.status, reply.code, message)
}

/// A body that could not be read. `None` where nobody is left to be told.
pub fn unread(unread: &Unread, family: Family) -> Option<Refusal> {
    let refusal = match unread {
        Unread::Cut => return None,
        Unread::TooLarge { limit } => Refusal::new(
            413,
            "RequestEntityTooLarge",
            format!("the body of the request is larger than the {limit} bytes allowed"),
        ),
        Unread::Slow => Refusal::new(
            408,
            "RequestTimeout",
            "the client sent nothing for 30 seconds before the end of the body",
        ),
        Unread::Encoding(name) => Refusal::new(
            415,
            "UnsupportedMediaTypeException",
            format!(
                "the content encoding `{name}` is not understood, or the body is not in it; send gzip or none"
            ),
        ),
        Unread::Chunks(error) => {
            let reply = error.reply(family);
            Refusal::new(reply.status, reply.code, reply.message)
        }
    };
    Some(refusal)
}
