//! The ground that a variant runs on: a world of its own, with an organization and two people who work in its accounts.

use ironbird_api::{Operation, iam, identitystore as people, organizations as org, sso_admin};
use ironbird_cloud::InProcess;
use ironbird_cloud::rehearsal::{RehearseError, START};
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::world::{Auth, Settings, Transitions, World};
use ironbird_rig::{ServiceDef, Timestamp};
use serde_json::json;

use super::desk::Desk;
use super::documents::{RISKY, WORK, allowing};
use super::scenario::Scenario;
use super::variant::Variant;

/// Accounts, permission sets and assignments have so long to come up before the run begins.
const WARM_UP_SECONDS: i64 = 3_600;

/// Seconds until what was begun there is done.
const SETTLES_SECONDS: i64 = 600;

/// Who leaves.
pub const LEAVER: &str = "ann";

/// Who goes on working.
pub const COLLEAGUE: &str = "bob";

/// Name of the permission set, and of the customer managed policy in it.
pub const SET: &str = "Builder";

/// Both have this password.
pub const PASSWORD: &str = "Correct-horse-1";

/// A world at the beginning of the run.
pub struct Ground {
    /// The world.
    pub world: World,
    /// Region.
    pub region: Region,
    /// Member accounts, in the order of the organization.
    pub accounts: Vec<Account>,
    /// ARN of the instance of Identity Center.
    pub instance: String,
    /// Id of its identity store.
    pub store: String,
    /// ARN of the permission set.
    pub set: String,
    /// Id of the user who leaves.
    pub leaver: String,
    /// What each of the two has to work with.
    pub desks: [Desk; 2],
}

/// What the rehearsal's services are.
fn services() -> Vec<ServiceDef> {
    vec![
        ironbird_iam_service::service(),
        ironbird_identitystore::service(),
        ironbird_organizations::service(),
        ironbird_sso::service(),
        ironbird_sso_admin::service(),
        ironbird_sso_oidc::service(),
        ironbird_sts::service(),
    ]
}

impl Ground {
    /// Builds the world of a variant. Policies decide in it.
    ///
    /// # Errors
    /// When the world lacks what the scenario needs.
    pub fn build(scenario: &Scenario, region: Region, variant: &Variant) -> Result<Self, RehearseError> {
        let settings = Settings {
            seed: scenario.seed,
            transitions: Transitions::Realistic,
            auth: Auth::Enforce,
            ..Settings::default()
        };
        let begin = Timestamp::from_secs(START.secs() - WARM_UP_SECONDS);
        let world = World::rehearsal(services(), settings, begin);
        let mut ground = Self {
            world,
            region,
            accounts: Vec::new(),
            instance: String::new(),
            store: String::new(),
            set: String::new(),
            leaver: String::new(),
            desks: [Desk::new(LEAVER), Desk::new(COLLEAGUE)],
        };
        ground.found(scenario)?;
        match variant.hours(scenario) {
            Some(hours) => ground.assign(hours)?,
            None => ground.hand_out_keys()?,
        }
        ground.world.run_until(START);
        Ok(ground)
    }

    /// The management account.
    pub fn management(&self) -> Scope {
        Scope { account: Account::DEFAULT, region: self.region }
    }

