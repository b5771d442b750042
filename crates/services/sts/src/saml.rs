//! AssumeRoleWithSAML. No provider is known here, and whoever asks is told what AWS tells an account without any.

use ironbird_api::sts as api;
use ironbird_rig::{Ctx, Result};

use crate::error;

pub fn assume_role_with_saml(
    _ctx: &mut Ctx<'_>,
    _input: &api::AssumeRoleWithSAMLRequest,
) -> Result<api::AssumeRoleWithSAMLResponse> {
    Err(error::invalid_identity_token("Specified provider doesn't exist"))
}
