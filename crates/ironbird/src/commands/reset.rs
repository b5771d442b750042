//! `ironbird reset`

use bytes::Bytes;
use clap::Args;
use http::Method;
use ironbird_gateway::own::state::State;

use crate::remote::Remote;
use crate::{Verdict, output};

/// Make the rig as it was when it was new: no state, the host's time
#[derive(Args)]
#[command(after_help = "What was kept with --data is gone too. Settings such as the seed stay.")]
pub struct Reset {
    #[command(flatten)]
    remote: Remote,
}

impl Reset {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let _: State = self.remote.send(Method::POST, "reset", Bytes::new())?;
        output::say("the rig is as it was when it was new")?;
        Ok(Verdict::Good)
    }
}
