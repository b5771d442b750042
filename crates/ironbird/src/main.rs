//! The command line: reads what the user wants, wires the crates together, and says how it went.

mod commands;
mod duration;
mod output;
mod practices;
mod remote;
mod services;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use commands::Command;

/// Answers are many small texts. Measured against glibc's allocator with `cargo xtask bench`: a page of 100 instances
/// takes a third less CPU time, a small call a tenth. Without huge pages, which would cost 10 MiB when idle.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A ground rig for AWS architectures: a local cloud whose clock, capacity, faults and prices are in your hand.
#[derive(Parser)]
#[command(name = "ironbird", version, max_term_width = 100, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ironbird up                          serve the rig on http://127.0.0.1:4599
  eval \"$(ironbird env)\"               point the AWS CLI and SDKs of this shell at it
  aws sts get-caller-identity
  ironbird clock advance 2h

Exit status: 0 when all is well, 1 when there are findings or the answer is no, 2 when it could not be done.";

/// How a command ended that could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Good,
    /// There are findings, or the answer is no.
    Negative,
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let filter = EnvFilter::try_from_env("IRONBIRD_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match line.command.run() {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Negative) => ExitCode::from(1),
        // Whoever reads our output has had enough: nothing went wrong.
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("ironbird: {error:#}"));
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::CommandLine::command().debug_assert();
    }
}
