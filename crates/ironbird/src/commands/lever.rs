//! `ironbird lever`

use anyhow::Context;
use clap::{Args, Subcommand};
use http::Method;
use ironbird_gateway::own::levers::{LeverList, Pull};
use serde_json::{Map, Value};

use crate::remote::Remote;
use crate::{Verdict, output};

/// Let something happen to a resource that AWS has no operation for
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird lever list
  ironbird lever pull ec2.interrupt-spot instance=i-0123456789abcdef0 seconds=300
  ironbird lever pull ec2.fail-host host=h-0123456789abcdef0 --region eu-west-1")]
pub struct Lever {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show the levers there are
    List,
    /// Pull one
    Pull {
        /// Its name
        name: String,
        /// What it takes, NAME=VALUE; a value that reads as JSON is taken as such
        #[arg(value_name = "NAME=VALUE")]
        given: Vec<String>,
        /// Region of the resource
        #[arg(long)]
        region: Option<String>,
        /// Account of the resource
        #[arg(long)]
        account: Option<String>,
    },
}

impl Lever {
    pub fn run(self) -> anyhow::Result<Verdict> {
        match self.action {
            Action::List => {
                let list: LeverList = self.remote.get("levers")?;
                for name in list.levers {
                    output::say(&name)?;
                }
            }
            Action::Pull { name, given, region, account } => {
                let pull = Pull { account, region, given: members(&given)? };
                let answer: Value = self.remote.send_json(Method::POST, &format!("levers/{name}"), &pull)?;
                output::say_json(&answer)?;
            }
        }
        Ok(Verdict::Good)
    }
}

fn members(given: &[String]) -> anyhow::Result<Value> {
    let mut members = Map::new();
    for pair in given {
        let (name, value) =
            pair.split_once('=').with_context(|| format!("`{pair}` is not of the form NAME=VALUE"))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        members.insert(name.to_owned(), value);
    }
    Ok(Value::Object(members))
}
