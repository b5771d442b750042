//! `ironbird up`

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use ironbird_gateway::{Gateway, Server};
use ironbird_rig::world::{Auth, Images, Settings, Transitions};
use ironbird_rig::{Account, World};
use tokio::signal::unix::{SignalKind, signal};

use crate::{Verdict, output, services};

/// Serve the rig on one port; every AWS tool works against it
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird up
  ironbird up --port 0 --data ./rig --auth enforce
  ironbird up --transitions instant --seed 7

Stop it with Ctrl-C. With --data, state, clock and timers go on where they were; without, nothing is kept.")]
pub struct Up {
    /// Port to listen on; 0 takes any free one, which is then printed
    #[arg(long, env = "IRONBIRD_PORT", default_value_t = 4599)]
    port: u16,
    /// Address to listen on; whoever can reach it can use the rig
    #[arg(long, env = "IRONBIRD_HOST", default_value = "127.0.0.1", value_name = "IP")]
    host: IpAddr,
    /// Keep all state in this directory; in memory unless given
    #[arg(long, env = "IRONBIRD_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// What credentials decide
    #[arg(long, env = "IRONBIRD_AUTH", value_enum, default_value_t = AuthChoice::Soft)]
    auth: AuthChoice,
    /// How long states take, such as `pending` before `running`
    #[arg(long, env = "IRONBIRD_TRANSITIONS", value_enum, default_value_t = TransitionsChoice::Realistic)]
    transitions: TransitionsChoice,
    /// Account of credentials that name none; an access key of twelve digits names its own
    #[arg(long, env = "IRONBIRD_ACCOUNT", default_value_t = Account::DEFAULT, value_parser = account)]
    account: Account,
    /// Root of everything random: ids, capacity, prices
    #[arg(long, env = "IRONBIRD_SEED", default_value_t = 0)]
    seed: u64,
    /// Let the request limits of AWS hold
    #[arg(long, env = "IRONBIRD_THROTTLES")]
    throttles: bool,
    /// Which machine images can be launched
    #[arg(long, env = "IRONBIRD_IMAGES", value_enum, default_value_t = ImagesChoice::Known)]
    images: ImagesChoice,
    /// Events to keep of each account and Region, the newest; see `ironbird events`
    #[arg(long, env = "IRONBIRD_EVENTS", default_value_t = 5000, value_name = "N")]
    events: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum ImagesChoice {
    /// Those that DescribeImages shows
    Known,
    /// Any id: an unknown one stands for a plain Linux image, and the answer says so
    Any,
}

#[derive(Clone, Copy, ValueEnum)]
enum AuthChoice {
    /// No question is asked
    Off,
    /// Any credentials are accepted for their account, and what policies would have denied is said; sessions end when they end
    Soft,
    /// Signatures are verified, and policies decide
    Enforce,
}

#[derive(Clone, Copy, ValueEnum)]
enum TransitionsChoice {
    /// A requested state is reached at once
    Instant,
    /// About as long as on AWS, on the rig's clock
    Realistic,
}

fn account(text: &str) -> Result<Account, String> {
    Account::parse(text).ok_or_else(|| format!("`{text}` is not an account: write twelve digits"))
}

impl Up {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let world =
            World::live(services::services(), self.settings(), self.data.as_deref()).with_context(|| {
                let place = self.data.as_deref().map_or_else(String::new, |path| path.display().to_string());
                format!("cannot open the world in {place}")
            })?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.serve(world))?;
        Ok(Verdict::Good)
    }

    fn settings(&self) -> Settings {
        Settings {
            seed: self.seed,
            account: self.account,
            transitions: match self.transitions {
                TransitionsChoice::Instant => Transitions::Instant,
                TransitionsChoice::Realistic => Transitions::Realistic,
            },
            auth: match self.auth {
                AuthChoice::Off => Auth::Off,
                AuthChoice::Soft => Auth::Soft,
                AuthChoice::Enforce => Auth::Enforce,
            },
            throttles: self.throttles,
            images: match self.images {
                ImagesChoice::Known => Images::Known,
                ImagesChoice::Any => Images::Any,
            },
            events: self.events,
        }
    }

    async fn serve(&self, world: World) -> anyhow::Result<()> {
        let address = SocketAddr::new(self.host, self.port);
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
        let server = Server::bind(Gateway::new(Arc::new(world)), address).await.with_context(|| {
            format!("cannot listen on {address}; is a rig running there already? choose another with --port")
        })?;
        let address = server.address()?;
        if !address.ip().is_loopback() {
            output::complain(&format!("ironbird: whoever can reach {address} can use this rig"));
        }
        self.greet(address);
        let stop = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        server.run(stop).await?;
        Ok(())
    }

    /// Says where the rig is. It serves whether or not anybody reads that.
    fn greet(&self, address: SocketAddr) {
        let state = match &self.data {
            Some(directory) => format!("state in {}", directory.display()),
            None => "state in memory".to_owned(),
        };
        let option = match address.port() {
            4599 => String::new(),
            _ => format!(" --endpoint http://{address}"),
        };
        let greeting = format!(
            "ironbird {} on http://{address}, {state}\npoint AWS tools at it with: eval \"$(ironbird env{option})\"\n\
             watch it in a browser at: http://{address}/_ironbird/console",
            env!("CARGO_PKG_VERSION")
        );
        if let Err(error) = output::say(&greeting) {
            tracing::debug!(%error, "nobody reads the greeting");
        }
    }
}
