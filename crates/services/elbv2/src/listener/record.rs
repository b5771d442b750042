//! What is kept of a listener.

use std::collections::BTreeMap;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{action, attribute, load_balancer};

/// All listeners: (account, Region, load balancer, last part of the ARN).
pub(crate) struct Listeners;

impl Table for Listeners {
    const NAME: &'static str = "elbv2.listeners";
    type Record = Listener;
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Listener {
    pub(crate) id: String,
    pub(crate) arn: String,
    /// Name of the load balancer.
    pub(crate) load_balancer: String,
    /// None of a Gateway Load Balancer, which listens on all ports to all protocols.
    pub(crate) port: Option<i32>,
    pub(crate) protocol: Option<String>,
    pub(crate) certificate: Option<String>,
    pub(crate) ssl_policy: Option<String>,
    pub(crate) alpn_policy: Option<Vec<String>>,
    /// What is done where no rule decides.
    pub(crate) actions: Vec<Value>,
    /// Names of the target groups that these send to.
    pub(crate) groups: Vec<String>,
    /// The last part of the ARN of the rule that stands for the default.
    pub(crate) default_rule: String,
    pub(crate) attributes: attribute::Set,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Listener {
    /// As the API shows it.
    ///
    /// # Errors
    /// When the world is broken.
    pub(crate) fn view(&self, ctx: &Ctx<'_>) -> Result<api::Listener> {
        let certificate =
            |arn: &String| api::Certificate { certificate_arn: Some(arn.clone()), is_default: None };
        let off = api::MutualAuthenticationAttributes { mode: Some("off".to_owned()), ..Default::default() };
        Ok(api::Listener {
            listener_arn: Some(self.arn.clone()),
            load_balancer_arn: load_balancer::named(ctx, &self.load_balancer).map(|it| it.arn.clone()),
            port: self.port,
            protocol: self.protocol.clone(),
            certificates: self.certificate.as_ref().map(|arn| vec![certificate(arn)]),
            ssl_policy: self.ssl_policy.clone(),
            default_actions: Some(action::view(&self.actions)?),
            alpn_policy: self.alpn_policy.clone(),
            mutual_authentication: (self.protocol.as_deref() == Some("HTTPS")).then_some(off),
        })
    }
}
