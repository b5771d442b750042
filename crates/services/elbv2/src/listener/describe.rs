//! DescribeListeners and DescribeListenerCertificates.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::find;
use super::record::Listener;
use crate::{error, load_balancer, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::DescribeListeners>(describe_listeners)
        .read::<api::DescribeListenerCertificates>(describe_listener_certificates)
}

fn describe_listeners(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeListenersInput,
) -> Result<api::DescribeListenersOutput> {
    let window = page::window(input.page_size, input.marker.as_deref())?;
    let arns = input.listener_arns.as_deref().unwrap_or_default();
    let mut found: Vec<&Listener> = match (&input.load_balancer_arn, arns) {
        (None, []) => {
            let message = "You must specify either listener ARNs or a load balancer ARN";
            return Err(error::validation(message));
        }
        (Some(_), [_, ..]) => {
            let message = "Listener ARNs and a load balancer ARN cannot be specified at the same time";
            return Err(error::validation(message));
        }
        (Some(arn), []) => super::of(ctx, &load_balancer::find(ctx, arn)?.name).collect(),
        (None, arns) => arns.iter().map(|arn| listed(ctx, arn)).collect::<Result<_>>()?,
    };
    found.sort_by(|one, other| one.arn.cmp(&other.arn));
    let page = window.list(found.into_iter(), |found| ctx.scope().key(&found.arn));
    let views: Result<Vec<_>> = page.items.iter().map(|listener| listener.view(ctx)).collect();
    Ok(api::DescribeListenersOutput { listeners: Some(views?), next_marker: page.next })
}

fn listed<'t>(ctx: &'t Ctx<'_>, arn: &str) -> Result<&'t Listener> {
    find(ctx, arn).map_err(|refused| match refused.code() {
        "ListenerNotFound" => error::none_of("ListenerNotFound", "listeners"),
        _ => refused,
    })
}

/// A listener has the one certificate that it was given: AddListenerCertificates is refused.
fn describe_listener_certificates(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeListenerCertificatesInput,
) -> Result<api::DescribeListenerCertificatesOutput> {
    page::window(input.page_size, input.marker.as_deref())?;
    let found = find(ctx, &input.listener_arn)?;
    let certificates = found
        .certificate
        .iter()
        .map(|arn| api::Certificate { certificate_arn: Some(arn.clone()), is_default: Some(true) });
    Ok(api::DescribeListenerCertificatesOutput {
        certificates: Some(certificates.collect()),
        next_marker: None,
    })
}
