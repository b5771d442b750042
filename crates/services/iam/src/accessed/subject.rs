//! What a report is about: the policies of a user, a group, a role, or one policy; and the users and roles that have them.

use ironbird_api::iam as api;
use ironbird_rig::arn::Arn;
use ironbird_rig::audit::Event;
use ironbird_rig::{Ctx, Principal, Result};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::group::Group;
use crate::holder::Holder;
use crate::named::{self, Head, Named};
use crate::policy::find;
use crate::role::Role;
use crate::user::User;

/// What a report is about.
pub(super) struct Subject {
    /// Those whose calls count, by their ARNs.
    pub(super) entities: Vec<Entity>,
    pub(super) policies: Vec<Policy>,
    pub(super) is_policy: bool,
}

/// A user or a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entity {
    pub(super) arn: String,
    head: Head,
    is_role: bool,
}

/// A policy, and whose it is where it is inline.
pub(super) struct Policy {
    name: String,
    pub(super) document: String,
    arn: Option<String>,
    /// `USER`, and the user's name.
    holder: Option<(&'static str, String)>,
}

impl Subject {
    /// What an ARN names.
    ///
    /// # Errors
    /// `NoSuchEntity` where nothing of the account, and no policy of AWS's, has it.
    pub(super) fn of(ctx: &Ctx<'_>, arn: &str) -> Result<Self> {
        let missing = || error::no_such_entity(format!("ARN {arn} does not exist."));
        let parsed = Arn::parse(arn).filter(|arn| arn.service == "iam").ok_or_else(missing)?;
        let (kind, rest) = parsed.resource.split_once('/').ok_or_else(missing)?;
        let name = rest.rsplit('/').next().unwrap_or(rest);
        let own = |found: String| (found == arn).then_some(()).ok_or_else(missing);
        match kind {
            User::RESOURCE => {
                let user = named::look::<User>(ctx, name).ok_or_else(missing)?;
                own(named::arn_of(ctx, user))?;
                Self::holder(ctx, user, vec![Entity::of(ctx, user)])
            }
            Role::RESOURCE => {
                let role = named::look::<Role>(ctx, name).ok_or_else(missing)?;
                own(named::arn_of(ctx, role))?;
                Self::holder(ctx, role, vec![Entity::of(ctx, role)])
            }
            Group::RESOURCE => {
                let group = named::look::<Group>(ctx, name).ok_or_else(missing)?;
                own(named::arn_of(ctx, group))?;
                let users = ctx.scan::<User>(&named::prefix(ctx)).map(|(_, user)| user);
                let members = users.filter(|user| user.groups.contains(name));
                Self::holder(ctx, group, members.map(|user| Entity::of(ctx, user)).collect())
            }
            _ => Self::policy(ctx, arn),
        }
    }

    /// A holder's policies, and a user's groups'.
    fn holder<H: Holder>(ctx: &Ctx<'_>, holder: &H, entities: Vec<Entity>) -> Result<Self> {
        let mut policies = held(ctx, holder)?;
        if H::RESOURCE == User::RESOURCE {
            let groups =
                named::look::<User>(ctx, &holder.head().name).into_iter().flat_map(|user| &user.groups);
            for group in groups.filter_map(|name| named::look::<Group>(ctx, name)) {
                policies.extend(held(ctx, group)?);
            }
        }
        Ok(Self { entities, policies, is_policy: false })
    }

    /// One policy, and whoever it is attached to, by a group too.
    fn policy(ctx: &Ctx<'_>, arn: &str) -> Result<Self> {
        let policies = vec![managed(ctx, arn)?];
        let users = ctx.scan::<User>(&named::prefix(ctx)).map(|(_, user)| user);
        let has = |user: &&User| {
            let groups = user.groups.iter().filter_map(|name| named::look::<Group>(ctx, name));
            user.holdings.attached.contains(arn)
                || groups.into_iter().any(|group| group.holdings.attached.contains(arn))
        };
        let roles = ctx.scan::<Role>(&named::prefix(ctx)).map(|(_, role)| role);
        let roles =
            roles.filter(|role| role.holdings.attached.contains(arn)).map(|role| Entity::of(ctx, role));
        let entities = users.filter(has).map(|user| Entity::of(ctx, user)).chain(roles).collect();
        Ok(Self { entities, policies, is_policy: true })
    }
}

impl Entity {
    fn of<H: Holder>(ctx: &Ctx<'_>, holder: &H) -> Self {
        let is_role = H::RESOURCE == Role::RESOURCE;
        Self { arn: named::arn_of(ctx, holder), head: holder.head().clone(), is_role }
    }

    /// Whether it made a call.
    pub(super) fn made(&self, event: &Event) -> bool {
        match &event.principal {
            Principal::User { id, .. } => !self.is_role && *id == self.head.id,
            Principal::AssumedRole { role_id, .. } => self.is_role && *role_id == self.head.id,
            _ => false,
        }
    }

    /// The entity as answers have it.
    pub(super) fn view(&self) -> api::EntityInfo {
        api::EntityInfo {
            arn: self.arn.clone(),
            name: self.head.name.clone(),
            r#type: if self.is_role { "ROLE" } else { "USER" }.to_owned(),
            id: self.head.id.clone(),
            path: Some(self.head.path.clone()),
        }
    }
}

impl Policy {
    /// The policy as answers have it.
    pub(super) fn view(&self) -> api::PolicyGrantingServiceAccess {
        let (entity_type, entity_name) = self.holder.clone().unzip();
        api::PolicyGrantingServiceAccess {
            policy_name: self.name.clone(),
            policy_type: if self.arn.is_some() { "MANAGED" } else { "INLINE" }.to_owned(),
            policy_arn: self.arn.clone(),
            entity_type: entity_type.map(str::to_owned),
            entity_name,
        }
    }
}

/// Inline and attached policies of a user, a group or a role.
fn held<H: Holder>(ctx: &Ctx<'_>, holder: &H) -> Result<Vec<Policy>> {
    let kind = match H::RESOURCE {
        User::RESOURCE => "USER",
        Role::RESOURCE => "ROLE",
        _ => "GROUP",
    };
    let inline = holder.holdings().inline.iter().map(|(name, document)| Policy {
        name: name.clone(),
        document: document.clone(),
        arn: None,
        holder: Some((kind, holder.head().name.clone())),
    });
    let attached = holder.holdings().attached.iter().map(|arn| managed(ctx, arn));
    inline.map(Ok).chain(attached).collect()
}

fn managed(ctx: &Ctx<'_>, arn: &str) -> Result<Policy> {
    let found = find::existing(ctx, arn)?;
    let (name, document) = (found.name().to_owned(), found.document().to_owned());
    Ok(Policy { name, document, arn: Some(arn.to_owned()), holder: None })
}
