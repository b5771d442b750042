//! Changes of launch templates: versions cannot be changed, so another one is made, which may become the default.
//!
//! What was made is found again by what is in it, rather than by a number that is remembered.

use ironbird_api::ec2;
use ironbird_rig::document::{self, Place};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApplyError, Outcome};
use crate::launch::templates_of;
use crate::{Cloud, read};

/// The call by the names of the API, as the AWS CLI takes it.
const CALL: Place = Place::input("ec2", "CreateLaunchTemplateVersion", &[]);
/// What a version holds, in that call and as it is described.
const GIVEN: Place = Place::input("ec2", "CreateLaunchTemplateVersion", &["LaunchTemplateData"]);
const SHOWN: Place =
    Place::output("ec2", "DescribeLaunchTemplateVersions", &["LaunchTemplateVersions", "LaunchTemplateData"]);

/// Another version of a launch template.
#[derive(Clone)]
pub struct TemplateChange {
    /// `lt-…`
    pub id: String,
    /// Name of the template.
    pub name: String,
    /// The version whose place it takes.
    pub source: i64,
    /// The latest version until then.
    pub latest: i64,
    /// The call that makes the version.
    pub call: ec2::CreateLaunchTemplateVersionRequest,
    /// The version that is the default until this one takes its place; none where the default stays.
    pub default: Option<i64>,
    /// What changes, in words.
    pub lines: Vec<String>,
}

impl TemplateChange {
    /// The change for programs, with the call that makes it.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn json(&self) -> Result<Value, ApplyError> {
        let call = written(CALL, &self.call)?;
        Ok(json!({
            "template": self.name, "changes": self.lines, "becomes_default": self.default.is_some(),
            "CreateLaunchTemplateVersion": call,
        }))
    }
}

/// A launch template as it was, and the version that was to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateBackup {
    /// `lt-…`
    pub id: String,
    /// Name of the template.
    pub name: String,
    /// The version whose place was to be taken.
    pub source: i64,
    /// The latest version until then: what is not later was made by somebody else.
    pub latest: i64,
    /// The CreateLaunchTemplateVersion call.
    pub call: Value,
    /// The version that was the default, where that changed.
    pub default: Option<i64>,
}

/// What a version holds, as a call gives it.
///
/// # Errors
/// Where it cannot be written as a request: a bug of ours.
pub fn given(shown: &ec2::ResponseLaunchTemplateData) -> Result<ec2::RequestLaunchTemplateData, ApplyError> {
    document::read(GIVEN, &written(SHOWN, shown)?).map_err(|error| ApplyError::Input(error.to_string()))
}

fn written(place: Place, value: &dyn ironbird_wire::field::Structure) -> Result<Value, ApplyError> {
    document::write(place, value).map_err(|error| ApplyError::Input(error.to_string()))
}

/// The version that is as the call makes it, among those of its template that are later than `source`; none where it has yet to
/// be made.
///
/// # Errors
/// Where a version cannot be written as a request: a bug of ours.
pub fn made(
    versions: &[ec2::LaunchTemplateVersion],
    call: &ec2::CreateLaunchTemplateVersionRequest,
    source: i64,
) -> Result<Option<i64>, ApplyError> {
    for version in versions.iter().filter(|version| version.version_number > Some(source)) {
        let data = version.launch_template_data.as_ref().map(given).transpose()?;
        if data.as_ref() == Some(&call.launch_template_data) {
            return Ok(version.version_number);
        }
    }
    Ok(None)
}

/// Adds changes to what is kept. What is there of an earlier run stays: it is how the template was before that.
///
/// # Errors
/// Where a call cannot be written as JSON: a bug of ours.
pub fn keep(kept: &mut Vec<TemplateBackup>, change: &TemplateChange) -> Result<(), ApplyError> {
    let call = written(CALL, &change.call)?;
    match kept.iter_mut().find(|template| template.id == change.id) {
        Some(known) => known.call = call,
        None => kept.push(TemplateBackup {
            id: change.id.clone(),
            name: change.name.clone(),
            source: change.source,
            latest: change.latest,
            call,
            default: change.default,
        }),
    }
    Ok(())
}

