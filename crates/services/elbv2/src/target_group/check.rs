//! Settings of health checks: what a request may ask for, and what holds where it asks for nothing. Source: CreateTargetGroup in
//! the API reference, and "Health checks" in the user guides.

use ironbird_api::elbv2 as api;
use ironbird_rig::Result;

use super::record::{Codes, HealthCheck};
use crate::error;
use crate::load_balancer::record::Kind;

/// What a request says of health checks.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub(super) protocol: Option<&'a str>,
    pub(super) port: Option<&'a str>,
    pub(super) path: Option<&'a str>,
    pub(super) enabled: Option<bool>,
    pub(super) interval: Option<i32>,
    pub(super) timeout: Option<i32>,
    pub(super) healthy: Option<i32>,
    pub(super) unhealthy: Option<i32>,
    pub(super) matcher: Option<&'a api::Matcher>,
}

/// The group that is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    pub(super) kind: Kind,
    pub(super) protocol: &'a str,
    pub(super) grpc: bool,
}

/// The settings of a new group, or of one whose settings were `before`.
///
/// # Errors
/// `ValidationError` and `InvalidConfigurationRequest`
pub(super) fn settle(of: Of<'_>, asked: Asked<'_>, before: Option<&HealthCheck>) -> Result<HealthCheck> {
    if asked.enabled == Some(false) {
        return Err(error::validation("Health checks cannot be disabled for this target type"));
    }
    let protocol = asked.protocol.or(before.map(|it| it.protocol.as_str()));
    let protocol = protocol.unwrap_or(if of.kind == Kind::Application { "HTTP" } else { "TCP" });
    let suits = match protocol {
        "HTTP" | "HTTPS" => true,
        "TCP" => of.kind != Kind::Application,
        _ => false,
    };
    if !suits {
        let message = format!(
            "Health check protocol '{protocol}' is not supported for target groups with the {} protocol",
            of.protocol
        );
        return Err(error::configuration(message));
    }
    // What was set for another protocol is not what holds for this one.
    let before = before.filter(|it| asks_for_page(&it.protocol) == asks_for_page(protocol));
    let default = defaults(of, protocol);
    let check = HealthCheck {
        protocol: protocol.to_owned(),
        port: asked.port.map_or_else(|| before.unwrap_or(&default).port.clone(), str::to_owned),
        path: asked.path.map(str::to_owned).or_else(|| before.unwrap_or(&default).path.clone()),
        interval: asked.interval.unwrap_or(before.unwrap_or(&default).interval),
        timeout: asked.timeout.unwrap_or(before.unwrap_or(&default).timeout),
        healthy: asked.healthy.unwrap_or(before.unwrap_or(&default).healthy),
        unhealthy: asked.unhealthy.unwrap_or(before.unwrap_or(&default).unhealthy),
        codes: codes(of, asked.matcher)?.or_else(|| before.unwrap_or(&default).codes.clone()),
    };
    agree(of, asked, check)
}

/// Whether a check asks for a page, rather than for a connection only.
fn asks_for_page(protocol: &str) -> bool {
    protocol != "TCP"
}

fn defaults(of: Of<'_>, protocol: &str) -> HealthCheck {
    let page = asks_for_page(protocol);
    let codes = match of.kind {
        Kind::Application if of.grpc => Codes::Grpc("12".to_owned()),
        Kind::Application => Codes::Http("200".to_owned()),
        Kind::Network | Kind::Gateway => Codes::Http("200-399".to_owned()),
    };
    let path = if of.grpc { "/AWS.ALB/healthcheck" } else { "/" };
    HealthCheck {
        protocol: protocol.to_owned(),
        port: if of.kind == Kind::Gateway { "80" } else { "traffic-port" }.to_owned(),
        path: page.then(|| path.to_owned()),
        interval: if of.kind == Kind::Gateway { 10 } else { 30 },
        timeout: match (of.kind, protocol) {
            (Kind::Application | Kind::Gateway, _) => 5,
            (Kind::Network, "HTTP") => 6,
            (Kind::Network, _) => 10,
        },
        healthy: 5,
        unhealthy: 2,
        codes: page.then_some(codes),
    }
}

fn codes(of: Of<'_>, matcher: Option<&api::Matcher>) -> Result<Option<Codes>> {
    let Some(matcher) = matcher else { return Ok(None) };
    match (&matcher.http_code, &matcher.grpc_code) {
        (None, None) => Ok(None),
        (Some(codes), None) if !of.grpc => {
            let most = if of.kind == Kind::Application { 499 } else { 599 };
            check_codes("HTTP", codes, (200, most)).map(|()| Some(Codes::Http(codes.clone())))
        }
        (None, Some(codes)) if of.grpc => {
            check_codes("gRPC", codes, (0, 99)).map(|()| Some(Codes::Grpc(codes.clone())))
        }
        _ => Err(error::validation("The health check matcher does not suit the protocol version")),
    }
}

/// Checks codes: `200`, `200,202`, `200-299`.
fn check_codes(what: &str, codes: &str, (least, most): (u16, u16)) -> Result<()> {
    let number = |text: &str| text.parse().ok().filter(|code: &u16| (least..=most).contains(code));
    let is_well = codes.split(',').all(|part| match part.split_once('-') {
        Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
        None => number(part).is_some(),
    });
    if is_well {
        return Ok(());
    }
    let message =
        format!("Health check matcher {what} code '{codes}' must be within '{least}-{most}' inclusive");
    Err(error::validation(message))
}

