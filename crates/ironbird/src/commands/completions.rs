//! `ironbird completions`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{CommandLine, Verdict, output};

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "\
Examples:
  source <(ironbird completions bash)
  ironbird completions fish > ~/.config/fish/completions/ironbird.fish")]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut CommandLine::command(), "ironbird", &mut script);
        output::say(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Verdict::Good)
    }
}
