//! ModifyInstanceMetadataOptions.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{launch_of, own_options};
use crate::error;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::ModifyInstanceMetadataOptions>(modify_instance_metadata_options)
        // The metadata service is asked from outside, over no hops.
        .records::<ec2::ModifyInstanceMetadataOptions>(&["HttpProtocolIpv6", "HttpPutResponseHopLimit"])
}

fn modify_instance_metadata_options(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceMetadataOptionsRequest,
) -> Result<ec2::ModifyInstanceMetadataOptionsResult> {
    let id = &input.instance_id;
    let instance = own_options::alive(ctx, id)?;
    let launch = launch_of(ctx, instance)?;
    let mut options = instance.options(&launch).metadata.clone();
    options.change(&ec2::InstanceMetadataOptionsRequest {
        http_tokens: input.http_tokens.clone(),
        http_put_response_hop_limit: input.http_put_response_hop_limit,
        http_endpoint: input.http_endpoint.clone(),
        http_protocol_ipv6: input.http_protocol_ipv6.clone(),
        instance_metadata_tags: input.instance_metadata_tags.clone(),
    })?;
    error::dry_run(input.dry_run)?;
    let mut shown = options.view();
    // The answer is given before the options are applied.
    shown.state = Some("pending".to_owned());
    own_options::change(ctx, id, |own| own.metadata = options)?;
    Ok(ec2::ModifyInstanceMetadataOptionsResult {
        instance_id: Some(id.clone()),
        instance_metadata_options: Some(shown),
    })
}
