//! What somebody has to work with: keys, or a sign-in and sessions of roles; and calls that are made with it.

use std::collections::BTreeMap;

use ironbird_api::{Operation, iam, sso};
use ironbird_rig::account::{Account, Principal, Region, Scope};
use ironbird_rig::credentials;
use ironbird_rig::world::{Origin, World};
use serde_json::json;

use super::ground::{Ground, PASSWORD, SET};

/// An access key, and until when it is good.
#[derive(Clone, Debug)]
struct Key {
    id: String,
    /// Second at which it ends; none for one that lasts.
    ends: Option<i64>,
}

/// What one person has.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The person's name.
    pub person: &'static str,
    keys: BTreeMap<Account, Key>,
    /// Token of the sign-in.
    token: Option<String>,
}

/// Where somebody signs in, and works.
pub struct Place<'w> {
    world: &'w World,
    region: Region,
    store: &'w str,
    management: Scope,
}

impl Ground {
    /// The desks, and the place where they are.
    pub fn at_work(&mut self) -> (Place<'_>, &mut [Desk; 2], &[Account]) {
        let management = self.management();
        let place = Place { world: &self.world, region: self.region, store: &self.store, management };
        (place, &mut self.desks, &self.accounts)
    }
}

impl Desk {
    /// A person with nothing yet.
    pub const fn new(person: &'static str) -> Self {
        Self { person, keys: BTreeMap::new(), token: None }
    }

    /// Keeps an access key of an account that lasts.
    pub fn keep_key(&mut self, account: Account, id: String) {
        self.keys.insert(account, Key { id, ends: None });
    }

    /// Signs in, with the password; whether that was let.
    pub fn sign_in(&mut self, place: &Place<'_>) -> bool {
        let given = json!({"identityStoreId": place.store, "userName": self.person, "password": PASSWORD});
        let signed_in = place.world.within(place.management, |ctx| ctx.pull("sso-oidc.sign-in", &given));
        self.token = signed_in.ok().and_then(|answer| Some(answer["token"].as_str()?.to_owned()));
        self.token.is_some()
    }

    /// Gets fresh credentials in an account; whether the portal gave any.
    pub fn renew(&mut self, place: &Place<'_>, account: Account) -> bool {
        let Some(token) = &self.token else { return false };
        let input = sso::GetRoleCredentialsRequest {
            role_name: SET.to_owned(),
            account_id: account.to_string(),
            access_token: token.clone(),
        };
        let answer =
            place.world.call::<sso::GetRoleCredentials>(place.management, Principal::Anonymous, &input);
        let Some(found) = answer.ok().and_then(|answer| answer.role_credentials) else { return false };
        let (Some(id), Some(milliseconds)) = (found.access_key_id, found.expiration) else { return false };
        self.keys.insert(account, Key { id, ends: Some(milliseconds / 1_000) });
        true
    }

    /// Whether there are credentials for an account that have not ended.
    pub fn has_credentials(&self, place: &Place<'_>, account: Account) -> bool {
        let now = place.world.clock().now().secs();
        self.keys.get(&account).is_some_and(|key| key.ends.is_none_or(|ends| now < ends))
    }

    /// Does the work that people do all the time; whether it was let.
    pub fn work(&self, place: &Place<'_>, account: Account) -> bool {
        self.call::<iam::ListAccountAliases>(place, account)
    }

    /// Does what the policy that changes takes away; whether it was let.
    pub fn risk(&self, place: &Place<'_>, account: Account) -> bool {
        self.call::<iam::ListRoles>(place, account)
    }

    /// Makes a call with the credentials of an account, as a client does: what has ended or was switched off does not sign.
    fn call<O: Operation>(&self, place: &Place<'_>, account: Account) -> bool {
        let Some(key) = self.keys.get(&account).filter(|_| self.has_credentials(place, account)) else {
            return false;
        };
        let scope = Scope { account, region: place.region };
        let found = place.world.look(scope, |ctx| Ok(credentials::find(ctx, &key.id)));
        // A key that is not known any more would stand for a root user.
        let known =
            found.ok().filter(|found| !found.refused && !matches!(found.principal, Principal::Root { .. }));
        let Some(found) = known else { return false };
        let origin = Origin {
            scope,
            principal: found.principal,
            access_key: Some(key.id.clone()),
            request_id: place.world.request_id(),
            source: "192.0.2.1".to_owned(),
            user_agent: "aws-cli".to_owned(),
        };
        place.world.invoke(origin, O::SERVICE, O::NAME, &O::Input::default()).result.is_ok()
    }
}
