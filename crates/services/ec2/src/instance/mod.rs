//! Instances: launched into pools of capacity and reservations, with states that take their time.

mod attribute;
pub(crate) mod blueprint;
pub(crate) mod change;
mod console;
mod credits;
mod describe;
mod hibernation;
mod image;
mod interface;
pub(crate) mod launch;
pub(crate) mod merge;
mod metadata_defaults;
mod metadata_options;
mod monitoring;
pub(crate) mod network;
mod options;
mod own_options;
pub(crate) mod profile;
mod profile_association;
pub(crate) mod record;
mod refuse;
mod run;
pub(crate) mod slot;
mod status;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod token;
mod transition;
mod view;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

pub(crate) use run::{DEFAULT_TYPE, place as place_for};
pub(crate) use slot::want;
pub use transition::{Failure, fail};
pub(crate) use transition::{after, changed, launch_of, leave};
pub(crate) use view::shared;

/// The settings of an instance as they are now.
///
/// # Errors
/// When the launch that it came from is gone: the world is broken.
pub(crate) fn settings_of(ctx: &Ctx<'_>, instance: &record::Instance) -> Result<record::Settings> {
    let launch = launch_of(ctx, instance)?;
    Ok(instance.settings(&launch).clone())
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const MANAGED: (&str, &str) = ("IncludeManagedResources", "there are no managed instances");
    let modules = [
        credits::register,
        metadata_defaults::register,
        metadata_options::register,
        monitoring::register,
        own_options::register,
        profile_association::register,
    ];
    modules
        .into_iter()
        .fold(definition, |definition, register| register(definition))
        .table::<record::Instances>()
        .table::<record::Launches>()
        .table::<token::Tokens>()
        .timer(transition::TIMER, transition::wake)
        .write::<ec2::RunInstances>(run::run_instances)
        // What these do on AWS happens in the guest, on the host or in another service. The metadata service gives out
        // user data and the profile's credentials, and heeds the options that are not here.
        .records::<ec2::RunInstances>(&[
            "CpuOptions",
            "CreditSpecification",
            "EbsOptimized",
            "EnclaveOptions",
            "InstanceInitiatedShutdownBehavior",
            "KeyName",
            "LicenseSpecifications",
            "MaintenanceOptions",
            "MetadataOptions.HttpProtocolIpv6",
            "MetadataOptions.HttpPutResponseHopLimit",
            "Monitoring",
            "NetworkPerformanceOptions",
            "PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord",
            "PrivateDnsNameOptions.EnableResourceNameDnsARecord",
        ])
        .refuses::<ec2::RunInstances>(refuse::PARAMETERS)
        .meant::<ec2::RunInstances>(merge::meant)
        .read::<ec2::DescribeInstances>(describe::describe_instances)
        .refuses::<ec2::DescribeInstances>(&[MANAGED])
        .read::<ec2::DescribeInstanceStatus>(status::describe_instance_status)
        .refuses::<ec2::DescribeInstanceStatus>(&[MANAGED])
        .read::<ec2::GetConsoleOutput>(console::get_console_output)
        .read::<ec2::GetPasswordData>(console::get_password_data)
        .read::<ec2::DescribeInstanceAttribute>(attribute::describe_instance_attribute)
        .write::<ec2::ModifyInstanceAttribute>(attribute::modify_instance_attribute)
        .records::<ec2::ModifyInstanceAttribute>(&[
            "EbsOptimized",
            "InstanceInitiatedShutdownBehavior",
            "SourceDestCheck",
        ])
        .write::<ec2::ResetInstanceAttribute>(attribute::reset_instance_attribute)
        .refuses::<ec2::ModifyInstanceAttribute>(&[
            ("EnaSupport", "every instance has enhanced networking"),
            ("Kernel", "there are no paravirtual images"),
            ("Ramdisk", "there are no paravirtual images"),
            ("SriovNetSupport", "every instance has enhanced networking"),
        ])
        .write::<ec2::StartInstances>(change::start_instances)
        .refuses::<ec2::StartInstances>(&[("AdditionalInfo", "it is reserved")])
        .write::<ec2::StopInstances>(change::stop_instances)
        // No guest runs that could take its time.
        .records::<ec2::StopInstances>(&["Force", "SkipOsShutdown"])
        .write::<ec2::RebootInstances>(change::reboot_instances)
        .write::<ec2::TerminateInstances>(change::terminate_instances)
        .records::<ec2::TerminateInstances>(&["Force", "SkipOsShutdown"])
}
