//! Changes of EC2 Fleets: what a fleet launches, as the call that sets it, before and after.
//!
//! `ModifyFleet` changes fleets of type `maintain` only, and of those neither how they allocate nor how they replace.

use ironbird_api::ec2;
use ironbird_rig::document::{self, Place};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApplyError, Outcome};
use crate::{Cloud, read};

/// The call by the names of the API, as the AWS CLI takes it.
const CALL: Place = Place::input("ec2", "ModifyFleet", &[]);

/// A call as JSON.
///
/// # Errors
/// Where it cannot be written: a bug of ours.
pub fn call_json(call: &ec2::ModifyFleetRequest) -> Result<Value, ApplyError> {
    document::write(CALL, call).map_err(|error| ApplyError::Input(error.to_string()))
}

/// A change of one fleet.
#[derive(Clone)]
pub struct FleetChange {
    /// Id of the fleet.
    pub id: String,
    /// What restores it.
    pub before: ec2::ModifyFleetRequest,
    /// What changes it.
    pub after: ec2::ModifyFleetRequest,
    /// What changes, in words.
    pub lines: Vec<String>,
}

impl FleetChange {
    /// The change for programs, with the call that makes it.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn json(&self) -> Result<Value, ApplyError> {
        Ok(json!({"fleet": self.id, "changes": self.lines, "ModifyFleet": call_json(&self.after)?}))
    }
}

/// A fleet as it was, and as it was to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FleetBackup {
    /// Id of the fleet.
    pub id: String,
    /// The ModifyFleet call that restores it.
    pub before: Value,
    /// The call that changed it.
    pub after: Value,
}

/// Adds changes to what is kept. What is there of an earlier run stays: it is how the fleet was before that.
///
/// # Errors
/// Where a call cannot be written as JSON: a bug of ours.
pub fn keep(kept: &mut Vec<FleetBackup>, changes: &[FleetChange]) -> Result<(), ApplyError> {
    for change in changes {
        let (before, after) = (call_json(&change.before)?, call_json(&change.after)?);
        match kept.iter_mut().find(|fleet| fleet.id == change.id) {
            Some(known) => known.after = after,
            None => kept.push(FleetBackup { id: change.id.clone(), before, after }),
        }
    }
    Ok(())
}

/// Changes the fleets.
///
/// # Errors
/// The first call that failed.
pub async fn change<C: Cloud>(
    cloud: &C,
    changes: &[FleetChange],
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    for change in changes {
        let doing = ApplyError::call(format!("cannot change fleet {}", change.id));
        cloud.call::<ec2::ModifyFleet>(&change.after).await.map_err(doing)?;
        outcome.done.push(format!("changed fleet {}", change.id));
    }
    Ok(())
}

/// Every fleet that is not as a change was to make it, in words.
///
/// # Errors
/// When a fleet cannot be read.
pub async fn differences<C: Cloud>(cloud: &C, changes: &[FleetChange]) -> Result<Vec<String>, ApplyError> {
    let mut differences = Vec::new();
    for change in changes {
        match find(cloud, &change.id).await? {
            Some(fleet) if current(&fleet)? == change.after => {}
            Some(_) => differences
                .push(format!("fleet {} is not as planned: another change may have come between", change.id)),
            None => differences.push(format!("fleet {} is gone", change.id)),
        }
    }
    Ok(differences)
}

