//! AssociateIamInstanceProfile, DescribeIamInstanceProfileAssociations, DisassociateIamInstanceProfile,
//! ReplaceIamInstanceProfileAssociation.
//!
//! Nothing is kept of an association: it is an instance that has a profile. Its id follows from the instance's, and
//! from how often the profile has changed.

use std::collections::BTreeMap;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp};

use super::profile;
use super::record::{Instance, Instances, Launches, OwnProfile, State};
use crate::filter::Filters;
use crate::page::{USUAL, Window};
use crate::{error, resource};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::AssociateIamInstanceProfile>(associate_iam_instance_profile)
        .read::<ec2::DescribeIamInstanceProfileAssociations>(describe_iam_instance_profile_associations)
        .write::<ec2::DisassociateIamInstanceProfile>(disassociate_iam_instance_profile)
        .write::<ec2::ReplaceIamInstanceProfileAssociation>(replace_iam_instance_profile_association)
}

/// An instance that has a profile.
struct Association<'t> {
    instance: &'t Instance,
    /// ARN of the profile.
    profile: &'t str,
    since: Timestamp,
}

impl<'t> Association<'t> {
    /// The instance's, if it has a profile. What is terminated has lost it.
    fn of(ctx: &'t Ctx<'_>, instance: &'t Instance) -> Option<Self> {
        if matches!(instance.state, State::ShuttingDown | State::Terminated) {
            return None;
        }
        let launch = ctx.peek::<Launches>(&ctx.scope().key(&instance.reservation_id))?;
        let since = instance.profile.as_ref().map_or(launch.created, |own| own.since);
        Some(Self { instance, profile: instance.profile(launch)?, since })
    }

    fn id(&self, ctx: &Ctx<'_>) -> String {
        let changes = self.instance.profile.as_ref().map_or(0, |own| own.changes);
        let seed = ctx.seed().child("instance-profile-association").child(&self.instance.id);
        format!("iip-assoc-0{:016x}", seed.nth(changes.into()).bits())
    }

    fn view(&self, ctx: &Ctx<'_>, state: &str) -> ec2::IamInstanceProfileAssociation {
        ec2::IamInstanceProfileAssociation {
            association_id: Some(self.id(ctx)),
            iam_instance_profile: Some(profile::view(ctx, self.profile)),
            instance_id: Some(self.instance.id.clone()),
            state: Some(state.to_owned()),
            timestamp: Some(self.since),
        }
    }
}

/// All associations, in the order of their instances.
fn all<'t>(ctx: &'t Ctx<'_>) -> impl Iterator<Item = Association<'t>> {
    resource::all::<Instances>(ctx).filter_map(|instance| Association::of(ctx, instance))
}

/// The associations of these ids.
///
/// # Errors
/// `InvalidParameterValue` for what is no id, `InvalidAssociationID.NotFound`.
fn named<'t>(ctx: &'t Ctx<'_>, ids: &[String]) -> Result<Vec<Association<'t>>> {
    if ids.iter().any(|id| !id.starts_with("iip-assoc-")) {
        return Err(error::invalid_value("Invalid value for associationId."));
    }
    let mut by_id: BTreeMap<String, Association<'t>> = all(ctx).map(|it| (it.id(ctx), it)).collect();
    let mut found = Vec::with_capacity(ids.len());
    for (position, id) in ids.iter().enumerate() {
        match by_id.remove(id) {
            Some(association) => found.push(association),
            None if ids[..position].contains(id) => {}
            None => {
                let message = format!("An invalid association-id of '{id}' was given");
                return Err(Error::client("InvalidAssociationID.NotFound", message));
            }
        }
    }
    found.sort_unstable_by(|left, right| left.instance.id.cmp(&right.instance.id));
    Ok(found)
}

fn find<'t>(ctx: &'t Ctx<'_>, id: &String) -> Result<Association<'t>> {
    Ok(named(ctx, std::slice::from_ref(id))?.remove(0))
}

