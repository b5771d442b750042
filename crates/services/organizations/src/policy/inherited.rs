//! What applies to an account from the root down, for whoever evaluates policies. AWS has no operation that answers it at once,
//! so it is a lever: `organizations.policies`, of an account and a type. Who keeps what it says listens to [`super::POLICIES`].
//! The operations that it stands for (`ListParents`, `ListPoliciesForTarget`, `DescribePolicy`) answer services as well.

use ironbird_rig::{Account, Ctx, Error, Result, ServiceDef};
use serde_json::{Value, json};

use super::{Kind, arn, attachment, kind};
use crate::organization::Organization;
use crate::{caller, tree};

/// The lever's name.
const LEVER: &str = "organizations.policies";

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.lever(LEVER, pull)
}

/// `{"account": "…", "type": "SERVICE_CONTROL_POLICY"}` → the organization, whether the account manages it, and the policies of
/// each level. There are no levels, and nothing is withheld, where the type is not enabled or the account is alone.
fn pull(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let refused = |what: &str| Error::client("ValidationException", format!("{LEVER}: {what}"));
    let account = given.get("account").and_then(Value::as_str).and_then(Account::parse);
    let account = account.ok_or_else(|| refused("give the account, twelve digits, as \"account\""))?;
    let kind = given.get("type").and_then(Value::as_str).and_then(|name| kind::named(name).ok());
    let kind =
        kind.ok_or_else(|| refused("give the type of policies, SERVICE_CONTROL_POLICY, as \"type\""))?;
    let Some(organization) = caller::organization_of(ctx, account) else {
        return Ok(json!({ "organization": null, "manages": false, "levels": [] }));
    };
    Ok(json!({
        "organization": organization.id,
        "manages": organization.management == account,
        "levels": levels(ctx, &organization, account, kind),
    }))
}

fn levels(ctx: &Ctx<'_>, organization: &Organization, account: Account, kind: &Kind) -> Vec<Value> {
    if !organization.policy_types.contains(kind.name) {
        return Vec::new();
    }
    let lineage = tree::lineage(ctx, organization, &account.to_string());
    let level = |target: &String| {
        let policies = attachment::of(ctx, organization, target, kind.name);
        let shown = policies.map(
            |policy| json!({ "id": policy.id, "arn": arn(organization, policy), "content": policy.content }),
        );
        json!({ "target": target, "policies": shown.collect::<Vec<_>>() })
    };
    lineage.iter().map(level).collect()
}
