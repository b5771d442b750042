//! Applications as Identity Center has them registered: who may call for them, how they may get tokens, and whose tokens they may bring.

use ironbird_api::{identitystore as people, sso_admin as center};
use ironbird_federation::jwt::{self, Claims};
use ironbird_iam::Kind;
use ironbird_rig::access::{self, Need};
use ironbird_rig::arn::Arn;
use ironbird_rig::credentials::sign_in::SignIn;
use ironbird_rig::{Account, Ctx, Error, Result, Scope, Timestamp};
use serde_json::{Value, json};

use crate::{PRINCIPAL, error, instance, person};

/// Those who call for an application are allowed this on it by its actor policy.
const ACTION: &str = "sso-oauth:CreateTokenWithIAM";

/// How far an issuer's clock may be ahead of the rig's, in seconds. AWS publishes no figure.
const SKEW: i64 = 300;

/// An application.
pub(crate) struct Registered {
    pub(crate) arn: String,
    /// ARN of its instance.
    pub(crate) instance: String,
    /// Its access scopes.
    pub(crate) scopes: Vec<String>,
    grants: Vec<center::GrantItem>,
    /// Where it is.
    scope: Scope,
}

impl Registered {
    /// The application of that ARN.
    ///
    /// # Errors
    /// `InvalidClientException` where there is none that is enabled.
    pub(crate) fn find(ctx: &mut Ctx<'_>, arn: &str) -> Result<Self> {
        let parsed = Arn::parse(arn).filter(|parsed| parsed.resource.starts_with("application/"));
        let account = parsed.and_then(|parsed| Account::parse(parsed.account)).ok_or_else(error::client)?;
        let scope = Scope { account, region: ctx.region() };
        ctx.within(scope, |ctx| {
            let input = center::DescribeApplicationRequest { application_arn: arn.to_owned() };
            let found = ctx.call::<center::DescribeApplication>(PRINCIPAL, &input).map_err(unknown)?;
            if found.status.as_deref() != Some("ENABLED") {
                return Err(error::client());
            }
            let input = center::ListApplicationGrantsRequest {
                application_arn: arn.to_owned(),
                ..Default::default()
            };
            let grants = ctx.call::<center::ListApplicationGrants>(PRINCIPAL, &input)?.grants;
            let mut input = center::ListApplicationAccessScopesRequest {
                application_arn: arn.to_owned(),
                ..Default::default()
            };
            let mut scopes = Vec::new();
            loop {
                let page = ctx.call::<center::ListApplicationAccessScopes>(PRINCIPAL, &input)?;
                scopes.extend(page.scopes.into_iter().map(|found| found.scope));
                input.next_token = page.next_token;
                if input.next_token.is_none() {
                    break;
                }
            }
            Ok(Self {
                arn: arn.to_owned(),
                instance: found.instance_arn.unwrap_or_default(),
                scopes,
                grants,
                scope,
            })
        })
    }

    /// Whether it may get tokens in such a way.
    pub(crate) fn may(&self, grant: &str) -> bool {
        self.grants.iter().any(|item| item.grant_type == grant)
    }

    /// Lets in whoever the application's actor policy allows to call for it.
    ///
    /// # Errors
    /// `AccessDeniedException`, where policies decide.
    pub(crate) fn admit(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        let input = center::GetApplicationAuthenticationMethodRequest {
            application_arn: self.arn.clone(),
            authentication_method_type: "IAM".to_owned(),
        };
        let found = ctx.within(self.scope, |ctx| {
            ctx.call::<center::GetApplicationAuthenticationMethod>(PRINCIPAL, &input)
        });
        let policy = match found {
            Ok(found) => {
                found.authentication_method.and_then(|method| method.iam).map(|iam| iam.actor_policy)
            }
            Err(missing) if missing.code() == "ResourceNotFoundException" => None,
            Err(error) => return Err(error),
        };
        let policy = policy.and_then(|policy| access::policy(Kind::Resource, &self.arn, &policy.to_string()));
        let allowed =
            policy.is_some_and(|policy| access::allowed_by(ctx, &policy, &Need::new(ACTION, &*self.arn)));
        if allowed { Ok(()) } else { access::deny(ctx, error::not_an_actor()) }
    }

