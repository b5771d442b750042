//! Why a call gave no answer.

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No Region was given or configured.
    #[error("no Region: give --region, or set AWS_REGION or a profile's region")]
    NoRegion,
    /// The Region is not one that AWS has.
    #[error("unknown Region {region:?}: give one such as eu-west-1")]
    UnknownRegion {
        /// What was given.
        region: String,
    },
    /// No credentials were found.
    #[error("no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile{}", cause.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    NoCredentials {
        /// What the provider said.
        cause: Option<String>,
    },
    /// The endpoint is not one.
    #[error("cannot use the endpoint {url:?}: {cause}")]
    Endpoint {
        /// What was given.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Nobody answered.
    #[error("cannot reach {url}: {cause}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        cause: String,
    },
    /// The operation is in no model, which is a bug of ours.
    #[error("no model has {operation}")]
    NotModelled {
        /// Service and operation.
        operation: String,
    },
    /// The request could not be written.
    #[error("cannot write the request of {operation}: {cause}")]
    Request {
        /// The operation.
        operation: &'static str,
        /// Why.
        cause: String,
    },
    /// The request could not be signed.
    #[error("cannot sign the request: {cause}")]
    Signing {
        /// Why.
        cause: String,
    },
    /// The answer could not be read.
    #[error("cannot read the answer of {operation}: {cause}")]
    Answer {
        /// The operation.
        operation: &'static str,
        /// Why.
        cause: String,
    },
    /// The service refused.
    #[error("{operation} answered {code}: {message}")]
    Service {
        /// The operation.
        operation: &'static str,
        /// AWS's code.
        code: String,
        /// Its message.
        message: String,
        /// HTTP status.
        status: u16,
    },
}

impl CallError {
    /// Whether the same call may succeed when it is made again. A dry capacity pool is a server fault too, but
    /// asking again at once does not fill it.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Service { code, status, .. } => {
                let throttled =
                    ["RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"];
                throttled.contains(&code.as_str())
                    || (*status >= 500 && code != "InsufficientInstanceCapacity" && *status != 501)
            }
            _ => false,
        }
    }

    /// Whether the caller lacks a permission.
    pub fn is_denied(&self) -> bool {
        let denied = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"];
        matches!(self, Self::Service { code, .. } if denied.contains(&code.as_str()))
    }

    /// Whether the endpoint does not have the operation.
    pub fn is_unsupported(&self) -> bool {
        let unsupported =
            ["NotImplemented", "UnsupportedOperation", "InvalidAction", "UnknownOperationException"];
        matches!(self, Self::Service { code, .. } if unsupported.contains(&code.as_str()))
    }

    /// AWS's code, where the service refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service { code, .. } => Some(code),
            _ => None,
        }
    }
}
