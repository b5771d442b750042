//! Instances: one an account, in one Region.

pub(crate) mod lifecycle;
pub(crate) mod record;

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::{error, page, tag};
use lifecycle::Plan;
use record::{Instance, Instances, Kind, Status};

/// What is emitted, with its ARN, when an instance comes or goes.
pub(crate) const CHANGED: &str = "sso-admin.instance";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Instances>()
        .timer(lifecycle::TIMER, lifecycle::wake)
        .lever("sso-admin.enable", lifecycle::pull_enable)
        .write::<api::CreateInstance>(create_instance)
        .read::<api::DescribeInstance>(describe_instance)
        .read::<api::ListInstances>(list_instances)
        .write::<api::UpdateInstance>(update_instance)
        .refuses::<api::UpdateInstance>(&[(
            "EncryptionConfiguration",
            "there are no keys to encrypt an instance with",
        )])
        .write::<api::DeleteInstance>(delete_instance)
        .read::<api::DescribeRegion>(describe_region)
        .read::<api::ListRegions>(list_regions)
}

fn create_instance(
    ctx: &mut Ctx<'_>,
    input: &api::CreateInstanceRequest,
) -> Result<api::CreateInstanceResponse> {
    let tags = tag::read(input.tags.as_deref().unwrap_or_default())?;
    let again = lifecycle::of_account(ctx).filter(|there| {
        there.kind == Kind::Account && there.token.is_some() && there.token == input.client_token
    });
    let arn = match again.map(|instance| instance.arn(ctx)) {
        Some(arn) => arn,
        None => {
            let account = ctx.scope().account.to_string();
            if lifecycle::management(ctx)?.as_deref() == Some(&account) {
                let message = "The management account of an organization cannot create an account instance.";
                return Err(error::validation(message));
            }
            let (name, token) = (input.name.clone(), input.client_token.clone());
            lifecycle::create(ctx, Plan { kind: Kind::Account, name, token, tags })?
        }
    };
    Ok(api::CreateInstanceResponse { instance_arn: Some(arn) })
}

fn describe_instance(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeInstanceRequest,
) -> Result<api::DescribeInstanceResponse> {
    let instance = record::any(ctx, "DescribeInstance", &input.instance_arn)?;
    Ok(api::DescribeInstanceResponse {
        instance_arn: Some(input.instance_arn.clone()),
        identity_store_id: Some(instance.store.clone()),
        owner_account_id: Some(ctx.scope().account.to_string()),
        name: instance.name.clone(),
        created_date: Some(instance.created),
        status: Some(instance.status.name().to_owned()),
        status_reason: None,
        encryption_configuration_details: Some(api::EncryptionConfigurationDetails {
            key_type: Some("AWS_OWNED_KMS_KEY".to_owned()),
            encryption_status: Some("ENABLED".to_owned()),
            ..Default::default()
        }),
    })
}

fn list_instances(
    ctx: &mut Ctx<'_>,
    input: &api::ListInstancesRequest,
) -> Result<api::ListInstancesResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Instances, _>(ctx, &ctx.scope().prefix(), |instance| Some(view(ctx, instance)));
    Ok(api::ListInstancesResponse { instances: Some(page.items), next_token: page.next })
}

fn view(ctx: &Ctx<'_>, instance: &Instance) -> api::InstanceMetadata {
    api::InstanceMetadata {
        instance_arn: Some(instance.arn(ctx)),
        identity_store_id: Some(instance.store.clone()),
        owner_account_id: Some(ctx.scope().account.to_string()),
        name: instance.name.clone(),
        created_date: Some(instance.created),
        status: Some(instance.status.name().to_owned()),
        status_reason: None,
    }
}

fn update_instance(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateInstanceRequest,
) -> Result<api::UpdateInstanceResponse> {
    let mut instance = record::active(ctx, "UpdateInstance", &input.instance_arn)?.clone();
    if input.name.is_some() {
        instance.name = input.name.clone().filter(|name| !name.is_empty());
    }
    ctx.put::<Instances>(ctx.scope().key(&instance.id), instance)?;
    Ok(api::UpdateInstanceResponse {})
}

fn delete_instance(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteInstanceRequest,
) -> Result<api::DeleteInstanceResponse> {
    let instance = record::any(ctx, "DeleteInstance", &input.instance_arn)?;
    if instance.status == Status::Deleting {
        return Err(error::conflict(format!("Instance {} is already being deleted.", input.instance_arn)));
    }
    let id = instance.id.clone();
    lifecycle::delete(ctx, &id)?;
    Ok(api::DeleteInstanceResponse {})
}

/// An instance has its first Region only: others are not added here.
fn describe_region(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeRegionRequest,
) -> Result<api::DescribeRegionResponse> {
    let instance = record::active(ctx, "DescribeRegion", &input.instance_arn)?;
    if input.region_name != ctx.region().code() {
        return Err(error::not_found(format!("Region {} is not enabled.", input.region_name)));
    }
    Ok(api::DescribeRegionResponse {
        region_name: Some(input.region_name.clone()),
        status: Some("ACTIVE".to_owned()),
        added_date: Some(instance.created),
        is_primary_region: Some(true),
    })
}

fn list_regions(ctx: &mut Ctx<'_>, input: &api::ListRegionsRequest) -> Result<api::ListRegionsResponse> {
    let instance = record::active(ctx, "ListRegions", &input.instance_arn)?;
    page::window(input.max_results, input.next_token.as_deref())?;
    let region = api::RegionMetadata {
        region_name: Some(ctx.region().code().to_owned()),
        status: Some("ACTIVE".to_owned()),
        added_date: Some(instance.created),
        is_primary_region: Some(true),
    };
    Ok(api::ListRegionsResponse { regions: Some(vec![region]), next_token: None })
}
