//! What an experiment can do: each action with its target, its parameters, and how it begins and ends.

pub(crate) mod alarm;
mod api_errors;
mod capacity;
mod denied;
mod faults;
mod instances;
mod parameter;
mod spot;
mod subnets;
mod volumes;
mod wait;

use std::collections::BTreeMap;

use ironbird_api::fis as api;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Timestamp};
use serde::{Deserialize, Serialize};

use crate::experiment::record::Resolved;
use crate::role::Permission;
use crate::{duration, error, id, page};
use parameter::Parameter;

/// An action that there is.
pub(crate) struct Definition {
    /// `aws:ec2:stop-instances`
    pub(crate) id: &'static str,
    description: &'static str,
    /// What it calls its target, and of which type that is.
    pub(crate) target: Option<(&'static str, &'static str)>,
    /// What the experiment's role has to be allowed for it.
    permission: Permission,
    pub(crate) parameters: &'static [Parameter],
    begin: fn(&mut Ctx<'_>, &Work<'_>) -> Result<Begun>,
}

/// What an action has to work with.
pub(crate) struct Work<'a> {
    /// Unique in the world: the experiment's id, a dash and the action's name.
    pub(crate) name: &'a str,
    /// ARN of the experiment.
    pub(crate) experiment: &'a str,
    pub(crate) targets: &'a [Resolved],
    pub(crate) parameters: &'a BTreeMap<String, String>,
}

/// An action that has begun.
pub(crate) struct Begun {
    /// When it ends by itself; none where it has ended.
    pub(crate) until: Option<Timestamp>,
    pub(crate) hold: Hold,
}

/// What is kept up until an action ends, or is left to do then.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Hold {
    /// Nothing.
    #[default]
    Nothing,
    /// Calls fail: the rules of these ids.
    Faults(Vec<String>),
    /// These instances are stopped, and are to be started.
    Stopped {
        ids: Vec<String>,
        /// Whether an instance that is gone by then is no failure.
        gone_is_fine: bool,
    },
    /// These Spot Instances are to get their notice.
    Notice(Vec<String>),
    /// Subnets that have a closed network ACL.
    Closed(Vec<subnets::Closed>),
    /// The I/O of these volumes stands still.
    Paused(Vec<String>),
}

/// What an action keeps up, by account.
pub(crate) type Holds = Vec<(Account, Hold)>;

/// Every action, in the order of their ids.
static ALL: [&Definition; 13] = [
    &alarm::ASSERT,
    &volumes::PAUSE,
    &capacity::API,
    &capacity::GROUP,
    &instances::REBOOT,
    &spot::INTERRUPT,
    &instances::STOP,
    &instances::TERMINATE,
    &api_errors::INTERNAL,
    &api_errors::THROTTLE,
    &api_errors::UNAVAILABLE,
    &wait::WAIT,
    &subnets::DISRUPT,
];

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::ListActions>(list_actions).read::<api::GetAction>(get_action)
}

/// Every action there is, in the order of their ids.
pub(crate) fn all() -> &'static [&'static Definition] {
    &ALL
}

/// The action of that id.
pub(crate) fn find(id: &str) -> Option<&'static Definition> {
    ALL.into_iter().find(|definition| definition.id == id)
}

impl Definition {
    /// Does what the action does at its beginning, as the caller.
    ///
    /// # Errors
    /// Why it could not.
    pub(crate) fn begin(&self, ctx: &mut Ctx<'_>, work: &Work<'_>) -> Result<Begun> {
        self.permission.ask(ctx, self.id, work)?;
        (self.begin)(ctx, work)
    }
}

impl Hold {
    /// The action's time is over: ends what was kept up, and does what was left.
    ///
    /// # Errors
    /// Why it could not.
    pub(crate) fn finish(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        match self {
            Self::Nothing => Ok(()),
            Self::Faults(rules) => faults::lift(ctx, rules),
            Self::Stopped { ids, gone_is_fine } => instances::start(ctx, ids, *gone_is_fine),
            Self::Notice(ids) => spot::notify(ctx, ids),
            Self::Closed(subnets) => subnets::open(ctx, subnets),
            Self::Paused(ids) => volumes::resume(ctx, ids),
        }
    }

    /// The experiment is stopped: puts back what can be put back, and does nothing further.
    ///
    /// # Errors
    /// Why it could not.
    pub(crate) fn stop(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        match self {
            Self::Notice(_) => Ok(()),
            Self::Stopped { ids, .. } => instances::start(ctx, ids, true),
            other => other.finish(ctx),
        }
    }
}

impl Begun {
    /// An action that ends at once.
    const fn over() -> Self {
        Self { until: None, hold: Hold::Nothing }
    }
}

impl Work<'_> {
    /// The ids of the targets, which their ARNs end with.
    fn ids(&self) -> Vec<String> {
        self.targets.iter().map(|target| target.id().to_owned()).collect()
    }

    fn text(&self, parameter: &str) -> Option<&str> {
        self.parameters.get(parameter).map(String::as_str)
    }

    /// The words of a parameter that is a list with commas.
    fn list(&self, parameter: &str) -> Vec<&str> {
        let words = self.text(parameter).unwrap_or_default().split(',');
        words.map(str::trim).filter(|word| !word.is_empty()).collect()
    }

    /// When a duration that begins now ends; none where the parameter is not given.
    fn until(&self, ctx: &Ctx<'_>, parameter: &str) -> Option<Timestamp> {
        let nanos = duration::nanos(self.text(parameter)?)?;
        Some(Timestamp::from_nanos(ctx.now().nanos().saturating_add(nanos)))
    }
}

fn list_actions(ctx: &mut Ctx<'_>, input: &api::ListActionsRequest) -> Result<api::ListActionsResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.list(ALL.into_iter(), |definition| Key::new().text(definition.id));
    let shown = |definition: &Definition| {
        let api::Action { id, arn, description, targets, .. } = view(ctx, definition);
        api::ActionSummary { id, arn, description, targets, tags: None }
    };
    let actions = page.items.into_iter().map(shown).collect();
    Ok(api::ListActionsResponse { actions: Some(actions), next_token: page.next })
}

fn get_action(ctx: &mut Ctx<'_>, input: &api::GetActionRequest) -> Result<api::GetActionResponse> {
    let definition = find(&input.id).ok_or_else(|| {
        error::not_found(format!("Action {} does not exist, or ironbird does not have it.", input.id))
    })?;
    Ok(api::GetActionResponse { action: Some(view(ctx, definition)) })
}

fn view(ctx: &Ctx<'_>, definition: &Definition) -> api::Action {
    let target = definition.target.map(|(key, kind)| {
        BTreeMap::from([(key.to_owned(), api::ActionTarget { resource_type: Some(kind.to_owned()) })])
    });
    let parameters = definition.parameters.iter().map(|parameter| {
        let shown = api::ActionParameter {
            description: Some(format!("{}; {}.", parameter.description, parameter.form)),
            required: Some(parameter.required),
        };
        (parameter.name.to_owned(), shown)
    });
    api::Action {
        id: Some(definition.id.to_owned()),
        arn: Some(id::arn(ctx, "action", definition.id)),
        description: Some(definition.description.to_owned()),
        parameters: Some(parameters.collect()),
        targets: target,
        tags: None,
    }
}
