//! Which service and Region a request is for.
//!
//! On AWS the host name says so. A rig is one address, so that other marks come first: what the request was signed
//! for, then `X-Amz-Target` or the path of an rpcv2Cbor call, the host name where it is one of a service
//! (`ec2.eu-west-1.localhost`), and the version of a query request. No model is opened for this but where several
//! services sign alike, and for what bears a token in place of a signature: there only method and path are left to go by.

use std::sync::OnceLock;

use ironbird_models::Summary;
use ironbird_rig::Region;
use ironbird_sigv4::Credential;
use ironbird_wire::http::RequestParts;
use ironbird_wire::route::Router;
use ironbird_wire::schema::Protocol;

/// APIs that are signed and addressed like one that has a model, and are told from it by their version: prefix of the host name,
/// version, and the name that they go by. An operation of theirs must not be taken for one of the same name.
const OTHERS: &[(&str, &str, &str)] = &[("elasticloadbalancing", "2012-06-01", "elb")];

/// Services whose operations, or some of them, bear a token in place of a signature, and are told by method and path.
const UNSIGNED: &[&str] = &["sso", "sso-oidc"];

/// Routers of all services, each made on first use.
pub struct Routers(Vec<OnceLock<Router>>);

/// A request that names no service of the rig.
#[derive(Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// It was signed for, or its target names, a service of which there is no model.
    Unknown(String),
    /// It has no mark of any service.
    NoMark,
}

impl Default for Routers {
    fn default() -> Self {
        Self(ironbird_models::summaries().iter().map(|_| OnceLock::new()).collect())
    }
}

impl Routers {
    /// The router of a service.
    pub fn of(&self, summary: &'static Summary) -> &Router {
        let all = ironbird_models::summaries();
        let position = all.binary_search_by_key(&summary.name, |entry| entry.name);
        let position = position.expect("a summary is one of the list");
        self.0[position].get_or_init(|| Router::new(summary.service()))
    }

    /// The service that a request is for.
    ///
    /// # Errors
    /// When it names none, or one that has no model.
    pub fn resolve(
        &self,
        parts: &RequestParts<'_>,
        host: &str,
        credential: Option<&Credential<'_>>,
    ) -> Result<&'static Summary, Unresolved> {
        if let Some(credential) = credential {
            let signed: Vec<_> = ironbird_models::signed_as(credential.service()).collect();
            return match signed.as_slice() {
                [] => Err(Unresolved::Unknown(credential.service().to_owned())),
                [only] => known(only, parts),
                _ => Ok(self.narrow(&signed, parts, host)),
            };
        }
        if let Some(prefix) = target_prefix(parts) {
            return ironbird_models::targeted_as(prefix)
                .ok_or_else(|| Unresolved::Unknown(prefix.to_owned()));
        }
        let hosted: Vec<_> = by_host(host).collect();
        if !hosted.is_empty() {
            return known(self.narrow(&hosted, parts, host), parts);
        }
        self.by_version(parts).or_else(|| self.by_path(parts)).ok_or(Unresolved::NoMark)
    }

    /// The service of an operation that takes no signature, at that method and path.
    fn by_path(&self, parts: &RequestParts<'_>) -> Option<&'static Summary> {
        let mut candidates =
            ironbird_models::summaries().iter().filter(|summary| UNSIGNED.contains(&summary.name));
        candidates.find(|summary| {
            let route = self.of(summary).route(summary.service(), parts);
            route.is_ok_and(|route| route.operation.unsigned)
        })
    }

    /// One of several services that sign or are addressed alike: `ses` and `sesv2`, `elb` and `elbv2`.
    fn narrow(
        &self,
        candidates: &[&'static Summary],
        parts: &RequestParts<'_>,
        host: &str,
    ) -> &'static Summary {
        let first =
            |wanted: &dyn Fn(&Summary) -> bool| candidates.iter().copied().find(|summary| wanted(summary));
        if let Some(prefix) = target_prefix(parts)
            && let Some(found) = first(&|summary| summary.target_prefix == Some(prefix))
        {
            return found;
        }
        if let Some(version) = parameter(parts, "Version")
            && let Some(found) = first(&|summary| is_query(summary) && summary.api_version == version)
        {
            return found;
        }
        let hosted: Vec<&Summary> = by_host(host).collect();
        let at_host =
            candidates.iter().filter(|summary| hosted.iter().any(|known| known.name == summary.name));
        let routed = at_host.chain(candidates).find(|summary| {
            self.of(summary)
                .route(summary.service(), parts)
                .is_ok_and(|route| summary.protocols.contains(&route.protocol))
        });
        routed.copied().unwrap_or(candidates[0])
    }

    /// Query requests name the version of their API; several services share some versions.
    fn by_version(&self, parts: &RequestParts<'_>) -> Option<&'static Summary> {
        let version = parameter(parts, "Version")?;
        let action = parameter(parts, "Action")?;
        let all = ironbird_models::summaries().iter();
        let candidates = all.filter(|summary| is_query(summary) && summary.api_version == version);
        let mut candidates = candidates.peekable();
        let first = *candidates.peek()?;
        Some(candidates.find(|summary| summary.service().operation(&action).is_some()).unwrap_or(first))
    }
}

/// The service, unless the request is for another API that looks like it.
fn known(found: &'static Summary, parts: &RequestParts<'_>) -> Result<&'static Summary, Unresolved> {
    let mut others = OTHERS.iter().filter(|(prefix, ..)| *prefix == found.endpoint_prefix).peekable();
    if others.peek().is_none() {
        return Ok(found);
    }
    let version = parameter(parts, "Version");
    match others.find(|(_, other, _)| version.as_deref() == Some(other)) {
        Some((.., name)) => Err(Unresolved::Unknown((*name).to_owned())),
        None => Ok(found),
    }
}

