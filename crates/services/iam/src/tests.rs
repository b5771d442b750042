//! What the operations promise, in process.

use ironbird_api::{Operation, iam as api};
use ironbird_rig::account::{Account, Principal, Region, Scope};
use ironbird_rig::world::Settings;
use ironbird_rig::{Result, Timestamp, World, credentials};

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole"}]}"#;
const READ: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}"#;

fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::DEFAULT }
}

fn world() -> World {
    World::rehearsal(vec![crate::service()], Settings::default(), Timestamp::from_secs(1_767_225_600))
}

fn call<O: Operation>(world: &World, input: &O::Input) -> Result<O::Output> {
    world.call::<O>(scope(), Principal::Root { account: Account::DEFAULT }, input)
}

/// Code of the error that something ended with; empty where it succeeded.
fn refusal<T>(result: Result<T>) -> String {
    result.err().map(|error| error.code().to_owned()).unwrap_or_default()
}

fn code<O: Operation>(world: &World, input: &O::Input) -> String {
    refusal(call::<O>(world, input))
}

fn role(world: &World, name: &str) -> Result<api::Role> {
    let input = api::CreateRoleRequest {
        role_name: name.to_owned(),
        assume_role_policy_document: TRUST.to_owned(),
        ..Default::default()
    };
    Ok(call::<api::CreateRole>(world, &input)?.role)
}

fn user(world: &World, name: &str) -> api::User {
    let input = api::CreateUserRequest { user_name: name.to_owned(), ..Default::default() };
    call::<api::CreateUser>(world, &input).unwrap().user.unwrap()
}

fn key(world: &World, user: &str) -> Result<api::AccessKey> {
    let input = api::CreateAccessKeyRequest { user_name: Some(user.to_owned()) };
    Ok(call::<api::CreateAccessKey>(world, &input)?.access_key)
}

#[test]
fn names_that_differ_in_their_case_are_the_same() {
    let world = world();
    assert!(role(&world, "Deploy").unwrap().role_id.starts_with("AROA"));
    assert_eq!(refusal(role(&world, "deploy")), "EntityAlreadyExists");
    let input = api::GetRoleRequest { role_name: "deploy".to_owned() };
    assert_eq!(code::<api::GetRole>(&world, &input), "NoSuchEntity");
}

#[test]
fn ids_are_never_given_twice_and_repeat_with_the_seed() {
    let ids = |world: &World| {
        let first = role(world, "a").unwrap().role_id;
        call::<api::DeleteRole>(world, &api::DeleteRoleRequest { role_name: "a".to_owned() }).unwrap();
        [first, role(world, "a").unwrap().role_id]
    };
    let [first, second] = ids(&world());
    assert_ne!(first, second);
    assert_eq!(ids(&world()), [first, second]);
}

#[test]
fn inline_policies_count_together() {
    let world = world();
    user(&world, "ann");
    let statement = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/1"}"#;
    let document = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", [statement; 15].join(","));
    let put = |name: &str| api::PutUserPolicyRequest {
        user_name: "ann".to_owned(),
        policy_name: name.to_owned(),
        policy_document: document.clone(),
    };
    call::<api::PutUserPolicy>(&world, &put("one")).unwrap();
    call::<api::PutUserPolicy>(&world, &put("one")).unwrap();
    assert_eq!(code::<api::PutUserPolicy>(&world, &put("two")), "LimitExceeded");
}

#[test]
fn an_attached_policy_cannot_be_deleted_and_follows_a_renamed_user() {
    let world = world();
    user(&world, "ann");
    let input = api::CreatePolicyRequest {
        policy_name: "read".to_owned(),
        path: Some("/teams/".to_owned()),
        policy_document: READ.to_owned(),
        ..Default::default()
    };
    let policy = call::<api::CreatePolicy>(&world, &input).unwrap().policy.unwrap();
    let policy_arn = policy.arn.unwrap();
    assert_eq!(policy_arn, "arn:aws:iam::123456789012:policy/teams/read");
    let attach = api::AttachUserPolicyRequest { user_name: "ann".to_owned(), policy_arn: policy_arn.clone() };
    call::<api::AttachUserPolicy>(&world, &attach).unwrap();
    let delete = api::DeletePolicyRequest { policy_arn: policy_arn.clone() };
    assert_eq!(code::<api::DeletePolicy>(&world, &delete), "DeleteConflict");
    let rename = api::UpdateUserRequest {
        user_name: "ann".to_owned(),
        new_user_name: Some("Beth".to_owned()),
        ..Default::default()
    };
    call::<api::UpdateUser>(&world, &rename).unwrap();
    let input = api::ListEntitiesForPolicyRequest { policy_arn: policy_arn.clone(), ..Default::default() };
    let users = call::<api::ListEntitiesForPolicy>(&world, &input).unwrap().policy_users.unwrap();
    assert_eq!(users.iter().map(|user| user.user_name.as_deref().unwrap()).collect::<Vec<_>>(), ["Beth"]);
    let detach = api::DetachUserPolicyRequest { user_name: "Beth".to_owned(), policy_arn };
    call::<api::DetachUserPolicy>(&world, &detach).unwrap();
    call::<api::DeletePolicy>(&world, &delete).unwrap();
}

