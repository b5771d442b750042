//! Options that change after the launch: ModifyInstanceMaintenanceOptions, ModifyPrivateDnsNameOptions,
//! ModifyInstanceCpuOptions, ModifyInstanceNetworkPerformanceOptions.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::options::{self, Options};
use super::record::{Instance, Instances, State};
use super::{attribute, blueprint, launch_of, settings_of};
use crate::{error, resource};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::ModifyInstanceMaintenanceOptions>(modify_maintenance)
        // A host that fails takes its instances along, and nothing is scheduled for any.
        .records::<ec2::ModifyInstanceMaintenanceOptions>(&["AutoRecovery", "RebootMigration"])
        .write::<ec2::ModifyPrivateDnsNameOptions>(modify_names)
        // Names are shown; nobody resolves them.
        .records::<ec2::ModifyPrivateDnsNameOptions>(&[
            "EnableResourceNameDnsAAAARecord",
            "EnableResourceNameDnsARecord",
        ])
        .write::<ec2::ModifyInstanceCpuOptions>(modify_cpu)
        .records::<ec2::ModifyInstanceCpuOptions>(&["CoreCount", "NestedVirtualization", "ThreadsPerCore"])
        .write::<ec2::ModifyInstanceNetworkPerformanceOptions>(modify_network_performance)
        .records::<ec2::ModifyInstanceNetworkPerformanceOptions>(&["BandwidthWeighting"])
}

/// Changes the options of an instance, which has its own from then on.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn change(ctx: &mut Ctx<'_>, id: &str, edit: impl FnOnce(&mut Options)) -> Result<()> {
    let instance = resource::find::<Instances>(ctx, id)?;
    let launch = launch_of(ctx, instance)?;
    let mut options = instance.options(&launch).clone();
    edit(&mut options);
    let key = ctx.scope().key(id);
    ctx.update::<Instances, _>(&key, |record| record.options = Some(Box::new(options)))?;
    Ok(())
}

/// The instance, which has not been asked to go.
///
/// # Errors
/// `IncorrectInstanceState`, and those of its id.
pub(super) fn alive<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Instance> {
    let instance = resource::find::<Instances>(ctx, id)?;
    if matches!(instance.state, State::ShuttingDown | State::Terminated) {
        let message = format!("The instance '{id}' is not in a valid state for this operation.");
        return Err(Error::client("IncorrectInstanceState", message));
    }
    Ok(instance)
}

fn modify_maintenance(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceMaintenanceOptionsRequest,
) -> Result<ec2::ModifyInstanceMaintenanceOptionsResult> {
    let id = &input.instance_id;
    let words = [(&input.auto_recovery, "AutoRecovery"), (&input.reboot_migration, "RebootMigration")];
    for (word, name) in words {
        options::check_word(word.as_deref(), &["default", "disabled"], name)?;
    }
    alive(ctx, id)?;
    error::dry_run(input.dry_run)?;
    let mut shown = ec2::ModifyInstanceMaintenanceOptionsResult::default();
    change(ctx, id, |options| {
        let Options { auto_recovery, reboot_migration, .. } = options;
        for (given, kept) in
            [(&input.auto_recovery, &mut *auto_recovery), (&input.reboot_migration, &mut *reboot_migration)]
        {
            if given.is_some() {
                kept.clone_from(given);
            }
        }
        shown.auto_recovery.clone_from(auto_recovery);
        shown.reboot_migration.clone_from(reboot_migration);
    })?;
    shown.instance_id = Some(id.clone());
    for word in [&mut shown.auto_recovery, &mut shown.reboot_migration] {
        word.get_or_insert_with(|| "default".to_owned());
    }
    Ok(shown)
}

/// The type of host name changes while the instance is stopped, the records at any time. Source: user guide, "Change the
/// hostname type".
fn modify_names(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyPrivateDnsNameOptionsRequest,
) -> Result<ec2::ModifyPrivateDnsNameOptionsResult> {
    let id = &input.instance_id;
    let kind = input.private_dns_hostname_type.as_deref();
    options::check_word(kind, &["ip-name", "resource-name"], "PrivateDnsHostnameType")?;
    let instance = alive(ctx, id)?;
    let launch = launch_of(ctx, instance)?;
    let now = instance.options(&launch).names();
    if kind.is_some_and(|kind| kind != now.0) {
        attribute::stopped(instance)?;
    }
    error::dry_run(input.dry_run)?;
    let names = (
        kind.map_or(now.0, ToOwned::to_owned),
        input.enable_resource_name_dns_a_record.unwrap_or(now.1),
        input.enable_resource_name_dns_aaaa_record.unwrap_or(now.2),
    );
    change(ctx, id, |options| options.names = Some(names))?;
    Ok(ec2::ModifyPrivateDnsNameOptionsResult { r#return: Some(true) })
}

fn modify_cpu(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceCpuOptionsRequest,
) -> Result<ec2::ModifyInstanceCpuOptionsResult> {
    let id = &input.instance_id;
    let cpu = options::cores_and_threads(input.core_count, input.threads_per_core)?;
    let nested = &input.nested_virtualization;
    options::check_word(nested.as_deref(), &["enabled", "disabled"], "NestedVirtualization")?;
    let instance = alive(ctx, id)?;
    attribute::stopped(instance)?;
    if let Some(cpu) = cpu {
        let settings = settings_of(ctx, instance)?;
        options::check_cpu(blueprint::instance_type(&settings.instance_type)?, cpu)?;
    }
    error::dry_run(input.dry_run)?;
    let mut shown =
        ec2::ModifyInstanceCpuOptionsResult { instance_id: Some(id.clone()), ..Default::default() };
    change(ctx, id, |options| {
        options.cpu = cpu.or(options.cpu);
        options.nested_virtualization = nested.clone().or(options.nested_virtualization.take());
        shown.core_count = options.cpu.map(|(cores, _)| cores);
        shown.threads_per_core = options.cpu.map(|(_, threads)| threads);
        shown.nested_virtualization.clone_from(&options.nested_virtualization);
    })?;
    Ok(shown)
}

fn modify_network_performance(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceNetworkPerformanceRequest,
) -> Result<ec2::ModifyInstanceNetworkPerformanceResult> {
    let (id, weighting) = (&input.instance_id, &input.bandwidth_weighting);
    options::check_word(Some(weighting), options::WEIGHTINGS, "BandwidthWeighting")?;
    attribute::stopped(alive(ctx, id)?)?;
    error::dry_run(input.dry_run)?;
    change(ctx, id, |options| options.bandwidth_weighting = Some(weighting.clone()))?;
    Ok(ec2::ModifyInstanceNetworkPerformanceResult {
        instance_id: Some(id.clone()),
        bandwidth_weighting: Some(weighting.clone()),
    })
}
