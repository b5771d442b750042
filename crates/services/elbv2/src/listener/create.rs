//! CreateListener.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::port::{self, Wanted};
use super::record::Listener;
use super::save;
use crate::action::{self, For};
use crate::{arn, limits, load_balancer, tag};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateListener>(create_listener)
        // Nobody connects: certificates and policies of TLS are kept.
        .records::<api::CreateListener>(&["Certificates", "SslPolicy", "AlpnPolicy"])
}

fn create_listener(ctx: &mut Ctx<'_>, input: &api::CreateListenerInput) -> Result<api::CreateListenerOutput> {
    let of = load_balancer::find(ctx, &input.load_balancer_arn)?.clone();
    port::no_mutual(input.mutual_authentication.as_ref())?;
    let wanted = Wanted {
        port: input.port,
        protocol: input.protocol.clone(),
        certificate: port::certificate(input.certificates.as_deref())?,
        ssl_policy: input.ssl_policy.clone(),
        alpn_policy: input.alpn_policy.clone(),
    };
    let Wanted { port, protocol, certificate, ssl_policy, alpn_policy } = wanted.checked(of.kind)?;
    let purpose = For { load_balancer: &of, protocol: protocol.as_deref() };
    let actions = action::check(ctx, &purpose, &input.default_actions)?;
    let tags = tag::read(input.tags.as_deref())?;
    let mut made = Listener {
        id: String::new(),
        arn: String::new(),
        load_balancer: of.name.clone(),
        port,
        protocol,
        certificate,
        ssl_policy,
        alpn_policy,
        actions: actions.documents,
        groups: actions.groups,
        default_rule: String::new(),
        attributes: Default::default(),
        tags,
    };
    if let Some(same) = super::of(ctx, &of.name).find(|other| other.port == port) {
        made.id.clone_from(&same.id);
        made.arn.clone_from(&same.arn);
        made.default_rule.clone_from(&same.default_rule);
        made.attributes.clone_from(&same.attributes);
        if made != *same {
            return Err(duplicate(&of.arn));
        }
        return Ok(api::CreateListenerOutput { listeners: Some(vec![same.view(ctx)?]) });
    }
    if super::of(ctx, &of.name).count() >= limits::LISTENERS {
        let message = format!("The maximum number of listeners has been reached: {}", limits::LISTENERS);
        return Err(Error::client("TooManyListeners", message));
    }
    made.id = arn::fresh_suffix(ctx)?;
    made.default_rule = arn::fresh_suffix(ctx)?;
    made.arn = arn::of(ctx, arn::What::Listener, &format!("{}/{}", of.path(), made.id));
    let view = made.view(ctx)?;
    save(ctx, made)?;
    Ok(api::CreateListenerOutput { listeners: Some(vec![view]) })
}

/// Another listener has the port already.
pub(super) fn duplicate(load_balancer: &str) -> Error {
    let message = format!("A listener already exists on this port for this load balancer '{load_balancer}'");
    Error::client("DuplicateListener", message)
}
