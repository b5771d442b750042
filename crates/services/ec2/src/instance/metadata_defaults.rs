//! What an account wants of its instances' metadata service: GetInstanceMetadataDefaults, ModifyInstanceMetadataDefaults.
//!
//! A launch's own options go over these, and these over what an image asks for. Source: "Order of precedence for instance metadata
//! options" in the EC2 user guide.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::error;

/// What accounts have set: (account, Region).
struct Kept;

impl Table for Kept {
    const NAME: &'static str = "ec2.metadata-defaults";
    type Record = Defaults;
}

/// What an account has set; the rest it has no preference about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Defaults {
    tokens: Option<String>,
    hop_limit: Option<i32>,
    endpoint: Option<String>,
    tags: Option<String>,
}

impl Defaults {
    /// As a launch would ask for it.
    pub(super) fn options(self) -> ec2::InstanceMetadataOptionsRequest {
        ec2::InstanceMetadataOptionsRequest {
            http_tokens: self.tokens,
            http_put_response_hop_limit: self.hop_limit,
            http_endpoint: self.endpoint,
            instance_metadata_tags: self.tags,
            ..Default::default()
        }
    }
}

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Kept>()
        .read::<ec2::GetInstanceMetadataDefaults>(get)
        .write::<ec2::ModifyInstanceMetadataDefaults>(modify)
        .refuses::<ec2::ModifyInstanceMetadataDefaults>(&[(
            "HttpTokensEnforced",
            "launches that ask for optional tokens are not refused",
        )])
}

/// What the account has set.
pub(super) fn of(ctx: &Ctx<'_>) -> Defaults {
    ctx.peek::<Kept>(&ctx.scope().prefix()).cloned().unwrap_or_default()
}

fn get(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetInstanceMetadataDefaultsRequest,
) -> Result<ec2::GetInstanceMetadataDefaultsResult> {
    error::dry_run(input.dry_run)?;
    let Defaults { tokens, hop_limit, endpoint, tags } = of(ctx);
    let level = ec2::InstanceMetadataDefaultsResponse {
        http_tokens: tokens,
        http_put_response_hop_limit: hop_limit,
        http_endpoint: endpoint,
        instance_metadata_tags: tags,
        managed_by: Some("account".to_owned()),
        ..Default::default()
    };
    Ok(ec2::GetInstanceMetadataDefaultsResult { account_level: Some(level) })
}

/// `no-preference`, and a hop limit of -1, take a default away.
fn modify(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceMetadataDefaultsRequest,
) -> Result<ec2::ModifyInstanceMetadataDefaultsResult> {
    let mut kept = of(ctx);
    let words = [
        (&input.http_tokens, &mut kept.tokens, ["optional", "required"], "HttpTokens"),
        (&input.http_endpoint, &mut kept.endpoint, ["enabled", "disabled"], "HttpEndpoint"),
        (&input.instance_metadata_tags, &mut kept.tags, ["enabled", "disabled"], "InstanceMetadataTags"),
    ];
    for (word, default, allowed, name) in words {
        match word.as_deref() {
            None => {}
            Some("no-preference") => *default = None,
            Some(word) if allowed.contains(&word) => *default = Some(word.to_owned()),
            Some(other) => return Err(error::invalid_parameter_value(other, name)),
        }
    }
    match input.http_put_response_hop_limit {
        None => {}
        Some(-1) => kept.hop_limit = None,
        Some(limit) if (1..=64).contains(&limit) => kept.hop_limit = Some(limit),
        Some(other) => {
            return Err(error::invalid_parameter_value(&other.to_string(), "HttpPutResponseHopLimit"));
        }
    }
    error::dry_run(input.dry_run)?;
    let key = ctx.scope().prefix();
    ctx.put::<Kept>(key, kept)?;
    Ok(ec2::ModifyInstanceMetadataDefaultsResult { r#return: Some(true) })
}
