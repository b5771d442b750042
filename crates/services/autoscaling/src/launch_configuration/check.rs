//! What a launch configuration names has to be there when it is made: AWS asks EC2 and IAM then, and passes on what EC2 says.
//!
//! Sources: API reference, "CreateLaunchConfiguration" and "Ebs"; messages of the live service as users have published them.

use ironbird_api::{autoscaling as api, ec2};
use ironbird_rig::arn::Arn;
use ironbird_rig::world::Images;
use ironbird_rig::{Ctx, Error, Result, access};

use crate::error;
use crate::launch::PRINCIPAL;

/// Types of volumes, with the least and the largest size of each in GiB.
const VOLUMES: [(&str, i32, i32); 6] = [
    ("standard", 1, 1_024),
    ("io1", 4, 16_384),
    ("gp2", 1, 16_384),
    ("st1", 125, 16_384),
    ("sc1", 125, 16_384),
    ("gp3", 1, 16_384),
];

const TENANCIES: [&str; 2] = ["default", "dedicated"];

/// Looks a request over that gives both image and type.
///
/// # Errors
/// `ValidationError` for what does not exist or makes no sense.
pub(super) fn check(ctx: &mut Ctx<'_>, request: &api::CreateLaunchConfigurationType) -> Result<()> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(id) = given(&request.image_id) {
        check_image(ctx, id)?;
    }
    if let Some(name) = given(&request.instance_type) {
        let query =
            ec2::DescribeInstanceTypesRequest { instance_types: Some(vec![name]), ..Default::default() };
        passed_on(ctx.call::<ec2::DescribeInstanceTypes>(PRINCIPAL, &query))?;
    }
    if let Some(name) = given(&request.key_name) {
        let query = ec2::DescribeKeyPairsRequest { key_names: Some(vec![name]), ..Default::default() };
        passed_on(ctx.call::<ec2::DescribeKeyPairs>(PRINCIPAL, &query))?;
    }
    check_groups(ctx, request.security_groups.as_deref().unwrap_or_default())?;
    if let Some(profile) = given(&request.iam_instance_profile) {
        check_profile(ctx, &profile)?;
    }
    if let Some(price) = given(&request.spot_price) {
        check_price(&price)?;
    }
    if let Some(tenancy) =
        given(&request.placement_tenancy).filter(|text| !TENANCIES.contains(&text.as_str()))
    {
        return refuse(format!(
            "Invalid tenancy: {tenancy}. Valid tenancies are {}.",
            TENANCIES.join(" and ")
        ));
    }
    request.block_device_mappings.iter().flatten().try_for_each(|mapping| check_device(ctx, mapping))
}

/// EC2's refusal in its own words.
fn passed_on<T>(answer: Result<T>) -> Result<T> {
    answer.map_err(|error| match error {
        Error::Service(inner) => error::validation(inner.message),
        Error::Internal(_) => error,
    })
}

fn check_image(ctx: &mut Ctx<'_>, id: String) -> Result<()> {
    let query = ec2::DescribeImagesRequest { image_ids: Some(vec![id.clone()]), ..Default::default() };
    match ctx.call::<ec2::DescribeImages>(PRINCIPAL, &query) {
        Ok(_) => Ok(()),
        // The user wants images that nobody knows to be taken for plain ones.
        Err(error) if ctx.settings().images == Images::Any && error.code() == "InvalidAMIID.NotFound" => {
            Ok(())
        }
        Err(Error::Service(inner)) => refuse(format!("AMI {id} is invalid: {}", inner.message)),
        Err(error) => Err(error),
    }
}

fn check_groups(ctx: &mut Ctx<'_>, groups: &[String]) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let (ids, names): (Vec<String>, Vec<String>) =
        groups.iter().cloned().partition(|group| group.starts_with("sg-"));
    if !ids.is_empty() && !names.is_empty() {
        return refuse(
            "Must use either use group-id or group-name for all the security groups, not both at the same time",
        );
    }
    // Names are those of groups of the default VPC, where the API reference allows them.
    let by = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
    let query = ec2::DescribeSecurityGroupsRequest {
        group_ids: by(ids),
        group_names: by(names),
        ..Default::default()
    };
    passed_on(ctx.call::<ec2::DescribeSecurityGroups>(PRINCIPAL, &query)).map(drop)
}

/// Where policies are only asked, a profile need not exist: it then has the role of its own name, as with RunInstances.
fn check_profile(ctx: &Ctx<'_>, given: &str) -> Result<()> {
    let resource = Arn::parse(given).map_or(given, |arn| arn.resource);
    let name = resource.rsplit('/').next().unwrap_or(resource);
    match ctx.world().authority().profile(ctx, name) {
        Some(found) if name == given || found.arn == given => Ok(()),
        _ => access::deny(ctx, error::validation(format!("Invalid IamInstanceProfile: {given}"))),
    }
}

fn check_price(price: &str) -> Result<()> {
    if price.parse::<f64>().is_ok_and(|dollars| dollars.is_finite() && dollars > 0.0) {
        return Ok(());
    }
    refuse(format!(
        "Value ({price}) for parameter price is invalid. \"{price}\" is an invalid spot instance price"
    ))
}

fn check_device(ctx: &mut Ctx<'_>, mapping: &api::BlockDeviceMapping) -> Result<()> {
    let Some(ebs) = &mapping.ebs else { return Ok(()) };
    let device = &mapping.device_name;
    if mapping.virtual_name.is_some() {
        return refuse(format!(
            "Device {device} has both a virtual name and a volume, of which it may have one."
        ));
    }
    if let Some(snapshot) = &ebs.snapshot_id {
        let query = ec2::DescribeSnapshotsRequest {
            snapshot_ids: Some(vec![snapshot.clone()]),
            ..Default::default()
        };
        passed_on(ctx.call::<ec2::DescribeSnapshots>(PRINCIPAL, &query))?;
    }
    let Some(kind) = ebs.volume_type.as_deref() else { return Ok(()) };
    let Some((_, least, most)) = VOLUMES.iter().find(|(name, ..)| *name == kind) else {
        return refuse(format!(
            "{kind} is invalid. Valid volume types are standard, io1, gp2, st1, sc1 and gp3."
        ));
    };
    if ebs.volume_size.is_some_and(|size| !(*least..=*most).contains(&size)) {
        return refuse(format!("Volume of {kind} on {device} must have a size of {least} to {most} GiB."));
    }
    if kind == "io1" && ebs.iops.is_none() {
        return refuse(format!("Iops must be given for the io1 volume on {device}."));
    }
    if ebs.iops.is_some() && !["io1", "gp3"].contains(&kind) {
        return refuse(format!("Iops is not supported for the {kind} volume on {device}."));
    }
    Ok(())
}

fn refuse(message: impl Into<String>) -> Result<()> {
    Err(error::validation(message))
}
