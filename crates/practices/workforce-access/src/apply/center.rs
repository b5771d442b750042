//! An organization's Identity Center as a plan needs it: what things are there, and by which ids they are called.

use std::collections::BTreeMap;

use ironbird_api::identitystore as people;
use ironbird_api::{organizations, sso_admin};
use ironbird_client::CallError;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::{Cloud, read};

use super::item::{Fields, Item, field, plain};
use crate::CENTER;

/// An instance, its identity store, and the permission sets by name.
pub struct Center {
    /// ARN of the instance.
    pub instance: String,
    /// Id of its identity store.
    pub store: String,
    /// ARNs of permission sets by name.
    pub sets: BTreeMap<String, String>,
}

/// None where there is no such thing.
pub fn if_there<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(error),
    }
}

impl Center {
    /// Finds the organization's instance, and its permission sets.
    ///
    /// # Errors
    /// Where there is none in this Region, or it cannot be read.
    pub async fn find<C: Cloud>(cloud: &C) -> Result<Self, ApplyError> {
        let organization = cloud.call::<organizations::DescribeOrganization>(&Default::default()).await;
        let organization =
            organization.map_err(ApplyError::call("cannot read the organization"))?.organization;
        let management = organization.and_then(|it| it.master_account_id);
        let doing = ApplyError::call("cannot look for Identity Center");
        let instances = read::identity::instances(cloud, Default::default()).await.map_err(doing)?;
        let found = instances.into_iter().find(|it| it.owner_account_id == management);
        let Some((instance, store)) = found.and_then(|it| Some((it.instance_arn?, it.identity_store_id?)))
        else {
            let place = cloud.region();
            return Err(ApplyError::Input(format!(
                "no Identity Center of an organization is seen from this account in {place}: enable it, or give its Region and \
                 the profile of the management account or a delegated administrator"
            )));
        };
        let mut center = Self { instance, store, sets: BTreeMap::new() };
        center.read_sets(cloud).await.map_err(ApplyError::call("cannot read the permission sets"))?;
        Ok(center)
    }

    /// Permission sets have names only in their descriptions.
    async fn read_sets<C: Cloud>(&mut self, cloud: &C) -> Result<(), CallError> {
        let input = sso_admin::ListPermissionSetsRequest {
            instance_arn: self.instance.clone(),
            ..Default::default()
        };
        for arn in read::identity::permission_sets(cloud, input).await? {
            if let Some(name) = self.describe(cloud, &arn).await?.and_then(|set| set.name) {
                self.sets.insert(name, arn);
            }
        }
        Ok(())
    }

    async fn describe<C: Cloud>(
        &self,
        cloud: &C,
        arn: &str,
    ) -> Result<Option<sso_admin::PermissionSet>, CallError> {
        let input = sso_admin::DescribePermissionSetRequest {
            instance_arn: self.instance.clone(),
            permission_set_arn: arn.to_owned(),
        };
        let found = if_there(cloud.call::<sso_admin::DescribePermissionSet>(&input).await)?;
        Ok(found.and_then(|answer| answer.permission_set))
    }

