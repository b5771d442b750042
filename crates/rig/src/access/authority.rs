//! What services tell of who may do what.

use std::collections::HashMap;
use std::sync::Arc;

use ironbird_iam::{Kind, Level, Policy, Source};

use super::asked::Asked;
use super::{Need, wanted};
use crate::account::{Account, Principal};
use crate::context::Ctx;
use crate::operation::ServiceDef;

/// What is attached to a user or a role.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// Its ARN with its path; none where it does not exist.
    pub arn: Option<String>,
    /// Inline and managed policies, a user's groups' too.
    pub identity: Vec<Source>,
    /// Its permissions boundary.
    pub boundary: Option<Source>,
    /// Its tags: `aws:PrincipalTag/…`.
    pub tags: Vec<(String, String)>,
    keys: Vec<Box<str>>,
}

impl Holdings {
    /// Those of the user or role of that ARN.
    pub fn new(
        arn: String,
        identity: Vec<Source>,
        boundary: Option<Source>,
        tags: Vec<(String, String)>,
    ) -> Self {
        let keys = wanted::keys(identity.iter().chain(&boundary));
        Self { arn: Some(arn), identity, boundary, tags, keys }
    }

    /// Condition keys that the policies ask for, sorted.
    pub(super) fn keys(&self) -> &[Box<str>] {
        &self.keys
    }
}

/// A role, as those who may assume it see it.
#[derive(Clone, Debug)]
pub struct Role {
    /// With its path.
    pub arn: String,
    /// `AROA…`
    pub id: String,
    /// Most seconds of a session.
    pub max_session: i32,
    /// Who may assume it.
    pub trust: Source,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// An OpenID Connect provider that an account trusts, as those who look at tokens see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// `arn:aws:iam::123456789012:oidc-provider/idp.example.com`
    pub arn: String,
    /// Without its scheme: `idp.example.com`.
    pub url: String,
    /// Whom its tokens may be for.
    pub clients: Vec<String>,
    /// Its keys, a JSON web key set; none where nobody handed them over.
    pub keys: Option<String>,
}

/// A SAML provider that an account trusts, as those who look at assertions see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlProvider {
    /// `arn:aws:iam::123456789012:saml-provider/Corp`
    pub arn: String,
    /// Whose it is.
    pub account: Account,
    /// `Corp`
    pub name: String,
    /// Its metadata, as it was given.
    pub metadata: String,
}

/// An instance profile, as EC2 sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// With its path.
    pub arn: String,
    /// `AIPA…`
    pub id: String,
    /// ARN of the role that it gives to instances, if it has one.
    pub role: Option<String>,
}

