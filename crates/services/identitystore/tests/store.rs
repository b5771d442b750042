//! A store's life with its instance, and what holds its users, groups and memberships together.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use ironbird_api::Operation;
use ironbird_api::identitystore as api;
use ironbird_api::sso_admin::{
    CreateInstance, CreateInstanceRequest, DeleteInstance, DeleteInstanceRequest, DescribeInstance,
    DescribeInstanceRequest,
};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Error, Principal, Region, Result, Scope, Timestamp};
use serde_json::{Value, json};

const START: i64 = 1_767_225_600;

fn scope(region: &str) -> Scope {
    Scope { account: Account::DEFAULT, region: Region::parse(region).unwrap() }
}

/// A world with an instance, and the ids of the instance and its store.
struct Center {
    world: World,
    arn: String,
    store: String,
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
        let mut center = Self { world, arn: String::new(), store: String::new() };
        center.arn =
            center.call::<CreateInstance>(CreateInstanceRequest::default()).unwrap().instance_arn.unwrap();
        let described = DescribeInstanceRequest { instance_arn: center.arn.clone() };
        center.store = center.call::<DescribeInstance>(described).unwrap().identity_store_id.unwrap();
        center.pass(60);
        center
    }

    fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output> {
        self.call_in::<O>("us-east-1", input)
    }

    fn call_in<O: Operation>(&self, region: &str, input: O::Input) -> Result<O::Output> {
        self.world.call::<O>(scope(region), Principal::Root { account: Account::DEFAULT }, &input)
    }

    fn pass(&self, seconds: i64) {
        self.world.run_until(Timestamp::from_secs(self.world.clock().now().secs() + seconds));
    }

    fn person(&self, name: &str, email: &str) -> api::CreateUserRequest {
        let text = |text: &str| Some(text.to_owned());
        let email = api::Email { value: text(email), r#type: text("work"), primary: Some(true) };
        api::CreateUserRequest {
            identity_store_id: self.store.clone(),
            user_name: text(name),
            display_name: text(name),
            name: Some(api::Name { given_name: text("A"), family_name: text("B"), ..Default::default() }),
            emails: Some(vec![email]),
            ..Default::default()
        }
    }

    fn user(&self, name: &str) -> String {
        let input = self.person(name, &format!("{name}@example.com"));
        self.call::<api::CreateUser>(input).unwrap().user_id
    }

    fn group(&self, name: &str) -> String {
        let input = api::CreateGroupRequest {
            identity_store_id: self.store.clone(),
            display_name: Some(name.to_owned()),
            description: None,
        };
        self.call::<api::CreateGroup>(input).unwrap().group_id
    }

    fn join(&self, group: &str, user: &str) -> Result<String> {
        let input = api::CreateGroupMembershipRequest {
            identity_store_id: self.store.clone(),
            group_id: group.to_owned(),
            member_id: api::MemberId { user_id: Some(user.to_owned()) },
        };
        Ok(self.call::<api::CreateGroupMembership>(input)?.membership_id)
    }

    fn members(&self, group: &str) -> Vec<String> {
        let input = api::ListGroupMembershipsRequest {
            identity_store_id: self.store.clone(),
            group_id: group.to_owned(),
            ..Default::default()
        };
        let listed = self.call::<api::ListGroupMemberships>(input).unwrap().group_memberships;
        listed.into_iter().map(|membership| membership.member_id.unwrap().user_id.unwrap()).collect()
    }

    fn describe(&self, user: &str) -> Result<api::DescribeUserResponse> {
        self.call::<api::DescribeUser>(api::DescribeUserRequest {
            identity_store_id: self.store.clone(),
            user_id: user.to_owned(),
            extensions: Some(vec!["aws:identitystore:enterprise".to_owned()]),
        })
    }

    fn update(&self, user: &str, operations: &[(&str, Value)]) -> Result<()> {
        let operations = operations.iter().map(|(path, value)| api::AttributeOperation {
            attribute_path: (*path).to_owned(),
            attribute_value: Some(value.clone()),
        });
        let input = api::UpdateUserRequest {
            identity_store_id: self.store.clone(),
            user_id: user.to_owned(),
            operations: operations.collect(),
        };
        self.call::<api::UpdateUser>(input).map(drop)
    }

    fn id_of(&self, path: &str, value: &str) -> Result<String> {
        let attribute =
            api::UniqueAttribute { attribute_path: path.to_owned(), attribute_value: json!(value) };
        let input = api::GetUserIdRequest {
            identity_store_id: self.store.clone(),
            alternate_identifier: api::AlternateIdentifier {
                unique_attribute: Some(attribute),
                external_id: None,
            },
        };
        Ok(self.call::<api::GetUserId>(input)?.user_id)
    }
}

