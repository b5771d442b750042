//! Who keeps the accounts: what is done when a policy is to change, and when somebody has left.

use ironbird_api::{iam, identitystore as people, sso_admin};
use ironbird_cloud::rehearsal::RehearseError;
use ironbird_rig::Account;

use super::documents::{WORK, allowing, revoking};
use super::ground::{COLLEAGUE, Ground, LEAVER, SET, allow_user};
use super::scenario::Scenario;
use super::variant::Variant;

/// What happened, with the minute.
pub type Events = Vec<(u32, String)>;

/// Does what is due in a minute.
///
/// # Errors
/// When the world refuses what it should not.
pub fn act(
    minute: u32,
    scenario: &Scenario,
    variant: &Variant,
    ground: &Ground,
    events: &mut Events,
) -> Result<(), RehearseError> {
    if variant.is_assigned() {
        if minute == scenario.policy.at {
            change_everywhere(ground)?;
            events.push((minute, "the customer managed policy changes in every account".to_owned()));
        }
        if minute == scenario.noticed() {
            remove(ground)?;
            events.push((minute, format!("{LEAVER} is deleted in Identity Center")));
            if variant.is_practice {
                revoke(ground)?;
                events.push((
                    minute,
                    format!(
                        "a denial of sessions of {LEAVER} goes into the permission set, and is provisioned"
                    ),
                ));
            }
        }
        return Ok(());
    }
    if let Some(account) = turn(minute, scenario.policy.at, scenario, ground) {
        for name in [LEAVER, COLLEAGUE] {
            allow_user(&ground.cloud(account), name, &[WORK])?;
        }
        events.push((minute, format!("the users' policies are changed in account {account}")));
    }
    if let Some(account) = turn(minute, scenario.noticed(), scenario, ground) {
        switch_off(ground, account)?;
        events.push((minute, format!("the key of {LEAVER} is deleted in account {account}")));
    }
    Ok(())
}

/// The account that is done by hand in a minute, where they are begun at `from`: one is done every so many minutes.
fn turn(minute: u32, from: u32, scenario: &Scenario, ground: &Ground) -> Option<Account> {
    let since =
        minute.checked_sub(from).filter(|since| *since > 0 && since.is_multiple_of(scenario.by_hand))?;
    ground.accounts.get((since / scenario.by_hand) as usize - 1).copied()
}

/// A new version of the customer managed policy, in each account.
fn change_everywhere(ground: &Ground) -> Result<(), RehearseError> {
    for account in &ground.accounts {
        let input = iam::CreatePolicyVersionRequest {
            policy_arn: format!("arn:{}:iam::{account}:policy/{SET}", ground.region.partition()),
            // Of what it allowed, only what the inline policy allows anyway is left.
            policy_document: allowing(&[WORK]),
            set_as_default: Some(true),
        };
        ground.cloud(*account).call_now::<iam::CreatePolicyVersion>(&input)?;
    }
    Ok(())
}

/// Deletes who left in the identity store, which ends the sign-in and the assignments.
fn remove(ground: &Ground) -> Result<(), RehearseError> {
    let input =
        people::DeleteUserRequest { identity_store_id: ground.store.clone(), user_id: ground.leaver.clone() };
    ground.administer::<people::DeleteUser>(&input).map(drop)
}

/// Denies the sessions that are left, in all accounts.
fn revoke(ground: &Ground) -> Result<(), RehearseError> {
    let now = ground.world.clock().now().iso8601();
    ground.put_inline(&ground.set, revoking(LEAVER, &now))?;
    let input = sso_admin::ProvisionPermissionSetRequest {
        instance_arn: ground.instance.clone(),
        permission_set_arn: ground.set.clone(),
        target_id: None,
        target_type: "ALL_PROVISIONED_ACCOUNTS".to_owned(),
    };
    ground.administer::<sso_admin::ProvisionPermissionSet>(&input).map(drop)
}

/// Deletes the access keys of who left, in one account.
fn switch_off(ground: &Ground, account: Account) -> Result<(), RehearseError> {
    let cloud = ground.cloud(account);
    let input = iam::ListAccessKeysRequest { user_name: Some(LEAVER.to_owned()), ..Default::default() };
    for key in cloud.call_now::<iam::ListAccessKeys>(&input)?.access_key_metadata {
        let input = iam::DeleteAccessKeyRequest {
            user_name: Some(LEAVER.to_owned()),
            access_key_id: key.access_key_id.unwrap_or_default(),
        };
        cloud.call_now::<iam::DeleteAccessKey>(&input)?;
    }
    Ok(())
}
