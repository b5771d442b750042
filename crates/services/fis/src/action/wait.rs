//! `aws:fis:wait`

use super::{Begun, Definition, Hold, parameter};

pub(super) static WAIT: Definition = Definition {
    id: "aws:fis:wait",
    description: "Waits.",
    target: None,
    parameters: &[parameter::DURATION],
    begin: |ctx, work| Ok(Begun { until: work.until(ctx, "duration"), hold: Hold::Nothing }),
};
