//! What all policies together say to a request.
//!
//! The order is AWS's: an explicit denial anywhere ends it; then every control policy's level and the endpoint have to
//! allow; then, within an account, the resource's policy or the identity's policies (within boundary and session); between
//! accounts, both. How directly a resource's policy names the caller decides what may still narrow it.

mod controlled;
mod explain;
mod message;
mod source;
#[cfg(test)]
mod tests;

pub use explain::{Miss, Trace, advice, consider};
pub use message::{access_denied, authorization_message};
pub use source::{Applicable, Class, Hit, Level, Source};

use self::controlled::is_controlled;
use crate::caller::Caller;
use crate::context::Context;
use crate::policy::{Effect, Nearness, Resources, Statement};

/// A request to be decided on: one action on one resource. A call that needs several is several requests.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    caller: &'a Caller,
    action: &'a str,
    /// In lower case.
    folded: String,
    resource: &'a str,
    resource_account: Option<&'a str>,
    context: &'a Context,
}

impl<'a> Request<'a> {
    /// `action` as `ec2:RunInstances`. `resource` is an ARN, or `*` where the action has none; its account is that in the ARN
    /// unless [`Request::of_account`] says otherwise, and the caller's where neither does.
    pub fn new(caller: &'a Caller, action: &'a str, resource: &'a str, context: &'a Context) -> Self {
        let arn = crate::arn::Arn::parse(resource);
        let resource_account = arn.map(|arn| arn.account).filter(|account| !account.is_empty());
        Self { caller, action, folded: action.to_ascii_lowercase(), resource, resource_account, context }
    }

    /// With the account that the resource is of, for ARNs that do not say, such as S3's.
    #[must_use]
    pub const fn of_account(mut self, account: &'a str) -> Self {
        self.resource_account = Some(account);
        self
    }

    /// Who asks.
    pub const fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// For what.
    pub const fn action(&self) -> &'a str {
        self.action
    }

    /// On what.
    pub const fn resource(&self) -> &'a str {
        self.resource
    }

    /// What else is known.
    pub const fn context(&self) -> &'a Context {
        self.context
    }

    /// The service of the action, in lower case.
    fn service(&self) -> &str {
        self.folded.split_once(':').map_or(&self.folded, |(service, _)| service)
    }

    /// Whether caller and resource are of one account.
    pub fn is_within_account(&self) -> bool {
        match (self.caller.account(), self.resource_account) {
            (Some(caller), Some(resource)) => caller == resource,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// Whether a role is being assumed, of which its trust policy decides.
    fn is_assumption(&self) -> bool {
        let name = self.folded.strip_prefix("sts:").unwrap_or_default();
        let of_sessions = matches!(name, "tagsession" | "setsourceidentity" | "setcontext");
        name.starts_with("assumerole") || of_sessions
    }

    /// Whether nothing is allowed that the resource's own policy does not allow or leave to its account: of roles and KMS keys.
    fn needs_resource_policy(&self) -> bool {
        let key = self.service() == "kms" && self.resource.contains(":key/");
        key || self.is_assumption()
    }

    fn resource_class(&self) -> Class {
        if self.is_assumption() { Class::Trust } else { Class::Resource }
    }
}

/// The answer.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'a> {
    /// Go ahead.
    Allowed(Grant<'a>),
    /// No.
    Denied(Denial<'a>),
}

/// Why a request is allowed.
#[derive(Clone, Copy, Debug)]
pub enum Grant<'a> {
    /// The root user may do everything that no policy denies.
    Root,
    /// A statement allows it.
    One(Hit<'a>),
    /// A statement of the caller's side and one of the resource's: where both have to allow.
    Both(Option<Hit<'a>>, Hit<'a>),
}

/// Why a request is denied.
#[derive(Clone, Copy, Debug)]
pub struct Denial<'a> {
    /// The class of policies that denies, or in which an Allow is missing.
    pub class: Class,
    /// The statement that denies; none where nothing allows.
    pub explicit: Option<Hit<'a>>,
    /// The level of the organization at which control policies do not allow.
    pub level: Option<&'a str>,
}

impl<'a> Decision<'a> {
    /// Whether the request may go ahead.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// Why not.
    pub const fn denial(&self) -> Option<&Denial<'a>> {
        match self {
            Self::Allowed(_) => None,
            Self::Denied(denial) => Some(denial),
        }
    }
}

/// What a class of policies says: the statement that allows, and how directly it names the caller.
type Allow<'a> = Option<(Hit<'a>, Nearness)>;

/// Decides on a request.
pub fn decide<'a>(request: &Request<'_>, policies: &Applicable<'a>) -> Decision<'a> {
    match evaluate(request, policies) {
        Ok(grant) => Decision::Allowed(grant),
        Err(denial) => Decision::Denied(denial),
    }
}

