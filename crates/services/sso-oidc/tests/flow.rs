//! From a code to credentials in a rehearsal: everything on the virtual clock, and the same again from the same seed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use ironbird_api::Operation;
use ironbird_api::identitystore::{CreateUser, CreateUserRequest, Name};
use ironbird_api::organizations::{CreateOrganization, CreateOrganizationRequest};
use ironbird_api::{sso, sso_admin as center, sso_oidc as api};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Principal, Region, Result, Scope, Timestamp};
use serde_json::{Value, json};

const START: i64 = 1_767_225_600;
const PASSWORD: &str = "Correct-horse-1";

struct Workforce {
    world: World,
    store: String,
}

impl Workforce {
    /// An organization of one account, in which Ann is an administrator.
    fn new(seed: u64) -> Self {
        let services = vec![
            ironbird_iam_service::service(),
            ironbird_identitystore::service(),
            ironbird_organizations::service(),
            ironbird_sso::service(),
            ironbird_sso_admin::service(),
            ironbird_sso_oidc::service(),
        ];
        let settings = Settings { seed, ..Settings::default() };
        let world = World::rehearsal(services, settings, Timestamp::from_secs(START));
        let mut workforce = Self { world, store: String::new() };
        workforce.call::<CreateOrganization>(CreateOrganizationRequest::default()).unwrap();
        let enabled = workforce.pull("sso-admin.enable", &json!({})).unwrap();
        let arn = enabled["instanceArn"].as_str().unwrap().to_owned();
        workforce.store = enabled["identityStoreId"].as_str().unwrap().to_owned();
        workforce.pass(60);
        let text = |text: &str| Some(text.to_owned());
        let user = CreateUserRequest {
            identity_store_id: workforce.store.clone(),
            user_name: text("ann"),
            display_name: text("Ann"),
            name: Some(Name { given_name: text("Ann"), family_name: text("Doe"), ..Default::default() }),
            ..Default::default()
        };
        let user = workforce.call::<CreateUser>(user).unwrap().user_id;
        let set = center::CreatePermissionSetRequest {
            instance_arn: arn.clone(),
            name: "Admin".to_owned(),
            ..Default::default()
        };
        let set = workforce.call::<center::CreatePermissionSet>(set).unwrap().permission_set.unwrap();
        let assignment = center::CreateAccountAssignmentRequest {
            instance_arn: arn,
            target_id: Account::DEFAULT.to_string(),
            target_type: "AWS_ACCOUNT".to_owned(),
            permission_set_arn: set.permission_set_arn.unwrap(),
            principal_type: "USER".to_owned(),
            principal_id: user,
        };
        workforce.call::<center::CreateAccountAssignment>(assignment).unwrap();
        workforce.pass(60);
        let password = json!({ "identityStoreId": workforce.store, "userName": "ann", "password": PASSWORD });
        workforce.pull("identitystore.password", &password).unwrap();
        workforce
    }

    fn scope(&self) -> Scope {
        Scope { account: Account::DEFAULT, region: Region::DEFAULT }
    }

    fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output> {
        self.world.call::<O>(self.scope(), Principal::Root { account: Account::DEFAULT }, &input)
    }

    fn pull(&self, lever: &str, given: &Value) -> Result<Value> {
        self.world.within(self.scope(), |ctx| ctx.pull(lever, given))
    }

    fn pass(&self, seconds: i64) {
        self.world.run_until(Timestamp::from_secs(self.world.clock().now().secs() + seconds));
    }

    /// An access token, by a device code.
    fn token(&self) -> String {
        let client = api::RegisterClientRequest {
            client_name: "tool".to_owned(),
            client_type: "public".to_owned(),
            ..Default::default()
        };
        let client = self.call::<api::RegisterClient>(client).unwrap();
        let (client_id, client_secret) = (client.client_id.unwrap(), client.client_secret.unwrap());
        let device = api::StartDeviceAuthorizationRequest {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
            start_url: format!("https://{}.awsapps.com/start", self.store),
        };
        let device = self.call::<api::StartDeviceAuthorization>(device).unwrap();
        let ann = json!({ "identityStoreId": self.store, "userName": "ann", "password": PASSWORD });
        let signed_in = self.pull("sso-oidc.sign-in", &ann).unwrap();
        let answer =
            json!({ "token": signed_in["token"], "userCode": device.user_code.unwrap(), "allow": true });
        self.pull("sso-oidc.answer-device", &answer).unwrap();
        let token = api::CreateTokenRequest {
            client_id,
            client_secret,
            grant_type: "urn:ietf:params:oauth:grant-type:device_code".to_owned(),
            device_code: device.device_code,
            ..Default::default()
        };
        self.call::<api::CreateToken>(token).unwrap().access_token.unwrap()
    }

    fn credentials(&self, access_token: &str) -> Result<sso::RoleCredentials> {
        let input = sso::GetRoleCredentialsRequest {
            role_name: "Admin".to_owned(),
            account_id: Account::DEFAULT.to_string(),
            access_token: access_token.to_owned(),
        };
        Ok(self.call::<sso::GetRoleCredentials>(input)?.role_credentials.unwrap())
    }
}

#[test]
fn a_token_is_worth_credentials_until_the_sign_in_is_over() {
    let workforce = Workforce::new(7);
    let token = workforce.token();
    let first = workforce.credentials(&token).unwrap();
    let now = workforce.world.clock().now().secs();
    assert_eq!(first.expiration, Some((now + 3600) * 1000));
    workforce.pass(8 * 3600 - 1);
    assert!(workforce.credentials(&token).is_ok());
    workforce.pass(1);
    assert_eq!(workforce.credentials(&token).err().unwrap().code(), "UnauthorizedException");
}

#[test]
fn a_seed_gives_the_same_tokens_again() {
    let one = |seed| {
        let workforce = Workforce::new(seed);
        let token = workforce.token();
        let credentials = workforce.credentials(&token).unwrap();
        (token, credentials.access_key_id.unwrap())
    };
    let first = one(1);
    assert_eq!(first, one(1));
    assert_ne!(first, one(2));
}
