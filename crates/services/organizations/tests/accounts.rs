//! Accounts in rehearsals: how many may be closed at a time, and the same again from the same seed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Principal, Region, Result, Scope, Timestamp};

const ROOT: Principal = Principal::Root { account: Account::DEFAULT };
const HERE: Scope = Scope { account: Account::DEFAULT, region: Region::DEFAULT };

fn world() -> World {
    let start = Timestamp::from_secs(1_800_000_000);
    World::rehearsal(
        vec![ironbird_iam_service::service(), ironbird_organizations::service()],
        Settings::default(),
        start,
    )
}

fn call<O: ironbird_api::Operation>(world: &World, input: &O::Input) -> Result<O::Output> {
    world.call::<O>(HERE, ROOT, input)
}

/// An organization with that many accounts that were made, and their ids.
fn organization(world: &World, count: usize) -> Vec<String> {
    call::<api::CreateOrganization>(world, &api::CreateOrganizationRequest::default()).unwrap();
    for number in 0..count {
        let input = api::CreateAccountRequest {
            account_name: format!("account {number}"),
            email: format!("account-{number}@example.org"),
            ..Default::default()
        };
        call::<api::CreateAccount>(world, &input).unwrap();
    }
    pass(world, 60);
    let input = api::ListAccountsRequest::default();
    let all = call::<api::ListAccounts>(world, &input).unwrap().accounts.unwrap();
    let made = all.into_iter().filter(|account| account.joined_method.as_deref() == Some("CREATED"));
    made.map(|account| account.id.unwrap()).collect()
}

fn pass(world: &World, seconds: u64) {
    world.run_until(Timestamp::from_nanos(
        world.clock().now().nanos() + i64::try_from(Duration::from_secs(seconds).as_nanos()).unwrap(),
    ));
}

#[test]
fn three_accounts_are_closed_at_a_time() {
    let world = world();
    let accounts = organization(&world, 4);
    let close = |account: &String| {
        call::<api::CloseAccount>(&world, &api::CloseAccountRequest { account_id: account.clone() })
    };
    for account in &accounts[..3] {
        close(account).unwrap();
    }
    assert_eq!(close(&accounts[3]).err().unwrap().code(), "ConstraintViolationException");
    pass(&world, 180);
    close(&accounts[3]).unwrap();
}

#[test]
fn a_seed_gives_the_same_accounts_again() {
    let (one, other) = (world(), world());
    assert_eq!(organization(&one, 3), organization(&other, 3));
    assert!(one.store().dump().unwrap() == other.store().dump().unwrap());
}

#[test]
fn nothing_is_left_of_an_organization_that_is_deleted() {
    let world = world();
    let clean = |name: &str| world.store().dump().unwrap().iter().all(|(table, ..)| *table != name);
    for account in organization(&world, 2) {
        pass(&world, 4 * 24 * 3600);
        let input = api::RemoveAccountFromOrganizationRequest { account_id: account };
        call::<api::RemoveAccountFromOrganization>(&world, &input).unwrap();
    }
    call::<api::DeleteOrganization>(&world, &Empty {}).unwrap();
    for table in [
        "organizations",
        "memberships",
        "members",
        "units",
        "children",
        "account-requests",
        "tags",
        "policies",
        "target-policies",
        "policy-targets",
    ] {
        assert!(clean(&format!("organizations.{table}")), "{table}");
    }
    // The accounts themselves stay, with their addresses.
    assert!(!clean("organizations.profiles") && !clean("organizations.addresses"));
}
