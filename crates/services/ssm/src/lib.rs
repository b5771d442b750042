//! Systems Manager: the public parameters that name the newest machine images of each publisher. Nobody can make a
//! parameter of their own yet, so those are not found; documents, sessions, automation and patches are still to come.

mod image;
mod parameter;
mod public;

use ironbird_api::ssm as api;
use ironbird_rig::ServiceDef;

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    ServiceDef::new("ssm")
        .arns(parameter::arn)
        .read::<api::GetParameter>(parameter::get_parameter)
        .read::<api::GetParameters>(parameter::get_parameters)
        .read::<api::GetParametersByPath>(parameter::get_parameters_by_path)
        .refuses::<api::GetParametersByPath>(&[(
            "ParameterFilters",
            "public parameters have neither labels nor keys, so leave the filters out",
        )])
}
