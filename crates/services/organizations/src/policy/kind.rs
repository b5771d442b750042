//! The types of policies: how large one may be, how many an organization and a target may have, what is attached from the
//! start.
//!
//! Sources: quotas in the Organizations user guide, and for service control policies the announcement of 15 May 2026 that
//! doubled two of them. The guide gives no number of attachments for the newest types: theirs are those of the declarative
//! policies for EC2.

use ironbird_rig::Result;

use crate::error;
use crate::organization::Organization;

/// A type of policy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// As the API spells it.
    pub(crate) name: &'static str,
    /// Characters of a document.
    pub(crate) size: usize,
    /// Policies of the type in an organization.
    pub(crate) most: usize,
    /// Policies of the type that a target may have.
    pub(crate) most_attached: usize,
    /// What a document has at the top, for management policies; policies of authorization have statements.
    pub(crate) top: Option<&'static str>,
}

pub(crate) const SERVICE_CONTROL: &str = "SERVICE_CONTROL_POLICY";
pub(crate) const RESOURCE_CONTROL: &str = "RESOURCE_CONTROL_POLICY";

impl Kind {
    /// Whether its policies decide on calls. All others are kept and attached without effect.
    pub(crate) const fn decides(&self) -> bool {
        self.top.is_none()
    }
}

const fn managing(name: &'static str, top: &'static str) -> Kind {
    Kind { name, size: 10_000, most: 1000, most_attached: 10, top: Some(top) }
}

static KINDS: [Kind; 13] = [
    Kind { name: SERVICE_CONTROL, size: 10_240, most: 10_000, most_attached: 10, top: None },
    Kind { name: RESOURCE_CONTROL, size: 5120, most: 1000, most_attached: 5, top: None },
    managing("TAG_POLICY", "tags"),
    managing("BACKUP_POLICY", "plans"),
    Kind { size: 2500, most_attached: 5, ..managing("AISERVICES_OPT_OUT_POLICY", "services") },
    Kind { most_attached: 5, ..managing("CHATBOT_POLICY", "chatbot") },
    managing("DECLARATIVE_POLICY_EC2", "ec2_attributes"),
    managing("SECURITYHUB_POLICY", "securityhub"),
    managing("INSPECTOR_POLICY", "inspector"),
    managing("UPGRADE_ROLLOUT_POLICY", "upgrade_rollout"),
    managing("BEDROCK_POLICY", "bedrock"),
    managing("S3_POLICY", "s3_attributes"),
    managing("NETWORK_SECURITY_DIRECTOR_POLICY", "network_security"),
];

/// The type of that name.
///
/// # Errors
/// `InvalidInputException` where there is none, which the model's enumeration rules out before.
pub(crate) fn named(name: &str) -> Result<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        error::invalid_input("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string.")
    })
}

impl Kind {
    /// The policy that every target has once the type is in force, where the type has one.
    pub(crate) fn default(&self) -> Option<&'static str> {
        match self.name {
            SERVICE_CONTROL => Some(super::FULL_ACCESS),
            RESOURCE_CONTROL => Some(super::FULL_RESOURCE_ACCESS),
            _ => None,
        }
    }

    /// Checks that the organization can have policies of the type.
    ///
    /// # Errors
    /// `PolicyTypeNotAvailableForOrganizationException` where it has consolidated billing only.
    pub(crate) fn check_available(&self, organization: &Organization) -> Result<()> {
        if organization.all_features {
            return Ok(());
        }
        let message = "You can't use the specified policy type with the feature set currently enabled for this \
            organization.";
        Err(error::client("PolicyTypeNotAvailableForOrganizationException", message))
    }
}
