//! Sharing within an organization, of which there are none yet.

use ironbird_api::ram as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::error;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::EnableSharingWithAwsOrganization>(enable)
}

/// Answers as AWS does where the caller's account belongs to no organization.
fn enable(
    _: &mut Ctx<'_>,
    _: &api::EnableSharingWithAwsOrganizationRequest,
) -> Result<api::EnableSharingWithAwsOrganizationResponse> {
    Err(error::not_permitted(
        "Unable to enable sharing with AWS Organizations. Received AWSOrganizationsNotInUseException from \
         AWSOrganizations with the following error message: Your account is not a member of an organization.",
    ))
}
