//! What the account's users and roles are allowed, for whoever authorizes calls. Policies are compiled when they are first
//! needed, and again when something that they came from changes.

use std::sync::Arc;

use ironbird_iam::Source;
use ironbird_rig::access::{
    Holdings as Held, Identities, OidcProvider, Profile as InstanceProfile, Role as Assumable, SamlProvider,
    policy,
};
use ironbird_rig::arn::Arn;
use ironbird_rig::{Account, Ctx, Principal, ServiceDef};

use crate::document::Kind;
use crate::group::Group;
use crate::holder::Holder;
use crate::mfa;
use crate::named::{self, Head, Named as _};
use crate::policy::{Managed, aws};
use crate::profile::Profile;
use crate::provider::{oidc, saml};
use crate::role::Role;
use crate::tag::Tags;
use crate::user::User;

struct Accounts;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.identities(&Accounts).arns(arn).resource_tags(tags)
}

impl Identities for Accounts {
    fn holdings(&self, ctx: &Ctx<'_>, principal: &Principal) -> Arc<Held> {
        let (account, kind, name, id) = match principal {
            Principal::User { account, name, id, .. } => (*account, User::RESOURCE, name, id),
            Principal::AssumedRole { account, role, role_id, .. } => {
                (*account, Role::RESOURCE, role, role_id)
            }
            _ => return Arc::default(),
        };
        let key = named::key_in(account, name);
        let remembered = named::prefix_of(account).text(kind).text(name).text(id);
        ctx.memo("iam.holdings", &remembered, || {
            let place = Place { ctx, account };
            match principal {
                Principal::User { .. } => place.held(ctx.peek::<User>(&key), id, |user| place.of_user(user)),
                _ => place.held(ctx.peek::<Role>(&key), id, |role| place.of(role, Vec::new())),
            }
        })
    }

    fn role(&self, ctx: &Ctx<'_>, arn: &str) -> Option<Arc<Assumable>> {
        let parsed = Arn::parse(arn).filter(|arn| arn.service == "iam")?;
        let account = Account::parse(parsed.account)?;
        let name = parsed.resource.strip_prefix("role/")?.rsplit('/').next()?;
        let key = named::key_in(account, name);
        ctx.memo("iam.role", &named::prefix_of(account).text(arn), || {
            let role = ctx.peek::<Role>(&key)?;
            let place = Place { ctx, account };
            let own = place.arn(role);
            let trust = policy(Kind::Trust, &own, &role.trust)?;
            let Head { id, .. } = &role.head;
            let (id, tags) = (id.clone(), role.tags.pairs());
            (own == arn)
                .then(|| Arc::new(Assumable { arn: own, id, max_session: role.max_session, trust, tags }))
        })
    }

    fn oidc_provider(&self, ctx: &Ctx<'_>, account: Account, url: &str) -> Option<OidcProvider> {
        oidc::trusted(ctx, account, url)
    }

    fn saml_provider(&self, ctx: &Ctx<'_>, arn: &str) -> Option<SamlProvider> {
        saml::trusted(ctx, arn)
    }

    fn profile(&self, ctx: &Ctx<'_>, name: &str) -> Option<InstanceProfile> {
        let found = named::look::<Profile>(ctx, name)?;
        let role = found.role.as_deref().and_then(|role| named::look::<Role>(ctx, role));
        Some(InstanceProfile {
            arn: named::arn_of(ctx, found),
            id: found.head.id.clone(),
            role: role.map(|role| named::arn_of(ctx, role)),
        })
    }

    fn managed(&self, ctx: &Ctx<'_>, arn: &str) -> Option<Source> {
        let parsed = Arn::parse(arn).filter(|arn| arn.service == "iam")?;
        let rest = parsed.resource.strip_prefix("policy")?;
        if parsed.account == "aws" {
            return aws::all().get(rest).map(|own| own.compiled(arn));
        }
        let account = Account::parse(parsed.account)?;
        let name = rest.rsplit('/').next()?;
        let found = ctx.peek::<Managed>(&named::key_in(account, name))?;
        let version = found.versions.get(&found.default)?;
        policy(Kind::Managed, arn, &version.document)
    }
}

