//! Changes of fleets: what a fleet launches, as the call that sets it, before and after.
//!
//! `ModifyFleet` and `ModifySpotFleetRequest` change fleets of type `maintain` only, and of those neither how they allocate
//! nor how they replace.

use std::future::Future;

use ironbird_api::{Operation, ec2};
use ironbird_client::CallError;
use ironbird_rig::document::{self, Place};
use ironbird_wire::field::Structure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApplyError, Outcome};
use crate::{Cloud, read};

/// A kind of fleet, with the call that changes what its fleets launch.
pub trait FleetKind: Clone {
    /// The call.
    type Modify: Operation;
    /// A fleet as it is described.
    type Fleet;
    /// The word for one.
    const WORD: &'static str;
    /// The error for an id that nothing has.
    const NOT_FOUND: &'static str;

    /// Id of the fleet.
    fn id(fleet: &Self::Fleet) -> &str;

    /// Whether the fleet is there, rather than only remembered.
    fn is_there(fleet: &Self::Fleet) -> bool;

    /// The call that sets what the fleet launches now.
    ///
    /// # Errors
    /// Where that cannot be written as a request: a bug of ours.
    fn current(fleet: &Self::Fleet) -> Result<Input<Self>, ApplyError>;

    /// Fleets with these ids, all where none is given.
    fn read<C: Cloud>(
        cloud: &C,
        ids: Vec<String>,
    ) -> impl Future<Output = Result<Vec<Self::Fleet>, CallError>>;
}

/// The call that changes a fleet of that kind.
pub type Input<K> = <<K as FleetKind>::Modify as Operation>::Input;

/// EC2 Fleets.
#[derive(Clone)]
pub enum Ec2Fleet {}

/// Spot Fleets.
#[derive(Clone)]
pub enum SpotFleet {}

impl FleetKind for Ec2Fleet {
    type Modify = ec2::ModifyFleet;
    type Fleet = ec2::FleetData;
    const WORD: &'static str = "fleet";
    const NOT_FOUND: &'static str = "InvalidFleetId.NotFound";

    fn id(fleet: &ec2::FleetData) -> &str {
        fleet.fleet_id.as_deref().unwrap_or_default()
    }

    fn is_there(fleet: &ec2::FleetData) -> bool {
        let state = fleet.fleet_state.as_deref().unwrap_or_default();
        !(state.starts_with("deleted") || state == "failed")
    }

    fn current(fleet: &ec2::FleetData) -> Result<ec2::ModifyFleetRequest, ApplyError> {
        const SHOWN: Place = Place::output("ec2", "DescribeFleets", &["Fleets", "LaunchTemplateConfigs"]);
        const GIVEN: Place = Place::input("ec2", "ModifyFleet", &["LaunchTemplateConfigs"]);
        let mut configs = Vec::new();
        for config in fleet.launch_template_configs.iter().flatten() {
            let mut given: ec2::FleetLaunchTemplateConfigRequest = as_given(SHOWN, config, GIVEN)?;
            // A template is described by id and name, but may be given by one of them only.
            if let Some(template) = given.launch_template_specification.as_mut()
                && template.launch_template_id.is_some()
            {
                template.launch_template_name = None;
            }
            configs.push(given);
        }
        Ok(ec2::ModifyFleetRequest {
            fleet_id: Self::id(fleet).to_owned(),
            launch_template_configs: Some(configs),
            ..Default::default()
        })
    }

    async fn read<C: Cloud>(cloud: &C, ids: Vec<String>) -> Result<Vec<ec2::FleetData>, CallError> {
        let fleet_ids = (!ids.is_empty()).then_some(ids);
        read::fleets(cloud, ec2::DescribeFleetsRequest { fleet_ids, ..Default::default() }).await
    }
}

impl FleetKind for SpotFleet {
    type Modify = ec2::ModifySpotFleetRequest;
    type Fleet = ec2::SpotFleetRequestConfig;
    const WORD: &'static str = "Spot Fleet";
    const NOT_FOUND: &'static str = "InvalidSpotFleetRequestId.NotFound";

