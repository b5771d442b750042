//! `aws:fis:wait`

use super::{Begun, Definition, Hold, Permission, parameter};

pub(super) static WAIT: Definition = Definition {
    id: "aws:fis:wait",
    description: "Waits.",
    target: None,
    permission: Permission::OfCalls,
    parameters: &[parameter::DURATION],
    begin: |ctx, work| Ok(Begun { until: work.until(ctx, "duration"), hold: Hold::Nothing }),
};
