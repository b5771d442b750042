//! From a request to the protocol it speaks and the operation it asks for.

use crate::http::RequestParts;
use crate::limits::check_size;
use crate::names;
use crate::query;
use crate::rejection::{Reason, Rejection, shorten};
use crate::rest::Paths;
use crate::schema::{Operation, Protocol, Service};

/// Finds operations of one service. Made once per service; a lookup costs a few hash or text comparisons.
#[derive(Debug)]
pub struct Router {
    paths: Paths,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub struct Route<'s> {
    /// The protocol it is written in.
    pub protocol: Protocol,
    /// The operation it names.
    pub operation: &'s Operation,
}

/// A request that names no operation, with the protocol to say so in.
#[derive(Debug)]
pub struct NoRoute {
    /// The protocol the request seems to be written in, or the service's first.
    pub protocol: Protocol,
    /// Why there is no operation.
    pub rejection: Rejection,
}

impl Router {
    /// Indexes the operations of `service`.
    pub fn new(service: &Service) -> Self {
        let rest = speaks(service, Protocol::RestJson1) || speaks(service, Protocol::RestXml);
        Self { paths: if rest { Paths::new(service.operations()) } else { Paths::default() } }
    }

    /// The protocol and operation of a request to `service`, which must be the one the router was made for.
    ///
    /// # Errors
    /// When the request names no operation that the service has.
    pub fn route<'s>(&self, service: &'s Service, parts: &RequestParts<'_>) -> Result<Route<'s>, NoRoute> {
        let protocol = protocol(service, parts);
        match self.operation(service, protocol, parts) {
            Ok(operation) => Ok(Route { protocol, operation }),
            Err(rejection) => Err(NoRoute { protocol, rejection }),
        }
    }

    fn operation<'s>(
        &self,
        service: &'s Service,
        protocol: Protocol,
        parts: &RequestParts<'_>,
    ) -> Result<&'s Operation, Rejection> {
        check_size("path", parts.path.len(), parts.limits.uri)?;
        check_size("query string", parts.query.len(), parts.limits.uri)?;
        match protocol {
            Protocol::AwsQuery | Protocol::Ec2Query => by_action(service, protocol, parts),
            Protocol::AwsJson10 | Protocol::AwsJson11 => by_target(service, parts),
            Protocol::RpcV2Cbor => by_rpc_path(service, parts),
            Protocol::RestJson1 | Protocol::RestXml => {
                let found = self.paths.find(parts.method, parts.path, parts.query);
                found
                    .map(|index| &service.operations()[index])
                    .ok_or_else(|| Rejection::unknown_operation(""))
            }
        }
    }
}

fn speaks(service: &Service, protocol: Protocol) -> bool {
    service.metadata.protocols.contains(&protocol)
}

/// The protocol that the request shows by its marks, among those of the service; the service's first one when
/// there are no marks.
fn protocol(service: &Service, parts: &RequestParts<'_>) -> Protocol {
    let content_type = parts.header("content-type").unwrap_or_default();
    let cbor_marks = parts.headers.contains_key("smithy-protocol") || rpc_path(parts.path).is_some();
    if speaks(service, Protocol::RpcV2Cbor) && cbor_marks {
        return Protocol::RpcV2Cbor;
    }
    if let Some(preferred) = json(service) {
        let typed = content_type.starts_with("application/x-amz-json-");
        if typed || parts.headers.contains_key("x-amz-target") {
            return match content_type {
                _ if content_type.starts_with("application/x-amz-json-1.0") => Protocol::AwsJson10,
                _ if content_type.starts_with("application/x-amz-json-1.1") => Protocol::AwsJson11,
                _ => preferred,
            };
        }
    }
    let form = content_type.starts_with("application/x-www-form-urlencoded")
        || query::find(parts.query, "Action").is_some();
    let listed = service.metadata.protocols.iter().copied();
    let by_form = listed.clone().find(|p| matches!(p, Protocol::AwsQuery | Protocol::Ec2Query) && form);
    by_form.or_else(|| listed.clone().next()).unwrap_or(Protocol::RestJson1)
}

/// A service with one version of awsJson takes both.
fn json(service: &Service) -> Option<Protocol> {
    let mut listed = service.metadata.protocols.iter().copied();
    listed.find(|p| matches!(p, Protocol::AwsJson10 | Protocol::AwsJson11))
}

fn by_action<'s>(
    service: &'s Service,
    protocol: Protocol,
    parts: &RequestParts<'_>,
) -> Result<&'s Operation, Rejection> {
    check_size("body", parts.body.len(), parts.limits.body)?;
    let body = std::str::from_utf8(parts.body).map_err(|_| Rejection::malformed("the body is not UTF-8"))?;
    let Some(action) = query::find(body, "Action").or_else(|| query::find(parts.query, "Action")) else {
        return Err(Rejection::new(Reason::MissingAction, "the request has no parameter Action"));
    };
    service.operation(&action).ok_or_else(|| {
        let mut rejection = Rejection::unknown_operation(&action);
        if protocol == Protocol::AwsQuery {
            let version = query::find(body, "Version").or_else(|| query::find(parts.query, "Version"));
            let version = version.unwrap_or("NO_VERSION_SPECIFIED".into());
            // AWS's wording.
            rejection.message =
                format!("Could not find operation {} for version {}", shorten(&action), shorten(&version));
        }
        rejection
    })
}

fn by_target<'s>(service: &'s Service, parts: &RequestParts<'_>) -> Result<&'s Operation, Rejection> {
    let target = parts.header("x-amz-target").unwrap_or_default();
    let found = target.rsplit_once('.').filter(|(prefix, _)| *prefix == names::target_prefix(service));
    found.and_then(|(_, name)| service.operation(name)).ok_or_else(|| Rejection::unknown_operation(target))
}

fn by_rpc_path<'s>(service: &'s Service, parts: &RequestParts<'_>) -> Result<&'s Operation, Rejection> {
    let found = rpc_path(parts.path).filter(|(name, _)| *name == names::target_prefix(service));
    let operation = found.filter(|_| parts.method == "POST").and_then(|(_, name)| service.operation(name));
    operation.ok_or_else(|| Rejection::unknown_operation(parts.path))
}

/// Service and operation of a path that ends in `/service/{service}/operation/{operation}`.
fn rpc_path(path: &str) -> Option<(&str, &str)> {
    let mut segments = path.rsplit('/');
    let operation = segments.next()?;
    (segments.next()? == "operation").then_some(())?;
    let service = segments.next()?;
    (segments.next()? == "service").then_some(())?;
    segments.next()?;
    Some((service, operation))
}
