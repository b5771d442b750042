//! What is kept of an image, public or of an account.

use ironbird_rig::{Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::volume::Shape;

/// The images of accounts. Public ones are in no table.
pub(crate) struct Images;

impl Table for Images {
    const NAME: &'static str = "ec2.images";
    type Record = Record;
}

/// An image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `ami-…`
    pub(crate) id: String,
    /// Account of its owner.
    pub(crate) owner: String,
    /// `amazon`, where the owner has an alias.
    pub(crate) alias: Option<String>,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created: Timestamp,
    /// When its snapshots are completed.
    pub(crate) available: Timestamp,
    /// `x86_64`, `arm64`
    pub(crate) architecture: String,
    /// `Linux/UNIX`, …
    pub(crate) platform_details: String,
    /// `RunInstances:0002`, …
    pub(crate) usage_operation: String,
    pub(crate) root_device: String,
    pub(crate) boot_mode: Option<String>,
    /// `hvm`, `paravirtual`
    pub(crate) virtualization: String,
    /// Whether instances take only version 2 of the metadata service unless they say otherwise.
    pub(crate) imds_v2: bool,
    /// Whether instances have a virtual TPM.
    pub(crate) tpm: bool,
    /// Whether it has the driver of the Elastic Network Adapter.
    pub(crate) ena: bool,
    /// Whether it has the driver of the network adapter before that.
    pub(crate) sriov: bool,
    pub(crate) mappings: Vec<Mapping>,
    /// Instance that it was made of.
    pub(crate) source_instance: Option<String>,
    /// Image and Region that it is a copy of.
    pub(crate) source_image: Option<(String, String)>,
    /// Whether anybody may launch it.
    pub(crate) public: bool,
    /// Accounts that may, besides its owner.
    pub(crate) users: Vec<String>,
    /// When it is no longer shown to others.
    pub(crate) deprecated: Option<Timestamp>,
    /// Whether nobody may launch it.
    pub(crate) disabled: bool,
    /// Whether it may not be deregistered, and whether that goes on for a day after it was lifted.
    pub(crate) protected: Option<bool>,
    /// Until when it may not be deregistered although that was lifted.
    pub(crate) protected_until: Option<Timestamp>,
}

/// A device of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mapping {
    pub(crate) device: String,
    /// `ephemeral0`, for a disk of the host.
    pub(crate) virtual_name: Option<String>,
    pub(crate) ebs: Option<EbsMapping>,
}

/// A volume of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EbsMapping {
    pub(crate) snapshot_id: Option<String>,
    pub(crate) delete_on_termination: bool,
    pub(crate) shape: Shape,
}

impl Record {
    /// `windows` for Windows, otherwise none, as in `Platform`.
    pub(crate) fn platform(&self) -> Option<&'static str> {
        self.platform_details.starts_with("Windows").then_some("windows")
    }

    /// `pending`, `available`, `disabled`
    pub(crate) fn state(&self, now: Timestamp) -> &'static str {
        if self.disabled {
            return "disabled";
        }
        if now < self.available { "pending" } else { "available" }
    }

    /// The snapshots of its volumes.
    pub(crate) fn snapshots(&self) -> impl Iterator<Item = &str> {
        let ebs = self.mappings.iter().filter_map(|mapping| mapping.ebs.as_ref());
        ebs.filter_map(|ebs| ebs.snapshot_id.as_deref())
    }

    /// Whether an account may launch it.
    pub(crate) fn is_open_to(&self, account: &str) -> bool {
        self.owner == account || self.public || self.users.iter().any(|user| user == account)
    }
}
