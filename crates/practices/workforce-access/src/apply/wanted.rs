//! What a file wants: how each thing that it names is to be, and what is not to be there any more.

use std::collections::BTreeMap;

use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;

use super::center::Center;
use super::file::{PermissionSet, User, Workforce};
use super::item::{Fields, Item, field, plain, with_path};
use super::units;

/// How things are to be: with these fields at least, or not there.
#[derive(Default)]
pub struct Wanted {
    /// The things.
    pub items: BTreeMap<Item, Option<Fields>>,
    /// What is not done although the file says so, and why.
    pub skipped: Vec<(String, String)>,
}

impl Wanted {
    fn there(&mut self, item: Item) {
        self.items.insert(item, Some(Fields::new()));
    }

    /// Finds out what a file wants of a center. `management` is the id of the management account.
    ///
    /// # Errors
    /// Where the file names what there is not, or something cannot be read.
    pub async fn of<C: Cloud>(
        cloud: &C,
        center: &Center,
        file: &Workforce,
        management: &str,
    ) -> Result<Self, ApplyError> {
        let mut wanted = Self::default();
        for user in &file.users {
            wanted.items.insert(Item::User { name: user.name.clone() }, Some(of_user(user)));
        }
        wanted.add_groups(cloud, center, file).await.map_err(ApplyError::call("cannot read the groups"))?;
        for set in &file.permission_sets {
            let doing = ApplyError::call(format!("cannot read the permission set {}", set.name));
            wanted.add_set(cloud, center, set).await.map_err(doing)?;
        }
        wanted.add_assignments(cloud, file, management).await?;
        if let Some(account) = &file.delegated_administrator {
            wanted.there(Item::Delegation { account: account.clone() });
        }
        wanted.must_be_known(cloud, center).await?;
        Ok(wanted)
    }

    async fn add_groups<C: Cloud>(
        &mut self,
        cloud: &C,
        center: &Center,
        file: &Workforce,
    ) -> Result<(), CallError> {
        for group in &file.groups {
            let fields = group.description.as_ref().map(|text| field("description", text));
            self.items.insert(Item::Group { name: group.name.clone() }, Some(fields.unwrap_or_default()));
            let Some(members) = &group.members else { continue };
            for user in center.members(cloud, &group.name).await? {
                if !members.iter().any(|member| member.eq_ignore_ascii_case(&user)) {
                    self.items.insert(Item::Member { group: group.name.clone(), user }, None);
                }
            }
            for user in members {
                self.there(Item::Member { group: group.name.clone(), user: user.clone() });
            }
        }
        Ok(())
    }

    async fn add_set<C: Cloud>(
        &mut self,
        cloud: &C,
        center: &Center,
        set: &PermissionSet,
    ) -> Result<(), CallError> {
        let name = &set.name;
        let given =
            [("description", &set.description), ("session_duration", &set.session_duration)].into_iter();
        let given = given.filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        self.items.insert(Item::Set { name: name.clone() }, Some(given.collect()));
        if let Some(policies) = &set.managed_policies {
            let item = |policy: String| Item::Managed { set: name.clone(), policy };
            let there = center.managed(cloud, name).await?;
            self.only(there.into_iter().map(item), policies.iter().cloned().map(item));
        }
        if let Some(policies) = &set.customer_managed_policies {
            let item = |policy: String| Item::Customer { set: name.clone(), policy };
            let there = center.customer(cloud, name).await?;
            self.only(there.into_iter().map(item), policies.iter().map(|policy| item(with_path(policy))));
        }
        if let Some(policy) = &set.inline_policy {
            let fields = (!policy.trim().is_empty()).then(|| field("policy", plain(policy)));
            self.items.insert(Item::Inline { set: name.clone() }, fields);
        }
        if let Some(policy) = &set.boundary {
            let named = if policy.starts_with("arn:") { policy.clone() } else { with_path(policy) };
            let fields = (!policy.is_empty()).then(|| field("policy", named));
            self.items.insert(Item::Boundary { set: name.clone() }, fields);
        }
        Ok(())
    }

    /// What is there is not to be, unless it is wanted.
    fn only(&mut self, there: impl Iterator<Item = Item>, wanted: impl Iterator<Item = Item>) {
        self.items.extend(there.map(|item| (item, None)));
        self.items.extend(wanted.map(|item| (item, Some(Fields::new()))));
    }

    async fn add_assignments<C: Cloud>(
        &mut self,
        cloud: &C,
        file: &Workforce,
        management: &str,
    ) -> Result<(), ApplyError> {
        for assignment in &file.assignments {
            let mut accounts = assignment.accounts.clone();
            for unit in &assignment.units {
                let below = units::accounts(cloud, unit).await?;
                if below.iter().any(|account| account == management) {
                    let what = format!("the management account {management} below the unit {unit}");
                    let why = "it is for what only it can do: name it among accounts where it is meant";
                    self.skipped.push((what, why.to_owned()));
                }
                accounts.extend(below.into_iter().filter(|account| account != management));
            }
            let users = assignment.users.iter().map(|name| ("USER", name));
            let principals: Vec<_> =
                users.chain(assignment.groups.iter().map(|name| ("GROUP", name))).collect();
            for account in accounts {
                for (principal, name) in &principals {
                    self.there(Item::Assignment {
                        set: assignment.permission_set.clone(),
                        account: account.clone(),
                        principal: (*principal).to_owned(),
                        name: (*name).clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Everybody and everything that is referred to has to be in the file or there already.
    async fn must_be_known<C: Cloud>(&self, cloud: &C, center: &Center) -> Result<(), ApplyError> {
        for item in self.items.iter().filter(|(_, wanted)| wanted.is_some()).map(|(item, _)| item) {
            let needed = match item {
                Item::Member { user, .. } => vec![Item::User { name: user.clone() }],
                Item::Assignment { set, principal, name, .. } => {
                    let name = name.clone();
                    let who = if principal == "USER" { Item::User { name } } else { Item::Group { name } };
                    vec![Item::Set { name: set.clone() }, who]
                }
                _ => Vec::new(),
            };
            for needed in needed.into_iter().filter(|needed| !self.items.contains_key(needed)) {
                let found = center.read(cloud, &needed).await;
                if found.map_err(ApplyError::call(format!("cannot read {needed}")))?.is_none() {
                    return Err(ApplyError::Input(format!(
                        "there is no {needed}, and the file does not make it"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn of_user(user: &User) -> Fields {
    let mut fields = field("given_name", &user.given_name);
    fields.extend(field("family_name", &user.family_name));
    let shown = user.display_name.clone();
    fields.extend(field(
        "display_name",
        shown.unwrap_or_else(|| format!("{} {}", user.given_name, user.family_name)),
    ));
    if let Some(email) = &user.email {
        fields.extend(field("email", email));
    }
    fields
}
