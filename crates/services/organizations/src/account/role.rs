//! Roles that Organizations makes in accounts: its service-linked role, and the role through which the management account gets
//! into an account that was made.

use ironbird_api::iam;
use ironbird_rig::{Account, Ctx, Result, Scope};
use serde_json::json;

use crate::organization::Organization;

/// The service as IAM sees it.
const PRINCIPAL: &str = "organizations.amazonaws.com";

/// What the role is called unless asked otherwise (API reference, `RoleName`).
pub(super) const USUAL: &str = "OrganizationAccountAccessRole";

/// Makes the service-linked role of Organizations in an account, if it has none yet.
///
/// # Errors
/// Those of IAM.
pub(super) fn link(ctx: &mut Ctx<'_>, account: Account) -> Result<()> {
    ctx.within(place(ctx, account), |ctx| {
        let name = iam::GetRoleRequest { role_name: "AWSServiceRoleForOrganizations".to_owned() };
        if ctx.call::<iam::GetRole>(PRINCIPAL, &name).is_ok() {
            return Ok(());
        }
        let role = iam::CreateServiceLinkedRoleRequest {
            aws_service_name: PRINCIPAL.to_owned(),
            description: Some("Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations.".to_owned()),
            ..Default::default()
        };
        ctx.call::<iam::CreateServiceLinkedRole>(PRINCIPAL, &role).map(drop)
    })
}

/// Makes the role that users of the management account assume to get into an account: it trusts that account, and may do
/// everything.
///
/// # Errors
/// Those of IAM.
pub(super) fn open(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    account: Account,
    name: &str,
) -> Result<()> {
    let Organization { partition, management, .. } = organization;
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{partition}:iam::{management}:root") },
            "Action": "sts:AssumeRole",
        }],
    });
    let role = iam::CreateRoleRequest {
        role_name: name.to_owned(),
        assume_role_policy_document: trust.to_string(),
        ..Default::default()
    };
    let policy = iam::AttachRolePolicyRequest {
        role_name: name.to_owned(),
        policy_arn: format!("arn:{partition}:iam::aws:policy/AdministratorAccess"),
    };
    ctx.within(place(ctx, account), |ctx| {
        ctx.call::<iam::CreateRole>(PRINCIPAL, &role)?;
        ctx.call::<iam::AttachRolePolicy>(PRINCIPAL, &policy).map(drop)
    })
}

fn place(ctx: &Ctx<'_>, account: Account) -> Scope {
    Scope { account, region: ctx.region() }
}
