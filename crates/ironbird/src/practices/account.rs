//! Which account `check` and `apply` work on.

use anyhow::Context as _;
use clap::Args;
use ironbird_client::{Client, Target};

/// The account to work on. What is not given is found as AWS tools find it.
#[derive(Args)]
pub struct Account {
    /// Endpoint, such as a rig's; AWS itself or AWS_ENDPOINT_URL unless given
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long)]
    profile: Option<String>,
    /// Region; the profile's or AWS_REGION unless given
    #[arg(long)]
    region: Option<String>,
}

impl Account {
    /// Runs `work` with a client of the account.
    ///
    /// # Errors
    /// When there are no credentials or no Region, or `work` fails.
    pub fn with<T>(self, work: impl AsyncFnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let Self { endpoint_url, profile, region } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let target = Target { endpoint_url, profile, region };
            let client = Client::connect(&target).await.context("cannot reach the account")?;
            work(&client).await
        })
    }
}
