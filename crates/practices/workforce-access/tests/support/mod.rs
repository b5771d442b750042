//! A world with an organization and its Identity Center.

#![allow(dead_code, reason = "each test file uses its part")]

use ironbird_api::identitystore::{CreateUser, CreateUserRequest, Name};
use ironbird_api::organizations as org;
use ironbird_api::sts::GetCallerIdentityRequest;
use ironbird_api::{Operation, iam, sso_admin};
use ironbird_cloud::InProcess;
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::credentials;
use ironbird_rig::world::{Origin, Settings, World};
use ironbird_rig::{Principal, Timestamp};
use serde_json::json;

pub const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

pub fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::DEFAULT }
}

pub fn world() -> World {
    let services = vec![
        ironbird_cloudtrail::service(),
        ironbird_iam_service::service(),
        ironbird_identitystore::service(),
        ironbird_organizations::service(),
        ironbird_sso_admin::service(),
        ironbird_sts::service(),
    ];
    World::rehearsal(services, Settings::default(), Timestamp::from_secs(1_772_431_200))
}

pub fn cloud(world: &World) -> InProcess<'_> {
    InProcess { world, scope: scope() }
}

pub fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

/// An organization with a member account, and its Identity Center.
pub struct Center<'w> {
    pub world: &'w World,
    pub instance: String,
    pub store: String,
    pub member: Account,
}

impl<'w> Center<'w> {
    pub fn enable(world: &'w World) -> Self {
        let cloud = cloud(world);
        cloud.call_now::<org::CreateOrganization>(&Default::default()).unwrap();
        let enabled = world.within(scope(), |ctx| ctx.pull("sso-admin.enable", &json!({}))).unwrap();
        let text = |name: &str| enabled[name].as_str().unwrap().to_owned();
        let input = org::CreateAccountRequest {
            email: "work@example.com".to_owned(),
            account_name: "work".to_owned(),
            ..Default::default()
        };
        cloud.call_now::<org::CreateAccount>(&input).unwrap();
        later(world, 600);
        let accounts = cloud.call_now::<org::ListAccounts>(&Default::default()).unwrap().accounts.unwrap();
        let made = accounts.into_iter().find(|it| it.name.as_deref() == Some("work")).unwrap();
        let member = Account::parse(&made.id.unwrap()).unwrap();
        Self { world, instance: text("instanceArn"), store: text("identityStoreId"), member }
    }

    /// The member account, as its root.
    pub fn member(&self) -> InProcess<'w> {
        InProcess { world: self.world, scope: Scope { account: self.member, ..scope() } }
    }

    pub fn call<O: Operation>(&self, input: O::Input) -> O::Output {
        cloud(self.world).call_now::<O>(&input).unwrap()
    }

    pub fn user(&self, name: &str) -> String {
        let text = |text: &str| Some(text.to_owned());
        let input = CreateUserRequest {
            identity_store_id: self.store.clone(),
            user_name: text(name),
            display_name: text(name),
            name: Some(Name { given_name: text(name), family_name: text("Doe"), ..Default::default() }),
            ..Default::default()
        };
        self.call::<CreateUser>(input).user_id
    }

    /// A permission set with one managed policy: its ARN.
    pub fn set(&self, name: &str, policy: &str) -> String {
        let input = sso_admin::CreatePermissionSetRequest {
            instance_arn: self.instance.clone(),
            name: name.to_owned(),
            ..Default::default()
        };
        let made = self.call::<sso_admin::CreatePermissionSet>(input).permission_set.unwrap();
        let arn = made.permission_set_arn.unwrap();
        self.call::<sso_admin::AttachManagedPolicyToPermissionSet>(
            sso_admin::AttachManagedPolicyToPermissionSetRequest {
                instance_arn: self.instance.clone(),
                permission_set_arn: arn.clone(),
                managed_policy_arn: policy.to_owned(),
            },
        );
        arn
    }

    pub fn bound(&self, set: &str, policy: &str) {
        let boundary = sso_admin::PermissionsBoundary {
            managed_policy_arn: Some(policy.to_owned()),
            ..Default::default()
        };
        self.call::<sso_admin::PutPermissionsBoundaryToPermissionSet>(
            sso_admin::PutPermissionsBoundaryToPermissionSetRequest {
                instance_arn: self.instance.clone(),
                permission_set_arn: set.to_owned(),
                permissions_boundary: boundary,
            },
        );
    }

    pub fn assign(&self, user: &str, set: &str, account: Account) {
        self.call::<sso_admin::CreateAccountAssignment>(sso_admin::CreateAccountAssignmentRequest {
            instance_arn: self.instance.clone(),
            target_id: account.to_string(),
            target_type: "AWS_ACCOUNT".to_owned(),
            permission_set_arn: set.to_owned(),
            principal_type: "USER".to_owned(),
            principal_id: user.to_owned(),
        });
        later(self.world, 60);
    }

    /// Lets the member account administer Identity Center.
    pub fn delegate(&self) {
        let service_principal = "sso.amazonaws.com".to_owned();
        self.call::<org::RegisterDelegatedAdministrator>(org::RegisterDelegatedAdministratorRequest {
            account_id: self.member.to_string(),
            service_principal,
        });
    }
}