fn evaluate<'a>(request: &Request<'_>, policies: &Applicable<'a>) -> Result<Grant<'a>, Denial<'a>> {
    let scan = Scan { request, bounded: policies.boundary.is_some() };
    // Every class is looked at for denials first: one that is explicit outranks whatever is only missing.
    let service_control = scan.levels(Class::ServiceControl, service_control(request, policies))?;
    let resource_control = scan.levels(Class::ResourceControl, resource_control(request, policies))?;
    let endpoint = scan.all(Class::Endpoint, policies.endpoint)?;
    let resource_class = request.resource_class();
    let resource = scan.all(resource_class, policies.resource)?;
    let identity = scan.all(Class::Identity, policies.identity)?;
    let boundary = scan.all(Class::Boundary, policies.boundary)?;
    let session = scan.all(Class::Session, policies.session.unwrap_or_default())?;

    if let Some(level) = service_control {
        return Err(Denial { class: Class::ServiceControl, explicit: None, level: Some(level) });
    }
    if let Some(level) = resource_control {
        return Err(Denial { class: Class::ResourceControl, explicit: None, level: Some(level) });
    }
    if policies.endpoint.is_some() && endpoint.is_none() {
        return Err(missing(Class::Endpoint));
    }

    let within = |allow: Allow<'a>, present: bool, class: Class| match allow {
        None if present => Err(missing(class)),
        _ => Ok(()),
    };
    let narrowed = || {
        within(boundary, policies.boundary.is_some(), Class::Boundary)?;
        within(session, policies.session.is_some(), Class::Session)
    };
    let identity_side = || -> Result<Option<Hit<'a>>, Denial<'a>> {
        if !request.caller.is_root() && identity.is_none() {
            return Err(missing(Class::Identity));
        }
        narrowed()?;
        Ok(identity.map(|(hit, _)| hit))
    };

    if request.caller.account().is_none() || !request.is_within_account() {
        // From outside of the resource's account nothing goes without its policy, and from another account nothing
        // without that account's either.
        let theirs = match request.caller.account() {
            Some(_) => identity_side()?,
            None => None,
        };
        let (ours, _) = resource.ok_or_else(|| missing(resource_class))?;
        return Ok(Grant::Both(theirs, ours));
    }
    match resource {
        // Named itself: no implicit denial of its own policies counts, boundary and session included.
        Some((hit, Nearness::Itself)) => Ok(Grant::One(hit)),
        Some((hit, Nearness::Issuer)) => narrowed().map(|()| Grant::One(hit)),
        Some((hit, Nearness::Account)) if request.needs_resource_policy() => {
            Ok(Grant::Both(identity_side()?, hit))
        }
        None if request.needs_resource_policy() => Err(missing(resource_class)),
        // To name the account is to leave it to the account's own policies.
        _ => match identity_side()? {
            Some(hit) => Ok(Grant::One(hit)),
            None => Ok(Grant::Root),
        },
    }
}

const fn missing<'a>(class: Class) -> Denial<'a> {
    Denial { class, explicit: None, level: None }
}

/// Service control policies are about principals of accounts, but for service-linked roles.
fn service_control<'a>(request: &Request<'_>, policies: &Applicable<'a>) -> &'a [Level] {
    let exempt = request.caller.account().is_none() || request.caller.is_service_linked();
    if exempt { &[] } else { policies.service_control }
}

/// Resource control policies are about resources of some services, whoever asks but for service-linked roles.
fn resource_control<'a>(request: &Request<'_>, policies: &Applicable<'a>) -> &'a [Level] {
    let exempt = request.caller.is_service_linked() || !is_controlled(request.service());
    if exempt { &[] } else { policies.resource_control }
}

/// A look through policies for statements that are about a request.
struct Scan<'r, 'q> {
    request: &'r Request<'q>,
    /// Whether the caller has a permissions boundary.
    bounded: bool,
}

impl Scan<'_, '_> {
    /// The level that does not allow, if one does not; an explicit denial is an error.
    fn levels<'a>(&self, class: Class, levels: &'a [Level]) -> Result<Option<&'a str>, Denial<'a>> {
        let mut without = None;
        for level in levels {
            if self.all(class, &level.policies)?.is_none() && without.is_none() {
                without = Some(&*level.name);
            }
        }
        Ok(without)
    }

    /// The statement that allows and names the caller most directly; an explicit denial is an error.
    fn all<'a>(
        &self,
        class: Class,
        sources: impl IntoIterator<Item = &'a Source>,
    ) -> Result<Allow<'a>, Denial<'a>> {
        let mut best: Allow<'a> = None;
        for source in sources {
            for (position, statement) in source.policy.about(self.request.service()) {
                let enough = best.is_some_and(|(_, nearness)| nearness == Nearness::Itself);
                if enough && statement.effect() == Effect::Allow {
                    continue;
                }
                let Some(nearness) = self.names(statement) else { continue };
                let hit = Hit { class, source, position, statement };
                match statement.effect() {
                    Effect::Deny => return Err(Denial { class, explicit: Some(hit), level: None }),
                    Effect::Allow if best.is_none_or(|(_, before)| before < nearness) => {
                        best = Some((hit, nearness))
                    }
                    Effect::Allow => {}
                }
            }
        }
        Ok(best)
    }

    /// Whether a statement is about the request, and how directly it names the caller.
    fn names(&self, statement: &Statement) -> Option<Nearness> {
        let request = self.request;
        if !statement.actions.include(&request.folded) {
            return None;
        }
        let nearness = match &statement.principals {
            Some(principals) => principals.names(request.caller, self.bounded)?,
            None => Nearness::Itself,
        };
        let about = || {
            let resources = statement.resources.as_ref();
            resources.is_none_or(|list| list.include(request.resource, request.context))
        };
        // Patterns with variables have to be put together: conditions are tried before them.
        let fixed = statement.resources.as_ref().is_none_or(Resources::is_fixed);
        if fixed && !about() || !statement.holds(request.context) {
            return None;
        }
        (fixed || about()).then_some(nearness)
    }
}
