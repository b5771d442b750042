//! The policy simulator: what policies would say to a request that nobody makes. The engine that answers is the one that decides on
//! calls.
//!
//! Unlike a call, a simulation knows nothing of the moment: keys such as `aws:CurrentTime` are given or missing. Trust policies are
//! simulated as they decide; AWS's simulator passes over them. What AWS tells of each side of a cross-account request
//! (`EvalDecisionDetails`) is not documented, and left out.

mod ask;
mod keys;
mod position;
mod subject;

use ironbird_api::iam as api;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef};

use self::ask::Simulation;
use self::subject::{Document, Subject};
use crate::{error, page};

/// Why no scenario of EC2 is simulated.
const SCENARIO: &str = "name every resource of the scenario in ResourceArns instead";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::SimulatePrincipalPolicy>(simulate_principal_policy)
        .refuses::<api::SimulatePrincipalPolicy>(&[("ResourceHandlingOption", SCENARIO)])
        .read::<api::SimulateCustomPolicy>(simulate_custom_policy)
        .refuses::<api::SimulateCustomPolicy>(&[("ResourceHandlingOption", SCENARIO)])
        .read::<api::GetContextKeysForPrincipalPolicy>(keys::of_principal)
        .read::<api::GetContextKeysForCustomPolicy>(keys::of_documents)
}

fn simulate_principal_policy(
    ctx: &mut Ctx<'_>,
    input: &api::SimulatePrincipalPolicyRequest,
) -> Result<api::SimulatePolicyResponse> {
    let mut subject = Subject::find(ctx, &input.policy_source_arn)?;
    subject.add(input.policy_input_list.as_deref())?;
    if let Some(boundary) = boundary(input.permissions_boundary_policy_input_list.as_deref())? {
        subject.boundary = Some(boundary);
    }
    run(
        ctx,
        subject,
        &Asked {
            actions: &input.action_names,
            resources: input.resource_arns.as_deref(),
            resource_policy: input.resource_policy.as_deref(),
            owner: input.resource_owner.as_deref(),
            caller: input.caller_arn.as_deref(),
            context: input.context_entries.as_deref(),
            page: (input.max_items, input.marker.as_deref()),
        },
    )
}

fn simulate_custom_policy(
    ctx: &mut Ctx<'_>,
    input: &api::SimulateCustomPolicyRequest,
) -> Result<api::SimulatePolicyResponse> {
    let mut subject = Subject::nobody(ctx);
    subject.add(Some(&input.policy_input_list))?;
    subject.boundary = boundary(input.permissions_boundary_policy_input_list.as_deref())?;
    run(
        ctx,
        subject,
        &Asked {
            actions: &input.action_names,
            resources: input.resource_arns.as_deref(),
            resource_policy: input.resource_policy.as_deref(),
            owner: input.resource_owner.as_deref(),
            caller: input.caller_arn.as_deref(),
            context: input.context_entries.as_deref(),
            page: (input.max_items, input.marker.as_deref()),
        },
    )
}

/// What both operations ask.
struct Asked<'a> {
    actions: &'a [String],
    resources: Option<&'a [String]>,
    resource_policy: Option<&'a str>,
    owner: Option<&'a str>,
    caller: Option<&'a str>,
    context: Option<&'a [api::ContextEntry]>,
    page: (Option<i32>, Option<&'a str>),
}

/// A boundary that is given along, in place of the one that there is.
fn boundary(given: Option<&[String]>) -> Result<Option<Document>> {
    match given.unwrap_or_default() {
        [] => Ok(None),
        [only] => Document::boundary(only).map(Some),
        _ => Err(error::invalid_input("Only one policy can be in PermissionsBoundaryPolicyInputList.")),
    }
}

fn run(ctx: &Ctx<'_>, mut subject: Subject, asked: &Asked<'_>) -> Result<api::SimulatePolicyResponse> {
    if let Some(arn) = asked.caller {
        subject.call_as(arn)?;
    }
    if asked.resource_policy.is_some() && !subject.is_user {
        let message = "A resource policy is simulated for a user: give the ARN of one as CallerArn.";
        return Err(error::invalid_input(message));
    }
    let resource_policy = asked.resource_policy.map(Document::resource).transpose()?;
    let owner = asked.owner.map(owner).transpose()?;
    let simulation = Simulation::new(ctx, subject, resource_policy, owner, asked.context.unwrap_or_default());
    for action in asked.actions {
        if ironbird_iam::reference::action(action).is_none() {
            return Err(error::invalid_input(format!("Invalid Action Name: {action}")));
        }
    }
    let resources: Vec<&str> = asked.resources.unwrap_or_default().iter().map(String::as_str).collect();
    let resources = if resources.is_empty() { vec!["*"] } else { resources };
    let pairs =
        asked.actions.iter().flat_map(|action| resources.iter().map(move |resource| (action, *resource)));
    let window = page::window(asked.page.0, asked.page.1)?;
    let page = window.list((0_u64..).zip(pairs), |(number, _)| Key::new().number(*number));
    let results = page.items.into_iter().map(|(_, (action, resource))| simulation.result(action, resource));
    Ok(api::SimulatePolicyResponse {
        evaluation_results: Some(results.collect()),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

/// Whose the resources are: an account's root user as an ARN, or its twelve digits.
fn owner(text: &str) -> Result<Account> {
    let digits = text.split(':').nth(4).unwrap_or(text);
    Account::parse(digits)
        .ok_or_else(|| error::invalid_input(format!("ResourceOwner {text} is not the ARN of an account.")))
}