/// An IAM user with an access key.
pub fn key_of(cloud: &InProcess<'_>, name: &str) -> String {
    let input = iam::CreateUserRequest { user_name: name.to_owned(), ..Default::default() };
    cloud.call_now::<iam::CreateUser>(&input).unwrap();
    let input = iam::CreateAccessKeyRequest { user_name: Some(name.to_owned()) };
    cloud.call_now::<iam::CreateAccessKey>(&input).unwrap().access_key.access_key_id
}

/// The role that a permission set is in an account: its name and its id.
pub fn reserved_role(cloud: &InProcess<'_>) -> (String, String) {
    let input =
        iam::ListRolesRequest { path_prefix: Some("/aws-reserved/".to_owned()), ..Default::default() };
    let role = cloud.call_now::<iam::ListRoles>(&input).unwrap().roles.remove(0);
    (role.role_name, role.role_id)
}

/// Calls something as a session of a role.
pub fn as_role<O: Operation>(cloud: &InProcess<'_>, (role, role_id): (String, String), input: &O::Input) {
    let account = cloud.scope.account;
    let principal = Principal::AssumedRole { account, role, role_id, session: "ann".to_owned() };
    cloud.world.call::<O>(cloud.scope, principal, input).unwrap();
}

/// Signs a call with an access key.
pub fn use_key(world: &World, key: &str) {
    let principal = world.look(scope(), |ctx| Ok(credentials::find(ctx, key).principal)).unwrap();
    let origin = Origin {
        scope: scope(),
        principal,
        access_key: Some(key.to_owned()),
        request_id: world.request_id(),
        source: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
    };
    let outcome = world.invoke(origin, "sts", "GetCallerIdentity", &GetCallerIdentityRequest::default());
    outcome.result.map(drop).unwrap();
}

/// The roles of permission sets in an account, with the names of their policies.
pub fn roles(cloud: &InProcess<'_>) -> Vec<String> {
    let input =
        iam::ListRolesRequest { path_prefix: Some("/aws-reserved/".to_owned()), ..Default::default() };
    let mut lines = Vec::new();
    for role in cloud.call_now::<iam::ListRoles>(&input).unwrap().roles {
        let set = role.role_name.split('_').nth(1).unwrap_or_default().to_owned();
        let input =
            iam::ListAttachedRolePoliciesRequest { role_name: role.role_name.clone(), ..Default::default() };
        let attached = cloud.call_now::<iam::ListAttachedRolePolicies>(&input).unwrap().attached_policies;
        let names: Vec<String> =
            attached.into_iter().flatten().filter_map(|policy| policy.policy_name).collect();
        lines.push(format!("role of {set} {}", names.join(" ")));
    }
    lines.sort();
    lines
}