    fn id(fleet: &ec2::SpotFleetRequestConfig) -> &str {
        fleet.spot_fleet_request_id.as_deref().unwrap_or_default()
    }

    fn is_there(fleet: &ec2::SpotFleetRequestConfig) -> bool {
        let state = fleet.spot_fleet_request_state.as_deref().unwrap_or_default();
        !(state.starts_with("cancelled") || state == "failed")
    }

    fn current(
        fleet: &ec2::SpotFleetRequestConfig,
    ) -> Result<ec2::ModifySpotFleetRequestRequest, ApplyError> {
        let config = fleet.spot_fleet_request_config.as_ref();
        let mut configs = config.and_then(|config| config.launch_template_configs.clone());
        let named = configs.iter_mut().flatten().filter_map(|own| own.launch_template_specification.as_mut());
        for template in named.filter(|template| template.launch_template_id.is_some()) {
            template.launch_template_name = None;
        }
        Ok(ec2::ModifySpotFleetRequestRequest {
            spot_fleet_request_id: Self::id(fleet).to_owned(),
            launch_template_configs: configs,
            ..Default::default()
        })
    }

    async fn read<C: Cloud>(
        cloud: &C,
        ids: Vec<String>,
    ) -> Result<Vec<ec2::SpotFleetRequestConfig>, CallError> {
        let spot_fleet_request_ids = (!ids.is_empty()).then_some(ids);
        let input = ec2::DescribeSpotFleetRequestsRequest { spot_fleet_request_ids, ..Default::default() };
        read::spot_fleets(cloud, input).await
    }
}

/// What is shown, as a request gives it.
fn as_given<T: Structure + Default>(
    shown: Place,
    value: &dyn Structure,
    given: Place,
) -> Result<T, ApplyError> {
    let json = document::write(shown, value).and_then(|json| document::read(given, &json));
    json.map_err(|error| ApplyError::Input(error.to_string()))
}

/// The call by the names of the API, as the AWS CLI takes it.
const fn place<K: FleetKind>() -> Place {
    Place::input("ec2", <K::Modify as Operation>::NAME, &[])
}

/// A call as JSON.
///
/// # Errors
/// Where it cannot be written: a bug of ours.
pub fn call_json<K: FleetKind>(call: &Input<K>) -> Result<Value, ApplyError> {
    document::write(place::<K>(), call).map_err(|error| ApplyError::Input(error.to_string()))
}

/// A change of one fleet.
#[derive(Clone)]
pub struct FleetChange<K: FleetKind> {
    /// Id of the fleet.
    pub id: String,
    /// What restores it.
    pub before: Input<K>,
    /// What changes it.
    pub after: Input<K>,
    /// What changes, in words.
    pub lines: Vec<String>,
}

impl<K: FleetKind> FleetChange<K> {
    /// The change for programs, with the call that makes it.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn json(&self) -> Result<Value, ApplyError> {
        let call = call_json::<K>(&self.after)?;
        Ok(json!({"fleet": self.id, "changes": self.lines, <K::Modify as Operation>::NAME: call}))
    }
}

/// A fleet as it was, and as it was to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FleetBackup {
    /// Id of the fleet.
    pub id: String,
    /// The call that restores it.
    pub before: Value,
    /// The call that changed it.
    pub after: Value,
}