/// Makes the version, unless an earlier run did, and gives its number.
///
/// # Errors
/// The first call that failed.
pub async fn change<C: Cloud>(
    cloud: &C,
    change: &TemplateChange,
    outcome: &mut Outcome,
) -> Result<i64, ApplyError> {
    let TemplateChange { id, name, .. } = change;
    let number = match made(&versions(cloud, id).await?, &change.call, change.source)? {
        Some(number) => number,
        None => {
            let doing = ApplyError::call(format!("cannot make a version of launch template {name}"));
            let answer = cloud.call::<ec2::CreateLaunchTemplateVersion>(&change.call).await.map_err(doing)?;
            let number = answer.launch_template_version.and_then(|version| version.version_number);
            let nameless = || ApplyError::Input(format!("the new version of {name} was given no number"));
            let number = number.ok_or_else(nameless)?;
            outcome.done.push(format!("made version {number} of launch template {name}"));
            number
        }
    };
    if change.default.is_some() {
        set_default(cloud, id, name, number).await?;
        outcome.done.push(format!("version {number} is the default of launch template {name}"));
    }
    Ok(number)
}

/// How a template is not as a change was to make it, in words.
///
/// # Errors
/// When the template cannot be read.
pub async fn differences<C: Cloud>(cloud: &C, change: &TemplateChange) -> Result<Vec<String>, ApplyError> {
    let name = &change.name;
    let number = made(&versions(cloud, &change.id).await?, &change.call, change.source)?;
    let default = find(cloud, &change.id).await?.and_then(|template| template.default_version_number);
    Ok(match number {
        None => vec![format!("the new version of launch template {name} is gone")],
        Some(number) if change.default.is_some() && default != Some(number) => {
            vec![format!("version {number} of launch template {name} is not its default")]
        }
        Some(_) => Vec::new(),
    })
}

/// Takes the version back: the default is what it was, and the version is deleted. One that somebody made the default since,
/// or that a group names, stays. `problem` makes an error about the backup.
///
/// # Errors
/// The first call that failed.
pub async fn restore<C: Cloud>(
    cloud: &C,
    kept: &TemplateBackup,
    problem: &dyn Fn(&str) -> ApplyError,
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    let TemplateBackup { id, name, source, latest, default, .. } = kept;
    let call: ec2::CreateLaunchTemplateVersionRequest =
        document::read(CALL, &kept.call).map_err(|cause| {
            problem(&format!("what it says of launch template {name} cannot be used: {cause}"))
        })?;
    let Some(template) = find(cloud, id).await? else {
        outcome.left.push(format!("launch template {name} is gone: it cannot be restored"));
        return Ok(());
    };
    let Some(number) = made(&versions(cloud, id).await?, &call, *source)? else { return Ok(()) };
    if let Some(group) = named_by(cloud, id, name, number).await? {
        outcome.left.push(format!("group {group} launches from version {number} of launch template {name}"));
        return Ok(());
    }
    if template.default_version_number == Some(number) {
        let Some(earlier) = *default else {
            outcome.left.push(format!(
                "version {number} of launch template {name} was made its default since: make another the default first"
            ));
            return Ok(());
        };
        set_default(cloud, id, name, earlier).await?;
        outcome.done.push(format!("version {earlier} is the default of launch template {name} again"));
    }
    if number <= *latest {
        return Ok(());
    }
    let input = ec2::DeleteLaunchTemplateVersionsRequest {
        launch_template_id: Some(id.clone()),
        versions: vec![number.to_string()],
        ..Default::default()
    };
    let doing = ApplyError::call(format!("cannot delete version {number} of launch template {name}"));
    let answer = cloud.call::<ec2::DeleteLaunchTemplateVersions>(&input).await.map_err(doing)?;
    let refused =
        answer.unsuccessfully_deleted_launch_template_versions.unwrap_or_default().into_iter().next();
    match refused {
        None => outcome.done.push(format!("deleted version {number} of launch template {name}")),
        Some(item) => {
            let why = item.response_error.and_then(|error| error.message).unwrap_or_default();
            outcome.left.push(format!("version {number} of launch template {name} was not deleted: {why}"));
        }
    }
    Ok(())
}

