//! What instances are launched from, in which order types are tried, and the launching itself.

pub(crate) mod choice;
pub(crate) mod policy;
pub(crate) mod request;
pub(crate) mod requirements;
pub(crate) mod template;

/// Who calls EC2 for a group.
pub(crate) const PRINCIPAL: &str = "autoscaling.amazonaws.com";