/// Adds changes to what is kept. What is there of an earlier run stays: it is how the fleet was before that.
///
/// # Errors
/// Where a call cannot be written as JSON: a bug of ours.
pub fn keep<K: FleetKind>(kept: &mut Vec<FleetBackup>, changes: &[FleetChange<K>]) -> Result<(), ApplyError> {
    for change in changes {
        let (before, after) = (call_json::<K>(&change.before)?, call_json::<K>(&change.after)?);
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
pub async fn change<C: Cloud, K: FleetKind>(
    cloud: &C,
    changes: &[FleetChange<K>],
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    for change in changes {
        let name = format!("{} {}", K::WORD, change.id);
        let doing = ApplyError::call(format!("cannot change {name}"));
        cloud.call::<K::Modify>(&change.after).await.map_err(doing)?;
        outcome.done.push(format!("changed {name}"));
    }
    Ok(())
}

/// Every fleet that is not as a change was to make it, in words.
///
/// # Errors
/// When a fleet cannot be read.
pub async fn differences<C: Cloud, K: FleetKind>(
    cloud: &C,
    changes: &[FleetChange<K>],
) -> Result<Vec<String>, ApplyError> {
    let mut differences = Vec::new();
    for change in changes {
        let name = format!("{} {}", K::WORD, change.id);
        match find::<C, K>(cloud, &change.id).await? {
            Some(fleet) if K::current(&fleet)? == change.after => {}
            Some(_) => {
                differences.push(format!("{name} is not as planned: another change may have come between"))
            }
            None => differences.push(format!("{name} is gone")),
        }
    }
    Ok(differences)
}

/// Restores a fleet. One that somebody changed since is left alone unless `force` says otherwise. `problem` makes an error
/// about the backup.
///
/// # Errors
/// The first call that failed; `NotAsPlanned` when verification found a difference.
pub async fn restore<C: Cloud, K: FleetKind>(
    cloud: &C,
    kept: &FleetBackup,
    force: bool,
    problem: &dyn Fn(&str) -> ApplyError,
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    let FleetBackup { id, before, after } = kept;
    let name = format!("{} {id}", K::WORD);
    let call = |json| {
        document::read(place::<K>(), json)
            .map_err(|cause| problem(&format!("what it says of {name} cannot be used: {cause}")))
    };
    let (before, after): (Input<K>, Input<K>) = (call(before)?, call(after)?);
    let Some(now) = find::<C, K>(cloud, id).await? else {
        outcome.left.push(format!("{name} is gone: it cannot be restored"));
        return Ok(());
    };
    let now = K::current(&now)?;
    if now == before {
        return Ok(());
    }
    if !force && now != after {
        outcome.left.push(format!("{name} was changed since: --force restores it all the same"));
        return Ok(());
    }
    let doing = ApplyError::call(format!("cannot restore {name}"));
    cloud.call::<K::Modify>(&before).await.map_err(doing)?;
    let restored = find::<C, K>(cloud, id).await?.as_ref().map(K::current).transpose()?;
    if restored.is_none_or(|restored| restored != before) {
        return Err(ApplyError::NotAsPlanned(vec![format!("{name} is not as it was before")]));
    }
    outcome.done.push(format!("restored {name}"));
    Ok(())
}

/// Fleets that are there: neither deleted nor failed, with these ids, all where none is given.
///
/// # Errors
/// When they cannot be read, or there is no such fleet.
pub async fn chosen<C: Cloud, K: FleetKind>(cloud: &C, ids: &[String]) -> Result<Vec<K::Fleet>, ApplyError> {
    let doing = ApplyError::call(format!("cannot read the {}s", K::WORD));
    let mut there = K::read(cloud, Vec::new()).await.map_err(doing)?;
    there.retain(K::is_there);
    if ids.is_empty() {
        return Ok(there);
    }
    if let Some(unknown) = ids.iter().find(|id| !there.iter().any(|fleet| K::id(fleet) == id.as_str())) {
        let problem = format!("there is no {} {unknown:?} in {}", K::WORD, cloud.region());
        return Err(ApplyError::Input(problem));
    }
    there.retain(|fleet| ids.iter().any(|id| id == K::id(fleet)));
    Ok(there)
}

async fn find<C: Cloud, K: FleetKind>(cloud: &C, id: &str) -> Result<Option<K::Fleet>, ApplyError> {
    match K::read(cloud, vec![id.to_owned()]).await {
        Ok(found) => Ok(found.into_iter().find(K::is_there)),
        Err(error) if error.code() == Some(K::NOT_FOUND) => Ok(None),
        Err(error) => Err(ApplyError::call(format!("cannot read {} {id}", K::WORD))(error)),
    }
}
