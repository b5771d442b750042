//! Attributes of listeners. Source: "ListenerAttribute" in the API reference.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::Listener;
use super::{find, save};
use crate::attribute::{self, Attribute, Takes, kept};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::DescribeListenerAttributes>(describe_listener_attributes)
        .write::<api::ModifyListenerAttributes>(modify_listener_attributes)
}

const CONNECTIONS: &[Attribute] = &[kept("tcp.idle_timeout.seconds", "350", Takes::Number(60, 6000))];

macro_rules! headers {
    ($($key:literal)*) => { &[
        kept("routing.http.response.server.enabled", "true", Takes::Flag),
        $(kept($key, "", Takes::Text),)*
    ] };
}

const HTTP: &[Attribute] = headers! {
    "routing.http.response.strict_transport_security.header_value"
    "routing.http.response.access_control_allow_origin.header_value"
    "routing.http.response.access_control_allow_methods.header_value"
    "routing.http.response.access_control_allow_headers.header_value"
    "routing.http.response.access_control_allow_credentials.header_value"
    "routing.http.response.access_control_expose_headers.header_value"
    "routing.http.response.access_control_max_age.header_value"
    "routing.http.response.content_security_policy.header_value"
    "routing.http.response.x_content_type_options.header_value"
    "routing.http.response.x_frame_options.header_value"
};

const HTTPS: &[Attribute] = headers! {
    "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name"
    "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name"
    "routing.http.request.x_amzn_mtls_clientcert_subject.header_name"
    "routing.http.request.x_amzn_mtls_clientcert_validity.header_name"
    "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name"
    "routing.http.request.x_amzn_mtls_clientcert.header_name"
    "routing.http.request.x_amzn_tls_version.header_name"
    "routing.http.request.x_amzn_tls_cipher_suite.header_name"
    "routing.http.response.strict_transport_security.header_value"
    "routing.http.response.access_control_allow_origin.header_value"
    "routing.http.response.access_control_allow_methods.header_value"
    "routing.http.response.access_control_allow_headers.header_value"
    "routing.http.response.access_control_allow_credentials.header_value"
    "routing.http.response.access_control_expose_headers.header_value"
    "routing.http.response.access_control_max_age.header_value"
    "routing.http.response.content_security_policy.header_value"
    "routing.http.response.x_content_type_options.header_value"
    "routing.http.response.x_frame_options.header_value"
};

/// Attributes of listeners of a protocol; none of a Gateway Load Balancer's.
fn of(protocol: Option<&str>) -> &'static [Attribute] {
    match protocol {
        Some("HTTP") => HTTP,
        Some("HTTPS") => HTTPS,
        None | Some("TCP") => CONNECTIONS,
        Some(_) => &[],
    }
}

fn view(listener: &Listener) -> Vec<api::ListenerAttribute> {
    let all = attribute::all(of(listener.protocol.as_deref()), &listener.attributes);
    all.map(|(key, value)| api::ListenerAttribute { key: Some(key), value: Some(value) }).collect()
}

fn describe_listener_attributes(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeListenerAttributesInput,
) -> Result<api::DescribeListenerAttributesOutput> {
    let attributes = view(find(ctx, &input.listener_arn)?);
    Ok(api::DescribeListenerAttributesOutput { attributes: Some(attributes) })
}

fn modify_listener_attributes(
    ctx: &mut Ctx<'_>,
    input: &api::ModifyListenerAttributesInput,
) -> Result<api::ModifyListenerAttributesOutput> {
    let mut changed = find(ctx, &input.listener_arn)?.clone();
    let given = input.attributes.iter().map(|given| (given.key.as_deref(), given.value.as_deref()));
    let known = of(changed.protocol.as_deref());
    attribute::set(ctx, ("ModifyListenerAttributes", "Listener"), known, &mut changed.attributes, given)?;
    let attributes = view(&changed);
    save(ctx, changed)?;
    Ok(api::ModifyListenerAttributesOutput { attributes: Some(attributes) })
}
