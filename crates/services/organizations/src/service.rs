//! Services that work with organizations: which there are, and which of them an organization trusts.

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table, Timestamp};

use crate::organization::Organization;
use crate::{caller, delegation, error, page};

/// Services with trusted access: (organization, principal) → since when.
struct Trusted;

impl Table for Trusted {
    const NAME: &'static str = "organizations.trusted-services";
    type Record = (String, Timestamp);
}

/// A service that works with organizations.
pub(crate) struct Service {
    /// As policies name it.
    principal: &'static str,
    /// Accounts that may administer it at a time; none where only the management account does.
    pub(crate) administrators: usize,
}

const fn central(principal: &'static str) -> Service {
    Service { principal, administrators: 0 }
}

const fn delegated(principal: &'static str) -> Service {
    Service { principal, administrators: usize::MAX }
}

/// Source: "AWS services that you can use with AWS Organizations" in the Organizations user guide, and what the guides of
/// Identity Center (one) and CloudTrail (three) say of the number of administrators.
static SERVICES: [Service; 51] = [
    delegated("access-analyzer.amazonaws.com"),
    delegated("account.amazonaws.com"),
    delegated("auditmanager.amazonaws.com"),
    central("aws-artifact-account-sync.amazonaws.com"),
    delegated("backup.amazonaws.com"),
    Service { principal: "cloudtrail.amazonaws.com", administrators: 3 },
    delegated("compute-optimizer.amazonaws.com"),
    delegated("config-multiaccountsetup.amazonaws.com"),
    delegated("config.amazonaws.com"),
    central("controltower.amazonaws.com"),
    delegated("cost-optimization-hub.bcm.amazonaws.com"),
    central("declarative-policies-ec2.amazonaws.com"),
    delegated("detective.amazonaws.com"),
    delegated("devops-guru.amazonaws.com"),
    central("ds.amazonaws.com"),
    delegated("fms.amazonaws.com"),
    delegated("guardduty.amazonaws.com"),
    delegated("health.amazonaws.com"),
    delegated("iam.amazonaws.com"),
    delegated("inspector2.amazonaws.com"),
    delegated("ipam.amazonaws.com"),
    central("license-management.marketplace.amazonaws.com"),
    delegated("license-manager-linux-subscriptions.amazonaws.com"),
    delegated("license-manager.amazonaws.com"),
    delegated("license-manager.member-account.amazonaws.com"),
    delegated("macie.amazonaws.com"),
    central("malware-protection.guardduty.amazonaws.com"),
    delegated("member.org.stacksets.cloudformation.amazonaws.com"),
    delegated("mgn.amazonaws.com"),
    delegated("networkmanager.amazonaws.com"),
    delegated("notifications.amazonaws.com"),
    delegated("observabilityadmin.amazonaws.com"),
    delegated("opsdatasync.ssm.amazonaws.com"),
    delegated("private-marketplace.marketplace.amazonaws.com"),
    central("ram.amazonaws.com"),
    delegated("reachabilityanalyzer.networkinsights.amazonaws.com"),
    delegated("reporting.trustedadvisor.amazonaws.com"),
    delegated("resource-explorer-2.amazonaws.com"),
    central("securitylake.amazonaws.com"),
    delegated("securityhub.amazonaws.com"),
    central("securityhubv2.amazonaws.com"),
    delegated("servicecatalog.amazonaws.com"),
    central("servicequotas.amazonaws.com"),
    delegated("ssm-quicksetup.amazonaws.com"),
    delegated("ssm.amazonaws.com"),
    Service { principal: "sso.amazonaws.com", administrators: 1 },
    delegated("stacksets.cloudformation.amazonaws.com"),
    delegated("storage-lens.s3.amazonaws.com"),
    central("tagpolicies.tag.amazonaws.com"),
    delegated("user-subscriptions.license-manager.amazonaws.com"),
    central("wellarchitected.amazonaws.com"),
];

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Trusted>()
        .write::<api::EnableAWSServiceAccess>(enable_access)
        .write::<api::DisableAWSServiceAccess>(disable_access)
        .read::<api::ListAWSServiceAccessForOrganization>(list_access)
}

/// The service of that principal.
///
/// # Errors
/// `InvalidInputException` where none that works with organizations has it.
pub(crate) fn named(principal: &str) -> Result<&'static Service> {
    SERVICES.iter().find(|service| service.principal == principal).ok_or_else(|| {
        error::invalid_input(
            "UNRECOGNIZED_SERVICE_PRINCIPAL",
            "You specified an unrecognized service principal.",
        )
    })
}

/// Whether the organization trusts the service.
pub(crate) fn is_trusted(ctx: &Ctx<'_>, organization: &Organization, principal: &str) -> bool {
    ctx.peek::<Trusted>(&organization.key(principal)).is_some()
}

/// Forgets whom an organization that is deleted trusted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    let keys: Vec<Key> = ctx.scan::<Trusted>(&organization.prefix()).map(|(key, _)| key.clone()).collect();
    for key in keys {
        ctx.delete::<Trusted>(&key)?;
    }
    Ok(())
}

/// Checks that the organization has all features, which trust and delegation want.
///
/// # Errors
/// `ConstraintViolationException` where it has consolidated billing only.
pub(crate) fn check_features(organization: &Organization) -> Result<()> {
    if organization.all_features {
        return Ok(());
    }
    let message = "This operation requires an organization with all features enabled.";
    Err(error::constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", message))
}

fn enable_access(ctx: &mut Ctx<'_>, input: &api::EnableAWSServiceAccessRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    check_features(&organization)?;
    let principal = named(&input.service_principal)?.principal;
    if !is_trusted(ctx, &organization, principal) {
        let since = ctx.now();
        ctx.put::<Trusted>(organization.key(principal), (principal.to_owned(), since))?;
    }
    Ok(Empty {})
}

fn disable_access(ctx: &mut Ctx<'_>, input: &api::DisableAWSServiceAccessRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let principal = named(&input.service_principal)?.principal;
    ctx.delete::<Trusted>(&organization.key(principal))?;
    delegation::forget_service(ctx, &organization, principal)?;
    Ok(Empty {})
}

fn list_access(
    ctx: &mut Ctx<'_>,
    input: &api::ListAWSServiceAccessForOrganizationRequest,
) -> Result<api::ListAWSServiceAccessForOrganizationResponse> {
    let organization = caller::reader(ctx)?;
    check_features(&organization)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Trusted, _>(ctx, &organization.prefix(), |(principal, since)| {
        Some(api::EnabledServicePrincipal {
            service_principal: Some(principal.clone()),
            date_enabled: Some(*since),
        })
    });
    Ok(api::ListAWSServiceAccessForOrganizationResponse {
        enabled_service_principals: Some(page.items),
        next_token: page.next,
    })
}

#[cfg(test)]
mod tests {
    use super::SERVICES;

    #[test]
    fn services_are_named_once() {
        let mut names: Vec<&str> = SERVICES.iter().map(|service| service.principal).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| name.ends_with(".amazonaws.com")));
    }
}