/// The Region of a request: the one it was signed for, else the one in its host name, else none.
///
/// # Errors
/// The Region it was signed for, when there is none of that name.
pub fn region(host: &str, credential: Option<&Credential<'_>>) -> Result<Option<Region>, String> {
    if let Some(credential) = credential {
        let code = credential.region();
        return Region::parse(code).map(Some).ok_or_else(|| code.to_owned());
    }
    Ok(host_name(host).split('.').find_map(Region::parse))
}

fn is_query(summary: &Summary) -> bool {
    summary.protocols.iter().any(|protocol| matches!(protocol, Protocol::AwsQuery | Protocol::Ec2Query))
}

/// What stands before the operation in `X-Amz-Target`, or for the service in an rpcv2Cbor path.
fn target_prefix<'a>(parts: &RequestParts<'a>) -> Option<&'a str> {
    if let Some(target) = parts.headers.get("x-amz-target") {
        let (prefix, _) = target.to_str().ok()?.rsplit_once('.')?;
        return Some(prefix);
    }
    let (_, rest) = parts.path.split_once("/service/")?;
    let (prefix, rest) = rest.split_once('/')?;
    rest.starts_with("operation/").then_some(prefix)
}

/// Services whose host name this is: `ec2.eu-west-1.localhost`, `portal.sso.amazonaws.com`.
fn by_host(host: &str) -> impl Iterator<Item = &'static Summary> + use<> {
    let name = host_name(host).to_ascii_lowercase();
    ironbird_models::summaries().iter().filter(move |summary| {
        let rest = name.strip_prefix(summary.endpoint_prefix);
        rest.is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    host.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit()))
        .map_or(host, |(name, _)| name)
}