/// The service of users and roles.
pub trait Identities: Send + Sync {
    /// What is attached to a user or role. Nothing is to anybody else.
    fn holdings(&self, ctx: &Ctx<'_>, principal: &Principal) -> Arc<Holdings>;

    /// The role of that ARN, in whichever account; none where there is none.
    fn role(&self, ctx: &Ctx<'_>, arn: &str) -> Option<Arc<Role>>;

    /// The account's OpenID Connect provider of that URL, without its scheme.
    fn oidc_provider(&self, ctx: &Ctx<'_>, account: Account, url: &str) -> Option<OidcProvider>;

    /// The SAML provider of that ARN, in whichever account.
    fn saml_provider(&self, ctx: &Ctx<'_>, arn: &str) -> Option<SamlProvider>;

    /// The call's account's instance profile of that name.
    fn profile(&self, ctx: &Ctx<'_>, name: &str) -> Option<Profile>;

    /// The managed policy of that ARN, one of AWS's or of its account.
    fn managed(&self, ctx: &Ctx<'_>, arn: &str) -> Option<Source>;
}

/// An account's place in an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// `o-…`
    pub organization: String,
    /// `o-…/r-…/ou-…/`
    pub path: String,
    /// The account that manages the organization.
    pub manager: Option<Account>,
    /// Services that the account administers for the organization, as principals: `sso.amazonaws.com`.
    pub administers: Vec<String>,
}

/// What an organization withholds from an account.
#[derive(Clone, Debug, Default)]
pub struct Controls {
    /// Where the account stands; none outside of organizations.
    pub membership: Option<Membership>,
    /// Service control policies, from the root down. Empty where they do not apply.
    pub service: Vec<Level>,
    /// Resource control policies, from the root down. Empty where they do not apply.
    pub resource: Vec<Level>,
    keys: Vec<Box<str>>,
}

impl Controls {
    /// Those of an account of an organization.
    pub fn new(membership: Membership, service: Vec<Level>, resource: Vec<Level>) -> Self {
        let keys = wanted::keys(service.iter().chain(&resource).flat_map(|level| &level.policies));
        Self { membership: Some(membership), service, resource, keys }
    }

    /// Condition keys that the policies ask for, sorted.
    pub(super) fn keys(&self) -> &[Box<str>] {
        &self.keys
    }
}

/// What an organization withholds from an account.
pub type ControlsFn = fn(&Ctx<'_>, Account) -> Arc<Controls>;

/// Adds what the model does not say an operation needs, or puts right what it says.
pub type MoreFn = fn(&Asked<'_, '_>, &mut Vec<Need>);

/// The ARN of the resource of that kind and name (none where the request leaves it out) where it says more than its kind's form
/// and the name do; none for all others.
pub type ArnFn = fn(&Ctx<'_>, &str, Option<&str>) -> Option<String>;

/// The tags of the resource of that ARN.
pub type TagsFn = fn(&Ctx<'_>, &str) -> Vec<(String, String)>;

/// Everything that the services of a world tell.
#[derive(Clone, Default)]
pub struct Authority {
    identities: Option<&'static dyn Identities>,
    controls: Option<ControlsFn>,
    more: HashMap<&'static str, MoreFn>,
    arns: HashMap<&'static str, ArnFn>,
    tags: HashMap<&'static str, TagsFn>,
}

impl Authority {
    pub(crate) fn of<'a>(services: impl Iterator<Item = &'a ServiceDef>) -> Self {
        let mut all = Self::default();
        for service in services {
            let told = &service.authority;
            all.identities = all.identities.or(told.identities);
            all.controls = all.controls.or(told.controls);
            all.more.extend(told.more.iter());
            all.arns.extend(told.arns.iter());
            all.tags.extend(told.tags.iter());
        }
        all
    }

    pub(crate) const fn set_identities(&mut self, identities: &'static dyn Identities) {
        self.identities = Some(identities);
    }

    pub(crate) const fn set_controls(&mut self, controls: ControlsFn) {
        self.controls = Some(controls);
    }

    pub(crate) fn set_more(&mut self, service: &'static str, more: MoreFn) {
        self.more.insert(service, more);
    }

    pub(crate) fn set_arns(&mut self, service: &'static str, arns: ArnFn) {
        self.arns.insert(service, arns);
    }

    pub(crate) fn set_tags(&mut self, service: &'static str, tags: TagsFn) {
        self.tags.insert(service, tags);
    }

    pub(super) const fn knows_identities(&self) -> bool {
        self.identities.is_some()
    }

    /// What is attached to a user or role; nothing in a world without users and roles.
    pub fn holdings(&self, ctx: &Ctx<'_>, principal: &Principal) -> Arc<Holdings> {
        self.identities.map(|all| all.holdings(ctx, principal)).unwrap_or_default()
    }

    /// The role of that ARN.
    pub fn role(&self, ctx: &Ctx<'_>, arn: &str) -> Option<Arc<Role>> {
        self.identities?.role(ctx, arn)
    }

    /// The account's OpenID Connect provider of that URL, without its scheme.
    pub fn oidc_provider(&self, ctx: &Ctx<'_>, account: Account, url: &str) -> Option<OidcProvider> {
        self.identities?.oidc_provider(ctx, account, url)
    }

    /// The SAML provider of that ARN, in whichever account.
    pub fn saml_provider(&self, ctx: &Ctx<'_>, arn: &str) -> Option<SamlProvider> {
        self.identities?.saml_provider(ctx, arn)
    }

    /// The call's account's instance profile of that name.
    pub fn profile(&self, ctx: &Ctx<'_>, name: &str) -> Option<Profile> {
        self.identities?.profile(ctx, name)
    }

    /// The managed policy of that ARN.
    pub fn managed(&self, ctx: &Ctx<'_>, arn: &str) -> Option<Source> {
        self.identities?.managed(ctx, arn)
    }

    /// What an organization withholds from an account.
    pub fn controls(&self, ctx: &Ctx<'_>, account: Account) -> Arc<Controls> {
        self.controls.map(|of| of(ctx, account)).unwrap_or_default()
    }

    /// The management account in whose place the call's account administers a service, `sso.amazonaws.com`; none for services that
    /// call, which act where they do.
    pub fn administered(&self, ctx: &Ctx<'_>, service: &str) -> Option<Account> {
        if matches!(ctx.caller(), Principal::Service { .. }) {
            return None;
        }
        let controls = self.controls(ctx, ctx.scope().account);
        let membership = controls.membership.as_ref()?;
        let administers = membership.administers.iter().any(|administered| administered == service);
        membership.manager.filter(|_| administers)
    }

    pub(super) fn more(&self, service: &str) -> Option<MoreFn> {
        self.more.get(service).copied()
    }

    pub(super) fn arn(&self, ctx: &Ctx<'_>, service: &str, kind: &str, name: Option<&str>) -> Option<String> {
        self.arns.get(service)?(ctx, kind, name)
    }

    pub(super) fn tags(&self, ctx: &Ctx<'_>, service: &str, arn: &str) -> Vec<(String, String)> {
        self.tags.get(service).map(|of| of(ctx, arn)).unwrap_or_default()
    }
}

/// A document that was accepted when it was written, compiled; none where it can no longer be read, which the log tells.
pub fn policy(kind: Kind, name: &str, document: &str) -> Option<Source> {
    match Policy::parse(kind, document) {
        Ok(policy) => Some(Source { name: name.into(), policy: Arc::new(policy) }),
        Err(malformed) => {
            tracing::warn!(name, %malformed, "a policy that was accepted before cannot be read");
            None
        }
    }
}
