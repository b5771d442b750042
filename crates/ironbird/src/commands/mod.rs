//! One file a command.

mod apply;
mod audit;
mod bill;
mod capacity;
mod check;
mod clock;
mod completions;
mod coverage;
mod env;
mod events;
mod fault;
mod lever;
mod practices;
mod rehearse;
mod reset;
mod up;

use clap::Subcommand;

use crate::Verdict;

/// What the user can ask for.
#[derive(Subcommand)]
pub enum Command {
    /// Try a practice against the failure it is for, on a world of its own, and report
    Rehearse(rehearse::Rehearse),
    /// Look where an account or a repository falls short of the practices; it only reads
    Check(check::Check),
    /// Change an account or a repository so that it follows a practice: plan, confirm, back up, apply, verify
    Apply(apply::Apply),
    /// List the practices
    Practices(practices::Practices),
    /// Serve the rig on one port; every AWS tool works against it
    Up(up::Up),
    /// Print the variables that point AWS tools at the rig
    Env(env::Env),
    /// Show or move the rig's clock
    Clock(clock::Clock),
    /// Show or set how many instances of a type fit in a zone
    Capacity(capacity::Capacity),
    /// Let matching calls fail
    Fault(fault::Fault),
    /// Let something happen to a resource: a host fail, a Spot Instance be taken back
    Lever(lever::Lever),
    /// Show what was used and what it cost
    Bill(bill::Bill),
    /// Show what happened in the world, as its services tell EventBridge
    Events(events::Events),
    /// Show who called what
    Audit(audit::Audit),
    /// Make the rig as it was when it was new: no state, the host's time
    Reset(reset::Reset),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Show which operations work, and which of their parameters are recorded or refused
    #[command(hide = true)]
    Coverage(coverage::Coverage),
}

impl Command {
    /// Carries it out.
    ///
    /// # Errors
    /// When it could not be carried out: what was wrong, where, what to do.
    pub fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Self::Rehearse(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Apply(command) => command.run(),
            Self::Practices(command) => command.run(),
            Self::Up(command) => command.run(),
            Self::Env(command) => command.run(),
            Self::Clock(command) => command.run(),
            Self::Capacity(command) => command.run(),
            Self::Fault(command) => command.run(),
            Self::Lever(command) => command.run(),
            Self::Bill(command) => command.run(),
            Self::Events(command) => command.run(),
            Self::Audit(command) => command.run(),
            Self::Reset(command) => command.run(),
            Self::Completions(command) => command.run(),
            Self::Coverage(command) => command.run(),
        }
    }
}
