//! The policies that apply to a request, by what they are attached to.

use std::sync::Arc;

use crate::policy::{Policy, Statement};

/// A policy and what it is called.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its ARN or name, for explanations.
    pub name: Arc<str>,
    /// What it says.
    pub policy: Arc<Policy>,
}

/// A level of an organization: the root, a unit or the account, with the control policies attached to it.
#[derive(Clone, Debug)]
pub struct Level {
    /// The level's id or name, for explanations.
    pub name: Arc<str>,
    /// What is attached to it. Each level has to allow a request.
    pub policies: Vec<Source>,
}

/// Every policy that applies to a request. What is empty or none does not exist, and so does not restrict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applicable<'a> {
    /// Of the user and its groups, or of the role.
    pub identity: &'a [Source],
    /// The user's or role's permissions boundary.
    pub boundary: Option<&'a Source>,
    /// Given along when the session began; they add up among themselves. None where the session has none.
    pub session: Option<&'a [Source]>,
    /// Of the caller's account, from the root down. Empty outside of organizations, and for the management account.
    pub service_control: &'a [Level],
    /// Of the resource's account, from the root down. Empty outside of organizations, and for the management account.
    pub resource_control: &'a [Level],
    /// The resource's own policy; a role's trust policy where a role is assumed.
    pub resource: Option<&'a Source>,
    /// Of the VPC endpoint through which the request came.
    pub endpoint: Option<&'a Source>,
}

/// Classes of policies, in the order in which a denial is laid at their door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Service control policies.
    ServiceControl,
    /// Resource control policies.
    ResourceControl,
    /// VPC endpoint policies.
    Endpoint,
    /// A resource's policy.
    Resource,
    /// A role's trust policy.
    Trust,
    /// Policies of users, groups and roles.
    Identity,
    /// Permissions boundaries.
    Boundary,
    /// Session policies.
    Session,
}

impl Class {
    /// As AWS's messages call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::Endpoint => "VPC endpoint policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

/// A statement that is about a request.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// What kind of policy it is in.
    pub class: Class,
    /// The policy.
    pub source: &'a Source,
    /// Its position in the policy, from 0.
    pub position: usize,
    /// The statement.
    pub statement: &'a Statement,
}
