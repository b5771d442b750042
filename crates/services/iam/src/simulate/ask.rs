//! One question after the other.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::iam as api;
use ironbird_iam::evaluate::{Miss, Trace};
use ironbird_iam::{Applicable, Class, Context, Decision, Effect, Request, Source, consider, decide};
use ironbird_rig::{Account, Ctx};

use super::position;
use super::subject::{Document, Subject};

/// What is asked about: who, with which policies, and what is known of the request.
pub(super) struct Simulation {
    subject: Subject,
    identity: Vec<Source>,
    resource_policy: Option<Document>,
    owner: Option<String>,
    context: Context,
    /// The account that the caller is of.
    account: String,
}

/// What comes of a question.
struct Answer {
    decision: &'static str,
    matched: Vec<api::Statement>,
    missing: Vec<String>,
    by_organization: bool,
    within_boundary: Option<bool>,
}

impl Simulation {
    pub(super) fn new(
        ctx: &Ctx<'_>,
        subject: Subject,
        resource_policy: Option<Document>,
        owner: Option<Account>,
        given: &[api::ContextEntry],
    ) -> Self {
        let mut context = Context::new();
        for (key, value) in &subject.keys {
            context.set(key, value.as_str());
        }
        for entry in given {
            let key = entry.context_key_name.as_deref().unwrap_or_default();
            context.set_many(key, entry.context_key_values.clone().unwrap_or_default());
        }
        let account = subject.caller.account().map_or_else(|| ctx.scope().account.to_string(), str::to_owned);
        Self {
            identity: subject.policies.iter().map(|document| document.source.clone()).collect(),
            owner: owner.map(|owner| owner.to_string()),
            subject,
            resource_policy,
            context,
            account,
        }
    }

    /// The result for one action on one resource.
    pub(super) fn result(&self, action: &str, resource: &str) -> api::EvaluationResult {
        let answer = self.ask(action, resource);
        let named = resource != "*";
        let boundary = || {
            let allowed = answer.within_boundary?;
            Some(api::PermissionsBoundaryDecisionDetail { allowed_by_permissions_boundary: Some(allowed) })
        };
        // Present and empty within an account, where a resource is named.
        let details = || named.then(BTreeMap::new);
        let specific = || api::ResourceSpecificResult {
            eval_resource_name: resource.to_owned(),
            eval_resource_decision: answer.decision.to_owned(),
            matched_statements: Some(answer.matched.clone()),
            missing_context_values: Some(answer.missing.clone()),
            eval_decision_details: details(),
            permissions_boundary_decision_detail: boundary(),
        };
        let in_organization = !self.subject.controls.service.is_empty();
        api::EvaluationResult {
            eval_action_name: action.to_owned(),
            eval_resource_name: Some(resource.to_owned()),
            eval_decision: answer.decision.to_owned(),
            matched_statements: Some(answer.matched.clone()),
            missing_context_values: Some(answer.missing.clone()),
            organizations_decision_detail: in_organization.then_some(api::OrganizationsDecisionDetail {
                allowed_by_organizations: Some(answer.by_organization),
            }),
            permissions_boundary_decision_detail: boundary(),
            eval_decision_details: details(),
            resource_specific_results: named.then(|| vec![specific()]),
        }
    }

    fn ask(&self, action: &str, resource: &str) -> Answer {
        let owner = self.owner.as_deref().unwrap_or(&self.account);
        let request = Request::new(&self.subject.caller, action, resource, &self.context).of_account(owner);
        let applicable = Applicable {
            identity: &self.identity,
            boundary: self.subject.boundary.as_ref().map(|document| &document.source),
            resource: self.resource_policy.as_ref().map(|document| &document.source),
            service_control: &self.subject.controls.service,
            ..Applicable::default()
        };
        let decision = decide(&request, &applicable);
        let traces = consider(&request, &applicable);
        let (name, effect) = match &decision {
            Decision::Allowed(_) => ("allowed", Some(Effect::Allow)),
            Decision::Denied(denial) if denial.explicit.is_some() => ("explicitDeny", Some(Effect::Deny)),
            Decision::Denied(_) => ("implicitDeny", None),
        };
        let counts = |trace: &&Trace<'_>| {
            let class = trace.hit.class;
            let of_request = matches!(class, Class::Identity | Class::Resource | Class::Trust)
                || class == Class::Boundary && effect == Some(Effect::Deny);
            of_request && trace.miss.is_none() && Some(trace.hit.statement.effect()) == effect
        };
        let withheld = decision.denial().is_some_and(|denial| denial.class == Class::ServiceControl);
        Answer {
            decision: name,
            matched: traces.iter().filter(counts).map(|trace| self.statement(trace)).collect(),
            missing: self.missing(&traces),
            by_organization: !withheld,
            within_boundary: applicable.boundary.map(|boundary| {
                let only = Applicable { identity: std::slice::from_ref(boundary), ..Applicable::default() };
                let own = Request::new(&self.subject.caller, action, resource, &self.context);
                decide(&own.of_account(&self.account), &only).is_allowed()
            }),
        }
    }

    /// Keys that conditions of statements about the action ask for and that nothing says.
    fn missing(&self, traces: &[Trace<'_>]) -> Vec<String> {
        let asked =
            traces.iter().filter(|trace| !matches!(trace.miss, Some(Miss::Principal | Miss::Resource)));
        let keys = asked.flat_map(|trace| trace.hit.statement.conditions()).map(|clause| clause.key());
        let missing: BTreeSet<&str> = keys.filter(|key| self.context.values(key).is_empty()).collect();
        missing.into_iter().map(str::to_owned).collect()
    }

    fn statement(&self, trace: &Trace<'_>) -> api::Statement {
        let name = &trace.hit.source.name;
        let documents =
            self.subject.policies.iter().chain(&self.subject.boundary).chain(&self.resource_policy);
        let text = documents.into_iter().find(|document| document.source.name == *name);
        let place = text.and_then(|document| position::of(&document.text, trace.hit.position));
        let (start_position, end_position) = place.unzip();
        let kind = if trace.hit.class == Class::Resource { "Resource Policy" } else { "IAM Policy" };
        api::Statement {
            source_policy_id: Some(name.to_string()),
            source_policy_type: Some(kind.to_owned()),
            start_position,
            end_position,
        }
    }
}
