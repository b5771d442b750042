//! `ironbird apply`

use clap::{Args, Subcommand};

use crate::Verdict;
use crate::practices::{
    attribute_selection, capacity_flexibility, commit_story, dedicated_hosts, workforce_access,
};

/// Change an account or a repository so that it follows a practice: plan, confirm, back up, apply, verify
#[derive(Args)]
pub struct Apply {
    #[command(subcommand)]
    practice: Practice,
}

#[derive(Subcommand)]
enum Practice {
    /// Put attributes in the place of lists of types, and take Spot where capacity is plenty
    AttributeSelection(Box<attribute_selection::Apply>),
    /// Let one-type groups select types by attributes over all zones, and reserve capacity for an event
    CapacityFlexibility(Box<capacity_flexibility::Apply>),
    /// Fold, move and split the commits of a branch, on a new branch with the same result
    CommitStory(Box<commit_story::Apply>),
    /// Turn recovery of hosts on, and aim stopped instances that would not start at hosts with room
    DedicatedHosts(Box<dedicated_hosts::Apply>),
    /// Make users, groups, permission sets and assignments be as a file says
    WorkforceAccess(Box<workforce_access::Apply>),
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        match self.practice {
            Practice::AttributeSelection(options) => options.run(),
            Practice::CapacityFlexibility(options) => options.run(),
            Practice::CommitStory(options) => options.run(),
            Practice::DedicatedHosts(options) => options.run(),
            Practice::WorkforceAccess(options) => options.run(),
        }
    }
}