/// A group that names this version by its number.
async fn named_by<C: Cloud>(
    cloud: &C,
    id: &str,
    name: &str,
    number: i64,
) -> Result<Option<String>, ApplyError> {
    let groups = read::groups(cloud, Default::default()).await;
    let groups = groups.map_err(ApplyError::call("cannot read the groups"))?;
    let names = |spec: &ironbird_api::autoscaling::LaunchTemplateSpecification| {
        let is_it = spec.launch_template_id.as_deref() == Some(id)
            || spec.launch_template_name.as_deref() == Some(name);
        is_it && spec.version.as_deref() == Some(number.to_string().as_str())
    };
    let found = groups.into_iter().find(|group| templates_of(group).any(names));
    Ok(found.map(|group| group.auto_scaling_group_name))
}

async fn set_default<C: Cloud>(cloud: &C, id: &str, name: &str, number: i64) -> Result<(), ApplyError> {
    let input = ec2::ModifyLaunchTemplateRequest {
        launch_template_id: Some(id.to_owned()),
        default_version: Some(number.to_string()),
        ..Default::default()
    };
    let doing =
        ApplyError::call(format!("cannot make version {number} the default of launch template {name}"));
    cloud.call::<ec2::ModifyLaunchTemplate>(&input).await.map_err(doing)?;
    Ok(())
}

/// The template with this id or name.
///
/// # Errors
/// When it cannot be read, or there is none.
pub async fn chosen<C: Cloud>(cloud: &C, named: &str) -> Result<ec2::LaunchTemplate, ApplyError> {
    let all = read::launch_templates(cloud, Default::default()).await;
    let all = all.map_err(ApplyError::call("cannot read the launch templates"))?;
    let is_it = |template: &ec2::LaunchTemplate| {
        [&template.launch_template_id, &template.launch_template_name]
            .into_iter()
            .flatten()
            .any(|own| own == named)
    };
    let missing =
        || ApplyError::Input(format!("there is no launch template {named:?} in {}", cloud.region()));
    all.into_iter().find(is_it).ok_or_else(missing)
}

/// All versions of a template.
///
/// # Errors
/// When they cannot be read.
pub async fn versions<C: Cloud>(cloud: &C, id: &str) -> Result<Vec<ec2::LaunchTemplateVersion>, ApplyError> {
    let input = ec2::DescribeLaunchTemplateVersionsRequest {
        launch_template_id: Some(id.to_owned()),
        ..Default::default()
    };
    let found = read::launch_template_versions(cloud, input).await;
    found.map_err(ApplyError::call(format!("cannot read the versions of launch template {id}")))
}

async fn find<C: Cloud>(cloud: &C, id: &str) -> Result<Option<ec2::LaunchTemplate>, ApplyError> {
    let all = read::launch_templates(cloud, Default::default()).await;
    let all = all.map_err(ApplyError::call("cannot read the launch templates"))?;
    Ok(all.into_iter().find(|template| template.launch_template_id.as_deref() == Some(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_by_what_it_holds() {
        let data = ec2::RequestLaunchTemplateData {
            image_id: Some("ami-1".to_owned()),
            user_data: Some("IyE=".to_owned()),
            ..Default::default()
        };
        let call =
            ec2::CreateLaunchTemplateVersionRequest { launch_template_data: data, ..Default::default() };
        let version = |number, image: &str| ec2::LaunchTemplateVersion {
            version_number: Some(number),
            launch_template_data: Some(ec2::ResponseLaunchTemplateData {
                image_id: Some(image.to_owned()),
                user_data: Some("IyE=".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let versions = [version(1, "ami-1"), version(2, "ami-2"), version(4, "ami-1")];
        assert_eq!(made(&versions, &call, 2).unwrap(), Some(4));
        assert_eq!(made(&versions, &call, 4).unwrap(), None);
    }
}
