//! The instance profile of an instance, through which it has the role of the profile.
//!
//! Profiles and roles are IAM's. Where policies are only asked, a profile need not exist: it then has the role of its own name.

use ironbird_api::ec2;
use ironbird_rig::access::{self, Asked, Need, Profile};
use ironbird_rig::arn::Arn;
use ironbird_rig::credentials::unique_id;
use ironbird_rig::{Ctx, Result};

use crate::{error, launch_template};

/// The operations that give instances a profile.
const GIVING: [&str; 6] = [
    "AssociateIamInstanceProfile",
    "CreateFleet",
    "ReplaceIamInstanceProfileAssociation",
    "RequestSpotFleet",
    "RequestSpotInstances",
    "RunInstances",
];

/// The ARN of the profile that a request names, if it names one.
///
/// # Errors
/// `InvalidParameterValue` for one that does not exist, where policies decide.
pub(super) fn named(
    ctx: &Ctx<'_>,
    given: Option<&ec2::IamInstanceProfileSpecification>,
) -> Result<Option<String>> {
    let Some(given) = given else { return Ok(None) };
    let (text, what) = match (&given.arn, &given.name) {
        (Some(arn), _) => (arn, "ARN"),
        (None, Some(name)) => (name, "name"),
        (None, None) => return Ok(None),
    };
    let found = known(ctx, text).filter(|found| what == "name" || found.arn == *text);
    if found.is_none() {
        let part = what.to_ascii_lowercase();
        access::deny(
            ctx,
            error::invalid_value(format!(
                "Value ({text}) for parameter iamInstanceProfile.{part} is invalid. Invalid IAM Instance Profile {what}"
            )),
        )?;
    }
    let made_up = || match what {
        "ARN" => text.clone(),
        _ => iam_arn(ctx, &format!("instance-profile/{text}")),
    };
    Ok(Some(found.map_or_else(made_up, |found| found.arn)))
}

/// The profile as answers have it.
pub(crate) fn view(ctx: &Ctx<'_>, arn: &str) -> ec2::IamInstanceProfile {
    let made_up = || unique_id("AIPA", ctx.seed().child("instance-profile").child(arn));
    let id = known(ctx, arn).map_or_else(made_up, |found| found.id);
    ec2::IamInstanceProfile { arn: Some(arn.to_owned()), id: Some(id) }
}

/// The ARN of the role that a profile gives.
pub(crate) fn role(ctx: &Ctx<'_>, arn: &str) -> Option<String> {
    match known(ctx, arn) {
        Some(found) => found.role,
        None => Some(iam_arn(ctx, &format!("role/{}", name(arn)))),
    }
}

/// Who gives instances a role has to be allowed to pass it, be it named in the request or in a launch template.
pub(crate) fn passed(asked: &Asked<'_, '_>) -> Vec<Need> {
    if !GIVING.contains(&asked.operation.name.as_str()) {
        return Vec::new();
    }
    let named = asked.leaves().iter().filter(|leaf| leaf.within == "IamInstanceProfile");
    let mut profiles: Vec<String> = named.map(|leaf| leaf.text.to_string()).collect();
    // A request of RunInstances has what its template says.
    if asked.operation.name != "RunInstances" {
        profiles.extend(templates(asked));
    }
    let mut roles: Vec<String> =
        profiles.iter().filter_map(|profile| known(asked.ctx, profile)?.role).collect();
    roles.sort_unstable();
    roles.dedup();
    let pass = |role, service| Need::new("iam:PassRole", role).with("iam:PassedToService", service);
    let mut needs: Vec<Need> = roles.into_iter().map(|role| pass(role, crate::PRINCIPAL)).collect();
    needs.extend(asked.value("IamFleetRole").map(|role| pass(role, "spotfleet.amazonaws.com")));
    needs
}

/// The profiles of the launch templates that a request names.
fn templates(asked: &Asked<'_, '_>) -> Vec<String> {
    let mut named: Vec<(&str, &str, Option<&str>)> = Vec::new();
    for leaf in asked.leaves() {
        match (leaf.name, leaf.within) {
            ("LaunchTemplateId" | "LaunchTemplateName", _) => named.push((leaf.name, &leaf.text, None)),
            ("Version", "LaunchTemplate" | "LaunchTemplateSpecification") => {
                if let Some((_, _, version)) = named.last_mut() {
                    *version = Some(&leaf.text);
                }
            }
            _ => {}
        }
    }
    let profile = |(kind, name, version): (&str, &str, Option<&str>)| {
        let (id, name) = if kind == "LaunchTemplateId" { (Some(name), None) } else { (None, Some(name)) };
        let found = launch_template::resolve(asked.ctx, id, name, version).ok()?;
        let profile = found.data.get("IamInstanceProfile")?;
        profile.get("Arn").or_else(|| profile.get("Name"))?.as_str().map(str::to_owned)
    };
    named.into_iter().filter_map(profile).collect()
}

/// The profile of that name or ARN, if IAM has it.
fn known(ctx: &Ctx<'_>, profile: &str) -> Option<Profile> {
    ctx.world().authority().profile(ctx, name(profile))
}

fn name(profile: &str) -> &str {
    let resource = Arn::parse(profile).map_or(profile, |arn| arn.resource);
    resource.rsplit('/').next().unwrap_or(resource)
}

fn iam_arn(ctx: &Ctx<'_>, resource: &str) -> String {
    format!("arn:{}:iam::{}:{resource}", ctx.region().partition(), ctx.scope().account)
}