/// Checks that settings go together.
fn agree(of: Of<'_>, asked: Asked<'_>, check: HealthCheck) -> Result<HealthCheck> {
    if !asks_for_page(&check.protocol) {
        let custom = match (asked.matcher, asked.path) {
            (Some(_), _) => Some("matchers"),
            (_, Some(_)) => Some("paths"),
            _ => None,
        };
        if let Some(what) = custom {
            let message = format!(
                "Custom health check {what} are not supported for health checks for target groups with the {} protocol",
                of.protocol
            );
            return Err(error::configuration(message));
        }
    }
    if check.path.as_ref().is_some_and(|path| !path.starts_with('/')) {
        let message = format!("Health check path '{}' must begin with '/'", check.path.unwrap_or_default());
        return Err(error::validation(message));
    }
    if check.port != "traffic-port" && !check.port.parse().is_ok_and(|port: u16| port > 0) {
        let message =
            format!("Health check port '{}' must be 'traffic-port' or within '1-65535'", check.port);
        return Err(error::validation(message));
    }
    let HealthCheck { interval, timeout, .. } = check;
    let (suits, words) = match of.kind {
        Kind::Application => (timeout < interval, "smaller than"),
        Kind::Network | Kind::Gateway => (timeout <= interval, "smaller than or equal to"),
    };
    if !suits {
        let message = format!("Health check timeout '{timeout}' must be {words} the interval '{interval}'");
        return Err(error::validation(message));
    }
    Ok(check)
}

#[cfg(test)]
mod tests {
    use ironbird_api::elbv2 as api;

    use super::{Asked, Of, settle};
    use crate::load_balancer::record::Kind;
    use crate::target::Failure;
    use crate::target_group::record::{Codes, kind_of};

    fn of(protocol: &str) -> Of<'_> {
        Of { kind: kind_of(protocol), protocol, grpc: false }
    }

    #[test]
    fn defaults_depend_on_the_protocol() {
        let times = |protocol, asked| {
            let check = settle(of(protocol), asked, None).unwrap();
            (check.protocol, check.port, check.interval, check.timeout, check.healthy, check.unhealthy)
        };
        let own = |text: &str| text.to_owned();
        let none = Asked::default();
        assert_eq!(times("HTTPS", none), (own("HTTP"), own("traffic-port"), 30, 5, 5, 2));
        assert_eq!(times("TCP", none), (own("TCP"), own("traffic-port"), 30, 10, 5, 2));
        let by_page = Asked { protocol: Some("HTTP"), ..none };
        assert_eq!(times("TLS", by_page), (own("HTTP"), own("traffic-port"), 30, 6, 5, 2));
        assert_eq!(times("GENEVE", none), (own("TCP"), own("80"), 10, 5, 5, 2));
        assert_eq!(settle(of("TCP"), none, None).unwrap().codes, None);
        let codes = settle(of("UDP"), by_page, None).unwrap().codes;
        assert_eq!(codes, Some(Codes::Http(own("200-399"))));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let message = |protocol, asked| settle(of(protocol), asked, None).unwrap_err().message().to_owned();
        let slow = Asked { interval: Some(5), timeout: Some(5), ..Asked::default() };
        assert_eq!(message("HTTP", slow), "Health check timeout '5' must be smaller than the interval '5'");
        assert!(settle(of("TCP"), slow, None).is_ok());
        let matcher = api::Matcher { http_code: Some("200".to_owned()), grpc_code: None };
        let asked = Asked { matcher: Some(&matcher), ..Asked::default() };
        assert!(message("TCP", asked).starts_with("Custom health check matchers are not supported"));
        for codes in ["99", "200-", "200;201", "299-200", "500"] {
            let matcher = api::Matcher { http_code: Some(codes.to_owned()), grpc_code: None };
            assert!(settle(of("HTTP"), Asked { matcher: Some(&matcher), ..Asked::default() }, None).is_err());
        }
        assert!(
            settle(
                Of { kind: Kind::Application, ..of("HTTP") },
                Asked { protocol: Some("TCP"), ..Asked::default() },
                None
            )
            .is_err()
        );
    }

    #[test]
    fn codes_decide_where_a_page_is_asked_for() {
        let matcher = api::Matcher { http_code: Some("200-299,404".to_owned()), grpc_code: None };
        let check = settle(of("HTTP"), Asked { matcher: Some(&matcher), ..Asked::default() }, None).unwrap();
        let fails = |code| check.fails(Failure::Code(code));
        assert!(!fails(200) && !fails(299) && !fails(404) && fails(300) && fails(503));
        let connection = settle(of("TCP"), Asked::default(), None).unwrap();
        assert!(!connection.fails(Failure::Code(503)) && connection.fails(Failure::Refused));
    }

    #[test]
    fn changes_keep_what_is_not_asked_for() {
        let before = settle(of("HTTP"), Asked { interval: Some(10), ..Asked::default() }, None).unwrap();
        let after =
            settle(of("HTTP"), Asked { timeout: Some(3), ..Asked::default() }, Some(&before)).unwrap();
        assert_eq!((after.interval, after.timeout, after.path.as_deref()), (10, 3, Some("/")));
    }
}
