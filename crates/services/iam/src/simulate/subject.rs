//! Whose policies are simulated.

use std::sync::Arc;

use ironbird_iam::{Caller, Policy, Source};
use ironbird_rig::access::Controls;
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Principal, Result};

use crate::document::Kind;
use crate::error;
use crate::group::Group;
use crate::holder::Holder;
use crate::named;
use crate::policy::find::{self, Found};
use crate::role::Role;
use crate::user::User;

/// A policy, and what it was read from.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) source: Source,
    pub(super) text: String,
}

impl Document {
    /// Reads a document, by what results call it.
    ///
    /// # Errors
    /// `InvalidInput` for one that is no policy.
    fn read(kind: Kind, name: &str, text: &str) -> Result<Self> {
        let policy = Policy::parse(kind, text)
            .map_err(|malformed| error::invalid_input(format!("{name}: {}", malformed.message())))?;
        Ok(Self { source: Source { name: name.into(), policy: Arc::new(policy) }, text: text.to_owned() })
    }

    /// A permissions boundary that a request gives.
    ///
    /// # Errors
    /// `InvalidInput` for one that is no policy.
    pub(super) fn boundary(text: &str) -> Result<Self> {
        Self::read(Kind::Managed, "PermissionsBoundaryPolicyInputList.1", text)
    }

    /// The resource's policy that a request gives.
    ///
    /// # Errors
    /// `InvalidInput` for one that is no policy.
    pub(super) fn resource(text: &str) -> Result<Self> {
        Self::read(Kind::Resource, "ResourcePolicy", text)
    }
}

/// A user, group or role with its policies, or nobody with policies of its own.
pub(super) struct Subject {
    pub(super) caller: Caller,
    pub(super) is_user: bool,
    /// What is known of it: keys of the request's context.
    pub(super) keys: Vec<(String, String)>,
    pub(super) policies: Vec<Document>,
    pub(super) boundary: Option<Document>,
    pub(super) controls: Arc<Controls>,
}

impl Subject {
    /// Nobody in particular, in the account that calls.
    pub(super) fn nobody(ctx: &Ctx<'_>) -> Self {
        Self {
            caller: Caller::user(named::arn(ctx, "user/simulated")),
            is_user: false,
            keys: Vec::new(),
            policies: Vec::new(),
            boundary: None,
            controls: Arc::default(),
        }
    }

    /// The user, group or role of that ARN, with everything that is attached to it.
    ///
    /// # Errors
    /// `InvalidInput` for the ARN of anything else, `NoSuchEntity` where there is none.
    pub(super) fn find(ctx: &Ctx<'_>, arn: &str) -> Result<Self> {
        let invalid = || {
            error::invalid_input(format!(
                "Invalid Entity Arn: {arn} does not clearly define entity type and name."
            ))
        };
        let parsed = Arn::parse(arn).filter(|parsed| parsed.service == "iam").ok_or_else(invalid)?;
        let (kind, rest) = parsed.resource.split_once('/').ok_or_else(invalid)?;
        let name = rest.rsplit('/').next().unwrap_or_default();
        let mut subject = match kind {
            "user" => {
                let user = named::find::<User>(ctx, name)?;
                let principal = Principal::User {
                    account: ctx.scope().account,
                    name: name.to_owned(),
                    path: user.head.path.clone(),
                    id: user.head.id.clone(),
                };
                let mut subject = Self::of(ctx, user, Caller::user(arn))?;
                for group in user.groups.iter().filter_map(|name| named::look::<Group>(ctx, name)) {
                    subject.policies.extend(documents(ctx, group)?);
                }
                subject.is_user = true;
                subject.keys.push(("aws:username".to_owned(), name.to_owned()));
                subject.keys.push(("aws:userid".to_owned(), principal.user_id()));
                subject
            }
            "group" => Self::of(
                ctx,
                named::find::<Group>(ctx, name)?,
                Caller::user(named::arn(ctx, "user/simulated")),
            )?,
            "role" => {
                let role = named::find::<Role>(ctx, name)?;
                let session = format!(
                    "arn:{}:sts::{}:assumed-role/{name}/simulated",
                    ctx.region().partition(),
                    ctx.scope().account
                );
                Self::of(ctx, role, Caller::assumed_role(session, arn))?
            }
            _ => return Err(invalid()),
        };
        subject.keys.push(("aws:PrincipalArn".to_owned(), arn.to_owned()));
        subject.keys.push(("aws:PrincipalAccount".to_owned(), ctx.scope().account.to_string()));
        subject.controls = ctx.world().authority().controls(ctx, ctx.scope().account);
        if let Some(membership) = &subject.controls.membership {
            subject.keys.push(("aws:PrincipalOrgID".to_owned(), membership.organization.clone()));
        }
        Ok(subject)
    }

    fn of<H: Holder>(ctx: &Ctx<'_>, holder: &H, caller: Caller) -> Result<Self> {
        let boundary = holder.holdings().boundary.as_deref();
        let tags = holder.tags().into_iter().map(|(key, value)| (format!("aws:PrincipalTag/{key}"), value));
        Ok(Self {
            caller,
            is_user: false,
            keys: tags.collect(),
            policies: documents(ctx, holder)?,
            boundary: boundary.map(|arn| managed(ctx, arn)).transpose()?,
            controls: Arc::default(),
        })
    }

    /// Adds policies that a request gives.
    ///
    /// # Errors
    /// `InvalidInput` for one that is no policy.
    pub(super) fn add(&mut self, given: Option<&[String]>) -> Result<()> {
        for (number, text) in (1..).zip(given.unwrap_or_default()) {
            self.policies.push(Document::read(Kind::Managed, &format!("PolicyInputList.{number}"), text)?);
        }
        Ok(())
    }

    /// Lets a user call with these policies.
    ///
    /// # Errors
    /// `InvalidInput` for what is no user's ARN.
    pub(super) fn call_as(&mut self, arn: &str) -> Result<()> {
        let is_user =
            Arn::parse(arn).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("user/"));
        if !is_user {
            return Err(error::invalid_input(format!("Invalid caller ARN: {arn} is not the ARN of a user.")));
        }
        self.caller = Caller::user(arn);
        self.is_user = true;
        Ok(())
    }
}

/// Inline and attached policies, by the names that results give them: `user_anna_look`, `ReadOnlyAccess`.
fn documents<H: Holder>(ctx: &Ctx<'_>, holder: &H) -> Result<Vec<Document>> {
    let owner = format!("{}_{}", H::RESOURCE, holder.head().name);
    let inline = holder.holdings().inline.iter();
    let inline = inline.map(|(name, text)| Document::read(H::INLINE, &format!("{owner}_{name}"), text));
    let attached = holder.holdings().attached.iter().map(|arn| managed(ctx, arn));
    inline.chain(attached).collect()
}

fn managed(ctx: &Ctx<'_>, arn: &str) -> Result<Document> {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let text = match find::existing(ctx, arn)? {
        Found::Own(policy) => policy.versions.get(&policy.default).map(|version| version.document.clone()),
        Found::Aws(policy) => Some(policy.document.to_string()),
    };
    Document::read(Kind::Managed, name, &text.unwrap_or_default())
}
