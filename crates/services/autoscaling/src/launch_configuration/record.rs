//! What is kept of a launch configuration, and the `RunInstances` it stands for.

use ironbird_api::{autoscaling as api, ec2};
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error;
use crate::launch::request::spot_options;

/// All launch configurations: (account, Region, name).
pub(crate) struct Configurations;

impl Table for Configurations {
    const NAME: &'static str = "autoscaling.launch-configurations";
    type Record = Configuration;
}

/// Where configurations stand in the API.
pub(crate) const REQUEST: Place = Place::input("autoscaling", "CreateLaunchConfiguration", &[]);
const ANSWER: Place = Place::output("autoscaling", "DescribeLaunchConfigurations", &["LaunchConfigurations"]);

/// A launch configuration. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) created: Timestamp,
    pub(crate) image_id: String,
    pub(crate) instance_type: String,
    pub(crate) associate_public_ip_address: Option<bool>,
    /// The request, completed.
    pub(crate) request: Value,
}

/// The configuration of that name.
///
/// # Errors
/// `ValidationError` where there is none.
pub(crate) fn get(ctx: &Ctx<'_>, name: &str) -> Result<Configuration> {
    let found = ctx.peek::<Configurations>(&ctx.scope().key(plain_name(name)));
    found.cloned().ok_or_else(|| {
        error::validation(format!(
            "Launch configuration name not found - Launch configuration {name} not found"
        ))
    })
}

/// The name, where `name` is a configuration's ARN.
pub(crate) fn plain_name(name: &str) -> &str {
    match name.split_once(":launchConfigurationName/") {
        Some((_, plain)) if name.starts_with("arn:") => plain,
        _ => name,
    }
}

impl Configuration {
    fn kept(&self) -> api::CreateLaunchConfigurationType {
        document::read(REQUEST, &self.request).unwrap_or_default()
    }

    /// As `DescribeLaunchConfigurations` gives it.
    ///
    /// # Errors
    /// When the record is not a configuration, which is a bug.
    pub(crate) fn view(&self, ctx: &Ctx<'_>) -> Result<api::LaunchConfiguration> {
        let mut view: api::LaunchConfiguration = document::read(ANSWER, &self.request)?;
        let resource = format!("launchConfiguration:{}:launchConfigurationName/{}", self.uuid, self.name);
        view.launch_configuration_arn = Some(ctx.arn("autoscaling", &resource));
        view.created_time = self.created;
        // AWS answers these empty rather than not at all.
        view.key_name.get_or_insert_default();
        view.user_data.get_or_insert_default();
        view.kernel_id.get_or_insert_default();
        view.ramdisk_id.get_or_insert_default();
        view.security_groups.get_or_insert_default();
        view.block_device_mappings.get_or_insert_default();
        view.classic_link_vpc_security_groups.get_or_insert_default();
        view.ebs_optimized.get_or_insert(false);
        view.instance_monitoring.get_or_insert(api::InstanceMonitoring { enabled: Some(true) });
        Ok(view)
    }

    /// What EC2 is asked for, without type, place and number.
    pub(crate) fn request(&self) -> ec2::RunInstancesRequest {
        let kept = self.kept();
        let (ids, names): (Vec<String>, Vec<String>) =
            kept.security_groups.unwrap_or_default().into_iter().partition(|group| group.starts_with("sg-"));
        let filled = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        ec2::RunInstancesRequest {
            image_id: Some(self.image_id.clone()),
            key_name: text(kept.key_name),
            security_group_ids: filled(ids),
            security_groups: filled(names),
            user_data: text(kept.user_data),
            kernel_id: text(kept.kernel_id),
            ramdisk_id: text(kept.ramdisk_id),
            block_device_mappings: kept
                .block_device_mappings
                .map(|list| list.into_iter().map(device).collect()),
            monitoring: kept
                .instance_monitoring
                .and_then(|monitoring| monitoring.enabled)
                .map(|enabled| ec2::RunInstancesMonitoringEnabled { enabled }),
            instance_market_options: text(kept.spot_price).map(|price| spot_options(Some(price))),
            iam_instance_profile: text(kept.iam_instance_profile).map(profile),
            ebs_optimized: kept.ebs_optimized,
            placement: text(kept.placement_tenancy)
                .map(|tenancy| ec2::Placement { tenancy: Some(tenancy), ..Default::default() }),
            metadata_options: kept.metadata_options.map(|options| ec2::InstanceMetadataOptionsRequest {
                http_tokens: options.http_tokens,
                http_put_response_hop_limit: options.http_put_response_hop_limit,
                http_endpoint: options.http_endpoint,
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}

fn text(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

fn profile(name: String) -> ec2::IamInstanceProfileSpecification {
    let is_arn = name.starts_with("arn:");
    ec2::IamInstanceProfileSpecification {
        arn: is_arn.then(|| name.clone()),
        name: (!is_arn).then_some(name),
    }
}

fn device(mapping: api::BlockDeviceMapping) -> ec2::BlockDeviceMapping {
    ec2::BlockDeviceMapping {
        ebs: mapping.ebs.map(|ebs| ec2::EbsBlockDevice {
            snapshot_id: ebs.snapshot_id,
            volume_size: ebs.volume_size,
            volume_type: ebs.volume_type,
            delete_on_termination: ebs.delete_on_termination,
            iops: ebs.iops,
            encrypted: ebs.encrypted,
            throughput: ebs.throughput,
            ..Default::default()
        }),
        no_device: mapping.no_device.filter(|none| *none).map(|_| String::new()),
        device_name: Some(mapping.device_name),
        virtual_name: mapping.virtual_name,
    }
}