/// A parameter of a query request, from its body or its query string. Only names and versions are looked for,
/// which need no decoding.
fn parameter(parts: &RequestParts<'_>, name: &str) -> Option<String> {
    let body = std::str::from_utf8(parts.body).unwrap_or_default();
    [body, parts.query].iter().flat_map(|text| text.split('&')).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{Routers, UNSIGNED, Unresolved, region};
    use http::HeaderMap;
    use ironbird_sigv4::Credential;
    use ironbird_wire::http::RequestParts;
    use ironbird_wire::schema::Protocol;

    fn signed(service: &str) -> HeaderMap {
        signed_in("eu-west-1", service)
    }

    fn signed_in(region: &str, service: &str) -> HeaderMap {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature={}",
            "0".repeat(64)
        );
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value.parse().unwrap());
        headers.insert("x-amz-date", "20260101T000000Z".parse().unwrap());
        headers
    }

    fn resolve(headers: &HeaderMap, host: &str, uri: &str, body: &str) -> Result<&'static str, Unresolved> {
        let parts = RequestParts::new("POST", uri, headers, body.as_bytes());
        let credential = Credential::parse(headers, parts.query).unwrap();
        Routers::default().resolve(&parts, host, credential.as_ref()).map(|summary| summary.name)
    }

    #[test]
    fn what_was_signed_decides() {
        assert_eq!(resolve(&signed("ec2"), "localhost:4599", "/", ""), Ok("ec2"));
        assert_eq!(
            resolve(&signed("nothing"), "ec2.localhost", "/", ""),
            Err(Unresolved::Unknown("nothing".into()))
        );
    }

    #[test]
    fn services_that_sign_alike_are_told_apart() {
        let headers = signed("ses");
        assert_eq!(resolve(&headers, "localhost", "/v2/email/outbound-emails", ""), Ok("sesv2"));
        assert_eq!(resolve(&headers, "localhost", "/", "Action=SendEmail&Version=2010-12-01"), Ok("ses"));
        let mut headers = signed("dynamodb");
        headers.insert("x-amz-target", "DynamoDBStreams_20120810.ListStreams".parse().unwrap());
        assert_eq!(resolve(&headers, "localhost", "/", "{}"), Ok("dynamodbstreams"));
    }

    #[test]
    fn unsigned_requests_show_other_marks() {
        let mut headers = HeaderMap::new();
        assert_eq!(resolve(&headers, "sts.eu-west-1.localhost:80", "/", ""), Ok("sts"));
        assert_eq!(
            resolve(&headers, "127.0.0.1", "/?Action=GetCallerIdentity&Version=2011-06-15", ""),
            Ok("sts")
        );
        assert_eq!(resolve(&headers, "127.0.0.1", "/", ""), Err(Unresolved::NoMark));
        headers.insert("x-amz-target", "DynamoDB_20120810.ListTables".parse().unwrap());
        assert_eq!(resolve(&headers, "127.0.0.1", "/", ""), Ok("dynamodb"));
    }

    #[test]
    fn a_token_in_place_of_a_signature_leaves_method_and_path() {
        let headers = HeaderMap::new();
        assert_eq!(resolve(&headers, "127.0.0.1:4599", "/token", "{}"), Ok("sso-oidc"));
        assert_eq!(resolve(&headers, "127.0.0.1:4599", "/logout", ""), Ok("sso"));
        // This one is signed.
        assert_eq!(resolve(&headers, "127.0.0.1:4599", "/token?aws_iam=t", "{}"), Err(Unresolved::NoMark));
        let all = ironbird_models::summaries().iter();
        let rest = all.filter(|summary| {
            let rest = |protocol: &Protocol| matches!(protocol, Protocol::RestJson1 | Protocol::RestXml);
            summary.protocols.iter().any(rest)
                && summary.service().operations().iter().any(|operation| operation.unsigned)
        });
        assert_eq!(rest.map(|summary| summary.name).collect::<Vec<_>>(), UNSIGNED);
    }

    #[test]
    fn apis_that_look_alike_are_told_by_their_version() {
        let headers = signed("elasticloadbalancing");
        let call = |version: &str| {
            let body = format!("Action=DescribeLoadBalancers&Version={version}");
            [
                resolve(&headers, "localhost", "/", &body),
                resolve(&HeaderMap::new(), "elasticloadbalancing.us-east-1.localhost", "/", &body),
            ]
        };
        assert_eq!(call("2015-12-01"), [Ok("elbv2"), Ok("elbv2")]);
        let other = || Err(Unresolved::Unknown("elb".to_owned()));
        assert_eq!(call("2012-06-01"), [other(), other()]);
    }

    #[test]
    fn the_region_is_the_scope_s_then_the_host_s() {
        let headers = signed_in("eu-west-1", "ec2");
        let credential = Credential::parse(&headers, "").unwrap();
        let of = |host: &str, credential: Option<&Credential<'_>>| {
            region(host, credential).unwrap().map(|r| r.code())
        };
        assert_eq!(of("sts.us-west-2.amazonaws.com", credential.as_ref()), Some("eu-west-1"));
        assert_eq!(of("sts.us-west-2.amazonaws.com", None), Some("us-west-2"));
        assert_eq!(of("localhost:4599", None), None);
        let headers = signed_in("mars-1", "ec2");
        let other = Credential::parse(&headers, "").unwrap();
        assert_eq!(region("localhost", other.as_ref()), Err("mars-1".to_owned()));
    }
}
