//! What can go wrong while an operation is handled.
//!
//! Three tiers that never mix. A [`ServiceError`] is AWS's own answer to the caller. A rejection (could not
//! decode, could not validate) is made by the wire before a handler runs and never gets here. An
//! [`InternalError`] is our fault: it is logged with its cause and shown as `InternalFailure`.

use std::borrow::Cow;
use std::fmt;

/// Result of a handler.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation gave no answer.
#[derive(Debug)]
pub enum Error {
    /// AWS's own answer.
    Service(Box<ServiceError>),
    /// Our fault.
    Internal(InternalError),
}

/// An error as AWS words it. It knows nothing of HTTP but the status that the code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// AWS's exact code: `InvalidInstanceID.NotFound`.
    pub code: Cow<'static, str>,
    /// What the caller reads.
    pub message: String,
    /// HTTP status that AWS gives with this code.
    pub status: u16,
    /// Further members of a modeled error, by name.
    pub members: Vec<(&'static str, String)>,
}

impl ServiceError {
    /// Whether the caller is at fault, rather than the service.
    pub fn is_sender_fault(&self) -> bool {
        self.status < 500
    }
}

impl Error {
    /// The caller is at fault: status 400.
    pub fn client(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    /// The service cannot, for now: status 500. EC2 answers a dry pool this way.
    pub fn server(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::with_status(500, code, message)
    }

    /// Any other status.
    pub fn with_status(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let error = ServiceError { code: code.into(), message: message.into(), status, members: Vec::new() };
        Self::Service(Box::new(error))
    }

    /// Adds a member of the modeled error to a service error.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Service(error) = &mut self {
            error.members.push((name, value.into()));
        }
        self
    }

    /// The code that the caller reads.
    pub fn code(&self) -> &str {
        match self {
            Self::Service(error) => &error.code,
            Self::Internal(_) => "InternalFailure",
        }
    }

    /// The message that the caller reads; the cause of an internal error never shows in it.
    pub fn message(&self) -> &str {
        match self {
            Self::Service(error) => &error.message,
            Self::Internal(_) => {
                "The request processing has failed because of an unknown error, exception or failure."
            }
        }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Service(error) => error.status,
            Self::Internal(_) => 500,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Service(_) => None,
            Self::Internal(error) => Some(error),
        }
    }
}

/// A fault of ours. Its text is for the log, not for the caller.
#[derive(Debug, thiserror::Error)]
pub enum InternalError {
    /// A handler wrote although it was registered as one that reads.
    #[error("operation that only reads tried to write table {table}")]
    WriteInRead {
        /// The table.
        table: &'static str,
    },
    /// A service calls an operation that no service registered.
    #[error("no handler for {service}:{operation}")]
    NoHandler {
        /// Service called.
        service: String,
        /// Operation called.
        operation: String,
    },
    /// An input or output had another type than the operation's.
    #[error("{operation} was given or gave a value of another type")]
    WrongType {
        /// The operation.
        operation: String,
    },
    /// What must be there is not.
    #[error("{0}")]
    Broken(String),
    /// The store could not keep what was to be kept.
    #[error("store: {0}")]
    Store(#[from] crate::store::StoreError),
}

impl From<InternalError> for Error {
    fn from(error: InternalError) -> Self {
        Self::Internal(error)
    }
}

impl From<crate::store::StoreError> for Error {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Internal(error.into())
    }
}