    /// An account, as its root.
    pub fn cloud(&self, account: Account) -> InProcess<'_> {
        InProcess { world: &self.world, scope: Scope { account, region: self.region } }
    }

    /// Calls an operation in the management account, as those who administer it.
    ///
    /// # Errors
    /// What it answers.
    pub fn administer<O: Operation>(&self, input: &O::Input) -> Result<O::Output, RehearseError> {
        Ok(self.cloud(Account::DEFAULT).call_now::<O>(input)?)
    }

    fn settle(&self) {
        self.world.run_until(Timestamp::from_secs(self.world.clock().now().secs() + SETTLES_SECONDS));
    }

    /// Founds the organization, with its accounts and its Identity Center.
    fn found(&mut self, scenario: &Scenario) -> Result<(), RehearseError> {
        self.administer::<org::CreateOrganization>(&Default::default())?;
        let enabled = self.world.within(self.management(), |ctx| ctx.pull("sso-admin.enable", &json!({})))?;
        let text = |name: &str| enabled[name].as_str().unwrap_or_default().to_owned();
        (self.instance, self.store) = (text("instanceArn"), text("identityStoreId"));
        for number in 1..=scenario.accounts {
            let input = org::CreateAccountRequest {
                email: format!("work{number}@example.com"),
                account_name: format!("work{number}"),
                ..Default::default()
            };
            self.administer::<org::CreateAccount>(&input)?;
            self.world.run_until(Timestamp::from_secs(self.world.clock().now().secs() + 120));
        }
        self.settle();
        let listed = self.administer::<org::ListAccounts>(&Default::default())?.accounts.unwrap_or_default();
        let ids = listed.into_iter().filter_map(|account| Account::parse(&account.id?));
        self.accounts = ids.filter(|account| *account != Account::DEFAULT).collect();
        self.accounts.sort();
        if self.accounts.len() != scenario.accounts as usize {
            let lacking = format!("{} accounts were made of {}", self.accounts.len(), scenario.accounts);
            return Err(RehearseError::Ground(lacking));
        }
        Ok(())
    }

    /// Both get an IAM user with a key and an inline policy in each account.
    fn hand_out_keys(&mut self) -> Result<(), RehearseError> {
        for index in 0..self.desks.len() {
            let name = self.desks[index].person;
            for account in self.accounts.clone() {
                let cloud = self.cloud(account);
                let input = iam::CreateUserRequest { user_name: name.to_owned(), ..Default::default() };
                cloud.call_now::<iam::CreateUser>(&input)?;
                allow_user(&cloud, name, &[WORK, RISKY])?;
                let input = iam::CreateAccessKeyRequest { user_name: Some(name.to_owned()) };
                let key = cloud.call_now::<iam::CreateAccessKey>(&input)?.access_key.access_key_id;
                self.desks[index].keep_key(account, key);
            }
        }
        Ok(())
    }

    /// Both are users of the identity store, and are assigned one permission set in each account.
    fn assign(&mut self, hours: u32) -> Result<(), RehearseError> {
        for account in &self.accounts {
            let input = iam::CreatePolicyRequest {
                policy_name: SET.to_owned(),
                policy_document: allowing(&[RISKY]),
                ..Default::default()
            };
            self.cloud(*account).call_now::<iam::CreatePolicy>(&input)?;
        }
        self.set = self.make_set(hours)?;
        for index in 0..self.desks.len() {
            let name = self.desks[index].person;
            let user = self.make_user(name)?;
            for account in self.accounts.clone() {
                self.administer::<sso_admin::CreateAccountAssignment>(
                    &sso_admin::CreateAccountAssignmentRequest {
                        instance_arn: self.instance.clone(),
                        target_id: account.to_string(),
                        target_type: "AWS_ACCOUNT".to_owned(),
                        permission_set_arn: self.set.clone(),
                        principal_type: "USER".to_owned(),
                        principal_id: user.clone(),
                    },
                )?;
            }
            if name == LEAVER {
                self.leaver = user;
            }
        }
        self.settle();
        Ok(())
    }

    fn make_set(&self, hours: u32) -> Result<String, RehearseError> {
        let input = sso_admin::CreatePermissionSetRequest {
            instance_arn: self.instance.clone(),
            name: SET.to_owned(),
            session_duration: Some(format!("PT{hours}H")),
            ..Default::default()
        };
        let made = self.administer::<sso_admin::CreatePermissionSet>(&input)?.permission_set;
        let arn = made.and_then(|set| set.permission_set_arn).unwrap_or_default();
        self.administer::<sso_admin::AttachCustomerManagedPolicyReferenceToPermissionSet>(
            &sso_admin::AttachCustomerManagedPolicyReferenceToPermissionSetRequest {
                instance_arn: self.instance.clone(),
                permission_set_arn: arn.clone(),
                customer_managed_policy_reference: sso_admin::CustomerManagedPolicyReference {
                    name: SET.to_owned(),
                    path: None,
                },
            },
        )?;
        self.put_inline(&arn, allowing(&[WORK]))?;
        Ok(arn)
    }

    /// Puts an inline policy into a permission set.
    ///
    /// # Errors
    /// What the service answers.
    pub fn put_inline(&self, set: &str, inline_policy: String) -> Result<(), RehearseError> {
        let input = sso_admin::PutInlinePolicyToPermissionSetRequest {
            instance_arn: self.instance.clone(),
            permission_set_arn: set.to_owned(),
            inline_policy,
        };
        self.administer::<sso_admin::PutInlinePolicyToPermissionSet>(&input).map(drop)
    }

    fn make_user(&self, name: &str) -> Result<String, RehearseError> {
        let text = |text: &str| Some(text.to_owned());
        let input = people::CreateUserRequest {
            identity_store_id: self.store.clone(),
            user_name: text(name),
            display_name: text(name),
            name: Some(people::Name {
                given_name: text(name),
                family_name: text("Doe"),
                ..Default::default()
            }),
            ..Default::default()
        };
        let user = self.administer::<people::CreateUser>(&input)?.user_id;
        let given = json!({"identityStoreId": self.store, "userName": name, "password": PASSWORD});
        self.world.within(self.management(), |ctx| ctx.pull("identitystore.password", &given))?;
        Ok(user)
    }
}

/// Lets an IAM user do some actions, and nothing else.
///
/// # Errors
/// What the service answers.
pub fn allow_user(cloud: &InProcess<'_>, name: &str, actions: &[&str]) -> Result<(), RehearseError> {
    let input = iam::PutUserPolicyRequest {
        user_name: name.to_owned(),
        policy_name: "work".to_owned(),
        policy_document: allowing(actions),
    };
    Ok(cloud.call_now::<iam::PutUserPolicy>(&input).map(drop)?)
}
