//! Errors as Elastic Load Balancing words them. Codes and statuses are those of the model; wordings are AWS's where its users
//! have published them.

use ironbird_rig::Error;

/// The request does not make sense.
pub(crate) fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationError", message)
}

/// Settings that do not go together.
pub(crate) fn configuration(message: impl Into<String>) -> Error {
    Error::client("InvalidConfigurationRequest", message)
}

/// What is asked for is not allowed, for now or for this kind of thing.
pub(crate) fn not_permitted(message: impl Into<String>) -> Error {
    Error::client("OperationNotPermitted", message)
}

/// An action that a rule cannot have.
pub(crate) fn action(message: impl Into<String>) -> Error {
    Error::client("InvalidLoadBalancerAction", message)
}

/// A target that cannot be one.
pub(crate) fn target(message: impl Into<String>) -> Error {
    Error::client("InvalidTarget", message)
}

/// There is no such load balancer.
pub(crate) fn no_load_balancer(arn: &str) -> Error {
    Error::client("LoadBalancerNotFound", format!("Load balancer '{arn}' not found"))
}

/// There is no such target group.
pub(crate) fn no_target_group(arn: &str) -> Error {
    Error::client("TargetGroupNotFound", format!("Target group '{arn}' not found"))
}

/// There is no such listener.
pub(crate) fn no_listener(arn: &str) -> Error {
    Error::client("ListenerNotFound", format!("Listener '{arn}' not found"))
}

/// There is no such rule.
pub(crate) fn no_rule(arn: &str) -> Error {
    Error::client("RuleNotFound", format!("Rule '{arn}' not found"))
}

/// One of those that were asked for together is not there: `load balancers`, `rules`.
pub(crate) fn none_of(code: &'static str, what: &str) -> Error {
    Error::client(code, format!("One or more {what} not found"))
}
