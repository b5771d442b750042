//! What a call has to be allowed.

use ironbird_iam::Context;
use ironbird_iam::reference::{Action, Service};
use ironbird_wire::field::Structure;
use ironbird_wire::schema;

use super::asked::Asked;
use super::wanted::Wanted;
use super::{keys, resource};
use crate::context::Ctx;
use crate::operation::Handler;

/// One action on one resource. A call may need several, each of which has to be allowed.
#[derive(Clone, Debug)]
pub struct Need {
    /// `ec2:RunInstances`
    pub action: String,
    /// An ARN, or `*` where the action has no resources.
    pub resource: String,
    /// What a denial calls the resource, where the request does not name it: who is denied learns nothing that it did not say.
    pub shown: Option<String>,
    /// What else is known of the request: the condition keys of the action and of the resource. Those of the caller and of the
    /// moment are added when it is decided on.
    pub context: Context,
}

impl Need {
    /// An action on a resource, with no condition keys but those that every request has.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), shown: None, context: Context::new() }
    }

    /// The same with a condition key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.set(key, value);
        self
    }
}

/// Everything that a call has to be allowed: the actions that the model names for the operation, on the resources that the
/// request names, and what the operation's service knows besides.
pub(super) fn of_call(
    ctx: &Ctx<'_>,
    service: &schema::Service,
    handler: &Handler,
    input: &dyn Structure,
    wanted: &Wanted<'_>,
) -> Vec<Need> {
    let Some(operation) = service.operation(handler.name) else { return Vec::new() };
    let meant = handler.meant(ctx, input);
    let asked = Asked::new(ctx, service, operation, meant.as_deref().unwrap_or(input), wanted);
    let mut needs: Vec<Need> = operation
        .iam_actions
        .iter()
        // Where one of several actions is needed, the first stands for them until the service says which.
        .map(|action| action.split('|').next().unwrap_or(action))
        .flat_map(|action| asked.needs(action))
        .collect();
    resource::passed_roles(&asked, &mut needs);
    if let Some(more) = ctx.world().authority().more(&service.metadata.name) {
        more(&asked, &mut needs);
    }
    needs
}

impl Asked<'_, '_> {
    /// An action on a resource that the request names in a way of its own.
    pub fn need(&self, action: &str, resource: String) -> Need {
        let Some((service, known)) = reference(action) else { return Need::new(action, resource) };
        let named = resource::named(service, resource);
        let mut context = keys::of_request(self, service, known);
        keys::of_resource(self, service, &named, &mut context);
        Need { action: action.to_owned(), resource: named.arn, shown: None, context }
    }

    /// An action on each of the resources that the request names for it.
    pub fn needs(&self, action: &str) -> Vec<Need> {
        let Some((service, known)) = reference(action) else { return vec![Need::new(action, "*")] };
        let of_request = keys::of_request(self, service, known);
        let resources = resource::of_action(self, service, known);
        let needs = resources.into_iter().map(|named| {
            let mut context = of_request.clone();
            keys::of_resource(self, service, &named, &mut context);
            Need { action: action.to_owned(), resource: named.arn, shown: None, context }
        });
        needs.collect()
    }
}

/// What the Service Authorization Reference has of an action.
fn reference(action: &str) -> Option<(&'static Service, &'static Action)> {
    let (prefix, name) = action.split_once(':')?;
    let service = ironbird_iam::reference::service(prefix)?;
    Some((service, service.action(name)?))
}
