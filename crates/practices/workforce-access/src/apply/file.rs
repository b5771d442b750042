//! The file that says who works where: users, groups, permission sets, assignments.

use ironbird_cloud::change::ApplyError;
use serde::Deserialize;

/// A file, as TOML.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Workforce {
    /// The member account that is to administer Identity Center.
    pub delegated_administrator: Option<String>,
    /// Users of the identity store.
    pub users: Vec<User>,
    /// Groups of it.
    pub groups: Vec<Group>,
    /// Permission sets.
    pub permission_sets: Vec<PermissionSet>,
    /// Who is assigned which of them, and where.
    pub assignments: Vec<Assignment>,
}

/// A user.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// What the user signs in with.
    pub name: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// How the user is shown; both names unless given.
    pub display_name: Option<String>,
    /// Primary address of mail.
    pub email: Option<String>,
}

/// A group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Names of all its users; who is in it is left alone unless given.
    pub members: Option<Vec<String>>,
}

/// A permission set. What is not given is left as it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionSet {
    /// Its name, which is in the name of its role in each account.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How long a session lasts: `PT1H` to `PT12H`.
    pub session_duration: Option<String>,
    /// ARNs of all its AWS managed policies.
    pub managed_policies: Option<Vec<String>>,
    /// All its customer managed policies: `deploy`, or `/teams/deploy` with a path. Every account has to have them.
    pub customer_managed_policies: Option<Vec<String>>,
    /// Its inline policy, as JSON; an empty text for none.
    pub inline_policy: Option<String>,
    /// Its permissions boundary: the ARN of an AWS managed policy, or a customer managed policy as above; an empty text for none.
    pub boundary: Option<String>,
}

/// Who is assigned a permission set, and where. Assignments that no file names are left alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Assignment {
    /// Name of the permission set.
    pub permission_set: String,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Names of users.
    pub users: Vec<String>,
    /// Ids of accounts.
    pub accounts: Vec<String>,
    /// Organizational units, with everything below them: `ou-…`, or names from the root on, `Workloads/Test`.
    pub units: Vec<String>,
}

impl Workforce {
    /// Reads a file.
    ///
    /// # Errors
    /// Where the text is no TOML, has a setting that there is not, or makes no sense.
    pub fn parse(text: &str) -> Result<Self, ApplyError> {
        let file: Self = toml::from_str(text).map_err(|error| ApplyError::Input(error.to_string()))?;
        file.validate()?;
        Ok(file)
    }

    fn validate(&self) -> Result<(), ApplyError> {
        distinct("user", self.users.iter().map(|it| it.name.as_str()))?;
        distinct("group", self.groups.iter().map(|it| it.name.as_str()))?;
        distinct("permission set", self.permission_sets.iter().map(|it| it.name.as_str()))?;
        for set in &self.permission_sets {
            let inline = set.inline_policy.as_deref().unwrap_or_default();
            if !inline.is_empty()
                && let Err(error) = ironbird_iam::Policy::parse(ironbird_iam::Kind::Managed, inline)
            {
                let (name, message) = (&set.name, error.message());
                return wrong(format!(
                    "permission set {name}: inline_policy: {message} ({})",
                    error.detail()
                ));
            }
        }
        for assignment in &self.assignments {
            let name = &assignment.permission_set;
            let nobody = assignment.groups.is_empty() && assignment.users.is_empty();
            if name.is_empty() || nobody || (assignment.accounts.is_empty() && assignment.units.is_empty()) {
                let wants = "an assignment wants a permission_set, groups or users, and accounts or units";
                return wrong(format!("{wants}: the one of {name:?} lacks some"));
            }
        }
        let accounts = self.assignments.iter().flat_map(|it| &it.accounts);
        for account in accounts.chain(&self.delegated_administrator) {
            if ironbird_rig::Account::parse(account).is_none() {
                return wrong(format!("{account:?} is no account: give twelve digits"));
            }
        }
        Ok(())
    }
}

fn wrong<T>(what: String) -> Result<T, ApplyError> {
    Err(ApplyError::Input(what))
}

/// Checks that no name is there twice. Identity Center does not tell names apart by case.
fn distinct<'n>(what: &str, names: impl Iterator<Item = &'n str>) -> Result<(), ApplyError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if name.is_empty() {
            return wrong(format!("a {what} has no name"));
        }
        if !seen.insert(name.to_lowercase()) {
            return wrong(format!("the {what} {name} is there twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_told() {
        let wrong = |text: &str| Workforce::parse(text).unwrap_err().to_string();
        for (text, said) in [
            ("user = 1", "unknown field"),
            ("[[users]]\nname = 'ann'", "given_name"),
            ("[[groups]]\nname = 'a'\n[[groups]]\nname = 'A'", "the group A is there twice"),
            ("[[groups]]\nname = ''", "a group has no name"),
            ("[[assignments]]\npermission_set = 'A'\ngroups = ['a']", "lacks some"),
            ("[[assignments]]\npermission_set = 'A'\ngroups = ['a']\naccounts = ['1']", "twelve digits"),
            ("delegated_administrator = 'me'", "twelve digits"),
            ("[[permission_sets]]\nname = 'A'\ninline_policy = '{}'", "permission set A: inline_policy"),
        ] {
            let error = wrong(text);
            assert!(error.contains(said), "{text} gave {error}");
        }
    }
}
