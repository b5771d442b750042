//! Lists of who may do what: IAM, Organizations, Identity Center and its identity store.

use ironbird_api::{iam, identitystore, organizations, sso_admin};
use ironbird_client::CallError;

use super::{List as _, MOST_PAGES, endless};
use crate::Cloud;

whole_list!(
    /// IAM users.
    users,
    iam::ListUsers,
    iam::ListUsersRequest,
    users,
    iam::User,
    by marker
);
whole_list!(
    /// Access keys of an IAM user.
    access_keys,
    iam::ListAccessKeys,
    iam::ListAccessKeysRequest,
    access_key_metadata,
    iam::AccessKeyMetadata,
    by marker
);
whole_list!(
    /// Roles.
    roles,
    iam::ListRoles,
    iam::ListRolesRequest,
    roles,
    iam::Role,
    by marker
);
whole_list!(
    /// Managed policies of a role.
    attached_role_policies,
    iam::ListAttachedRolePolicies,
    iam::ListAttachedRolePoliciesRequest,
    attached_policies,
    iam::AttachedPolicy,
    by marker
);
whole_list!(
    /// Names of the inline policies of a role.
    role_policies,
    iam::ListRolePolicies,
    iam::ListRolePoliciesRequest,
    policy_names,
    String,
    by marker
);
whole_list!(
    /// Accounts of the organization.
    accounts,
    organizations::ListAccounts,
    organizations::ListAccountsRequest,
    accounts,
    organizations::Account
);
whole_list!(
    /// Accounts that administer a service for the organization.
    delegated_administrators,
    organizations::ListDelegatedAdministrators,
    organizations::ListDelegatedAdministratorsRequest,
    delegated_administrators,
    organizations::DelegatedAdministrator
);
whole_list!(
    /// Roots of the organization.
    roots,
    organizations::ListRoots,
    organizations::ListRootsRequest,
    roots,
    organizations::Root
);
whole_list!(
    /// Organizational units right below a root or unit.
    units,
    organizations::ListOrganizationalUnitsForParent,
    organizations::ListOrganizationalUnitsForParentRequest,
    organizational_units,
    organizations::OrganizationalUnit
);
whole_list!(
    /// Accounts right below a root or unit.
    accounts_below,
    organizations::ListAccountsForParent,
    organizations::ListAccountsForParentRequest,
    accounts,
    organizations::Account
);
whole_list!(
    /// Instances of Identity Center that the account sees in the Region.
    instances,
    sso_admin::ListInstances,
    sso_admin::ListInstancesRequest,
    instances,
    sso_admin::InstanceMetadata
);
whole_list!(
    /// ARNs of the permission sets of an instance.
    permission_sets,
    sso_admin::ListPermissionSets,
    sso_admin::ListPermissionSetsRequest,
    permission_sets,
    String
);
whole_list!(
    /// Accounts in which a permission set is a role.
    provisioned_accounts,
    sso_admin::ListAccountsForProvisionedPermissionSet,
    sso_admin::ListAccountsForProvisionedPermissionSetRequest,
    account_ids,
    String
);
whole_list!(
    /// Who is assigned a permission set in an account.
    assignments,
    sso_admin::ListAccountAssignments,
    sso_admin::ListAccountAssignmentsRequest,
    account_assignments,
    sso_admin::AccountAssignment
);
whole_list!(
    /// AWS managed policies of a permission set.
    managed_policies,
    sso_admin::ListManagedPoliciesInPermissionSet,
    sso_admin::ListManagedPoliciesInPermissionSetRequest,
    attached_managed_policies,
    sso_admin::AttachedManagedPolicy
);
whole_list!(
    /// Customer managed policies of a permission set, by name.
    customer_policies,
    sso_admin::ListCustomerManagedPolicyReferencesInPermissionSet,
    sso_admin::ListCustomerManagedPolicyReferencesInPermissionSetRequest,
    customer_managed_policy_references,
    sso_admin::CustomerManagedPolicyReference
);
whole_list!(
    /// Users of an identity store.
    people,
    identitystore::ListUsers,
    identitystore::ListUsersRequest,
    users,
    identitystore::User
);
whole_list!(
    /// Groups of an identity store.
    groups,
    identitystore::ListGroups,
    identitystore::ListGroupsRequest,
    groups,
    identitystore::Group
);
whole_list!(
    /// Members of a group.
    memberships,
    identitystore::ListGroupMemberships,
    identitystore::ListGroupMembershipsRequest,
    group_memberships,
    identitystore::GroupMembership
);
