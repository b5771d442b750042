//! Which services this binary has.

use ironbird_rig::ServiceDef;

/// All services, for a world.
pub fn services() -> Vec<ServiceDef> {
    vec![
        ironbird_autoscaling::service(),
        ironbird_ce::service(),
        ironbird_cloudtrail::service(),
        ironbird_cloudwatch::service(),
        ironbird_ec2::service(),
        ironbird_elbv2::service(),
        ironbird_fis::service(),
        ironbird_iam_service::service(),
        ironbird_organizations::service(),
        ironbird_identitystore::service(),
        ironbird_pricing::service(),
        ironbird_ram::service(),
        ironbird_resource_groups::service(),
        ironbird_sso::service(),
        ironbird_sso_admin::service(),
        ironbird_sso_oidc::service(),
        ironbird_ssm::service(),
        ironbird_sts::service(),
    ]
}
