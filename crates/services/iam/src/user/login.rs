//! Login profiles: the passwords of users.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::credentials::Password;
use ironbird_rig::{Ctx, Error, Principal, Result, ServiceDef};

use super::meant;
use super::record::{Login, User};
use crate::account::password_policy::{self, Rules};
use crate::{error, named};

/// Where the salts of passwords are drawn.
const LABEL: &str = "iam.password";

/// Earlier passwords that a policy can look at (API reference, `PasswordReusePrevention`).
const REMEMBERED: usize = 24;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateLoginProfile>(create_login_profile)
        .read::<api::GetLoginProfile>(get_login_profile)
        .write::<api::UpdateLoginProfile>(update_login_profile)
        .write::<api::DeleteLoginProfile>(delete_login_profile)
        .write::<api::ChangePassword>(change_password)
}

fn missing(user: &str) -> Error {
    error::no_such_entity(format!("Login Profile for User {user} cannot be found."))
}

fn view(user: &str, login: &Login) -> api::LoginProfile {
    api::LoginProfile {
        user_name: user.to_owned(),
        create_date: login.created,
        password_reset_required: Some(login.reset),
    }
}

fn find(ctx: &Ctx<'_>, user: &str) -> Result<Login> {
    named::find::<User>(ctx, user)?.login.clone().ok_or_else(|| missing(user))
}

fn keep(ctx: &mut Ctx<'_>, user: &str, login: Option<Login>) -> Result<()> {
    named::change::<User, _>(ctx, user, |user| {
        user.login = login;
        Ok(())
    })
}

fn create_login_profile(
    ctx: &mut Ctx<'_>,
    input: &api::CreateLoginProfileRequest,
) -> Result<api::CreateLoginProfileResponse> {
    let name = meant(ctx, input.user_name.as_ref())?;
    if named::find::<User>(ctx, &name)?.login.is_some() {
        return Err(error::already_exists(format!("Login Profile for user {name} already exists.")));
    }
    let Some(plain) = &input.password else {
        return Err(error::validation("A login profile needs a Password."));
    };
    password_policy::of_account(ctx).check(plain)?;
    let now = named::now(ctx);
    let login = Login {
        created: now,
        password: Password::new(ctx, LABEL, plain)?,
        changed: now,
        reset: input.password_reset_required.unwrap_or(false),
        earlier: Vec::new(),
    };
    let login_profile = view(&name, &login);
    keep(ctx, &name, Some(login))?;
    Ok(api::CreateLoginProfileResponse { login_profile })
}

fn get_login_profile(
    ctx: &mut Ctx<'_>,
    input: &api::GetLoginProfileRequest,
) -> Result<api::GetLoginProfileResponse> {
    let name = meant(ctx, input.user_name.as_ref())?;
    Ok(api::GetLoginProfileResponse { login_profile: view(&name, &find(ctx, &name)?) })
}

fn update_login_profile(ctx: &mut Ctx<'_>, input: &api::UpdateLoginProfileRequest) -> Result<Empty> {
    let mut login = find(ctx, &input.user_name)?;
    if let Some(plain) = &input.password {
        // Who sets another's password need not know the earlier ones: only its form is looked at.
        password_policy::of_account(ctx).check(plain)?;
        replace(ctx, &mut login, plain)?;
    }
    if let Some(reset) = input.password_reset_required {
        login.reset = reset;
    }
    keep(ctx, &input.user_name, Some(login))?;
    Ok(Empty {})
}

fn replace(ctx: &mut Ctx<'_>, login: &mut Login, plain: &str) -> Result<()> {
    let before = std::mem::replace(&mut login.password, Password::new(ctx, LABEL, plain)?);
    login.earlier.push(before);
    let forgotten = login.earlier.len().saturating_sub(REMEMBERED);
    login.earlier.drain(..forgotten);
    login.changed = named::now(ctx);
    Ok(())
}

fn delete_login_profile(ctx: &mut Ctx<'_>, input: &api::DeleteLoginProfileRequest) -> Result<Empty> {
    let name = meant(ctx, input.user_name.as_ref())?;
    find(ctx, &name)?;
    keep(ctx, &name, None)?;
    Ok(Empty {})
}

/// A user changes its own password.
fn change_password(ctx: &mut Ctx<'_>, input: &api::ChangePasswordRequest) -> Result<Empty> {
    let Principal::User { name, .. } = ctx.caller().clone() else {
        let message = "Only IAM Users can change their own password.";
        return Err(Error::client("InvalidUserType", message));
    };
    let mut login = find(ctx, &name)?;
    let rules: Rules = password_policy::of_account(ctx);
    if !login.password.is(&input.old_password) {
        return Err(Error::with_status(403, "AccessDenied", "The old password was incorrect."));
    }
    rules.check(&input.new_password)?;
    let remembered = std::iter::once(&login.password).chain(login.earlier.iter().rev());
    if rules.reused(remembered, &input.new_password) {
        return Err(password_policy::violation(
            "Policy constraint violation with password reuse prevention.",
        ));
    }
    replace(ctx, &mut login, &input.new_password)?;
    login.reset = false;
    keep(ctx, &name, Some(login))?;
    Ok(Empty {})
}
