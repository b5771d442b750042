//! On what a listener listens: protocol, port, and what TLS needs.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result};

use crate::error;
use crate::load_balancer::record::Kind;

/// The policy of a listener that was made without one. Source: "Security policies" in the user guide.
const POLICY: &str = "ELBSecurityPolicy-2016-08";

/// On what a listener is to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) port: Option<i32>,
    pub(super) protocol: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) ssl_policy: Option<String>,
    pub(super) alpn_policy: Option<Vec<String>>,
}

impl Wanted {
    /// Checks it for a load balancer of a kind, and fills in what holds by default.
    ///
    /// # Errors
    /// `ValidationError`, and a refusal of what is not modeled.
    pub(super) fn checked(mut self, kind: Kind) -> Result<Self> {
        let protocols: &[&str] = match kind {
            Kind::Application => &["HTTP", "HTTPS"],
            Kind::Network => &["TCP", "TLS", "UDP", "TCP_UDP"],
            Kind::Gateway => {
                let what = match (&self.port, &self.protocol) {
                    (Some(_), _) => "port",
                    (_, Some(_)) => "protocol",
                    _ => return Ok(self),
                };
                return Err(error::validation(format!("A {what} cannot be specified for gateway listeners")));
            }
        };
        if self.port.is_none() {
            return Err(error::validation("A listener port must be specified"));
        }
        let protocol = self.protocol.as_deref();
        let protocol = protocol.ok_or_else(|| error::validation("A listener protocol must be specified"))?;
        if protocol.contains("QUIC") {
            return Err(Ctx::unsupported(&format!("Protocol={protocol}"), "QUIC is not modeled"));
        }
        if !protocols.contains(&protocol) {
            let message = format!("Listener protocol '{protocol}' must be one of '{}'", protocols.join(", "));
            return Err(error::validation(message));
        }
        if !matches!(protocol, "HTTPS" | "TLS") {
            let what = match (&self.ssl_policy, &self.certificate) {
                (Some(_), _) => "An SSL policy",
                (_, Some(_)) => "A certificate",
                _ => return Ok(self),
            };
            return Err(error::validation(format!("{what} cannot be specified for {protocol} listeners")));
        }
        if self.certificate.is_none() {
            return Err(error::validation("A certificate must be specified for HTTPS listeners"));
        }
        self.ssl_policy.get_or_insert_with(|| POLICY.to_owned());
        Ok(self)
    }
}

/// The one certificate that a request gives.
///
/// # Errors
/// `ValidationError` for more than one.
pub(super) fn certificate(given: Option<&[api::Certificate]>) -> Result<Option<String>> {
    match given.unwrap_or_default() {
        [] => Ok(None),
        [one] => Ok(one.certificate_arn.clone()),
        _ => Err(error::validation("You must specify exactly one certificate as the default of a listener")),
    }
}

/// Whether a request asks for nothing of clients' certificates: all that there is here.
///
/// # Errors
/// A refusal of anything else.
pub(super) fn no_mutual(given: Option<&api::MutualAuthenticationAttributes>) -> Result<()> {
    match given.and_then(|given| given.mode.as_deref()) {
        None | Some("off") => Ok(()),
        Some(mode) => {
            Err(Ctx::unsupported(&format!("MutualAuthentication.Mode={mode}"), "there are no trust stores"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;
    use crate::load_balancer::record::Kind;

    fn wanted(port: i32, protocol: &str) -> Wanted {
        Wanted {
            port: Some(port),
            protocol: Some(protocol.to_owned()),
            certificate: None,
            ssl_policy: None,
            alpn_policy: None,
        }
    }

    #[test]
    fn each_kind_has_its_protocols() {
        assert!(wanted(80, "HTTP").checked(Kind::Application).is_ok());
        let refused = wanted(80, "TCP").checked(Kind::Application).unwrap_err();
        assert_eq!(refused.message(), "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'");
        assert!(wanted(80, "TCP").checked(Kind::Network).is_ok());
        let refused = wanted(80, "TCP").checked(Kind::Gateway).unwrap_err();
        assert_eq!(refused.message(), "A port cannot be specified for gateway listeners");
    }

    #[test]
    fn tls_wants_a_certificate_and_has_a_policy() {
        assert!(wanted(443, "HTTPS").checked(Kind::Application).is_err());
        let secure = Wanted { certificate: Some("arn".to_owned()), ..wanted(443, "TLS") };
        let checked = secure.checked(Kind::Network).unwrap();
        assert_eq!(checked.ssl_policy.as_deref(), Some("ELBSecurityPolicy-2016-08"));
        let plain = Wanted { ssl_policy: checked.ssl_policy, ..wanted(80, "TCP") };
        let refused = plain.checked(Kind::Network).unwrap_err();
        assert_eq!(refused.message(), "An SSL policy cannot be specified for TCP listeners");
    }
}