    /// Id of a user, by name.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn user<C: Cloud>(&self, cloud: &C, name: &str) -> Result<Option<String>, CallError> {
        let input = people::GetUserIdRequest {
            identity_store_id: self.store.clone(),
            alternate_identifier: unique("userName", name),
        };
        Ok(if_there(cloud.call::<people::GetUserId>(&input).await)?.map(|found| found.user_id))
    }

    /// Id of a group, by name.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn group<C: Cloud>(&self, cloud: &C, name: &str) -> Result<Option<String>, CallError> {
        let input = people::GetGroupIdRequest {
            identity_store_id: self.store.clone(),
            alternate_identifier: unique("displayName", name),
        };
        Ok(if_there(cloud.call::<people::GetGroupId>(&input).await)?.map(|found| found.group_id))
    }

    /// Id of a membership, where the user is in the group.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn membership<C: Cloud>(
        &self,
        cloud: &C,
        group: &str,
        user: &str,
    ) -> Result<Option<String>, CallError> {
        let (Some(group_id), Some(user_id)) =
            (self.group(cloud, group).await?, self.user(cloud, user).await?)
        else {
            return Ok(None);
        };
        let input = people::GetGroupMembershipIdRequest {
            identity_store_id: self.store.clone(),
            group_id,
            member_id: people::MemberId { user_id: Some(user_id) },
        };
        Ok(if_there(cloud.call::<people::GetGroupMembershipId>(&input).await)?
            .map(|found| found.membership_id))
    }

    /// Id of whoever is assigned something.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn principal<C: Cloud>(
        &self,
        cloud: &C,
        kind: &str,
        name: &str,
    ) -> Result<Option<String>, CallError> {
        if kind == "USER" { self.user(cloud, name).await } else { self.group(cloud, name).await }
    }

    /// How a thing is; none where it is not there.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn read<C: Cloud>(&self, cloud: &C, item: &Item) -> Result<Option<Fields>, CallError> {
        let there = |is: bool| is.then(Fields::new);
        match item {
            Item::User { name } => self.read_user(cloud, name).await,
            Item::Group { name } => self.read_group(cloud, name).await,
            Item::Member { group, user } => Ok(there(self.membership(cloud, group, user).await?.is_some())),
            Item::Set { name } => {
                let Some(arn) = self.sets.get(name) else { return Ok(None) };
                Ok(self.describe(cloud, arn).await?.map(fields_of_set))
            }
            Item::Managed { set, policy } => Ok(there(self.managed(cloud, set).await?.contains(policy))),
            Item::Customer { set, policy } => Ok(there(self.customer(cloud, set).await?.contains(policy))),
            Item::Inline { set } => Ok(self.inline(cloud, set).await?.map(|policy| field("policy", policy))),
            Item::Boundary { set } => {
                Ok(self.boundary(cloud, set).await?.map(|policy| field("policy", policy)))
            }
            Item::Assignment { set, account, principal, name } => {
                let Some(id) = self.principal(cloud, principal, name).await? else { return Ok(None) };
                Ok(there(self.is_assigned(cloud, set, account, &id).await?))
            }
            Item::Delegation { account } => {
                let found = delegated(cloud).await?;
                Ok(there(found.contains(account)))
            }
        }
    }

    async fn read_user<C: Cloud>(&self, cloud: &C, name: &str) -> Result<Option<Fields>, CallError> {
        let Some(user_id) = self.user(cloud, name).await? else { return Ok(None) };
        let input =
            people::DescribeUserRequest { identity_store_id: self.store.clone(), user_id, extensions: None };
        let user = cloud.call::<people::DescribeUser>(&input).await?;
        let names = user.name.unwrap_or_default();
        let mails = user.emails.unwrap_or_default();
        let primary = mails.iter().find(|mail| mail.primary == Some(true)).or(mails.first());
        let primary = primary.cloned().unwrap_or_default();
        let values = [
            ("given_name", names.given_name),
            ("family_name", names.family_name),
            ("display_name", user.display_name),
            ("email", primary.value),
        ];
        let written = |(name, value): (&str, Option<String>)| (name.to_owned(), value.unwrap_or_default());
        let mut fields: Fields = values.into_iter().map(written).collect();
        // Kept as it is where the address changes.
        fields.extend(primary.r#type.map(|kind| ("email_type".to_owned(), kind)));
        Ok(Some(fields))
    }

    async fn read_group<C: Cloud>(&self, cloud: &C, name: &str) -> Result<Option<Fields>, CallError> {
        let Some(group_id) = self.group(cloud, name).await? else { return Ok(None) };
        let input = people::DescribeGroupRequest { identity_store_id: self.store.clone(), group_id };
        let group = cloud.call::<people::DescribeGroup>(&input).await?;
        Ok(Some(field("description", group.description.unwrap_or_default())))
    }

    /// Names of the users in a group; nobody where it is not there.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn members<C: Cloud>(&self, cloud: &C, group: &str) -> Result<Vec<String>, CallError> {
        let Some(group_id) = self.group(cloud, group).await? else { return Ok(Vec::new()) };
        let input = people::ListGroupMembershipsRequest {
            identity_store_id: self.store.clone(),
            group_id,
            ..Default::default()
        };
        let mut names = Vec::new();
        for membership in read::identity::memberships(cloud, input).await? {
            let Some(user_id) = membership.member_id.and_then(|member| member.user_id) else { continue };
            let input = people::DescribeUserRequest {
                identity_store_id: self.store.clone(),
                user_id,
                extensions: None,
            };
            let user = if_there(cloud.call::<people::DescribeUser>(&input).await)?;
            names.extend(user.and_then(|user| user.user_name));
        }
        Ok(names)
    }

    /// ARNs of the AWS managed policies of a permission set; none where it is not there.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn managed<C: Cloud>(&self, cloud: &C, set: &str) -> Result<Vec<String>, CallError> {
        let Some(arn) = self.sets.get(set) else { return Ok(Vec::new()) };
        let input = sso_admin::ListManagedPoliciesInPermissionSetRequest {
            instance_arn: self.instance.clone(),
            permission_set_arn: arn.clone(),
            ..Default::default()
        };
        let found = read::identity::managed_policies(cloud, input).await?;
        Ok(found.into_iter().filter_map(|policy| policy.arn).collect())
    }

    /// The customer managed policies of a permission set, path and name; none where it is not there.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn customer<C: Cloud>(&self, cloud: &C, set: &str) -> Result<Vec<String>, CallError> {
        let Some(arn) = self.sets.get(set) else { return Ok(Vec::new()) };
        let input = sso_admin::ListCustomerManagedPolicyReferencesInPermissionSetRequest {
            instance_arn: self.instance.clone(),
            permission_set_arn: arn.clone(),
            ..Default::default()
        };
        let found = read::identity::customer_policies(cloud, input).await?;
        Ok(found.iter().map(named).collect())
    }

    async fn inline<C: Cloud>(&self, cloud: &C, set: &str) -> Result<Option<String>, CallError> {
        let Some(arn) = self.sets.get(set) else { return Ok(None) };
        let input = sso_admin::GetInlinePolicyForPermissionSetRequest {
            instance_arn: self.instance.clone(),
            permission_set_arn: arn.clone(),
        };
        let found = cloud.call::<sso_admin::GetInlinePolicyForPermissionSet>(&input).await?;
        Ok(found.inline_policy.filter(|policy| !policy.is_empty()).map(|policy| plain(&policy)))
    }

    async fn boundary<C: Cloud>(&self, cloud: &C, set: &str) -> Result<Option<String>, CallError> {
        let Some(arn) = self.sets.get(set) else { return Ok(None) };
        let input = sso_admin::GetPermissionsBoundaryForPermissionSetRequest {
            instance_arn: self.instance.clone(),
            permission_set_arn: arn.clone(),
        };
        let found = if_there(cloud.call::<sso_admin::GetPermissionsBoundaryForPermissionSet>(&input).await)?;
        let Some(boundary) = found.and_then(|answer| answer.permissions_boundary) else { return Ok(None) };
        let customer = boundary.customer_managed_policy_reference.as_ref().map(named);
        Ok(boundary.managed_policy_arn.or(customer))
    }

    async fn is_assigned<C: Cloud>(
        &self,
        cloud: &C,
        set: &str,
        account: &str,
        principal: &str,
    ) -> Result<bool, CallError> {
        let Some(arn) = self.sets.get(set) else { return Ok(false) };
        let input = sso_admin::ListAccountAssignmentsRequest {
            instance_arn: self.instance.clone(),
            account_id: account.to_owned(),
            permission_set_arn: arn.clone(),
            ..Default::default()
        };
        let found = read::identity::assignments(cloud, input).await?;
        Ok(found.iter().any(|it| it.principal_id.as_deref() == Some(principal)))
    }

    /// The accounts whose role of a permission set is not as the set is now.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn outdated<C: Cloud>(&self, cloud: &C, set: &str) -> Result<Vec<String>, CallError> {
        let Some(arn) = self.sets.get(set) else { return Ok(Vec::new()) };
        let input = sso_admin::ListAccountsForProvisionedPermissionSetRequest {
            instance_arn: self.instance.clone(),
            permission_set_arn: arn.clone(),
            provisioning_status: Some("LATEST_PERMISSION_SET_NOT_PROVISIONED".to_owned()),
            ..Default::default()
        };
        read::identity::provisioned_accounts(cloud, input).await
    }
}

/// The accounts that administer Identity Center for the organization.
async fn delegated<C: Cloud>(cloud: &C) -> Result<Vec<String>, CallError> {
    let input = organizations::ListDelegatedAdministratorsRequest {
        service_principal: Some(CENTER.to_owned()),
        ..Default::default()
    };
    let found = read::identity::delegated_administrators(cloud, input).await?;
    Ok(found.into_iter().filter_map(|it| it.id).collect())
}

fn unique(path: &str, value: &str) -> people::AlternateIdentifier {
    people::AlternateIdentifier {
        unique_attribute: Some(people::UniqueAttribute {
            attribute_path: path.to_owned(),
            attribute_value: value.into(),
        }),
        ..Default::default()
    }
}

fn fields_of_set(set: sso_admin::PermissionSet) -> Fields {
    let mut fields = field("description", set.description.unwrap_or_default());
    fields.extend(field("session_duration", set.session_duration.unwrap_or_default()));
    fields
}

/// Path and name.
fn named(policy: &sso_admin::CustomerManagedPolicyReference) -> String {
    format!("{}{}", policy.path.as_deref().unwrap_or("/"), policy.name)
}
