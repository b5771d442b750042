//! Whether an account lets its users at serial consoles: GetSerialConsoleAccessStatus, EnableSerialConsoleAccess,
//! DisableSerialConsoleAccess. There is no console to connect to.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};

use crate::error;

/// Accounts that have enabled it: (account, Region).
struct Enabled;

impl Table for Enabled {
    const NAME: &'static str = "ec2.serial-console-access";
    type Record = ();
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Enabled>()
        .read::<ec2::GetSerialConsoleAccessStatus>(status)
        .write::<ec2::EnableSerialConsoleAccess>(enable)
        .write::<ec2::DisableSerialConsoleAccess>(disable)
}

fn status(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetSerialConsoleAccessStatusRequest,
) -> Result<ec2::GetSerialConsoleAccessStatusResult> {
    error::dry_run(input.dry_run)?;
    let enabled = ctx.peek::<Enabled>(&ctx.scope().prefix()).is_some();
    Ok(ec2::GetSerialConsoleAccessStatusResult {
        serial_console_access_enabled: Some(enabled),
        managed_by: Some("account".to_owned()),
    })
}

fn enable(
    ctx: &mut Ctx<'_>,
    input: &ec2::EnableSerialConsoleAccessRequest,
) -> Result<ec2::EnableSerialConsoleAccessResult> {
    error::dry_run(input.dry_run)?;
    ctx.without_effect("EnableSerialConsoleAccess");
    let key = ctx.scope().prefix();
    ctx.put::<Enabled>(key, ())?;
    Ok(ec2::EnableSerialConsoleAccessResult { serial_console_access_enabled: Some(true) })
}

fn disable(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisableSerialConsoleAccessRequest,
) -> Result<ec2::DisableSerialConsoleAccessResult> {
    error::dry_run(input.dry_run)?;
    ctx.delete::<Enabled>(&ctx.scope().prefix())?;
    Ok(ec2::DisableSerialConsoleAccessResult { serial_console_access_enabled: Some(false) })
}
