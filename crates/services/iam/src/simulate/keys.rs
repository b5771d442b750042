//! The condition keys that policies ask for.

use std::collections::BTreeMap;

use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result};

use super::subject::{Document, Subject};

pub(super) fn of_documents(
    ctx: &mut Ctx<'_>,
    input: &api::GetContextKeysForCustomPolicyRequest,
) -> Result<api::GetContextKeysForPolicyResponse> {
    let mut subject = Subject::nobody(ctx);
    subject.add(Some(&input.policy_input_list))?;
    Ok(answer(&subject.policies))
}

pub(super) fn of_principal(
    ctx: &mut Ctx<'_>,
    input: &api::GetContextKeysForPrincipalPolicyRequest,
) -> Result<api::GetContextKeysForPolicyResponse> {
    let mut subject = Subject::find(ctx, &input.policy_source_arn)?;
    subject.add(input.policy_input_list.as_deref())?;
    Ok(answer(&subject.policies))
}

/// Keys of conditions as they are written, those of variables in lower case, each once.
fn answer(documents: &[Document]) -> api::GetContextKeysForPolicyResponse {
    let policies = documents.iter().map(|document| &document.source.policy);
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for policy in policies {
        let written = policy.statements().iter().flat_map(|statement| statement.conditions());
        for key in written.map(|clause| clause.key()).chain(policy.context_keys().iter().map(|key| &**key)) {
            names.entry(key.to_ascii_lowercase()).or_insert_with(|| key.to_owned());
        }
    }
    api::GetContextKeysForPolicyResponse { context_key_names: Some(names.into_values().collect()) }
}
