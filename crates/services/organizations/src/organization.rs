//! The organization itself: made, shown, deleted. It is one for all Regions, and its records are found by its id and by the
//! accounts that are in it, whatever Region a call is made in.

use std::collections::BTreeSet;

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::account::{self, Joined, Member, Members};
use crate::{caller, error, handshake, id, policy, profile, resource_policy, service, tag, tree};

/// All organizations: (id).
pub(crate) struct Organizations;

impl Table for Organizations {
    const NAME: &'static str = "organizations.organizations";
    type Record = Organization;
}

/// One organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Organization {
    /// `o-` and ten letters.
    pub(crate) id: String,
    pub(crate) partition: String,
    pub(crate) management: Account,
    /// Whether it has all features, rather than consolidated billing only.
    pub(crate) all_features: bool,
    /// Id of its root.
    pub(crate) root: String,
    /// Policy types that are enabled in the root.
    pub(crate) policy_types: BTreeSet<String>,
    /// Policy types whose first policy every root, unit and account has: of service control policies from the start, of
    /// resource control policies once they are enabled.
    pub(crate) defaults: BTreeSet<String>,
}

impl Organization {
    /// Key of everything in the organization; scan with it.
    pub(crate) fn prefix(&self) -> Key {
        Key::new().text(&self.id)
    }

    /// Key of one thing in the organization.
    pub(crate) fn key(&self, id: &str) -> Key {
        self.prefix().text(id)
    }

    /// `arn:aws:organizations::{management account}:{kind}/{organization}/{id}`
    pub(crate) fn arn(&self, kind: &str, id: &str) -> String {
        let Self { id: organization, partition, management, .. } = self;
        format!("arn:{partition}:organizations::{management}:{kind}/{organization}/{id}")
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Organizations>()
        .write::<api::CreateOrganization>(create_organization)
        .read::<api::DescribeOrganization>(describe_organization)
        .write::<api::DeleteOrganization>(delete_organization)
}

fn create_organization(
    ctx: &mut Ctx<'_>,
    input: &api::CreateOrganizationRequest,
) -> Result<api::CreateOrganizationResponse> {
    let management = ctx.scope().account;
    if caller::organization_of(ctx, management).is_some() {
        let message = "The provided account is already a member of an organization.";
        return Err(error::client("AlreadyInOrganizationException", message));
    }
    let all_features = input.feature_set.as_deref() != Some("CONSOLIDATED_BILLING");
    let organization = Organization {
        id: format!("o-{}", id::fresh(ctx, "organizations.organization", 10)?),
        partition: ctx.region().partition().to_owned(),
        management,
        all_features,
        root: format!("r-{}", id::fresh(ctx, "organizations.root", 4)?),
        policy_types: BTreeSet::new(),
        defaults: all_features.then(|| policy::SERVICE_CONTROL.to_owned()).into_iter().collect(),
    };
    ctx.put::<Organizations>(Key::new().text(&organization.id), organization.clone())?;
    if all_features {
        policy::begin(ctx, &organization)?;
    }
    policy::target_added(ctx, &organization, &organization.root)?;
    account::join(ctx, &organization, management, Joined::Invited)?;
    Ok(api::CreateOrganizationResponse { organization: Some(view(ctx, &organization)) })
}

fn describe_organization(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<api::DescribeOrganizationResponse> {
    let organization = caller::member(ctx)?;
    Ok(api::DescribeOrganizationResponse { organization: Some(view(ctx, &organization)) })
}

fn delete_organization(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    if ctx.scan::<Members>(&organization.prefix()).nth(1).is_some() {
        let message =
            "To delete an organization you must first remove all member accounts (except the master).";
        return Err(error::client("OrganizationNotEmptyException", message));
    }
    account::depart(ctx, &organization, organization.management)?;
    tree::forget(ctx, &organization)?;
    account::forget_requests(ctx, &organization)?;
    handshake::forget_all(ctx, &organization)?;
    resource_policy::forget(ctx, &organization)?;
    policy::forget_all(ctx, &organization)?;
    service::forget_all(ctx, &organization)?;
    tag::forget_all(ctx, &organization)?;
    ctx.delete::<Organizations>(&Key::new().text(&organization.id))?;
    Ok(Empty {})
}

fn view(ctx: &Ctx<'_>, organization: &Organization) -> api::Organization {
    let management = organization.management.to_string();
    // What the API calls available says no more than whether the organization has all features, whichever types the root has.
    let available = organization.all_features.then(|| api::PolicyTypeSummary {
        r#type: Some("SERVICE_CONTROL_POLICY".to_owned()),
        status: Some("ENABLED".to_owned()),
    });
    api::Organization {
        id: Some(organization.id.clone()),
        arn: Some(format!(
            "arn:{}:organizations::{management}:organization/{}",
            organization.partition, organization.id
        )),
        feature_set: Some(if organization.all_features { "ALL" } else { "CONSOLIDATED_BILLING" }.to_owned()),
        master_account_arn: Some(organization.arn("account", &management)),
        master_account_id: Some(management),
        master_account_email: Some(profile::of(ctx, organization.management).email),
        available_policy_types: Some(available.into_iter().collect()),
    }
}

/// The member of that account.
///
/// # Errors
/// `AccountNotFoundException` where the account is not in the organization.
pub(crate) fn member<'t>(
    ctx: &'t Ctx<'_>,
    organization: &Organization,
    account: Account,
) -> Result<&'t Member> {
    ctx.peek::<Members>(&account::key(organization, account)).ok_or_else(error::no_account)
}
