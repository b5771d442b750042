//! `ironbird clock`

use std::time::Duration;

use clap::{Args, Subcommand};
use http::Method;
use ironbird_gateway::own::clock::{Advance, ClockState, SetRate};

use crate::remote::Remote;
use crate::{Verdict, duration, output};

/// Show or move the rig's clock
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird clock show
  ironbird clock advance 2h     what is due on the way has happened when this returns
  ironbird clock rate 60        a minute passes in a second
  ironbird clock rate 0         time stands still")]
pub struct Clock {
    #[command(flatten)]
    remote: Remote,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Clone, Copy, Subcommand)]
enum Action {
    /// Show the time, the rate, and when the next timer is due
    Show,
    /// Move the clock ahead; it never goes back
    Advance {
        /// How far: 90s, 45m, 2h, 1d12h, 1w
        #[arg(value_parser = duration::parse)]
        span: Duration,
    },
    /// Let the clock run faster, slower, or not at all
    Rate {
        /// Seconds in the rig for each second outside
        rate: f64,
    },
}

impl Clock {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let remote = &self.remote;
        let state: ClockState = match self.action.unwrap_or(Action::Show) {
            Action::Show => remote.get("clock")?,
            Action::Advance { span } => {
                remote.send_json(Method::POST, "clock/advance", &Advance { seconds: span.as_secs_f64() })?
            }
            Action::Rate { rate } => remote.send_json(Method::POST, "clock/rate", &SetRate { rate })?,
        };
        if self.json {
            output::say_json(&state)?;
            return Ok(Verdict::Good);
        }
        output::say(&format!("now         {}", state.now))?;
        output::say(&format!("rate        {}", state.rate))?;
        output::say(&format!("next timer  {}", state.next_timer.as_deref().unwrap_or("none")))?;
        Ok(Verdict::Good)
    }
}