/// An account to look into.
struct Place<'a, 'w> {
    ctx: &'a Ctx<'w>,
    account: Account,
}

impl Place<'_, '_> {
    fn arn<H: Holder>(&self, holder: &H) -> String {
        let Head { name, path, .. } = holder.head();
        format!("arn:{}:iam::{}:{}{path}{name}", self.ctx.region().partition(), self.account, H::RESOURCE)
    }

    /// What the holder has, if it is still the one that the credentials are of: one that was made again under its name is not.
    fn held<H: Holder>(&self, holder: Option<&H>, id: &str, of: impl FnOnce(&H) -> Held) -> Arc<Held> {
        holder.filter(|holder| holder.head().id == id).map(|holder| Arc::new(of(holder))).unwrap_or_default()
    }

    /// What a holder has, with policies that it has by others.
    fn of<H: Holder>(&self, holder: &H, more: Vec<Source>) -> Held {
        let boundary = holder.holdings().boundary.as_deref();
        let boundary = boundary.and_then(|arn| Accounts.managed(self.ctx, arn));
        let policies = self.policies(holder).into_iter().chain(more).collect();
        Held::new(self.arn(holder), policies, boundary, holder.tags())
    }

    fn of_user(&self, user: &User) -> Held {
        let groups = user.groups.iter();
        let groups = groups.filter_map(|name| self.ctx.peek::<Group>(&named::key_in(self.account, name)));
        self.of(user, groups.flat_map(|group| self.policies(group)).collect())
    }

    /// Inline and attached policies.
    fn policies<H: Holder>(&self, holder: &H) -> Vec<Source> {
        let inline = holder.holdings().inline.iter();
        let inline = inline.filter_map(|(name, document)| policy(H::INLINE, name, document));
        let attached = holder.holdings().attached.iter();
        inline.chain(attached.filter_map(|arn| Accounts.managed(self.ctx, arn))).collect()
    }
}

/// ARNs of users, groups, roles, instance profiles and policies have their paths, which requests do not say. Where a request
/// leaves out the user, it is about the one that calls.
fn arn(ctx: &Ctx<'_>, kind: &str, name: Option<&str>) -> Option<String> {
    let named = |name| match kind {
        "user" => named::look::<User>(ctx, name).map(|found| named::arn_of(ctx, found)),
        "group" => named::look::<Group>(ctx, name).map(|found| named::arn_of(ctx, found)),
        "role" => named::look::<Role>(ctx, name).map(|found| named::arn_of(ctx, found)),
        "instance-profile" => named::look::<Profile>(ctx, name).map(|found| named::arn_of(ctx, found)),
        _ => None,
    };
    match (kind, name, ctx.caller()) {
        (_, Some(name), _) => named(name),
        ("user", None, Principal::User { .. }) => Some(ctx.caller().arn(ctx.region().partition())),
        _ => None,
    }
}

/// Tags of users, roles, policies, instance profiles and MFA devices.
fn tags(ctx: &Ctx<'_>, arn: &str) -> Vec<(String, String)> {
    let Some(parsed) = Arn::parse(arn) else { return Vec::new() };
    let Some((kind, rest)) = parsed.resource.split_once('/') else { return Vec::new() };
    let name = rest.rsplit('/').next().unwrap_or_default();
    let found = match kind {
        "user" => named::look::<User>(ctx, name).map(|found| &found.tags),
        "role" => named::look::<Role>(ctx, name).map(|found| &found.tags),
        "policy" => named::look::<Managed>(ctx, name).map(|found| &found.tags),
        "instance-profile" => named::look::<Profile>(ctx, name).map(|found| &found.tags),
        "mfa" => mfa::tags(ctx, arn),
        _ => None,
    };
    found.map(Tags::pairs).unwrap_or_default()
}
