//! What passwords of the account's users must be like.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::credentials::Password;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use super::{keep, settings};
use crate::error;

/// Characters that count as symbols (IAM user guide, "Setting an account password policy for IAM users").
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// Characters that a password may have at most (API reference, `Password`).
const LONGEST: usize = 128;

/// What passwords must be like.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rules {
    shortest: i32,
    symbols: bool,
    numbers: bool,
    uppercase: bool,
    lowercase: bool,
    /// Kinds of characters, of these four, that there must be, whichever. Only where the account sets no rules.
    kinds: usize,
    change: bool,
    days: Option<i32>,
    remembered: Option<i32>,
    hard_expiry: Option<bool>,
}

impl Rules {
    /// The rules of accounts that set none: eight characters of three kinds (IAM user guide).
    const DEFAULT: Self = Self {
        shortest: 8,
        symbols: false,
        numbers: false,
        uppercase: false,
        lowercase: false,
        kinds: 3,
        change: false,
        days: None,
        remembered: None,
        hard_expiry: None,
    };

    /// Checks a password.
    ///
    /// # Errors
    /// `PasswordPolicyViolation`
    pub(crate) fn check(&self, password: &str) -> Result<()> {
        let length = password.chars().count();
        if length < usize::try_from(self.shortest).unwrap_or(0) {
            return Err(violation(format!("Password should have a minimum length of {}", self.shortest)));
        }
        if length > LONGEST {
            return Err(violation(format!("Password should have a maximum length of {LONGEST}")));
        }
        let has = |kind: fn(char) -> bool| password.chars().any(kind);
        let found = [
            (self.uppercase, has(|c| c.is_ascii_uppercase()), "uppercase letter"),
            (self.lowercase, has(|c| c.is_ascii_lowercase()), "lowercase letter"),
            (self.numbers, has(|c| c.is_ascii_digit()), "number"),
            (self.symbols, has(|c| SYMBOLS.contains(c)), "symbol"),
        ];
        if let Some((.., what)) = found.iter().find(|(wanted, has, _)| *wanted && !has) {
            return Err(violation(format!("Password should have at least one {what}")));
        }
        if found.iter().filter(|(_, has, _)| *has).count() < self.kinds {
            let message = "Password should have at least three of: uppercase letters, lowercase letters, numbers, symbols";
            return Err(violation(message));
        }
        Ok(())
    }

    /// Whether a password is one of the last ones, the newest first, that may not come again.
    pub(crate) fn reused<'p>(&self, earlier: impl Iterator<Item = &'p Password>, password: &str) -> bool {
        let most = self.remembered.and_then(|most| usize::try_from(most).ok()).unwrap_or(0);
        earlier.take(most).any(|earlier| earlier.is(password))
    }
}

/// A password that the rules do not take.
pub(crate) fn violation(message: impl Into<String>) -> Error {
    Error::client("PasswordPolicyViolation", message)
}

/// The rules of the account.
pub(crate) fn of_account(ctx: &Ctx<'_>) -> Rules {
    settings(ctx).rules.unwrap_or(Rules::DEFAULT)
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::UpdateAccountPasswordPolicy>(update_account_password_policy)
        .records::<api::UpdateAccountPasswordPolicy>(&[
            "AllowUsersToChangePassword",
            "MaxPasswordAge",
            "HardExpiry",
        ])
        .read::<api::GetAccountPasswordPolicy>(get_account_password_policy)
        .write::<api::DeleteAccountPasswordPolicy>(delete_account_password_policy)
}

/// Sets all rules: what is left out goes back to its default.
fn update_account_password_policy(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateAccountPasswordPolicyRequest,
) -> Result<Empty> {
    let is = |given: Option<bool>| given.unwrap_or(false);
    let rules = Rules {
        shortest: input.minimum_password_length.unwrap_or(6),
        symbols: is(input.require_symbols),
        numbers: is(input.require_numbers),
        uppercase: is(input.require_uppercase_characters),
        lowercase: is(input.require_lowercase_characters),
        kinds: 0,
        change: is(input.allow_users_to_change_password),
        days: input.max_password_age.filter(|days| *days > 0),
        remembered: input.password_reuse_prevention.filter(|most| *most > 0),
        hard_expiry: input.hard_expiry,
    };
    let mut settings = settings(ctx);
    settings.rules = Some(rules);
    keep(ctx, settings)?;
    Ok(Empty {})
}

fn missing(ctx: &Ctx<'_>) -> Error {
    let account = ctx.scope().account;
    error::no_such_entity(format!("The Password Policy with domain name {account} cannot be found."))
}

fn get_account_password_policy(
    ctx: &mut Ctx<'_>,
    _input: &Empty,
) -> Result<api::GetAccountPasswordPolicyResponse> {
    let rules = settings(ctx).rules.ok_or_else(|| missing(ctx))?;
    let password_policy = api::PasswordPolicy {
        minimum_password_length: Some(rules.shortest),
        require_symbols: Some(rules.symbols),
        require_numbers: Some(rules.numbers),
        require_uppercase_characters: Some(rules.uppercase),
        require_lowercase_characters: Some(rules.lowercase),
        allow_users_to_change_password: Some(rules.change),
        expire_passwords: Some(rules.days.is_some()),
        max_password_age: rules.days,
        password_reuse_prevention: rules.remembered,
        hard_expiry: rules.hard_expiry,
    };
    Ok(api::GetAccountPasswordPolicyResponse { password_policy })
}

fn delete_account_password_policy(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<Empty> {
    let mut settings = settings(ctx);
    if settings.rules.take().is_none() {
        return Err(missing(ctx));
    }
    keep(ctx, settings)?;
    Ok(Empty {})
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn passwords_have_three_kinds_of_characters_unless_the_account_says_otherwise() {
        let refusal =
            |password: &str| Rules::DEFAULT.check(password).err().map(|error| error.message().to_owned());
        assert_eq!(refusal("Abcdef1!"), None);
        assert_eq!(refusal("Abc1"), Some("Password should have a minimum length of 8".to_owned()));
        assert!(refusal("abcdefgh").unwrap().contains("three of"));
        assert!(refusal(&"Aa1".repeat(43)).unwrap().contains("maximum"));
    }

    #[test]
    fn what_an_account_asks_for_must_be_there() {
        let rules = Rules { symbols: true, kinds: 0, ..Rules::DEFAULT };
        assert_eq!(
            rules.check("Abcdefg1").unwrap_err().message(),
            "Password should have at least one symbol"
        );
        assert!(rules.check("abcdefg!").is_ok());
    }
}