fn said<T>(result: Result<T>) -> (String, String) {
    let Err(error) = result else { panic!("it succeeded") };
    (error.code().to_owned(), error.message().to_owned())
}

fn member_of(error: &Error, name: &str) -> Option<String> {
    let Error::Service(error) = error else { return None };
    error.members.iter().find(|(member, _)| *member == name).map(|(_, value)| value.clone())
}

#[test]
fn a_store_comes_and_goes_with_its_instance() {
    let center = Center::new();
    let list = |region: &str| {
        let input = api::ListUsersRequest { identity_store_id: center.store.clone(), ..Default::default() };
        center.call_in::<api::ListUsers>(region, input)
    };
    center.user("ann");
    assert_eq!(list("us-east-1").unwrap().users.len(), 1);
    let elsewhere = list("eu-west-1").map(drop).unwrap_err();
    assert_eq!(elsewhere.code(), "ResourceNotFoundException");
    assert_eq!(member_of(&elsewhere, "ResourceType").as_deref(), Some("IDENTITY_STORE"));
    assert_eq!(member_of(&elsewhere, "ResourceId"), Some(center.store.clone()));
    center.call::<DeleteInstance>(DeleteInstanceRequest { instance_arn: center.arn.clone() }).unwrap();
    center.pass(60);
    assert_eq!(said(list("us-east-1")).0, "ResourceNotFoundException");
    // Another instance has another store, which is empty.
    let again = center.call::<CreateInstance>(CreateInstanceRequest::default()).unwrap().instance_arn;
    assert_ne!(again.as_deref(), Some(center.arn.as_str()));
}

#[test]
fn only_one_user_has_a_name_or_an_email() {
    let center = Center::new();
    let ann = center.user("ann");
    for (name, email, message) in
        [("ANN", "other@example.com", "Duplicate UserName"), ("other", "Ann@Example.com", "Duplicate Email")]
    {
        let error = center.call::<api::CreateUser>(center.person(name, email)).map(drop).unwrap_err();
        assert_eq!((error.code(), error.message()), ("ConflictException", message));
        assert_eq!(member_of(&error, "Reason").as_deref(), Some("UNIQUENESS_CONSTRAINT_VIOLATION"));
    }
    let bob = center.user("bob");
    assert_eq!(said(center.update(&bob, &[("userName", json!("ann"))])).0, "ConflictException");
    // What failed left nothing: the old name still leads to the user, and the new one to its owner.
    assert_eq!(center.id_of("userName", "Bob").unwrap(), bob);
    assert_eq!(center.id_of("emails.value", "ann@example.com").unwrap(), ann);
    // A name that was given up is free.
    center
        .update(&ann, &[("userName", json!("anna")), ("emails", json!([{"value": "anna@example.com"}]))])
        .unwrap();
    assert_eq!(said(center.id_of("userName", "ann")).1, "USER not found.");
    center.user("ann");
}

#[test]
fn operations_set_and_remove_what_their_paths_name() {
    let center = Center::new();
    let ann = center.user("ann");
    center.pass(60);
    let changes = [
        ("displayName", json!("Ann B.")),
        ("name.middleName", json!("M")),
        ("Title", json!("Dr.")),
        ("emails", json!([{"Value": "a@example.com", "primary": true}])),
        ("aws:identitystore:enterprise.costCenter", json!("42")),
    ];
    center.update(&ann, &changes).unwrap();
    let shown = center.describe(&ann).unwrap();
    assert_eq!(shown.display_name.as_deref(), Some("Ann B."));
    assert_eq!(shown.name.unwrap().middle_name.as_deref(), Some("M"));
    assert_eq!(shown.title.as_deref(), Some("Dr."));
    let email = &shown.emails.unwrap()[0];
    assert_eq!((email.value.as_deref(), email.primary), (Some("a@example.com"), Some(true)));
    assert_eq!(shown.extensions.unwrap()["aws:identitystore:enterprise"], json!({"costCenter": "42"}));
    assert_eq!(shown.updated_at.unwrap().secs() - shown.created_at.unwrap().secs(), 60);
    let removals = [
        ("name.middleName", Value::Null),
        ("title", Value::Null),
        ("aws:identitystore:enterprise", Value::Null),
    ];
    center.update(&ann, &removals).unwrap();
    let shown = center.describe(&ann).unwrap();
    assert_eq!((shown.title, shown.name.unwrap().middle_name, shown.extensions), (None, None, None));
}

