//! `ironbird capacity`

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use ironbird_gateway::own::capacity::{PoolFilter, PoolList, PoolState, Reclaim, SetFree};
use ironbird_rig::capacity::Tenancy;

use crate::remote::Remote;
use crate::{Verdict, output};

/// Show or set how many instances of a type fit in a zone
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird capacity show
  ironbird capacity show --zone us-east-1a --type m5.large
  ironbird capacity set --zone us-east-1a --type m5.large --free 0
  ironbird capacity set --zone use1-az1 --type m5.large --free 0 --refill-per-hour 20
  ironbird capacity reclaim --zone us-east-1a --type m5.large --count 10")]
pub struct Capacity {
    #[command(flatten)]
    remote: Remote,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show the pools that somebody set or uses, or one of them
    Show {
        /// Only pools of this zone, by name or id
        #[arg(long)]
        zone: Option<String>,
        /// Only pools of this instance type; with --zone, also one that nobody uses
        #[arg(long = "type", value_name = "TYPE")]
        instance_type: Option<String>,
    },
    /// Make a pool such that so many instances still fit; what runs in it goes on
    Set {
        /// Zone by name or id
        #[arg(long)]
        zone: String,
        /// Instance type
        #[arg(long = "type", value_name = "TYPE")]
        instance_type: String,
        /// How many more instances shall fit
        #[arg(long, value_name = "N")]
        free: u64,
        /// How many come back in an hour of the rig's time, up to the pool's usual size
        #[arg(long, value_name = "N")]
        refill_per_hour: Option<u64>,
        /// Which hosts the pool is made of
        #[arg(long, value_enum, default_value_t = TenancyChoice::Default)]
        tenancy: TenancyChoice,
    },
    /// Take slots out of a pool: free ones first, then those of Spot Instances, which are interrupted
    Reclaim {
        /// Zone by name or id
        #[arg(long)]
        zone: String,
        /// Instance type
        #[arg(long = "type", value_name = "TYPE")]
        instance_type: String,
        /// How many
        #[arg(long, value_name = "N")]
        count: u64,
        /// Which hosts the pool is made of
        #[arg(long, value_enum, default_value_t = TenancyChoice::Default)]
        tenancy: TenancyChoice,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum TenancyChoice {
    Default,
    Dedicated,
    /// Dedicated Hosts; the type is then a family, m5
    Host,
}

impl From<TenancyChoice> for Tenancy {
    fn from(choice: TenancyChoice) -> Self {
        match choice {
            TenancyChoice::Default => Self::Default,
            TenancyChoice::Dedicated => Self::Dedicated,
            TenancyChoice::Host => Self::Host,
        }
    }
}

impl Capacity {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let pools = match self.action {
            Action::Show { zone, instance_type } => {
                let list: PoolList = self.remote.get_with("capacity", &PoolFilter { zone, instance_type })?;
                list.pools
            }
            Action::Set { zone, instance_type, free, refill_per_hour, tenancy } => {
                let tenancy = tenancy.into();
                let wanted = SetFree { zone, instance_type, tenancy, free, refill_per_hour };
                vec![self.remote.send_json(Method::PUT, "capacity", &wanted)?]
            }
            Action::Reclaim { zone, instance_type, count, tenancy } => {
                let wanted = Reclaim { zone, instance_type, tenancy: tenancy.into(), count };
                vec![self.remote.send_json(Method::POST, "capacity/reclaim", &wanted)?]
            }
        };
        if self.json {
            output::say_json(&pools)?;
        } else if pools.is_empty() {
            output::say("nobody has set or used a pool; all are as modeled")?;
        } else {
            output::say(&table(&pools))?;
        }
        Ok(Verdict::Good)
    }
}

fn table(pools: &[PoolState]) -> String {
    let rows: Vec<Vec<String>> = pools
        .iter()
        .map(|pool| {
            vec![
                pool.zone.clone(),
                pool.instance_type.clone(),
                pool.tenancy.name().to_owned(),
                pool.size.to_string(),
                pool.used.to_string(),
                pool.free.to_string(),
                pool.refill_per_hour.map_or_else(String::new, |rate| rate.to_string()),
            ]
        })
        .collect();
    let header = ["ZONE", "TYPE", "TENANCY", "SIZE", "USED", "FREE", "REFILL/H"];
    output::table(&header, &[3, 4, 5, 6], &rows)
}
