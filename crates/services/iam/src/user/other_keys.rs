//! What else users can have on AWS: SSH keys and certificates. None can be given to a user
//! here, which these lists say, so that tools that take everything from a user before they delete it find nothing to take.

use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::User;
use crate::named;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::ListSSHPublicKeys>(list_ssh_public_keys)
        .read::<api::ListSigningCertificates>(list_signing_certificates)
        .read::<api::ListServerCertificates>(list_server_certificates)
}

/// The user must be there, where one is named.
fn check(ctx: &Ctx<'_>, user: Option<&String>) -> Result<Option<bool>> {
    if let Some(name) = user {
        named::find::<User>(ctx, name)?;
    }
    Ok(Some(false))
}

fn list_ssh_public_keys(
    ctx: &mut Ctx<'_>,
    input: &api::ListSSHPublicKeysRequest,
) -> Result<api::ListSSHPublicKeysResponse> {
    let is_truncated = check(ctx, input.user_name.as_ref())?;
    Ok(api::ListSSHPublicKeysResponse { ssh_public_keys: Some(Vec::new()), is_truncated, marker: None })
}

fn list_signing_certificates(
    ctx: &mut Ctx<'_>,
    input: &api::ListSigningCertificatesRequest,
) -> Result<api::ListSigningCertificatesResponse> {
    let is_truncated = check(ctx, input.user_name.as_ref())?;
    Ok(api::ListSigningCertificatesResponse { certificates: Vec::new(), is_truncated, marker: None })
}

fn list_server_certificates(
    ctx: &mut Ctx<'_>,
    _input: &api::ListServerCertificatesRequest,
) -> Result<api::ListServerCertificatesResponse> {
    let is_truncated = check(ctx, None)?;
    Ok(api::ListServerCertificatesResponse {
        server_certificate_metadata_list: Vec::new(),
        is_truncated,
        marker: None,
    })
}
