//! The accounts below organizational units.

use ironbird_api::organizations;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::{Cloud, read};

/// Active accounts below a unit, at any depth: ids, sorted. A unit is named by its id, `ou-…` or `r-…`, or by names from the root
/// on: `Workloads/Test`.
///
/// # Errors
/// Where there is no such unit, or the organization cannot be read.
pub async fn accounts<C: Cloud>(cloud: &C, unit: &str) -> Result<Vec<String>, ApplyError> {
    let mut left = vec![find(cloud, unit).await?];
    let mut ids = Vec::new();
    while let Some(parent_id) = left.pop() {
        let input = organizations::ListAccountsForParentRequest {
            parent_id: parent_id.clone(),
            ..Default::default()
        };
        let doing = ApplyError::call(format!("cannot read the accounts of the unit {unit}"));
        for account in read::identity::accounts_below(cloud, input).await.map_err(doing)? {
            if account.status.as_deref().unwrap_or("ACTIVE") == "ACTIVE" {
                ids.extend(account.id);
            }
        }
        left.extend(below(cloud, &parent_id).await?.into_iter().filter_map(|unit| unit.id));
    }
    ids.sort();
    Ok(ids)
}

async fn below<C: Cloud>(
    cloud: &C,
    parent: &str,
) -> Result<Vec<organizations::OrganizationalUnit>, ApplyError> {
    let input = organizations::ListOrganizationalUnitsForParentRequest {
        parent_id: parent.to_owned(),
        ..Default::default()
    };
    let doing = ApplyError::call(format!("cannot read the organizational units of {parent}"));
    read::identity::units(cloud, input).await.map_err(doing)
}

/// Id of a unit.
async fn find<C: Cloud>(cloud: &C, unit: &str) -> Result<String, ApplyError> {
    if unit.starts_with("ou-") || unit.starts_with("r-") {
        return Ok(unit.to_owned());
    }
    let doing = ApplyError::call("cannot read the roots of the organization");
    let roots = read::identity::roots(cloud, Default::default()).await.map_err(doing)?;
    let missing = || ApplyError::Input(format!("the organization has no unit {unit}"));
    let mut at = roots.into_iter().find_map(|root| root.id).ok_or_else(missing)?;
    for name in unit.split('/').filter(|name| !name.is_empty()) {
        let found = below(cloud, &at).await?.into_iter().find(|it| it.name.as_deref() == Some(name));
        at = found.and_then(|it| it.id).ok_or_else(missing)?;
    }
    Ok(at)
}
