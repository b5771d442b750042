//! Assignments on the clock: under way, done, and ended with whoever they were for.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use ironbird_api::Operation;
use ironbird_api::identitystore::{CreateUser, CreateUserRequest, DeleteUser, DeleteUserRequest, Name};
use ironbird_api::organizations::{CreateOrganization, CreateOrganizationRequest};
use ironbird_api::sso_admin as api;
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Principal, Region, Result, Scope, Timestamp};
use serde_json::json;

const START: i64 = 1_767_225_600;

/// A world with an organization, its instance, a permission set and a user.
struct Center {
    world: World,
    arn: String,
    store: String,
    set: String,
    user: String,
}

impl Center {
    fn new() -> Self {
        let services = vec![
            ironbird_iam_service::service(),
            ironbird_identitystore::service(),
            ironbird_organizations::service(),
            ironbird_sso_admin::service(),
        ];
        let world = World::rehearsal(services, Settings::default(), Timestamp::from_secs(START));
        let mut center =
            Self { world, arn: String::new(), store: String::new(), set: String::new(), user: String::new() };
        let enable = || center.world.within(center.scope(), |ctx| ctx.pull("sso-admin.enable", &json!({})));
        assert_eq!(enable().unwrap_err().code(), "ValidationException", "without an organization");
        center.call::<CreateOrganization>(CreateOrganizationRequest::default()).unwrap();
        let enabled = enable().unwrap();
        center.arn = enabled["instanceArn"].as_str().unwrap().to_owned();
        center.store = enabled["identityStoreId"].as_str().unwrap().to_owned();
        center.pass(60);
        let set = api::CreatePermissionSetRequest {
            instance_arn: center.arn.clone(),
            name: "Builder".to_owned(),
            ..Default::default()
        };
        let made = center.call::<api::CreatePermissionSet>(set).unwrap();
        center.set = made.permission_set.unwrap().permission_set_arn.unwrap();
        let text = |text: &str| Some(text.to_owned());
        let user = CreateUserRequest {
            identity_store_id: center.store.clone(),
            user_name: text("ann"),
            display_name: text("Ann"),
            name: Some(Name { given_name: text("Ann"), family_name: text("Doe"), ..Default::default() }),
            ..Default::default()
        };
        center.user = center.call::<CreateUser>(user).unwrap().user_id;
        center
    }

    fn scope(&self) -> Scope {
        Scope { account: Account::DEFAULT, region: Region::DEFAULT }
    }

    fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output> {
        self.world.call::<O>(self.scope(), Principal::Root { account: Account::DEFAULT }, &input)
    }

    fn pass(&self, seconds: i64) {
        self.world.run_until(Timestamp::from_secs(self.world.clock().now().secs() + seconds));
    }

    fn assign(&self) -> Result<api::AccountAssignmentOperationStatus> {
        let input = api::CreateAccountAssignmentRequest {
            instance_arn: self.arn.clone(),
            target_id: Account::DEFAULT.to_string(),
            target_type: "AWS_ACCOUNT".to_owned(),
            permission_set_arn: self.set.clone(),
            principal_type: "USER".to_owned(),
            principal_id: self.user.clone(),
        };
        Ok(self.call::<api::CreateAccountAssignment>(input)?.account_assignment_creation_status.unwrap())
    }

    fn status(&self, request: &api::AccountAssignmentOperationStatus) -> String {
        let input = api::DescribeAccountAssignmentCreationStatusRequest {
            instance_arn: self.arn.clone(),
            account_assignment_creation_request_id: request.request_id.clone().unwrap(),
        };
        let described = self.call::<api::DescribeAccountAssignmentCreationStatus>(input).unwrap();
        described.account_assignment_creation_status.unwrap().status.unwrap()
    }

    fn assigned(&self) -> usize {
        let input = api::ListAccountAssignmentsRequest {
            instance_arn: self.arn.clone(),
            account_id: Account::DEFAULT.to_string(),
            permission_set_arn: self.set.clone(),
            ..Default::default()
        };
        self.call::<api::ListAccountAssignments>(input).unwrap().account_assignments.unwrap().len()
    }

    fn provisioned(&self) -> usize {
        let input = api::ListAccountsForProvisionedPermissionSetRequest {
            instance_arn: self.arn.clone(),
            permission_set_arn: self.set.clone(),
            ..Default::default()
        };
        let listed = self.call::<api::ListAccountsForProvisionedPermissionSet>(input).unwrap();
        listed.account_ids.unwrap().len()
    }

    fn delete_user(&self) {
        let input = DeleteUserRequest { identity_store_id: self.store.clone(), user_id: self.user.clone() };
        self.call::<DeleteUser>(input).unwrap();
    }
}

#[test]
fn an_assignment_is_there_when_its_request_is_done() {
    let center = Center::new();
    let request = center.assign().unwrap();
    assert_eq!(request.status.as_deref(), Some("IN_PROGRESS"));
    assert_eq!((center.assigned(), center.provisioned()), (0, 0));
    let conflict = center.assign().map(drop).unwrap_err();
    assert_eq!(conflict.code(), "ConflictException");
    center.pass(60);
    assert_eq!(center.status(&request), "SUCCEEDED");
    assert_eq!((center.assigned(), center.provisioned()), (1, 1));
    // A second time changes nothing, and succeeds.
    let again = center.assign().unwrap();
    center.pass(60);
    assert_eq!((center.status(&again).as_str(), center.assigned()), ("SUCCEEDED", 1));
}

#[test]
fn a_deleted_user_is_assigned_nothing_whenever_it_is_deleted() {
    let center = Center::new();
    let request = center.assign().unwrap();
    center.delete_user();
    center.pass(60);
    assert_eq!((center.status(&request).as_str(), center.assigned()), ("FAILED", 0));
    let center = Center::new();
    center.assign().unwrap();
    center.pass(60);
    center.delete_user();
    center.pass(1);
    assert_eq!((center.assigned(), center.provisioned()), (0, 0));
}

#[test]
fn nothing_is_left_of_an_instance_that_is_deleted() {
    let center = Center::new();
    center.assign().unwrap();
    center.pass(60);
    center.assign().unwrap();
    center
        .call::<api::DeleteInstance>(api::DeleteInstanceRequest { instance_arn: center.arn.clone() })
        .unwrap();
    center.pass(60);
    let listed = center.call::<api::ListInstances>(api::ListInstancesRequest::default()).unwrap();
    assert!(listed.instances.unwrap().is_empty());
    let gone = api::ListPermissionSetsRequest { instance_arn: center.arn.clone(), ..Default::default() };
    assert_eq!(
        center.call::<api::ListPermissionSets>(gone).map(drop).unwrap_err().code(),
        "AccessDeniedException"
    );
}