#[test]
fn keys_stand_for_their_user_until_they_are_switched_off() {
    let world = world();
    let ann = user(&world, "ann");
    let first = key(&world, "ann").unwrap();
    key(&world, "ann").unwrap();
    assert_eq!(refusal(key(&world, "ann")), "LimitExceeded");
    let find = || world.look(scope(), |ctx| Ok(credentials::find(ctx, &first.access_key_id))).unwrap();
    assert_eq!((find().secret, find().refused), (first.secret_access_key.clone(), false));
    assert_eq!(find().principal.arn("aws"), ann.arn);
    assert_eq!(find().principal.user_id(), ann.user_id);
    let update = api::UpdateAccessKeyRequest {
        user_name: Some("ann".to_owned()),
        access_key_id: first.access_key_id.clone(),
        status: "Inactive".to_owned(),
    };
    call::<api::UpdateAccessKey>(&world, &update).unwrap();
    assert!(find().refused);
    let delete = api::DeleteAccessKeyRequest {
        user_name: Some("ann".to_owned()),
        access_key_id: first.access_key_id.clone(),
    };
    call::<api::DeleteAccessKey>(&world, &delete).unwrap();
    assert!(find().refused, "a deleted key does not become the root user's");
    assert_eq!(code::<api::DeleteAccessKey>(&world, &delete), "NoSuchEntity");
}

#[test]
fn passwords_are_not_in_the_store_and_can_be_changed_by_their_user() {
    let world = world();
    let ann = user(&world, "ann");
    let plain = "Correct-horse-1";
    let input = api::CreateLoginProfileRequest {
        user_name: Some("ann".to_owned()),
        password: Some(plain.to_owned()),
        ..Default::default()
    };
    call::<api::CreateLoginProfile>(&world, &input).unwrap();
    let dump = world.store().dump().unwrap();
    let secrets =
        dump.iter().any(|(_, _, bytes)| bytes.windows(plain.len()).any(|part| part == plain.as_bytes()));
    assert!(!secrets);
    let me = Principal::User {
        account: Account::DEFAULT,
        name: "ann".to_owned(),
        path: "/".to_owned(),
        id: ann.user_id,
    };
    let change = |old: &str, new: &str| {
        let input = api::ChangePasswordRequest { old_password: old.to_owned(), new_password: new.to_owned() };
        refusal(world.call::<api::ChangePassword>(scope(), me.clone(), &input))
    };
    assert_eq!(change("wrong", "Another-horse-2"), "AccessDenied");
    assert_eq!(change(plain, "short"), "PasswordPolicyViolation");
    assert_eq!(change(plain, "Another-horse-2"), "");
    assert_eq!(change(plain, "Third-horse-3"), "AccessDenied");
}

#[test]
fn accounts_do_not_see_each_other() {
    let world = world();
    role(&world, "mine").unwrap();
    let other = Account::parse("210987654321").unwrap();
    let theirs = Scope { account: other, region: Region::DEFAULT };
    let listed = world
        .call::<api::ListRoles>(theirs, Principal::Root { account: other }, &api::ListRolesRequest::default())
        .unwrap();
    assert!(listed.roles.is_empty());
    let elsewhere = Scope { account: Account::DEFAULT, region: Region::parse("eu-west-1").unwrap() };
    let root = Principal::Root { account: Account::DEFAULT };
    let listed = world.call::<api::ListRoles>(elsewhere, root, &api::ListRolesRequest::default()).unwrap();
    assert_eq!(listed.roles.len(), 1, "IAM is global");
}

#[test]
fn only_its_service_changes_a_role_that_it_keeps_for_its_users() {
    let world = world();
    let name = "AWSReservedSSO_Reader_0123456789abcdef".to_owned();
    let input = api::CreateRoleRequest {
        path: Some("/aws-reserved/sso.amazonaws.com/".to_owned()),
        role_name: name.clone(),
        assume_role_policy_document: TRUST.to_owned(),
        ..Default::default()
    };
    assert_eq!(code::<api::CreateRole>(&world, &input), "ValidationError");
    let service = |host: &str| Principal::Service { account: Account::DEFAULT, name: host.to_owned() };
    let refused = world.call::<api::CreateRole>(scope(), service("ec2.amazonaws.com"), &input);
    assert_eq!(refusal(refused), "ValidationError");
    let center = service("sso.amazonaws.com");
    world.call::<api::CreateRole>(scope(), center.clone(), &input).unwrap();

    let put = api::PutRolePolicyRequest {
        role_name: name.clone(),
        policy_name: "more".to_owned(),
        policy_document: READ.to_owned(),
    };
    let update = api::UpdateRoleRequest { role_name: name.clone(), ..Default::default() };
    let describe =
        api::UpdateRoleDescriptionRequest { role_name: name.clone(), description: "mine".to_owned() };
    let delete = api::DeleteRoleRequest { role_name: name.clone() };
    let unlink = api::DeleteServiceLinkedRoleRequest { role_name: name.clone() };
    assert_eq!(code::<api::PutRolePolicy>(&world, &put), "UnmodifiableEntity");
    assert_eq!(code::<api::UpdateRole>(&world, &update), "UnmodifiableEntity");
    assert_eq!(code::<api::UpdateRoleDescription>(&world, &describe), "UnmodifiableEntity");
    assert_eq!(code::<api::DeleteRole>(&world, &delete), "UnmodifiableEntity");
    assert_eq!(code::<api::DeleteServiceLinkedRole>(&world, &unlink), "NoSuchEntity");

    world.call::<api::PutRolePolicy>(scope(), center.clone(), &put).unwrap();
    let bare = api::DeleteRolePolicyRequest { role_name: name, policy_name: "more".to_owned() };
    world.call::<api::DeleteRolePolicy>(scope(), center.clone(), &bare).unwrap();
    world.call::<api::DeleteRole>(scope(), center, &delete).unwrap();
}
