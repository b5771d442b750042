//! `ironbird env`

use clap::{Args, ValueEnum};
use ironbird_rig::credentials::ROOT_SECRET;
use ironbird_rig::{Account, Region};
use serde_json::{Map, Value};

use crate::remote::Remote;
use crate::{Verdict, output};

/// Print the variables that point AWS tools at the rig
#[derive(Args)]
#[command(after_help = "\
Examples:
  eval \"$(ironbird env)\"
  eval \"$(ironbird env --account 999999999999 --region eu-west-1)\"
  ironbird env --shell fish | source
  eval \"$(ironbird env --instance i-0123456789abcdef0)\"
  ironbird env --json")]
pub struct Env {
    #[command(flatten)]
    remote: Remote,
    /// Account to work in
    #[arg(long, env = "IRONBIRD_ACCOUNT", default_value_t = Account::DEFAULT, value_parser = account)]
    account: Account,
    /// Region to work in
    #[arg(long, default_value_t = Region::DEFAULT, value_parser = region)]
    region: Region,
    /// Be this instance: credentials come from its metadata
    #[arg(long, value_name = "ID", value_parser = instance)]
    instance: Option<String>,
    /// Language of the shell
    #[arg(long, value_enum, default_value_t = Shell::Sh, conflicts_with = "json")]
    shell: Shell,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    /// sh, bash, zsh
    Sh,
    Fish,
    Powershell,
}

/// Variables that would lead tools elsewhere.
const UNSET: [&str; 2] = ["AWS_SESSION_TOKEN", "AWS_PROFILE"];

/// The same where credentials are to come from an instance's metadata.
const UNSET_INSIDE: [&str; 4] =
    ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

fn account(text: &str) -> Result<Account, String> {
    Account::parse(text).ok_or_else(|| format!("`{text}` is not an account: write twelve digits"))
}

fn region(text: &str) -> Result<Region, String> {
    Region::parse(text).ok_or_else(|| format!("there is no Region `{text}`; write one such as eu-west-1"))
}

fn instance(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("i-").unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("`{text}` is not an instance: write an id such as i-0123456789abcdef0"));
    }
    Ok(text.to_owned())
}

impl Env {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let variables = self.variables();
        if self.json {
            let object: Map<String, Value> =
                variables.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
            output::say_json(&object)?;
            return Ok(Verdict::Good);
        }
        for (name, value) in &variables {
            output::say(&match self.shell {
                Shell::Sh => format!("export {name}='{value}'"),
                Shell::Fish => format!("set -gx {name} '{value}'"),
                Shell::Powershell => format!("$env:{name} = '{value}'"),
            })?;
        }
        let unset = if self.instance.is_some() { &UNSET_INSIDE[..] } else { &UNSET[..] };
        for name in unset {
            output::say(&match self.shell {
                Shell::Sh => format!("unset {name}"),
                Shell::Fish => format!("set -e {name}"),
                Shell::Powershell => format!("Remove-Item Env:{name} -ErrorAction Ignore"),
            })?;
        }
        Ok(Verdict::Good)
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let region = self.region.code().to_owned();
        let endpoint = self.remote.endpoint.replace('\'', "");
        let mut variables = vec![("AWS_ENDPOINT_URL", endpoint.clone())];
        match &self.instance {
            None => variables.extend([
                ("AWS_ACCESS_KEY_ID", self.account.to_string()),
                ("AWS_SECRET_ACCESS_KEY", ROOT_SECRET.to_owned()),
                ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ]),
            Some(instance) => {
                let metadata = format!("{endpoint}/_ironbird/imds/{}/{region}/{instance}/", self.account);
                variables.extend([
                    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata),
                    ("AWS_EC2_METADATA_DISABLED", "false".to_owned()),
                ]);
            }
        }
        variables.extend([
            ("AWS_REGION", region.clone()),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_PAGER", String::new()),
            ("IRONBIRD_ENDPOINT", endpoint),
        ]);
        variables
    }
}