    /// For whom an issuer that the application trusts made a token.
    ///
    /// # Errors
    /// `InvalidGrantException`
    pub(crate) fn vouched_for(&self, ctx: &mut Ctx<'_>, assertion: &str) -> Result<SignIn> {
        let bad = || error::grant("Invalid assertion provided");
        let url = jwt::issuer(assertion).ok_or_else(bad)?;
        let trusted = self.grants.iter().filter_map(|item| item.grant.jwt_bearer.as_ref());
        let trusted = trusted.flat_map(|grant| grant.authorized_token_issuers.iter().flatten());
        for issuer in trusted.cloned().collect::<Vec<_>>() {
            let arn = issuer.trusted_token_issuer_arn.unwrap_or_default();
            let known =
                ctx.within(self.scope, |ctx| ctx.pull("sso-admin.token-issuer", &json!({ "issuer": arn })))?;
            if known["url"] != url.as_str() {
                continue;
            }
            let keys = known["keys"].as_str().ok_or_else(|| error::grant(&unknown_keys(&arn)))?;
            let claims = jwt::verify(assertion, keys).map_err(|_| bad())?;
            check_times(&claims, ctx.now())?;
            let authorized = issuer.authorized_audiences.unwrap_or_default();
            if !claims.texts("aud").iter().any(|audience| authorized.contains(audience)) {
                return Err(error::grant("The audience of the assertion is not authorized"));
            }
            let path = |name: &str| known[name].as_str().unwrap_or_default().to_owned();
            let value = claim(&claims, &path("claim")).ok_or_else(bad)?.to_owned();
            return self.person(ctx, path("attribute"), value);
        }
        Err(error::grant("The issuer of the assertion is not authorized"))
    }

    /// The user with that attribute, whom tokens are for until a sign-in would be over.
    fn person(&self, ctx: &mut Ctx<'_>, path: String, value: String) -> Result<SignIn> {
        let store = instance::of_arn(ctx, &self.instance).map(|found| found.store.clone());
        let store = store.ok_or_else(error::client)?;
        let unique = people::UniqueAttribute { attribute_path: path, attribute_value: value.into() };
        let input = people::GetUserIdRequest {
            identity_store_id: store.clone(),
            alternate_identifier: people::AlternateIdentifier {
                unique_attribute: Some(unique),
                external_id: None,
            },
        };
        let found = ctx.within(self.scope, |ctx| ctx.call::<people::GetUserId>(PRINCIPAL, &input));
        let user = found.map_err(|_| error::grant(error::INVALID_GRANT))?.user_id;
        let ends = Timestamp::from_secs(ctx.now().secs() + person::LASTS);
        Ok(SignIn { scope: self.scope, instance: self.instance.clone(), store, user, ends })
    }

    /// Checks that somebody may use the application, where only those may whom it is assigned to.
    ///
    /// # Errors
    /// `AccessDeniedException`
    pub(crate) fn check_assigned(&self, ctx: &mut Ctx<'_>, person: &SignIn) -> Result<()> {
        ctx.within(self.scope, |ctx| {
            let input =
                center::GetApplicationAssignmentConfigurationRequest { application_arn: self.arn.clone() };
            if !ctx
                .call::<center::GetApplicationAssignmentConfiguration>(PRINCIPAL, &input)?
                .assignment_required
            {
                return Ok(());
            }
            let filter = center::ListApplicationAssignmentsFilter { application_arn: Some(self.arn.clone()) };
            let input = center::ListApplicationAssignmentsForPrincipalRequest {
                instance_arn: self.instance.clone(),
                principal_id: person.user.clone(),
                principal_type: "USER".to_owned(),
                filter: Some(filter),
                ..Default::default()
            };
            let page = ctx.call::<center::ListApplicationAssignmentsForPrincipal>(PRINCIPAL, &input)?;
            match page.application_assignments.is_some_and(|found| !found.is_empty()) {
                true => Ok(()),
                false => Err(error::not_assigned()),
            }
        })
    }
}

fn unknown(error: Error) -> Error {
    if matches!(error.code(), "ResourceNotFoundException" | "ValidationException") {
        error::client()
    } else {
        error
    }
}

fn unknown_keys(arn: &str) -> String {
    format!(
        "The keys of the issuer are not known: a rig asks nobody by itself. Hand them over with: \
         ironbird lever pull sso-admin.issuer-keys issuer={arn} keys=JWKS"
    )
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<()> {
    let lacking = || error::grant("The assertion does not say when it was issued and expires");
    let (expires, issued) = claims.instant("exp").zip(claims.instant("iat")).ok_or_else(lacking)?;
    let begins = claims.instant("nbf").map_or(issued, |begins| begins.max(issued));
    if expires <= now.secs() || begins > now.secs() + SKEW {
        return Err(error::grant("The assertion is not valid now"));
    }
    Ok(())
}

/// The claim at a path: a claim's name, or names with dots between them that lead into claims.
fn claim<'c>(claims: &'c Claims, path: &str) -> Option<&'c str> {
    let mut steps = path.split('.');
    let first = claims.get(steps.next()?)?;
    claims.text(path).or_else(|| steps.try_fold(first, |value: &Value, step| value.get(step))?.as_str())
}
