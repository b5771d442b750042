//! GetConsoleOutput and GetPasswordData: what an instance's guest has written, which is nothing.

use ironbird_api::ec2;
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::{Ctx, Result};

use super::record::Instances;
use super::settings_of;
use crate::{error, resource};

/// Answers as AWS does for a guest that has written nothing: no output, as of the instance's last transition, which is
/// when AWS posts it. No guest boots here, and made-up lines would pass for evidence.
pub(super) fn get_console_output(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetConsoleOutputRequest,
) -> Result<ec2::GetConsoleOutputResult> {
    let record = resource::find::<Instances>(ctx, &input.instance_id)?;
    let is_xen = instance_types::get(&settings_of(ctx, record)?.instance_type)
        .is_some_and(|entry| entry.hypervisor == Some("xen"));
    if input.latest == Some(true) && is_xen {
        let message = "This instance type does not support retrieving the latest console logs";
        return Err(error::unsupported_operation(message));
    }
    error::dry_run(input.dry_run)?;
    let posted = record.left.as_ref().map_or(record.launched, |(_, left)| record.launched.max(*left));
    Ok(ec2::GetConsoleOutputResult {
        instance_id: Some(record.id.clone()),
        timestamp: Some(posted),
        output: None,
    })
}

/// Answers as AWS does until a Windows guest has posted its password, and for good for other guests: with an empty one.
pub(super) fn get_password_data(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetPasswordDataRequest,
) -> Result<ec2::GetPasswordDataResult> {
    let record = resource::find::<Instances>(ctx, &input.instance_id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::GetPasswordDataResult {
        instance_id: Some(record.id.clone()),
        timestamp: Some(record.launched),
        password_data: Some(String::new()),
    })
}
