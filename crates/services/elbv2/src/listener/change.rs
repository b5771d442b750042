//! ModifyListener.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::port::{self, Wanted};
use super::{create, find, save};
use crate::action::{self, Actions, For};
use crate::{arn, error, load_balancer};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::ModifyListener>(modify_listener).records::<api::ModifyListener>(&[
        "Certificates",
        "SslPolicy",
        "AlpnPolicy",
    ])
}

fn modify_listener(ctx: &mut Ctx<'_>, input: &api::ModifyListenerInput) -> Result<api::ModifyListenerOutput> {
    let mut changed = find(ctx, &input.listener_arn)?.clone();
    let user = arn::load_balancer_of(&changed.arn).unwrap_or_default();
    let of = load_balancer::find(ctx, &user)?.clone();
    port::no_mutual(input.mutual_authentication.as_ref())?;
    let protocol = input.protocol.clone().or_else(|| changed.protocol.clone());
    // A protocol without TLS has neither certificate nor policy.
    let keeps = matches!(protocol.as_deref(), Some("HTTPS" | "TLS"));
    let given = port::certificate(input.certificates.as_deref())?;
    let wanted = Wanted {
        port: input.port.or(changed.port),
        protocol,
        certificate: given.or_else(|| changed.certificate.clone().filter(|_| keeps)),
        ssl_policy: input.ssl_policy.clone().or_else(|| changed.ssl_policy.clone().filter(|_| keeps)),
        alpn_policy: input.alpn_policy.clone().or_else(|| changed.alpn_policy.clone().filter(|_| keeps)),
    };
    let wanted = wanted.checked(of.kind)?;
    if super::of(ctx, &of.name).any(|other| other.id != changed.id && other.port == wanted.port) {
        return Err(create::duplicate(&of.arn));
    }
    let actions = match &input.default_actions {
        Some(actions) if actions.is_empty() => {
            return Err(error::validation("At least one action must be specified"));
        }
        Some(actions) => actions.clone(),
        // What it does already must suit its new protocol, too.
        None => action::view(&changed.actions)?,
    };
    let purpose = For { load_balancer: &of, protocol: wanted.protocol.as_deref() };
    let Actions { documents, groups } = action::check(ctx, &purpose, &actions)?;
    changed.actions = documents;
    changed.groups = groups;
    changed.port = wanted.port;
    changed.protocol = wanted.protocol;
    changed.certificate = wanted.certificate;
    changed.ssl_policy = wanted.ssl_policy;
    changed.alpn_policy = wanted.alpn_policy;
    let view = changed.view(ctx)?;
    save(ctx, changed)?;
    Ok(api::ModifyListenerOutput { listeners: Some(vec![view]) })
}
