//! `ironbird rehearse`

use clap::{Args, Subcommand};

use crate::Verdict;
use crate::practices::{
    attribute_selection, capacity_flexibility, commit_story, dedicated_hosts, workforce_access,
};

/// Try a practice against the failure it is for, on a world of its own, and report
#[derive(Args)]
pub struct Rehearse {
    #[command(subcommand)]
    practice: Practice,
}

#[derive(Subcommand)]
enum Practice {
    /// A day on the Spot market, for groups that name their types and groups that describe them
    AttributeSelection(Box<attribute_selection::Rehearse>),
    /// Pools run dry in the middle of a scale-out, for four groups side by side
    CapacityFlexibility(Box<capacity_flexibility::Rehearse>),
    /// Faults are planted into a history, and git bisect hunts them
    CommitStory(Box<commit_story::Rehearse>),
    /// A host fails, and a Mac has its day, for four ways of keeping hosts side by side
    DedicatedHosts(Box<dedicated_hosts::Rehearse>),
    /// A policy changes, and somebody leaves with a laptop, for four ways of giving access side by side
    WorkforceAccess(Box<workforce_access::Rehearse>),
}

impl Rehearse {
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