#[test]
fn changes_that_no_user_can_have_are_refused_whole() {
    let center = Center::new();
    let ann = center.user("ann");
    for (path, value) in [
        ("userName", Value::Null),
        ("userName", json!("an n")),
        ("userName", json!("Administrator")),
        ("displayName", json!(7)),
        ("displayName", json!("x".repeat(1025))),
        ("name.familyName", Value::Null),
        ("name", json!("Ann")),
        ("name.first", json!("Ann")),
        ("emails", json!([{"value": "a@x"}, {"value": "b@x"}])),
        ("emails", json!([{"addr": "a@x"}])),
        ("emails.value", json!("a@x")),
        ("identityStoreId", json!("d-0123456789")),
        ("userId", json!("x")),
        ("extensions", json!({})),
        ("aws:identitystore:enterprise", json!("42")),
        ("aws:identitystore:other", json!({})),
    ] {
        let changes = [("title", json!("Dr.")), (path, value.clone())];
        assert_eq!(said(center.update(&ann, &changes)).0, "ValidationException", "{path} {value}");
    }
    assert_eq!(center.describe(&ann).unwrap().title, None);
}

#[test]
fn a_user_needs_names() {
    let center = Center::new();
    let mut input = api::CreateUserRequest { identity_store_id: center.store.clone(), ..Default::default() };
    let create = |input: &api::CreateUserRequest| said(center.call::<api::CreateUser>(input.clone())).1;
    assert_eq!(create(&input), "userName is a required attribute");
    input.user_name = Some("ann".to_owned());
    assert_eq!(
        create(&input),
        "displayname: The attribute displayname is required, name: The attribute name is required"
    );
    input.display_name = Some("Ann".to_owned());
    input.name = Some(api::Name { given_name: Some("Ann".to_owned()), ..Default::default() });
    assert_eq!(create(&input), "familyname: The attribute familyname is required");
}

#[test]
fn who_is_deleted_is_in_no_group_and_a_deleted_group_has_nobody() {
    let center = Center::new();
    let (ann, bob) = (center.user("ann"), center.user("bob"));
    let (red, blue) = (center.group("red"), center.group("blue"));
    let first = center.join(&red, &ann).unwrap();
    center.join(&red, &bob).unwrap();
    center.join(&blue, &ann).unwrap();
    assert_eq!(said(center.join(&red, &ann)).0, "ConflictException");
    assert_eq!(said(center.join(&red, "00000000-0000-4000-8000-000000000000")).1, "Member does not exist");
    assert_eq!(said(center.join("00000000-0000-4000-8000-000000000000", &ann)).1, "Group does not exist");
    let delete = api::DeleteUserRequest { identity_store_id: center.store.clone(), user_id: ann };
    center.call::<api::DeleteUser>(delete.clone()).unwrap();
    assert_eq!(center.members(&red), std::slice::from_ref(&bob));
    assert!(center.members(&blue).is_empty());
    assert_eq!(said(center.call::<api::DeleteUser>(delete)).1, "USER not found.");
    let described =
        api::DescribeGroupMembershipRequest { identity_store_id: center.store.clone(), membership_id: first };
    assert_eq!(said(center.call::<api::DescribeGroupMembership>(described)).1, "GROUP_MEMBERSHIP not found.");
    let delete = api::DeleteGroupRequest { identity_store_id: center.store.clone(), group_id: red.clone() };
    center.call::<api::DeleteGroup>(delete).unwrap();
    let of_bob = api::ListGroupMembershipsForMemberRequest {
        identity_store_id: center.store.clone(),
        member_id: api::MemberId { user_id: Some(bob) },
        ..Default::default()
    };
    let left = center.call::<api::ListGroupMembershipsForMember>(of_bob).unwrap();
    assert!(left.group_memberships.is_empty());
    // Its name is free.
    assert_ne!(center.group("red"), red);
}