/// Restores a fleet. One that somebody changed since is left alone unless `force` says otherwise. `problem` makes an error
/// about the backup.
///
/// # Errors
/// The first call that failed; `NotAsPlanned` when verification found a difference.
pub async fn restore<C: Cloud>(
    cloud: &C,
    kept: &FleetBackup,
    force: bool,
    problem: &dyn Fn(&str) -> ApplyError,
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    let FleetBackup { id, before, after } = kept;
    let call = |json| {
        document::read(CALL, json)
            .map_err(|cause| problem(&format!("what it says of fleet {id} cannot be used: {cause}")))
    };
    let (before, after): (ec2::ModifyFleetRequest, ec2::ModifyFleetRequest) = (call(before)?, call(after)?);
    let Some(now) = find(cloud, id).await? else {
        outcome.left.push(format!("fleet {id} is gone: it cannot be restored"));
        return Ok(());
    };
    let now = current(&now)?;
    if now == before {
        return Ok(());
    }
    if !force && now != after {
        outcome.left.push(format!("fleet {id} was changed since: --force restores it all the same"));
        return Ok(());
    }
    let doing = ApplyError::call(format!("cannot restore fleet {id}"));
    cloud.call::<ec2::ModifyFleet>(&before).await.map_err(doing)?;
    let restored = find(cloud, id).await?.as_ref().map(current).transpose()?;
    if restored.is_none_or(|restored| restored != before) {
        return Err(ApplyError::NotAsPlanned(vec![format!("fleet {id} is not as it was before")]));
    }
    outcome.done.push(format!("restored fleet {id}"));
    Ok(())
}

/// Fleets that are there: neither deleted nor failed, with these ids, all where none is given.
///
/// # Errors
/// When they cannot be read, or there is no such fleet.
pub async fn chosen<C: Cloud>(cloud: &C, ids: &[String]) -> Result<Vec<ec2::FleetData>, ApplyError> {
    let all =
        read::fleets(cloud, Default::default()).await.map_err(ApplyError::call("cannot read the fleets"))?;
    let mut there: Vec<ec2::FleetData> = all.into_iter().filter(is_there).collect();
    if ids.is_empty() {
        return Ok(there);
    }
    let has = |id: &String, fleet: &ec2::FleetData| fleet.fleet_id.as_ref() == Some(id);
    if let Some(unknown) = ids.iter().find(|id| !there.iter().any(|fleet| has(id, fleet))) {
        return Err(ApplyError::Input(format!("there is no fleet {unknown:?} in {}", cloud.region())));
    }
    there.retain(|fleet| ids.iter().any(|id| has(id, fleet)));
    Ok(there)
}

async fn find<C: Cloud>(cloud: &C, id: &str) -> Result<Option<ec2::FleetData>, ApplyError> {
    let input = ec2::DescribeFleetsRequest { fleet_ids: Some(vec![id.to_owned()]), ..Default::default() };
    match read::fleets(cloud, input).await {
        Ok(found) => Ok(found.into_iter().find(is_there)),
        Err(error) if error.code() == Some("InvalidFleetId.NotFound") => Ok(None),
        Err(error) => Err(ApplyError::call(format!("cannot read fleet {id}"))(error)),
    }
}

/// Whether a fleet is there, rather than only remembered.
pub fn is_there(fleet: &ec2::FleetData) -> bool {
    let state = fleet.fleet_state.as_deref().unwrap_or_default();
    !(state.starts_with("deleted") || state == "failed")
}

/// The call that sets what the fleet launches now.
///
/// # Errors
/// Where that cannot be written as a request: a bug of ours.
pub fn current(fleet: &ec2::FleetData) -> Result<ec2::ModifyFleetRequest, ApplyError> {
    const SHOWN: Place = Place::output("ec2", "DescribeFleets", &["Fleets", "LaunchTemplateConfigs"]);
    const GIVEN: Place = Place::input("ec2", "ModifyFleet", &["LaunchTemplateConfigs"]);
    let mut configs = Vec::new();
    for config in fleet.launch_template_configs.iter().flatten() {
        let given = document::write(SHOWN, config).and_then(|json| document::read(GIVEN, &json));
        let mut given: ec2::FleetLaunchTemplateConfigRequest =
            given.map_err(|error| ApplyError::Input(error.to_string()))?;
        // A template is described by id and name, but may be given by one of them only.
        if let Some(template) = given.launch_template_specification.as_mut()
            && template.launch_template_id.is_some()
        {
            template.launch_template_name = None;
        }
        configs.push(given);
    }
    Ok(ec2::ModifyFleetRequest {
        fleet_id: fleet.fleet_id.clone().unwrap_or_default(),
        launch_template_configs: Some(configs),
        ..Default::default()
    })
}