fn associate_iam_instance_profile(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssociateIamInstanceProfileRequest,
) -> Result<ec2::AssociateIamInstanceProfileResult> {
    let id = &input.instance_id;
    let instance = resource::find::<Instances>(ctx, id)?;
    if !matches!(instance.state, State::Running | State::Stopped) {
        let message = format!("The instance '{id}' is not in the 'running' or 'stopped' states.");
        return Err(Error::client("IncorrectInstanceState", message));
    }
    if Association::of(ctx, instance).is_some() {
        let message = format!("There is an existing association for instance {id}");
        return Err(Error::client("IncorrectState", message));
    }
    let made = give(ctx, id, &input.iam_instance_profile)?;
    Ok(ec2::AssociateIamInstanceProfileResult { iam_instance_profile_association: made })
}

fn describe_iam_instance_profile_associations(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeIamInstanceProfileAssociationsRequest,
) -> Result<ec2::DescribeIamInstanceProfileAssociationsResult> {
    let filters = Filters::read(input.filters.as_deref(), &["instance-id", "state"], false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let passes = |association: &Association<'_>| {
        filters.pass_untagged(|name, test| match name {
            "instance-id" => test(&association.instance.id),
            _ => test("associated"),
        })
    };
    let page = match input.association_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => window.list(named(ctx, ids)?.into_iter().filter(passes), |it| &it.instance.id),
        None => window.list(all(ctx).filter(passes), |it| &it.instance.id),
    };
    let shown = page.items.iter().map(|association| association.view(ctx, "associated")).collect();
    Ok(ec2::DescribeIamInstanceProfileAssociationsResult {
        iam_instance_profile_associations: Some(shown),
        next_token: page.next,
    })
}

fn disassociate_iam_instance_profile(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisassociateIamInstanceProfileRequest,
) -> Result<ec2::DisassociateIamInstanceProfileResult> {
    let found = find(ctx, &input.association_id)?;
    let (id, shown) = (found.instance.id.clone(), found.view(ctx, "disassociating"));
    set(ctx, &id, None)?;
    Ok(ec2::DisassociateIamInstanceProfileResult { iam_instance_profile_association: Some(shown) })
}

fn replace_iam_instance_profile_association(
    ctx: &mut Ctx<'_>,
    input: &ec2::ReplaceIamInstanceProfileAssociationRequest,
) -> Result<ec2::ReplaceIamInstanceProfileAssociationResult> {
    let found = find(ctx, &input.association_id)?;
    // AWS replaces the profile of what runs only.
    if found.instance.state != State::Running {
        let message = format!("The association {} is not the active association", input.association_id);
        return Err(Error::client("IncorrectState", message));
    }
    let id = found.instance.id.clone();
    let made = give(ctx, &id, &input.iam_instance_profile)?;
    Ok(ec2::ReplaceIamInstanceProfileAssociationResult { iam_instance_profile_association: made })
}

/// Gives an instance the profile that a request names.
///
/// # Errors
/// `MissingParameter` where none is named, `InvalidParameterValue` for one that is not there.
fn give(
    ctx: &mut Ctx<'_>,
    id: &str,
    given: &ec2::IamInstanceProfileSpecification,
) -> Result<Option<ec2::IamInstanceProfileAssociation>> {
    let arn = profile::named(ctx, Some(given))?;
    set(ctx, id, Some(arn.ok_or_else(|| error::missing_parameter("IamInstanceProfile"))?))?;
    let instance = resource::find::<Instances>(ctx, id)?;
    Ok(Association::of(ctx, instance).map(|association| association.view(ctx, "associating")))
}

fn set(ctx: &mut Ctx<'_>, id: &str, arn: Option<String>) -> Result<()> {
    let (key, since) = (ctx.scope().key(id), ctx.now());
    ctx.update::<Instances, _>(&key, |record| {
        let changes = record.profile.as_ref().map_or(0, |own| own.changes) + 1;
        record.profile = Some(Box::new(OwnProfile { arn, since, changes }));
    })?;
    Ok(())
}
